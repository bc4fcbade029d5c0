/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that ends at a chosen allocation. A test program that links pdg_test_failalloc has
 * malloc(), calloc(), realloc(), strdup() and strndup() of all statically linked code, and
 * jansson's allocations, counted.
 *
 * With AddressSanitizer the same run shows that no failure path leaks.
 */
#ifndef PDG_TESTS_SUPPORT_FAILALLOC_H
#define PDG_TESTS_SUPPORT_FAILALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/** Let the @nth allocation from now on fail (the first is 1), and that one only. 0: none fails. */
void pdg_failalloc_at(size_t nth);

/** Has an allocation failed since pdg_failalloc_at()? */
bool pdg_failalloc_hit(void);

/**
 * Call @work again and again, with its first allocation failing, then its second and so on, until
 * all succeed. Checks that it returns PDG_E_NOMEM whenever one failed and 0 when none did,
 * and that at least one could fail. Outputs that @work makes it must release itself.
 */
void pdg_failalloc_run(const char *name, int (*work)(struct pdg_error *err));

#endif
