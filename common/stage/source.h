/* SPDX-License-Identifier: Apache-2.0 */
/* Stage one: this commit was written by the person who signed it (design 3, Source predicate). */
#ifndef PDG_STAGE_SOURCE_H
#define PDG_STAGE_SOURCE_H

#include "commit/judge.h"
#include "stage/stage.h"

/* What a source statement says. Strings borrowed from the statement's JSON. */
struct pdg_source {
	const char *uri; /* repository, subject[0].uri */
	const char *name;
	const char *git_commit; /* subject digest gitCommit */
	const char *sha256;	/* subject digest sha256 (gitoid) */
	const char *commit;
	const char *message;
	const char *timestamp;
	const char *author_name, *author_email;
	const char *committer_name, *committer_email;
	const char *tree;
	const json_t *parents;
	const char *sig_format, *sig_fingerprint, *sig_signer; /* signature{…} */
	const char *gpg_keyid;				       /* gpgSignature, OpenPGP only */
	bool gpg_verified;
	const char *ref; /* git server only, else NULL */
	const char *previous;
	const char *pusher;
	bool late;
};

/**
 * Read a source statement. Exactly one subject with uri and both digests, its name, where there is
 * one, the last part of that uri; commit, author, message, timestamp required; no unknown member.
 * Returns 0, PDG_E_FORMAT (SRC-1).
 */
int pdg_source_read(const struct pdg_statement *st, struct pdg_source *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_source_make {
	const char *uri;
	struct pdg_bytes raw;
	const struct pdg_verdict *verdict; /* a good one */
	/* from the git server alone, else NULL / false */
	const char *ref;
	const char *previous;
	const char *pusher;
	bool late;
};

/** Append the statement's bytes for a judged commit. */
int pdg_source_make(const struct pdg_source_make *m, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does every member of @s follow from the raw commit and its verdict (rules.md 3.2; design 3: a
 * claim that differs is refused)? Both digests are computed anew from @raw. For a clone's statement
 * also: no ref, previous, pusher, late.
 *
 * Returns 0 or PDG_E_REJECTED (SRC-2: a digest is not this commit's; SRC-3: a member differs,
 * named; SRC-4: a clone's statement with a server's member).
 */
int pdg_source_follows(const struct pdg_source *s, struct pdg_bytes raw,
		       const struct pdg_verdict *v, enum pdg_grade grade,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * May it be kept? Beyond what follows from the commit nothing in it is the sender's to choose: the
 * subject's uri is the section's byte for byte, and the @payload bytes are no more than a commit of
 * @commit bytes accounts for (PDG_LIMIT_SOURCE_OVERHEAD). Asked by the service alone: a verdict
 * compares the normal form, since a policy may come to spell its section another way.
 *
 * Returns 0, PDG_E_REJECTED (SRC-3), PDG_E_LIMIT (STM-2).
 */
int pdg_source_as_emitted(const struct pdg_source *s, const struct pdg_policy_repository *repo,
			  size_t payload, size_t commit, struct pdg_error *err) PDG_MUST_CHECK;

/** The subject's name for a repository with the normal form @uri: its last part. Borrowed. */
const char *pdg_source_name(const char *uri);

/**
 * The grade that this statement has (rules.md 3.1): PDG_GRADE_SERVER needs @by_server_key and a ref
 * that the section protects, or is refused (SRC-5).
 */
int pdg_source_grade(const struct pdg_source *s, const struct pdg_policy_repository *repo,
		     bool by_server_key, enum pdg_grade *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
