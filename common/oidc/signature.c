/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to cjose: one key, one token, is the signature right. cjose would import alg none and
 * take keys of any size; it sees neither, for jws.c and jwks.c have looked before.
 */
#include <cjose/cjose.h>

#include "oidc/jwks.h"

/* clang-format off */
static void jwk_release(cjose_jwk_t **k) { if (*k) (void)cjose_jwk_release(*k); }
static void jws_release(cjose_jws_t **j) { if (*j) cjose_jws_release(*j); }
/* clang-format on */
#define AUTO_KEY   __attribute__((cleanup(jwk_release)))
#define AUTO_TOKEN __attribute__((cleanup(jws_release)))

static cjose_jwk_t *import(const struct pdg_jwk *key, cjose_err *why)
{
	return cjose_jwk_import(key->json, strlen(key->json), why);
}

int pdg_jwk_try(const struct pdg_jwk *key, struct pdg_error *err)
{
	cjose_err why = {0};
	AUTO_KEY cjose_jwk_t *k = import(key, &why);

	/* Its codes do not tell: a point that is not on the curve is "out of memory" to it. */
	return k ? 0 : pdg_fail(err, PDG_E_REJECTED, "the key cannot be used");
}

int pdg_jwk_verify(const struct pdg_jwk *key, const struct pdg_jws *j, struct pdg_error *err)
{
	cjose_err why = {0};
	AUTO_KEY cjose_jwk_t *k = NULL;
	AUTO_TOKEN cjose_jws_t *token = NULL;

	if (key->alg != j->alg)
		return pdg_reject(err, "TOK-4", "the token's alg is not that of its key");
	k = import(key, &why);
	if (k)
		token = cjose_jws_import((const char *)j->all.p, j->all.n, &why);
	if (!token && why.code == CJOSE_ERR_NO_MEMORY)
		return pdg_nomem(err);
	if (!k)
		return pdg_fail(err, PDG_E_CRYPTO, "cjose: %s", why.message ? why.message : "");
	if (!token || !cjose_jws_verify(token, k, &why))
		return pdg_reject(err, "TOK-7", "the token's signature is not that of its key");
	return 0;
}
