/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation by checked sizes; growing arrays double, up to the limit that their owner names. */
#include "util/size.h"

#include <stdint.h>
#include <string.h>

#define FIRST_CAPACITY 8

void *pdg_calloc(size_t n, size_t size)
{
	/* calloc(0) may give NULL, which would read as "no memory". */
	return calloc(n ? n : 1, size ? size : 1);
}

int pdg_array_grow(void *items, size_t n, size_t *cap, size_t size, size_t max)
{
	size_t want;
	size_t bytes;
	void *old;
	char *grown;

	if (n >= max)
		return PDG_E_LIMIT;
	if (n < *cap)
		return 0;
	if (!pdg_size_mul(*cap, 2, &want) || want > max)
		want = max;
	if (want < FIRST_CAPACITY && max >= FIRST_CAPACITY)
		want = FIRST_CAPACITY;
	if (want <= n)
		want = n + 1;
	if (!pdg_size_mul(want, size, &bytes))
		return PDG_E_NOMEM;

	/* The caller's pointer has a type of its own: read and written as bytes. */
	memcpy(&old, items, sizeof(old));
	grown = realloc(old, bytes);
	if (!grown)
		return PDG_E_NOMEM;
	memset(grown + *cap * size, 0, (want - *cap) * size);
	memcpy(items, &grown, sizeof(grown));
	*cap = want;
	return 0;
}
