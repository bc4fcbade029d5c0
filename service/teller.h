/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of each submission once it is answered: a log line with the decision, its counts and
 * how long it took.
 */
#ifndef PDG_SERVICE_TELLER_H
#define PDG_SERVICE_TELLER_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/limiter.h"
#include "service/metrics.h"
#include "store/store.h"

/* Both are bounded by themselves: whoever has a public statement can have it said again and again
 * that it is known, and that hides no refusal; nor do one sender's hide another's. */
struct pdg_teller {
	struct pdg_metrics *metrics;
	/* Of `known` */
	atomic_int_fast64_t second; /* in which they were written */
	atomic_uint written, unwritten;
	/* Of `refused` and `failed` */
	pthread_mutex_t mutex;	     /* guards what follows */
	struct pdg_limiter refusals; /* by sender */
	int64_t minute;		     /* of those that were not written */
	unsigned refused_unwritten;
};

/** One zeroed is filled, but for metrics. */
void pdg_teller_init(struct pdg_teller *t);
void pdg_teller_done(struct pdg_teller *t);

/* One submission. Borrowed. */
struct pdg_told {
	const char *request; /* id of the request, or "" */
	const char *sender;  /* name in the policy, NULL: nobody is known */
	int64_t begun;	     /* pdg_monotonic_us() */
	int64_t waited; /* pdg_monotonic_us() since which it waited for the log, 0: it did not */
};

/** @t NULL: nothing is told. @known: the statement was kept before. */
void pdg_tell_accepted(struct pdg_teller *t, const struct pdg_told *told,
		       const struct pdg_stored *row, bool known);
void pdg_tell_refused(struct pdg_teller *t, const struct pdg_told *told,
		      const struct pdg_error *err);

#endif
