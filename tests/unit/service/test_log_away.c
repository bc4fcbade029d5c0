/* SPDX-License-Identifier: Apache-2.0 */
/* A log that is away: statements are taken and wait for it, over a restart too, and whoever waits
 * for an answer gets one. */
#include "unit/service/core_log.h"
#include "util/time.h"

/* A service with the source of app_build, whose log was then taken away. */
static void world_without_log(struct world *w)
{
	world_init(w);
	world_open(w);
	CHECK_INT(submit_source(w, SERVER, &app_main), 201);
	world_move(w, "log", "log-away");
}

static void log_is_away(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf record = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got again;
	struct pdg_core_stats stats;
	struct pdg_error err = {0};
	bool is_pending = false;

	world_without_log(&w);
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), 300, &g);
	CHECK_INT(g.status, 202);
	CHECK_HAS(pdg_buf_cstr(&g.body), "\"state\":\"pending-log\"");
	CHECK_HAS(pdg_buf_cstr(&g.body), "\"bundle\":null");
	submit(&w, pdg_buf_bytes(&body), 0, &again);
	CHECK_INT(again.status, 202);
	CHECK_OK(pdg_core_record(w.core, g.reference, &record, &is_pending, &err), &err);
	CHECK(is_pending);
	chain_is(&w, 1, "refused");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-5");
	pdg_core_stats(w.core, &stats);
	CHECK(stats.log_failures > 0);
	CHECK_UINT(stats.pending, 1);
	CHECK_INT(stats.oldest_pending, NOW);

	world_move(&w, "log-away", "log");
	CHECK(all_logged_soon(&w));
	chain_is(&w, 1, "good");
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);
	world_done(&w);
}

/* Accepted by one run, logged by the next. */
static void backlog_of_the_last_run(void)
{
	struct world w;
	unsigned i;

	world_without_log(&w);
	for (i = 1; i <= 20; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;
		struct build_of b = build_no(i);

		build_body(&w, CI, &b, &body);
		submit(&w, pdg_buf_bytes(&body), 0, &g);
		CHECK_INT(g.status, 202);
	}
	world_close(&w);
	world_move(&w, "log-away", "log");
	world_open(&w);
	CHECK(all_logged_soon(&w));
	for (i = 1; i <= 20; i++)
		chain_is(&w, i, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

/* Whoever waits for the log is answered when the service stops. */
static void stopping_answers_who_waits(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	int64_t start;

	world_without_log(&w);
	build_body(&w, CI, &app_build, &body);
	got_init(&g);
	pdg_core_submit(w.core, NULL, pdg_buf_bytes(&body), 30000, got_answer, &g);
	start = pdg_monotonic_ms();
	world_close(&w);
	CHECK(pdg_monotonic_ms() - start < 9000);
	CHECK_UINT(g.times, 1);
	CHECK_INT(g.status, 202);
	world_move(&w, "log-away", "log");
	world_done(&w);
}

PDG_TEST_MAIN("log_away", {"log is away", log_is_away},
	      {"backlog of the last run", backlog_of_the_last_run},
	      {"stopping answers who waits", stopping_answers_who_waits})
