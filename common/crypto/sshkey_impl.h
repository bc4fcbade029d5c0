/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sshkey.c and the files of the three algorithms know of one another: each algorithm exports
 * its kinds as const tables, and sshkey.c does what is common to all. Private to this folder.
 */
#ifndef PDG_CRYPTO_SSHKEY_IMPL_H
#define PDG_CRYPTO_SSHKEY_IMPL_H

#include <stdbool.h>

#include "crypto/ossl.h"
#include "crypto/sshkey.h"

#define PDG_SSH_FINGERPRINT_TEXT 51 /* "SHA256:", 43 characters of base64 and a NUL */

struct pdg_sshkey_kind {
	const char *name;
	/* ECDSA: the curve as SSH and as OpenSSL call it, its field in bytes, and its digest */
	const char *curve;
	const char *group;
	size_t field;
	enum pdg_hash hash;
	/* A security key (PROTOCOL.u2f): an application follows, and the message is wrapped */
	bool hardware;
	/* Take the key's own fields off *@rest (behind the type) and set key->pkey. */
	int (*parse)(struct pdg_sshkey *key, struct pdg_bytes *rest, struct pdg_error *err);
	/* Check @sig, the second string of the signature blob, over @msg. */
	int (*verify)(const struct pdg_sshkey *key, struct pdg_bytes algorithm,
		      struct pdg_bytes msg, struct pdg_bytes sig, struct pdg_error *err);
};

struct pdg_sshkey {
	const struct pdg_sshkey_kind *kind;
	EVP_PKEY *pkey;
	struct pdg_buf blob;
	char fingerprint[PDG_SSH_FINGERPRINT_TEXT];
	uint8_t application[PDG_SHA256_LEN]; /* its digest; hardware only */
};

extern const struct pdg_sshkey_kind pdg_sshkey_ed25519[2];
extern const struct pdg_sshkey_kind pdg_sshkey_ecdsa[4];
extern const struct pdg_sshkey_kind pdg_sshkey_rsa[1];

/**
 * Take a key of @type off *@rest, which stands behind the type: in a key's own blob, or behind the
 * nonce in a certificate. What follows is the caller's to judge.
 * Returns 0, PDG_E_FORMAT (SSH-1), PDG_E_REJECTED (SSH-3).
 */
int pdg_sshkey_take(struct pdg_bytes type, struct pdg_bytes *rest, struct pdg_sshkey **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Does a security key make signatures of @key, with flags behind them? */
bool pdg_sshkey_is_hardware(const struct pdg_sshkey *key);

/** Is @type a key type of SSH's that has a name here, judged or not? */
bool pdg_sshkey_type_known(struct pdg_bytes type, bool *out_judged);

/**
 * Has @value, the second string of a signature blob that verify() can read, the length that
 * signatures of @key have? (A reader forgives leading zeros that are left out.)
 */
bool pdg_sshkey_whole(const struct pdg_sshkey *key, struct pdg_bytes value);

/** Check @sig (as OpenSSL wants it) over @msg; @hash is NULL for Ed25519. 0 or SIG-1. */
int pdg_sshkey_check(const struct pdg_sshkey *key, const EVP_MD *hash, struct pdg_bytes msg,
		     struct pdg_bytes sig, struct pdg_error *err) PDG_MUST_CHECK;

#endif
