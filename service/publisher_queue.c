/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the publisher has to do: rows that were just kept, pushed by the writer, and the backlog,
 * read from the store oldest first and a page at a time. What is held in memory is bounded in rows
 * and in bytes; a row beyond that is found in the store later.
 */
#include "service/publisher_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"
#include "util/time.h"

void pdg_publisher_want(struct pdg_publisher *p, int64_t id)
{
	p->backlog = true;
	if (p->swept >= id)
		p->swept = id - 1;
}

void pdg_publisher_leave(struct pdg_publisher *p, int64_t id)
{
	pdg_id_set_remove(&p->at_hand, id);
	pdg_publisher_want(p, id);
}

bool pdg_publisher_may(const struct pdg_publisher *p, int64_t now)
{
	size_t under_way = p->at_hand.n - p->n_fresh - p->n_stamped;

	if (p->backoff.until > now || p->unkept.until > now)
		return false;
	return p->unkept.delay == 0 || under_way == 0;
}

static void add_fresh(struct pdg_publisher *p, struct pdg_item *it)
{
	it->next = NULL;
	*p->last = it;
	p->last = &it->next;
	p->n_fresh++;
	p->fresh_bytes += it->payload.n;
}

void pdg_publisher_stamped(struct pdg_publisher *p, struct pdg_item *it)
{
	it->next = NULL;
	*p->last_stamped = it;
	p->last_stamped = &it->next;
	p->n_stamped++;
}

static size_t take_stamped(struct pdg_publisher *p, struct pdg_item **out)
{
	size_t most = p->unkept.delay > 0 ? 1 : p->batch;
	size_t n = 0;

	while (p->stamped && n < most) {
		out[n] = p->stamped;
		p->stamped = out[n]->next;
		n++;
	}
	if (!p->stamped)
		p->last_stamped = &p->stamped;
	p->n_stamped -= n;
	return n;
}

size_t pdg_publisher_fresh(struct pdg_publisher *p, struct pdg_item **out, size_t max)
{
	size_t stamped = take_stamped(p, out);
	size_t n = 0;

	while (p->first && n < max && stamped + n < p->batch) {
		out[stamped + n] = p->first;
		p->first = p->first->next;
		p->fresh_bytes -= out[stamped + n]->payload.n;
		n++;
	}
	if (!p->first)
		p->last = &p->first;
	p->n_fresh -= n;
	return stamped + n;
}

static bool has_room(const struct pdg_publisher *p)
{
	return !p->stopping && p->n_fresh < PDG_LIMIT_FRESH &&
	       p->fresh_bytes < PDG_LIMIT_FRESH_BYTES;
}

void pdg_publisher_add(struct pdg_publisher *p, struct pdg_stored *row, const uint8_t digest[32])
{
	PDG_AUTO(item) struct pdg_item *it = pdg_item_new(row, digest);

	(void)pthread_mutex_lock(&p->mutex);
	if (!pdg_id_set_has(&p->at_hand, row->id)) {
		if (it && has_room(p) && pdg_id_set_add(&p->at_hand, row->id) == 0)
			add_fresh(p, PDG_TAKE(it));
		else
			pdg_publisher_want(p, row->id);
	}
	(void)pthread_mutex_unlock(&p->mutex);
}

void pdg_publisher_wake(struct pdg_publisher *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->mutex);
}

void pdg_publisher_note_doubt(struct pdg_publisher *p, const struct pdg_error *why, int64_t now)
{
	if (!pdg_str_eq(why->rule, "LOG-2"))
		return;
	p->doubted = now;
	p->doubt = *why;
}

