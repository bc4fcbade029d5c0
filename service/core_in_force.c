/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes into force: a policy, and a signing key with it. It is kept before it decides
 * anything, all of it or nothing: at a start in a transaction of its own, at a reload by the
 * writer's thread.
 */
#include <inttypes.h>
#include <pthread.h>

#include "service/core_impl.h"
#include "service/meta.h"
#include "service/own_trust.h"
#include "service/shared.h"
#include "util/log.h"
#include "util/str.h"

char *pdg_core_policy_digest(const struct pdg_policy *policy)
{
	return policy->beside ? pdg_str_dup("")
			      : pdg_str_printf("%" PRIu64 " %s", policy->version, policy->digest);
}

int pdg_core_check_policy(struct pdg_core *core, const char *digest, struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	int rc = pdg_store_meta(core->store, PDG_META_POLICY_DIGEST, &was, err);

	return rc < 0 ? rc : pdg_shared_same_policy(was, digest, err);
}

/* --- at a start --- */

/* Of a policy that is about to come into force. */
struct coming {
	struct pdg_core *core;
	uint64_t version;
	const char *digest;
};

/* Another pedigreed may have put one in force since this one was read: nothing of it is undone. */
static int change_policy(void *ctx, struct pdg_error *err)
{
	struct coming *c = ctx;
	struct pdg_store *s = c->core->store;
	PDG_AUTO(mem) char *text = pdg_str_printf("%" PRIu64, c->version);
	uint64_t was;
	int rc = text ? pdg_store_meta_number(s, PDG_META_POLICY_VERSION, &was, err)
		      : pdg_nomem(err);

	if (rc == 0 && was > c->version)
		rc = pdg_reject(err, "POL-11",
				"the policy has version %" PRIu64 ", but another pedigreed put "
				"version %" PRIu64 " in force",
				c->version, was);
	if (rc == 0)
		rc = pdg_core_check_policy(c->core, c->digest, err);
	if (rc == 0 && was < c->version)
		rc = s->ops->meta_set(s, PDG_META_POLICY_VERSION, text, err);
	if (rc == 0 && c->digest[0])
		rc = s->ops->meta_set(s, PDG_META_POLICY_DIGEST, c->digest, err);
	return rc < 0 ? rc : was < c->version || c->digest[0];
}

/* Its version is durable before it decides anything, and what that stands for with it. */
int pdg_core_keep_policy(struct pdg_core *core, const struct pdg_policy *policy,
			 struct pdg_error *err)
{
	PDG_AUTO(mem) char *digest = pdg_core_policy_digest(policy);
	struct coming c = {core, policy->version, digest};

	if (!digest)
		return pdg_nomem(err);
	return core->only_check ? 0 : pdg_store_change(core->store, change_policy, &c, err);
}

/* --- what is said of it --- */

static void warn(const char *event, const struct pdg_error *why)
{
	pdg_log(PDG_LOG_WARN, event, "rule", why->rule, "error", why->text, "fix",
		pdg_error_fix(why), NULL);
}

