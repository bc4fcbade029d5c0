/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 public keys that bind nobody. Whoever reads a key (key.c, sshkey_ed25519.c,
 * pgp_material.c; weak.c for certificates) asks here before it verifies anything.
 */
#ifndef PDG_CRYPTO_ED25519_H
#define PDG_CRYPTO_ED25519_H

#include <stdbool.h>

#include "util/bytes.h"

#define PDG_ED25519_LEN 32

/**
 * Is @raw, a public key of 32 bytes (RFC 8032 5.1.2), one of the eight points whose order divides
 * eight, in any encoding that OpenSSL takes? Signatures by such a key need no private one, and one
 * value is right over many messages: over every one where the key is the neutral element.
 */
bool pdg_ed25519_small(struct pdg_bytes raw);

#endif
