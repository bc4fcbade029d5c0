/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by identity in the present minute, in a table of fixed size: a new minute empties it. */
#include "service/limiter.h"

/* FNV-1a. Two identities of one hash would share a count, which loses nothing but records. */
static uint64_t hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

bool pdg_limiter_take(struct pdg_limiter *l, const char *who, int64_t now)
{
	uint64_t h = hash(who);
	size_t i;

	if (l->minute != now / 60) {
		l->minute = now / 60;
		l->n = 0;
	}
	for (i = 0; i < l->n; i++) {
		if (l->v[i].who == h)
			return l->v[i].count++ < PDG_LIMIT_REFUSALS_KEPT;
	}
	if (l->n == PDG_LIMIT_REFUSING)
		return false;
	l->v[l->n].who = h;
	l->v[l->n].count = 1;
	l->n++;
	return true;
}
