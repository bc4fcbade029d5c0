/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the bench do with what they measured. */
#ifndef PDG_BENCH_FIGURES_H
#define PDG_BENCH_FIGURES_H

#include <time.h>

/* Microseconds on @clock. */
static inline double bench_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* For qsort() of doubles. */
static inline int bench_compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

#endif
