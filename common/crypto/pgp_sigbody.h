/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a signature packet (RFC 4880 5.2.2, 5.2.3) and what it is computed over (5.2.4), for
 * signatures over documents (pgp_sig.c) and over keys (pgp_bind.c) alike. What its subpackets
 * mean is those two files' business. Private to this folder.
 */
#ifndef PDG_CRYPTO_PGP_SIGBODY_H
#define PDG_CRYPTO_PGP_SIGBODY_H

#include "crypto/pgp_material.h"

/* Subpacket types (RFC 4880 5.2.3.1, RFC 9580 5.2.3.7) that somebody here looks at. */
enum pdg_pgp_sub {
	PDG_PGP_SUB_CREATED = 2,
	PDG_PGP_SUB_EXPIRES = 3,
	PDG_PGP_SUB_REVOCABLE = 7,
	PDG_PGP_SUB_KEY_EXPIRES = 9,
	PDG_PGP_SUB_CIPHERS = 11,
	PDG_PGP_SUB_ISSUER = 16,
	PDG_PGP_SUB_HASHES = 21,
	PDG_PGP_SUB_COMPRESSION = 22,
	PDG_PGP_SUB_KEYSERVER_FLAGS = 23,
	PDG_PGP_SUB_KEYSERVER = 24,
	PDG_PGP_SUB_PRIMARY_UID = 25,
	PDG_PGP_SUB_POLICY_URI = 26,
	PDG_PGP_SUB_KEY_FLAGS = 27,
	PDG_PGP_SUB_SIGNER = 28,
	PDG_PGP_SUB_REASON = 29,
	PDG_PGP_SUB_FEATURES = 30,
	PDG_PGP_SUB_EMBEDDED = 32,
	PDG_PGP_SUB_FINGERPRINT = 33,
};

/* Signature types (RFC 4880 5.2.1). */
enum pdg_pgp_sig_type {
	PDG_PGP_TYPE_BINARY = 0x00,
	PDG_PGP_TYPE_TEXT = 0x01,
	PDG_PGP_TYPE_SUBKEY_BINDING = 0x18,
	PDG_PGP_TYPE_PRIMARY_BINDING = 0x19,
	PDG_PGP_TYPE_KEY_REVOCATION = 0x20,
	PDG_PGP_TYPE_SUBKEY_REVOCATION = 0x28,
	PDG_PGP_TYPE_CERT_REVOCATION = 0x30,
};

#define PDG_PGP_MPIS_MAX  2
#define PDG_PGP_HASH_SHA1 2 /* RFC 4880 9.4 */

struct pdg_pgp_sigbody {
	unsigned version; /* 3 or 4 */
	unsigned type;
	unsigned algo;
	unsigned hash_id; /* RFC 4880 9.4 */
	/*
	 * Version, algorithm and digest are such as OpenSSL may be asked about here; else the
	 * signature is GnuPG's to check.
	 */
	bool here;
	bool hashed_here; /* version 4 over a digest of ours: @hash; else that says nothing */
	enum pdg_hash hash;
	const uint8_t *v3;	   /* version 3: creation time and key id; else NULL */
	struct pdg_bytes head;	   /* from the version to the end of the hashed area: is signed */
	struct pdg_bytes hashed;   /* subpackets that are signed */
	struct pdg_bytes unhashed; /* subpackets that are not */
	const uint8_t *left;	   /* first two bytes of the digest */
	struct pdg_pgp_mpi mpis[PDG_PGP_MPIS_MAX];
};

/**
 * Take a body apart; *@out points into it.
 *
 * Returns 0, PDG_E_FORMAT (PGP-2), PDG_E_REJECTED (PGP-3: a version, a public-key algorithm or a
 * digest that nobody is asked about). SHA-1 is read: what it may be used for is the caller's word.
 */
int pdg_pgp_sigbody_read(struct pdg_bytes body, struct pdg_pgp_sigbody *out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** Can a signature @s by @m (NULL: a key of a kind that is not judged here) be checked here? */
bool pdg_pgp_sigbody_here(const struct pdg_pgp_sigbody *s, const struct pdg_pgp_material *m);

/**
 * Check @s by @m over @n runs of bytes, one after the other.
 * Returns 0, PDG_E_REJECTED (SIG-1; PGP-3: it is not checked here), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_sigbody_verify(const struct pdg_pgp_sigbody *s, const struct pdg_pgp_material *m,
			   const struct pdg_bytes *pieces, size_t n,
			   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Are the two bytes that @s gives of the digest those of the digest over @n runs of bytes? GnuPG
 * does not look at them, and nothing signs them. Where the digest is not made here nothing can be
 * said. Returns 0 (also where nothing can be said), PDG_E_REJECTED (SIG-1), PDG_E_NOMEM,
 * PDG_E_CRYPTO.
 */
int pdg_pgp_sigbody_left(const struct pdg_pgp_sigbody *s, const struct pdg_bytes *pieces, size_t n,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** The body of a signature that pgp_sig.c has read, taken apart, and as it stood. Borrowed. */
const struct pdg_pgp_sigbody *pdg_pgp_sig_body(const struct pdg_pgp_sig *sig);
struct pdg_bytes pdg_pgp_sig_bytes(const struct pdg_pgp_sig *sig);

#endif
