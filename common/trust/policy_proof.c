/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is somebody who proved himself without a key whom a [builder] or [producer] means (rules.md 7)?
 * Asked by the service of whoever calls, and again by whoever verifies a build, of the claims that
 * its statement keeps.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trust/policy.h"
#include "util/str.h"

bool pdg_policy_claim_kept(const char *name)
{
	static const char *const spent[] = {"iss", "aud", "exp", "nbf", "iat", "jti"};
	size_t i;

	for (i = 0; i < sizeof(spent) / sizeof(spent[0]); i++) {
		if (strcmp(name, spent[i]) == 0)
			return false;
	}
	return !pdg_str_starts(name, "user_");
}

/* The member of @claims that the first @n bytes of @claim name, and its name there. */
static const json_t *find_claim(const json_t *claims, const char *claim, size_t n,
				const char **out_name)
{
	const json_t *value;
	void *iter = NULL;

	while ((iter = pdg_json_next(claims, iter, out_name, &value))) {
		if (strncmp(*out_name, claim, n) == 0 && (*out_name)[n] == '\0')
			return value;
	}
	return NULL;
}

/* Is it what stands behind the '=' of @claim? */
static bool is_value(const json_t *claims, const char *claim, size_t n)
{
	const char *name = NULL;
	const json_t *value = find_claim(claims, claim, n, &name);
	const char *want = claim + n + 1;
	char text[24];
	uint64_t number = 0;
	bool yes = false;

	if (pdg_json_is_str(value))
		return pdg_str_eq(pdg_json_str_value(value), want);
	if (value && pdg_json_bool(claims, name, &yes, NULL) == 0)
		return pdg_str_eq(yes ? "true" : "false", want);
	if (!value || pdg_json_u64(claims, name, &number, NULL) < 0)
		return false;
	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	return pdg_str_eq(text, want);
}

/* Does one of @claims that name the same as @named hold? */
static bool name_holds(const struct pdg_strings *all, const char *named, const json_t *claims)
{
	size_t n = strcspn(named, "=");
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (strncmp(all->v[i], named, n + 1) == 0 && is_value(claims, all->v[i], n))
			return true;
	}
	return false;
}

const char *pdg_policy_proof_unmet(const struct pdg_policy_proof *proof, const json_t *claims)
{
	size_t i;

	for (i = 0; i < proof->oidc_claims.n; i++) {
		if (!name_holds(&proof->oidc_claims, proof->oidc_claims.v[i], claims))
			return proof->oidc_claims.v[i];
	}
	return NULL;
}

bool pdg_policy_proof_token(const struct pdg_policy_proof *proof, const char *issuer,
			    const char *audience, const json_t *claims)
{
	if (!proof->oidc_issuer || !pdg_str_eq(proof->oidc_issuer, issuer) ||
	    proof->oidc_claims.n == 0 || !pdg_json_is_obj(claims))
		return false;
	if (audience && !pdg_str_eq(proof->oidc_audience, audience))
		return false;
	return !pdg_policy_proof_unmet(proof, claims);
}

const char *pdg_policy_proof_certificate(const struct pdg_policy_proof *proof,
					 const char *const *names, size_t n)
{
	size_t i, k;

	for (i = 0; i < proof->client_certificates.n; i++) {
		for (k = 0; k < n; k++) {
			if (pdg_str_eq(proof->client_certificates.v[i], names[k]))
				return names[k];
		}
	}
	return NULL;
}

bool pdg_policy_proof_event(const struct pdg_policy_proof *proof, const char *event, bool usual)
{
	size_t i;

	for (i = 0; i < proof->events.n; i++) {
		if (pdg_str_eq(proof->events.v[i], event))
			return true;
	}
	return proof->events.n == 0 && usual;
}
