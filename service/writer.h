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

struct pdg_writer;
struct pdg_publisher;

struct pdg_writer_stats {
	uint64_t accepted, known, refused, logged, commits;
};

/** Start the thread. @log_size: the largest that the store knows. All borrowed. */
int pdg_writer_new(struct pdg_store *store, struct pdg_journal *journal, uint64_t log_size,
		   struct pdg_writer **out, struct pdg_error *err) PDG_MUST_CHECK;

/** Where freshly accepted rows go. Before the first job. */
void pdg_writer_publisher(struct pdg_writer *w, struct pdg_publisher *p);

/**
 * Hand over @job, which is then the writer's. Callers' jobs are refused when too many wait (SVC-1)
 * or it is stopping (SVC-2): then it stays the caller's. The publisher's (LOGGED) are always taken.
 */
int pdg_writer_put(struct pdg_writer *w, struct pdg_job *job, struct pdg_error *err) PDG_MUST_CHECK;

/** Wait until everything handed over so far is committed. */
void pdg_writer_drain(struct pdg_writer *w);

/**
 * Callers' jobs are refused from now on (SVC-2); returns when those taken before are committed and
 * answered, none of them waiting longer for the log. The publisher's are still taken.
 */
void pdg_writer_close(struct pdg_writer *w);

/** Commit what waits, answer everybody, end the thread. What is put from then on is lost, but
 * harmless. */
void pdg_writer_end(struct pdg_writer *w);
/** After pdg_writer_end(), when nobody puts anything any more. */
void pdg_writer_free(struct pdg_writer *w);

void pdg_writer_stats(struct pdg_writer *w, struct pdg_writer_stats *out);

#endif
