/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher's thread: fresh rows first, else a page of the backlog (publisher_queue.c), to the
 * log and back (publisher_send.c), with back-off. What a log answers comes back on the log's own
 * thread. A row is at hand once at a time, but a log may hold it twice: that is normal.
 */
#include <string.h>

#include "service/health.h"
#include "service/publisher_impl.h"
#include "service/trial.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"
#include "util/wait.h"

/* How often at most, and how seldom while rows wait, a write is tried of a store that fails: that
 * costs the log nothing, and with room again all goes on. */
#define TRIAL_MS 3000

/* --- the thread --- */

/*
 * How many more may be given to a log that answers each by itself. A log that did not take the last
 * is tried with one; a backlog leaves room for what is new.
 */
static size_t slots(const struct pdg_publisher *p, bool backlog)
{
	size_t most = p->batch;
	size_t used = p->calls + p->n_stamped;

	if (p->unkept.delay > 0)
		most = 1;
	if (!p->opt.log->ops->start && !p->opt.stamps)
		return most;
	if (p->backoff.delay > 0)
		most = 1;
	else if (backlog)
		most -= most / 4;
	return most > used ? most - used : 0;
}

static bool has_fresh(const struct pdg_publisher *p)
{
	return p->stamped || (p->first && slots(p, false) > 0);
}

/* A page is worth reading when there is room for a good part of it. */
static bool wants_backlog(const struct pdg_publisher *p)
{
	size_t room = slots(p, true);

	return p->backlog && !p->stopping && room > 0 &&
	       (p->backoff.delay > 0 || p->unkept.delay > 0 || room >= p->batch / 4);
}

static bool has_work(const struct pdg_publisher *p, int64_t now)
{
	return pdg_publisher_may(p, now) && (has_fresh(p) || wants_backlog(p));
}

/* What was taken in is finished while the log takes it, and the store; a backlog is the next run's.
 */
static bool is_over(const struct pdg_publisher *p, int64_t now)
{
	return p->stopping && ((!p->first && !p->stamped && p->calls == 0) || p->stop_at <= now ||
			       p->backoff.delay > 0 || p->unkept.delay > 0);
}

/* When what holds all of it up is over; 0: nothing does. */
static int64_t held_up_until(const struct pdg_publisher *p, int64_t now)
{
	int64_t until = p->backoff.until > p->unkept.until ? p->backoff.until : p->unkept.until;

	return until > now ? until : 0;
}

static bool has_rows(const struct pdg_publisher *p)
{
	return p->first || p->stamped || p->backlog;
}

/* When to look at a store that has all held up until @until, or that began to fail meanwhile: it is
 * tried by then. */
static int64_t next_look(const struct pdg_publisher *p, int64_t until)
{
	int64_t trial = p->asked + TRIAL_MS;

	return p->stopping || until < trial ? until : trial;
}

/* Is it time to, while nothing may be given to the log? */
static bool wants_look(const struct pdg_publisher *p, int64_t now)
{
	int64_t until = held_up_until(p, now);

	return until > 0 && has_rows(p) && next_look(p, until) <= now;
}

/* Wait for work; false at the end. Called with the mutex held. */
static bool wait_for_work(struct pdg_publisher *p)
{
	for (;;) {
		int64_t now = pdg_monotonic_ms();
		int64_t next, due, until;

		if (is_over(p, now))
			return false;
		due = pdg_held_due(&p->held, now);
		if (due > 0)
			pdg_publisher_want(p, due);
		if (pdg_publisher_sweep_due(p, now))
			pdg_publisher_want(p, 1);
		if (has_work(p, now) || wants_look(p, now)) {
			p->asked = now;
			return true;
		}
		next = pdg_publisher_sweep_next(p, pdg_held_next(&p->held));
		until = held_up_until(p, now);
		if (until > 0 && has_rows(p))
			next = next_look(p, until);
		if (next <= now)
			(void)pthread_cond_wait(&p->work, &p->mutex);
		else
			(void)pdg_cond_wait_until(&p->work, &p->mutex, next);
	}
}

/*
 * A log that is given what cannot be kept then has it for nothing, and once for each time: until a
 * write succeeds it is given nothing, and writes are tried. What is damaged takes those all the
 * same: there only a row finds out.
 */
