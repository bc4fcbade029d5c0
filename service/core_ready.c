/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness (design 7): each thing that a submission will need is done once, with what is there. A
 * daemon that only says that it is up would go on taking what it cannot finish.
 */
#include <inttypes.h>
#include <string.h>

#include "attest/bundle_verify.h"
#include "service/core_impl.h"
#include "service/countersign.h"
#include "service/health.h"
#include "service/meta.h"
#include "service/trial.h"
#include "tlog/embedded.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define TRY_EVERY_MS  1000
#define LOOK_EVERY_MS 3000
#define LATE_MS	      3000

static int not_ready(struct pdg_error *err, const char *rule, const struct pdg_error *why)
{
	struct pdg_error was = *why;

	return pdg_reject(err, rule, "%s", was.text);
}

/*
 * What takes time, and everybody may ask for: one looks at @of, every few seconds, and whoever asks
 * in the meantime, or while he does, hears what was found last. Who comes for a newer @of looks at
 * that, whoever else still looks at what is of no use any more. True: the caller is the one, and
 * says found(). False: *@out_rc and *@err were found; *@out_ms: for how long somebody has looked.
 */
static bool look_first(struct pdg_last_look *look, uint64_t of, int *out_rc, int64_t *out_ms,
		       struct pdg_error *err)
{
	int64_t now = pdg_monotonic_ms();
	bool mine;

	(void)pthread_mutex_lock(&look->mutex);
	mine = of > look->of || (of == look->of && !look->looking && now >= look->until);
	*out_ms = look->looking ? now - look->began : 0;
	if (of > look->of) {
		look->of = of;
		look->rc = 0;
	}
	if (mine) {
		look->looking = true;
		look->began = now;
	}
	*out_rc = look->rc;
	if (look->rc < 0 && !mine)
		*err = look->err;
	(void)pthread_mutex_unlock(&look->mutex);
	return mine;
}

static int found(struct pdg_last_look *look, uint64_t of, int rc, const struct pdg_error *why,
		 struct pdg_error *err)
{
	(void)pthread_mutex_lock(&look->mutex);
	if (of == look->of) {
		look->looking = false;
		look->until = pdg_monotonic_ms() + LOOK_EVERY_MS;
		look->rc = rc;
		look->err = *why;
	}
	(void)pthread_mutex_unlock(&look->mutex);
	*err = *why;
	return rc;
}

/* A token signs some twenty times a second, and one that hangs takes ten seconds to be given up:
 * those who submit and those who read are to have what there is. */
static int try_to_sign(struct pdg_core *core, const struct pdg_key *key, uint64_t turn,
		       struct pdg_error *err)
{
	struct pdg_error why = {0};
	int64_t ms;
	int rc;

	if (look_first(&core->trial, turn, &rc, &ms, err)) {
		rc = pdg_core_can_sign(key, &why);
		return found(&core->trial, turn, rc, &why, err);
	}
	if (rc == 0 && ms > LATE_MS)
		rc = pdg_fail(err, PDG_E_IO,
			      "the signing key has not answered for %" PRId64 " seconds",
			      ms / 1000);
	return rc;
}

static int check_signing(struct pdg_core *core, struct pdg_error *err)
{
	/* Counted once it is in force: taken in this order, a new number never means an old key. */
	uint64_t turn = atomic_load(&core->turned);
	PDG_AUTO(in_force) struct pdg_in_force *force = pdg_in_force_ref(core->policy);
	struct pdg_error why = {0};
	int rc = try_to_sign(core, force->signing, turn, &why);

	if (rc == 0)
		rc = pdg_core_may_sign(core, force, pdg_now(&core->clock), &why);
	if (rc == 0)
		return 0;
	rc = not_ready(err, "RDY-1", &why);
	if (why.fix[0])
		pdg_fix(err, "%s", why.fix);
	return rc;
}

