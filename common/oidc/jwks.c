/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An issuer's key set, read strictly: what cannot have signed a token here is left out, what could
 * and is not of its form is left out too, and two keys of one name are an error, for the name is
 * all that chooses.
 */
#include "oidc/jwks.h"

#include <string.h>

#include "util/codec.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define P256_LEN     32
#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192
#define RSA_MAX_E    8 /* bytes of the public exponent */

void pdg_jwk_done(struct pdg_jwk *k)
{
	free(k->kid);
	free(k->json);
	*k = (struct pdg_jwk){0};
}

void pdg_jwks_done(struct pdg_jwks *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		pdg_jwk_done(&k->v[i]);
	free(k->v);
	*k = (struct pdg_jwks){0};
}

const struct pdg_jwk *pdg_jwks_find(const struct pdg_jwks *k, const char *kid)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		if (pdg_str_eq(k->v[i].kid, kid))
			return &k->v[i];
	}
	return NULL;
}

int pdg_jwk_copy(const struct pdg_jwk *from, struct pdg_jwk *out, struct pdg_error *err)
{
	PDG_AUTO(jwk)
	struct pdg_jwk k = {pdg_str_dup(from->kid), from->alg, pdg_str_dup(from->json)};

	if (!k.kid || !k.json)
		return pdg_nomem(err);
	*out = k;
	k = (struct pdg_jwk){0};
	return 0;
}

static const char *text(const json_t *o, const char *name)
{
	return pdg_json_str_value(pdg_json_get(o, name));
}

/* The number that @name spells, decoded; false when it is not there or not canonical. */
static bool number(const json_t *o, const char *name, struct pdg_buf *out)
{
	const char *s = text(o, name);

	return s && pdg_unbase64(pdg_bytes_str(s), PDG_BASE64_URL, out, NULL) == 0 && out->n > 0;
}

/* Odd modulus of 2048 to 8192 bits, odd exponent from 3 on, both in their shortest form. */
static bool is_rsa(const json_t *o)
{
	PDG_AUTO(buf) struct pdg_buf n = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	PDG_AUTO(buf) struct pdg_buf e = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	if (!number(o, "n", &n) || !number(o, "e", &e))
		return false;
	if (n.n < RSA_MIN_BITS / 8 || n.n > RSA_MAX_BITS / 8 || n.p[0] == 0 ||
	    (n.n == RSA_MIN_BITS / 8 && n.p[0] < 0x80) || !(n.p[n.n - 1] & 1))
		return false;
	return e.n <= RSA_MAX_E && e.p[0] != 0 && (e.p[e.n - 1] & 1) && !(e.n == 1 && e.p[0] == 1);
}

static bool is_p256(const json_t *o)
{
	PDG_AUTO(buf) struct pdg_buf x = PDG_BUF_INIT(PDG_LIMIT_KIB(1));
	PDG_AUTO(buf) struct pdg_buf y = PDG_BUF_INIT(PDG_LIMIT_KIB(1));

	return pdg_str_eq(text(o, "crv"), "P-256") && number(o, "x", &x) && number(o, "y", &y) &&
	       x.n == P256_LEN && y.n == P256_LEN;
}

/* Which algorithm does the key verify? False: none of ours. */
static bool kind_of(const json_t *o, enum pdg_jws_alg *out)
{
	const char *kty = text(o, "kty");
	const char *alg = text(o, "alg");
	const char *use = text(o, "use");

	if ((use && !pdg_str_eq(use, "sig")) || pdg_json_get(o, "d") || pdg_json_get(o, "k"))
		return false;
	if (pdg_str_eq(kty, "RSA") && (!alg || pdg_str_eq(alg, "RS256")) && is_rsa(o))
		*out = PDG_JWS_RS256;
	else if (pdg_str_eq(kty, "EC") && (!alg || pdg_str_eq(alg, "ES256")) && is_p256(o))
		*out = PDG_JWS_ES256;
	else
		return false;
	return true;
}

/* The library is given what was checked, and nothing beside it. */
static char *spell(const json_t *o, enum pdg_jws_alg alg)
{
	if (alg == PDG_JWS_RS256)
		return pdg_str_printf("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", text(o, "n"),
				      text(o, "e"));
	return pdg_str_printf("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
			      text(o, "x"), text(o, "y"));
}

static int add(const json_t *o, struct pdg_jwks *set, struct pdg_error *err)
{
	struct pdg_jwk *k = &set->v[set->n];
	const char *kid = text(o, "kid");
	int rc;

	if (!pdg_json_is_obj(o))
		return pdg_reject(err, "ISS-5", "a key of the set is no object");
	if (!kid || !kid[0] || strlen(kid) > PDG_LIMIT_KEY_ID || !kind_of(o, &k->alg))
		return 0;
	if (pdg_jwks_find(set, kid))
		return pdg_reject(err, "ISS-5", "two keys of the set have one kid");
	set->n++;
	k->kid = pdg_str_dup(kid);
	k->json = spell(o, k->alg);
	if (!k->kid || !k->json)
		return pdg_nomem(err);
	rc = pdg_jwk_try(k, err);
	if (rc == PDG_E_REJECTED) { /* such as a point that is not on the curve */
		pdg_jwk_done(k);
		set->n--;
		rc = 0;
	}
	return rc;
}

int pdg_jwks_read(struct pdg_bytes in, struct pdg_jwks *out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *root = NULL;
	PDG_AUTO(jwks) struct pdg_jwks set = {0};
	const json_t *keys = NULL;
	size_t i;
	int rc = pdg_json_load(in, PDG_LIMIT_ISSUER_ANSWER, &root, err);

	if (rc == 0)
		rc = pdg_json_arr(root, "keys", &keys, err);
	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0)
		return pdg_reject(err, "ISS-5", "the keys are not a JSON Web Key Set");
	if (pdg_json_len(keys) > PDG_LIMIT_ISSUER_KEYS)
		return pdg_reject(err, "ISS-5", "the issuer has more than %d keys",
				  PDG_LIMIT_ISSUER_KEYS);
	set.v = pdg_calloc(pdg_json_len(keys) + 1, sizeof(*set.v));
	if (!set.v)
		return pdg_nomem(err);
	for (i = 0; rc == 0 && i < pdg_json_len(keys); i++)
		rc = add(pdg_json_at(keys, i), &set, err);
	if (rc < 0)
		return rc;
	if (set.n == 0)
		return pdg_reject(err, "ISS-5", "the issuer has no key for RS256 or ES256");
	*out = set;
	set = (struct pdg_jwks){0};
	return 0;
}
