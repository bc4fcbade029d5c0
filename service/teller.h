/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of each submission once it is answered: a log line with the decision, its counts and
 * how long it took.
 */
#ifndef PDG_SERVICE_TELLER_H
#define PDG_SERVICE_TELLER_H

#include <stdatomic.h>

#include "service/metrics.h"
#include "store/store.h"

struct pdg_teller {
	struct pdg_metrics *metrics;
	/* Lines of what anybody can have written again and again who has a public statement. */
	atomic_int_fast64_t second; /* in which they were written */
	atomic_uint written, unwritten;
};

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
