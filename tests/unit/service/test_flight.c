/* SPDX-License-Identifier: Apache-2.0 */
/* The small memories of writer and publisher: refusals a minute, rows at hand, waiting times. */
#include <stdio.h>

#include "service/flight.h"
#include "service/limiter.h"
#include "service/status.h"
#include "support/check.h"

static void so_many_a_minute(void)
{
	struct pdg_limiter *l = calloc(1, sizeof(*l));
	unsigned i, taken = 0;

	if (!l)
		abort();
	for (i = 0; i < 200; i++)
		taken += pdg_limiter_take(l, "a", 600 + i % 60);
	CHECK_UINT(taken, PDG_LIMIT_REFUSALS_KEPT);
	CHECK(pdg_limiter_take(l, "b", 601));
	CHECK(pdg_limiter_take(l, "a", 660));
	/* No more identities than there is room for, and a new minute makes room. */
	for (i = 0, taken = 0; i < 2 * PDG_LIMIT_REFUSING; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u", i);
		taken += pdg_limiter_take(l, name, 720);
	}
	CHECK_UINT(taken, PDG_LIMIT_REFUSING);
	CHECK(pdg_limiter_take(l, "new", 780));
	/* A clock that goes back is another minute. */
	CHECK(pdg_limiter_take(l, "new", 0));
	free(l);
}

static void ids(void)
{
	struct pdg_id_set s = {0};
	int64_t i;

	CHECK(!pdg_id_set_has(&s, 1));
	pdg_id_set_remove(&s, 1);
	for (i = 1; i <= 100; i++)
		CHECK_INT(pdg_id_set_add(&s, i), 0);
	CHECK_INT(pdg_id_set_add(&s, 100), 0);
	for (i = 2; i <= 100; i += 2)
		pdg_id_set_remove(&s, i);
	pdg_id_set_remove(&s, 1000);
	CHECK_UINT(s.n, 50);
	for (i = 1; i <= 100; i++)
		CHECK(pdg_id_set_has(&s, i) == (i % 2 == 1));
	pdg_id_set_clear(&s);
	CHECK_UINT(s.n, 0);
	CHECK(!pdg_id_set_has(&s, 1));
	pdg_id_set_done(&s);
}

/* Ids of one home crowd together, at the end of the table too; none is lost when one goes. */
static void ids_that_crowd(void)
{
	struct pdg_id_set s = {0};
	bool there[24] = {false};
	unsigned step, k;

	for (step = 0; step < 5000; step++) {
		unsigned pick = (step * 7919U + step / 3) % 24;
		int64_t id = 63 + (int64_t)(pick % 3) + 64 * (int64_t)(pick / 3);

		if (there[pick])
			pdg_id_set_remove(&s, id);
		else
			CHECK_INT(pdg_id_set_add(&s, id), 0);
		there[pick] = !there[pick];
		for (k = 0; k < 24; k++)
			CHECK(pdg_id_set_has(&s, 63 + (int64_t)(k % 3) + 64 * (int64_t)(k / 3)) ==
			      there[k]);
	}
	pdg_id_set_done(&s);
}

static void waiting_doubles(void)
{
	struct pdg_backoff b = {0};
	int64_t want = 100;
	unsigned i;

	for (i = 0; i < 14; i++) {
		pdg_backoff_fail(&b, 1000);
		CHECK_INT(b.delay, want);
		CHECK(b.until >= 1000 + want / 2 && b.until <= 1000 + want);
		want = want * 2 > 60000 ? 60000 : want * 2;
	}
	pdg_backoff_ok(&b);
	CHECK_INT(b.delay, 0);
}

