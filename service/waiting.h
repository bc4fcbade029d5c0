/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepted submissions whose answer waits for the log: the writer's thread's own, so without a
 * lock. A sender needs no key to make many wait (retries of what is pending), so each holds what
 * only it knows (reference, journal proof, deadline), and the row is read again for the answer.
 */
#ifndef PDG_SERVICE_WAITING_H
#define PDG_SERVICE_WAITING_H

#include "service/job.h"

struct pdg_waiting {
	struct pdg_store *store;
	struct pdg_job *first;
	size_t n;
	size_t held; /* bytes of all that wait, at most PDG_LIMIT_WAITING_BYTES */
};

/** Let @job, accepted and committed, wait; it is taken then. False: no room, answer it now. */
bool pdg_waiting_add(struct pdg_waiting *w, struct pdg_job *job);

/** When the first must be answered, in pdg_monotonic_ms(); -1: none waits. */
int64_t pdg_waiting_next(const struct pdg_waiting *w);

/** Answer those whose time is up as the store has them. */
void pdg_waiting_late(struct pdg_waiting *w, int64_t now);

/** The proof of @reference is durable: whoever waits for that has his answer. */
void pdg_waiting_logged(struct pdg_waiting *w, const char *reference);

#endif
