/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature and identity of a submission, before anything in its payload is looked at. The number
 * of signatures times the number of keys is the sender's to choose, so trials are counted.
 */
#include "service/identity.h"

#include <stdlib.h>
#include <string.h>

#include "util/size.h"

/* A key of several sections of one kind is one candidate. */
static bool has_key(const struct pdg_candidates *c, const struct pdg_key *key)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (pdg_key_same(c->v[i].key->key, key))
			return true;
	}
	return false;
}

static int add_list(struct pdg_candidates *c, const struct pdg_key_list *keys,
		    enum pdg_enrolled_as as, const char *section, unsigned line,
		    struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < keys->n; i++) {
		if (has_key(c, keys->v[i].key))
			continue;
		if (pdg_array_grow(&c->v, c->n, &c->cap, sizeof(*c->v), SIZE_MAX / 256) < 0)
			return pdg_nomem(err);
		c->v[c->n++] = (struct pdg_candidate){
			.as = as, .key = &keys->v[i], .section = section, .line = line};
	}
	return 0;
}

static int compare_line(const void *a, const void *b)
{
	const struct pdg_candidate *x = a;
	const struct pdg_candidate *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static const char *hint_of(const struct pdg_candidates *c, size_t i)
{
	return pdg_key_hint(c->v[i].key->key);
}

static int compare_hint(const void *a, const void *b, void *ctx)
{
	const struct pdg_candidates *c = ctx;

	return strcmp(hint_of(c, *(const size_t *)a), hint_of(c, *(const size_t *)b));
}

int pdg_candidates_init(struct pdg_candidates *c, const struct pdg_policy *policy,
			struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < policy->n_repositories; i++)
		rc = add_list(c, &policy->repositories[i].server_keys, PDG_AS_SERVER,
			      policy->repositories[i].uri, policy->repositories[i].line, err);
	for (i = 0; rc == 0 && i < policy->n_builders; i++)
		rc = add_list(c, &policy->builders[i].keys, PDG_AS_BUILDER, policy->builders[i].id,
			      policy->builders[i].line, err);
	for (i = 0; rc == 0 && i < policy->n_producers; i++)
		rc = add_list(c, &policy->producers[i].keys, PDG_AS_PRODUCER,
			      policy->producers[i].name, policy->producers[i].line, err);
	if (rc < 0)
		return rc;
	c->by_hint = pdg_calloc(c->n ? c->n : 1, sizeof(*c->by_hint));
	if (!c->by_hint)
		return pdg_nomem(err);
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), compare_line);
	for (i = 0; i < c->n; i++)
		c->by_hint[i] = i;
	if (c->n)
		qsort_r(c->by_hint, c->n, sizeof(*c->by_hint), compare_hint, c);
	return 0;
}

void pdg_candidates_done(struct pdg_candidates *c)
{
	free(c->v);
	free(c->by_hint);
	*c = (struct pdg_candidates){0};
}

