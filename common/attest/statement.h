/* SPDX-License-Identifier: Apache-2.0 */
/* in-toto Statements v1 (read also: v0.1), opened only after an envelope was verified. */
#ifndef PDG_ATTEST_STATEMENT_H
#define PDG_ATTEST_STATEMENT_H

#include "util/auto.h"
#include "util/json.h"
#include "util/jsonw.h"

#define PDG_STATEMENT_V1  "https://in-toto.io/Statement/v1"
#define PDG_STATEMENT_V01 "https://in-toto.io/Statement/v0.1"

struct pdg_digest_entry {
	const char *algorithm; /* borrowed from the statement's JSON */
	const char *value;
};

struct pdg_subject {
	const char *name; /* borrowed, or NULL */
	const char *uri;
	struct pdg_digest_entry *digests;
	size_t n_digests;
};

struct pdg_statement {
	json_t *root;
	const char *type;
	const char *predicate_type;
	const json_t *predicate; /* an object; never NULL (absent: an empty one) */
	struct pdg_subject *subjects;
	size_t n_subjects;
	json_t *none; /* stands for a predicate that is not there */
};

/**
 * @payload  the envelope's payload, exactly
 *
 * Four members and no other; at least one subject, each with at least one digest; sha256 values
 * are 64 lower-case hex digits, gitCommit and sha1 40 or 64, others non-empty strings.
 * Returns 0, PDG_E_FORMAT (STM-1), PDG_E_LIMIT (STM-2), PDG_E_REJECTED (STM-3: no subject or
 * no digest; STM-4: another _type).
 */
int pdg_statement_parse(struct pdg_bytes payload, struct pdg_statement **out,
			struct pdg_error *err) PDG_MUST_CHECK;
void pdg_statement_free(struct pdg_statement *st);
PDG_AUTO_DEFINE(statement, struct pdg_statement *, pdg_statement_free)

/** The subject's digest of @algorithm, or NULL. Borrowed. */
const char *pdg_subject_digest(const struct pdg_subject *s, const char *algorithm);

/** Does some subject have this sha256 (64 hex digits)? */
bool pdg_statement_has_sha256(const struct pdg_statement *st, const char *hex);

/** Begin a v1 statement: writes up to and including "subject": [ … left open for subjects. */
void pdg_statement_begin(struct pdg_jw *w);
/** After the subjects: closes the array, writes predicateType, leaves "predicate": next. */
void pdg_statement_predicate(struct pdg_jw *w, const char *predicate_type);

#endif
