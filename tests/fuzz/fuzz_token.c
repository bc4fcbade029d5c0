/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and the documents of their issuers: any bytes are one or an error with its rule; of what
 * is read as a token the header chose one of two algorithms, and its parts are the bytes that they
 * were decoded from.
 *
 * Covers: common/oidc/jws.c common/oidc/claims.c common/oidc/jwks.c common/oidc/discovery.c
 * common/stage/ci.c
 */
#include <string.h>

#include "fuzz.h"
#include "oidc/discovery.h"
#include "oidc/token.h"
#include "stage/ci.h"
#include "trust/issuer.h"
#include "util/limits.h"

static void check_claims(struct pdg_bytes text)
{
	PDG_AUTO(claims) struct pdg_claims c = {0};
	PDG_AUTO(ci) struct pdg_ci ci = {0};
	struct pdg_error err = {0};

	if (pdg_claims_read(text, &c, &err) < 0) {
		MUST(c.root == NULL);
		MUST(err.code == PDG_E_NOMEM || strncmp(err.rule, "TOK-", 4) == 0);
		return;
	}
	MUST(c.issuer && c.subject && c.issuer[0] && c.subject[0]);
	if (pdg_claims_in_time(&c, c.issued, &err) == 0)
		MUST(c.expires > c.issued && c.expires - c.issued <= PDG_LIMIT_TOKEN_SECONDS);
	if (pdg_ci_read(c.issuer, c.root, &ci, &err) == 0)
		MUST(ci.repository && ci.commit && ci.ref && ci.event && ci.run);
}

static void check_token(struct pdg_bytes text)
{
	PDG_AUTO(jws) struct pdg_jws j = {0};
	struct pdg_error err = {0};

	if (pdg_jws_read(text, &j, &err) < 0) {
		MUST(err.code == PDG_E_NOMEM || strncmp(err.rule, "TOK-", 4) == 0);
		return;
	}
	MUST(text.n <= PDG_LIMIT_TOKEN && j.kid[0]);
	MUST(j.alg == PDG_JWS_RS256 || j.alg == PDG_JWS_ES256);
	MUST(j.signed_part.p == text.p && j.signed_part.n < text.n);
	check_claims(pdg_buf_bytes(&j.payload));
}

static void check_issuer(struct pdg_bytes text)
{
	static const char issuer[] = "https://issuer.example";
	PDG_AUTO(jwks) struct pdg_jwks set = {0};
	PDG_AUTO(mem) char *uri = NULL;
	struct pdg_error err = {0};

	if (pdg_jwks_read(text, &set, &err) < 0)
		MUST(err.code == PDG_E_NOMEM || strcmp(err.rule, "ISS-5") == 0);
	else
		MUST(set.n > 0 && set.n <= PDG_LIMIT_ISSUER_KEYS);
	if (pdg_discovery_read(text, issuer, &uri, NULL) == 0)
		MUST(pdg_issuer_same_origin(uri, issuer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdg_bytes in = pdg_bytes(data, size);

	check_token(in);
	check_claims(in);
	check_issuer(in);
	return 0;
}
