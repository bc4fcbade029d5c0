/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n: no token is refused, and none is taken, for want of
 * memory. */
#include "oidc/discovery.h"
#include "oidc/token.h"
#include "support/check.h"
#include "support/failalloc.h"
#include "util/str.h"

static int read_token(struct pdg_error *err)
{
	PDG_AUTO(jws) struct pdg_jws j = {0};

	/* {"alg":"RS256","kid":"a"} . {} . sig */
	return pdg_jws_read(pdg_bytes_str("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln"), &j, err);
}

static int read_claims(struct pdg_error *err)
{
	PDG_AUTO(claims) struct pdg_claims c = {0};

	return pdg_claims_read(pdg_bytes_str("{\"iss\":\"i\",\"sub\":\"s\",\"aud\":[\"a\"],"
					     "\"exp\":2,\"iat\":1,\"jti\":\"j\"}"),
			       &c, err);
}

static int read_document(struct pdg_error *err)
{
	PDG_AUTO(mem) char *uri = NULL;

	return pdg_discovery_read(pdg_bytes_str("{\"issuer\":\"https://i\","
						"\"jwks_uri\":\"https://i/keys\"}"),
				  "https://i", &uri, err);
}

static int copy_key(struct pdg_error *err)
{
	char kid[] = "a";
	char json[] = "{}";
	const struct pdg_jwk from = {kid, PDG_JWS_RS256, json};
	PDG_AUTO(jwk) struct pdg_jwk k = {0};

	return pdg_jwk_copy(&from, &k, err);
}

static void every_allocation(void)
{
	pdg_failalloc_run("token", read_token);
	pdg_failalloc_run("claims", read_claims);
	pdg_failalloc_run("document", read_document);
	pdg_failalloc_run("key", copy_key);
}

PDG_TEST_MAIN("nomem", {"every allocation", every_allocation})
