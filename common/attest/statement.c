/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statement inside an envelope, read from the very bytes whose signature was checked.
 * Only its frame is judged here: four members, subjects with digests of their form; what the
 * predicate says is the stage's business (stage/).
 */
#include "attest/statement.h"

#include <string.h>

#include "attest/dsse.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define RULE	   "STM-1"
#define RULE_LIMIT "STM-2"

static const char *const members[] = {"_type", "subject", "predicateType", "predicate", NULL};

void pdg_statement_free(struct pdg_statement *st)
{
	size_t i;

	if (!st)
		return;
	for (i = 0; i < st->n_subjects; i++)
		free(st->subjects[i].digests);
	free(st->subjects);
	pdg_json_free(st->root);
	pdg_json_free(st->none);
	free(st);
}

/* Hex digits of the forms that decide links; of other algorithms nothing is asked. */
static bool digest_form(const char *algorithm, const char *value)
{
	struct pdg_bytes v = pdg_bytes_str(value);

	if (strcmp(algorithm, "sha256") == 0)
		return pdg_is_hex(v, 64);
	if (strcmp(algorithm, "gitCommit") == 0 || strcmp(algorithm, "sha1") == 0)
		return pdg_is_hex(v, 40) || pdg_is_hex(v, 64);
	return v.n > 0;
}

static int read_digests(const json_t *digest, struct pdg_subject *s, struct pdg_error *err)
{
	const char *algorithm = NULL;
	const json_t *value = NULL;
	void *iter = NULL;

	if (!digest || pdg_json_members(digest) == 0)
		return pdg_reject(err, "STM-3", "it has no digest");
	if (pdg_json_members(digest) > PDG_LIMIT_DIGESTS)
		return pdg_reject(err, RULE_LIMIT, "%zu digests, at most %d are taken",
				  pdg_json_members(digest), PDG_LIMIT_DIGESTS);
	s->digests = pdg_calloc(pdg_json_members(digest), sizeof(*s->digests));
	if (!s->digests)
		return pdg_nomem(err);
	while ((iter = pdg_json_next(digest, iter, &algorithm, &value)) != NULL) {
		const char *text = pdg_json_str_value(value);

		if (!text || algorithm[0] == '\0' || !digest_form(algorithm, text))
			return pdg_reject(err, RULE, "its digest \"%.64s\" is not of its form",
					  algorithm);
		s->digests[s->n_digests++] =
			(struct pdg_digest_entry){.algorithm = algorithm, .value = text};
	}
	return 0;
}

static int read_subject(const json_t *o, struct pdg_subject *s, struct pdg_error *err)
{
	const json_t *digest = NULL;
	int rc;

	if (!pdg_json_is_obj(o))
		return pdg_reject(err, RULE, "it must be an object");
	rc = pdg_json_opt_str(o, "name", &s->name, err);
	if (rc == 0)
		rc = pdg_json_opt_str(o, "uri", &s->uri, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(o, "digest", &digest, err);
	return rc < 0 ? rc : read_digests(digest, s, err);
}

static int read_subjects(struct pdg_statement *st, struct pdg_error *err)
{
	const json_t *list = NULL;
	size_t n;
	int rc;

	rc = pdg_json_opt_arr(st->root, "subject", &list, err);
	if (rc < 0)
		return rc;
	n = pdg_json_len(list);
	if (n == 0)
		return pdg_reject(err, "STM-3", "there is no subject");
	if (n > PDG_LIMIT_SUBJECTS)
		return pdg_reject(err, RULE_LIMIT, "%zu subjects, at most %d are taken", n,
				  PDG_LIMIT_SUBJECTS);
	st->subjects = pdg_calloc(n, sizeof(*st->subjects));
	if (!st->subjects)
		return pdg_nomem(err);
	while (st->n_subjects < n) {
		size_t i = st->n_subjects++;

		rc = read_subject(pdg_json_at(list, i), &st->subjects[i], err);
		if (rc < 0)
			return pdg_context(err, rc, "subject[%zu]", i);
	}
	return 0;
}

/* An absent predicate is an empty one (in-toto statement.md). */
static int read_predicate(struct pdg_statement *st, struct pdg_error *err)
{
	int rc;

	rc = pdg_json_opt_obj(st->root, "predicate", &st->predicate, err);
	if (rc < 0 || st->predicate)
		return rc;
	rc = pdg_json_load(pdg_bytes_str("{}"), 2, &st->none, err);
	st->predicate = st->none;
	return rc;
}

static int read_members(struct pdg_statement *st, struct pdg_error *err)
{
	int rc;

	rc = pdg_json_str(st->root, "_type", &st->type, err);
	if (rc < 0)
		return rc;
	if (strcmp(st->type, PDG_STATEMENT_V1) != 0 && strcmp(st->type, PDG_STATEMENT_V01) != 0)
		return pdg_reject(err, "STM-4", "_type is '%.100s'", st->type);
	rc = pdg_json_only(st->root, members, err);
	if (rc == 0)
		rc = pdg_json_str(st->root, "predicateType", &st->predicate_type, err);
	if (rc == 0 && st->predicate_type[0] == '\0')
		rc = pdg_reject(err, RULE, "predicateType is empty");
	if (rc == 0)
		rc = read_subjects(st, err);
	return rc < 0 ? rc : read_predicate(st, err);
}

int pdg_statement_parse(struct pdg_bytes payload, struct pdg_statement **out, struct pdg_error *err)
{
	PDG_AUTO(statement) struct pdg_statement *st = pdg_calloc(1, sizeof(*st));
	int rc;

	if (!st)
		return pdg_nomem(err);
	rc = pdg_json_load(payload, PDG_LIMIT_PAYLOAD, &st->root, err);
	if (rc == 0)
		rc = read_members(st, err);
	if (rc < 0) {
		rc = pdg_under_rule(err, pdg_under_rule(err, rc, RULE), RULE_LIMIT);
		return pdg_context(err, rc, "statement");
	}
	*out = PDG_TAKE(st);
	return 0;
}

const char *pdg_subject_digest(const struct pdg_subject *s, const char *algorithm)
{
	size_t i;

	for (i = 0; i < s->n_digests; i++) {
		if (strcmp(s->digests[i].algorithm, algorithm) == 0)
			return s->digests[i].value;
	}
	return NULL;
}

bool pdg_statement_has_sha256(const struct pdg_statement *st, const char *hex)
{
	size_t i;

	for (i = 0; i < st->n_subjects; i++) {
		const char *have = pdg_subject_digest(&st->subjects[i], "sha256");

		if (have && strcmp(have, hex) == 0)
			return true;
	}
	return false;
}

void pdg_statement_begin(struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "_type", PDG_STATEMENT_V1);
	pdg_jw_key(w, "subject");
	pdg_jw_arr(w);
}

void pdg_statement_predicate(struct pdg_jw *w, const char *predicate_type)
{
	pdg_jw_end(w);
	pdg_jw_kstr(w, "predicateType", predicate_type);
	pdg_jw_key(w, "predicate");
}
