/* SPDX-License-Identifier: Apache-2.0 */
/* The key's part of the floor, taken again and again beside a load. */
#ifndef PDG_BENCH_LOAD_FLOOR_H
#define PDG_BENCH_LOAD_FLOOR_H

#include "util/error.h"

struct bench_beside;

/** Begin: on a thread of its own, some hundredth of one processor. */
int bench_beside_start(struct bench_beside **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Microseconds for a signature and a verification, the median of all that were taken; releases @b.
 */
double bench_beside_end(struct bench_beside *b);

#endif
