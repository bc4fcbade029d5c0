/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds of a [builder] with oidcIssuer or clientCertificate. Offline nobody can ask the caller
 * again. Where the policy names the service as the builder's producer (oidcIssuer: its own /builds
 * statements) the service's signature is the producer's (rules.md 5.4), and the claims that the
 * statement keeps are held against the policy of now. All else is the service's word, in its
 * journal, and is said to be that.
 */
#include <string.h>

#include "chain/assess.h"
#include "stage/build_oidc.h"
#include "stage/ci.h"
#include "util/str.h"

static int not_he(const struct pdg_assessed *a, const char *why, struct pdg_error *err)
{
	return pdg_reject(err, "CHN-6", "[builder \"%s\"] %s", a->builder->id, why);
}

/* The service's own statement: signed by a serviceKey, of a token that the policy means. */
static int own_statement(struct pdg_judge *j, struct pdg_assessed *a,
			 const struct pdg_trusted_key **out_key, struct pdg_error *err)
{
	const struct pdg_record *r = a->record;
	const struct pdg_envelope *e = r->envelope ? r->envelope : r->bundle->envelope;
	const struct pdg_policy_proof *proof = &a->builder->proof;
	struct pdg_build_token t = {0};
	int rc = pdg_assess_signed(j, a, e, &j->policy->service_keys, out_key, err);

	if (rc == 0)
		rc = pdg_build_oidc_token(a->record->statement, &t, err);
	if (rc < 0)
		return pdg_context(err, rc, "the service's own statement");
	if (!pdg_policy_proof_token(proof, t.issuer, NULL, t.claims))
		return not_he(a, "does not mean the token that the statement was made from", err);
	if (!pdg_policy_proof_event(proof, t.event,
				    pdg_ci_event_usual(t.issuer, t.claims, t.event)))
		return not_he(a, "is not trusted with builds by the event that started this", err);
	return 0;
}

/* Is @subject one of those that the section names, if it names any? */
static bool is_subject(const struct pdg_strings *claims, const char *subject)
{
	static const char sub[] = "sub=";
	size_t i, named = 0;

	for (i = 0; i < claims->n; i++) {
		if (!pdg_str_starts(claims->v[i], sub))
			continue;
		if (pdg_str_eq(claims->v[i] + strlen(sub), subject))
			return true;
		named++;
	}
	return named == 0;
}

/* Does the leaf name somebody whom the section means? Of a token it has issuer and subject alone.
 */
static bool leaf_names(const struct pdg_policy_proof *proof, const char *key)
{
	static const char certificate[] = "certificate ";
	static const char oidc[] = "oidc ";
	const char *at;
	size_t n;

	if (pdg_str_starts(key, certificate)) {
		const char *name = key + strlen(certificate);

		return pdg_policy_proof_certificate(proof, &name, 1);
	}
	if (!proof->oidc_issuer || !pdg_str_starts(key, oidc))
		return false;
	at = key + strlen(oidc);
	n = strlen(proof->oidc_issuer);
	return strncmp(at, proof->oidc_issuer, n) == 0 && at[n] == ' ' &&
	       is_subject(&proof->oidc_claims, at + n + 1);
}

/* rules.md 5.6: an identity to submit only. That it was his is on nobody's word but the service's.
 */
static int on_journal(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	static const char kind[] = "builder ";
	const struct pdg_journal_leaf *leaf = a->leaf;
	int rc;

	if (!leaf) {
		rc = not_he(a, "has no key: only the journal says who submitted this", err);
		pdg_fix(err,
			"name the service's journalKey in [trust], and fetch the whole record");
		return rc;
	}
	if (!pdg_str_starts(leaf->producer, kind) ||
	    !pdg_str_eq(leaf->producer + strlen(kind), a->builder->id) || !leaf->producer_key ||
	    !leaf_names(&a->builder->proof, leaf->producer_key))
		return not_he(a, "is not who submitted this, by the journal", err);
	rc = pdg_assess_on_word(j, a, PDG_WORD_PRODUCER, "the builder's proof", err);
	if (rc < 0)
		pdg_fix(err, "give the builder a key or have the service write its provenance, or "
			     "set onServiceWord = true in [require]");
	return rc;
}

int pdg_assess_caller(struct pdg_judge *j, struct pdg_assessed *a,
		      const struct pdg_trusted_key **out_key, struct pdg_error *err)
{
	if (a->builder->proof.oidc_issuer && pdg_build_is_oidc(a->build.build_type))
		return own_statement(j, a, out_key, err);
	return on_journal(j, a, err);
}
