/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A submission's way through the caller's thread, or with a store that is shared one of a few that
 * may wait for it: bytes, decision, what is to be countersigned; then it is the writer's, which has
 * it signed together with others. A refusal goes to the writer too once somebody is known to have
 * sent it: it is put on record.
 */
#include "service/core.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "service/builds.h"
#include "service/core_impl.h"
#include "service/countersign.h"
#include "service/meta.h"
#include "service/own_trust.h"
#include "service/status.h"
#include "util/limits.h"
#include "util/str.h"

static bool is_kept(struct pdg_core *core, const char *reference)
{
	PDG_AUTO(stored) struct pdg_stored *row = NULL;

	return core->store->ops->get(core->store, reference, &row, NULL) == 0;
}

/*
 * Is this statement kept already? Anybody can send a public one again: nothing is signed for that.
 * A store that cannot say is asked again by the writer; and one that the writer asks for many at
 * once is asked there alone, unless the key may not sign now or is to sign before: what is kept is
 * answered all the same.
 */
static int may_go_on(struct pdg_core *core, struct pdg_job *job, struct pdg_error *err)
{
	const char *reference = job->submission->envelope->reference;
	struct pdg_error why = {0};
	int rc = pdg_core_may_sign(core, job->force, job->received, &why);

	job->stood = (rc < 0 || job->d.own || !core->store->ops->known) && is_kept(core, reference);
	if (rc < 0 && job->stood)
		rc = pdg_own_trust_journal(job->force, core->journal_key, job->received, &why);
	if (rc < 0)
		*err = why;
	return rc;
}

/* Decide @job, whose submission is parsed, and make the row that is kept. */
static int judge(struct pdg_core *core, struct pdg_job *job, const struct pdg_decision *along,
		 struct pdg_error *err)
{
	struct pdg_ground g = {.store = core->store, .linked = core->linked};
	int rc;

	job->force = pdg_in_force_ref(core->policy);
	job->received = pdg_now(&core->clock);
	g.force = job->force;
	g.received = job->received;
	g.caller = job->asked ? &job->asked->proven : NULL;
	if (job->asked && job->asked->outputs.root)
		rc = pdg_builds_decide(&g, g.caller, &job->asked->outputs, &job->submission,
				       &job->d, err);
	else
		rc = pdg_decide(&g, job->submission, along, &job->d, err);
	if (rc == 0)
		rc = may_go_on(core, job, err);
	if (rc == 0 && job->d.own && !job->stood)
		rc = pdg_builds_sign(job->submission->envelope, job->force->signing, err);
	return rc < 0 ? rc : pdg_countersign_row(job, job->force->signing, err);
}

/* The source that a build brings along is a submission like another, but the git server's alone. */
static int judge_along(struct pdg_core *core, struct pdg_job *job, struct pdg_error *err)
{
	int rc;

	job->along = pdg_job_new(PDG_JOB_ACCEPT);
	if (!job->along)
		return pdg_nomem(err);
	job->along->submission = PDG_TAKE(job->submission->source);
	rc = judge(core, job->along, NULL, err);
	if (rc == 0 && job->along->d.grade != PDG_GRADE_SERVER) {
		job->along->d.loose = true;
		rc = pdg_reject(err, "SUB-1",
				"a build brings along a source signed by the git server");
	}
	job->along->rc = rc;
	return rc < 0 ? pdg_context(err, rc, "source") : 0;
}

static int judge_all(struct pdg_core *core, struct pdg_job *job, struct pdg_error *err)
{
	int rc = 0;

	if (job->submission && job->submission->source)
		rc = judge_along(core, job, err);
	if (rc < 0)
		return rc;
	return judge(core, job, job->along ? &job->along->d : NULL, err);
}

/* The job of a refusal, about whoever it is that is known to have sent it; NULL: nobody is. Who
 * signed what came along is answerable for that alone, and only where that was refused. */
static struct pdg_job *refusal_job(struct pdg_job *job)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_job *about = pdg_job_refused(job);

	if (job->d.loose || (job->along && job->along->d.loose))
		return NULL;
	if (!about->d.producer || !about->d.producer_key || !about->submission)
		return NULL;
	if (!about->envelope_digest[0] && pdg_envelope_as_kept(about, &json, NULL) < 0)
		return NULL;
	if (about != job) {
		about->to = job->to;
		about->err = job->err;
		job->along = NULL;
		pdg_job_free(job);
	}
	about->kind = PDG_JOB_REFUSE;
	return about;
}

