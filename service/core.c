/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A submission's way through the caller's thread: bytes, decision, countersignature; then it is the
 * writer's. A refusal goes to the writer too once somebody is known to have sent it: it is put on
 * record.
 */
#include "service/core.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "service/core_impl.h"
#include "service/countersign.h"
#include "service/status.h"
#include "util/limits.h"
#include "util/rule.h"
#include "util/str.h"

/* Counted alone: nobody is known whom a record could be about (rules.md 5.3). */
static void count_refusal(struct pdg_core *core, const char *rule)
{
	size_t n;
	const struct pdg_rule *table = pdg_rule_table(&n);
	const struct pdg_rule *r = pdg_rule_find(rule);

	if (r)
		atomic_fetch_add_explicit(&core->refused[r - table], 1, memory_order_relaxed);
}

/* Decide and sign @job, whose submission is parsed. */
static int judge(struct pdg_core *core, struct pdg_job *job, const struct pdg_decision *along,
		 struct pdg_error *err)
{
	struct pdg_ground g = {.store = core->store};
	int rc;

	job->force = pdg_in_force_ref(core->policy);
	job->received = pdg_now(&core->clock);
	g.force = job->force;
	g.received = job->received;
	rc = pdg_decide(&g, job->submission, along, &job->d, err);
	return rc < 0 ? rc : pdg_countersign(job, core->signing_key, err);
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
	return rc < 0 ? pdg_context(err, rc, "source") : 0;
}

static int judge_all(struct pdg_core *core, struct pdg_job *job, struct pdg_error *err)
{
	int rc = 0;

	if (job->submission->source)
		rc = judge_along(core, job, err);
	if (rc < 0)
		return rc;
	return judge(core, job, job->along ? &job->along->d : NULL, err);
}

/* The job of a refusal, about whoever it is that is known to have sent it; NULL: nobody is. */
static struct pdg_job *refusal_job(struct pdg_job *job)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_job *about = job->d.producer && job->d.producer_key ? job : job->along;

	if (job->d.loose || (job->along && job->along->d.loose))
		return NULL;
	if (!about || !about->d.producer || !about->d.producer_key || !about->submission)
		return NULL;
	if (!about->envelope_digest[0] && pdg_envelope_as_kept(about, &json, NULL) < 0)
		return NULL;
	if (about != job) {
		about->done = job->done;
		about->ctx = job->ctx;
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
	if (pdg_status_is_refusal(rc))
		count_refusal(core, job->err.rule);
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

void pdg_core_submit(struct pdg_core *core, struct pdg_bytes body, int wait_ms,
		     void (*done)(void *ctx, const struct pdg_answer *answer), void *ctx)
{
	struct pdg_job *job = pdg_job_new(PDG_JOB_ACCEPT);
	int rc;

	if (!job) {
		answer_unheard(done, ctx);
		return;
	}
	job->done = done;
	job->ctx = ctx;
	job->deadline = pdg_monotonic_ms() + (wait_ms > 0 ? wait_ms : 0);
	rc = pdg_submission_parse(body, &job->submission, &job->err);
	if (rc == 0)
		rc = judge_all(core, job, &job->err);
	if (rc < 0) {
		refuse(core, job, rc);
		return;
	}
	rc = pdg_writer_put(core->writer, job, &job->err);
	if (rc < 0) {
		pdg_job_answer_error(job, &job->err);
		pdg_job_free(job);
	}
}

/* --- reload --- */

/* Waits in the caller's thread for the writer's answer. */
struct waiter {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool over;
	struct pdg_error err;
};

static void waiter_done(void *ctx, const struct pdg_answer *answer)
{
	struct waiter *w = ctx;

	(void)pthread_mutex_lock(&w->mutex);
	if (answer->err)
		w->err = *answer->err;
	w->over = true;
	(void)pthread_cond_signal(&w->cond);
	(void)pthread_mutex_unlock(&w->mutex);
}

/* pdg_policy_box_reload()'s: returns when the store has committed it. */
static int keep_version(void *ctx, uint64_t version, struct pdg_error *err)
{
	struct pdg_core *core = ctx;
	PDG_AUTO(job) struct pdg_job *job = pdg_job_new(PDG_JOB_META);
	struct waiter w = {.over = false};
	int rc;

	if (!job)
		return pdg_nomem(err);
	job->name = "policy-version";
	job->value = pdg_str_printf("%" PRIu64, version);
	if (!job->value)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&w.mutex, NULL);
	(void)pthread_cond_init(&w.cond, NULL);
	job->done = waiter_done;
	job->ctx = &w;
	rc = pdg_writer_put(core->writer, job, err);
	if (rc == 0) {
		job = NULL;
		(void)pthread_mutex_lock(&w.mutex);
		while (!w.over)
			(void)pthread_cond_wait(&w.cond, &w.mutex);
		(void)pthread_mutex_unlock(&w.mutex);
		rc = w.err.code;
		if (rc < 0 && err)
			*err = w.err;
	}
	(void)pthread_cond_destroy(&w.cond);
	(void)pthread_mutex_destroy(&w.mutex);
	return rc;
}

int pdg_core_reload(struct pdg_core *core, struct pdg_error *err)
{
	return pdg_policy_box_reload(core->policy, keep_version, core, err);
}

/* --- counters --- */

void pdg_core_refusals(struct pdg_core *core,
		       void (*each)(void *ctx, const char *rule, uint64_t count), void *ctx)
{
	size_t n, i;
	const struct pdg_rule *table = pdg_rule_table(&n);

	for (i = 0; i < n; i++) {
		uint64_t count = atomic_load_explicit(&core->refused[i], memory_order_relaxed);

		if (count)
			each(ctx, table[i].id, count);
	}
}

static void add_refusals(void *ctx, const char *rule, uint64_t count)
{
	uint64_t *sum = ctx;

	(void)rule;
	*sum += count;
}

void pdg_core_stats(struct pdg_core *core, struct pdg_core_stats *out)
{
	struct pdg_writer_stats w;
	uint64_t all = 0;

	*out = (struct pdg_core_stats){0};
	pdg_writer_stats(core->writer, &w);
	out->accepted = w.accepted;
	out->known = w.known;
	out->refused_after_identity = w.refused;
	out->logged = w.logged;
	out->commits = w.commits;
	out->store_failures = w.failures;
	out->log_failures = pdg_publisher_failures(core->publisher);
	pdg_core_refusals(core, add_refusals, &out->refused_before_identity);
	if (core->store->ops->count(core->store, &all, &out->pending, &out->oldest_pending, NULL) <
	    0)
		out->pending = 0;
}
