/* SPDX-License-Identifier: Apache-2.0 */
/* What key.c, key_pem.c and key_sign.c know of one another. Private to this folder. */
#ifndef PDG_CRYPTO_KEY_IMPL_H
#define PDG_CRYPTO_KEY_IMPL_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "crypto/key.h"
#include "crypto/ossl.h"
#include "crypto/pem.h"

#define PDG_KEY_HINT_TEXT   45 /* base64 of 32 bytes and a NUL */
#define PDG_KEY_ED25519_LEN 32
#define PDG_KEY_LOCKED	    "ENCRYPTED PRIVATE KEY" /* the label of RFC 5958 3, in PEM */

struct pdg_key {
	atomic_uint others; /* owners but one */
	EVP_PKEY *pkey;
	enum pdg_key_type type;
	const char *details;
	uint8_t *spki;
	size_t spki_len;
	uint8_t sha256[PDG_SHA256_LEN]; /* of spki */
	char hint[PDG_KEY_HINT_TEXT];
	uint8_t ed25519[PDG_KEY_ED25519_LEN];
	/* Set up once and copied for every use: it saves OpenSSL's look-ups of algorithms. */
	EVP_MD_CTX *verifier;
	EVP_MD_CTX *signer;	     /* NULL: there is no private half here */
	struct pdg_key_elsewhere at; /* sign is NULL: nor elsewhere */
};

/**
 * Make a key of @pkey, which is consumed whatever happens. @spki: its one encoding where that is
 * known already, else none, and it is made. Returns 0, PDG_E_FORMAT (KEY-1).
 */
int pdg_key_adopt(EVP_PKEY *pkey, struct pdg_bytes spki, bool is_private, struct pdg_key **out,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** Set up @key's verifier and, for a private key, its signer. Returns 0 or PDG_E_CRYPTO. */
int pdg_key_prepare(struct pdg_key *key, bool is_private, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read the only PEM block of @text into @out_der.
 *
 * @out_label  what the block says it is, e.g. "PUBLIC KEY"; points into @text
 *
 * Returns 0 or PDG_E_FORMAT (KEY-1).
 */
int pdg_key_pem_read(struct pdg_bytes text, struct pdg_bytes *out_label, struct pdg_buf *out_der,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** The private key in @pem, not encrypted. Returns 0, PDG_E_FORMAT (KEY-1). */
int pdg_key_private_pem(struct pdg_bytes pem, struct pdg_key **out,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Open a private file for pdg_fs_read_fd(), and is it its owner's alone? Two questions: what is no
 * key at all is called that, and not a key that others can read. PDG_E_NOTFOUND, PDG_E_IO; KEY-2.
 */
int pdg_key_open_private(const char *path, int *out_fd, struct stat *out_st,
			 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_key_check_private(const char *path, const struct stat *st,
			  struct pdg_error *err) PDG_MUST_CHECK;

/** From now on this process leaves no core dump, and no tracer but root's looks into it. */
void pdg_key_hide_memory(void);

#endif