static void refuse(struct pdg_core *core, struct pdg_job *job, int rc)
{
	struct pdg_job *record =
		pdg_status_is_refusal(rc) && job->err.rule[0] ? refusal_job(job) : NULL;

	if (record && pdg_writer_put(core->writer, record, NULL) == 0)
		return;
	if (record)
		job = record;
	pdg_writer_met(core->writer, &job->err);
	pdg_job_answer_error(job, &job->err);
	pdg_job_free(job);
}

static void answer_unheard(void (*done)(void *ctx, const struct pdg_answer *answer), void *ctx)
{
	struct pdg_error err = {0};
	struct pdg_answer a = {.err = &err};

	(void)pdg_nomem(&err);
	a.status = pdg_status_of(&err);
	a.retry_after = pdg_status_retry_after(&err);
	done(ctx, &a);
}

/* A CI's token stands for this body; an identity's for whatever its holder sends while it lives. */
static void bind_token(struct pdg_job *job)
{
	const struct pdg_proven *p = job->asked ? &job->asked->proven : NULL;

	if (!p || p->way != PDG_WAY_TOKEN || !p->is_ci)
		return;
	job->token.once = true;
	job->token.expires = p->expires;
	memcpy(job->token.name, p->name, sizeof(job->token.name));
	memcpy(job->token.body, p->body, sizeof(job->token.body));
}

/* The token is good: now the body is read that waited for that. */
static int read_body(struct pdg_job *job, struct pdg_error *err)
{
	struct pdg_asked *a = job->asked;
	int rc;

	if (!a || !a->unread)
		return 0;
	a->unread = false;
	if (a->builds)
		rc = pdg_outputs_read(pdg_buf_bytes(&a->body), &a->outputs, err);
	else
		rc = pdg_submission_parse(pdg_buf_bytes(&a->body), &job->submission, err);
	pdg_buf_done(&a->body);
	return rc;
}

void pdg_core_go_on(void *ctx, struct pdg_job *job, int rc)
{
	struct pdg_core *core = ctx;

	if (rc == 0)
		rc = read_body(job, &job->err);
	if (rc == 0)
		rc = judge_all(core, job, &job->err);
	/* A tree of many small pieces is released where it was made, and before others are. */
	pdg_decision_lighten(&job->d);
	if (job->along)
		pdg_decision_lighten(&job->along->d);
	bind_token(job);
	pdg_job_asked_done(job);
	if (rc < 0) {
		refuse(core, job, rc);
		return;
	}
	/* The writer signs nothing that has one; of what was tried in vain and then done none is
	 * left. */
	job->err = (struct pdg_error){0};
	rc = pdg_writer_put(core->writer, job, &job->err);
	if (rc < 0) {
		pdg_job_answer_error(job, &job->err);
		pdg_job_free(job);
	}
}

/* Keep @body as it is until it is read: parsed it may hold twenty times as much. */
static int keep_body(struct pdg_job *job, struct pdg_bytes body, struct pdg_error *err)
{
	int rc = pdg_job_ask(job, err);

	if (rc < 0)
		return rc;
	job->asked->unread = true;
	pdg_buf_put(&job->asked->body, body);
	return pdg_buf_check(&job->asked->body, err);
}

/* What @caller's connection proved goes into @job: by a certificate at once; a token is still to be
 * judged, and until then nobody reads @body. */
static int take_caller(struct pdg_job *job, const struct pdg_caller *caller, struct pdg_bytes body,
		       struct pdg_error *err)
{
	int rc;

	if (!caller || (!caller->bearer && !caller->certificate))
		return 0;
	rc = pdg_job_ask(job, err);
	if (rc < 0)
		return rc;
	if (!caller->bearer)
		return pdg_proven_certificate(&job->asked->proven, caller, err);
	job->asked->bearer = pdg_str_dup(caller->bearer);
	if (!job->asked->bearer)
		return pdg_nomem(err);
	rc = keep_body(job, body, err);
	return rc < 0 ? rc : pdg_sha256(body, job->asked->proven.body, err);
}

/* Judge @job here, or where its token is judged first, or where somebody may wait for the store. */
static void begin(struct pdg_core *core, struct pdg_job *job, int rc)
{
	bool token = job->asked && job->asked->bearer;

	if (rc < 0 || (!token && !core->deciders)) {
		pdg_core_go_on(core, job, rc);
		return;
	}
	rc = token ? pdg_callers_put(core->callers, job, &job->err)
		   : pdg_job_queue_put(core->deciders, job, &job->err);
	if (rc < 0) {
		pdg_job_answer_error(job, &job->err);
		pdg_job_free(job);
	}
}

