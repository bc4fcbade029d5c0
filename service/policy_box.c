/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and swapping the policy. Everything it names is loaded before it comes into force, so
 * that a broken key file is found by whoever reloads and not by whoever submits.
 */
#include "service/policy_box.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "service/own_keys.h"
#include "service/own_trust.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

struct pdg_policy_box {
	struct pdg_own_trust own; /* service and service_keys are the box's own */
	char *service_keys;
	const char *key_cache;
	struct pdg_clock clock;
	pthread_mutex_t mutex; /* guards the rest, and refs of every pdg_in_force */
	struct pdg_in_force *current;
	uint64_t least_version;
	uint64_t coming; /* the version that is made durable just now; 0: none */
	bool stale;
	struct pdg_error why;
};

static void in_force_free(struct pdg_in_force *f)
{
	if (!f)
		return;
	pdg_candidates_done(&f->candidates);
	pdg_own_keys_done(&f->own_keys);
	pdg_key_free(f->signing);
	pdg_judge_free(f->judge);
	pdg_policy_free(f->policy);
	free(f);
}
PDG_AUTO_DEFINE(loaded, struct pdg_in_force *, in_force_free)

struct pdg_in_force *pdg_in_force_ref(struct pdg_policy_box *box)
{
	struct pdg_in_force *f;

	(void)pthread_mutex_lock(&box->mutex);
	f = box->current;
	f->refs++;
	(void)pthread_mutex_unlock(&box->mutex);
	return f;
}

void pdg_in_force_unref(struct pdg_in_force *f)
{
	struct pdg_policy_box *box;
	bool last;

	if (!f)
		return;
	box = f->box;
	(void)pthread_mutex_lock(&box->mutex);
	last = --f->refs == 0;
	(void)pthread_mutex_unlock(&box->mutex);
	if (last)
		in_force_free(f);
}

/*
 * Trust the keys of @own in @list, which names none, unless they are revoked: a former one for what
 * was signed until another took its place, and for as long after that as something was under way.
 */
static int trust_own(struct pdg_key_list *list, const struct pdg_key_list *own,
		     const struct pdg_revocations *revoked, struct pdg_error *err)
{
	PDG_AUTO(own_keys) struct pdg_key_list fresh = {0};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < own->n; i++) {
		int64_t until = own->v[i].when.before;

		rc = pdg_own_keys_add(&fresh, pdg_key_spki(own->v[i].key), 0,
				      until ? until + PDG_TIME_TOLERANCE : 0, err);
		if (rc == 0)
			pdg_trusted_key_revoke(&fresh.v[i], revoked);
	}
	if (rc < 0)
		return rc;
	free(list->v);
	*list = fresh;
	fresh = (struct pdg_key_list){0};
	return 0;
}

static int trust_journal(struct pdg_key_list *list, const struct pdg_key *key,
			 const struct pdg_revocations *revoked, struct pdg_error *err)
{
	PDG_AUTO(own_keys) struct pdg_key_list one = {0};
	int rc = pdg_own_keys_add(&one, pdg_key_spki(key), 0, 0, err);

	return rc < 0 ? rc : trust_own(list, &one, revoked, err);
}

/* A policy written for this service alone need not name what the service knows of itself. */
static int add_own_trust(struct pdg_in_force *f, const struct pdg_own_trust *own,
			 struct pdg_error *err)
{
	int rc = 0;

	if (f->policy->service_keys.n == 0)
		rc = trust_own(&f->policy->service_keys, &f->own_keys, &f->policy->revocations,
			       err);
	if (rc == 0 && f->policy->journal_keys.n == 0 && own->journal)
		rc = trust_journal(&f->policy->journal_keys, own->journal, &f->policy->revocations,
				   err);
	return rc;
}

static int one_purpose(const struct pdg_key_list *list, const struct pdg_key *key, const char *what,
		       const char *where, struct pdg_error *err)
{
	if (!key || !pdg_key_list_has(list, key))
		return 0;
	return pdg_reject(err, "CFG-3", "the %s key of this service is also %s", what, where);
}

