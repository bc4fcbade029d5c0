/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's thread: queue, countersignatures, group commit, answers. Those that wait for the log
 * are in waiting.c.
 */
#include "service/writer.h"

#include <pthread.h>
#include <string.h>

#include "service/batch.h"
#include "service/countersign.h"
#include "service/health.h"
#include "service/publisher.h"
#include "service/status.h"
#include "service/waiting.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"
#include "util/wait.h"

/* When a commit waits for more to come with it: that many answers wait for the log; how long. */
#define LINGER_FROM 8
#define LINGER_US   5000
#define LINGER_JOBS (PDG_LIMIT_BATCH / 2)

struct pdg_writer {
	struct pdg_batch batch;
	struct pdg_limiter limiter;
	struct pdg_publisher *publisher;
	struct pdg_metrics *metrics;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards what follows; never held with the publisher's */
	pthread_cond_t work;   /* something was queued, or stopping */
	pthread_cond_t idle;   /* everything queued was done, or the thread ended */
	struct pdg_job *first;
	struct pdg_job **last;
	size_t queued;
	size_t logged;	/* of them, the publisher's */
	bool lingering; /* the thread waits for more than one */
	size_t held;	/* bytes of what is queued or being kept */
	size_t taken;	/* of them, what the thread has in hand */
	bool closing;	/* no callers' jobs any more, and nobody waits for the log */
	bool closed;	/* the thread has seen that: everybody is answered */
	bool stopping;
	bool ended; /* the thread touches nothing any more */
	struct pdg_writer_stats stats;
	struct pdg_health health;
	struct pdg_waiting waiting; /* the thread's own, and so is: */
	struct pdg_buf lines;
};

void pdg_writer_publisher(struct pdg_writer *w, struct pdg_publisher *p)
{
	w->publisher = p;
}

void pdg_writer_metrics(struct pdg_writer *w, struct pdg_metrics *m)
{
	w->metrics = m;
}

/* Values that somebody waits for are of a reload, which has one at a time: it may take a key out of
 * force, and no flood keeps that away. */
static bool is_of_reload(const struct pdg_job *job)
{
	return job->kind == PDG_JOB_META && job->to.done;
}

static bool is_bounded(const struct pdg_job *job)
{
	return job->kind != PDG_JOB_LOGGED && !is_of_reload(job);
}

/* What is to come into force is next: what waits may take a minute to be signed by a token, and is
 * kept after a reload as what is judged beside one is. Called with the mutex held. */
static void put_in(struct pdg_writer *w, struct pdg_job *job)
{
	bool first = is_of_reload(job);

	job->next = first ? w->first : NULL;
	if (first)
		w->first = job;
	else
		*w->last = job;
	if (!job->next)
		w->last = &job->next;
}

int pdg_writer_put(struct pdg_writer *w, struct pdg_job *job, struct pdg_error *err)
{
	size_t n = pdg_job_bytes(job);
	int rc = 0;

	(void)pthread_mutex_lock(&w->mutex);
	if ((w->closing || w->stopping) && job->kind != PDG_JOB_LOGGED)
		rc = pdg_reject(err, "SVC-2", "the service is stopping");
	else if (w->queued >= PDG_LIMIT_QUEUE && is_bounded(job))
		rc = pdg_reject(err, "SVC-1", "%d submissions wait to be kept already",
				PDG_LIMIT_QUEUE);
	else if (w->held && w->held + n > PDG_LIMIT_QUEUE_BYTES && is_bounded(job))
		rc = pdg_reject(err, "SVC-1", "large submissions wait to be kept already");
	if (rc == 0) {
		put_in(w, job);
		w->queued++;
		w->logged += job->kind == PDG_JOB_LOGGED;
		w->held += n;
		if (!w->lingering || job->kind != PDG_JOB_ACCEPT || w->queued >= LINGER_JOBS)
			(void)pthread_cond_signal(&w->work);
	}
	(void)pthread_mutex_unlock(&w->mutex);
	return rc;
}

void pdg_writer_put_logged(struct pdg_writer *w, struct pdg_job *first)
{
	if (!first)
		return;
	(void)pthread_mutex_lock(&w->mutex);
	*w->last = first;
	for (; first; first = first->next) {
		w->last = &first->next;
		w->queued++;
		w->logged++;
		w->held += pdg_job_bytes(first);
	}
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->mutex);
}

void pdg_writer_stats(struct pdg_writer *w, struct pdg_writer_stats *out)
{
	(void)pthread_mutex_lock(&w->mutex);
	*out = w->stats;
	out->queued = w->queued;
	(void)pthread_mutex_unlock(&w->mutex);
}

