/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks that jump (attack 75): back, forward, to 1970, past 2038. What was accepted stays, what
 * comes is judged by the clock as it is, and nothing is counted from below zero. */
#include "unit/service/core_log.h"
#include "util/time.h"

#define YEAR INT64_C(31536000)

static void submit_at(struct world *w, int64_t now, unsigned artifact, int status)
{
	struct build_of b = build_no(artifact);

	pdg_test_case("clock at %lld", (long long)now);
	atomic_store(&w->now, now);
	CHECK_INT(submit_build(w, CI, &b), status);
}

static void received_is(struct world *w, unsigned artifact, int64_t when)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	char hex[65], text[PDG_TIME_TEXT];
	struct pdg_error err = {0};

	artifact_hex(artifact, hex);
	pdg_time_text(when, text);
	CHECK_OK(pdg_core_subjects(w->core, "sha256", hex, NULL, 0, &json, &err), &err);
	CHECK_HAS(pdg_buf_cstr(&json), text);
}

static void back_and_forward(void)
{
	struct pdg_error err = {0};
	struct world w;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	submit_at(&w, NOW + 10 * YEAR, 1, 201);
	received_is(&w, 1, NOW + 10 * YEAR);
	submit_at(&w, NOW, 2, 201);
	received_is(&w, 2, NOW);
	/* The commit is of the day before: now it is dated later than it is received. */
	submit_at(&w, NOW - YEAR, 3, 201);
	received_is(&w, 3, NOW - YEAR);
	/* Past 2038, where 32 bits end, and a little over 2106 where unsigned ones do. */
	submit_at(&w, INT64_C(2147483647) + 1, 4, 201);
	received_is(&w, 4, INT64_C(2147483648));
	submit_at(&w, INT64_C(4294967296) + 5, 5, 201);
	received_is(&w, 5, INT64_C(4294967301));
	pdg_test_case(NULL);
	/* What waits for nothing is not overdue, whatever the clock says. */
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	atomic_store(&w.now, NOW);
	fsck_is_clean(&w);
	world_close(&w);
	world_open(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	/* The same again is the same, at whatever time. */
	submit_at(&w, NOW + 1, 4, 200);
	pdg_test_case(NULL);
	world_done(&w);
}

static void at_the_beginning_of_time(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error err = {0};
	struct build_of b = build_no(2);
	struct world w;

	world_init(&w);
	atomic_store(&w.now, 1);
	world_open(&w);
	/* Everything is dated later than it is received: a claim that cannot be (rules 1). */
	b.finished = NOW;
	build_body(&w, CI, &b, &body);
	CHECK(refused(&w, pdg_buf_bytes(&body), "TIM-4", 400));
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	/* The clock is set: all is well, without a restart. */
	atomic_store(&w.now, NOW + 60);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &b), 201);
	chain_is(&w, 2, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

/* What waits is overdue by the clock, and is not any more when it is set right. */
static void overdue_goes_by_the_clock(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct pdg_error err = {0};
	struct pdg_core_stats stats;
	struct world w;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "log", "log-away");
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 202);
	/* The log's folder is what is wrong first; nothing is dropped whatever the clock says. */
	atomic_store(&w.now, NOW + 10 * YEAR);
	CHECK(pdg_core_ready(w.core, &err) < 0);
	atomic_store(&w.now, NOW - 10 * YEAR);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.pending, 1);
	world_move(&w, "log-away", "log");
	CHECK(all_logged_soon(&w));
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);
	world_done(&w);
}

/* A key of the policy with a window: the clock decides, and a clock that is wrong refuses. */
static void windows_go_by_the_clock(void)
{
	static const struct {
		int64_t now;
		const char *rule; /* NULL: accepted */
	} rows[] = {
		{NOW - 2 * YEAR, "TIM-1"},
		{NOW + 1, NULL},
		{NOW + 2 * YEAR, "TIM-2"},
		{NOW + 2, NULL},
	};
	struct world w;
	size_t i;

	world_init(&w);
	/* The journal's and service's own keys have no window; an old key of a service has. */
	world_configure(
		&w, 1,
		"[trust \"mine\"]\n\tserviceKey = signing.pub\n"
		"\tvalidAfter = 2023-06-01T00:00:00Z\n\tvalidBefore = 2025-06-01T00:00:00Z\n");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf chain = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
		struct pdg_error err = {0};
		char hex[65];
		unsigned artifact = 10 + (unsigned)i;

		submit_at(&w, rows[i].now, artifact, 201);
		artifact_hex(artifact, hex);
		CHECK_OK(pdg_core_chain(w.core, hex, &chain, &err), &err);
		if (rows[i].rule)
			CHECK_HAS(pdg_buf_cstr(&chain), rows[i].rule);
		else
			CHECK_HAS(pdg_buf_cstr(&chain), "\"verdict\":\"good\"");
	}
	/* TIM-1 and TIM-2 are what the rows above were refused by. */
	pdg_test_case(NULL);
	world_done(&w);
}

PDG_TEST_MAIN("clock", {"back and forward", back_and_forward},
	      {"at the beginning of time", at_the_beginning_of_time},
	      {"overdue goes by the clock", overdue_goes_by_the_clock},
	      {"windows go by the clock", windows_go_by_the_clock})
