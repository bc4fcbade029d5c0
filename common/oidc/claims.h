/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token says (RFC 7519), read by our own reader: who issued it, for whom, about whom, from
 * when to when. Believed only after its signature.
 */
#ifndef PDG_OIDC_CLAIMS_H
#define PDG_OIDC_CLAIMS_H

#include "util/json.h"

struct pdg_claims {
	json_t *root;
	const char *issuer; /* these are borrowed from root */
	const char *subject;
	const char *audience; /* exactly one; NULL when there are several */
	const char *id;	      /* jti, or NULL */
	int64_t issued, expires;
	int64_t not_before; /* INT64_MIN: not said */
};

/** Read a token's payload. Returns 0, PDG_E_REJECTED (TOK-2: no strict JSON object; TOK-11),
 * PDG_E_NOMEM. */
int pdg_claims_read(struct pdg_bytes payload, struct pdg_claims *out,
		    struct pdg_error *err) PDG_MUST_CHECK;
void pdg_claims_done(struct pdg_claims *c);
PDG_AUTO_DEFINE_VALUE(claims, struct pdg_claims, pdg_claims_done)

/**
 * Is @now within the token's time, with PDG_LIMIT_TOKEN_LEEWAY seconds for clocks, and its life
 * none longer than PDG_LIMIT_TOKEN_SECONDS? Returns 0, PDG_E_REJECTED (TOK-9, TOK-10, TOK-11).
 */
int pdg_claims_in_time(const struct pdg_claims *c, int64_t now,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
