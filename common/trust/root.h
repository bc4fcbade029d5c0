/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sigstore's TrustedRoot file (formats.md 7.2): the logs whose entries count, the authorities whose
 * certificates and timestamps do.
 */
#ifndef PDG_TRUST_ROOT_H
#define PDG_TRUST_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/key.h"
#include "crypto/timestamp.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/error.h"

/* The operator that pedigreed writes for its embedded log (TransparencyLogInstance.operator). */
#define PDG_ROOT_EMBEDDED "pedigree embedded log"

struct pdg_root_log {
	char *base_url;
	char *host; /* of base_url, without port: the checkpoint's key name and origin */
	struct pdg_key *key;
	uint8_t log_id[32]; /* logId.keyId */
	int64_t valid_from;
	int64_t valid_until; /* 0: open; both ends included */
	bool embedded;	     /* "operator" is PDG_ROOT_EMBEDDED: pedigreed's own log */
};

/* One element of certificateAuthorities: who may say whose key a key is (Fulcio). */
struct pdg_root_ca {
	struct pdg_buf *certs; /* DER, at least one; leaf-most first, the last is the anchor */
	size_t n_certs;
	int64_t valid_from;  /* 0: open */
	int64_t valid_until; /* 0: open; both ends included */
};

struct pdg_root {
	struct pdg_root_log *logs;
	size_t n_logs;
	size_t n_skipped; /* logs whose key this version cannot read */
	struct pdg_root_ca *cas;
	size_t n_cas;
	struct pdg_tsa **tsas; /* timestampAuthorities */
	size_t n_tsas;
	int64_t newest; /* newest validFor.start of all, for "how old" */
};

/**
 * Every log needs its key's window; an authority without one is trusted as long as its
 * certificates are. One without certificates names nobody, and is left out.
 * Returns 0, PDG_E_USAGE (TRT-1; also: no log at all).
 */
int pdg_root_parse(struct pdg_bytes in, struct pdg_root **out,
		   struct pdg_error *err) PDG_MUST_CHECK;
/** From a file; one that cannot be read is TRT-1 too. */
int pdg_root_load(const char *path, struct pdg_root **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_root_free(struct pdg_root *r);
PDG_AUTO_DEFINE(root, struct pdg_root *, pdg_root_free)

/** The log with this 32-byte id, or NULL. */
const struct pdg_root_log *pdg_root_log(const struct pdg_root *r, struct pdg_bytes log_id);

/**
 * Was the key of @log in use at some time of [@from, @to], in which the entry was made? The one
 * function that answers. Returns 0 or PDG_E_REJECTED (TIM-1: not yet at @to, TIM-2: no longer at
 * @from).
 */
int pdg_root_log_good(const struct pdg_root_log *log, int64_t from, int64_t to,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * When did the signature with the bytes @sig exist, as an authority of @r says in the timestamp
 * @der? As pdg_timestamp_verify(), and the time must not be later than @latest (TSA-10; the
 * tolerance of rules.md 1 is added here).
 */
int pdg_root_timestamp(const struct pdg_root *r, enum pdg_timestamp_form form, struct pdg_bytes der,
		       struct pdg_bytes sig, int64_t latest, int64_t *out_time,
		       struct pdg_error *err) PDG_MUST_CHECK;

/* One log to write; all borrowed. */
struct pdg_root_make {
	const char *base_url;
	const struct pdg_key *key;
	const uint8_t *log_id; /* 32 bytes */
	int64_t valid_from;
	bool embedded; /* say so: "operator" */
	/* The authority that dates what is logged; NULL: none. */
	const struct pdg_tsa_chain *authority;
	const char *authority_url;
};

/** Append a TrustedRoot with one log, and its timestamp authority: what pedigreed serves for set-up
 * by hand. */
int pdg_root_write(const struct pdg_root_make *log, struct pdg_buf *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

#endif
