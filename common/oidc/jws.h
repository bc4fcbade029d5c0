/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact form of a token (RFC 7515 3.1), taken apart by a strict reader of our own before any
 * library sees it. Nothing is verified here.
 */
#ifndef PDG_OIDC_JWS_H
#define PDG_OIDC_JWS_H

#include "util/auto.h"
#include "util/buf.h"

enum pdg_jws_alg { PDG_JWS_RS256, PDG_JWS_ES256 };

struct pdg_jws {
	struct pdg_bytes all;	      /* the token as it came; borrowed */
	struct pdg_bytes signed_part; /* header and payload with the dot between; borrowed */
	enum pdg_jws_alg alg;
	char *kid;
	struct pdg_buf payload;	  /* decoded */
	struct pdg_buf signature; /* decoded */
};

/**
 * @token  borrowed for the life of @out
 *
 * Three parts of canonical base64url, a header that is one strict JSON object with alg (RS256 or
 * ES256) and kid, typ absent, "JWT" or "at+jwt", and nothing that would name another key or another
 * reading of the rest.
 *
 * Returns 0, PDG_E_LIMIT (TOK-3), PDG_E_REJECTED (TOK-2, TOK-4: alg), PDG_E_NOMEM.
 */
int pdg_jws_read(struct pdg_bytes token, struct pdg_jws *out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_jws_done(struct pdg_jws *j);
PDG_AUTO_DEFINE_VALUE(jws, struct pdg_jws, pdg_jws_done)

#endif
