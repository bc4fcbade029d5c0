/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys for envelopes, logs and journals: public (SPKI) or private (PKCS#8), PEM files.
 *
 * A signature has one form for each key type (formats.md 1.3): ECDSA ASN.1 DER over SHA-256
 * (P-256), SHA-384 (P-384), SHA-512 (P-521); RSA PKCS#1 v1.5 with SHA-256, 2048 to 4096 bits;
 * Ed25519 pure. Nothing else is loaded.
 *
 * A key is immutable after loading and may be used by several threads at once.
 */
#ifndef PDG_CRYPTO_KEY_H
#define PDG_CRYPTO_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

struct pdg_key;

enum pdg_key_type {
	PDG_KEY_ECDSA_P256,
	PDG_KEY_ECDSA_P384,
	PDG_KEY_ECDSA_P521,
	PDG_KEY_RSA,
	PDG_KEY_ED25519,
};

/** NULL is fine. A key that is shared is freed by the last who has it. */
void pdg_key_free(struct pdg_key *key);
/** One more owner of @key, which is given back. Thread-safe; NULL gives NULL. */
struct pdg_key *pdg_key_share(struct pdg_key *key);
PDG_AUTO_DEFINE(key, struct pdg_key *, pdg_key_free)

/**
 * Load a public key from PEM ("PUBLIC KEY", exactly one block; a private key's PEM is refused).
 * Returns 0, PDG_E_FORMAT (KEY-1), PDG_E_NOMEM.
 */
int pdg_key_public_pem(struct pdg_bytes pem, struct pdg_key **out,
		       struct pdg_error *err) PDG_MUST_CHECK;
/** The same from SPKI DER, nothing behind it. */
int pdg_key_public_der(struct pdg_bytes spki, struct pdg_key **out,
		       struct pdg_error *err) PDG_MUST_CHECK;
/** The same from a file: whatever is wrong with it is KEY-3, PDG_E_USAGE. */
int pdg_key_public_file(const char *path, struct pdg_key **out,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Load a private key file (PKCS#8 or the traditional forms, unencrypted). What is no
 * such key, or cannot be read, is KEY-3; a private key that group or others may read, or that
 * belongs to another user, is KEY-2. The bytes are cleansed after use, and the process is not
 * dumpable from here on (prctl(2)): no core, no tracer but root. Returns 0, PDG_E_USAGE.
 */
int pdg_key_private_file(const char *path, struct pdg_key **out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same for a file that may be encrypted (PKCS#8, "ENCRYPTED PRIVATE KEY"): the first line of
 * the file @passphrase_file opens it. That file is read only when it is needed, and as strictly as
 * a key's (KEY-2). NULL: there is none. Also KEY-4: no passphrase, or the wrong one.
 * *@out_locked (or NULL): it was needed.
 */
int pdg_key_private_file_locked(const char *path, const char *passphrase_file, struct pdg_key **out,
				bool *out_locked, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Append the first line of @path, without its end: a secret that only its reader may know. As
 * strict as for a private key's file. Returns 0, PDG_E_USAGE (KEY-2, KEY-3; KEY-4: it is empty).
 */
int pdg_key_secret_file(const char *path, struct pdg_buf *out,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Append a private key file as it is, for a library that reads PEM itself: as strict about who may
 * read it as pdg_key_private_file(). Returns 0, PDG_E_USAGE (KEY-2, KEY-3).
 */
int pdg_key_private_bytes(const char *path, struct pdg_buf *out,
			  struct pdg_error *err) PDG_MUST_CHECK;

/** Make a new key. PDG_KEY_ECDSA_P256 or PDG_KEY_ED25519. The process is not dumpable from here on.
 */
int pdg_key_generate(enum pdg_key_type type, struct pdg_key **out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Write the private key as PKCS#8 PEM to a new file of mode 0600; an existing one: PDG_E_USAGE. */
int pdg_key_private_save(const struct pdg_key *key, const char *path,
			 struct pdg_error *err) PDG_MUST_CHECK;
/** Append the public key as PEM SPKI. */
int pdg_key_public_text(const struct pdg_key *key, struct pdg_buf *out,
			struct pdg_error *err) PDG_MUST_CHECK;

/*
 * The private half of a key that is elsewhere: in another process, in a token. All that is known
 * here is the public half, and how to have something signed.
 */
struct pdg_key_elsewhere {
	/** Append the signature over @msg, in the form of the key's type. From any thread. */
	int (*sign)(void *ctx, struct pdg_bytes msg, struct pdg_buf *out_sig,
		    struct pdg_error *err);
	void (*release)(void *ctx); /* when the key is freed; NULL: nothing to do */
	void *ctx;
	/** The same for @n of them, each into its buffer; some may have been had when it fails.
	 * NULL: one after another. */
	int (*sign_many)(void *ctx, const struct pdg_bytes *msgs, size_t n,
			 struct pdg_buf *out_sigs, struct pdg_error *err);
};

/**
 * A key whose public half is @spki and whose private half is elsewhere. pdg_key_sign() asks there.
 * On failure @at->ctx stays the caller's. Returns 0, PDG_E_FORMAT (KEY-1), PDG_E_NOMEM.
 */
int pdg_key_elsewhere(struct pdg_bytes spki, const struct pdg_key_elsewhere *at,
		      struct pdg_key **out, struct pdg_error *err) PDG_MUST_CHECK;

enum pdg_key_type pdg_key_type(const struct pdg_key *key);
/** Can it sign, here or elsewhere? */
bool pdg_key_is_private(const struct pdg_key *key);
/** SPKI DER. Borrowed from the key. */
struct pdg_bytes pdg_key_spki(const struct pdg_key *key);
/** 32 raw bytes of an Ed25519 public key; none for other types. Borrowed. */
struct pdg_bytes pdg_key_ed25519_raw(const struct pdg_key *key);
/** Base64 of SHA-256 over SPKI: the hint of bundles and the keyid we write. Borrowed. */
const char *pdg_key_hint(const struct pdg_key *key);
/** The same digest as 32 bytes. Borrowed. */
const uint8_t *pdg_key_spki_sha256(const struct pdg_key *key);
/** Sigstore's PublicKeyDetails name, e.g. "PKIX_ECDSA_P256_SHA_256". Static. */
const char *pdg_key_details(const struct pdg_key *key);
/** Same public key (by SPKI)? */
bool pdg_key_same(const struct pdg_key *a, const struct pdg_key *b);

/** Sign @msg, append the signature. Returns 0, PDG_E_USAGE (a public key), PDG_E_CRYPTO; what
 * pdg_key_elsewhere.sign() does. */
int pdg_key_sign(const struct pdg_key *key, struct pdg_bytes msg, struct pdg_buf *out_sig,
		 struct pdg_error *err) PDG_MUST_CHECK;

/** Sign @n messages: @out_sigs[i] gets the signature over @msgs[i]. When it fails, those that are
 * not empty are good all the same. Returns what pdg_key_sign() does. */
int pdg_key_sign_many(const struct pdg_key *key, const struct pdg_bytes *msgs, size_t n,
		      struct pdg_buf *out_sigs, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Check @sig over @msg. An ECDSA signature must be minimal DER without trailing bytes.
 * Returns 0 when it is valid, else PDG_E_REJECTED (SIG-1), PDG_E_CRYPTO.
 */
int pdg_key_verify(const struct pdg_key *key, struct pdg_bytes msg, struct pdg_bytes sig,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same where only the message's SHA-256 is at hand: ECDSA P-256 and RSA keys (SIG-2 for others,
 * which sign another digest, or the message itself).
 */
int pdg_key_verify_sha256(const struct pdg_key *key, const uint8_t sha256[32], struct pdg_bytes sig,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
