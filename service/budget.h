/* SPDX-License-Identifier: Apache-2.0 */
/* How many bytes of bodies, or of answers, are held at once; what is small has a share of its own.
 */
#ifndef PDG_SERVICE_BUDGET_H
#define PDG_SERVICE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct pdg_budget {
	atomic_size_t used;
	size_t max;
	size_t reserved; /* of max, for what is at most PDG_LIMIT_SMALL bytes */
};

/** May @n bytes more be held for something that is @whole bytes so far? Any thread. */
bool pdg_budget_take(struct pdg_budget *b, size_t n, size_t whole);
void pdg_budget_give(struct pdg_budget *b, size_t n);

#endif
