/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token, judged: form, issuer among those that the policy pins, audience, time, signature by that
 * issuer's key. What it says beyond that is for the service to judge. Runs in pedigree-relay,
 * which alone asks issuers.
 *
 * The order is jws.c (form) -> claims.c (what it says: issuer, audience, time) -> issuers.c (its
 * issuer's key) -> signature: nothing is fetched for a token that is refused without.
 */
#ifndef PDG_OIDC_TOKEN_H
#define PDG_OIDC_TOKEN_H

#include "oidc/claims.h"
#include "oidc/issuers.h"

/* One issuer that the policy pins, and an audience that it names beside it. */
struct pdg_pinned {
	const char *issuer;
	const char *audience;
};

struct pdg_token {
	struct pdg_claims claims;
	struct pdg_buf text; /* of the claims, as signed: one strict JSON object */
	/* SHA-256 under which it is known that the token was used: of issuer and jti; without jti,
	 * of what is signed. Not of the signature: an ECDSA one has a second spelling. */
	uint8_t name[32];
};

void pdg_token_done(struct pdg_token *t);
PDG_AUTO_DEFINE_VALUE(token, struct pdg_token, pdg_token_done)

/**
 * @text  as the caller sent it
 * @pins  @n issuers with their audiences; one issuer may be there several times
 *
 * Returns 0, PDG_E_LIMIT (TOK-3), PDG_E_REJECTED (TOK-2, TOK-4 to TOK-11), PDG_E_IO (ISS-*),
 * PDG_E_CRYPTO, PDG_E_NOMEM.
 */
int pdg_token_verify(struct pdg_issuers *issuers, struct pdg_bytes text,
		     const struct pdg_pinned *pins, size_t n, int64_t now, struct pdg_token *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
