/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the store's pending rows to the log, at least once each, with back-off while the log fails,
 * new work before a backlog. What the log answered is verified before the writer stores it.
 */
#ifndef PDG_SERVICE_PUBLISHER_H
#define PDG_SERVICE_PUBLISHER_H

#include "service/policy_box.h"
#include "service/writer.h"
#include "tlog/log.h"

struct pdg_publisher;

/* What it works with; all borrowed for its life. */
struct pdg_publisher_options {
	struct pdg_store *store;
	struct pdg_log *log;
	struct pdg_writer *writer;
	const struct pdg_key *key;     /* that countersigns now */
	struct pdg_policy_box *policy; /* serviceKeys of before, for old rows */
};

/** No thread runs yet; rows may be pushed already. */
int pdg_publisher_new(const struct pdg_publisher_options *opt, struct pdg_publisher **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
int pdg_publisher_start(struct pdg_publisher *p, struct pdg_error *err) PDG_MUST_CHECK;

/** A row was committed: log it. Copies what it needs; never blocks, never fails: the row is pending
 * anyway. */
void pdg_publisher_push(struct pdg_publisher *p, const struct pdg_stored *row,
			const uint8_t digest[32]);

/** The writer stored the bundle of row @id (@kept), or could not. */
void pdg_publisher_settled(struct pdg_publisher *p, int64_t id, bool kept);

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

/** Append the reference of what was logged last in this run. PDG_E_NOTFOUND: nothing yet. */
int pdg_publisher_last(struct pdg_publisher *p, struct pdg_buf *out_reference,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
