/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second step: every section and key of a parsed file against the table of what the file
 * may hold, each value of its form, each single-valued key once. What is not in the table is
 * refused with the nearest word that is, so that a typing mistake never means "not configured".
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trust/config.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define NUMBER_MAX ((uint64_t)1 << 53)

static size_t table_len(const struct pdg_config_key *table)
{
	size_t n = 0;

	while (table[n].section)
		n++;
	return n;
}

/* Does @s belong to the kind of section that @k is a key of? */
static bool in_section(const struct pdg_config_key *k, const struct pdg_config_section *s)
{
	return strcmp(k->section, s->section) == 0 && k->subsection == (s->subsection != NULL);
}

/* "; did you mean …" of the nearest of @words, or nothing, as an owned string. */
static char *suggestion(const char *word, const char *const *words)
{
	const char *near = pdg_str_nearest(word, words);

	return near ? pdg_str_printf("; did you mean '%s'?", near) : pdg_str_dup("");
}

static int unknown_section(const struct pdg_config *c, const struct pdg_config_section *s,
			   const struct pdg_config_key *table, struct pdg_error *err)
{
	PDG_AUTO(mem) const char **words = pdg_calloc(table_len(table) + 1, sizeof(*words));
	PDG_AUTO(mem) char *hint = NULL;
	char name[PDG_CONFIG_SECTION_TEXT];
	size_t n = 0;
	size_t i;
	int rc;

	if (!words)
		return pdg_nomem(err);
	(void)pdg_config_section_text(s->section, s->subsection, name);
	for (i = 0; table[i].section; i++) {
		if (strcmp(table[i].section, s->section) == 0)
			return pdg_config_reject(err, c, s->line, "POL-2",
						 s->subsection ? "%s: this section takes no name"
							       : "%s: this section needs a name: "
								 "[section \"name\"]",
						 name);
		if (n == 0 || strcmp(words[n - 1], table[i].section) != 0)
			words[n++] = table[i].section;
	}
	hint = suggestion(s->section, words);
	if (!hint)
		return pdg_nomem(err);
	rc = pdg_config_reject(err, c, s->line, "POL-2", "unknown section %s%s", name, hint);
	if (strcmp(s->section, "service") == 0 || strcmp(s->section, "log") == 0)
		pdg_fix(err,
			"[service] and [log] belong in the file that pedigreed --config reads");
	else if (strncmp(s->section, "include", strlen("include")) == 0)
		pdg_fix(err, "nothing is included: write the sections into this file");
	return rc;
}

static int check_sections(const struct pdg_config *c, const struct pdg_config_key *table,
			  struct pdg_error *err)
{
	size_t i;
	size_t k;

	for (i = 0; i < c->n_sections; i++) {
		for (k = 0; table[k].section; k++) {
			if (in_section(&table[k], &c->sections[i]))
				break;
		}
		if (!table[k].section)
			return unknown_section(c, &c->sections[i], table, err);
	}
	return 0;
}

static int unknown_key(const struct pdg_config *c, const struct pdg_config_entry *e,
		       const struct pdg_config_key *table, struct pdg_error *err)
{
	PDG_AUTO(mem) const char **words = pdg_calloc(table_len(table) + 1, sizeof(*words));
	PDG_AUTO(mem) char *hint = NULL;
	char name[PDG_CONFIG_SECTION_TEXT];
	size_t n = 0;
	size_t k;

	if (!words)
		return pdg_nomem(err);
	for (k = 0; table[k].section; k++) {
		if (in_section(&table[k], &c->sections[e->at]))
			words[n++] = table[k].key;
	}
	hint = suggestion(e->key, words);
	if (!hint)
		return pdg_nomem(err);
	return pdg_config_reject(err, c, e->line, "POL-2", "unknown key '%.64s' in %s%s", e->key,
				 pdg_config_section_text(e->section, e->subsection, name), hint);
}

static bool has_control(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20)
			return true;
	}
	return false;
}

static int check_form(const struct pdg_config *c, const struct pdg_config_entry *e,
		      enum pdg_config_kind kind, struct pdg_error *err)
{
	struct pdg_bytes value = pdg_bytes_str(e->value);
	const char *want = NULL;
	uint64_t number = 0;
	int64_t seconds = 0;