int pdg_core_check_bundle(const struct pdg_core *core, const struct pdg_stored *a,
			  const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	struct pdg_entry_claim claim = {
		.payload = pdg_buf_bytes(&a->payload),
		.sig = pdg_buf_bytes(&a->countersig),
		.key = key,
		.latest = pdg_now(&core->clock),
	};
	struct pdg_entry_shown shown;
	uint8_t digest[32];
	int64_t at;
	int rc;

	rc = pdg_bundle_parse(pdg_buf_bytes(&a->bundle), &b, err);
	if (rc < 0)
		return rc;
	if (!b->envelope || b->n_entries != 1 ||
	    !pdg_bytes_eq(pdg_buf_bytes(&b->envelope->payload), pdg_buf_bytes(&a->payload)) ||
	    b->envelope->n_sigs != 1 ||
	    !pdg_bytes_eq(pdg_buf_bytes(&b->envelope->sigs[0].sig), pdg_buf_bytes(&a->countersig)))
		return pdg_reject(err, "FSK-1", "the bundle is not about what is kept");
	rc = pdg_signed_digest(pdg_buf_bytes(&a->payload), digest, err);
	if (rc < 0)
		return rc;
	claim.digest = digest;
	rc = pdg_entry_judge(b->entries[0], core->root, &claim, &shown, err);
	return rc < 0 ? rc : pdg_bundle_time(b, core->root, claim.sig, claim.latest, &at, err);
}

/* The newest leaf of the journal, or its empty checkpoint. */
static int check_journal(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = NULL;
	uint64_t size;
	int rc = core->store->ops->journal_state(core->store, &size, &note, err);

	if (rc < 0)
		return rc;
	if (size > 0) {
		rc = pdg_journal_read(core->store, size - 1, &p, err);
		return rc < 0 ? rc : pdg_journal_proof_verify(p, core->journal_key, err);
	}
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, err);
	return rc < 0 ? rc : pdg_checkpoint_verify(c, core->journal_origin, core->journal_key, err);
}

static int check_last_logged(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = pdg_in_force_ref(core->policy);
	PDG_AUTO(buf) struct pdg_buf reference = PDG_BUF_INIT(PDG_REFERENCE_LEN);
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	const struct pdg_key *key;
	int rc = pdg_publisher_last(core->publisher, &reference, err);

	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc == 0)
		rc = core->store->ops->get(core->store, pdg_buf_cstr(&reference), &a, err);
	if (rc < 0 || !a->logged) /* on its way to the store */
		return rc;
	key = pdg_in_force_service_key(force, a->service_key);
	if (!key)
		return pdg_fail(err, PDG_E_NOTFOUND, "no key %s", a->service_key);
	rc = pdg_core_check_bundle(core, a, key, err);
	return rc < 0 ? rc : pdg_core_check_tree(core, a, err);
}

/* The last entry may be a statement of megabytes. */
static int look_at_last_logged(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int64_t ms;
	int rc;

	if (!look_first(&core->look, 0, &rc, &ms, err))
		return rc;
	rc = check_last_logged(core, &why);
	return found(&core->look, 0, rc, &why, err);
}

/* What is served and written is what would be found after a restart. */
static int check_files(struct pdg_core *core, struct pdg_error *err)
{
	int rc = core->store->ops->there(core->store, err);

	if (rc == 0 && core->cfg->log == PDG_LOG_EMBEDDED)
		rc = pdg_embedded_there(core->log, err);
	return rc;
}

static int check_overdue(struct pdg_core *core, struct pdg_error *err)
{
	uint64_t all, pending;
	int64_t oldest;
	int rc = core->store->ops->count(core->store, &all, &pending, &oldest, err);

	if (rc < 0 || pending == 0 || oldest >= pdg_now(&core->clock) - core->cfg->pending_limit)
		return rc;
	return pdg_reject(err, "RDY-4",
			  "%" PRIu64
			  " attestations are not logged, the oldest waits for more than %" PRId64
			  " seconds",
			  pending, core->cfg->pending_limit);
}

