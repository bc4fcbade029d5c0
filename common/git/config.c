/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Git configuration: what the people at this place set for themselves. Client hooks and commands
 * read pedigree.* and the signing keys from it; server hooks read none of it (rules.md 2.1).
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "git/files.h"
#include "util/fs.h"
#include "util/str.h"

void pdg_gitconfig_cache_done(struct pdg_gitconfig_cache *cache)
{
	pdg_gitconfig_values_done(&cache->as_git);
	pdg_gitconfig_values_done(&cache->from_files);
	*cache = (struct pdg_gitconfig_cache){.has_as_git = false};
}

/* Does @wanted name what @have is the canonical name of? A subsection's case counts. */
static bool same_name(const char *have, const char *wanted)
{
	const char *dot = strchr(have, '.');
	const char *last = strrchr(have, '.');
	size_t sub;

	if (!dot || strlen(have) != strlen(wanted))
		return false;
	sub = (size_t)(last - dot);
	return strncasecmp(have, wanted, (size_t)(dot - have) + 1) == 0 &&
	       strncmp(dot, wanted + (dot - have), sub) == 0 &&
	       strcasecmp(last, wanted + (last - have)) == 0;
}

const struct pdg_gitconfig_value *pdg_gitconfig_last_of(const struct pdg_gitconfig_values *values,
							const char *name, bool own)
{
	size_t i;

	for (i = values->n; i-- > 0;) {
		const struct pdg_gitconfig_value *v = &values->v[i];

		if (!(own && v->scope == PDG_GITCONFIG_LOCAL) && same_name(v->name, name))
			return v;
	}
	return NULL;
}

const struct pdg_gitconfig_value *pdg_gitconfig_last(const struct pdg_gitconfig_values *values,
						     const char *name)
{
	return pdg_gitconfig_last_of(values, name, false);
}

/* All values, read once: as git reads them, or from files alone, for no GIT_ variable may decide
 * what pedigree.* is (rules.md 2.1). */
static int values_of(const struct pdg_repo *r, bool as_git, const struct pdg_gitconfig_values **out,
		     struct pdg_error *err)
{
	struct pdg_gitconfig_values *values = as_git ? &r->config->as_git : &r->config->from_files;
	bool *has = as_git ? &r->config->has_as_git : &r->config->has_from_files;
	int rc = 0;

	if (!*has)
		rc = pdg_gitconfig_load(
			r, PDG_GITCONFIG_WITH_LOCAL | (as_git ? PDG_GITCONFIG_AS_GIT : 0), values,
			err);
	if (rc < 0)
		return rc;
	*has = true;
	*out = values;
	return 0;
}

int pdg_gitconfig_of_files(const struct pdg_repo *r, const struct pdg_gitconfig_values **out,
			   struct pdg_error *err)
{
	return values_of(r, false, out, err);
}

static int find(const struct pdg_repo *r, const char *name, const struct pdg_gitconfig_value **out,
		struct pdg_error *err)
{
	const struct pdg_gitconfig_values *values = NULL;
	int rc = values_of(r, !pdg_str_starts(name, "pedigree."), &values, err);

	if (rc == 0)
		*out = pdg_gitconfig_last(values, name);
	return rc;
}

int pdg_repo_config(const struct pdg_repo *r, const char *name, char **out, struct pdg_error *err)
{
	const struct pdg_gitconfig_value *v = NULL;
	char *copy = NULL;
	int rc = find(r, name, &v, err);

	if (rc < 0)
		return rc;
	if (v) {
		copy = strdup(v->value ? v->value : "");
		if (!copy)
			return pdg_nomem(err);
	}
	*out = copy;
	return 0;
}

/* A number, with what stands for a factor behind it; unlike 0? */
static bool is_number(const char *value, bool *out_other)
{
	const char *p = value + (*value == '-' || *value == '+');
	bool other = false;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		other = other || *p != '0';
	if (*p && strchr("kKmMgG", *p))
		p++;
	if (*p)
		return false;
	*out_other = other;
	return true;
}

int pdg_gitconfig_bool(const char *value, bool *out, struct pdg_error *err)
{
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"", "false", "no", "off"};
	size_t i;

	for (i = 0; value && i < sizeof(no) / sizeof(no[0]); i++) {
		if (strcasecmp(value, no[i]) == 0) {
			*out = false;
			return 0;
		}
	}
	for (i = 0; value && i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(value, yes[i]) == 0)
			break;
	}
	if (!value || i < sizeof(yes) / sizeof(yes[0])) {
		*out = true;
		return 0;
	}
	if (is_number(value, out))
		return 0;
	return pdg_fail(err, PDG_E_FORMAT, "\"%s\" is neither true nor false", value);
}

int pdg_repo_config_bool(const struct pdg_repo *r, const char *name, bool *out_set, bool *out,
			 struct pdg_error *err)
{
	const struct pdg_gitconfig_value *v = NULL;
	bool on = false;
	int rc = find(r, name, &v, err);

	if (rc == 0 && v)
		rc = pdg_as_rule(err,
				 pdg_context(err, pdg_gitconfig_bool(v->value, &on, err),
					     "configuration \"%s\"", name),
				 "GIT-3");
	if (rc < 0)
		return rc;
	*out_set = v != NULL;
	*out = on;
	return 0;
}

int pdg_git_protected(const char *name, const struct pdg_git_values *values, struct pdg_error *err)
{
	PDG_AUTO(gitconfig_values) struct pdg_gitconfig_values all = {NULL, 0, 0};
	PDG_AUTO(repo) struct pdg_repo *none = pdg_repo_new();
	size_t i;
	int rc = none ? pdg_gitconfig_load(none, PDG_GITCONFIG_AS_GIT, &all, err) : pdg_nomem(err);

	for (i = 0; rc == 0 && i < all.n; i++) {
		if (same_name(all.v[i].name, name))
			values->each(values->ctx, all.v[i].value);
	}
	return rc;
}

/* core.hooksPath as git reads it: "~" is a home folder; relative to where hooks run. */
static int configured_hooks(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *value = NULL;
	PDG_AUTO(mem) char *path = NULL;
	int rc = pdg_repo_config(r, "core.hooksPath", &value, err);

	if (rc < 0)
		return rc;
	if (!value)
		return PDG_E_NOTFOUND;
	if (!value[0]) {
		rc = pdg_reject(err, "HOK-4", "core.hooksPath is empty: git runs no hooks here");
		pdg_fix(err, "git config --unset core.hooksPath, or name a folder");
		return rc;
	}
	path = pdg_gitconfig_home(value);
	if (!path)
		return pdg_reject(
			err, "GIT-3",
			"configuration \"core.hooksPath\": there is no home folder for \"%s\"",
			value);
	*out = pdg_path_join(r->workdir ? r->workdir : r->gitdir, path);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_repo_hooks_dir(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	int rc = configured_hooks(r, out, err);

	if (rc != PDG_E_NOTFOUND)
		return rc;
	*out = pdg_path_join(r->commondir, "hooks");
	return *out ? 0 : pdg_nomem(err);
}