	switch (kind) {
	case PDG_CFG_BOOL:
		if (!pdg_bytes_eq_str(value, "true") && !pdg_bytes_eq_str(value, "false"))
			want = "true or false";
		break;
	case PDG_CFG_NUMBER:
		if (!pdg_bytes_u64(value, NUMBER_MAX, &number))
			want = "a whole number";
		break;
	case PDG_CFG_DURATION:
		if (pdg_duration_parse(value, &seconds, NULL) < 0 || seconds <= 0)
			want = "a time span such as 90d, 24h, 15m or 5s";
		break;
	case PDG_CFG_TIME:
		if (pdg_time_parse(value, &seconds, NULL) < 0 || seconds <= 0)
			want = "a time after 1970-01-01T00:00:00Z, such as 2026-11-23T03:17:00Z";
		break;
	case PDG_CFG_STRING:
	case PDG_CFG_PATH:
	case PDG_CFG_LATER:
		break;
	}
	if (!want)
		return 0;
	return pdg_config_reject(err, c, e->line, "POL-3", "%s = '%.100s' is not %s", e->key,
				 e->value, want);
}

/* One entry against its row; *@seen counts the row's values in this section. */
static int check_entry(const struct pdg_config *c, struct pdg_config_entry *e,
		       const struct pdg_config_key *k, unsigned *seen, struct pdg_error *err)
{
	char name[PDG_CONFIG_SECTION_TEXT];
	char *path;
	int rc;

	(void)pdg_config_section_text(e->section, e->subsection, name);
	if (k->kind == PDG_CFG_LATER) {
		rc = pdg_config_reject(err, c, e->line, "POL-7",
				       "'%s' in %s is not implemented in this version", k->key,
				       name);
		pdg_fix(err, "take it out: a rule that is not enforced must not be written down");
		return rc;
	}
	if (!k->many && *seen > 0)
		return pdg_config_reject(err, c, e->line, "POL-3", "'%s' is given twice in %s",
					 k->key, name);
	if (++*seen > PDG_LIMIT_POLICY_VALUES)
		return pdg_config_reject(err, c, e->line, "POL-10",
					 "more than %d values of '%s' in %s",
					 PDG_LIMIT_POLICY_VALUES, k->key, name);
	if (e->value[0] == '\0')
		return pdg_config_reject(err, c, e->line, "POL-3", "'%s' in %s is empty", k->key,
					 name);
	if (has_control(e->value))
		return pdg_config_reject(err, c, e->line, "POL-3",
					 "'%s' in %s holds a control character", k->key, name);
	if (k->kind != PDG_CFG_PATH)
		return check_form(c, e, k->kind, err);
	path = pdg_config_path(c, e->value);
	if (!path)
		return pdg_nomem(err);
	free(e->value);
	e->value = path;
	return 0;
}

static int find_dir(struct pdg_config *c, struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = NULL;

	if (c->dir)
		return 0;
	dir = pdg_path_dir(c->file);
	if (!dir)
		return pdg_nomem(err);
	return pdg_path_real(dir, &c->dir, err);
}

int pdg_config_check(struct pdg_config *c, const struct pdg_config_key *table,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) unsigned *seen = NULL;
	size_t n_keys = table_len(table);
	size_t cells;
	size_t i;
	size_t k;
	int rc;

	rc = check_sections(c, table, err);
	if (rc < 0)
		return rc;
	rc = find_dir(c, err);
	if (rc < 0)
		return rc;
	if (!pdg_size_mul(c->n_sections, n_keys, &cells))
		return pdg_nomem(err);
	seen = pdg_calloc(cells, sizeof(*seen));
	if (!seen)
		return pdg_nomem(err);
	for (i = 0; i < c->n; i++) {
		struct pdg_config_entry *e = &c->v[i];

		for (k = 0; k < n_keys; k++) {
			if (in_section(&table[k], &c->sections[e->at]) &&
			    strcasecmp(table[k].key, e->key) == 0)
				break;
		}
		if (k == n_keys)
			return unknown_key(c, e, table, err);
		rc = check_entry(c, e, &table[k], &seen[e->at * n_keys + k], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

char *pdg_config_path(const struct pdg_config *c, const char *value)
{
	return pdg_path_join(c->dir, value);
}
