/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher as its two files see it: publisher_queue.c knows what there is to do, publisher.c
 * has the threads that do it. Private to them.
 */
#ifndef PDG_SERVICE_PUBLISHER_IMPL_H
#define PDG_SERVICE_PUBLISHER_IMPL_H

#include <pthread.h>

#include "service/flight.h"
#include "service/item.h"
#include "service/publisher.h"

#define PDG_PUBLISHER_THREADS 8
#define PDG_PUBLISHER_BATCH   256

struct pdg_publisher {
	struct pdg_publisher_options opt;
	size_t batch;
	pthread_t threads[PDG_PUBLISHER_THREADS];
	unsigned n_threads;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t work;
	pthread_cond_t ended;
	unsigned running; /* threads that did not end */
	struct pdg_item *first;
	struct pdg_item **last;
	size_t n_fresh, fresh_bytes;
	struct pdg_id_set at_hand; /* fresh, at the log, or on the way to the store */
	bool backlog;		   /* rows may be pending above @swept that are not at hand */
	int64_t swept;		   /* up to this id none is */
	bool loading;		   /* a thread reads the backlog just now */
	struct pdg_id_set landed;  /* kept while it reads: its rows may still say pending */
	struct pdg_backoff backoff;
	struct pdg_held held;
	bool stopping;
	int64_t stop_at;
	uint64_t failures;
	struct pdg_buf last_reference;
};

/* All of these with the mutex held, but pdg_publisher_backlog(), which takes it. */

/** The row @id is to be found in the store (again). */
void pdg_publisher_want(struct pdg_publisher *p, int64_t id);
/** It is not at hand any more, and not logged. */
void pdg_publisher_leave(struct pdg_publisher *p, int64_t id);
/** Move up to a batch of fresh rows to @out; how many. */
size_t pdg_publisher_fresh(struct pdg_publisher *p, struct pdg_item **out);

/** Move what may be tried of one page of the backlog to @out. This thread has set p->loading. */
size_t pdg_publisher_backlog(struct pdg_publisher *p, struct pdg_item **out);

#endif