/* While writing fails nobody but us may try, for whoever submits asks here first: once a second. */
static bool may_try(struct pdg_core *core)
{
	int64_t now = pdg_monotonic_ms();
	int64_t last = atomic_load(&core->tried);

	return now - last >= TRY_EVERY_MS &&
	       atomic_compare_exchange_strong(&core->tried, &last, now);
}

static int check_writing(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc;

	if (core->cfg->log == PDG_LOG_EMBEDDED && pdg_embedded_shows(core->log, &why) < 0 &&
	    (!may_try(core) || pdg_embedded_show_again(core->log, &why) < 0))
		return not_ready(err, "RDY-6", &why);
	if (!pdg_writer_fails(core->writer, &why))
		return 0;
	if (may_try(core))
		pdg_trial_write(core->writer);
	rc = not_ready(err, "RDY-6", &why);
	if (pdg_health_is_damage(&why))
		pdg_fix(err, "%s", why.fix);
	return rc;
}

/* A policy that could not be taken in, or anything else that SIGHUP was to take in. */
static int check_reload(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};
	const char *failed;
	int rc;

	(void)pthread_mutex_lock(&core->reload_mutex);
	failed = core->reload_failed;
	why = core->reload_why;
	(void)pthread_mutex_unlock(&core->reload_mutex);
	if (!failed && pdg_policy_box_stale(core->policy, &why))
		failed = "policy";
	if (!failed)
		return 0;
	rc = pdg_reject(err, pdg_str_eq(failed, PDG_RELOAD_KEY) ? "RDY-7" : "RDY-3", "%s: %s",
			failed, why.text);
	if (why.fix[0])
		pdg_fix(err, strstr(why.fix, "reload") ? "%s" : "%s, and reload", why.fix);
	return rc;
}

/* Another service over the same store may have a newer policy already (rules.md 5.8). What this one
 * is about to put in force is kept before it is: asked in this order, it is known to be ours. */
static int check_version(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = NULL;
	PDG_AUTO(mem) char *digest = NULL;
	struct pdg_error why = {0};
	uint64_t newest;
	int rc = pdg_store_meta_number(core->store, PDG_META_POLICY_VERSION, &newest, err);

	if (rc < 0)
		return rc;
	if (newest > pdg_policy_box_newest(core->policy)) {
		force = pdg_in_force_ref(core->policy);
		rc = pdg_reject(err, "RDY-3",
				"the policy in force here has version %" PRIu64
				", another service over this store has %" PRIu64,
				force->policy->version, newest);
		pdg_fix(err, "put that policy in force here too: SIGHUP");
		return rc;
	}
	force = pdg_in_force_ref(core->policy);
	digest = pdg_core_policy_digest(force->policy);
	if (!digest)
		return pdg_nomem(err);
	rc = pdg_core_check_policy(core, digest, &why);
	return rc < 0 ? not_ready(err, "RDY-3", &why) : 0;
}

/* To this service, or to another over the same store. Only people can find out why. */
static int check_log(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};

	return pdg_publisher_doubt(core->publisher, &why) < 0 ? not_ready(err, "RDY-9", &why) : 0;
}

int pdg_core_ready(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc;

	/* First what stops submissions. */
	rc = check_signing(core, err);
	if (rc < 0)
		return rc;
	rc = check_files(core, &why);
	if (rc < 0) {
		rc = not_ready(err, "RDY-5", &why);
		/* No file of ours is gone: the database is away. */
		if (core->store->ops->shared && pdg_str_starts(why.rule, "STO-"))
			pdg_fix(err, "see to the database: when it answers again the service goes "
				     "on by itself; where another one took its place, start every "
				     "pedigreed anew");
		return rc;
	}
	rc = check_writing(core, err);
	if (rc < 0)
		return rc;
	rc = check_version(core, err);
	if (rc < 0)
		return rc;
	rc = check_journal(core, &why);
	if (rc == 0)
		rc = look_at_last_logged(core, &why);
	if (rc < 0)
		return not_ready(err, "RDY-2", &why);
	rc = check_log(core, err);
	if (rc == 0)
		rc = check_reload(core, err);
	return rc < 0 ? rc : check_overdue(core, err);
}
