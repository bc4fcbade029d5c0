/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would anybody who goes by the policy in force believe what this service signs now? There is one
 * countersignature for a statement, ever: one by a key that is not good cannot be mended later.
 */
#ifndef PDG_SERVICE_OWN_TRUST_H
#define PDG_SERVICE_OWN_TRUST_H

#include "service/policy_box.h"

/** Is the key that signs for @f good at @at by its policy? RDY-8, with what to do. */
int pdg_own_trust_service(const struct pdg_in_force *f, int64_t at,
			  struct pdg_error *err) PDG_MUST_CHECK;
/** Is it still so by the policy that has come into force since, and the time of now? RDY-8. */
int pdg_own_trust_still(const struct pdg_in_force *f, struct pdg_error *err) PDG_MUST_CHECK;
/** The same of the journal's @key. */
int pdg_own_trust_journal(const struct pdg_in_force *f, const struct pdg_key *key, int64_t at,
			  struct pdg_error *err) PDG_MUST_CHECK;
/** Was the log begun, by the clock of then, before @at? Verifiers believe nothing older. RDY-8. */
int pdg_own_trust_log(int64_t since, int64_t at, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does the policy's trustedRoot, if it has one, name the log of this service: by @key, and where it
 * is an @embedded one by @id (32 bytes) too? LOG-8: nobody who goes by it believes an entry.
 */
int pdg_own_trust_root(const struct pdg_in_force *f, const uint8_t *id, const struct pdg_key *key,
		       bool embedded, struct pdg_error *err) PDG_MUST_CHECK;

#endif
