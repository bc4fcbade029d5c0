/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement of a token, step by step; each step's own rules are in the file that makes it. */
#include "oidc/token.h"

#include "crypto/digest.h"
#include "util/limits.h"
#include "util/str.h"

void pdg_token_done(struct pdg_token *t)
{
	pdg_claims_done(&t->claims);
	pdg_buf_done(&t->text);
	*t = (struct pdg_token){0};
}

/* By what the token says of itself, which chooses among the pinned ones and nothing else. */
static int check_issuer(const struct pdg_claims *c, const struct pdg_pinned *pins, size_t n,
			struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (pdg_str_eq(pins[i].issuer, c->issuer))
			return 0;
	}
	return pdg_reject(err, "TOK-5", "the policy names no issuer %s", c->issuer);
}

static int check_audience(const struct pdg_claims *c, const struct pdg_pinned *pins, size_t n,
			  struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (pdg_str_eq(pins[i].issuer, c->issuer) && c->audience &&
		    pdg_str_eq(pins[i].audience, c->audience))
			return 0;
	}
	return pdg_reject(err, "TOK-8", "the token is not made for this service alone, but for %s",
			  c->audience ? c->audience : "several");
}

static int name_it(const struct pdg_jws *j, const struct pdg_claims *c, uint8_t out[32],
		   struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;

	if (!c->id)
		return pdg_sha256(j->signed_part, out, err);
	text = pdg_str_printf("%s\n%s", c->issuer, c->id); /* neither holds a line end */
	return text ? pdg_sha256(pdg_bytes_str(text), out, err) : pdg_nomem(err);
}

static int check_signature(struct pdg_issuers *issuers, const struct pdg_jws *j, const char *issuer,
			   struct pdg_error *err)
{
	PDG_AUTO(jwk) struct pdg_jwk key = {0};
	int rc = pdg_issuers_key(issuers, issuer, j->kid, &key, err);

	return rc < 0 ? rc : pdg_jwk_verify(&key, j, err);
}

int pdg_token_verify(struct pdg_issuers *issuers, struct pdg_bytes text,
		     const struct pdg_pinned *pins, size_t n, int64_t now, struct pdg_token *out,
		     struct pdg_error *err)
{
	PDG_AUTO(jws) struct pdg_jws j = {0};
	PDG_AUTO(token) struct pdg_token t = {0};
	int rc = pdg_jws_read(text, &j, err);

	if (rc == 0)
		rc = pdg_claims_read(pdg_buf_bytes(&j.payload), &t.claims, err);
	if (rc == 0)
		rc = check_issuer(&t.claims, pins, n, err);
	if (rc == 0)
		rc = check_audience(&t.claims, pins, n, err);
	if (rc == 0)
		rc = pdg_claims_in_time(&t.claims, now, err);
	if (rc == 0)
		rc = check_signature(issuers, &j, t.claims.issuer, err);
	if (rc == 0)
		rc = name_it(&j, &t.claims, t.name, err);
	if (rc < 0)
		return rc;
	t.text = j.payload;
	pdg_buf_init(&j.payload, PDG_LIMIT_TOKEN);
	*out = t;
	t = (struct pdg_token){0};
	return 0;
}
