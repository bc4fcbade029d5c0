/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher as its files see it: publisher_queue.c knows what there is to do, publisher.c has
 * the thread that does it, publisher_send.c is what it does. Private to them.
 */
#ifndef PDG_SERVICE_PUBLISHER_IMPL_H
#define PDG_SERVICE_PUBLISHER_IMPL_H

#include <pthread.h>

#include "service/flight.h"
#include "service/item.h"
#include "service/publisher.h"

/* Of a shared store: rows that another pedigreed was killed with, or whose commit was not answered.
 */
#define PDG_PUBLISHER_SWEEP_MS 5000

struct pdg_publisher {
	struct pdg_publisher_options opt;
	size_t batch;
	pthread_t thread;
	bool started;	       /* and not joined yet */
	pthread_mutex_t mutex; /* guards what follows; never held with the writer's */
	pthread_cond_t work;
	pthread_cond_t ended;
	bool running; /* the thread did not end */
	struct pdg_item *first;
	struct pdg_item **last;
	size_t n_fresh, fresh_bytes;
	struct pdg_item *stamped; /* have their timestamp, and go to the log next */
	struct pdg_item **last_stamped;
	size_t n_stamped;
	size_t calls;		   /* to the log or its authority, that end by themselves */
	struct pdg_id_set at_hand; /* fresh, at the log, or on the way to the store */
	bool backlog;		   /* rows may be pending above @swept that are not at hand */
	int64_t swept;		   /* up to this id none is */
	int64_t sweep_at;	   /* shared store: when to look at all of them again */
	bool loading;		   /* the backlog is being read */
	struct pdg_id_set landed;  /* kept while it reads: its rows may still say pending */
	struct pdg_backoff backoff;
	struct pdg_backoff unkept; /* of a store that does not keep what the log took */
	int64_t asked; /* when the thread last looked whether the store takes anything */
	struct pdg_held held;
	bool stopping;
	int64_t stop_at;
	uint64_t failures;
	int64_t seen; /* of pdg_publisher_seen() */
	struct pdg_buf last_reference;
	int64_t doubted; /* when the log was last caught with another tree; 0: it was not, or all is
			  * well again */
	struct pdg_error doubt;
};

/* All of these with the mutex held, but pdg_publisher_backlog() and pdg_publisher_send(), which
 * take it. */

/** An entry was not taken for @why: was that the log's other tree? */
void pdg_publisher_note_doubt(struct pdg_publisher *p, const struct pdg_error *why, int64_t now);
/** The row @id is to be found in the store (again). */
void pdg_publisher_want(struct pdg_publisher *p, int64_t id);
/** May the log be given something at @now? To a store that has not kept what came last from it
 * things are given one by one, each once the one before is kept. */
bool pdg_publisher_may(const struct pdg_publisher *p, int64_t now);
/** It is not at hand any more, and not logged. */
void pdg_publisher_leave(struct pdg_publisher *p, int64_t id);
/** Is it time to look at all that is pending in a shared store? Once every PDG_PUBLISHER_SWEEP_MS.
 */
bool pdg_publisher_sweep_due(struct pdg_publisher *p, int64_t now);
/** The earlier of @other (0: never) and when that will be. */
int64_t pdg_publisher_sweep_next(const struct pdg_publisher *p, int64_t other);
/** Move up to a batch of those that are stamped, and of @max fresh rows, to @out; how many. */
size_t pdg_publisher_fresh(struct pdg_publisher *p, struct pdg_item **out, size_t max);
/** @it has its timestamp. */
void pdg_publisher_stamped(struct pdg_publisher *p, struct pdg_item *it);

/** Move what may be tried of one page of the backlog, at most @max, to @out. p->loading is
 * set. Where @max is 0 there is as much of a backlog as before. */
size_t pdg_publisher_backlog(struct pdg_publisher *p, struct pdg_item **out, size_t max);

/** Give @items to the log, or to the authority before it; they are its from then on. Takes the
 * mutex. */
void pdg_publisher_send(struct pdg_publisher *p, struct pdg_item **items, size_t n);

#endif
