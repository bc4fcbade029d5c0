/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's thread: queue, group commit, answers, and the answers that wait for the log. The
 * waiting ones are its own affair, so they need no lock.
 */
#include "service/writer.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "service/batch.h"
#include "service/publisher.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define QUEUE_MAX 1024 /* callers' jobs; beyond them SVC-1 */
#define BATCH_MAX 256

struct pdg_writer {
	struct pdg_batch batch;
	struct pdg_limiter limiter;
	struct pdg_publisher *publisher;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t work;   /* something was queued, or stopping */
	pthread_cond_t idle;   /* everything queued was done */
	struct pdg_job *first;
	struct pdg_job **last;
	size_t queued;
	size_t running;
	bool closing; /* no callers' jobs any more, and nobody waits for the log */
	bool closed;  /* the thread has seen that: everybody is answered */
	bool stopping;
	struct pdg_writer_stats stats;
	/* The thread's own: accepted, and waiting for the log. */
	struct pdg_job *waiting;
};

void pdg_writer_publisher(struct pdg_writer *w, struct pdg_publisher *p)
{
	w->publisher = p;
}

int pdg_writer_put(struct pdg_writer *w, struct pdg_job *job, struct pdg_error *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&w->mutex);
	if ((w->closing || w->stopping) && job->kind != PDG_JOB_LOGGED)
		rc = pdg_reject(err, "SVC-2", "the service is stopping");
	else if (w->queued >= QUEUE_MAX && job->kind != PDG_JOB_LOGGED)
		rc = pdg_reject(err, "SVC-1", "%d submissions wait to be kept already", QUEUE_MAX);
	if (rc == 0) {
		job->next = NULL;
		*w->last = job;
		w->last = &job->next;
		w->queued++;
		(void)pthread_cond_signal(&w->work);
	}
	(void)pthread_mutex_unlock(&w->mutex);
	return rc;
}

void pdg_writer_drain(struct pdg_writer *w)
{
	(void)pthread_mutex_lock(&w->mutex);
	while (w->queued > 0 || w->running > 0)
		(void)pthread_cond_wait(&w->idle, &w->mutex);
	(void)pthread_mutex_unlock(&w->mutex);
}

void pdg_writer_stats(struct pdg_writer *w, struct pdg_writer_stats *out)
{
	(void)pthread_mutex_lock(&w->mutex);
	*out = w->stats;
	(void)pthread_mutex_unlock(&w->mutex);
}

/* --- answers that wait for the log --- */

static void wait_for_log(struct pdg_writer *w, struct pdg_job *job)
{
	/* The answer needs the row and the proof alone; there may be many of these for long. */
	pdg_job_free(PDG_TAKE(job->along));
	pdg_decision_done(&job->d);
	pdg_submission_free(PDG_TAKE(job->submission));
	pdg_in_force_unref(PDG_TAKE(job->force));
	job->next = w->waiting;
	w->waiting = job;
}

/* When the first of the waiting must be answered; -1: none waits. */
static int64_t next_deadline(const struct pdg_writer *w)
{
	const struct pdg_job *job;
	int64_t t = -1;

	for (job = w->waiting; job; job = job->next) {
		if (t < 0 || job->deadline < t)
			t = job->deadline;
	}
	return t;
}

/* Answer those whose time is up as they stand: pending. */
static void answer_late(struct pdg_writer *w, int64_t now)
{
	struct pdg_job **at = &w->waiting;

	while (*at) {
		struct pdg_job *job = *at;

		if (job->deadline > now) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		pdg_job_answer(job);
		pdg_job_free(job);
	}
}

