/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests with a token wait here while pedigree-relay looks at it, which may have to ask an
 * issuer: a few threads of their own, so that a slow issuer holds up nobody who came without. They
 * go on from there.
 */
#ifndef PDG_SERVICE_CALLERS_H
#define PDG_SERVICE_CALLERS_H

#include "service/job.h"
#include "service/relay.h"

struct pdg_callers;

struct pdg_callers_options {
	struct pdg_policy_box *policy;
	/** Start the relay: one of its own, so that ending its calls ends no one else's. As
	 * pdg_relay_start(). */
	int (*start_relay)(void *ctx, struct pdg_relay **out, struct pdg_error *err);
	/** @job's token is judged: @rc 0, or why not is in its err. @job is the callee's. */
	void (*go_on)(void *ctx, struct pdg_job *job, int rc);
	void *ctx;
};

/**
 * Start the threads, and the relay where the policy in force names an issuer. All borrowed. Returns
 * 0, PDG_E_NOMEM, PDG_E_IO, PDG_E_NOTFOUND (CLI-5).
 */
int pdg_callers_new(const struct pdg_callers_options *opt, struct pdg_callers **out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** @policy is to come into force: start the relay, where it names an issuer and there is none yet.
 * One thread at a time. Returns what @start_relay does. */
int pdg_callers_prepare(struct pdg_callers *c, const struct pdg_policy *policy,
			struct pdg_error *err) PDG_MUST_CHECK;
/** What waits goes on with SVC-2, calls under way end, later ones are refused. */
void pdg_callers_close(struct pdg_callers *c);
/** Has what went on from them come to its end, within @ms? As pdg_job_queue_ended(). */
bool pdg_callers_ended(struct pdg_callers *c, int64_t ms);
/** Close it, and wait for the threads as long as it takes. NULL is fine. */
void pdg_callers_free(struct pdg_callers *c);

/** How often the relay had to be started again; 0 where there is none. Any thread. NULL is fine. */
uint64_t pdg_callers_restarts(struct pdg_callers *c);

/** Hand over @job, which has asked->bearer. Returns 0, or PDG_E_IO (SVC-1, SVC-2) when it stays the
 * caller's. */
int pdg_callers_put(struct pdg_callers *c, struct pdg_job *job,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
