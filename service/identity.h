/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose signature is on an envelope? The keys that the policy enrols are tried, those that a
 * signature's keyid names first, a bounded number in all; nothing inside the envelope chooses.
 */
#ifndef PDG_SERVICE_IDENTITY_H
#define PDG_SERVICE_IDENTITY_H

#include "attest/dsse.h"
#include "trust/policy.h"
#include "util/limits.h"

enum pdg_enrolled_as { PDG_AS_SERVER, PDG_AS_BUILDER, PDG_AS_PRODUCER };

/* One enrolled key, whatever number of sections of its kind name it. */
struct pdg_candidate {
	enum pdg_enrolled_as as;
	const struct pdg_trusted_key *key; /* borrowed from the policy */
	const char *section;		   /* name of the first section that names it; borrowed */
	unsigned line;			   /* of that section: the order of enrolment */
};

struct pdg_candidates {
	struct pdg_candidate *v; /* by enrolment */
	size_t n, cap;
	size_t *by_hint; /* indexes into v, by the keys' hints */
};

int pdg_candidates_init(struct pdg_candidates *c, const struct pdg_policy *policy,
			struct pdg_error *err) PDG_MUST_CHECK;
void pdg_candidates_done(struct pdg_candidates *c);

/* Whose signatures stand: each key once, in the order in which they were found. */
struct pdg_signed_by {
	const struct pdg_candidate *who; /* borrowed */
	size_t signature;		 /* index of the envelope's signature that verified */
};

struct pdg_identity {
	struct pdg_signed_by v[PDG_LIMIT_SIGNATURES];
	size_t n;
};

/**
 * Who signed? All whom a keyid names, and when none of them did, the first of all others who did. A
 * signature that does not stand keeps none beside it from standing.
 *
 * @hint  the public key hint of a bundle, which counts as the keyid of a signature without one; or
 * NULL
 * @now   the key must be good now
 *
 * Returns 0 (out->n > 0), PDG_E_CRYPTO, or PDG_E_REJECTED with what the best of the signatures was
 * refused for: TIM-* (an enrolled key verifies, but is not good now), else ENV-5 (a keyid names an
 * enrolled key, and the signature is not that key's), else IDN-1 (no enrolled key verifies).
 */
int pdg_identify(const struct pdg_candidates *c, const struct pdg_envelope *e, const char *hint,
		 int64_t now, struct pdg_identity *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Is one of them enrolled as @as? */
bool pdg_identity_has(const struct pdg_identity *id, enum pdg_enrolled_as as);

/** Leave those with a key of @keys. False, and nothing changed, when there are none. */
bool pdg_identity_narrow(struct pdg_identity *id, const struct pdg_key_list *keys);

#endif
