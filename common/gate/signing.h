/* SPDX-License-Identifier: Apache-2.0 */
/* Whether commits that are made here would be signed, by git's configuration. */
#ifndef PDG_GATE_SIGNING_H
#define PDG_GATE_SIGNING_H

#include "git/repo.h"

/**
 * Is signing switched on, with a key that looks usable? Whether the policy allows that key is not
 * asked. Returns 0, PDG_E_REJECTED (HOK-1: not switched on; HOK-2: no usable key).
 */
int pdg_signing_usable(const struct pdg_repo *r, struct pdg_error *err) PDG_MUST_CHECK;

#endif
