/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One log entry with its proof: Sigstore's TransparencyLogEntry (formats.md 5.3, 7.1), and the
 * hashedrekord 0.0.2 body by which a DSSE signature is logged.
 */
#ifndef PDG_TLOG_ENTRY_H
#define PDG_TLOG_ENTRY_H

#include "crypto/key.h"
#include "tlog/merkle.h"
#include "trust/root.h"
#include "util/json.h"
#include "util/jsonw.h"

/* The kind that is written and judged. */
#define PDG_ENTRY_KIND	  "hashedrekord"
#define PDG_ENTRY_VERSION "0.0.2"

struct pdg_entry {
	uint64_t log_index;
	struct pdg_buf log_id; /* logId.keyId, raw */
	char *kind;	       /* "hashedrekord" */
	char *version;	       /* "0.0.2" */
	int64_t integrated_time;
	struct pdg_buf set; /* inclusionPromise, empty when absent */
	bool has_proof;
	uint64_t proof_index;
	struct pdg_hash32 proof_root;
	uint64_t proof_size;
	struct pdg_proof proof;
	struct pdg_buf checkpoint; /* the note */
	struct pdg_buf body;	   /* canonicalizedBody */
};

/** An entry of nothing, for a reader to fill; NULL when there is no memory. */
struct pdg_entry *pdg_entry_new(void);

/** Returns 0, PDG_E_FORMAT (LOG-6), PDG_E_LIMIT. */
int pdg_entry_read(const json_t *object, struct pdg_entry **out,
		   struct pdg_error *err) PDG_MUST_CHECK;
void pdg_entry_free(struct pdg_entry *e);
PDG_AUTO_DEFINE(entry, struct pdg_entry *, pdg_entry_free)

/* What an entry is made of where we know the log's tree ourselves. All borrowed. */
struct pdg_entry_parts {
	const uint8_t *log_id; /* 32 bytes */
	uint64_t index;
	uint64_t size;
	struct pdg_hash32 root;
	const struct pdg_proof *proof;
	struct pdg_bytes checkpoint;
	struct pdg_bytes body;
};

/** Make an entry of our kind from its parts. */
int pdg_entry_make(const struct pdg_entry_parts *parts, struct pdg_entry **out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Write it as an object (64-bit numbers as strings, zero values left out where bundles do). */
void pdg_entry_write(const struct pdg_entry *e, struct pdg_jw *w);

/**
 * Append the canonical hashedrekord 0.0.2 body for @sig by @key over a message whose SHA-256 is
 * @digest (for a DSSE signature: of the PAE). SHA-256 keys only: PDG_E_USAGE for others.
 */
int pdg_entry_body(const uint8_t digest[32], struct pdg_bytes sig, const struct pdg_key *key,
		   struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Check an entry as formats.md 5.7 says: the log by logId in @root; checkpoint signed by that log's
 * key under its host name; inclusion proof to the checkpoint's root with the entry's logIndex;
 * the body byte for byte what pdg_entry_body() gives for @digest, @sig, @key.
 *
 * Entries of another kind or version are PDG_E_REJECTED (LOG-9: not judged by this version).
 * *@out_log: borrowed from @root. Returns 0 or PDG_E_REJECTED (LOG-1, LOG-4, LOG-5, LOG-7: body
 * does not match, LOG-8: unknown log, LOG-10: no proof), PDG_E_FORMAT (LOG-3: the checkpoint),
 * PDG_E_LIMIT.
 */
int pdg_entry_verify(const struct pdg_entry *e, const struct pdg_root *root,
		     const uint8_t digest[32], struct pdg_bytes sig, const struct pdg_key *key,
		     const struct pdg_root_log **out_log, struct pdg_error *err) PDG_MUST_CHECK;

/* What an entry is to speak of: a signature that the caller has verified. All borrowed. */
struct pdg_entry_claim {
	const uint8_t *digest;	  /* SHA-256 of the signed bytes (of a DSSE signature: the PAE) */
	struct pdg_bytes payload; /* of a DSSE envelope; none for another signature */
	struct pdg_bytes sig;
	const struct pdg_key *key;
	int64_t latest; /* an entry's own time must not be later: now, but for the tolerance */
};

/* What it was found to show. */
struct pdg_entry_shown {
	const struct pdg_root_log *log; /* whose entry it is; borrowed from the trusted root */
	int64_t time;			/* the log's signed time, 0: it gives none (rules.md 1) */
};

/**
 * Check an entry of any kind that is judged: hashedrekord 0.0.2 as pdg_entry_verify() does, the
 * dsse 0.0.1 of Rekor v1 as pdg_rekor1_dsse_verify(). Returns what these return.
 */
int pdg_entry_judge(const struct pdg_entry *e, const struct pdg_root *root,
		    const struct pdg_entry_claim *claim, struct pdg_entry_shown *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Has an entry that was judged all that the log to which it was sent gives: a proof with a
 * checkpoint, and its own time where it is @timed? One from elsewhere may do with less.
 * Returns 0, PDG_E_REJECTED (LOG-10, LOG-18).
 */
int pdg_entry_whole(const struct pdg_entry *e, const struct pdg_entry_shown *shown, bool timed,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
