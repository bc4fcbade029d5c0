/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal (rules.md 5.3): the service's own signed, append-only list of its decisions.
 * One leaf a decision; leaves are signed by checkpoint, so a batch shares one signature.
 * Kept in the store; this module knows the leaf's form and how to check one.
 */
#ifndef PDG_TLOG_JOURNAL_H
#define PDG_TLOG_JOURNAL_H

#include "tlog/note.h"
#include "tlog/tree.h"
#include "util/json.h"
#include "util/jsonw.h"

struct pdg_journal_link {
	char *stage;
	char *reference;
};

struct pdg_journal_leaf {
	char *decision; /* "accepted" or "refused" */
	char *reference;
	char *envelope;	    /* "sha256:…" of the full envelope as kept */
	char *producer;	    /* "builder https://…", "serverKey …", "clone" */
	char *producer_key; /* key hint or fingerprint */
	char *stage;
	char *grade; /* source only, else NULL */
	struct pdg_journal_link *links;
	size_t n_links;
	char *policy_digest;
	uint64_t policy_version;
	int64_t received; /* Unix seconds */
	char *rule;	  /* refused only */
};

/** Append the leaf's bytes: canonical JSON with "v":1 (docs/FORMATS.md). */
int pdg_journal_leaf_write(const struct pdg_journal_leaf *leaf, struct pdg_buf *out,
			   struct pdg_error *err) PDG_MUST_CHECK;
/** Read them back. Returns 0, PDG_E_FORMAT (JNL-1). */
int pdg_journal_leaf_parse(struct pdg_bytes in, struct pdg_journal_leaf **out,
			   struct pdg_error *err) PDG_MUST_CHECK;
void pdg_journal_leaf_free(struct pdg_journal_leaf *leaf);
PDG_AUTO_DEFINE(journal_leaf, struct pdg_journal_leaf *, pdg_journal_leaf_free)

/* A leaf with its proof, as a record carries it:
 * {"leaf":"<base64>","proof":{"index","treeSize","hashes":["<base64>"]},"checkpoint":"<note>"} */
struct pdg_journal_proof {
	struct pdg_buf leaf;
	uint64_t index;
	uint64_t size;
	struct pdg_proof proof;
	struct pdg_buf checkpoint;
};

int pdg_journal_proof_read(const json_t *object, struct pdg_journal_proof **out,
			   struct pdg_error *err) PDG_MUST_CHECK;
void pdg_journal_proof_write(const struct pdg_journal_proof *p, struct pdg_jw *w);
void pdg_journal_proof_free(struct pdg_journal_proof *p);
PDG_AUTO_DEFINE(journal_proof, struct pdg_journal_proof *, pdg_journal_proof_free)

/**
 * Check the proof: the checkpoint carries a signature by @key under its own origin, and the leaf is
 * in that tree. Returns 0, PDG_E_REJECTED (JNL-2: checkpoint; JNL-3: not included).
 */
int pdg_journal_proof_verify(const struct pdg_journal_proof *p, const struct pdg_key *key,
			     struct pdg_error *err) PDG_MUST_CHECK;

#endif
