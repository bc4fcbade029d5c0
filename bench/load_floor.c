/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What OpenSSL needs for a signature and a verification at the very time of a load. A floor that
 * was taken a minute earlier says little on a machine whose neighbours come and go: here the same
 * work took 61 us at one moment and 83 at the next, with nothing else running.
 */
#include "load_floor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "figures.h"
#include "floor_key.h"

#define EACH	8		/* signatures, then verifications, at a time */
#define PAUSE	(40 * 1000000L) /* ns between: about 1.5 % of one processor */
#define SAMPLES 4096		/* 160 s; later ones replace the first */

struct bench_beside {
	pthread_t thread;
	atomic_bool end;
	struct bench_key *key;
	double sample[SAMPLES];
	size_t n;
};

static void *take(void *arg)
{
	const struct timespec pause = {.tv_nsec = PAUSE};
	struct bench_beside *b = arg;

	do {
		double sign, verify;

		if (bench_key_time(b->key, EACH, &sign, &verify) == 0)
			b->sample[b->n++ % SAMPLES] = sign + verify;
		(void)nanosleep(&pause, NULL);
	} while (!atomic_load(&b->end));
	return NULL;
}

int bench_beside_start(struct bench_beside **out, struct pdg_error *err)
{
	struct bench_beside *b = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return pdg_nomem(err);
	rc = bench_key_new(&b->key, err);
	if (rc == 0 && pthread_create(&b->thread, NULL, take, b) != 0)
		rc = pdg_fail(err, PDG_E_IO, "no thread for the floor");
	if (rc < 0) {
		bench_key_free(b->key);
		free(b);
		return rc;
	}
	*out = b;
	return 0;
}

double bench_beside_end(struct bench_beside *b)
{
	double floor = 0;
	size_t n;

	atomic_store(&b->end, true);
	(void)pthread_join(b->thread, NULL);
	n = b->n < SAMPLES ? b->n : SAMPLES;
	if (n > 0) {
		qsort(b->sample, n, sizeof(b->sample[0]), bench_compare);
		floor = b->sample[n / 2];
	}
	bench_key_free(b->key);
	free(b);
	return floor;
}
