/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the service: nothing new is taken, what was accepted stays, and a log that never
 * answers is neither waited for nor left behind with memory that is freed.
 */
#include <sqlite3.h>

#include "service/core_impl.h"
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
	CHECK(pdg_core_stop(w.core));
	source_body(&w, SERVER, &app_main, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &g);
	CHECK_STR(g.rule, "SVC-2");
	CHECK_INT(g.status, 503);
	CHECK(g.retry_after > 0);
	/* A policy whose version cannot be kept any more does not come into force either. */
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "SVC-2");
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

/* --- a store that somebody else has locked --- */

static void submit_build_no(struct world *w, unsigned artifact, struct got *g)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct build_of b = build_no(artifact);

	build_body(w, CI, &b, &body);
	pdg_core_submit(w->core, NULL, pdg_buf_bytes(&body), 0, got_answer, g);
}

/* All who wait are answered at once that nothing was kept, none of them after the others. */
static void a_locked_store(void)
{
	enum { SENDERS = 12 };
	struct world w;
	struct got g[SENDERS];
	sqlite3 *other = NULL;
	int64_t start;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	{
		PDG_AUTO(mem) char *path = pdg_test_path(w.dir, "p.db");

		CHECK_INT(sqlite3_open(path, &other), SQLITE_OK);
	}
	CHECK_INT(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	start = pdg_monotonic_ms();
	for (i = 0; i < SENDERS; i++) {
		got_init(&g[i]);
		submit_build_no(&w, i + 1, &g[i]);
	}
	CHECK(pdg_core_stop(w.core));
	CHECK(pdg_monotonic_ms() - start < 2 * 1000 + 500);
	for (i = 0; i < SENDERS; i++) {
		CHECK_UINT(g[i].times, 1);
		CHECK_INT(g[i].status, 503);
		CHECK_STR(g[i].rule, "STO-4");
		got_done(&g[i]);
	}
	CHECK(pdg_core_close(w.core));
	CHECK(pdg_monotonic_ms() - start < 5 * 1000);
	w.core = NULL;
	world_close(&w);
	(void)sqlite3_close(other);
	world_open(&w);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	fsck_is_clean(&w);
	world_done(&w);
}

/* A disk that hangs in the middle of a commit: nobody waits for it, and nothing is freed. */
static atomic_bool disk_hangs;

static int hanging_begin(struct pdg_store *s, struct pdg_error *err)
{
	const struct timespec tick = {.tv_nsec = 10 * 1000 * 1000};

	(void)s;
	while (atomic_load(&disk_hangs))
		(void)nanosleep(&tick, NULL);
	return pdg_reject(err, "STO-4", "the disk came back");
}

static void a_store_that_hangs(void)
{
	struct world w;
	struct got g;
	struct pdg_store_ops ops;
	const struct pdg_store_ops *real;
	int64_t start;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	real = w.core->store->ops;
	ops = *real;
	ops.begin = hanging_begin;
	atomic_store(&disk_hangs, true);
	w.core->store->ops = &ops;
	got_init(&g);
	submit_build_no(&w, 1, &g);
	start = pdg_monotonic_ms();
	CHECK(!pdg_core_stop(w.core));
	CHECK(!pdg_core_close(w.core));
	CHECK(pdg_monotonic_ms() - start < 9 * 1000);
	atomic_store(&disk_hangs, false);
	CHECK(pdg_core_stop(w.core));
	CHECK_INT(g.status, 503);
	got_done(&g);
	w.core->store->ops = real;
	world_done(&w);
}

PDG_TEST_MAIN("stop", {"nothing new is taken", nothing_new_is_taken},
	      {"a locked store", a_locked_store}, {"a store that hangs", a_store_that_hangs},
	      {"a log that never answers", a_log_that_never_answers})