/* The proof of @logged is durable: whoever waits for that reference has his answer. */
static void answer_logged(struct pdg_writer *w, const struct pdg_job *logged)
{
	struct pdg_job **at = &w->waiting;

	while (*at) {
		struct pdg_job *job = *at;
		struct pdg_stored *row = pdg_job_row(job);

		if (!pdg_str_eq(row->reference, logged->reference)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		pdg_buf_reset(&row->bundle);
		pdg_buf_put(&row->bundle, pdg_buf_bytes(&logged->bundle));
		row->logged = row->bundle.n > 0;
		pdg_job_answer(job);
		pdg_job_free(job);
	}
}

/* --- after the commit --- */

/* What the batch kept is published, a source that came along with a refused build too. */
static void publish(struct pdg_writer *w, const struct pdg_job *job)
{
	if (job->along)
		publish(w, job->along);
	if (job->added)
		pdg_publisher_push(w->publisher, job->row, job->digest);
}

static void finish_accepted(struct pdg_writer *w, struct pdg_job *job)
{
	if (!pdg_job_row(job)->logged && job->done && job->deadline > pdg_monotonic_ms()) {
		wait_for_log(w, job);
		return;
	}
	pdg_job_answer(job);
	pdg_job_free(job);
}

static void finish(struct pdg_writer *w, struct pdg_job *job)
{
	publish(w, job);
	if (job->kind == PDG_JOB_ACCEPT && job->rc == 0) {
		finish_accepted(w, job);
		return;
	}
	if (job->kind == PDG_JOB_ACCEPT || job->kind == PDG_JOB_REFUSE)
		pdg_job_answer_error(job, &job->err);
	else
		pdg_job_answer(job);
	if (job->kind == PDG_JOB_LOGGED) {
		pdg_publisher_settled(w->publisher, job->id, true);
		answer_logged(w, job);
	}
	pdg_job_free(job);
}

/* Nothing of it was kept. A refusal is answered as one all the same. */
static void finish_lost(struct pdg_writer *w, struct pdg_job *job, const struct pdg_error *err)
{
	if (job->kind == PDG_JOB_LOGGED)
		pdg_publisher_settled(w->publisher, job->id, false);
	pdg_job_answer_error(job, job->kind == PDG_JOB_REFUSE ? &job->err : err);
	pdg_job_free(job);
}

static void count(struct pdg_writer *w, struct pdg_job *const *jobs, size_t n)
{
	size_t i;

	(void)pthread_mutex_lock(&w->mutex);
	w->stats.commits++;
	for (i = 0; i < n; i++) {
		const struct pdg_job *job = jobs[i];
		bool accepted = job->kind == PDG_JOB_ACCEPT && job->rc == 0;

		w->stats.accepted += job->added;
		w->stats.accepted += job->along && job->along->added;
		w->stats.known += accepted && job->known;
		w->stats.refused += job->kind == PDG_JOB_REFUSE || job->rc < 0;
		w->stats.logged += job->kind == PDG_JOB_LOGGED;
	}
	(void)pthread_mutex_unlock(&w->mutex);
}

/* A batch that fails is tried again one by one: what spoils it spoils itself alone. */
static void run_batch(struct pdg_writer *w, struct pdg_job **jobs, size_t n)
{
	struct pdg_error err = {0};
	size_t i;
	int rc = pdg_batch_run(&w->batch, jobs, n, &err);

	if (rc == 0) {
		count(w, jobs, n);
		for (i = 0; i < n; i++)
			finish(w, jobs[i]);
		return;
	}
	if (n > 1) {
		for (i = 0; i < n; i++)
			run_batch(w, &jobs[i], 1);
		return;
	}
	pdg_log_error(PDG_LOG_ERROR, "not-kept", &err);
	finish_lost(w, jobs[0], &err);
}

/* --- the thread --- */

/* Wait until there is work, a deadline, or the end. Called with the mutex held. */
static void wait_for_work(struct pdg_writer *w)
{
	int64_t deadline = next_deadline(w);
	struct timespec ts;

	if (w->first || w->stopping || w->closing != w->closed)
		return;
	if (deadline < 0) {
		(void)pthread_cond_wait(&w->work, &w->mutex);
		return;
	}
	ts.tv_sec = (time_t)(deadline / 1000);
	ts.tv_nsec = (long)(deadline % 1000) * 1000000;
	(void)pthread_cond_timedwait(&w->work, &w->mutex, &ts);
}

/* Take up to BATCH_MAX jobs off the queue. Called with the mutex held. */
static size_t take(struct pdg_writer *w, struct pdg_job **out)
{
	size_t n = 0;

	while (w->first && n < BATCH_MAX) {
		out[n] = w->first;
		w->first = out[n]->next;
		out[n]->next = NULL;
		n++;
	}
	if (!w->first)
		w->last = &w->first;
	w->queued -= n;
	w->running = n;
	return n;
}

static void *writer_main(void *ctx)
{
	struct pdg_writer *w = ctx;
	struct pdg_job *jobs[BATCH_MAX];
	bool over = false;

	while (!over) {
		bool closing;
		size_t n;

		(void)pthread_mutex_lock(&w->mutex);
		wait_for_work(w);
		n = take(w, jobs);
		closing = w->closing || w->stopping;
		over = n == 0 && w->stopping;
		(void)pthread_mutex_unlock(&w->mutex);
		if (n)
			run_batch(w, jobs, n);
		answer_late(w, closing ? INT64_MAX : pdg_monotonic_ms());
		(void)pthread_mutex_lock(&w->mutex);
		w->running = 0;
		if (w->queued == 0) {
			w->closed = closing;
			(void)pthread_cond_broadcast(&w->idle);
		}
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
	free(w);
}

int pdg_writer_new(struct pdg_store *store, struct pdg_journal *journal, uint64_t log_size,
		   struct pdg_writer **out, struct pdg_error *err)
{
	struct pdg_writer *w = pdg_calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (!w)
		return pdg_nomem(err);
	w->batch.store = store;
	w->batch.journal = journal;
	w->batch.limiter = &w->limiter;
	w->batch.log_size = log_size;
	w->last = &w->first;
	(void)pthread_mutex_init(&w->mutex, NULL);
	/* Deadlines are pdg_monotonic_ms(): a clock that jumps moves none of them. */
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->work, &attr);
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_cond_init(&w->idle, NULL);
	if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
		pdg_writer_free(w);
		return pdg_fail(err, PDG_E_IO, "cannot start the writer's thread");
	}
	*out = w;
	return 0;
}

void pdg_writer_close(struct pdg_writer *w)
{
	(void)pthread_mutex_lock(&w->mutex);
	w->closing = true;
	(void)pthread_cond_signal(&w->work);
	while (!w->closed)
		(void)pthread_cond_wait(&w->idle, &w->mutex);
	(void)pthread_mutex_unlock(&w->mutex);
}

void pdg_writer_end(struct pdg_writer *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->mutex);
	w->stopping = true;
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->mutex);
	(void)pthread_join(w->thread, NULL);
}
