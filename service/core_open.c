/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start and end of the core. Start goes from what is kept to what is done with it: store
 * (core_store.c), keys, log (core_log.c), policy, journal, threads; each is held against the ones
 * before. The only keys that it makes
 * are those of a log and a journal that are empty (design 7).
 */
#include <inttypes.h>
#include <string.h>

#include "service/confine.h"
#include "service/core_impl.h"
#include "service/meta.h"
#include "service/stop.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define STOP_LOOK_MS 50

/* Nobody judges any more, within @ms. */
static bool judged(struct pdg_core *core, int64_t ms)
{
	return (!core->callers || pdg_callers_ended(core->callers, ms)) &&
	       (!core->deciders || pdg_job_queue_ended(core->deciders, ms));
}

/*
 * What is judged just now is still kept, but those who were told that theirs is accepted do not
 * wait for it long: their answer is the writer's.
 */
bool pdg_core_stop(struct pdg_core *core)
{
	int64_t began = pdg_monotonic_ms();
	int64_t lasts = 0;
	bool over = false, kept = false;

	if (core->callers)
		pdg_callers_close(core->callers);
	if (core->deciders)
		pdg_job_queue_close(core->deciders);
	while (!(over && kept) && lasts < PDG_STOP_KEEP_MS) {
		over = judged(core, STOP_LOOK_MS);
		if (over || lasts >= PDG_STOP_JUDGE_MS)
			kept = pdg_writer_close(core->writer, STOP_LOOK_MS);
		if (core->signer)
			pdg_signer_stop(core->signer, PDG_STOP_SIGN_MS);
		lasts = pdg_monotonic_ms() - began;
	}
	return over && kept;
}

bool pdg_core_close(struct pdg_core *core)
{
	bool kept, ended;

	if (!core)
		return true;
	kept = !core->writer || pdg_core_stop(core);
	ended = pdg_publisher_stop(core->publisher, PDG_STOP_LOG_MS);
	kept = pdg_writer_end(core->writer, PDG_STOP_STORE_MS) && kept;
	if (!ended)
		pdg_log(PDG_LOG_WARN, "log-call-abandoned", NULL);
	if (!kept)
		pdg_log(PDG_LOG_WARN, "store-call-abandoned", NULL);
	if (!ended || !kept)
		return false;
	pdg_callers_free(core->callers);
	pdg_job_queue_free(core->deciders);
	pdg_publisher_free(core->publisher);
	pdg_linked_free(core->linked);
	pdg_writer_free(core->writer);
	pdg_journal_free(core->journal);
	pdg_policy_box_free(core->policy);
	pdg_log_free(core->log);
	pdg_relay_free(core->relay);
	pdg_store_close(core->store);
	pdg_root_free(core->root);
	pdg_buf_done(&core->root_json);
	pdg_core_keys_done(core);
	free(core->journal_origin);
	free(core->key_cache);
	pdg_metrics_free(core->teller.metrics);
	pdg_teller_done(&core->teller);
	pdg_process_free(core->process);
	(void)pthread_mutex_destroy(&core->look.mutex);
	(void)pthread_mutex_destroy(&core->trial.mutex);
	(void)pthread_mutex_destroy(&core->reload_mutex);
	free(core);
	return true;
}
PDG_AUTO_DEFINE(core, struct pdg_core *, pdg_core_close)

/* When a key was used first: in the store under @name. */
struct first_use {
	struct pdg_core *core;
	const char *name;
	uint64_t at; /* 0: not yet */
};

/* Another pedigreed over the same store may have kept one since: then that stays. */
static int change_first_use(void *ctx, struct pdg_error *err)
{
	struct first_use *f = ctx;
	int64_t now = pdg_now(&f->core->clock);
	PDG_AUTO(mem) char *text = pdg_str_printf("%" PRId64, now);
	struct pdg_store *s = f->core->store;
	int rc = text ? pdg_store_meta_number(s, f->name, &f->at, err) : pdg_nomem(err);

	if (rc < 0 || f->at)
		return rc;
	f->at = (uint64_t)now;
	rc = s->ops->meta_set(s, f->name, text, err);
	return rc < 0 ? rc : 1;
}

