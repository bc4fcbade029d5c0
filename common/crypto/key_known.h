/* SPDX-License-Identifier: Apache-2.0 */
/* The usual spellings of keys, read without OpenSSL's decoders. Private to this folder. */
#ifndef PDG_CRYPTO_KEY_KNOWN_H
#define PDG_CRYPTO_KEY_KNOWN_H

#include "crypto/key_impl.h"

/**
 * The key of an SPKI that is spelled as everybody spells P-256, P-384, P-521, Ed25519 and RSA keys
 * of 2048, 3072 or 4096 bits with the exponent 65537. *@out NULL for any other, good or bad: then
 * OpenSSL's own reader decides. Owned by the caller. Returns 0 or PDG_E_NOMEM.
 */
int pdg_key_known_public(struct pdg_bytes spki, EVP_PKEY **out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same for the PKCS#8 of a P-256 or Ed25519 private key, as OpenSSL and we write them.
 *
 * @out_spki  appended: the SPKI of its public part
 */
int pdg_key_known_private(struct pdg_bytes pkcs8, EVP_PKEY **out, struct pdg_buf *out_spki,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
