/* SPDX-License-Identifier: Apache-2.0 */
/* Which refs are written when a protected name is, because that name is symbolic (attack 28). */
#ifndef PDG_GATE_BEHIND_H
#define PDG_GATE_BEHIND_H

#include "git/repo.h"
#include "trust/policy.h"

struct pdg_behind;

/**
 * Look once at all symbolic refs of @r that a name or pattern of @protect names. Every ref under a
 * pattern is read for that, so this is made once for a push, however many refs it moves.
 *
 * @out  owned by the caller, free with pdg_behind_free()
 */
int pdg_behind_new(const struct pdg_repo *r, const struct pdg_strings *protect,
		   struct pdg_behind **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_behind_free(struct pdg_behind *b);
PDG_AUTO_DEFINE(behind, struct pdg_behind *, pdg_behind_free)

/** The protected symbolic name that stands for @ref, or NULL. Borrowed from @b. */
const char *pdg_behind_find(const struct pdg_behind *b, const char *ref);

#endif
