/* SPDX-License-Identifier: Apache-2.0 */
/* The key's part of the floor: one ECDSA P-256 signature and one verification by OpenSSL itself. */
#ifndef PDG_BENCH_FLOOR_KEY_H
#define PDG_BENCH_FLOOR_KEY_H

#include <stddef.h>

#include "util/error.h"

struct bench_key;

/** A key of its own, and a message as long as the signed bytes of bench-load's builds. */
int bench_key_new(struct bench_key **out, struct pdg_error *err) PDG_MUST_CHECK;
void bench_key_free(struct bench_key *k);

/**
 * Sign @n times, then verify @n times. Microseconds of the calling thread's CPU for one of each;
 * not 0 when OpenSSL failed.
 */
int bench_key_time(struct bench_key *k, size_t n, double *out_sign,
		   double *out_verify) PDG_MUST_CHECK;

#endif
