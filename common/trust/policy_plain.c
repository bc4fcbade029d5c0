/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the policy that mean what they are, whichever key has them: words, numbers, times,
 * texts, files.
 */
#include <strings.h>

#include "trust/policy_place.h"
#include "util/fs.h"
#include "util/str.h"
#include "util/time.h"

#define APPROVALS_MAX  1000
#define SLSA_LEVEL_MAX 4

int pdg_policy_refuse_value(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
			    const char *want, struct pdg_error *err)
{
	return pdg_config_reject(err, r->c, e->line, "POL-3", "%s = '%.100s' is not %s", e->key,
				 e->value, want);
}

/* Index of @text in @words, or -1. */
int pdg_policy_word_index(const char *text, const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0)
			return i;
	}
	return -1;
}

int pdg_policy_read_word(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
			 const char *const *words, int *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(PDG_ERROR_TEXT_MAX);
	int i = pdg_policy_word_index(e->value, words);

	if (i >= 0) {
		*out = i;
		return 0;
	}
	pdg_buf_puts(&want, "one of");
	for (i = 0; words[i]; i++)
		pdg_buf_printf(&want, "%s %s", i ? "," : "", words[i]);
	return pdg_policy_refuse_value(r, e, pdg_buf_cstr(&want), err);
}

int pdg_policy_set_word(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	int unread = 0;
	int *out = pl->off == PDG_POLICY_NOWHERE ? &unread : pdg_policy_field(pl, section);

	return pdg_policy_read_word(r, e, pl->words, out, err);
}

int pdg_policy_set_bool(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	bool *out = pdg_policy_field(pl, section);

	(void)r;
	(void)err;
	*out = strcmp(e->value, "true") == 0;
	return 0;
}

int pdg_policy_set_duration(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			    void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	int64_t *out = pdg_policy_field(pl, section);

	(void)r;
	return pdg_duration_parse(pdg_bytes_str(e->value), out, err);
}

int pdg_policy_set_time(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	int64_t *out = pdg_policy_field(pl, section);

	(void)r;
	return pdg_time_parse(pdg_bytes_str(e->value), out, err);
}

int pdg_policy_set_version(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			   void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	uint64_t *out = pdg_policy_field(pl, section);

	if (!pdg_bytes_u64(pdg_bytes_str(e->value), UINT64_MAX, out) || *out == 0)
		return pdg_policy_refuse_value(r, e, "a number from 1 on", err);
	return 0;
}

int pdg_policy_set_level(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			 void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	int *out = pdg_policy_field(pl, section);
	uint64_t n = 0;

	if (!pdg_bytes_u64(pdg_bytes_str(e->value), SLSA_LEVEL_MAX, &n))
		return pdg_policy_refuse_value(r, e, "a level from 0 to 4", err);
	*out = (int)n;
	return 0;
}

int pdg_policy_set_approvals(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			     void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	unsigned *out = pdg_policy_field(pl, section);
	uint64_t n = 0;

	if (!pdg_bytes_u64(pdg_bytes_str(e->value), APPROVALS_MAX, &n) || n == 0)
		return pdg_policy_refuse_value(
			r, e, "a number from 1 to 1000 (without approvals, leave the stage out)",
			err);
	*out = (unsigned)n;
	return 0;
}

int pdg_policy_set_strings(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			   void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	(void)r;
	return pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
}

int pdg_policy_set_string(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			  void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	char **out = pdg_policy_field(pl, section);

	(void)r;
	*out = pdg_str_dup(e->value);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_policy_set_file(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	char **out = pdg_policy_field(pl, section);
	int rc = pdg_policy_file(r, e, e->value, err);

	if (rc < 0)
		return rc;
	*out = pdg_str_dup(e->value);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_policy_set_files(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			 void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	int rc = pdg_policy_file(r, e, e->value, err);

	return rc < 0 ? rc : pdg_strings_add(pdg_policy_field(pl, section), e->value, err);
}

/* The repository's place as the kernel names it, where it is on this machine. */
int pdg_policy_set_path(struct pdg_policy_reading *r, const struct pdg_policy_place *pl,
			void *section, const struct pdg_config_entry *e, struct pdg_error *err)
{
	char **out = pdg_policy_field(pl, section);
	struct pdg_bytes path = pdg_bytes_str(e->value);
	int rc = pdg_path_real(e->value, out, NULL);

	(void)r;
	if (rc == 0)
		return 0;
	while (path.n > 1 && pdg_bytes_ends(path, "/"))
		path.n--;
	*out = pdg_bytes_dup(path);
	return *out ? 0 : pdg_nomem(err);
}
