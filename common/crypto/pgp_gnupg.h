/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of the forms that OpenSSL is not asked about here (pgp.h) are GnuPG's to check: by
 * `pedigree-pgp verify`, which is started when there is first something to ask and then asked for
 * each signature (5 to 10 ms). It says whether the mathematics is right and which key did it; what
 * that key may do, and when, is judged by whoever asks.
 */
#ifndef PDG_CRYPTO_PGP_GNUPG_H
#define PDG_CRYPTO_PGP_GNUPG_H

#include "crypto/pgp.h"

/* The program, running or not. Shared by threads, which wait for each other. */
struct pdg_pgp_gnupg;

/** Nothing is started yet. Returns 0 or PDG_E_NOMEM. */
int pdg_pgp_gnupg_new(struct pdg_pgp_gnupg **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Ends the program, and waits until it has removed its folder. */
void pdg_pgp_gnupg_free(struct pdg_pgp_gnupg *g);
PDG_AUTO_DEFINE(pgp_gnupg, struct pdg_pgp_gnupg *, pdg_pgp_gnupg_free)

/**
 * Where one wrong signature decides: when @most were wrong, all others are refused (PGP-3) without
 * asking, which costs ten milliseconds each. To be called before the first question.
 */
void pdg_pgp_gnupg_bound(struct pdg_pgp_gnupg *g, size_t most);

/**
 * Is @sig by @key of @cert, which @ring holds, over @msg? GnuPG gets that certificate and no other,
 * so that nobody else's can stand in the key's place. A signature over a text (0x01) is judged only
 * where @msg has no CR and no line over PDG_PGP_TEXT_LINE bytes: what CR LF stand for, and what
 * follows in a long line, is not signed (GnuPG cuts such lines).
 *
 * @ring  must live as long as @g does
 *
 * Returns 0, PDG_E_REJECTED (SIG-1: it is not; PGP-3: GnuPG or this function does not judge
 * it; PGP-5: the key may not sign),
 * PDG_E_IO (the program cannot be started, or ended twice, or did not answer), PDG_E_NOMEM.
 */
int pdg_pgp_gnupg_verify(struct pdg_pgp_gnupg *g, const struct pdg_pgp_sig *sig,
			 const struct pdg_pgp_ring *ring, const struct pdg_pgp_cert *cert,
			 const struct pdg_pgp_key *key, struct pdg_bytes msg,
			 struct pdg_error *err) PDG_MUST_CHECK;

#define PDG_PGP_TEXT_LINE 16384 /* GnuPG 2.2 cuts at 19,992 */

/**
 * Append the packets of @cert as they stand in the key file of @ring.
 * Returns 0, PDG_E_FORMAT (PGP-4: there are none), or @out's failure.
 */
int pdg_pgp_ring_packets(const struct pdg_pgp_ring *ring, const struct pdg_pgp_cert *cert,
			 struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
