/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP keys and signatures (RFC 4880, version 4) as gpg makes them, but thousands a second; and
 * their parts, for tests that make what gpg would not.
 */
#ifndef PDG_TESTS_SUPPORT_PGP_MADE_H
#define PDG_TESTS_SUPPORT_PGP_MADE_H

#include "crypto/key.h"
#include "util/buf.h"

/** Append a number (3.2): its bits, then its bytes without zeros in front. */
void pdg_made_pgp_mpi(struct pdg_buf *out, struct pdg_bytes v);

/** Append a packet whose header is of the old form (4.2.1), as gpg's are. */
void pdg_made_pgp_packet(struct pdg_buf *out, unsigned tag, struct pdg_bytes body);

/** Append the line of an armor that holds the checksum (6.1) of what is in it. */
void pdg_made_pgp_sum(struct pdg_buf *out, struct pdg_bytes packets);

/** Append a signature packet in armor, as git keeps it. */
int pdg_made_pgp_armor(struct pdg_buf *out, struct pdg_bytes packet,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Append the body of the packet of @key, an RSA key of 4096 bits or an Ed25519 one. */
int pdg_made_pgp_body(const struct pdg_key *key, uint32_t created, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Append that body as fingerprints and signatures are over it (5.2.4). */
void pdg_made_pgp_hashed_key(struct pdg_buf *out, struct pdg_bytes body);

/* A key that signs: RSA over SHA-256, Ed25519 over SHA-512. */
struct pdg_made_pgp {
	struct pdg_buf body; /* of the public-key packet */
	uint8_t fingerprint[20];
	bool rsa;
};

void pdg_made_pgp_done(struct pdg_made_pgp *p);

/** What is public of @key, made at @created. */
int pdg_made_pgp_key(const struct pdg_key *key, uint32_t created, struct pdg_made_pgp *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A signature packet of @type.
 *
 * @hashed  what is signed; head and trailer of the signature are appended to it
 * @sig     the mathematics alone, as pdg_key_sign() gives it
 */
int pdg_made_pgp_sign(const struct pdg_made_pgp *p, const struct pdg_key *key, uint8_t type,
		      uint32_t created, struct pdg_buf *hashed, struct pdg_buf *sig,
		      struct pdg_buf *packet, struct pdg_error *err) PDG_MUST_CHECK;

/** The key with one user id, in packets. */
int pdg_made_pgp_cert(const struct pdg_made_pgp *p, const struct pdg_key *key, const char *uid,
		      uint32_t created, struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