static void held_rows(void)
{
	struct pdg_held *h = calloc(1, sizeof(*h));
	int64_t i;

	if (!h)
		abort();
	CHECK_INT(pdg_held_next(h), -1);
	CHECK_INT(pdg_held_due(h, 1 << 20), 0);
	CHECK(pdg_held_fail(h, 7, 1000));
	CHECK(pdg_held_has(h, 7, 1000));
	CHECK(!pdg_held_has(h, 8, 1000));
	CHECK(pdg_held_next(h) > 1000);
	CHECK_INT(pdg_held_due(h, 1000), 0);
	/* Due once, then free to be tried, until it fails again: then for longer. */
	CHECK_INT(pdg_held_due(h, 1200), 7);
	CHECK_INT(pdg_held_due(h, 1200), 0);
	CHECK(!pdg_held_has(h, 7, 1200));
	CHECK_INT(pdg_held_next(h), -1);
	CHECK(pdg_held_fail(h, 7, 2000));
	CHECK(pdg_held_next(h) >= 2100);
	pdg_held_drop(h, 7);
	CHECK_INT(pdg_held_next(h), -1);
	for (i = 0; i < PDG_LIMIT_LOG_CALLS; i++)
		CHECK(pdg_held_fail(h, i, 0));
	CHECK(!pdg_held_fail(h, PDG_LIMIT_LOG_CALLS, 0));
	CHECK(pdg_held_fail(h, 3, 0));
	free(h);
}

/* Rows that others logged are not heard of again: no number of them keeps one out that fails. */
static void held_rows_that_are_gone(void)
{
	struct pdg_held *h = calloc(1, sizeof(*h));
	int64_t i;

	if (!h)
		abort();
	for (i = 1; i <= PDG_LIMIT_LOG_CALLS; i++)
		CHECK(pdg_held_fail(h, i, 1000));
	CHECK(!pdg_held_fail(h, 1000, 1000));
	CHECK(pdg_held_fail(h, 3, 2000));
	CHECK_INT(pdg_held_due(h, 3000), 1);
	for (i = 1001; i < 1000 + PDG_LIMIT_LOG_CALLS; i++) {
		CHECK(pdg_held_fail(h, i, 3000));
		CHECK(pdg_held_has(h, i, 3000));
	}
	CHECK_UINT(h->n, PDG_LIMIT_LOG_CALLS);
	/* The last that was due is the last whose failures are forgotten: this is the third. */
	CHECK(pdg_held_fail(h, 3, 3000));
	CHECK(pdg_held_has(h, 3, 3199));
	/* All wait again. */
	CHECK(!pdg_held_fail(h, 2000, 3000));
	CHECK_INT(pdg_held_due(h, 4000), 3);
	CHECK_INT(pdg_held_due(h, 4000), 0);
	CHECK_INT(pdg_held_next(h), -1);
	CHECK(pdg_held_fail(h, 2000, 4000));
	free(h);
}

static void statuses(void)
{
	static const struct {
		int code;
		const char *rule;
		int status, retry;
	} cases[] = {
		{PDG_E_REJECTED, "BLD-6", 424, 2},
		{PDG_E_REJECTED, "IDN-1", 403, 0},
		{PDG_E_IO, "STO-4", 503, 1},
		{PDG_E_IO, "SVC-1", 503, 1},
		{PDG_E_IO, "", 503, 1},
		{PDG_E_NOMEM, "", 503, 1},
		{PDG_E_FORMAT, "", 400, 0},
		{PDG_E_LIMIT, "", 413, 0},
		{PDG_E_NOTFOUND, "", 404, 0},
		{PDG_E_REJECTED, "", 403, 0},
		{PDG_E_CRYPTO, "", 500, 0},
		{PDG_E_INTERNAL, "", 500, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_error err = {.code = cases[i].code};

		(void)snprintf(err.rule, sizeof(err.rule), "%s", cases[i].rule);
		pdg_test_case("%d %s", cases[i].code, cases[i].rule);
		CHECK_INT(pdg_status_of(&err), cases[i].status);
		CHECK_INT(pdg_status_retry_after(&err), cases[i].retry);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("flight", {"so many a minute", so_many_a_minute}, {"ids", ids},
	      {"ids that crowd", ids_that_crowd}, {"waiting doubles", waiting_doubles},
	      {"held rows", held_rows}, {"held rows that are gone", held_rows_that_are_gone},
	      {"statuses", statuses})