/* Submissions hear it too, and /readyz; but it is a start or a reload that somebody watches. */
void pdg_core_warn_if_untrusted(struct pdg_core *core, const struct pdg_service_config *cfg)
{
	PDG_AUTO(in_force) struct pdg_in_force *f = pdg_in_force_ref(core->policy);
	int64_t now = pdg_now(&core->clock);
	struct pdg_error why = {0};

	if (pdg_own_trust_service(f, now, &why) < 0)
		warn("own-key-untrusted", &why);
	if (pdg_own_trust_journal(f, core->journal_key, now, &why) < 0)
		warn("own-journal-untrusted", &why);
	if (pdg_own_trust_log(core->log_since, now, &why) < 0)
		warn("log-begun-later", &why);
	if (pdg_core_log_in_root(core, f, &why) < 0)
		warn("own-log-untrusted", &why);
	pdg_service_warn_of_certificates(core->cfg, cfg, f->policy);
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

/* Returns when the store has committed what @job, a META one, has; or none of it. */
static int keep_values(struct pdg_core *core, struct pdg_job *job, struct pdg_error *err)
{
	struct waiter w = {.over = false};
	int rc;

	(void)pthread_mutex_init(&w.mutex, NULL);
	(void)pthread_cond_init(&w.cond, NULL);
	job->to.done = waiter_done;
	job->to.ctx = &w;
	rc = pdg_writer_put(core->writer, job, err);
	if (rc < 0) {
		pdg_job_free(job);
	} else {
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

/* Another service over the same store may be ahead of what was in force here. */
static int check_newest(struct pdg_core *core, const struct pdg_policy *policy, const char *digest,
			struct pdg_error *err)
{
	uint64_t newest;
	int rc = pdg_store_meta_number(core->store, PDG_META_POLICY_VERSION, &newest, err);

	if (rc == 0 && newest > policy->version)
		rc = pdg_reject(err, "POL-11",
				"the policy's version is %" PRIu64 ", %" PRIu64
				" was in force over this store",
				policy->version, newest);
	return rc < 0 ? rc : pdg_core_check_policy(core, digest, err);
}

/* pdg_policy_box_reload()'s: what comes into force is durable before it does, all of it at once. */
static int keep_in_force(void *ctx, const struct pdg_policy *policy, struct pdg_error *err)
{
	struct pdg_core *core = ctx;
	PDG_AUTO(mem) char *digest = pdg_core_policy_digest(policy);
	PDG_AUTO(mem) char *version = pdg_str_printf("%" PRIu64, policy->version);
	PDG_AUTO(job) struct pdg_job *job = pdg_job_new(PDG_JOB_META);
	int rc;

	if (!version || !digest || !job)
		return pdg_nomem(err);
	rc = check_newest(core, policy, digest, err);
	if (rc == 0)
		rc = pdg_callers_prepare(core->callers, policy, err);
	if (rc == 0)
		rc = pdg_job_value(job, PDG_META_POLICY_VERSION, version, err);
	if (rc == 0 && digest[0])
		rc = pdg_job_value(job, PDG_META_POLICY_DIGEST, digest, err);
	if (rc == 0 && core->next_key)
		rc = pdg_job_value(job, PDG_META_SERVICE_KEYS, pdg_buf_cstr(&core->next_own_keys),
				   err);
	return rc < 0 ? rc : keep_values(core, PDG_TAKE(job), err);
}

static int reload(struct pdg_core *core, const struct pdg_service_config *now,
		  struct pdg_error *err)
{
	struct pdg_next_key next = {core->next_key, pdg_buf_cstr(&core->next_own_keys)};

	return pdg_policy_box_reload(core->policy, now, core->next_key ? &next : NULL,
				     keep_in_force, core, err);
}

int pdg_core_reload(struct pdg_core *core, const struct pdg_service_config *now,
		    struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = reload(core, now, &why);

	if (rc < 0 && core->next_key && pdg_str_eq(why.rule, "RDY-8")) {
		/* What a policy takes back must not stay in force because of a key. */
		core->next_why = why;
		pdg_core_drop_next_key(core);
		why = (struct pdg_error){0};
		rc = reload(core, now, &why);
	}
	if (rc < 0) {
		pdg_core_drop_next_key(core);
		if (err)
			*err = why;
		return rc;
	}
	pdg_core_turned(core);
	pdg_core_warn_if_untrusted(core, now);
	return 0;
}

void pdg_core_reloaded(struct pdg_core *core, const char *failed, const struct pdg_error *why)
{
	(void)pthread_mutex_lock(&core->reload_mutex);
	core->reload_failed = failed;
	if (failed)
		core->reload_why = *why;
	(void)pthread_mutex_unlock(&core->reload_mutex);
}
