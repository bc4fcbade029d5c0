/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of an issuer (RFC 7517), and whether one of them signed a token. cjose is behind this
 * door alone. */
#ifndef PDG_OIDC_JWKS_H
#define PDG_OIDC_JWKS_H

#include "oidc/jws.h"

/* One key, as its JSON with nothing in it but what makes the key: made anew from what was checked.
 */
struct pdg_jwk {
	char *kid;
	enum pdg_jws_alg alg; /* the one that it verifies */
	char *json;
};

struct pdg_jwks {
	struct pdg_jwk *v;
	size_t n;
};

/**
 * Read a key set. Keys that no token here is signed with (other types, curves and sizes, other
 * uses, symmetric and private ones, those without kid) are left out.
 *
 * Returns 0 (out->n > 0), PDG_E_IO (ISS-5: not of its form, two keys of one name, none that is
 * used), PDG_E_NOMEM.
 */
int pdg_jwks_read(struct pdg_bytes text, struct pdg_jwks *out,
		  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_jwks_done(struct pdg_jwks *k);
PDG_AUTO_DEFINE_VALUE(jwks, struct pdg_jwks, pdg_jwks_done)

/** The key named @kid, or NULL. */
const struct pdg_jwk *pdg_jwks_find(const struct pdg_jwks *k, const char *kid);

/** A copy that outlives the set. */
int pdg_jwk_copy(const struct pdg_jwk *from, struct pdg_jwk *out,
		 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_jwk_done(struct pdg_jwk *k);
PDG_AUTO_DEFINE_VALUE(jwk, struct pdg_jwk, pdg_jwk_done)

/**
 * Did @key sign @j? Returns 0, PDG_E_REJECTED (TOK-4: another algorithm than the key's; TOK-7),
 * PDG_E_CRYPTO, PDG_E_NOMEM. signature.c.
 */
int pdg_jwk_verify(const struct pdg_jwk *key, const struct pdg_jws *j,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Does the library take @key? Returns 0 or PDG_E_REJECTED without rule. signature.c. */
int pdg_jwk_try(const struct pdg_jwk *key, struct pdg_error *err) PDG_MUST_CHECK;

#endif
