/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that wait for a few threads of their own, where working on one takes what a connection's
 * thread is not to wait for: an issuer's answer, or a database elsewhere. Their number and what
 * they hold are bounded; beyond that nobody waits.
 */
#ifndef PDG_SERVICE_JOB_QUEUE_H
#define PDG_SERVICE_JOB_QUEUE_H

#include "service/job.h"

#define PDG_JOB_QUEUE_THREADS 8

struct pdg_job_queue;

struct pdg_job_queue_options {
	size_t threads;	  /* at most PDG_JOB_QUEUE_THREADS */
	size_t jobs;	  /* that wait at once */
	size_t bytes;	  /* that these hold (pdg_job_bytes()), but for one */
	const char *full; /* what SVC-1 says beyond; static */
	/** On one of the threads; @job is the callee's. */
	void (*work)(void *ctx, struct pdg_job *job);
	/** It is not worked on any more: SVC-2 is in its err. The same. */
	void (*turn_away)(void *ctx, struct pdg_job *job);
	void *ctx;
};

/** Start the threads. All borrowed. PDG_E_NOMEM, PDG_E_IO. */
int pdg_job_queue_new(const struct pdg_job_queue_options *opt, struct pdg_job_queue **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** What waits is turned away, later ones are refused; the threads end when they have done what they
 * do. */
void pdg_job_queue_close(struct pdg_job_queue *q);
/** Have they, within @ms from now? How long that takes is up to opt->work() alone; until it is true
 * they go on using what that uses. After pdg_job_queue_close(). */
bool pdg_job_queue_ended(struct pdg_job_queue *q, int64_t ms);
/** Close it, and wait for the threads as long as it takes. NULL is fine. */
void pdg_job_queue_free(struct pdg_job_queue *q);

/** Hand over @job. Returns 0, or PDG_E_IO (SVC-1, SVC-2) when it stays the caller's. */
int pdg_job_queue_put(struct pdg_job_queue *q, struct pdg_job *job,
		      struct pdg_error *err) PDG_MUST_CHECK;

#endif
