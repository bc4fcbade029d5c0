/* SPDX-License-Identifier: Apache-2.0 */
/* A list under a mutex, and the threads that take from it in the order in which jobs came. */
#include "service/job_queue.h"

#include <pthread.h>

#include "util/limits.h"
#include "util/size.h"
#include "util/time.h"
#include "util/wait.h"

_Static_assert(PDG_LIMIT_CALLERS <= PDG_JOB_QUEUE_THREADS, "the callers' threads have room");
_Static_assert(PDG_LIMIT_DECIDERS <= PDG_JOB_QUEUE_THREADS, "the deciders' threads have room");

struct pdg_job_queue {
	struct pdg_job_queue_options opt;
	pthread_mutex_t mutex; /* guards what follows, but for threads */
	pthread_cond_t more;   /* there is another, or there will be none */
	pthread_cond_t end;    /* a thread takes none any more */
	struct pdg_job *first, *last;
	size_t n, bytes;
	size_t at_work; /* threads that still take them */
	bool stopping;
	pthread_t threads[PDG_JOB_QUEUE_THREADS];
	size_t n_threads;
};

/* The next job; NULL: there will be none. */
static struct pdg_job *take(struct pdg_job_queue *q)
{
	struct pdg_job *job;

	(void)pthread_mutex_lock(&q->mutex);
	while (!q->first && !q->stopping)
		(void)pthread_cond_wait(&q->more, &q->mutex);
	job = q->first;
	if (job) {
		q->first = job->next;
		if (!q->first)
			q->last = NULL;
		q->n--;
		q->bytes -= pdg_job_bytes(job);
		job->next = NULL;
	}
	(void)pthread_mutex_unlock(&q->mutex);
	return job;
}

static void *work(void *arg)
{
	struct pdg_job_queue *q = arg;
	struct pdg_job *job;

	while ((job = take(q)))
		q->opt.work(q->opt.ctx, job);
	(void)pthread_mutex_lock(&q->mutex);
	q->at_work--;
	(void)pthread_cond_signal(&q->end);
	(void)pthread_mutex_unlock(&q->mutex);
	return NULL;
}

int pdg_job_queue_put(struct pdg_job_queue *q, struct pdg_job *job, struct pdg_error *err)
{
	size_t bytes = pdg_job_bytes(job);
	int rc = 0;

	(void)pthread_mutex_lock(&q->mutex);
	if (q->stopping)
		rc = pdg_reject(err, "SVC-2", "the service is stopping");
	else if (q->n == q->opt.jobs ||
		 (q->n && (q->bytes >= q->opt.bytes || bytes > q->opt.bytes - q->bytes)))
		rc = pdg_reject(err, "SVC-1", "%s", q->opt.full);
	if (rc == 0) {
		job->next = NULL;
		if (q->last)
			q->last->next = job;
		else
			q->first = job;
		q->last = job;
		q->n++;
		q->bytes += bytes;
		(void)pthread_cond_signal(&q->more);
	}
	(void)pthread_mutex_unlock(&q->mutex);
	return rc;
}

int pdg_job_queue_new(const struct pdg_job_queue_options *opt, struct pdg_job_queue **out,
		      struct pdg_error *err)
{
	struct pdg_job_queue *q;

	if (opt->threads > PDG_JOB_QUEUE_THREADS)
		return pdg_fail(err, PDG_E_INTERNAL, "%zu threads for one queue", opt->threads);
	q = pdg_calloc(1, sizeof(*q));
	if (!q)
		return pdg_nomem(err);
	q->opt = *opt;
	(void)pthread_mutex_init(&q->mutex, NULL);
	(void)pthread_cond_init(&q->more, NULL);
	pdg_cond_init_monotonic(&q->end);
	q->at_work = opt->threads;
	while (q->n_threads < opt->threads) {
		if (pthread_create(&q->threads[q->n_threads], NULL, work, q) != 0) {
			pdg_job_queue_free(q);
			return pdg_fail(err, PDG_E_IO, "cannot start a thread");
		}
		q->n_threads++;
	}
	*out = q;
	return 0;
}

void pdg_job_queue_close(struct pdg_job_queue *q)
{
	struct pdg_job *job, *next;

	(void)pthread_mutex_lock(&q->mutex);
	q->stopping = true;
	job = q->first;
	q->first = q->last = NULL;
	q->n = 0;
	q->bytes = 0;
	(void)pthread_cond_broadcast(&q->more);
	(void)pthread_mutex_unlock(&q->mutex);
	for (; job; job = next) {
		next = job->next;
		job->next = NULL;
		(void)pdg_reject(&job->err, "SVC-2", "the service is stopping");
		q->opt.turn_away(q->opt.ctx, job);
	}
}

bool pdg_job_queue_ended(struct pdg_job_queue *q, int64_t ms)
{
	int64_t until = pdg_monotonic_ms() + ms;
	bool late = false;
	bool ended;

	(void)pthread_mutex_lock(&q->mutex);
	while (q->at_work > 0 && !late)
		late = !pdg_cond_wait_until(&q->end, &q->mutex, until);
	ended = q->at_work == 0;
	(void)pthread_mutex_unlock(&q->mutex);
	return ended;
}

void pdg_job_queue_free(struct pdg_job_queue *q)
{
	if (!q)
		return;
	pdg_job_queue_close(q);
	while (q->n_threads)
		(void)pthread_join(q->threads[--q->n_threads], NULL);
	(void)pthread_cond_destroy(&q->more);
	(void)pthread_cond_destroy(&q->end);
	(void)pthread_mutex_destroy(&q->mutex);
	free(q);
}
