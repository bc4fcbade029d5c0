/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/builds (rules.md 3.5): from a CI's token and outputs to a submission of the
 * service's own. */
#ifndef PDG_SERVICE_BUILDS_H
#define PDG_SERVICE_BUILDS_H

#include "service/decide.h"
#include "stage/build_oidc.h"

/**
 * The [builder] that the token proves, among those whose repositories hold the token's. Several may
 * do: the body names one. Returns 0, PDG_E_REJECTED (IDN-9, IDN-7), PDG_E_NOMEM.
 */
int pdg_builds_section(const struct pdg_policy *policy, const struct pdg_proven *p,
		       const struct pdg_outputs *o, const struct pdg_policy_builder **out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Write the statement and judge it as any other. @d is filled as far as the judgement got.
 *
 * *@out  the submission, unsigned; owned by the caller
 *
 * Of a retry of what was kept nothing but who it is from is judged: then d->again says so.
 *
 * Returns 0, a refusal (IDN-7 to IDN-9, BLD-9, and what any build is refused by), PDG_E_*.
 */
int pdg_builds_decide(const struct pdg_ground *g, const struct pdg_proven *p,
		      const struct pdg_outputs *o, struct pdg_submission **out,
		      struct pdg_decision *d, struct pdg_error *err) PDG_MUST_CHECK;

/** Sign what was accepted, and is not kept already. Returns what pdg_key_sign() does. */
int pdg_builds_sign(struct pdg_envelope *e, const struct pdg_key *key,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
