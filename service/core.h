/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service without its HTTP: takes a submission's bytes, judges, countersigns, stores, journals
 * and has it logged. service/httpd.c and the api_* files stand in front of it.
 *
 * - caller's thread (core.c, decide*.c), or one of the deciders where the store is a database
 *   elsewhere (core_open.c starts them), or of callers.c where a token came: parse, signature,
 *   identity, statement, stage rules, references
 * - writer's thread (writer.c, countersign.c, batch.c, journal.c): countersignatures; what is
 * known, joins or conflicts; many in one commit; then the answers
 * - publisher's thread (publisher.c): from the store's pending rows to the log
 *
 * What was acknowledged is durable: the answer is made after the commit.
 */
#ifndef PDG_SERVICE_CORE_H
#define PDG_SERVICE_CORE_H

#include "chain/verify.h"
#include "service/caller.h"
#include "service/config.h"
#include "store/store.h"
#include "tlog/log.h"

struct pdg_core;
struct pdg_metrics;
struct pdg_process;

/**
 * Everything opened and checked: store, journal, log, keys, policy. Threads are running when it
 * returns.
 *
 * @cfg, @clock  borrowed until pdg_core_close()
 *
 * Returns 0, what the parts return, PDG_E_USAGE (CFG-1), PDG_E_REJECTED (CFG-2 the store is another
 * log's, CFG-3 one key for two purposes, CFG-4 the journal's key, CFG-5 the log is gone or went
 * back, POL-11); PDG_E_USAGE also CFG-6 (the store knows nothing of the log or journal).
 */
int pdg_core_open(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
		  struct pdg_core **out, struct pdg_error *err) PDG_MUST_CHECK;
/**
 * No new submissions (SVC-2 from now on); what was accepted is committed and answered at once,
 * without waiting longer for the log. True when no `done` call is outstanding. Reading goes on.
 * False when the store hangs, in the kernel or elsewhere: end the process as pdg_core_close() says.
 */
bool pdg_core_stop(struct pdg_core *core);
/**
 * pdg_core_stop() unless that was done; stop the threads, close. What is pending at the log stays
 * so. False when a call to the log or the store hangs in the kernel and cannot be given up: then
 * nothing was freed, a thread still works with it, and the process must end by _exit(). All that
 * was acknowledged is committed all the same.
 */
bool pdg_core_close(struct pdg_core *core);
/**
 * The same as pdg_core_open() for pdg_core_fsck() alone: opens what is there and makes nothing; no
 * thread runs, nothing can be submitted. Also PDG_E_IO (STO-3: there is no store).
 */
int pdg_core_open_to_check(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
			   struct pdg_core **out, struct pdg_error *err) PDG_MUST_CHECK;

/* The answer to a submission, owned by the callee of @done during the call only. */
struct pdg_answer {
	int status;		     /* 201, 202, 200, or an error's */
	struct pdg_bytes body;	     /* JSON; empty for an error: make the problem of @err */
	struct pdg_buf *made;	     /* what body is in: whoever is answered may take it */
	const char *reference;	     /* NULL for an error */
	const struct pdg_error *err; /* NULL when accepted */
	int retry_after;	     /* seconds, 0: none */
};

/**
 * Judge and keep one submission (rules.md 8: envelope, bundle, or {"attestation", "commit",
 * "source"}).
 *
 * @caller what the connection proved; borrowed until this returns. NULL: nothing
 * @body   at most PDG_LIMIT_BODY bytes; borrowed until this returns
 * @wait_ms how long the answer may wait for the log
 * @done   called exactly once: from this thread, one of those that judge, the writer's, or the one
 *	   that calls pdg_core_stop(). No lock of the core is held then; it must not block
 */
void pdg_core_submit(struct pdg_core *core, const struct pdg_caller *caller, struct pdg_bytes body,
		     int wait_ms, void (*done)(void *ctx, const struct pdg_answer *answer),
		     void *ctx);

/**
 * Attest the outputs of a CI (rules.md 3.5): as pdg_core_submit(), but the body is what
 * docs/FORMATS.md says of POST /api/v1/builds, and @caller must have a token. TOK-1 without.
 */
void pdg_core_build(struct pdg_core *core, const struct pdg_caller *caller, struct pdg_bytes body,
		    int wait_ms, void (*done)(void *ctx, const struct pdg_answer *answer),
		    void *ctx);

/** Append the record of @reference. *@out_pending tells 202 from 200. PDG_E_NOTFOUND, PDG_E_IO. */
int pdg_core_record(struct pdg_core *core, const char *reference, struct pdg_buf *out,
		    bool *out_pending, struct pdg_error *err) PDG_MUST_CHECK;
