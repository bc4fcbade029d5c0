/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token's registered claims. Numbers are whole and no strings, texts are bounded and free of
 * controls, and an audience is one: a token that is good at two places can be taken from one to the
 * other.
 */
#include "oidc/claims.h"

#include <string.h>

#include "util/limits.h"

void pdg_claims_done(struct pdg_claims *c)
{
	pdg_json_free(c->root);
	*c = (struct pdg_claims){0};
}

static bool is_text(const char *s)
{
	size_t i, n = s ? strlen(s) : 0;

	for (i = 0; i < n; i++) {
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	}
	return n > 0 && n <= PDG_LIMIT_CLAIM;
}

static int read_text(const json_t *o, const char *name, bool required, const char **out,
		     struct pdg_error *err)
{
	const json_t *value = pdg_json_get(o, name);

	if (!value && !required)
		return 0;
	if (!is_text(pdg_json_str_value(value)))
		return pdg_reject(err, "TOK-11", "the token's %s is missing or no plain text",
				  name);
	*out = pdg_json_str_value(value);
	return 0;
}

/* pdg_json_u64() also takes a number in a string, which no token has. */
static int read_time(const json_t *o, const char *name, bool required, int64_t *out,
		     struct pdg_error *err)
{
	const json_t *value = pdg_json_get(o, name);
	uint64_t number = 0;

	if (!value && !required)
		return 0;
	if (!value || pdg_json_is_str(value) || pdg_json_u64(o, name, &number, NULL) < 0 ||
	    number > INT64_MAX / 2)
		return pdg_reject(err, "TOK-11", "the token's %s is missing or no whole number",
				  name);
	*out = (int64_t)number;
	return 0;
}

/* A string, or an array of strings. */
static int read_audience(const json_t *o, struct pdg_claims *c, struct pdg_error *err)
{
	const json_t *aud = pdg_json_get(o, "aud");

	if (!pdg_json_is_arr(aud))
		return read_text(o, "aud", true, &c->audience, err);
	if (pdg_json_len(aud) == 1 && is_text(pdg_json_str_value(pdg_json_at(aud, 0))))
		c->audience = pdg_json_str_value(pdg_json_at(aud, 0));
	return 0;
}

int pdg_claims_read(struct pdg_bytes payload, struct pdg_claims *out, struct pdg_error *err)
{
	PDG_AUTO(claims) struct pdg_claims c = {.not_before = INT64_MIN};
	int rc = pdg_json_load(payload, PDG_LIMIT_TOKEN, &c.root, err);

	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0)
		return pdg_reject(err, "TOK-2",
				  "the token's payload is not one strict JSON object");
	rc = read_text(c.root, "iss", true, &c.issuer, err);
	if (rc == 0)
		rc = read_text(c.root, "sub", true, &c.subject, err);
	if (rc == 0)
		rc = read_text(c.root, "jti", false, &c.id, err);
	if (rc == 0)
		rc = read_audience(c.root, &c, err);
	if (rc == 0)
		rc = read_time(c.root, "exp", true, &c.expires, err);
	if (rc == 0)
		rc = read_time(c.root, "iat", true, &c.issued, err);
	if (rc == 0)
		rc = read_time(c.root, "nbf", false, &c.not_before, err);
	if (rc < 0)
		return rc;
	*out = c;
	c = (struct pdg_claims){0};
	return 0;
}

int pdg_claims_in_time(const struct pdg_claims *c, int64_t now, struct pdg_error *err)
{
	if (c->expires <= now - PDG_LIMIT_TOKEN_LEEWAY)
		return pdg_reject(err, "TOK-9", "the token has expired");
	if (c->not_before > now + PDG_LIMIT_TOKEN_LEEWAY ||
	    c->issued > now + PDG_LIMIT_TOKEN_LEEWAY)
		return pdg_reject(err, "TOK-10", "the token is not valid yet");
	if (c->expires <= c->issued || c->expires - c->issued > PDG_LIMIT_TOKEN_SECONDS)
		return pdg_reject(err, "TOK-11",
				  "the token lives for no time, or for more than a day");
	return 0;
}