/* Since when the journal's key signs. */
static int keep_journal_since(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(mem)
	char *name = pdg_str_printf(PDG_META_KEY_SINCE, pdg_key_hint(core->journal_key));
	struct first_use f = {.core = core, .name = name};
	int rc = name ? pdg_store_meta_number(core->store, name, &f.at, err) : pdg_nomem(err);

	if (rc == 0 && !f.at && !core->only_check)
		rc = pdg_store_change(core->store, change_first_use, &f, err);
	if (rc == 0)
		core->journal_since = (int64_t)f.at;
	return rc;
}

/*
 * What is kept of key files is believed when they are read again, so nobody else may write there
 * (FIL-1). Without the folder keys are described anew at every start; that is all.
 */
static int open_key_cache(struct pdg_core *core, struct pdg_error *err)
{
	const char *store = core->cfg->store_path;
	PDG_AUTO(mem) char *path = store ? pdg_str_printf("%s.keys", store) : NULL;
	struct pdg_error why = {0};
	int rc;

	if (!store)
		return 0;
	if (!path)
		return pdg_nomem(err);
	if (core->only_check && !pdg_fs_exists(path))
		return 0;
	rc = pdg_fs_private_dir(path, &why);
	if (rc == PDG_E_IO)
		return 0;
	if (rc < 0) {
		if (err)
			*err = why;
		return pdg_context(err, rc, "key cache");
	}
	core->key_cache = PDG_TAKE(path);
	return 0;
}

static int open_policy(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *f = NULL;
	struct pdg_own_trust own = {
		.service = core->signing_key,
		.journal = core->journal_key,
		.log = core->cfg->log == PDG_LOG_EMBEDDED ? core->log_key : NULL,
		.root_json = pdg_buf_bytes(&core->root_json),
		.service_keys = pdg_buf_cstr(&core->own_keys),
	};
	uint64_t least;
	int rc;

	rc = open_key_cache(core, err);
	if (rc == 0)
		rc = pdg_store_meta_number(core->store, PDG_META_POLICY_VERSION, &least, err);
	if (rc == 0)
		rc = pdg_policy_box_new(core->cfg, &own, core->key_cache, &core->clock, least,
					&core->policy, err);
	if (rc < 0)
		return rc;
	if (!core->only_check)
		pdg_core_warn_if_untrusted(core, core->cfg);
	f = pdg_in_force_ref(core->policy);
	return pdg_core_keep_policy(core, f->policy, err);
}

static int start_callers(struct pdg_core *core, struct pdg_error *err)
{
	const struct pdg_callers_options opt = {
		.policy = core->policy,
		.start_relay = pdg_core_start_token_relay,
		.go_on = pdg_core_go_on,
		.ctx = core,
	};

	return pdg_callers_new(&opt, &core->callers, err);
}

static void decide(void *ctx, struct pdg_job *job)
{
	pdg_core_go_on(ctx, job, 0);
}

static void turn_away(void *ctx, struct pdg_job *job)
{
	pdg_core_go_on(ctx, job, job->err.code);
}

/* A database elsewhere may be slow, or gone without a word: no connection's thread waits for it. */
static int start_deciders(struct pdg_core *core, struct pdg_error *err)
{
	const struct pdg_job_queue_options opt = {
		.threads = PDG_LIMIT_DECIDERS,
		.jobs = PDG_LIMIT_DECIDERS_WAITING,
		.bytes = PDG_LIMIT_DECIDERS_BYTES,
		.full = "too many submissions wait to be judged",
		.work = decide,
		.turn_away = turn_away,
		.ctx = core,
	};

	return core->store->ops->shared ? pdg_job_queue_new(&opt, &core->deciders, err) : 0;
}

