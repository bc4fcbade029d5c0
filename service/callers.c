/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue, and the relay that its threads ask. The relay is told the issuers of the
 * policy in force with each token: it asks no other, whatever the token says.
 */
#include "service/callers.h"

#include <pthread.h>
#include <string.h>

#include "service/caller_log.h"
#include "service/job_queue.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"

/* Two answers of an issuer, and somebody before us who waits for the same. */
#define TOKEN_MS (PDG_LIMIT_ISSUER_SECONDS * 1000 * 5)

struct pdg_callers {
	struct pdg_callers_options opt;
	struct pdg_job_queue *queue;
	pthread_mutex_t mutex; /* guards the rest; the relay's is taken while it is held */
	bool stopping;
	struct pdg_relay
		*own; /* NULL: no policy named an issuer; freed when the threads are gone */
};

/* --- the question --- */

static void write_pin(struct pdg_jw *w, const struct pdg_policy_proof *proof)
{
	if (!proof->oidc_issuer || !proof->oidc_audience)
		return;
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "issuer", proof->oidc_issuer);
	pdg_jw_kstr(w, "audience", proof->oidc_audience);
	pdg_jw_end(w);
}

static bool names_issuer(const struct pdg_policy *p)
{
	size_t i;

	for (i = 0; i < p->n_builders; i++) {
		if (p->builders[i].proof.oidc_issuer)
			return true;
	}
	for (i = 0; i < p->n_producers; i++) {
		if (p->producers[i].proof.oidc_issuer)
			return true;
	}
	return false;
}

static int write_question(const struct pdg_policy *p, const char *token, struct pdg_buf *out,
			  struct pdg_error *err)
{
	struct pdg_jw w;
	size_t i;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "token", token);
	pdg_jw_key(&w, "issuers");
	pdg_jw_arr(&w);
	for (i = 0; i < p->n_builders; i++)
		write_pin(&w, &p->builders[i].proof);
	for (i = 0; i < p->n_producers; i++)
		write_pin(&w, &p->producers[i].proof);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

/* --- the relay --- */

int pdg_callers_prepare(struct pdg_callers *c, const struct pdg_policy *policy,
			struct pdg_error *err)
{
	struct pdg_relay *relay = NULL;
	bool needed;
	int rc;

	(void)pthread_mutex_lock(&c->mutex);
	needed = !c->own && !c->stopping && names_issuer(policy);
	(void)pthread_mutex_unlock(&c->mutex);
	if (!needed)
		return 0;
	/* Without the mutex: a loop, which puts in what is to be judged, waits for no program. */
	rc = c->opt.start_relay(c->opt.ctx, &relay, err);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&c->mutex);
	c->own = relay;
	(void)pthread_mutex_unlock(&c->mutex);
	return 0;
}

/* Of a policy in force that names an issuer: it is there. */
static int the_relay(struct pdg_callers *c, struct pdg_relay **out, struct pdg_error *err)
{
	bool stopping;

	(void)pthread_mutex_lock(&c->mutex);
	stopping = c->stopping;
	*out = c->own;
	(void)pthread_mutex_unlock(&c->mutex);
	if (stopping)
		return pdg_reject(err, "SVC-2", "the service is stopping");
	return *out ? 0 : pdg_fail(err, PDG_E_INTERNAL, "no relay for tokens was started");
}

static int judge_token(struct pdg_callers *c, struct pdg_job *job, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = pdg_in_force_ref(c->opt.policy);
	PDG_AUTO(buf) struct pdg_buf question = PDG_BUF_INIT(PDG_LIMIT_MIB(8));
	PDG_AUTO(buf) struct pdg_buf answer = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_relay *relay = NULL;
	int rc;

	if (!names_issuer(force->policy)) {
		rc = pdg_reject(err, "TOK-1", "the policy names no oidcIssuer: no token is taken");
		pdg_fix(err,
			"let whoever keeps the policy name the token's issuer as oidcIssuer of a "
			"[builder]");
		return rc;
	}
	rc = the_relay(c, &relay, err);
	if (rc == 0)
		rc = write_question(force->policy, job->asked->bearer, &question, err);
	if (rc == 0)
		rc = pdg_relay_call(relay, "token", pdg_buf_bytes(&question), TOKEN_MS, &answer,
				    err);
	return rc < 0 ? rc : pdg_proven_token(&job->asked->proven, pdg_buf_bytes(&answer), err);
}

/* --- the queue --- */

static void work(void *ctx, struct pdg_job *job)
{
	struct pdg_callers *c = ctx;
	int rc = judge_token(c, job, &job->err);

	if (rc < 0)
		pdg_caller_log_issuer(&job->err);
	c->opt.go_on(c->opt.ctx, job, rc);
}

static void turn_away(void *ctx, struct pdg_job *job)
{
	struct pdg_callers *c = ctx;

	c->opt.go_on(c->opt.ctx, job, job->err.code);
}

int pdg_callers_put(struct pdg_callers *c, struct pdg_job *job, struct pdg_error *err)
{
	return pdg_job_queue_put(c->queue, job, err);
}

uint64_t pdg_callers_restarts(struct pdg_callers *c)
{
	uint64_t n;

	if (!c)
		return 0;
	(void)pthread_mutex_lock(&c->mutex);
	n = c->own ? pdg_relay_restarts(c->own) : 0;
	(void)pthread_mutex_unlock(&c->mutex);
	return n;
}

/* --- start and end --- */

int pdg_callers_new(const struct pdg_callers_options *opt, struct pdg_callers **out,
		    struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = NULL;
	struct pdg_callers *c = pdg_calloc(1, sizeof(*c));
	const struct pdg_job_queue_options waiting = {
		.threads = PDG_LIMIT_CALLERS,
		.jobs = PDG_LIMIT_CALLERS_WAITING,
		.bytes = PDG_LIMIT_CALLERS_BYTES,
		.full = "too many tokens wait to be looked at",
		.work = work,
		.turn_away = turn_away,
		.ctx = c,
	};
	int rc;

	if (!c)
		return pdg_nomem(err);
	c->opt = *opt;
	(void)pthread_mutex_init(&c->mutex, NULL);
	force = pdg_in_force_ref(opt->policy);
	rc = pdg_callers_prepare(c, force->policy, err);
	if (rc == 0)
		rc = pdg_job_queue_new(&waiting, &c->queue, err);
	if (rc < 0) {
		pdg_callers_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void pdg_callers_close(struct pdg_callers *c)
{
	(void)pthread_mutex_lock(&c->mutex);
	c->stopping = true;
	if (c->own)
		pdg_relay_stop(c->own);
	(void)pthread_mutex_unlock(&c->mutex);
	if (c->queue)
		pdg_job_queue_close(c->queue);
}

bool pdg_callers_ended(struct pdg_callers *c, int64_t ms)
{
	return pdg_job_queue_ended(c->queue, ms);
}

void pdg_callers_free(struct pdg_callers *c)
{
	if (!c)
		return;
	pdg_callers_close(c);
	pdg_job_queue_free(c->queue);
	pdg_relay_free(c->own);
	(void)pthread_mutex_destroy(&c->mutex);
	free(c);
}
