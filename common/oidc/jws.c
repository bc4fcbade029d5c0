/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First step on a token: limits, two dots, base64url in its one spelling, the header. What the
 * header may choose is one of two algorithms and the name of a key that its issuer has; everything
 * else that could lead a library astray (alg none, keys inside the token, critical extensions) ends
 * here.
 */
#include "oidc/jws.h"

#include <string.h>

#include "util/codec.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define ES256_LEN 64

static const char *const forbidden[] = {"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"};
static const char *const types[] = {"JWT", "at+jwt"};

void pdg_jws_done(struct pdg_jws *j)
{
	free(j->kid);
	pdg_buf_done(&j->payload);
	pdg_buf_done(&j->signature);
	*j = (struct pdg_jws){0};
}

/* Exactly two dots; *@out the parts between them. */
static int split(struct pdg_bytes token, struct pdg_bytes out[3], struct pdg_error *err)
{
	size_t first = pdg_bytes_find_byte(token, '.', 0);
	size_t second = first == SIZE_MAX ? first : pdg_bytes_find_byte(token, '.', first + 1);

	if (second == SIZE_MAX || pdg_bytes_find_byte(token, '.', second + 1) != SIZE_MAX)
		return pdg_reject(err, "TOK-2", "a token has three parts with a dot between each");
	out[0] = pdg_bytes_head(token, first);
	out[1] = pdg_bytes_head(pdg_bytes_from(token, first + 1), second - first - 1);
	out[2] = pdg_bytes_from(token, second + 1);
	return 0;
}

static int decode(struct pdg_bytes part, const char *what, struct pdg_buf *out,
		  struct pdg_error *err)
{
	int rc = pdg_unbase64(part, PDG_BASE64_URL, out, err);

	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0 || out->n == 0)
		return pdg_reject(err, "TOK-2", "the token's %s is not base64url, or empty", what);
	return 0;
}

static int read_alg(const json_t *header, enum pdg_jws_alg *out, struct pdg_error *err)
{
	const char *alg = pdg_json_str_value(pdg_json_get(header, "alg"));

	if (pdg_str_eq(alg, "RS256"))
		*out = PDG_JWS_RS256;
	else if (pdg_str_eq(alg, "ES256"))
		*out = PDG_JWS_ES256;
	else
		return pdg_reject(err, "TOK-4", "the token's alg is neither RS256 nor ES256");
	return 0;
}

/* A name to find a key by, never a path or a query to fetch one with. */
static int read_kid(const json_t *header, char **out, struct pdg_error *err)
{
	const char *kid = pdg_json_str_value(pdg_json_get(header, "kid"));
	size_t i, n = kid ? strlen(kid) : 0;

	if (n == 0 || n > PDG_LIMIT_KEY_ID)
		return pdg_reject(err, "TOK-2",
				  "the token names no kid, or one of more than %d characters",
				  PDG_LIMIT_KEY_ID);
	for (i = 0; i < n; i++) {
		if (kid[i] <= ' ' || kid[i] >= 0x7f)
			return pdg_reject(err, "TOK-2", "the token's kid is not plain text");
	}
	*out = pdg_str_dup(kid);
	return *out ? 0 : pdg_nomem(err);
}

static int check_type(const json_t *header, struct pdg_error *err)
{
	const json_t *typ = pdg_json_get(header, "typ");
	size_t i;

	for (i = 0; typ && i < sizeof(types) / sizeof(types[0]); i++) {
		if (pdg_str_eq(pdg_json_str_value(typ), types[i]))
			return 0;
	}
	return typ ? pdg_reject(err, "TOK-2", "the token's typ is neither JWT nor at+jwt") : 0;
}

static int read_header(struct pdg_bytes text, struct pdg_jws *j, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *header = NULL;
	size_t i;
	int rc = pdg_json_load(text, PDG_LIMIT_TOKEN, &header, err);

	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0)
		return pdg_reject(err, "TOK-2", "the token's header is not one strict JSON object");
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (pdg_json_get(header, forbidden[i]))
			return pdg_reject(err, "TOK-2", "the token's header has %s", forbidden[i]);
	}
	rc = read_alg(header, &j->alg, err);
	if (rc == 0)
		rc = check_type(header, err);
	return rc < 0 ? rc : read_kid(header, &j->kid, err);
}

int pdg_jws_read(struct pdg_bytes token, struct pdg_jws *out, struct pdg_error *err)
{
	PDG_AUTO(jws) struct pdg_jws j = {.all = token};
	PDG_AUTO(buf) struct pdg_buf header = PDG_BUF_INIT(PDG_LIMIT_TOKEN);
	struct pdg_bytes part[3];
	int rc;

	pdg_buf_init(&j.payload, PDG_LIMIT_TOKEN);
	pdg_buf_init(&j.signature, PDG_LIMIT_TOKEN);
	if (token.n > PDG_LIMIT_TOKEN)
		return pdg_reject(err, "TOK-3", "a token of %zu bytes", token.n);
	rc = split(token, part, err);
	if (rc == 0)
		rc = decode(part[0], "header", &header, err);
	if (rc == 0)
		rc = read_header(pdg_buf_bytes(&header), &j, err);
	if (rc == 0)
		rc = decode(part[1], "payload", &j.payload, err);
	if (rc == 0)
		rc = decode(part[2], "signature", &j.signature, err);
	if (rc < 0)
		return rc;
	if (j.alg == PDG_JWS_ES256 && j.signature.n != ES256_LEN)
		return pdg_reject(err, "TOK-7", "an ES256 signature of %zu bytes", j.signature.n);
	j.signed_part = pdg_bytes_head(token, part[0].n + 1 + part[1].n);
	*out = j;
	j = (struct pdg_jws){0};
	return 0;
}
