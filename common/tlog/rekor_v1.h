/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of Rekor v1 (formats.md 4): the binary form that gitsign keeps inside a signature, the
 * body by which a signature is logged, and what the log's signed entry timestamp (SET) and its
 * inclusion proof show. Pure: no network.
 */
#ifndef PDG_TLOG_REKOR_V1_H
#define PDG_TLOG_REKOR_V1_H

#include "crypto/digest.h"
#include "tlog/entry.h"

/* The kinds whose body can be made anew from a signature. */
#define PDG_REKOR1_KIND	   "hashedrekord"
#define PDG_REKOR1_DSSE	   "dsse"
#define PDG_REKOR1_VERSION "0.0.1"

/**
 * Read a TransparencyLogEntry in binary protobuf (field numbers: formats.md 9.6), strictly: known
 * fields in their order, each once (but hashes), numbers minimal and not negative, nothing behind.
 * A field that is zero or empty is absent, as protobuf writes it; log id, kind and version must be
 * there.
 *
 * @out  as pdg_entry_read() gives it; its body is empty where the field was cleared
 *
 * Returns 0, PDG_E_FORMAT (LOG-6), PDG_E_LIMIT (LOG-15), PDG_E_NOMEM.
 */
int pdg_rekor1_read(struct pdg_bytes in, struct pdg_entry **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/* What a hashedrekord 0.0.1 entry speaks of: a signature that the caller has verified. Borrowed. */
struct pdg_rekor1_claim {
	enum pdg_hash hash;	 /* SHA-256, 384 or 512 */
	struct pdg_bytes digest; /* of the signed bytes, raw */
	struct pdg_bytes sig;	 /* the signature, raw */
	struct pdg_bytes der;	 /* the signer's: a certificate, or a public key (SPKI) */
	bool certificate;	 /* @der is a certificate */
};

/** Append the canonical hashedrekord 0.0.1 body (formats.md 4.3). */
int pdg_rekor1_body(const struct pdg_rekor1_claim *claim, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/* What an entry was found to show. */
struct pdg_rekor1_shown {
	const struct pdg_root_log *log; /* whose entry it is; borrowed from the trusted root */
	int64_t time;			/* the log's signed time; 0: it signed none */
	bool proved;			/* an inclusion proof leads to a signed checkpoint */
};

/**
 * Check what the log says of the entry whose body is @body: the log by logId in @root, its SET over
 * body, time, id and index, its inclusion proof and checkpoint. Whatever is there must be right;
 * one of SET and proof with checkpoint must be. That @body speaks of the right signature is the
 * caller's to see (pdg_rekor1_verify() does).
 *
 * @latest  the entry's time must not be later (now, or when the entry was received; the tolerance
 *          of rules.md 1 is added here)
 *
 * Returns 0; PDG_E_REJECTED: LOG-1, LOG-4, LOG-5 (proof, checkpoint), LOG-8 (unknown log), LOG-9
 * (a service's embedded log, which makes no such entries, promises and times), LOG-10
 * (neither SET nor proof with checkpoint), LOG-18 (SET wrong), LOG-19 (a time to come), TIM-1,
 * TIM-2 (the log's key was not in use at that time); PDG_E_FORMAT (LOG-3), PDG_E_LIMIT,
 * PDG_E_NOMEM.
 */
int pdg_rekor1_check(const struct pdg_entry *e, struct pdg_bytes body, const struct pdg_root *root,
		     int64_t latest, struct pdg_rekor1_shown *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same for the entry of @claim: its kind must be hashedrekord 0.0.1 (LOG-9), and its body,
 * where it has one, byte for byte what @claim gives (LOG-7); SET and proof are checked over
 * that body in any case.
 */
int pdg_rekor1_verify(const struct pdg_entry *e, const struct pdg_rekor1_claim *claim,
		      const struct pdg_root *root, int64_t latest, struct pdg_rekor1_shown *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Read an entry as the API writes it (formats.md 4.2). Returns 0, PDG_E_FORMAT (LOG-6),
 * PDG_E_LIMIT (LOG-15), PDG_E_NOMEM. */
int pdg_rekor1_read_json(const json_t *object, struct pdg_entry **out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Append the canonical dsse 0.0.1 body for one signature over an in-toto payload; @envelope_sha256:
 * 64 digits, of the envelope's text as it was sent.
 */
int pdg_rekor1_dsse_body(const struct pdg_entry_claim *claim, const char *envelope_sha256,
			 struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Check a dsse 0.0.1 entry (LOG-9: another kind): its body is byte for byte the canonical one for
 * @claim, whose digest does not count here, with whatever envelopeHash (LOG-7); the rest as
 * pdg_rekor1_check().
 */
int pdg_rekor1_dsse_verify(const struct pdg_entry *e, const struct pdg_entry_claim *claim,
			   const struct pdg_root *root, struct pdg_rekor1_shown *out,
			   struct pdg_error *err) PDG_MUST_CHECK;

#endif
