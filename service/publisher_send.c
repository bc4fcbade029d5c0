/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the publisher to the log and back: the timestamp first where one is asked for, then the log,
 * a batch at a time (add) or each by itself (start), then the writer. Who failed stays pending.
 */
#include <string.h>

#include "service/publisher_impl.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

/*
 * An item that was not taken. One that is refused, or that fails while others do not, waits by
 * itself; a log that takes nothing is left in peace as a whole. False when that is known already.
 */
static bool item_failed(struct pdg_publisher *p, const struct pdg_item *it, bool alone, int64_t now)
{
	pdg_publisher_leave(p, it->id);
	p->failures++;
	if (alone && pdg_held_fail(&p->held, it->id, now))
		return true;
	if (p->backoff.until > now)
		return false;
	pdg_backoff_fail(&p->backoff, now);
	return true;
}

/* The log's own word on how long to leave it alone, within reason. */
static void leave_alone(struct pdg_publisher *p, int seconds, int64_t now)
{
	int64_t ms = INT64_C(1000) * (seconds < PDG_DEADLINE_MAX ? seconds : PDG_DEADLINE_MAX);
	int64_t until = now + ms;

	if (until > p->backoff.until)
		p->backoff.until = until;
}

/* Here it is the service that trusts the log, by what its own file says. */
static void tell(const struct pdg_error *why)
{
	struct pdg_error told = *why;

	if (pdg_str_eq(told.rule, "LOG-4"))
		pdg_fix(&told, "see that url, key and origin of [log] are of one log");
	pdg_log_error(PDG_LOG_WARN, "not-logged", &told);
}

/* What became of one call: who succeeded is on the way to the store, the others stay pending. */
static void settle_call(struct pdg_publisher *p, struct pdg_item *const *items, size_t n,
			const struct pdg_log_item *v, int rc, const struct pdg_error *err)
{
	int64_t now = pdg_monotonic_ms();
	const struct pdg_error *why = NULL;
	size_t i, good = 0;

	for (i = 0; rc == 0 && i < n; i++)
		good += v[i].rc == 0;
	(void)pthread_mutex_lock(&p->mutex);
	if (good) {
		pdg_backoff_ok(&p->backoff);
		p->seen = now;
	}
	for (i = 0; i < n; i++) {
		const struct pdg_error *own = rc < 0 ? err : &v[i].err;
		bool others;

		if (rc == 0 && v[i].rc == 0) {
			pdg_buf_reset(&p->last_reference);
			pdg_buf_puts(&p->last_reference, items[i]->reference);
			continue;
		}
		pdg_metrics_failed(p->opt.metrics, PDG_FAILS_LOG, own->rule);
		pdg_publisher_note_doubt(p, own, now);
		others = good > 0 || p->seen > items[i]->begun;
		if (item_failed(p, items[i], others || (rc == 0 && v[i].rc != PDG_E_IO), now))
			why = own;
		if (rc == 0)
			leave_alone(p, v[i].retry_after, now);
	}
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->mutex);
	if (why)
		tell(why);
}

static void describe(const struct pdg_item *it, struct pdg_log_item *out)
{
	memcpy(out->digest, it->digest, sizeof(out->digest));
	out->sig = pdg_buf_bytes(&it->sig);
	out->payload = pdg_buf_bytes(&it->payload);
	out->key = it->key;
	out->received = it->received;
}

/* --- batches --- */

/* One call with all of @items. */
static int call_log(struct pdg_publisher *p, struct pdg_item *const *items, size_t n,
		    struct pdg_log_item *v, struct pdg_error *err)
{
	struct pdg_job *jobs = NULL;
	struct pdg_job **last = &jobs;
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		describe(items[i], &v[i]);
	rc = p->opt.log->ops->add(p->opt.log, v, n, err);
	for (i = 0; rc == 0 && i < n; i++) {
		if (v[i].rc == 0)
			v[i].rc =
				pdg_item_logged(items[i], v[i].entry, p->opt.log, last, &v[i].err);
		if (*last)
			last = &(*last)->next;
	}
	pdg_writer_put_logged(p->opt.writer, jobs);
	for (i = 0; i < n; i++)
		pdg_entry_free(v[i].entry);
	return rc;
}

static void add_all(struct pdg_publisher *p, struct pdg_item **items, size_t n)
{
	PDG_AUTO(mem) struct pdg_log_item *v = pdg_calloc(n, sizeof(*v));
	struct pdg_error err = {0};
	size_t i;
	int rc = v ? call_log(p, items, n, v, &err) : pdg_nomem(&err);

	settle_call(p, items, n, v, rc, &err);
	for (i = 0; i < n; i++)
		pdg_item_free(items[i]);
}

