/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in PKCS#11 tokens, named by RFC 7512 URIs, through p11-kit: by the module that module-path
 * in the URI names, which must be there; no configuration of p11-kit is read.
 */
#ifndef PDG_SIGNER_TOKEN_H
#define PDG_SIGNER_TOKEN_H

#include "crypto/key.h"

/** The module that @uri names, a copy; loads nothing. KEY-5: it names none, or is no URI. */
int pdg_token_module(const char *uri, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The private key that @uri names, for pdg_key_sign(). The PIN is pin-value of the URI, or the
 * first line of the file that pin-source names ("file:PATH" or a path; not readable by others). The
 * public half is that of the private object (CKA_PUBLIC_KEY_INFO), else of the public key object
 * or the certificate with the same CKA_ID; that both belong together is tried once.
 *
 * ECDSA on P-256, P-384, P-521 (CKM_ECDSA), Ed25519 (CKM_EDDSA), RSA of 2048 to 4096 bits
 * (CKM_RSA_PKCS).
 *
 * A token that does not sign any more is SVC-3: nothing is opened again here, the process ends and
 * another one begins (signer/holder.c).
 *
 * Returns 0, PDG_E_USAGE (KEY-5; KEY-2, KEY-3 the file of the PIN), PDG_E_IO (KEY-7), PDG_E_NOMEM.
 */
int pdg_token_open(const char *uri, struct pdg_key **out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
