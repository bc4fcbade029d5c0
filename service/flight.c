/* SPDX-License-Identifier: Apache-2.0 */
/* Small sets and waiting times for the publisher; no I/O, no locks: its mutex guards them. */
#include "service/flight.h"

#include "crypto/digest.h"
#include "util/size.h"

#define FIRST_DELAY 100
#define LAST_DELAY  60000

bool pdg_id_set_has(const struct pdg_id_set *s, int64_t id)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->v[i] == id)
			return true;
	}
	return false;
}

int pdg_id_set_add(struct pdg_id_set *s, int64_t id)
{
	if (pdg_array_grow(&s->v, s->n, &s->cap, sizeof(*s->v), SIZE_MAX / 16) < 0)
		return PDG_E_NOMEM;
	s->v[s->n++] = id;
	return 0;
}

void pdg_id_set_remove(struct pdg_id_set *s, int64_t id)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->v[i] == id) {
			s->v[i] = s->v[--s->n];
			return;
		}
	}
}

/* Up to half of the delay is chance, so that several services do not knock together. */
void pdg_backoff_fail(struct pdg_backoff *b, int64_t now)
{
	uint8_t chance = 0;

	b->delay = b->delay ? b->delay * 2 : FIRST_DELAY;
	if (b->delay > LAST_DELAY)
		b->delay = LAST_DELAY;
	if (pdg_random(&chance, 1, NULL) < 0)
		chance = 0;
	b->until = now + b->delay / 2 + b->delay * chance / 512;
}

bool pdg_held_fail(struct pdg_held *h, int64_t id, int64_t now)
{
	size_t i;

	for (i = 0; i < h->n && h->v[i].id != id; i++)
		;
	if (i == PDG_HELD_MAX)
		return false;
	if (i == h->n) {
		h->v[i].id = id;
		h->v[i].backoff = (struct pdg_backoff){0};
		h->n++;
	}
	pdg_backoff_fail(&h->v[i].backoff, now);
	return true;
}

void pdg_held_drop(struct pdg_held *h, int64_t id)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->v[i].id == id) {
			h->v[i] = h->v[--h->n];
			return;
		}
	}
}

bool pdg_held_has(const struct pdg_held *h, int64_t id, int64_t now)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->v[i].id == id)
			return h->v[i].backoff.until > now;
	}
	return false;
}

bool pdg_held_due(struct pdg_held *h, int64_t now)
{
	bool due = false;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->v[i].backoff.until == 0 || h->v[i].backoff.until > now)
			continue;
		h->v[i].backoff.until = 0;
		due = true;
	}
	return due;
}

int64_t pdg_held_next(const struct pdg_held *h)
{
	int64_t t = -1;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->v[i].backoff.until != 0 && (t < 0 || h->v[i].backoff.until < t))
			t = h->v[i].backoff.until;
	}
	return t;
}
