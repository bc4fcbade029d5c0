/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trees that a Rekor has signed, as this program saw them (attack T65). Each new one is held
 * against the newest that is known. The log is asked for the proof by one thread at a time and
 * without the lock: a log that is slow there delays nobody who asks about a tree that is known.
 */
#include <inttypes.h>
#include <string.h>

#include "tlog/rekor_impl.h"
#include "util/time.h"

#define BLIND_MS 30000

/* A tree of this size that is known already: 0 when it is this one, else LOG-2; 1 when none is. */
static int known(const struct pdg_rekor *r, const struct pdg_log_head *head, struct pdg_error *err)
{
	size_t n = r->n_heads < PDG_REKOR_HEADS ? r->n_heads : PDG_REKOR_HEADS;
	size_t i;

	for (i = 0; i < n; i++) {
		if (r->heads[i].size != head->size)
			continue;
		if (memcmp(r->heads[i].root.b, head->root.b, PDG_HASH_LEN) == 0)
			return 0;
		return pdg_reject(err, "LOG-2",
				  "the log has signed two trees of %" PRIu64 " entries",
				  head->size);
	}
	return 1;
}

/* Does @n begin with @m? The empty tree begins every other. */
static int compare(struct pdg_rekor *r, struct pdg_http *http, const struct pdg_log_head *m,
		   const struct pdg_log_head *n, struct pdg_error *err)
{
	struct pdg_proof proof = {.n = 0};
	int rc = 0;

	if (m->size > 0 && m->size < n->size)
		rc = r->kind->consistency(r, http, m->size, n->size, &proof, err);
	if (rc < 0)
		return rc;
	return pdg_merkle_consistency(m->size, &m->root, n->size, &n->root, &proof, err);
}

static void keep(struct pdg_rekor *r, const struct pdg_log_head *head)
{
	r->heads[r->n_heads++ % PDG_REKOR_HEADS] = *head;
	if (head->size >= r->newest.size)
		r->newest = *head;
}

/*
 * Held against the newest, with the lock given back meanwhile: nobody else adds one in that time,
 * so it still is the newest after it.
 */
static int compare_unlocked(struct pdg_rekor *r, struct pdg_http *http,
			    const struct pdg_log_head *head, struct pdg_error *err)
{
	const struct pdg_log_head newest = r->newest;
	int rc;

	r->comparing = true;
	(void)pthread_mutex_unlock(&r->history);
	rc = head->size > newest.size ? compare(r, http, &newest, head, err)
				      : compare(r, http, head, &newest, err);
	(void)pthread_mutex_lock(&r->history);
	r->comparing = false;
	(void)pthread_cond_broadcast(&r->compared);
	return rc;
}

/*
 * Who withholds proofs is not caught lying here; a later tree is held against the same. But that it
 * has none of a tree that others saw, or of one that it has outgrown, is quickly said, and no
 * reason to look no more.
 */
static void could_not(struct pdg_rekor *r, const struct pdg_log_head *head, bool own, int rc)
{
	if (rc != PDG_E_NOTFOUND || (own && head->size > r->newest.size))
		r->blind_until_ms = pdg_monotonic_ms() + BLIND_MS;
}

/* @own: an entry came with it. */
static int look(struct pdg_rekor *r, struct pdg_http *http, const struct pdg_log_head *head,
		bool own, bool *out, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = known(r, head, err);

	while (rc > 0 && r->comparing) {
		(void)pthread_cond_wait(&r->compared, &r->history);
		rc = known(r, head, err);
	}
	*out = rc == 0;
	if (rc <= 0)
		return rc;
	if (r->n_heads > 0) {
		if (pdg_monotonic_ms() < r->blind_until_ms)
			return 0;
		rc = compare_unlocked(r, http, head, &why);
		if (rc == PDG_E_NOTFOUND || rc == PDG_E_IO || rc == PDG_E_LIMIT) {
			could_not(r, head, own, rc);
			return 0;
		}
		if (rc < 0 && err)
			*err = why;
		if (rc < 0)
			return rc;
	}
	keep(r, head);
	*out = true;
	return 0;
}

int pdg_rekor_continues(struct pdg_rekor *r, struct pdg_http *http, const struct pdg_log_head *head,
			bool *out, struct pdg_error *err)
{
	int rc;

	(void)pthread_mutex_lock(&r->history);
	rc = look(r, http, head, true, out, err);
	(void)pthread_mutex_unlock(&r->history);
	return rc;
}

int pdg_rekor_hold(struct pdg_log *rekor, const struct pdg_log_head *head, bool *out,
		   struct pdg_error *err)
{
	struct pdg_rekor *r = (struct pdg_rekor *)rekor;
	struct pdg_http *http = NULL;
	int rc = pdg_rekor_take_client(r, &http, err);

	*out = false;
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&r->history);
	rc = look(r, http, head, false, out, err);
	(void)pthread_mutex_unlock(&r->history);
	pdg_rekor_give_client(r, http);
	return rc;
}

void pdg_rekor_remember(struct pdg_log *rekor, const struct pdg_log_head *head)
{
	struct pdg_rekor *r = (struct pdg_rekor *)rekor;

	/* Whoever compares has a head already: there is nothing to wait for. */
	(void)pthread_mutex_lock(&r->history);
	if (r->n_heads == 0 && head->size > 0)
		keep(r, head);
	(void)pthread_mutex_unlock(&r->history);
}