/* A job for this request, or NULL: it is answered. */
static struct pdg_job *new_job(struct pdg_core *core, const struct pdg_caller *caller, int wait_ms,
			       void (*done)(void *ctx, const struct pdg_answer *answer), void *ctx)
{
	struct pdg_job *job = pdg_job_new(PDG_JOB_ACCEPT);

	if (!job) {
		answer_unheard(done, ctx);
		return NULL;
	}
	job->to.done = done;
	job->to.ctx = ctx;
	job->to.deadline = pdg_monotonic_ms() + (wait_ms > 0 ? wait_ms : 0);
	job->to.teller = &core->teller;
	job->to.begun = pdg_monotonic_us();
	if (caller)
		(void)snprintf(job->to.request, sizeof(job->to.request), "%s", caller->request_id);
	return job;
}

void pdg_core_submit(struct pdg_core *core, const struct pdg_caller *caller, struct pdg_bytes body,
		     int wait_ms, void (*done)(void *ctx, const struct pdg_answer *answer),
		     void *ctx)
{
	struct pdg_job *job = new_job(core, caller, wait_ms, done, ctx);
	int rc;

	if (!job)
		return;
	rc = take_caller(job, caller, body, &job->err);
	if (rc == 0 && core->deciders && !(job->asked && job->asked->unread))
		rc = keep_body(job, body, &job->err);
	if (rc == 0 && !(job->asked && job->asked->unread))
		rc = pdg_submission_parse(body, &job->submission, &job->err);
	begin(core, job, rc);
}

void pdg_core_build(struct pdg_core *core, const struct pdg_caller *caller, struct pdg_bytes body,
		    int wait_ms, void (*done)(void *ctx, const struct pdg_answer *answer),
		    void *ctx)
{
	struct pdg_job *job = new_job(core, caller, wait_ms, done, ctx);
	int rc;

	if (!job)
		return;
	rc = pdg_job_ask(job, &job->err);
	if (rc == 0 && (!caller || !caller->bearer))
		rc = pdg_reject(&job->err, "TOK-1",
				"a build is attested for whoever proves himself by a token");
	if (rc == 0) {
		job->asked->builds = true;
		rc = take_caller(job, caller, body, &job->err);
	}
	begin(core, job, rc);
}

void pdg_core_touch(struct pdg_core *core)
{
	struct pdg_writer_stats w;

	pdg_writer_stats(core->writer, &w);
	(void)pdg_publisher_fresh_now(core->publisher);
	pdg_in_force_unref(pdg_in_force_ref(core->policy));
}

/* --- counters --- */

void pdg_core_stats(struct pdg_core *core, struct pdg_core_stats *out)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = NULL;
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_writer_stats w;
	struct pdg_metrics *m = core->teller.metrics;
	uint64_t all = 0;

	*out = (struct pdg_core_stats){0};
	pdg_writer_stats(core->writer, &w);
	out->accepted = w.accepted;
	out->known = w.known;
	out->refused_before_identity = pdg_metrics_failures(m, PDG_FAILS_UNKNOWN);
	out->refused_after_identity = pdg_metrics_failures(m, PDG_FAILS_KNOWN);
	out->queued = w.queued;
	out->waiting = w.waiting;
	out->fresh = pdg_publisher_fresh_now(core->publisher);
	out->logged = w.logged;
	out->commits = w.commits;
	out->store_failures = w.failures;
	out->log_failures = pdg_publisher_failures(core->publisher);
	out->log_seen = pdg_publisher_seen(core->publisher);
	out->log_relay_restarts = core->relay ? pdg_relay_restarts(core->relay) : 0;
	out->token_relay_restarts = pdg_callers_restarts(core->callers);
	out->signer_restarts = core->signer ? pdg_signer_restarts(core->signer) : 0;
	force = pdg_in_force_ref(core->policy);
	out->policy_version = force->policy->version;
	if (core->store->ops->count(core->store, &all, &out->pending, &out->oldest_pending, NULL) <
	    0)
		out->pending = 0;
	if (core->store->ops->journal_state(core->store, &out->journal_size, &note, NULL) < 0)
		out->journal_size = 0;
	if (pdg_store_meta_number(core->store, PDG_META_LOG_SIZE, &out->log_size, NULL) < 0)
		out->log_size = 0;
}

struct pdg_metrics *pdg_core_metrics(struct pdg_core *core)
{
	return core->teller.metrics;
}

struct pdg_process *pdg_core_process(struct pdg_core *core)
{
	return core->process;
}
