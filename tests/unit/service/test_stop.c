/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the service: nothing new is taken, what was accepted stays, and a log that never
 * answers is neither waited for nor left behind with memory that is freed.
 */
#include "store/sqlite.h"
#include "support/fakehttp.h"
#include "unit/service/core_world.h"
#include "util/time.h"

/* From the request to stop on; reading goes on. */
static void nothing_new_is_taken(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf keys = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(got) struct got g;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	pdg_core_stop(w.core);
	source_body(&w, SERVER, &app_main, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &g);
	CHECK_STR(g.rule, "SVC-2");
	CHECK_INT(g.status, 503);
	CHECK(g.retry_after > 0);
	/* A policy whose version cannot be kept any more does not come into force either. */
	CHECK_RULE(pdg_core_reload(w.core, &err), &err, "SVC-2");
	CHECK_OK(pdg_core_keys(w.core, &keys, &err), &err);
	CHECK_UINT(journal_size(&w), 1);
	world_done(&w);
}

/* --- a log that never answers --- */

static void never_answer(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	atomic_uint *posts = ctx;

	atomic_fetch_add(posts, strcmp(req->method, "POST") == 0);
	reply->way = FAKE_HANG;
}

static uint64_t pending_in_store(struct world *w)
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	uint64_t all = 0, pending = 0;
	int64_t oldest;
	bool is_new;

	if (!CHECK_OK(pdg_sqlite_open(path, &s, &is_new, &err), &err))
		return 0;
	CHECK_OK(s->ops->count(s, &all, &pending, &oldest, &err), &err);
	pdg_store_close(s);
	return pending;
}

static void a_log_that_never_answers(void)
{
	struct world w;
	atomic_uint posts = 0;
	struct fake_http *rekor = fake_http_start(never_answer, &posts);
	PDG_AUTO(mem)
	char *log = pdg_str_printf("type = rekor-v2\n\tkey = stranger.pub\n\turl = %s",
				   fake_http_url(rekor));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	const struct timespec tick = {.tv_nsec = 10 * 1000 * 1000};
	int64_t start;
	int i;

	world_init(&w);
	world_reconfigure(&w, "directory = log", log);
	world_open(&w);
	source_body(&w, SERVER, &app_main, &body);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 202);
	for (i = 0; i < 1000 && atomic_load(&posts) == 0; i++)
		(void)nanosleep(&tick, NULL);
	CHECK(atomic_load(&posts) > 0);
	start = pdg_monotonic_ms();
	CHECK(pdg_core_close(w.core));
	CHECK(pdg_monotonic_ms() - start < 9000);
	w.core = NULL;
	CHECK_UINT(pending_in_store(&w), 1);
	fake_http_stop(rekor);
	world_done(&w);
}

PDG_TEST_MAIN("stop", {"nothing new is taken", nothing_new_is_taken},
	      {"a log that never answers", a_log_that_never_answers})
