/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of jobs between one thread that puts and takes and those that help it. Counters only grow:
 * taken <= begun <= put, and a job's place is its number modulo the window.
 */
#include "util/workers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "util/size.h"

#define START 16 /* jobs that wait are worth a thread */

struct place {
	void *job;
	bool done;
};

struct pdg_workers {
	void (*run)(void *ctx, void *job);
	void *ctx;
	size_t threads; /* at most, the caller's included */
	size_t window;
	size_t n_put, n_taken; /* n_taken: the caller's alone */
	size_t n_begun;
	struct place *ring;
	pthread_t *helpers;
	size_t n_helpers;
	bool tried; /* to start them */
	bool end;
	bool waits;	      /* the caller does, for the oldest job */
	pthread_mutex_t lock; /* guards the ring, n_put, n_begun, end, waits; not held by run() */
	pthread_cond_t work;  /* there is a job to begin, or the end */
	pthread_cond_t done;  /* the oldest job is done */
};

size_t pdg_cores(void)
{
	cpu_set_t set;
	long online;
	int n = 0;

	/* More than 1024 cores do not fit into the set, and fail. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	if (n > 0)
		return (size_t)n;
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (size_t)online : 1;
}

int pdg_workers_new(void (*run)(void *ctx, void *job), void *ctx, size_t threads, size_t window,
		    struct pdg_workers **out, struct pdg_error *err)
{
	struct pdg_workers *w = pdg_calloc(1, sizeof(*w));

	if (!w)
		return pdg_nomem(err);
	w->run = run;
	w->ctx = ctx;
	w->threads = threads;
	w->window = window;
	w->ring = pdg_calloc(window, sizeof(*w->ring));
	w->helpers = threads > 1 ? pdg_calloc(threads - 1, sizeof(*w->helpers)) : NULL;
	if (!w->ring || (threads > 1 && !w->helpers)) {
		free(w->ring);
		free(w->helpers);
		free(w);
		return pdg_nomem(err);
	}
	/* With default attributes these cannot fail (glibc), nor can their use. */
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->work, NULL);
	(void)pthread_cond_init(&w->done, NULL);
	*out = w;
	return 0;
}

void pdg_workers_free(struct pdg_workers *w)
{
	size_t i;

	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->end = true;
	(void)pthread_cond_broadcast(&w->work);
	(void)pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->n_helpers; i++)
		(void)pthread_join(w->helpers[i], NULL);
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_cond_destroy(&w->done);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->ring);
	free(w->helpers);
	free(w);
}

/* Begin the next job that waits, and do it. Called and left with the lock held. */
static void work_once(struct pdg_workers *w)
{
	size_t number = w->n_begun++;
	struct place *p = &w->ring[number % w->window];

	(void)pthread_mutex_unlock(&w->lock);
	w->run(w->ctx, p->job);
	(void)pthread_mutex_lock(&w->lock);
	p->done = true;
	if (w->waits && number == w->n_taken)
		(void)pthread_cond_signal(&w->done);
}

static void *help(void *arg)
{
	struct pdg_workers *w = arg;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->end) {
		if (w->n_begun < w->n_put)
			work_once(w);
		else
			(void)pthread_cond_wait(&w->work, &w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* What cannot be started does not help; signals are for the caller's thread. */
static void start(struct pdg_workers *w)
{
	sigset_t all;
	sigset_t before;

	w->tried = true;
	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0)
		return;
	while (w->n_helpers + 1 < w->threads &&
	       pthread_create(&w->helpers[w->n_helpers], NULL, help, w) == 0)
		w->n_helpers++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

size_t pdg_workers_n(const struct pdg_workers *w)
{
	return w->n_put - w->n_taken;
}

void pdg_workers_put(struct pdg_workers *w, void *job)
{
	(void)pthread_mutex_lock(&w->lock);
	w->ring[w->n_put % w->window] = (struct place){.job = job};
	w->n_put++;
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->lock);
	if (!w->tried && pdg_workers_n(w) >= START)
		start(w);
}

void *pdg_workers_take(struct pdg_workers *w)
{
	struct place *oldest = &w->ring[w->n_taken % w->window];
	void *job;

	if (w->n_taken == w->n_put)
		return NULL;
	(void)pthread_mutex_lock(&w->lock);
	while (!oldest->done) {
		if (w->n_begun < w->n_put) {
			work_once(w);
		} else {
			w->waits = true;
			(void)pthread_cond_wait(&w->done, &w->lock);
			w->waits = false;
		}
	}
	job = oldest->job;
	w->n_taken++;
	(void)pthread_mutex_unlock(&w->lock);
	return job;
}
