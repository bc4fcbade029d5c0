/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on sizes that says when it overflows, and allocation by it. */
#ifndef PDG_UTIL_SIZE_H
#define PDG_UTIL_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "util/error.h"

/** *@out = @a + @b; false (and *@out untouched) on overflow. */
static inline bool pdg_size_add(size_t a, size_t b, size_t *out)
{
	size_t r;

	if (__builtin_add_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

/** *@out = @a * @b; false (and *@out untouched) on overflow. */
static inline bool pdg_size_mul(size_t a, size_t b, size_t *out)
{
	size_t r;

	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

/** @n zeroed objects of @size bytes, owned by the caller (free()); NULL when there is no memory. */
void *pdg_calloc(size_t n, size_t size);

/**
 * Make room for one more element in a growing array.
 *
 * @items  address of the array pointer (NULL at first)
 * @n      elements in it; *@cap how many fit
 * @max    most elements it may ever hold
 *
 * Returns 0, PDG_E_NOMEM, or PDG_E_LIMIT when @max is reached; it is the caller who knows what to
 * say of a limit. The new room is zeroed.
 */
int pdg_array_grow(void *items, size_t n, size_t *cap, size_t size, size_t max) PDG_MUST_CHECK;

#endif
