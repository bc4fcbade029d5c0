/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3161 timestamps: that a signature existed at a time, on the word of an authority that a
 * trusted root names (formats.md 8). What the token brings with it, certificates too, is only
 * material; what it must lead to is the authority's chain.
 */
#ifndef PDG_CRYPTO_TIMESTAMP_H
#define PDG_CRYPTO_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

/* One authority with its chain, read once. Immutable: shared by threads. */
struct pdg_tsa;

/**
 * @certs  DER certificates, the leaf-most first, the last is the trust anchor (self-signed or not).
 *         Where the first is none of a CA, tokens count only when that certificate signed them
 * @from, @until  when the authority's tokens count, both ends included; 0: open
 *
 * Returns 0, PDG_E_FORMAT (TSA-1: no certificate, or one that is not of its form), PDG_E_NOMEM.
 */
int pdg_tsa_new(const struct pdg_bytes *certs, size_t n, int64_t from, int64_t until,
		struct pdg_tsa **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_tsa_free(struct pdg_tsa *tsa);
PDG_AUTO_DEFINE(tsa, struct pdg_tsa *, pdg_tsa_free)

/* An authority's certificates in DER, as pdg_tsa_new() wants them. */
struct pdg_tsa_chain {
	struct pdg_buf *cert;
	size_t n;
};

/** From PEM, its own first. Returns 0, PDG_E_FORMAT (TSA-1, KEY-1), PDG_E_LIMIT (TSA-2). */
int pdg_tsa_chain_read(struct pdg_bytes pem, struct pdg_tsa_chain *out,
		       struct pdg_error *err) PDG_MUST_CHECK;
void pdg_tsa_chain_done(struct pdg_tsa_chain *c);
PDG_AUTO_DEFINE_VALUE(tsa_chain, struct pdg_tsa_chain, pdg_tsa_chain_done)

enum pdg_timestamp_form {
	PDG_TIMESTAMP_TOKEN,	/* TimeStampToken, a CMS ContentInfo: inside CMS signatures, where
				   nothing may stand that somebody else can change */
	PDG_TIMESTAMP_RESPONSE, /* TimeStampResp: what an authority answers, and bundles keep */
};

/**
 * Check a timestamp over @data (the raw bytes of the signature that it dates) as formats.md 8.1
 * says: status, version, imprint by SHA-2, the authority's signature and certificate, the chain and
 * the window of one of @tsas at the token's own time.
 *
 * @der   DER and nothing behind it, at most PDG_LIMIT_TIMESTAMP bytes
 * @tsas  those that are trusted
 * @out_time   the token's time, Unix seconds (a fraction is cut off)
 * @out_which  index of the authority that it leads to (two tokens of one count once); may be NULL
 *
 * What a token's signature leaves open is held to one form, for the name of a commit that carries
 * it covers it: no revocation lists and no unsigned attributes, not even empty sets of them, and
 * algorithms by names that fit each other and the signer's key. Of those names, the ones stay open
 * that authorities choose between: NULL behind a digest's or not, RSA with its digest or without.
 * Certificates are links in a response. A token has the beginning of its signer's path, in the
 * path's order or in DER's, what stands above the signer's own as the chain of the authority has
 * it; or, where that chain has the signer's, none (left out, or an empty set).
 *
 * Whether the time lies in the past, and what it is good for, is the caller's to say.
 *
 * Returns 0; PDG_E_FORMAT (TSA-1, CMS-4: a token's certificates), PDG_E_LIMIT (TSA-2);
 * PDG_E_REJECTED: TSA-3 not granted, TSA-4 over other bytes, TSA-5 imprint or signature by an
 * algorithm that is not used or not the signer's, TSA-6 the signature is wrong, TSA-7 of no
 * authority that is trusted, TSA-8 its certificate may not sign timestamps, or was not valid then,
 * TSA-9 outside the authority's window; PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_timestamp_verify(enum pdg_timestamp_form form, struct pdg_bytes der, struct pdg_bytes data,
			 struct pdg_tsa *const *tsas, size_t n_tsas, int64_t *out_time,
			 size_t *out_which, struct pdg_error *err) PDG_MUST_CHECK;

#define PDG_TIMESTAMP_IMPRINT 32 /* bytes: SHA-256 */

/**
 * Append a TimeStampReq over @sha256, of the raw bytes of a signature, with a random nonce; the
 * authority's certificate is asked for too. Returns 0, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_timestamp_request(const uint8_t sha256[PDG_TIMESTAMP_IMPRINT], struct pdg_buf *out,
			  uint64_t *out_nonce, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is the TimeStampResp @response the answer to the request with @nonce? Nothing else of it is
 * looked at. Returns 0, PDG_E_FORMAT (TSA-1), PDG_E_LIMIT (TSA-2), PDG_E_REJECTED (TSA-3: it holds
 * no token, TSA-11).
 */
int pdg_timestamp_answers(struct pdg_bytes response, uint64_t nonce,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
