/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thread that writes to the store. It takes all jobs that wait into one transaction, and
 * answers when that is durable. Answers that may wait for the log are kept until it comes or their
 * time is up.
 */
#ifndef PDG_SERVICE_WRITER_H
#define PDG_SERVICE_WRITER_H

#include "service/job.h"
#include "service/journal.h"
#include "service/metrics.h"

struct pdg_writer;
struct pdg_publisher;

struct pdg_writer_stats {
	uint64_t accepted, known, logged, commits, failures;
	uint64_t waiting, waiting_bytes; /* answers that wait for the log now, and what they hold */
	uint64_t queued;		 /* jobs that wait now */
};

/** Start the thread. @log_size: the largest that the store knows. All borrowed. */
int pdg_writer_new(struct pdg_store *store, struct pdg_journal *journal, uint64_t log_size,
		   struct pdg_writer **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Where freshly accepted rows go. Before the first job. */
void pdg_writer_publisher(struct pdg_writer *w, struct pdg_publisher *p);
/** Where transactions are counted; borrowed. Before the first job; without it nothing is. */
void pdg_writer_metrics(struct pdg_writer *w, struct pdg_metrics *m);

/**
 * Hand over @job, which is then the writer's. Callers' jobs are refused when too much waits (SVC-1)
 * or it is stopping (SVC-2): then it stays the caller's. The publisher's (LOGGED) are always taken,
 * and values that somebody waits for (META with done) however much waits: they are next.
 */
int pdg_writer_put(struct pdg_writer *w, struct pdg_job *job, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same for a list of the publisher's jobs (LOGGED, linked by next; NULL: none), all at once:
 * what the log took in one call is kept in one transaction.
 */
void pdg_writer_put_logged(struct pdg_writer *w, struct pdg_job *first);

/**
 * Callers' jobs are refused from now on (SVC-2); true when those taken before are committed, or
 * answered that they could not be, none of them waiting longer for the log. The publisher's are
 * still taken. False after @ms: a disk hangs, and somebody is not answered yet.
 */
bool pdg_writer_close(struct pdg_writer *w, int64_t ms);

/**
 * Commit what waits, answer everybody, end the thread. What is put from then on is lost, but
 * harmless. False after @ms: the thread goes on using the writer and what that was made with.
 */
bool pdg_writer_end(struct pdg_writer *w, int64_t ms);
/** After pdg_writer_end() was true, when nobody puts anything any more. */
void pdg_writer_free(struct pdg_writer *w);

/** Did the last transaction fail by the store's doing, or is the database damaged (health.h)? Then
 * *@why is why. */
bool pdg_writer_fails(struct pdg_writer *w, struct pdg_error *why);
/** Somebody who judges a submission met @err: where the database is damaged, pdg_writer_fails()
 * from then on until a submission is kept. */
void pdg_writer_met(struct pdg_writer *w, const struct pdg_error *err);

void pdg_writer_stats(struct pdg_writer *w, struct pdg_writer_stats *out);

#endif
