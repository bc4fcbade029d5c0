/* SPDX-License-Identifier: Apache-2.0 */
/* OpenPGP keys and signatures as bench-commits makes them: RFC 4880, version 4, one key each. */
#ifndef PDG_BENCH_PGP_H
#define PDG_BENCH_PGP_H

#include "crypto/key.h"

/* Signing keys of OpenPGP: RSA of 4096 bits over SHA-256, or Ed25519 over SHA-512. */
struct bench_pgp {
	struct pdg_buf body; /* of the public-key packet */
	uint8_t fingerprint[20];
	bool rsa;
};

void bench_pgp_done(struct bench_pgp *p);

/** What is public of @key, an RSA key of 4096 bits or an Ed25519 one, made at @created. */
int bench_pgp_key(const struct pdg_key *key, uint32_t created, struct bench_pgp *out,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A signature packet of @type.
 *
 * @hashed  what is signed; head and trailer of the signature are appended to it
 * @sig     the mathematics alone, as pdg_key_sign() gives it
 */
int bench_pgp_sign(const struct bench_pgp *p, const struct pdg_key *key, uint8_t type,
		   uint32_t created, struct pdg_buf *hashed, struct pdg_buf *sig,
		   struct pdg_buf *packet, struct pdg_error *err) PDG_MUST_CHECK;

/** The key with one user id, in packets. */
int bench_pgp_cert(const struct bench_pgp *p, const struct pdg_key *key, const char *uid,
		   uint32_t created, struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
