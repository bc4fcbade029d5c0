/* SPDX-License-Identifier: Apache-2.0 */
/* Whether commits that are made here would be signed, by git's configuration. */
#ifndef PDG_GATE_SIGNING_H
#define PDG_GATE_SIGNING_H

#include "commit/judge.h"
#include "git/repo.h"

/**
 * Is signing switched on, with a key that looks usable? Whether the policy allows that key is not
 * asked here. Returns 0, PDG_E_REJECTED (HOK-1: not switched on; HOK-2: no usable key).
 */
int pdg_signing_usable(const struct pdg_repo *r, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What git will name to gpg as the key to sign with: user.signingKey, else the committer's address.
 * *@out: owned by the caller; NULL when commits are not signed by OpenPGP, or nothing is set.
 */
int pdg_signing_openpgp_key(const struct pdg_repo *r, char **out,
			    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Of an OpenPGP key that the policy knows: may it sign at @at? One that it does not know is not
 * refused here. Returns 0, PDG_E_REJECTED (HOK-2: expired or revoked).
 */
int pdg_signing_fit(const struct pdg_signers *s, const char *key, int64_t at,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is the key that commits are signed with, OpenPGP or SSH, one that the policy lets sign at @at?
 *
 * @out_found  false: which key it is cannot be told from configuration and files (of X.509 never),
 *             so nothing is said of it
 *
 * Returns 0, PDG_E_REJECTED (HOK-2).
 */
int pdg_signing_allowed(const struct pdg_repo *r, const struct pdg_signers *s, int64_t at,
			bool *out_found, struct pdg_error *err) PDG_MUST_CHECK;

#endif
