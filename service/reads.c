/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of waiting questions and PDG_LIMIT_READERS threads: the memory that judging takes is
 * bounded by their number, the time that somebody waits by the ring's length.
 */
#include "service/reads.h"

#include <pthread.h>

#include "util/limits.h"
#include "util/size.h"

struct pdg_reads {
	pthread_mutex_t mutex; /* guards what follows, but for the threads */
	pthread_cond_t wake;
	pthread_t thread[PDG_LIMIT_READERS];
	size_t threads;
	bool stop;
	struct pdg_request *ring[PDG_LIMIT_READERS_WAITING];
	size_t first, n;
};

/* The next question; NULL: there is none and will be none. */
static struct pdg_request *take(struct pdg_reads *r, bool *out_stop)
{
	struct pdg_request *rq = NULL;

	(void)pthread_mutex_lock(&r->mutex);
	while (!r->n && !r->stop)
		(void)pthread_cond_wait(&r->wake, &r->mutex);
	if (r->n > 0) {
		rq = r->ring[r->first];
		r->first = (r->first + 1) % PDG_LIMIT_READERS_WAITING;
		r->n--;
	}
	*out_stop = r->stop;
	(void)pthread_mutex_unlock(&r->mutex);
	return rq;
}

static void *reader(void *ctx)
{
	struct pdg_request *rq;
	bool stop;

	while ((rq = take(ctx, &stop))) {
		if (stop)
			pdg_reply_rule(rq, "SVC-2", "the service is stopping", NULL);
		else
			(void)rq->route->handle(rq);
		rq->finish(rq);
	}
	return NULL;
}

bool pdg_reads_put(struct pdg_reads *r, struct pdg_request *rq)
{
	bool room, stop;

	(void)pthread_mutex_lock(&r->mutex);
	stop = r->stop;
	room = r->n < PDG_LIMIT_READERS_WAITING && !stop;
	if (room) {
		r->ring[(r->first + r->n) % PDG_LIMIT_READERS_WAITING] = rq;
		r->n++;
		(void)pthread_cond_signal(&r->wake);
	}
	(void)pthread_mutex_unlock(&r->mutex);
	if (stop)
		pdg_reply_rule(rq, "SVC-2", "the service is stopping", NULL);
	else if (!room)
		pdg_reply_rule(rq, "HTP-7", "too many records and chains are asked for at once",
			       "try again in a second");
	return room;
}

int pdg_reads_new(struct pdg_reads **out, struct pdg_error *err)
{
	struct pdg_reads *r = pdg_calloc(1, sizeof(*r));

	if (!r)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&r->mutex, NULL);
	(void)pthread_cond_init(&r->wake, NULL);
	while (r->threads < PDG_LIMIT_READERS) {
		if (pthread_create(&r->thread[r->threads], NULL, reader, r) != 0) {
			pdg_reads_free(r);
			return pdg_fail(err, PDG_E_IO, "no threads for reading");
		}
		r->threads++;
	}
	*out = r;
	return 0;
}

void pdg_reads_stop(struct pdg_reads *r)
{
	(void)pthread_mutex_lock(&r->mutex);
	r->stop = true;
	(void)pthread_cond_broadcast(&r->wake);
	(void)pthread_mutex_unlock(&r->mutex);
	while (r->threads)
		(void)pthread_join(r->thread[--r->threads], NULL);
}

void pdg_reads_free(struct pdg_reads *r)
{
	if (!r)
		return;
	pdg_reads_stop(r);
	(void)pthread_cond_destroy(&r->wake);
	(void)pthread_mutex_destroy(&r->mutex);
	free(r);
}