static const struct pdg_candidate *find_hint(const struct pdg_candidates *c, const char *hint)
{
	size_t low = 0;
	size_t high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(hint_of(c, c->by_hint[mid]), hint);

		if (order == 0)
			return &c->v[c->by_hint[mid]];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct trials {
	const struct pdg_envelope *e;
	const char *hint;
	int64_t now;
	unsigned left;
	struct pdg_identity found;
	struct pdg_error outlived; /* of the first who signed and may not now; code 0: none */
};

static const char *keyid(const struct trials *t, size_t sig)
{
	const char *id = t->e->sigs[sig].keyid;

	return id[0] ? id : (t->hint ? t->hint : "");
}

static bool is_found(const struct trials *t, const struct pdg_candidate *who)
{
	size_t i;

	for (i = 0; i < t->found.n; i++) {
		if (t->found.v[i].who == who)
			return true;
	}
	return false;
}

/* Did @who make signature @sig? Found or not, 0; PDG_E_* when it could not be asked. */
static int try_one(struct trials *t, const struct pdg_candidate *who, size_t sig,
		   struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc;

	if (t->left == 0 || is_found(t, who))
		return 0;
	t->left--;
	rc = pdg_key_verify(who->key->key, pdg_buf_bytes(&t->e->pae),
			    pdg_buf_bytes(&t->e->sigs[sig].sig), &why);
	if (rc == PDG_E_REJECTED)
		return 0; /* a trial alone: no verdict on anything */
	if (rc < 0 && err)
		*err = why;
	if (rc < 0)
		return rc;
	rc = pdg_trusted_key_good_at(who->key, t->now, false, &why);
	if (rc == 0)
		t->found.v[t->found.n++] = (struct pdg_signed_by){who, sig};
	else if (t->outlived.code == 0)
		t->outlived = why;
	return 0;
}

/* Each signature under the key that it names; *@out_named: the first such key. */
static int try_named(const struct pdg_candidates *c, struct trials *t,
		     const struct pdg_candidate **out_named, struct pdg_error *err)
{
	size_t sig;
	int rc = 0;

	for (sig = 0; rc == 0 && sig < t->e->n_sigs; sig++) {
		const struct pdg_candidate *who = find_hint(c, keyid(t, sig));

		if (who && !*out_named)
			*out_named = who;
		if (who)
			rc = try_one(t, who, sig, err);
	}
	return rc;
}

/* Each key against every signature that names another, until one stands. */
static int try_others(const struct pdg_candidates *c, struct trials *t, struct pdg_error *err)
{
	size_t i, sig;
	int rc = 0;

	for (i = 0; i < c->n && t->left > 0; i++) {
		for (sig = 0; sig < t->e->n_sigs && t->found.n == 0; sig++) {
			if (strcmp(hint_of(c, i), keyid(t, sig)) == 0)
				continue; /* tried above */
			rc = try_one(t, &c->v[i], sig, err);
			if (rc < 0)
				return rc;
		}
	}
	return rc;
}

static int unknown(const struct trials *t, const struct pdg_candidate *named, struct pdg_error *err)
{
	int rc;

	if (t->outlived.code < 0) {
		if (err)
			*err = t->outlived;
		return t->outlived.code;
	}
	if (named)
		return pdg_reject(err, "ENV-5",
				  "the signature is not one of key %s, which it names",
				  pdg_key_hint(named->key->key));
	rc = pdg_reject(err, "IDN-1", "signed by no key that the policy enrols");
	pdg_fix(err,
		"enrol the key in the service's policy, or name it by keyid when many are enrolled");
	return rc;
}

int pdg_identify(const struct pdg_candidates *c, const struct pdg_envelope *e, const char *hint,
		 int64_t now, struct pdg_identity *out, struct pdg_error *err)
{
	struct trials t = {.e = e, .hint = hint, .now = now, .left = PDG_LIMIT_CANDIDATE_KEYS};
	const struct pdg_candidate *named = NULL;
	int rc = try_named(c, &t, &named, err);

	if (rc == 0 && t.found.n == 0)
		rc = try_others(c, &t, err);
	if (rc < 0)
		return rc;
	if (t.found.n == 0)
		return unknown(&t, named, err);
	*out = t.found;
	return 0;
}

bool pdg_identity_has(const struct pdg_identity *id, enum pdg_enrolled_as as)
{
	size_t i;

	for (i = 0; i < id->n; i++) {
		if (id->v[i].who->as == as)
			return true;
	}
	return false;
}

bool pdg_identity_narrow(struct pdg_identity *id, const struct pdg_key_list *keys)
{
	struct pdg_identity left = {.n = 0};
	size_t i;

	for (i = 0; i < id->n; i++) {
		if (pdg_key_list_has(keys, id->v[i].who->key->key))
			left.v[left.n++] = id->v[i];
	}
	if (left.n == 0)
		return false;
	*id = left;
	return true;
}
