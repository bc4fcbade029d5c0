/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transaction of the store with everything in it: what is kept, the journal's leaves, its one
 * checkpoint, proofs for the answers. Run by the writer's thread alone.
 */
#ifndef PDG_SERVICE_BATCH_H
#define PDG_SERVICE_BATCH_H

#include "service/job.h"
#include "service/journal.h"
#include "service/limiter.h"

struct pdg_batch {
	struct pdg_store *store;
	struct pdg_journal *journal;
	struct pdg_limiter *limiter; /* of refusals on record */
	uint64_t log_size;	     /* largest that was kept */
	struct pdg_log_head head;    /* the newest that was kept in this run */
	struct pdg_log_head others;  /* of a shared store: by another pedigreed; size 0: none new */
	uint64_t policy_version;     /* of a shared store: the highest that was in force */
};

/**
 * Run @n jobs in one transaction and commit. Each job's result is in the job: rc 0, or its refusal.
 * Returns 0, or PDG_E_* when nothing of it was kept. *@out_spoiled, written then: something in the
 * batch did that, and the rest may be kept without it; else the store could neither begin nor
 * commit one.
 */
int pdg_batch_run(struct pdg_batch *b, struct pdg_job **jobs, size_t n, bool *out_spoiled,
		  struct pdg_error *err) PDG_MUST_CHECK;

/* What jobs say of the log that have come back from it: the same for all that one append has
 * logged. */
struct pdg_newest {
	uint64_t log_size;	    /* the largest, with what is known already */
	const struct pdg_job *head; /* who has the newest head; NULL: nothing new */
};

/** The newest tree that the log was seen to have, as it is kept; *@out stays as it is where there
 * is none. STO-3. */
int pdg_batch_head(struct pdg_store *s, struct pdg_log_head *out,
		   struct pdg_error *err) PDG_MUST_CHECK;
/** Of @n jobs that were run, whatever their kinds: of those that were not refused. */
struct pdg_newest pdg_newest_of(const struct pdg_batch *b, struct pdg_job *const *jobs, size_t n);
/** Keep what of it is new. */
int pdg_batch_newest(struct pdg_batch *b, const struct pdg_newest *newest,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** Keep the bundle of @job, a LOGGED one, unless its log showed another pedigreed another tree:
 * then that is in the job. */
int pdg_batch_logged(struct pdg_batch *b, struct pdg_job *job,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** Say in the service's log why what of @n jobs was LOGGED was not kept; once, for it is the same
 * of all. */
void pdg_batch_tell_unlogged(struct pdg_job *const *jobs, size_t n);

#endif
