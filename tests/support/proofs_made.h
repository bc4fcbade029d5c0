/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What proves a signature's time, made for a test: entries of a Rekor v1 log as gitsign keeps them,
 * RFC 3161 tokens, and the trusted root that names log and authorities.
 */
#ifndef PDG_TESTS_SUPPORT_PROOFS_MADE_H
#define PDG_TESTS_SUPPORT_PROOFS_MADE_H

#include "support/cms_made.h"

#define LOG_HOST "log.example"

/* An entry to make. */
struct entry_ask {
	EVP_PKEY *log;				    /* ECDSA P-256 */
	struct pdg_bytes signed_bytes, value, cert; /* signed attributes, signature, leaf's DER */
	const char *algorithm; /* of the digest in the body: "sha256" (also NULL) */
	int64_t time;
	bool no_set;
	bool no_proof;
	bool no_note;	       /* a proof without its checkpoint */
	const char *set_body;  /* sign the SET over this body instead */
	const char *note_tail; /* behind the checkpoint's signature line */
};

/* Append the TransparencyLogEntry; its body is cleared. */
void entry_make(const struct entry_ask *ask, struct pdg_buf *out);

/* Append a TimeStampToken over @data. */
void token_make(const struct pki_cert *tsa, const struct pki_cert *chain, struct pdg_bytes data,
		int64_t time, struct pdg_buf *out);

/* What a trusted root names; NULL: nothing of the kind. */
struct root_ask {
	EVP_PKEY *log;
	const struct pki_cert *ca[2];	/* intermediate and root, or one alone */
	const struct pki_cert *tsa[2];	/* the same of the timestamp authority */
	const char *ca_from, *ca_until; /* RFC 3339; NULL: open (from 2000 on) */
};

/* Append the trusted root. */
void root_make(const struct root_ask *ask, struct pdg_buf *out);

#endif
