/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP as far as commits need it (RFC 4880): detached v4 signatures over binary documents, made
 * by RSA, ECDSA (NIST curves) or EdDSA (Ed25519) with SHA-2, checked in process by OpenSSL.
 *
 * What a key is (its user ids, usage, creation, expiry, revocation) is GnuPG's word: the
 * program pedigree-pgp asks gpgme once for a key file and prints a description; this module reads
 * it. GnuPG never gives a verdict on a signature here.
 */
#ifndef PDG_CRYPTO_PGP_H
#define PDG_CRYPTO_PGP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

#define PDG_PGP_FINGERPRINT_HEX 41 /* 40 upper-case hex digits and a NUL */

/* One key or subkey that can make signatures. */
struct pdg_pgp_key {
	char fingerprint[PDG_PGP_FINGERPRINT_HEX];
	uint64_t keyid; /* the fingerprint's last 8 bytes */
	bool primary;
	bool can_sign;
	bool cross_certified; /* subkeys: a valid 0x19 signature was checked; primaries: true */
	int64_t created;      /* Unix seconds */
	int64_t expires;      /* 0: never */
	bool revoked;	      /* now, as GnuPG says */
	int64_t revoked_at;   /* 0 when unknown, or when the key may have been compromised */
	bool invalid;	      /* GnuPG calls it invalid or disabled */
	/* Opaque: OpenSSL's key. NULL: of an algorithm, curve or size that is not judged. */
	struct pdg_pgp_material *material;
};

/* A certificate: a primary key, its subkeys and user ids. */
struct pdg_pgp_cert {
	char fingerprint[PDG_PGP_FINGERPRINT_HEX]; /* of the primary key */
	struct pdg_pgp_key *keys;
	size_t n_keys;
	struct pdg_pgp_uid {
		char *text;    /* "Alice Developer <alice@example.com>" */
		char *address; /* "alice@example.com", or "" when it has none */
		bool revoked;
		bool invalid;
	} * uids;
	size_t n_uids;
	bool revoked;
	int64_t expires; /* 0: never */
};

struct pdg_pgp_ring {
	struct pdg_pgp_cert *certs;
	size_t n;
};

void pdg_pgp_ring_free(struct pdg_pgp_ring *ring);
PDG_AUTO_DEFINE(pgp_ring, struct pdg_pgp_ring *, pdg_pgp_ring_free)

/**
 * Load the description of a key file (binary or armoured): from the cache, else by running
 * pedigree-pgp, whose answer is then kept there.
 *
 * @cache_dir  folder "keys/" of the place that judges, or NULL for no cache; a damaged or foreign
 *             entry is made again; a folder that is not ours alone (FIL-1) is not used, and one
 *             that cannot be written only costs time
 *
 * Returns 0, PDG_E_NOTFOUND, PDG_E_IO, PDG_E_FORMAT (PGP-4).
 */
int pdg_pgp_ring_load(const char *key_file, const char *cache_dir, struct pdg_pgp_ring **out,
		      struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_pgp_sig; /* a parsed, not yet believed signature */

/**
 * Read an ASCII-armored detached signature as git stores it: one "PGP SIGNATURE" block, nothing
 * before it and at most one empty line behind it, CRC right when present, and in it exactly one v4
 * signature packet of type 0x00 (binary document), minimal lengths, no unknown critical subpacket,
 * and in the part that nothing signs only the issuer. A number of the signature may also be written
 * with all bytes of its width, as GitHub writes RSA.
 *
 * Returns 0, PDG_E_FORMAT (PGP-1: armor; PGP-2: packets), PDG_E_REJECTED (PGP-3: a form that is not
 * judged here: another version, algorithm, SHA-1, MD5, signature type; the text says which).
 */
int pdg_pgp_sig_parse(struct pdg_bytes armor, struct pdg_pgp_sig **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** The same for a binary (unarmored) signature: approvals. */
int pdg_pgp_sig_parse_binary(struct pdg_bytes packets, struct pdg_pgp_sig **out,
			     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_pgp_sig_free(struct pdg_pgp_sig *sig);
PDG_AUTO_DEFINE(pgp_sig, struct pdg_pgp_sig *, pdg_pgp_sig_free)

/** When the signer says it was made (hashed creation time), and when it expires (0: never). */
int64_t pdg_pgp_sig_created(const struct pdg_pgp_sig *sig);
int64_t pdg_pgp_sig_expires(const struct pdg_pgp_sig *sig);

/**
 * The key in @ring that the signature's issuer (fingerprint, else key id) names, or NULL. Where
 * several certificates list it, one to which the key has agreed comes first. @out_cert may be NULL.
 */
const struct pdg_pgp_key *pdg_pgp_sig_find(const struct pdg_pgp_sig *sig,
					   const struct pdg_pgp_ring *ring,
					   const struct pdg_pgp_cert **out_cert);

/**
 * Check the mathematics alone: @sig by @key over @msg.
 * Returns 0, PDG_E_REJECTED (SIG-1; PGP-3: a key without material, a digest too short for the key's
 * curve), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_sig_verify(const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key,
		       struct pdg_bytes msg, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A second signature, in the armor @other, for another form of what the first (@armor, by @key over
 * @msg, and right) signs (git's gpgsig-sha256): bytes that are not here, so its value proves
 * nothing. Is all but that value what the program that made the first would have written? The armor
 * is gpg's to the byte, with the header lines of the first; algorithms, key and subpackets are the
 * first's, but for the time (five minutes) and a salt of the same length (a notation); its numbers
 * are as long as the key's are, and are no signature over @msg itself.
 *
 * Returns 0, PDG_E_FORMAT (PGP-1, PGP-2), PDG_E_REJECTED (PGP-3), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_sig_twin(struct pdg_bytes armor, struct pdg_bytes other, const struct pdg_pgp_key *key,
		     struct pdg_bytes msg, struct pdg_error *err) PDG_MUST_CHECK;

#endif
