/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where a key's bounds are held against a time; see validity.h. */
#include "util/validity.h"

enum pdg_standing pdg_validity_at(const struct pdg_validity *v, int64_t at, bool independent)
{
	bool known = at > 0;

	if (v->after != 0 && (!known || at < v->after))
		return PDG_STANDING_NOT_YET;
	if (v->before != 0 && (!known || at > v->before))
		return PDG_STANDING_EXPIRED;
	if (v->revoked_since != 0 && (!known || at >= v->revoked_since))
		return PDG_STANDING_REVOKED;
	if (v->compromised_since != 0 && (!known || !independent || at >= v->compromised_since))
		return PDG_STANDING_COMPROMISED;
	return PDG_STANDING_GOOD;
}

/* The earlier of two bounds, of which 0 is none. */
static int64_t earlier(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

void pdg_validity_narrow(struct pdg_validity *v, const struct pdg_validity *more)
{
	if (more->after > v->after)
		v->after = more->after;
	v->before = earlier(v->before, more->before);
	v->revoked_since = earlier(v->revoked_since, more->revoked_since);
	v->compromised_since = earlier(v->compromised_since, more->compromised_since);
}
