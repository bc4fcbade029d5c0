/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher's memory: which rows are at hand, and which are held back after a failure of their
 * own. */
#ifndef PDG_SERVICE_FLIGHT_H
#define PDG_SERVICE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/limits.h"

/* Ids of rows, which are above 0. Zeroed is empty. */
struct pdg_id_set {
	int64_t *v; /* @cap places, a power of two; at most half of them are taken */
	size_t n, cap;
};

void pdg_id_set_done(struct pdg_id_set *s);
/** Forget all, keep the memory. */
void pdg_id_set_clear(struct pdg_id_set *s);

bool pdg_id_set_has(const struct pdg_id_set *s, int64_t id);
/** 0, or PDG_E_NOMEM. */
int pdg_id_set_add(struct pdg_id_set *s, int64_t id) __attribute__((warn_unused_result));
void pdg_id_set_remove(struct pdg_id_set *s, int64_t id);

/* Waiting times that double up to a minute, with jitter. Zeroed has never failed. */
struct pdg_backoff {
	int64_t delay; /* milliseconds */
	int64_t until; /* pdg_monotonic_ms() before which nothing is tried */
};

void pdg_backoff_fail(struct pdg_backoff *b, int64_t now);
static inline void pdg_backoff_ok(struct pdg_backoff *b)
{
	b->delay = 0;
	b->until = 0;
}

/* Rows that failed while others did not: all of one round may. Who was due keeps its place, for how
 * often it failed, until another needs that: not all come again. Zeroed is empty. */
struct pdg_held {
	size_t n;
	struct {
		int64_t id;
		struct pdg_backoff backoff;
		bool due; /* was said */
	} v[PDG_LIMIT_LOG_CALLS];
};

/** The row failed (again). False when no more can be held: that many wait. */
bool pdg_held_fail(struct pdg_held *h, int64_t id, int64_t now);
void pdg_held_drop(struct pdg_held *h, int64_t id);
/** May @id not be tried yet? */
bool pdg_held_has(const struct pdg_held *h, int64_t id, int64_t now);
/** The lowest of those whose time came, 0: none. They do not wait from then on; each is said once.
 */
int64_t pdg_held_due(struct pdg_held *h, int64_t now);
/** When the next one of those that wait may be tried; -1: none waits. */
int64_t pdg_held_next(const struct pdg_held *h);

#endif
