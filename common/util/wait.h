/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting on a condition until a time of pdg_monotonic_ms(): a real-time clock that jumps moves no
 * deadline.
 */
#ifndef PDG_UTIL_WAIT_H
#define PDG_UTIL_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/** A condition that pdg_cond_wait_until() may wait for. */
void pdg_cond_init_monotonic(pthread_cond_t *cond);

/** Wait with @mutex held, until it is @ms. False when that time has come. */
bool pdg_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ms);

#endif