static bool store_takes(struct pdg_publisher *p)
{
	int64_t now = pdg_monotonic_ms();
	struct pdg_error why = {0};

	if (!pdg_writer_fails(p->opt.writer, &why) || pdg_health_is_damage(&why))
		return true;
	(void)pthread_mutex_lock(&p->mutex);
	/* Rows that wait go on doing so: what failed may have to do with them alone. */
	if (held_up_until(p, now) == 0) {
		if (p->unkept.delay < TRIAL_MS)
			pdg_backoff_fail(&p->unkept, now);
		else
			p->unkept.until = now + TRIAL_MS;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	pdg_trial_write(p->opt.writer);
	return false;
}

static void *publisher_main(void *ctx)
{
	struct pdg_publisher *p = ctx;
	struct pdg_item *items[PDG_LIMIT_LOG_CALLS];

	for (;;) {
		size_t n, room;
		bool more;

		(void)pthread_mutex_lock(&p->mutex);
		more = wait_for_work(p);
		(void)pthread_mutex_unlock(&p->mutex);
		if (!more)
			break;
		if (!store_takes(p))
			continue;
		(void)pthread_mutex_lock(&p->mutex);
		/* A call may have failed since, or what a log took not been kept. */
		if (!has_work(p, pdg_monotonic_ms())) {
			(void)pthread_mutex_unlock(&p->mutex);
			continue;
		}
		n = pdg_publisher_fresh(p, items, slots(p, false));
		room = slots(p, true);
		p->loading = n == 0;
		(void)pthread_mutex_unlock(&p->mutex);
		if (n == 0)
			n = pdg_publisher_backlog(p, items, room);
		if (n)
			pdg_publisher_send(p, items, n);
	}
	(void)pthread_mutex_lock(&p->mutex);
	p->running = false;
	(void)pthread_cond_signal(&p->ended);
	(void)pthread_mutex_unlock(&p->mutex);
	return NULL;
}

int pdg_publisher_new(const struct pdg_publisher_options *opt, struct pdg_publisher **out,
		      struct pdg_error *err)
{
	struct pdg_publisher *p = pdg_calloc(1, sizeof(*p));

	if (!p)
		return pdg_nomem(err);
	p->opt = *opt;
	p->batch = opt->log->ops->batch;
	if (p->batch == 0 || p->batch > PDG_LIMIT_LOG_CALLS)
		p->batch = p->batch ? PDG_LIMIT_LOG_CALLS : 1;
	p->last = &p->first;
	p->last_stamped = &p->stamped;
	p->backlog = true;
	p->seen = pdg_monotonic_ms();
	pdg_buf_init(&p->last_reference, PDG_REFERENCE_LEN);
	(void)pthread_mutex_init(&p->mutex, NULL);
	pdg_cond_init_monotonic(&p->work);
	pdg_cond_init_monotonic(&p->ended);
	*out = p;
	return 0;
}

int pdg_publisher_start(struct pdg_publisher *p, struct pdg_error *err)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->started = p->running = pthread_create(&p->thread, NULL, publisher_main, p) == 0;
	(void)pthread_mutex_unlock(&p->mutex);
	return p->started ? 0 : pdg_fail(err, PDG_E_IO, "cannot start the publisher's thread");
}

/* Wait until the thread has ended and no call is outstanding, or it is @end. Called with the mutex
 * held.
 */
static bool all_ended(struct pdg_publisher *p, int64_t end)
{
	bool in_time = true;

	while ((p->running || p->calls > 0) && in_time)
		in_time = pdg_cond_wait_until(&p->ended, &p->mutex, end);
	return !p->running && p->calls == 0;
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
	if (!over && (p->opt.log->ops->give_up || p->opt.stamps)) {
		(void)pthread_mutex_unlock(&p->mutex);
		if (p->opt.log->ops->give_up)
			p->opt.log->ops->give_up(p->opt.log);
		if (p->opt.stamps)
			pdg_relay_stop(p->opt.stamps->relay);
		(void)pthread_mutex_lock(&p->mutex);
		over = all_ended(p, now + 3 * ms);
	}
	(void)pthread_mutex_unlock(&p->mutex);
	if (over && p->started)
		(void)pthread_join(p->thread, NULL);
	p->started = p->started && !over;
	return over;
}

static void free_items(struct pdg_item *it)
{
	while (it) {
		struct pdg_item *next = it->next;

		pdg_item_free(it);
		it = next;
	}
}

void pdg_publisher_free(struct pdg_publisher *p)
{
	if (!p)
		return;
	free_items(p->first);
	free_items(p->stamped);
	pdg_id_set_done(&p->at_hand);
	pdg_id_set_done(&p->landed);
	pdg_buf_done(&p->last_reference);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_cond_destroy(&p->ended);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

void pdg_publisher_learn(struct pdg_publisher *p, const struct pdg_log_head *head)
{
	if (p->opt.log->ops->learn)
		p->opt.log->ops->learn(p->opt.log, head);
}

uint64_t pdg_publisher_failures(struct pdg_publisher *p)
{
	uint64_t n;

	(void)pthread_mutex_lock(&p->mutex);
	n = p->failures;
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}

size_t pdg_publisher_fresh_now(struct pdg_publisher *p)
{
	size_t n;

	(void)pthread_mutex_lock(&p->mutex);
	n = p->n_fresh;
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}

int64_t pdg_publisher_seen(struct pdg_publisher *p)
{
	int64_t seen;

	(void)pthread_mutex_lock(&p->mutex);
	seen = p->seen;
	(void)pthread_mutex_unlock(&p->mutex);
	return seen;
}

int pdg_publisher_doubt(struct pdg_publisher *p, struct pdg_error *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&p->mutex);
	if (p->doubted) {
		rc = p->doubt.code;
		if (err)
			*err = p->doubt;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	return rc;
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
