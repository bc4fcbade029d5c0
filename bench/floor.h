/* SPDX-License-Identifier: Apache-2.0 */
/* The floors of bench-floor. */
#ifndef PDG_BENCH_FLOOR_H
#define PDG_BENCH_FLOOR_H

#include "util/error.h"

/**
 * Print the microseconds of CPU that checking one signature takes: of each KIND in @names
 * (NULL-ended) that bench-commits wrote into @dir, and of all; the median of @rounds rounds, after
 * one that is not counted.
 */
int bench_floor_check(const char *dir, size_t rounds, char **names,
		      struct pdg_error *err) PDG_MUST_CHECK;

#endif
