/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys that bind nobody: of their type and size, and yet anybody can sign by them. Whoever
 * reads one (key.c, sshkey_rsa.c, x509cert.c, tsa.c; of Ed25519 also by ed25519.h) asks here before
 * it verifies anything; pgp_material.c, which has the numbers as bytes, asks the same of those.
 */
#ifndef PDG_CRYPTO_WEAK_H
#define PDG_CRYPTO_WEAK_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdbool.h>

#include "util/auto.h"
#include "util/error.h"

/**
 * Are @n and @e none of an RSA key, where both are odd, and e is 3 at least (RFC 8017 3.1)? With
 * e = 1 the padded digest is its own signature, which OpenSSL takes; to an even e there is no d.
 */
bool pdg_weak_rsa(const BIGNUM *n, const BIGNUM *e);

/**
 * Refuse by @rule what a certificate's key may not be: RSA by such numbers, Ed25519 of small order
 * (crypto/ed25519.h). @key may be of any type, or NULL.
 * Returns 0, the rule's code, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_weak_check(const EVP_PKEY *key, const char *rule, struct pdg_error *err) PDG_MUST_CHECK;

#endif