/* Design 7: signing, log and journal keys are keys of their own. */
static int check_purposes(const struct pdg_policy *p, const struct pdg_own_trust *own,
			  struct pdg_error *err)
{
	const struct {
		const struct pdg_key *key;
		const char *what;
	} ours[] = {{own->service, "signing"}, {own->journal, "journal"}, {own->log, "log"}};
	size_t i, k;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(ours) / sizeof(ours[0]); i++) {
		for (k = 0; rc == 0 && k < p->n_repositories; k++)
			rc = one_purpose(&p->repositories[k].server_keys, ours[i].key, ours[i].what,
					 "a serverKey", err);
		for (k = 0; rc == 0 && k < p->n_builders; k++)
			rc = one_purpose(&p->builders[k].keys, ours[i].key, ours[i].what,
					 "a builder's", err);
		for (k = 0; rc == 0 && k < p->n_producers; k++)
			rc = one_purpose(&p->producers[k].keys, ours[i].key, ours[i].what,
					 "a producer's", err);
		if (rc == 0 && i != 0)
			rc = one_purpose(&p->service_keys, ours[i].key, ours[i].what,
					 "a serviceKey", err);
		if (rc == 0 && i != 1)
			rc = one_purpose(&p->journal_keys, ours[i].key, ours[i].what,
					 "a journalKey", err);
	}
	return rc;
}

/* Sections that emit or judge no source may be without a developer's key. */
static int load_signers(struct pdg_in_force *f, struct pdg_error *err)
{
	const struct pdg_signers *signers;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < f->policy->n_repositories; i++) {
		const struct pdg_policy_repository *r = &f->policy->repositories[i];

		if (r->source_from == PDG_GRADE_NONE)
			continue;
		rc = pdg_judge_signers(f->judge, r, &signers, err);
		if (rc < 0)
			rc = pdg_context(err, rc, "%s:%u", f->policy->file, r->line);
	}
	return rc;
}

/* Who signs, and who did. */
static int load_own_keys(struct pdg_in_force *f, const struct pdg_own_trust *own,
			 struct pdg_error *err)
{
	f->signing = pdg_key_share(own->service);
	if (own->service_keys)
		return pdg_own_keys_read(own->service_keys, &f->own_keys, err);
	return pdg_own_keys_add(&f->own_keys, pdg_key_spki(f->signing), 0, 0, err);
}

static int load(struct pdg_policy_box *box, const struct pdg_service_config *cfg,
		const struct pdg_own_trust *own, uint64_t least, struct pdg_in_force **out,
		struct pdg_error *err)
{
	PDG_AUTO(loaded) struct pdg_in_force *f = pdg_calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return pdg_nomem(err);
	f->box = box;
	f->refs = 1;
	rc = load_own_keys(f, own, err);
	if (rc == 0)
		rc = pdg_service_policy_load(cfg, &f->policy, err);
	if (rc < 0)
		return rc;
	if (f->policy->version < least)
		return pdg_reject(err, "POL-11",
				  "%s has version %" PRIu64 ", but version %" PRIu64
				  " was in force",
				  f->policy->file, f->policy->version, least);
	rc = check_purposes(f->policy, own, err);
	if (rc == 0)
		rc = add_own_trust(f, own, err);
	if (rc == 0)
		rc = pdg_judge_new(f->policy, box->key_cache, &box->clock, &f->judge, err);
	if (rc == 0 && !f->judge->root && own->root_json.n > 0)
		rc = pdg_root_parse(own->root_json, &f->judge->root, err);
	if (rc == 0)
		rc = load_signers(f, err);
	if (rc == 0)
		rc = pdg_candidates_init(&f->candidates, f->policy, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(f);
	return 0;
}

static int own_text(const struct pdg_next_key *next, char **out, struct pdg_error *err)
{
	*out = pdg_str_dup(next->service_keys);
	return next->service_keys && !*out ? pdg_nomem(err) : 0;
}

/* The box's own share of the key that signs, and @text, now its. */
static void take_own(struct pdg_policy_box *box, struct pdg_key *service, char *text)
{
	(void)pdg_key_share(service);
	pdg_key_free(box->own.service);
	free(box->service_keys);
	box->own.service = service;
	box->own.service_keys = box->service_keys = text;
}

int pdg_policy_box_new(const struct pdg_service_config *cfg, const struct pdg_own_trust *own,
		       const char *key_cache, const struct pdg_clock *clock, uint64_t least_version,
		       struct pdg_policy_box **out, struct pdg_error *err)
{
	struct pdg_policy_box *box = pdg_calloc(1, sizeof(*box));
	char *text = NULL;
	int rc;

