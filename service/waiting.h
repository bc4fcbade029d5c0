/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepted submissions whose answer waits for the log: the writer's thread's own, so without a
 * lock. A fresh one keeps what its answer is made from, if that is small. A sender needs no key to
 * make many wait with retries of what is pending, so those, and what is large, hold what only they
 * know (reference, journal proof, deadline), and the row is read again for the answer.
 */
#ifndef PDG_SERVICE_WAITING_H
#define PDG_SERVICE_WAITING_H

#include "service/job.h"

#define PDG_WAITING_BUCKETS 1024

struct pdg_waiting {
	struct pdg_store *store;
	struct pdg_job *first;			     /* all of them */
	struct pdg_job *bucket[PDG_WAITING_BUCKETS]; /* the same by their rows' ids */
	size_t n;
	size_t held;   /* bytes of all that wait, at most PDG_LIMIT_WAITING_BYTES */
	int64_t next;  /* no deadline is before this; of none that wait, anything */
	int64_t look;  /* when pdg_waiting_look() looks again, and */
	size_t looked; /* how many it passes over then: it goes round */
};

/** Let @job, accepted and committed, wait; it is taken then. False: no room, answer it now. */
bool pdg_waiting_add(struct pdg_waiting *w, struct pdg_job *job);

/** When to ask for late ones again, in pdg_monotonic_ms(); -1: none waits. */
int64_t pdg_waiting_next(const struct pdg_waiting *w);

/** Answer those whose time is up as the store has them. */
void pdg_waiting_late(struct pdg_waiting *w, int64_t now);

/** Answer those, of a shared store, that another pedigreed put into the log; a few, now and then.
 */
void pdg_waiting_look(struct pdg_waiting *w, int64_t now);

/** What @logged says of its row is durable: whoever waits for that has his answer. */
void pdg_waiting_logged(struct pdg_waiting *w, const struct pdg_job *logged);

#endif
