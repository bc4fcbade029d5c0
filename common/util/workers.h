/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on all cores whose results are taken in the order in which it was put: common/gate judges
 * commits with it. One thread puts and takes; it works too, so that on one core, for a handful of
 * jobs, or where no thread can be made, nothing but that thread is needed, and nothing but the time
 * differs.
 */
#ifndef PDG_UTIL_WORKERS_H
#define PDG_UTIL_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/auto.h"
#include "util/error.h"

struct pdg_workers;

/** How many cores this process may use (its affinity), at least 1. */
size_t pdg_cores(void);

/**
 * @run      does one job: on any thread, several at once. What becomes of it, failures too, it
 *           writes into the job
 * @threads  that may work at once, the caller's included
 * @window   most jobs that were put and not yet taken
 *
 * No thread is started before a handful of jobs wait. Signals are blocked in them.
 * Returns 0, PDG_E_NOMEM.
 */
int pdg_workers_new(void (*run)(void *ctx, void *job), void *ctx, size_t threads, size_t window,
		    struct pdg_workers **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Jobs that were put and not yet begun are forgotten; those that run are waited for. */
void pdg_workers_free(struct pdg_workers *w);
PDG_AUTO_DEFINE(workers, struct pdg_workers *, pdg_workers_free)

/** Jobs that were put and not yet taken. */
size_t pdg_workers_n(const struct pdg_workers *w);

/** One more job: borrowed until it is taken. Only while pdg_workers_n() is less than the window. */
void pdg_workers_put(struct pdg_workers *w, void *job);

/** The oldest job, done; until it is, the caller does others. NULL: there is none. */
void *pdg_workers_take(struct pdg_workers *w);

#endif
