/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher's threads: fresh rows first, else a page of the backlog (publisher_queue.c), to the
 * log and back, with back-off. A row is at hand of one thread at a time, but a log may hold it
 * twice: that is normal.
 */
#include <string.h>
#include <time.h>

#include "service/publisher_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

/* --- to the log --- */

/*
 * An item that the log did not take. One that it refuses, or that fails while others do not, waits
 * by itself; a log that takes nothing is left in peace as a whole.
 */
static void item_failed(struct pdg_publisher *p, const struct pdg_item *it, bool alone, int64_t now)
{
	pdg_publisher_leave(p, it->id);
	p->failures++;
	if (alone && pdg_held_fail(&p->held, it->id, now))
		return;
	if (p->backoff.until <= now)
		pdg_backoff_fail(&p->backoff, now);
}

/* What became of one call: who succeeded is on the way to the store, the others stay pending. */
static void settle_call(struct pdg_publisher *p, struct pdg_item *const *items, size_t n,
			const struct pdg_log_item *v, int rc, const struct pdg_error *err)
{
	int64_t now = pdg_monotonic_ms();
	const struct pdg_error *why = rc < 0 ? err : NULL;
	size_t i, good = 0;

	for (i = 0; rc == 0 && i < n; i++)
		good += v[i].rc == 0;
	(void)pthread_mutex_lock(&p->mutex);
	if (good)
		pdg_backoff_ok(&p->backoff);
	for (i = 0; i < n; i++) {
		if (rc == 0 && v[i].rc == 0) {
			pdg_buf_reset(&p->last_reference);
			pdg_buf_puts(&p->last_reference, items[i]->reference);
			continue;
		}
		if (rc == 0)
			why = &v[i].err;
		item_failed(p, items[i], good > 0 || (rc == 0 && v[i].rc != PDG_E_IO), now);
	}
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->mutex);
	if (why)
		pdg_log_error(PDG_LOG_WARN, "not-logged", why);
}

/* One call with those of @items whose key is known. */
static int call_log(struct pdg_publisher *p, struct pdg_item *const *items, size_t n,
		    struct pdg_log_item *v, struct pdg_error *err)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		memcpy(v[i].digest, items[i]->digest, sizeof(v[i].digest));
		v[i].sig = pdg_buf_bytes(&items[i]->sig);
		v[i].key = items[i]->key;
	}
	rc = p->opt.log->ops->add(p->opt.log, v, n, err);
	for (i = 0; rc == 0 && i < n; i++) {
		if (v[i].rc == 0)
			v[i].rc = pdg_item_logged(items[i], v[i].entry, p->opt.log, p->opt.writer,
						  &v[i].err);
	}
	for (i = 0; i < n; i++)
		pdg_entry_free(v[i].entry);
	return rc;
}

/* Put those whose key nobody knows any more aside: they can only wait for the policy to name it. */
static size_t known_keys(struct pdg_publisher *p, const struct pdg_policy *policy,
			 struct pdg_item **items, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		items[i]->key =
			pdg_key_by_hint(p->opt.key, &policy->service_keys, items[i]->service_key);
		if (items[i]->key) {
			items[kept++] = items[i];
			continue;
		}
		pdg_log(PDG_LOG_ERROR, "unknown-service-key", "reference", items[i]->reference,
			"key", items[i]->service_key, NULL);
		(void)pthread_mutex_lock(&p->mutex);
		item_failed(p, items[i], true, pdg_monotonic_ms());
		(void)pthread_mutex_unlock(&p->mutex);
		pdg_item_free(items[i]);
	}
	return kept;
}

static void publish(struct pdg_publisher *p, struct pdg_item **items, size_t n)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = pdg_in_force_ref(p->opt.policy);
	PDG_AUTO(mem) struct pdg_log_item *v = NULL;
	struct pdg_error err = {0};
	size_t i;
	int rc;

	n = known_keys(p, force->policy, items, n);
	if (n == 0)
		return;
	v = pdg_calloc(n, sizeof(*v));
	rc = v ? call_log(p, items, n, v, &err) : pdg_nomem(&err);
	settle_call(p, items, n, v, rc, &err);
	for (i = 0; i < n; i++)
		pdg_item_free(items[i]);
}

/* --- the threads --- */

static bool has_work(const struct pdg_publisher *p, int64_t now)
{
	return p->backoff.until <= now && (p->first || (p->backlog && !p->loading && !p->stopping));
}

/* What was taken in is finished while the log takes it; a backlog is the next run's. */
static bool is_over(const struct pdg_publisher *p, int64_t now)
{
	return p->stopping && (!p->first || p->stop_at <= now || p->backoff.delay > 0);
}

