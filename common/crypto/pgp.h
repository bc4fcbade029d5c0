/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP as far as commits need it (RFC 4880): detached signatures. The common forms (v4 over a
 * binary document by RSA, ECDSA on the NIST curves or Ed25519, with SHA-2) are checked in process
 * by OpenSSL, every other form that GnuPG takes by GnuPG (pgp_gnupg.h): old versions, texts, DSA,
 * other curves, other sizes, RIPEMD-160. SHA-1 and MD5 never are.
 *
 * What a key is (its user ids, usage, creation, expiry, revocation) is GnuPG's word: the
 * program pedigree-pgp asks gpgme once for a key file and prints a description; this module reads
 * it. Who may sign is never GnuPG's to say.
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
	/*
	 * Subkeys: only GnuPG can tell whether it is cross-certified, which it looks at whenever it
	 * checks a signature. All of the key's are then GnuPG's to check.
	 */
	bool ask;
	unsigned algo; /* RFC 4880 9.1 */
	size_t width;  /* bytes of a number of its signatures; 0: not known here */
	/* Opaque: OpenSSL's key. NULL: of an algorithm, curve or size that is GnuPG's. */
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
		int64_t expires; /* 0: never */
	} * uids;
	size_t n_uids;
	bool revoked;
	int64_t expires; /* 0: never */
};

/*
 * The certificates of a key file. Each is read from the description when it is first asked for,
 * which is what keeps a file of a thousand from being read for one commit. Shared by threads.
 */
struct pdg_pgp_ring;

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

size_t pdg_pgp_ring_count(const struct pdg_pgp_ring *ring);

/**
 * The certificate number @i, borrowed from @ring.
 * Returns 0, PDG_E_IO (its description cannot be read), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_ring_cert(const struct pdg_pgp_ring *ring, size_t i, const struct pdg_pgp_cert **out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The next certificate, from number *@at on, in whose description the bytes @text stand: a
 * fingerprint's end, an address. *@out NULL: there is none.
 * Returns as pdg_pgp_ring_cert().
 */
int pdg_pgp_ring_search(const struct pdg_pgp_ring *ring, struct pdg_bytes text, size_t *at,
			const struct pdg_pgp_cert **out, struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_pgp_sig; /* a parsed, not yet believed signature */

/**
 * Read an ASCII-armored detached signature as git stores it: one "PGP SIGNATURE" block, nothing
 * before it and at most one empty line behind it, CRC right when present, and in it exactly one
 * signature packet over a document (type 0x00 binary, 0x01 text) of version 4 or 3 by RSA, DSA,
 * ECDSA or EdDSA, minimal lengths, no unknown critical subpacket, and in the part that nothing
 * signs only the issuer. A number of the signature may also be written with all bytes of its width,
 * as GitHub writes RSA.
 *
 * Returns 0, PDG_E_FORMAT (PGP-1: armor; PGP-2: packets), PDG_E_REJECTED (PGP-3: a form that is
 * never judged: another version, algorithm, SHA-1, MD5, signature type; the text says which).
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
 * Whom the signature names as its issuer: 40 upper-case hex digits of a fingerprint, else 16 of a
 * key id. Nobody has checked it yet. Borrowed.
 */
const char *pdg_pgp_sig_issuer(const struct pdg_pgp_sig *sig);

/**
 * Has @key agreed to the certificate that lists it? Anybody can list another's subkey below his own
 * primary key, but not make it agree. 2: it has, as was found here; 1: GnuPG has to be asked; 0: it
 * has not.
 */
int pdg_pgp_consent(const struct pdg_pgp_key *key);

/**
 * The key in @ring that the signature's issuer (fingerprint, else key id) names, and its
 * certificate; both NULL: there is none. Where several certificates list it, one to which the key
 * has agreed comes first. Returns as pdg_pgp_ring_cert().
 */
int pdg_pgp_sig_find(const struct pdg_pgp_sig *sig, const struct pdg_pgp_ring *ring,
		     const struct pdg_pgp_cert **out_cert, const struct pdg_pgp_key **out_key,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Is @sig by @key of a form that is checked in process? Else it is GnuPG's (pgp_gnupg.h). */
bool pdg_pgp_sig_here(const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key);

/**
 * Check the mathematics alone: @sig by @key over @msg, in process.
 * Returns 0, PDG_E_REJECTED (SIG-1; PGP-3: it is not checked here), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_sig_verify(const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key,
		       struct pdg_bytes msg, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A second signature, in the armor @other, for another form of what the first (@armor, by @key, and
 * right) signs (git's gpgsig-sha256): bytes that are not here, so its value proves nothing. Is all
 * but that value what the program that made the first would have written? The armor is gpg's to the
 * byte, with the header lines of the first; algorithms, key and subpackets are the first's, but for
 * the time (five minutes) and a salt of the same length (a notation); its numbers are as long as
 * the key's are.
 *
 * @out  the second signature, owned by the caller, who has to see that it is none over what the
 *       first signs
 *
 * Returns 0, PDG_E_FORMAT (PGP-1, PGP-2), PDG_E_REJECTED (PGP-3), PDG_E_NOMEM.
 */
int pdg_pgp_sig_twin(struct pdg_bytes armor, struct pdg_bytes other, const struct pdg_pgp_key *key,
		     struct pdg_pgp_sig **out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