/**
 * Append the listing of a subject digest ("sha256"/"gitCommit", value), of @stage (NULL: of any);
 * @after: id of the last seen. A commit has its sources and the builds that name it.
 */
int pdg_core_subjects(struct pdg_core *core, const char *algorithm, const char *value,
		      const char *stage, int64_t after, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** Judge the chain of an artifact from the store; append its JSON. */
int pdg_core_chain(struct pdg_core *core, const char *sha256, struct pdg_buf *out,
		   struct pdg_error *err) PDG_MUST_CHECK;
/** Append a served file of the log ("checkpoint", "tile/…") or, with @journal, of the journal. */
int pdg_core_log_file(struct pdg_core *core, bool journal, const char *path, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** Append the TrustedRoot of the embedded log; PDG_E_NOTFOUND with another log. */
int pdg_core_trusted_root(struct pdg_core *core, struct pdg_buf *out,
			  struct pdg_error *err) PDG_MUST_CHECK;
/** Append keys.json: {"keys":[{"hint","publicKey","validFrom","validUntil"}]} plus "journalKeys" in
 * the same form. By what is in memory alone, as pdg_core_trusted_root(): a loop may call both. */
int pdg_core_keys(struct pdg_core *core, struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;
/** Ready to work? 0, or PDG_E_REJECTED (RDY-1 to RDY-7, RDY-9) with the reason (design 7, /readyz).
 */
int pdg_core_ready(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/* What --fsck has looked at: entries are an embedded log's. */
struct pdg_fsck_counts {
	uint64_t attestations, logged, leaves, entries, faults;
};

/**
 * Re-check everything stored (--fsck): signatures, references, log, journal. @line is called with
 * each thing that does not hold as soon as it is found, and last with a summary; @progress (or
 * NULL) with how many attestations of how many are checked, 0 while the trees are. @out (or NULL)
 * has the summary's numbers unless it is PDG_E_IO. Returns 0, PDG_E_REJECTED (FSK-1), PDG_E_IO.
 */
int pdg_core_fsck(struct pdg_core *core, void (*line)(void *ctx, const char *text),
		  void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
		  struct pdg_fsck_counts *out, struct pdg_error *err) PDG_MUST_CHECK;

/* Counters for /metrics; a snapshot. */
struct pdg_core_stats {
	uint64_t accepted, known, refused_before_identity, refused_after_identity;
	uint64_t logged, pending, log_failures;
	int64_t oldest_pending;	 /* Unix seconds, 0: none */
	uint64_t commits;	 /* store transactions: accepted / commits is the group's size */
	uint64_t store_failures; /* of those, how many more failed */
	uint64_t queued;	 /* submissions that wait to be kept */
	uint64_t waiting;	 /* answers that wait for the log */
	uint64_t fresh;		 /* kept rows on their way to the log */
	uint64_t log_size, journal_size;
	int64_t log_seen; /* pdg_monotonic_ms() when the log took something last, or of the start */
	uint64_t policy_version; /* in force */
	uint64_t log_relay_restarts, token_relay_restarts, signer_restarts;
};
void pdg_core_stats(struct pdg_core *core, struct pdg_core_stats *out);
/** What the parts count; also for the HTTP side. */
struct pdg_metrics *pdg_core_metrics(struct pdg_core *core);
struct pdg_process *pdg_core_process(struct pdg_core *core);

/**
 * What became of a reload: @failed could not be taken in by *@why, and /readyz says so (RDY-3);
 * NULL: all was.
 */
void pdg_core_reloaded(struct pdg_core *core, const char *failed, const struct pdg_error *why);
/** Go through the locks that every submission needs: whoever does not come back hangs. */
void pdg_core_touch(struct pdg_core *core);
#define PDG_RELOAD_KEY "signingKey" /* how pdg_core_reloaded() names it: RDY-7 */

/**
 * Have the signing key that @now, the daemon's file read anew, names at hand, tried; it comes into
 * use with the next pdg_core_reload() that succeeds. The same thread as that. Returns 0, what
 * pdg_signer_turn() does, CFG-1, CFG-3.
 */
int pdg_core_turn_key(struct pdg_core *core, const struct pdg_service_config *now,
		      struct pdg_error *err) PDG_MUST_CHECK;
/**
 * Take in the policy that @now names (SIGHUP; one thread), and the key that was turned to. On
 * failure the old ones stay and /readyz says so. A policy that does not trust another key now is
 * taken in, and the key is not.
 */
int pdg_core_reload(struct pdg_core *core, const struct pdg_service_config *now,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Did the key come into use with it that was at hand? 0, also where none was; RDY-8. */
int pdg_core_key_taken(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;

#endif
