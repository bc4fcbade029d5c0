/* SPDX-License-Identifier: Apache-2.0 */
/* Small sets and waiting times for the publisher; no I/O, no locks: its mutex guards them. */
#include "service/flight.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "util/size.h"

#define FIRST_DELAY 100
#define LAST_DELAY  60000

#define FIRST_PLACES 64

void pdg_id_set_done(struct pdg_id_set *s)
{
	free(s->v);
	*s = (struct pdg_id_set){0};
}

void pdg_id_set_clear(struct pdg_id_set *s)
{
	if (s->n)
		memset(s->v, 0, s->cap * sizeof(*s->v));
	s->n = 0;
}

/* Rows are numbered one after the other: their lowest bits spread them best. */
static size_t home(const struct pdg_id_set *s, int64_t id)
{
	return (size_t)id & (s->cap - 1);
}

/* Where @id is, or the free place where it belongs. */
static size_t place(const struct pdg_id_set *s, int64_t id)
{
	size_t at = home(s, id);

	while (s->v[at] != 0 && s->v[at] != id)
		at = (at + 1) & (s->cap - 1);
	return at;
}

bool pdg_id_set_has(const struct pdg_id_set *s, int64_t id)
{
	return s->n && s->v[place(s, id)] == id;
}

static int grow(struct pdg_id_set *s)
{
	struct pdg_id_set larger = {.n = s->n, .cap = s->cap ? s->cap * 2 : FIRST_PLACES};
	size_t i;

	larger.v = pdg_calloc(larger.cap, sizeof(*larger.v));
	if (!larger.v)
		return PDG_E_NOMEM;
	for (i = 0; i < s->cap; i++) {
		if (s->v[i])
			larger.v[place(&larger, s->v[i])] = s->v[i];
	}
	free(s->v);
	*s = larger;
	return 0;
}

int pdg_id_set_add(struct pdg_id_set *s, int64_t id)
{
	if (pdg_id_set_has(s, id))
		return 0;
	if (s->n >= s->cap / 2 && grow(s) < 0)
		return PDG_E_NOMEM;
	s->v[place(s, id)] = id;
	s->n++;
	return 0;
}

void pdg_id_set_remove(struct pdg_id_set *s, int64_t id)
{
	size_t gap, at;

	if (!pdg_id_set_has(s, id))
		return;
	gap = place(s, id);
	/* Those behind it that only the taken place kept from there move up. */
	for (at = (gap + 1) & (s->cap - 1); s->v[at]; at = (at + 1) & (s->cap - 1)) {
		size_t from_home = (at - home(s, s->v[at])) & (s->cap - 1);

		if (from_home < ((at - gap) & (s->cap - 1)))
			continue;
		s->v[gap] = s->v[at];
		gap = at;
	}
	s->v[gap] = 0;
	s->n--;
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

/* The place of a row that has none yet: another service logs rows too, and of those that are never
 * heard of again all were due long ago. @h->n: none is free. */
static size_t place_for(struct pdg_held *h)
{
	size_t i, at = h->n;

	if (h->n < PDG_LIMIT_LOG_CALLS)
		return h->n++;
	for (i = 0; i < h->n; i++) {
		if (h->v[i].due && (at == h->n || h->v[i].backoff.until < h->v[at].backoff.until))
			at = i;
	}
	return at;
}

bool pdg_held_fail(struct pdg_held *h, int64_t id, int64_t now)
{
	size_t i;

	for (i = 0; i < h->n && h->v[i].id != id; i++)
		;
	if (i == h->n) {
		i = place_for(h);
		if (i == PDG_LIMIT_LOG_CALLS)
			return false;
		h->v[i].id = id;
		h->v[i].backoff = (struct pdg_backoff){0};
	}
	h->v[i].due = false;
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

int64_t pdg_held_due(struct pdg_held *h, int64_t now)
{
	int64_t first = 0;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (h->v[i].due || h->v[i].backoff.until > now)
			continue;
		h->v[i].due = true;
		if (first == 0 || h->v[i].id < first)
			first = h->v[i].id;
	}
	return first;
}

int64_t pdg_held_next(const struct pdg_held *h)
{
	int64_t t = -1;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (!h->v[i].due && (t < 0 || h->v[i].backoff.until < t))
			t = h->v[i].backoff.until;
	}
	return t;
}
