/* SPDX-License-Identifier: Apache-2.0 */
/* A list under a mutex, and the threads that take from it in the order in which jobs came. */
#include "service/job_queue.h"

#include <pthread.h>

#include "util/limits.h"
#include "util/size.h"

_Static_assert(PDG_LIMIT_CALLERS <= PDG_JOB_QUEUE_THREADS, "the callers' threads have room");
_Static_assert(PDG_LIMIT_DECIDERS <= PDG_JOB_QUEUE_THREADS, "the deciders' threads have room");

struct pdg_job_queue {
	struct pdg_job_queue_options opt;
	pthread_mutex_t mutex; /* guards what follows, but for threads */
	pthread_cond_t more;
	struct pdg_job *first, *last;
	size_t n, bytes;
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

void pdg_job_queue_stop(struct pdg_job_queue *q)
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
	while (q->n_threads)
		(void)pthread_join(q->threads[--q->n_threads], NULL);
}

void pdg_job_queue_free(struct pdg_job_queue *q)
{
	if (!q)
		return;
	pdg_job_queue_stop(q);
	(void)pthread_cond_destroy(&q->more);
	(void)pthread_mutex_destroy(&q->mutex);
	free(q);
}
