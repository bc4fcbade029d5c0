/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens as issuers make them, and as nobody should: signed by OpenSSL over whatever header and
 * claims a test writes. Whatever fails here ends the program.
 */
#ifndef PDG_TESTS_SUPPORT_TOKEN_MADE_H
#define PDG_TESTS_SUPPORT_TOKEN_MADE_H

#include "util/buf.h"

struct made_key;

enum made_kind { MADE_RSA, MADE_RSA_SHORT, MADE_P256, MADE_P384 };

struct made_key *made_key_new(enum made_kind kind, const char *kid);
void made_key_free(struct made_key *k);

/** Append the public key as a JWK; @more: further members (",\"use\":\"sig\""), or NULL. */
void made_jwk(const struct made_key *k, const char *more, struct pdg_buf *out);
/** Append {"keys":[…]} of @n keys. */
void made_jwks(struct made_key *const *keys, size_t n, struct pdg_buf *out);

/** Append a token. @header NULL: {"alg":…,"kid":…,"typ":"JWT"} of the key. */
void made_token(const struct made_key *k, const char *header, const char *claims,
		struct pdg_buf *out);
/** The same with an HMAC-SHA-256 over the public key's PEM: what a confused reader would take. */
void made_token_hmac(const struct made_key *k, const char *header, const char *claims,
		     struct pdg_buf *out);
/** Header, payload and signature, each encoded, with dots between. */
void made_parts(const char *header, const char *claims, struct pdg_bytes sig, struct pdg_buf *out);

#endif