/* Wait for work; false at the end. Called with the mutex held. */
static bool wait_for_work(struct pdg_publisher *p)
{
	for (;;) {
		int64_t now = pdg_monotonic_ms();
		int64_t next;
		struct timespec ts;

		if (is_over(p, now))
			return false;
		if (pdg_held_due(&p->held, now))
			pdg_publisher_want(p, 1);
		if (has_work(p, now))
			return true;
		next = pdg_held_next(&p->held);
		if (p->backoff.until > now && (p->first || p->backlog))
			next = p->backoff.until;
		if (next <= now) {
			(void)pthread_cond_wait(&p->work, &p->mutex);
			continue;
		}
		ts.tv_sec = (time_t)(next / 1000);
		ts.tv_nsec = (long)(next % 1000) * 1000000;
		(void)pthread_cond_timedwait(&p->work, &p->mutex, &ts);
	}
}

static void *publisher_main(void *ctx)
{
	struct pdg_publisher *p = ctx;
	struct pdg_item *items[PDG_PUBLISHER_BATCH];

	for (;;) {
		bool more;
		size_t n;

		(void)pthread_mutex_lock(&p->mutex);
		more = wait_for_work(p);
		n = more ? pdg_publisher_fresh(p, items) : 0;
		p->loading = p->loading || (more && n == 0);
		(void)pthread_mutex_unlock(&p->mutex);
		if (!more)
			break;
		if (n == 0)
			n = pdg_publisher_backlog(p, items);
		if (n)
			publish(p, items, n);
	}
	(void)pthread_mutex_lock(&p->mutex);
	p->running--;
	(void)pthread_cond_signal(&p->ended);
	(void)pthread_mutex_unlock(&p->mutex);
	return NULL;
}

int pdg_publisher_new(const struct pdg_publisher_options *opt, struct pdg_publisher **out,
		      struct pdg_error *err)
{
	struct pdg_publisher *p = pdg_calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		return pdg_nomem(err);
	p->opt = *opt;
	p->batch = opt->log->ops->batch;
	if (p->batch == 0 || p->batch > PDG_PUBLISHER_BATCH)
		p->batch = p->batch ? PDG_PUBLISHER_BATCH : 1;
	p->last = &p->first;
	p->backlog = true;
	pdg_buf_init(&p->last_reference, PDG_REFERENCE_LEN);
	(void)pthread_mutex_init(&p->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->work, &attr);
	(void)pthread_cond_init(&p->ended, &attr);
	(void)pthread_condattr_destroy(&attr);
	*out = p;
	return 0;
}

int pdg_publisher_start(struct pdg_publisher *p, struct pdg_error *err)
{
	unsigned want = p->opt.log->ops->parallel;

	if (want == 0 || want > PDG_PUBLISHER_THREADS)
		want = want ? PDG_PUBLISHER_THREADS : 1;
	(void)pthread_mutex_lock(&p->mutex);
	for (; p->n_threads < want; p->n_threads++) {
		if (pthread_create(&p->threads[p->n_threads], NULL, publisher_main, p) != 0)
			break;
	}
	p->running = p->n_threads;
	(void)pthread_mutex_unlock(&p->mutex);
	return p->n_threads ? 0 : pdg_fail(err, PDG_E_IO, "cannot start the publisher's thread");
}

/* Wait until no thread runs or it is @end. Called with the mutex held. */
static bool all_ended(struct pdg_publisher *p, int64_t end)
{
	struct timespec ts = {.tv_sec = (time_t)(end / 1000),
			      .tv_nsec = (long)(end % 1000) * 1000000};
	int rc = 0;

	while (p->running > 0 && rc == 0)
		rc = pthread_cond_timedwait(&p->ended, &p->mutex, &ts);
	return p->running == 0;
}

bool pdg_publisher_stop(struct pdg_publisher *p, int64_t ms)
{
	int64_t now = pdg_monotonic_ms();
	bool over;

	if (!p)
		return true;
	(void)pthread_mutex_lock(&p->mutex);
	p->stopping = true;
	p->stop_at = now + ms;
	(void)pthread_cond_broadcast(&p->work);
	over = all_ended(p, now + 2 * ms);
	if (!over && p->opt.log->ops->give_up) {
		p->opt.log->ops->give_up(p->opt.log);
		over = all_ended(p, now + 3 * ms);
	}
	(void)pthread_mutex_unlock(&p->mutex);
	while (over && p->n_threads > 0)
		(void)pthread_join(p->threads[--p->n_threads], NULL);
	return over;
}

void pdg_publisher_free(struct pdg_publisher *p)
{
	if (!p)
		return;
	while (p->first) {
		struct pdg_item *it = p->first;

		p->first = it->next;
		pdg_item_free(it);
	}
	free(p->at_hand.v);
	free(p->landed.v);
	pdg_buf_done(&p->last_reference);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_cond_destroy(&p->ended);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

uint64_t pdg_publisher_failures(struct pdg_publisher *p)
{
	uint64_t n;

	(void)pthread_mutex_lock(&p->mutex);
	n = p->failures;
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}

int pdg_publisher_last(struct pdg_publisher *p, struct pdg_buf *out_reference,
		       struct pdg_error *err)
{
	(void)pthread_mutex_lock(&p->mutex);
	pdg_buf_put(out_reference, pdg_buf_bytes(&p->last_reference));
	(void)pthread_mutex_unlock(&p->mutex);
	if (out_reference->n == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "nothing was logged yet");
	return pdg_buf_check(out_reference, err);
}