bool pdg_writer_fails(struct pdg_writer *w, struct pdg_error *why)
{
	const struct pdg_error *failure;

	(void)pthread_mutex_lock(&w->mutex);
	failure = pdg_health_why(&w->health);
	if (failure)
		*why = *failure;
	(void)pthread_mutex_unlock(&w->mutex);
	return failure != NULL;
}

/* --- after the commit --- */

/* What the batch kept is published, a source that came along with a refused build too. */
static bool publish(struct pdg_writer *w, const struct pdg_job *job)
{
	bool some = job->along && publish(w, job->along);

	if (job->added)
		pdg_publisher_add(w->publisher, job->row, job->digest);
	return some || job->added;
}

/* Before anybody is answered, for then the log works beside that. */
static void publish_all(struct pdg_writer *w, struct pdg_job *const *jobs, size_t n)
{
	bool some = false;
	size_t i;

	for (i = 0; i < n; i++)
		some |= publish(w, jobs[i]);
	if (some)
		pdg_publisher_wake(w->publisher);
}

static void finish_accepted(struct pdg_writer *w, struct pdg_job *job)
{
	if (!pdg_job_row(job)->logged && job->to.done && job->to.deadline > pdg_monotonic_ms() &&
	    pdg_waiting_add(&w->waiting, job))
		return;
	pdg_job_answer(job);
	pdg_job_free(job);
}

static void finish(struct pdg_writer *w, struct pdg_job *job)
{
	if (job->kind == PDG_JOB_ACCEPT && job->rc == 0) {
		finish_accepted(w, job);
		return;
	}
	if (job->kind == PDG_JOB_ACCEPT || job->kind == PDG_JOB_REFUSE || job->rc < 0)
		pdg_job_answer_error(job, &job->err);
	else
		pdg_job_answer(job);
	if (job->kind == PDG_JOB_LOGGED && job->rc < 0) {
		pdg_metrics_failed(w->metrics, PDG_FAILS_LOG, job->err.rule);
		pdg_publisher_settled(w->publisher, job, &job->err);
	} else if (job->kind == PDG_JOB_LOGGED) {
		pdg_publisher_settled(w->publisher, job, NULL);
		pdg_waiting_logged(&w->waiting, job);
	}
	pdg_job_free(job);
}

/* Nothing of it was kept. A refusal is answered as one all the same. */
static void finish_lost(struct pdg_writer *w, struct pdg_job *job, const struct pdg_error *err)
{
	if (job->kind == PDG_JOB_LOGGED)
		pdg_publisher_settled(w->publisher, job, err);
	pdg_job_answer_error(job, job->kind == PDG_JOB_REFUSE ? &job->err : err);
	pdg_job_free(job);
}

static void count(struct pdg_writer *w, struct pdg_job *const *jobs, size_t n)
{
	struct pdg_writer_stats was;
	size_t i;

	(void)pthread_mutex_lock(&w->mutex);
	was = w->stats;
	w->stats.commits++;
	for (i = 0; i < n; i++) {
		const struct pdg_job *job = jobs[i];
		bool accepted = job->kind == PDG_JOB_ACCEPT && job->rc == 0;

		w->stats.accepted += job->added;
		w->stats.accepted += job->along && job->along->added;
		w->stats.known += accepted && job->known;
		w->stats.logged += job->kind == PDG_JOB_LOGGED && job->rc == 0 && !job->known;
	}
	pdg_health_kept(&w->health, w->stats.accepted > was.accepted, w->stats.logged > was.logged);
	(void)pthread_mutex_unlock(&w->mutex);
}

static void count_failure(struct pdg_writer *w, bool logged, const struct pdg_error *err)
{
	pdg_metrics_failed(w->metrics, PDG_FAILS_STORE, err->rule);
	(void)pthread_mutex_lock(&w->mutex);
	w->stats.failures++;
	if (pdg_status_of(err) >= 500)
		pdg_health_failed(&w->health, logged, err);
	(void)pthread_mutex_unlock(&w->mutex);
}

void pdg_writer_met(struct pdg_writer *w, const struct pdg_error *err)
{
	if (pdg_health_is_damage(err))
		count_failure(w, false, err);
}

static void lose(struct pdg_writer *w, struct pdg_job **jobs, size_t n, const struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		finish_lost(w, jobs[i], err);
}

/* Who goes without a countersignature is answered so, and nothing of it is kept. How many stay. */
static size_t countersign(struct pdg_writer *w, struct pdg_job **jobs, size_t n)
{
	size_t i, kept = 0;

	pdg_countersign_look(w->batch.store, jobs, n);
	pdg_countersign(jobs, n, w->metrics);
	for (i = 0; i < n; i++) {
		if (pdg_countersigned(jobs[i]))
			jobs[kept++] = jobs[i];
		else
			finish_lost(w, jobs[i], &jobs[i]->err);
	}
	return kept;
}