static int start_threads(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_publisher_options opt = {
		.store = core->store,
		.stamps = core->cfg->authority ? &core->stamps : NULL,
		.policy = core->policy,
		.metrics = core->teller.metrics,
	};
	uint64_t log_size;
	int rc;

	rc = pdg_store_meta_number(core->store, PDG_META_LOG_SIZE, &log_size, err);
	if (rc == 0)
		rc = pdg_writer_new(core->store, core->journal, log_size, &core->writer, err);
	if (rc < 0)
		return rc;
	rc = pdg_core_start_relay(core, err);
	if (rc < 0)
		return rc;
	opt.log = core->log;
	opt.writer = core->writer;
	rc = pdg_publisher_new(&opt, &core->publisher, err);
	if (rc < 0)
		return rc;
	pdg_writer_publisher(core->writer, core->publisher);
	pdg_writer_metrics(core->writer, core->teller.metrics);
	rc = pdg_publisher_start(core->publisher, err);
	if (rc == 0)
		rc = start_callers(core, err);
	return rc < 0 ? rc : start_deciders(core, err);
}

/* Everything is open that is not opened by a folder that stays allowed. */
static int confine(const struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *f = pdg_in_force_ref(core->policy);

	return pdg_service_confine(core->cfg, f->policy, err);
}

static int open_parts(struct pdg_core *core, struct pdg_error *err)
{
	int rc = pdg_core_start_signer(core, err);

	if (rc == 0 && !core->only_check)
		rc = pdg_core_open_signing_key(core, err);
	if (rc == 0)
		rc = pdg_core_open_store(core, err);
	if (rc == 0 && core->only_check)
		rc = pdg_core_open_signing_key(core, err);
	if (rc == 0)
		rc = pdg_core_open_journal_key(core, err);
	if (rc == 0)
		rc = pdg_core_open_log(core, err);
	if (rc == 0)
		rc = pdg_core_seal_keys(core, err);
	if (rc == 0)
		rc = pdg_core_keep_own_keys(core, err);
	if (rc == 0)
		rc = open_policy(core, err);
	if (rc == 0)
		rc = keep_journal_since(core, err);
	if (rc == 0)
		rc = pdg_journal_open(core->store, core->journal_key, core->journal_origin,
				      !core->only_check && !core->store->ops->shared,
				      &core->journal, err);
	if (rc == 0 && core->cfg->confine)
		rc = confine(core, err);
	if (rc == 0 && !core->only_check)
		rc = start_threads(core, err);
	return rc;
}

static int core_open(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
		     bool only_check, struct pdg_core **out, struct pdg_error *err)
{
	PDG_AUTO(core) struct pdg_core *core = pdg_calloc(1, sizeof(*core));
	int rc;

	if (!core)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&core->look.mutex, NULL);
	(void)pthread_mutex_init(&core->trial.mutex, NULL);
	(void)pthread_mutex_init(&core->reload_mutex, NULL);
	pdg_teller_init(&core->teller);
	core->linked = pdg_linked_new();
	if (!core->linked)
		return pdg_nomem(err);
	core->cfg = cfg;
	core->clock = *clock;
	core->only_check = only_check;
	pdg_buf_init(&core->root_json, PDG_LIMIT_KIB(64));
	pdg_buf_init(&core->own_keys, PDG_LIMIT_KIB(64));
	pdg_buf_init(&core->next_own_keys, PDG_LIMIT_KIB(64));
	core->process = pdg_process_new();
	if (!core->process)
		return pdg_nomem(err);
	rc = pdg_metrics_new(&core->teller.metrics, err);
	if (rc == 0)
		rc = open_parts(core, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(core);
	return 0;
}

int pdg_core_open(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
		  struct pdg_core **out, struct pdg_error *err)
{
	return core_open(cfg, clock, false, out, err);
}

int pdg_core_open_to_check(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
			   struct pdg_core **out, struct pdg_error *err)
{
	return core_open(cfg, clock, true, out, err);
}