/* --- one by one --- */

/* A call that was outstanding is over. */
static void call_ended(struct pdg_publisher *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->calls--;
	(void)pthread_cond_signal(&p->work);
	(void)pthread_cond_signal(&p->ended);
	(void)pthread_mutex_unlock(&p->mutex);
}

/*
 * A call for one item is over. What became of it is settled while the item is there, and the call
 * is counted off last: from then on the publisher may be gone.
 */
static void one_ended(struct pdg_publisher *p, struct pdg_item *it, const struct pdg_log_item *v,
		      int rc, const struct pdg_error *err)
{
	settle_call(p, &it, 1, v, rc, err);
	pdg_item_free(it);
	call_ended(p);
}

/* On the relay's thread: it must not block. No mutex is held. */
static void on_logged(void *ctx, struct pdg_log_item *v)
{
	struct pdg_item *it = ctx;
	struct pdg_publisher *p = it->publisher;
	struct pdg_job *job = NULL;

	if (v->rc == 0)
		v->rc = pdg_item_logged(it, v->entry, p->opt.log, &job, &v->err);
	/* A tree that could not be held against those before says nothing of them. */
	if (job && !v->continues)
		job->sent = 0;
	pdg_entry_free(v->entry);
	pdg_writer_put_logged(p->opt.writer, job);
	one_ended(p, it, v, 0, NULL);
}

static void start_one(struct pdg_publisher *p, struct pdg_item *it)
{
	struct pdg_error err = {0};
	int rc;

	it->log = pdg_calloc(1, sizeof(*it->log));
	if (!it->log) {
		rc = pdg_nomem(&err);
	} else {
		describe(it, it->log);
		rc = p->opt.log->ops->start(p->opt.log, it->log, on_logged, it, &err);
	}
	if (rc < 0)
		one_ended(p, it, NULL, rc, &err);
}

/* --- timestamps --- */

/* As on_logged(). */
static void on_stamped(void *ctx, int rc, struct pdg_bytes response, const struct pdg_error *err)
{
	struct pdg_item *it = ctx;
	struct pdg_publisher *p = it->publisher;
	struct pdg_error why = {0};

	if (rc == 0) {
		pdg_buf_put(&it->token, response);
		rc = pdg_buf_check(&it->token, &why);
		err = &why;
	}
	if (rc < 0) {
		struct pdg_log_item v = {.rc = rc, .err = *err};

		one_ended(p, it, &v, 0, NULL);
		return;
	}
	(void)pthread_mutex_lock(&p->mutex);
	pdg_publisher_stamped(p, it);
	(void)pthread_mutex_unlock(&p->mutex);
	call_ended(p);
}

static void stamp_one(struct pdg_publisher *p, struct pdg_item *it)
{
	struct pdg_error err = {0};
	int rc = pdg_stamps_begin(p->opt.stamps, pdg_buf_bytes(&it->sig), it->received, on_stamped,
				  it, &err);

	if (rc < 0)
		one_ended(p, it, NULL, rc, &err);
}

/* --- all of it --- */

/* One whose key nobody knows any more waits by itself: for the policy to name it. */
static bool find_key(struct pdg_publisher *p, struct pdg_item *it)
{
	if (!it->force)
		it->force = pdg_in_force_ref(p->opt.policy);
	it->key = pdg_in_force_service_key(it->force, it->service_key);
	if (it->key)
		return true;
	pdg_log(PDG_LOG_ERROR, "unknown-service-key", "reference", it->reference, "key",
		it->service_key, NULL);
	(void)pthread_mutex_lock(&p->mutex);
	(void)item_failed(p, it, true, pdg_monotonic_ms());
	(void)pthread_mutex_unlock(&p->mutex);
	pdg_item_free(it);
	return false;
}

static void begin_call(struct pdg_publisher *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->calls++;
	(void)pthread_mutex_unlock(&p->mutex);
}

void pdg_publisher_send(struct pdg_publisher *p, struct pdg_item **items, size_t n)
{
	int64_t now = pdg_monotonic_ms();
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		struct pdg_item *it = items[i];

		it->publisher = p;
		it->begun = now;
		if (!find_key(p, it))
			continue;
		if (p->opt.stamps && it->token.n == 0) {
			begin_call(p);
			stamp_one(p, it);
		} else if (p->opt.log->ops->start) {
			begin_call(p);
			start_one(p, it);
		} else {
			items[kept++] = it;
		}
	}
	if (kept)
		add_all(p, items, kept);
}