/*
 * What one of the jobs spoils is tried again one by one: it spoils itself alone. A store that takes
 * nothing is not asked again for each of them: false, with why, and all of them are answered.
 */
static bool run_batch(struct pdg_writer *w, struct pdg_job **jobs, size_t n, struct pdg_error *err)
{
	bool spoiled = false;
	int64_t begun = pdg_monotonic_us();
	size_t i;
	int rc = pdg_batch_run(&w->batch, jobs, n, &spoiled, err);

	if (w->batch.others.size > 0)
		pdg_publisher_learn(w->publisher, &w->batch.others);
	w->batch.others.size = 0;
	if (rc == 0) {
		pdg_metrics_lasted(w->metrics, PDG_LASTS_COMMIT, pdg_monotonic_us() - begun);
		count(w, jobs, n);
		pdg_batch_tell_unlogged(jobs, n);
		publish_all(w, jobs, n);
		/* The line of one that came alone is written before its answer. */
		pdg_log_gather(n > 1 ? &w->lines : NULL);
		for (i = 0; i < n; i++)
			finish(w, jobs[i]);
		pdg_log_gather(NULL);
		return true;
	}
	if (!spoiled || n == 1) {
		count_failure(w, jobs[0]->kind == PDG_JOB_LOGGED, err);
		pdg_log_error(PDG_LOG_ERROR, "not-kept", err);
		lose(w, jobs, n, err);
		return spoiled;
	}
	for (i = 0; i < n; i++) {
		struct pdg_error why = {0};

		if (run_batch(w, &jobs[i], 1, &why))
			continue;
		lose(w, jobs + i + 1, n - i - 1, &why);
		*err = why;
		return false;
	}
	return true;
}

/* --- the thread --- */

/* Wait until there is work, a deadline, or the end. Called with the mutex held. */
static void wait_for_work(struct pdg_writer *w)
{
	int64_t deadline = pdg_waiting_next(&w->waiting);

	if (w->first || w->stopping || w->closing != w->closed)
		return;
	if (deadline < 0)
		(void)pthread_cond_wait(&w->work, &w->mutex);
	else
		(void)pdg_cond_wait_until(&w->work, &w->mutex, deadline);
}

/* Many are on their way, the log has the others in hand, and nobody waits for what is queued or for
 * the @n that were taken. */
static bool may_linger(const struct pdg_writer *w, size_t n)
{
	return w->queued + n > 0 && w->queued + n < LINGER_JOBS && w->logged == 0 &&
	       w->waiting.n >= LINGER_FROM && !w->closing && !w->stopping;
}

/*
 * A commit costs the same for one as for a hundred, and so does what the log does for them. While
 * it works, what comes is gathered, to be kept together with what it gives back. Called with the
 * mutex held.
 */
static void linger(struct pdg_writer *w, size_t n, int64_t end)
{
	const struct timespec ts = pdg_timespec_us(end);
	int rc = 0;

	w->lingering = true;
	while (rc == 0 && may_linger(w, n))
		rc = pthread_cond_timedwait(&w->work, &w->mutex, &ts);
	w->lingering = false;
}

/* Take jobs off the queue: @n are in hand, PDG_LIMIT_BATCH at most. *@alone: the last is a reload,
 * which waits for no other's signature: none is taken after it. Called with the mutex held. */
static size_t take(struct pdg_writer *w, struct pdg_job **out, size_t n, bool *alone)
{
	for (; w->first && n < PDG_LIMIT_BATCH && !*alone; n++) {
		out[n] = w->first;
		*alone = is_of_reload(out[n]);
		w->first = out[n]->next;
		out[n]->next = NULL;
		w->taken += pdg_job_bytes(out[n]);
		w->logged -= out[n]->kind == PDG_JOB_LOGGED;
		w->queued--;
	}
	if (!w->first)
		w->last = &w->first;
	return n;
}

/*
 * What is to be kept in the next transaction, signed. While more is gathered what came before is
 * signed, so that at the end no more than the last is waited for.
 */
