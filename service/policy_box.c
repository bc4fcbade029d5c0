/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and swapping the policy. Everything it names is loaded before it comes into force, so
 * that a broken key file is found by whoever reloads and not by whoever submits.
 */
#include "service/policy_box.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "util/size.h"
#include "util/str.h"

struct pdg_policy_box {
	const struct pdg_service_config *cfg;
	struct pdg_own_trust own;
	const char *key_cache;
	struct pdg_clock clock;
	pthread_mutex_t mutex; /* guards the rest, and refs of every pdg_in_force */
	struct pdg_in_force *current;
	uint64_t least_version;
	bool stale;
	struct pdg_error why;
};

static void in_force_free(struct pdg_in_force *f)
{
	if (!f)
		return;
	pdg_candidates_done(&f->candidates);
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

/* Trust @key in @list, which names none, unless it is revoked. */
static int trust_own(struct pdg_key_list *list, const struct pdg_key *key,
		     const struct pdg_revocations *revoked, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_trusted_key *one = pdg_calloc(1, sizeof(*one));
	PDG_AUTO(mem) char *name = pdg_str_dup("this service");
	int rc;

	if (!one || !name)
		return pdg_nomem(err);
	rc = pdg_key_public_der(pdg_key_spki(key), &one->key, err);
	if (rc < 0)
		return rc;
	one->name = PDG_TAKE(name);
	pdg_trusted_key_revoke(one, revoked);
	free(list->v);
	list->v = PDG_TAKE(one);
	list->n = 1;
	return 0;
}

/* A policy written for this service alone need not name what the service knows of itself. */
static int add_own_trust(struct pdg_in_force *f, const struct pdg_own_trust *own,
			 struct pdg_error *err)
{
	int rc = 0;

	if (f->policy->service_keys.n == 0)
		rc = trust_own(&f->policy->service_keys, own->service, &f->policy->revocations,
			       err);
	if (rc == 0 && f->policy->journal_keys.n == 0)
		rc = trust_own(&f->policy->journal_keys, own->journal, &f->policy->revocations,
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
			rc = pdg_context(err, rc, "[repository \"%s\"]", r->uri);
	}
	return rc;
}

static int load(struct pdg_policy_box *box, uint64_t least, struct pdg_in_force **out,
		struct pdg_error *err)
{
	PDG_AUTO(loaded) struct pdg_in_force *f = pdg_calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return pdg_nomem(err);
	f->box = box;
	f->refs = 1;
	rc = pdg_service_policy_load(box->cfg, &f->policy, err);
	if (rc < 0)
		return rc;
	if (f->policy->version < least)
		return pdg_reject(err, "POL-11",
				  "%s has version %" PRIu64 ", but version %" PRIu64
				  " was in force",
				  f->policy->file, f->policy->version, least);
	rc = check_purposes(f->policy, &box->own, err);
	if (rc == 0)
		rc = add_own_trust(f, &box->own, err);
	if (rc == 0)
		rc = pdg_judge_new(f->policy, box->key_cache, &box->clock, &f->judge, err);
	if (rc == 0 && !f->judge->root)
		rc = pdg_root_parse(box->own.root_json, &f->judge->root, err);
	if (rc == 0)
		rc = load_signers(f, err);
	if (rc == 0)
		rc = pdg_candidates_init(&f->candidates, f->policy, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(f);
	return 0;
}

int pdg_policy_box_new(const struct pdg_service_config *cfg, const struct pdg_own_trust *own,
		       const char *key_cache, const struct pdg_clock *clock, uint64_t least_version,
		       struct pdg_policy_box **out, struct pdg_error *err)
{
	struct pdg_policy_box *box = pdg_calloc(1, sizeof(*box));
	int rc;

	if (!box)
		return pdg_nomem(err);
	box->cfg = cfg;
	box->own = *own;
	box->key_cache = key_cache;
	box->clock = *clock;
	(void)pthread_mutex_init(&box->mutex, NULL);
	rc = load(box, least_version, &box->current, err);
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
	(void)pthread_mutex_destroy(&box->mutex);
	free(box);
}

int pdg_policy_box_reload(struct pdg_policy_box *box,
			  int (*keep)(void *ctx, uint64_t version, struct pdg_error *err),
			  void *ctx, struct pdg_error *err)
{
	PDG_AUTO(loaded) struct pdg_in_force *fresh = NULL;
	struct pdg_in_force *old = NULL;
	struct pdg_error why = {0};
	uint64_t least;
	int rc;

	(void)pthread_mutex_lock(&box->mutex);
	least = box->least_version;
	(void)pthread_mutex_unlock(&box->mutex);
	rc = load(box, least, &fresh, &why);
	if (rc == 0)
		rc = keep(ctx, fresh->policy->version, &why);
	(void)pthread_mutex_lock(&box->mutex);
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
