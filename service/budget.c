/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in flight. Without the reserved share two slow uploads of 8 MiB would keep every ordinary
 * submission, a few KiB each, out.
 */
#include "service/budget.h"

#include "util/limits.h"

bool pdg_budget_take(struct pdg_budget *b, size_t n, size_t whole)
{
	size_t bound = whole > PDG_LIMIT_SMALL ? b->max - b->reserved : b->max;

	if (n <= bound && atomic_fetch_add(&b->used, n) <= bound - n)
		return true;
	if (n <= bound)
		atomic_fetch_sub(&b->used, n);
	return false;
}

void pdg_budget_give(struct pdg_budget *b, size_t n)
{
	atomic_fetch_sub(&b->used, n);
}