static size_t gather(struct pdg_writer *w, struct pdg_job **jobs)
{
	int64_t end = pdg_monotonic_us() + LINGER_US;
	bool alone = false;
	size_t n = 0;

	(void)pthread_mutex_lock(&w->mutex);
	if (may_linger(w, 0)) {
		n = take(w, jobs, 0, &alone);
		(void)pthread_mutex_unlock(&w->mutex);
		n = countersign(w, jobs, n);
		(void)pthread_mutex_lock(&w->mutex);
		if (!alone)
			linger(w, n, end);
	}
	n = take(w, jobs, n, &alone);
	(void)pthread_mutex_unlock(&w->mutex);
	return countersign(w, jobs, n);
}

/* Nobody waits at the end for a store that takes nothing: what is queued is answered now. */
static void lose_queued(struct pdg_writer *w, struct pdg_job **room, const struct pdg_error *err)
{
	size_t n;

	do {
		bool alone = false;

		(void)pthread_mutex_lock(&w->mutex);
		n = w->closing || w->stopping ? take(w, room, 0, &alone) : 0;
		(void)pthread_mutex_unlock(&w->mutex);
		lose(w, room, n, err);
	} while (n);
}

static void *writer_main(void *ctx)
{
	struct pdg_writer *w = ctx;
	struct pdg_job *jobs[PDG_LIMIT_BATCH];
	bool over = false;

	while (!over) {
		struct pdg_error err = {0};
		bool closing;
		size_t n;

		(void)pthread_mutex_lock(&w->mutex);
		wait_for_work(w);
		closing = w->closing || w->stopping;
		over = !w->first && w->stopping;
		(void)pthread_mutex_unlock(&w->mutex);
		n = gather(w, jobs);
		if (n && !run_batch(w, jobs, n, &err))
			lose_queued(w, jobs, &err);
		pdg_waiting_late(&w->waiting, closing ? INT64_MAX : pdg_monotonic_ms());
		pdg_waiting_look(&w->waiting, pdg_monotonic_ms());
		(void)pthread_mutex_lock(&w->mutex);
		w->ended = over;
		w->held -= w->taken;
		w->taken = 0;
		w->stats.waiting = w->waiting.n;
		w->stats.waiting_bytes = w->waiting.held;
		if (w->queued == 0)
			w->closed = closing;
		(void)pthread_cond_broadcast(&w->idle);
		(void)pthread_mutex_unlock(&w->mutex);
	}
	return NULL;
}

void pdg_writer_free(struct pdg_writer *w)
{
	if (!w)
		return;
	while (w->first) {
		struct pdg_job *job = w->first;

		w->first = job->next;
		pdg_job_free(job);
	}
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_cond_destroy(&w->idle);
	(void)pthread_mutex_destroy(&w->mutex);
	pdg_buf_done(&w->lines);
	free(w);
}

int pdg_writer_new(struct pdg_store *store, struct pdg_journal *journal, uint64_t log_size,
		   struct pdg_writer **out, struct pdg_error *err)
{
	struct pdg_writer *w = pdg_calloc(1, sizeof(*w));

	if (!w)
		return pdg_nomem(err);
	w->batch.store = store;
	w->waiting.store = store;
	w->batch.journal = journal;
	w->batch.limiter = &w->limiter;
	w->batch.log_size = log_size;
	w->last = &w->first;
	pdg_buf_init(&w->lines, PDG_LIMIT_KIB(8));
	(void)pthread_mutex_init(&w->mutex, NULL);
	pdg_cond_init_monotonic(&w->work);
	pdg_cond_init_monotonic(&w->idle);
	if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
		pdg_writer_free(w);
		return pdg_fail(err, PDG_E_IO, "cannot start the writer's thread");
	}
	*out = w;
	return 0;
}

/* Wait until @flag, for at most @ms. Called with the mutex held. */
static bool wait_until(struct pdg_writer *w, const bool *flag, int64_t ms)
{
	int64_t end = pdg_monotonic_ms() + ms;

	while (!*flag && pdg_monotonic_ms() < end)
		(void)pdg_cond_wait_until(&w->idle, &w->mutex, end);
	return *flag;
}

bool pdg_writer_close(struct pdg_writer *w, int64_t ms)
{
	bool closed;

	(void)pthread_mutex_lock(&w->mutex);
	w->closing = true;
	(void)pthread_cond_signal(&w->work);
	closed = wait_until(w, &w->closed, ms);
	(void)pthread_mutex_unlock(&w->mutex);
	return closed;
}

bool pdg_writer_end(struct pdg_writer *w, int64_t ms)
{
	bool ended;

	if (!w)
		return true;
	(void)pthread_mutex_lock(&w->mutex);
	w->stopping = true;
	(void)pthread_cond_signal(&w->work);
	ended = wait_until(w, &w->ended, ms);
	(void)pthread_mutex_unlock(&w->mutex);
	if (ended)
		(void)pthread_join(w->thread, NULL);
	return ended;
}