void pdg_publisher_settled(struct pdg_publisher *p, const struct pdg_job *job,
			   const struct pdg_error *why)
{
	int64_t now = pdg_monotonic_ms();
	int64_t id = job->id;

	(void)pthread_mutex_lock(&p->mutex);
	if (why || p->unkept.delay > 0)
		(void)pthread_cond_signal(&p->work);
	if (!why) {
		pdg_id_set_remove(&p->at_hand, id);
		pdg_held_drop(&p->held, id);
		pdg_backoff_ok(&p->unkept);
		if (p->loading)
			(void)!pdg_id_set_add(&p->landed, id); /* else it is logged twice: normal */
		if (job->sent > p->doubted)
			p->doubted = 0;
	} else {
		pdg_publisher_note_doubt(p, why, now);
		/* The log has it and would take it again: only what is kept ends that. By itself,
		 * for others may be kept in the meantime; and a whole batch fails at once. */
		pdg_publisher_leave(p, id);
		(void)pdg_held_fail(&p->held, id, now);
		if (p->unkept.until <= now)
			pdg_backoff_fail(&p->unkept, now);
	}
	(void)pthread_mutex_unlock(&p->mutex);
}

/* --- the backlog --- */

bool pdg_publisher_sweep_due(struct pdg_publisher *p, int64_t now)
{
	if (!p->opt.store->ops->shared || now < p->sweep_at)
		return false;
	p->sweep_at = now + PDG_PUBLISHER_SWEEP_MS;
	return true;
}

int64_t pdg_publisher_sweep_next(const struct pdg_publisher *p, int64_t other)
{
	if (!p->opt.store->ops->shared)
		return other;
	return other > 0 && other < p->sweep_at ? other : p->sweep_at;
}

/*
 * Take what of @rows is not at hand and may be tried. *@out_last: the last that was looked at.
 * Called with the mutex held.
 */
static size_t pick(struct pdg_publisher *p, struct pdg_stored *const *rows, size_t n_rows,
		   struct pdg_item **out, int64_t *out_last)
{
	int64_t now = pdg_monotonic_ms();
	size_t i, n = 0;

	for (i = 0; i < n_rows; i++) {
		PDG_AUTO(item) struct pdg_item *it = NULL;

		if (!pdg_id_set_has(&p->at_hand, rows[i]->id) &&
		    !pdg_id_set_has(&p->landed, rows[i]->id) &&
		    !pdg_held_has(&p->held, rows[i]->id, now)) {
			it = pdg_item_new(rows[i], NULL);
			if (!it || pdg_id_set_add(&p->at_hand, rows[i]->id) < 0) {
				pdg_backoff_fail(&p->backoff, now);
				break;
			}
			out[n++] = PDG_TAKE(it);
		}
		*out_last = rows[i]->id;
	}
	return n;
}

size_t pdg_publisher_backlog(struct pdg_publisher *p, struct pdg_item **out, size_t max)
{
	PDG_AUTO(rows) struct pdg_rows rows = {0};
	struct pdg_error err = {0};
	size_t n = 0;
	int64_t after, last;
	int rc;

	(void)pthread_mutex_lock(&p->mutex);
	/* Whatever becomes pending from here on comes by push, or sets it again. Of nothing that
	 * was asked for it cannot be told whether that is all. */
	p->backlog = max == 0 && p->backlog;
	p->loading = max > 0;
	pdg_id_set_clear(&p->landed);
	after = last = p->swept;
	(void)pthread_mutex_unlock(&p->mutex);
	if (max == 0)
		return 0;
	rc = p->opt.store->ops->pending(p->opt.store, after, max < p->batch ? max : p->batch,
					PDG_LIMIT_PAGE_BYTES, &rows.v, &rows.n, &err);
	(void)pthread_mutex_lock(&p->mutex);
	p->loading = false;
	if (rc < 0)
		pdg_backoff_fail(&p->backoff, pdg_monotonic_ms());
	else
		n = pick(p, rows.v, rows.n, out, &last);
	/* Unless something older was left behind in the meantime. */
	if (p->swept == after)
		p->swept = last;
	if (rc < 0 || rows.n > 0)
		p->backlog = true;
	(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->mutex);
	if (rc < 0)
		pdg_log_error(PDG_LOG_ERROR, "backlog", &err);
	return n;
}
