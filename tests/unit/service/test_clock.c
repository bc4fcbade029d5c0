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
	/* Before the log was begun nothing is signed: its entry would be older than the log. */
	submit_at(&w, NOW - YEAR, 3, 503);
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-1");
	submit_at(&w, NOW, 3, 201);
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
	atomic_store(&w.now, NOW);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);
	world_done(&w);
}

/* The service's key has a window: outside of it, by whatever clock, nothing is signed; what was
 * signed in it stays good. */
static void windows_go_by_the_clock(void)
{
	static const struct {
		int64_t now;
		bool good;
	} rows[] = {
		{NOW - 2 * YEAR, false},
		{NOW + 1, true},
		{NOW + 2 * YEAR, false},
		{NOW + 2, true},
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_configure(
		&w, 1,
		"[trust \"mine\"]\n\tserviceKey = signing.pub\n"
		"\tvalidAfter = 2023-06-01T00:00:00Z\n\tvalidBefore = 2025-06-01T00:00:00Z\n");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		unsigned artifact = 10 + (unsigned)i;

		submit_at(&w, rows[i].now, artifact, rows[i].good ? 201 : 503);
		CHECK_INT(pdg_core_ready(w.core, &err) == 0, rows[i].good);
		CHECK_STR(err.rule, rows[i].good ? "" : "RDY-1");
		if (rows[i].good)
			chain_is(&w, artifact, "good");
	}
	pdg_test_case(NULL);
	world_done(&w);
}

/* The first start was by a clock that was ahead: what is logged by the right one would be older
 * than its log. It is told at once, and again by whoever checks; nothing is lost by it. */
static void the_first_start_was_ahead(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};
	struct world w;

	world_init(&w);
	atomic_store(&w.now, NOW + 4 * YEAR);
	world_open(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_close(&w);
	atomic_store(&w.now, NOW);
	world_open(&w);
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-1");
	CHECK(err.fix[0]);
	source_body(&w, SERVER, &app_main, &body);
	CHECK(refused(&w, pdg_buf_bytes(&body), "RDY-8", 503));
	CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err, "FSK-1");
	CHECK_HAS(pdg_buf_cstr(&text), "RDY-8");
	world_close(&w);
	/* What is told to be done: begin anew. */
	world_move(&w, "p.db", "p.db.away");
	world_move(&w, "p.db.journal-key.pem", "journal-key.away");
	world_move(&w, "log", "log.away");
	world_open(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	submit_at(&w, NOW, 1, 201);
	pdg_test_case(NULL);
	chain_is(&w, 1, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

PDG_TEST_MAIN("clock", {"back and forward", back_and_forward},
	      {"at the beginning of time", at_the_beginning_of_time},
	      {"overdue goes by the clock", overdue_goes_by_the_clock},
	      {"the first start was ahead", the_first_start_was_ahead},
	      {"windows go by the clock", windows_go_by_the_clock})
