/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the store's pending rows to the log, at least once each, with back-off while the log fails,
 * new work before a backlog. What the log answered is verified before the writer stores it.
 */
#ifndef PDG_SERVICE_PUBLISHER_H
#define PDG_SERVICE_PUBLISHER_H

#include "service/metrics.h"
#include "service/policy_box.h"
#include "service/stamps.h"
#include "service/writer.h"
#include "tlog/log.h"

struct pdg_publisher;

/* What it works with; all borrowed for its life. */
struct pdg_publisher_options {
	struct pdg_store *store;
	struct pdg_log *log;
	const struct pdg_stamps *stamps; /* NULL: countersignatures need no timestamp */
	struct pdg_writer *writer;
	struct pdg_policy_box *policy; /* keys of now and before, for old rows too */
	struct pdg_metrics *metrics;   /* NULL: nothing is counted */
};

/** No thread runs yet; rows may be pushed already. */
int pdg_publisher_new(const struct pdg_publisher_options *opt, struct pdg_publisher **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
int pdg_publisher_start(struct pdg_publisher *p, struct pdg_error *err) PDG_MUST_CHECK;

/** A row was committed: log it. Takes its payload and countersignature, copies what else it needs;
 * never blocks, never fails: the row is pending anyway. Once a batch of them is added,
 * pdg_publisher_wake(): a log takes many at a time. */
void pdg_publisher_add(struct pdg_publisher *p, struct pdg_stored *row, const uint8_t digest[32]);
void pdg_publisher_wake(struct pdg_publisher *p);

/** The writer stored the bundle of @job's row (@why is NULL), or could not: then it goes to the log
 * again, with a back-off that only a bundle that is kept ends. */
void pdg_publisher_settled(struct pdg_publisher *p, const struct pdg_job *job,
			   const struct pdg_error *why);

/** Another service over the same store was shown this tree of the log: learn() of that. */
void pdg_publisher_learn(struct pdg_publisher *p, const struct pdg_log_head *head);

/**
 * Finish what is at hand for at most @ms, wait as long again for calls that run, then have the log
 * give them up and wait once more; end the threads. False when a call still runs then (only a disk
 * that hangs does that): its thread goes on using the publisher and what that was made with, so
 * none of it may be freed; this may be called again.
 */
bool pdg_publisher_stop(struct pdg_publisher *p, int64_t ms);
/** After pdg_publisher_stop() was true, and pdg_writer_end(). */
void pdg_publisher_free(struct pdg_publisher *p);

/** Calls and items that the log did not take. */
uint64_t pdg_publisher_failures(struct pdg_publisher *p);
/** Fresh rows that wait for their turn now. */
size_t pdg_publisher_fresh_now(struct pdg_publisher *p);
/** pdg_monotonic_ms() when the log took something last; when it was made, before that. */
int64_t pdg_publisher_seen(struct pdg_publisher *p);

/**
 * Did the log show a tree that is none of those seen before? LOG-2, until an entry is kept that was
 * asked for after that, and by a tree that continues them; else 0.
 */
int pdg_publisher_doubt(struct pdg_publisher *p, struct pdg_error *err) PDG_MUST_CHECK;

/** Append the reference of what was logged last in this run. PDG_E_NOTFOUND: nothing yet. */
int pdg_publisher_last(struct pdg_publisher *p, struct pdg_buf *out_reference,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