	if (!box)
		return pdg_nomem(err);
	box->own = *own;
	box->own.service = NULL;
	box->key_cache = key_cache;
	box->clock = *clock;
	(void)pthread_mutex_init(&box->mutex, NULL);
	rc = own_text(&(struct pdg_next_key){own->service, own->service_keys}, &text, err);
	if (rc == 0)
		take_own(box, own->service, text);
	if (rc == 0)
		rc = load(box, cfg, &box->own, least_version, &box->current, err);
	if (rc < 0) {
		pdg_policy_box_free(box);
		return rc;
	}
	box->least_version = box->current->policy->version;
	*out = box;
	return 0;
}

void pdg_policy_box_free(struct pdg_policy_box *box)
{
	if (!box)
		return;
	in_force_free(box->current);
	pdg_key_free(box->own.service);
	free(box->service_keys);
	(void)pthread_mutex_destroy(&box->mutex);
	free(box);
}

void pdg_policy_box_coming(struct pdg_policy_box *box, uint64_t version)
{
	(void)pthread_mutex_lock(&box->mutex);
	box->coming = version;
	(void)pthread_mutex_unlock(&box->mutex);
}

uint64_t pdg_policy_box_newest(struct pdg_policy_box *box)
{
	uint64_t version;

	(void)pthread_mutex_lock(&box->mutex);
	version = box->current->policy->version;
	if (box->coming > version)
		version = box->coming;
	(void)pthread_mutex_unlock(&box->mutex);
	return version;
}

int pdg_policy_box_reload(struct pdg_policy_box *box, const struct pdg_service_config *cfg,
			  const struct pdg_next_key *next,
			  int (*keep)(void *ctx, const struct pdg_policy *policy,
				      struct pdg_error *err),
			  void *ctx, struct pdg_error *err)
{
	PDG_AUTO(loaded) struct pdg_in_force *fresh = NULL;
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_in_force *old = NULL;
	struct pdg_own_trust own = box->own;
	struct pdg_error why = {0};
	uint64_t least;
	int rc;

	(void)pthread_mutex_lock(&box->mutex);
	least = box->least_version;
	(void)pthread_mutex_unlock(&box->mutex);
	if (next) {
		own.service = next->service;
		own.service_keys = next->service_keys;
	}
	rc = load(box, cfg, &own, least, &fresh, &why);
	if (rc == 0 && next && !pdg_key_same(next->service, box->own.service)) {
		rc = pdg_own_trust_service(fresh, pdg_now(&box->clock), err);
		if (rc < 0)
			return rc;
	}
	if (rc == 0 && next)
		rc = own_text(next, &text, &why);
	if (rc == 0)
		rc = keep(ctx, fresh->policy, &why);
	/* What is kept comes into force: nothing fails from here on. Only this thread, the one that
	 * reloads, looks at what the box has of its own. */
	if (rc == 0 && next)
		take_own(box, next->service, PDG_TAKE(text));
	(void)pthread_mutex_lock(&box->mutex);
	box->coming = 0;
	box->stale = rc < 0;
	box->why = why;
	if (rc == 0) {
		old = box->current;
		box->least_version = fresh->policy->version;
		box->current = PDG_TAKE(fresh);
	}
	(void)pthread_mutex_unlock(&box->mutex);
	pdg_in_force_unref(old);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

const struct pdg_key *pdg_in_force_service_key(const struct pdg_in_force *f, const char *hint)
{
	const struct pdg_key *key = pdg_key_by_hint(f->signing, &f->policy->service_keys, hint);

	return key ? key : pdg_key_by_hint(f->signing, &f->own_keys, hint);
}

int64_t pdg_policy_box_now(const struct pdg_policy_box *box)
{
	return pdg_now(&box->clock);
}

bool pdg_policy_box_stale(struct pdg_policy_box *box, struct pdg_error *why)
{
	bool stale;

	(void)pthread_mutex_lock(&box->mutex);
	stale = box->stale;
	if (stale && why)
		*why = box->why;
	(void)pthread_mutex_unlock(&box->mutex);
	return stale;
}
