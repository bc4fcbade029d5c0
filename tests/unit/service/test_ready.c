/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness and the check of what is stored: each reason for which /readyz is 503 is brought about;
 * a reload that cannot be made durable changes nothing; --fsck makes nothing of its own.
 */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "service/core_impl.h"
#include "tlog/embedded.h"
#include "unit/service/core_world.h"
#include "util/fs.h"
#include "util/time.h"

static void is_ready(struct world *w)
{
	struct pdg_error err = {0};

	CHECK_OK(pdg_core_ready(w->core, &err), &err);
}

static void is_not_ready(struct world *w, const char *rule)
{
	struct pdg_error err = {0};

	CHECK_RULE(pdg_core_ready(w->core, &err), &err, rule);
}

/* Its key is lost to it, as one in a token that was pulled out. */
static void cannot_sign(void)
{
	PDG_AUTO(key) struct pdg_key *public_only = NULL;
	struct pdg_in_force *force;
	struct pdg_key *key;
	struct pdg_error err = {0};
	struct world w;

	world_init(&w);
	world_open(&w);
	is_ready(&w);
	force = pdg_in_force_ref(w.core->policy);
	key = force->signing;
	CHECK_OK(pdg_key_public_der(pdg_key_spki(key), &public_only, &err), &err);
	force->signing = public_only;
	is_not_ready(&w, "RDY-1");
	force->signing = key;
	pdg_in_force_unref(force);
	is_ready(&w);
	world_done(&w);
}

static void overdue_at_the_log(void)
{
	struct world w;
	PDG_AUTO(mem) char *in_the_way = NULL;
	PDG_AUTO(mem) char *inside = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	/* The log cannot write its next entries: a folder with something in it has their name. */
	in_the_way = pdg_test_path(w.dir, "log/tile/entries/000.p/2");
	inside = pdg_test_path(w.dir, "log/tile/entries/000.p/2/x");
	CHECK_INT(mkdir(in_the_way, 0700), 0);
	CHECK_INT(mkdir(inside, 0700), 0);
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), 300, &g);
	CHECK_INT(g.status, 202);
	is_ready(&w);
	atomic_store(&w.now, NOW + 3601);
	is_not_ready(&w, "RDY-4");
	CHECK_INT(rmdir(inside), 0);
	CHECK_INT(rmdir(in_the_way), 0);
	world_done(&w);
}

/* Each file that it has open: gone, then another one in its place, then itself again. */
static void files_that_are_gone(void)
{
	static const char *const files[] = {"p.db", "p.db-wal", "p.db-lock", "log"};
	PDG_AUTO(mem) char *checkpoint = NULL;
	struct world w;
	size_t i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(mem) char *copy = pdg_str_printf("copy-of-%s", files[i]);

		pdg_test_case("%s", files[i]);
		world_move(&w, files[i], "away");
		is_not_ready(&w, "RDY-5");
		world_copy(&w, "away", files[i]);
		is_not_ready(&w, "RDY-5");
		world_move(&w, files[i], copy);
		world_move(&w, "away", files[i]);
		is_ready(&w);
	}
	pdg_test_case(NULL);
	checkpoint = pdg_test_path(w.dir, "log/checkpoint");
	CHECK_INT(unlink(checkpoint), 0);
	is_not_ready(&w, "RDY-5");
	world_done(&w);
}

/* What would be lost with the process is not acknowledged, nor put into a log that is another. */
static void nothing_goes_to_files_that_are_gone(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got again;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_body(&w, CI, &app_build, &body);
	world_move(&w, "p.db", "away");
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 503);
	CHECK_STR(g.rule, "STO-3");
	world_move(&w, "away", "p.db");
	world_copy(&w, "log", "copy");
	world_move(&w, "log", "away");
	world_move(&w, "copy", "log");
	submit(&w, pdg_buf_bytes(&body), 300, &again);
	CHECK_INT(again.status, 202);
	world_move(&w, "log", "copy");
	world_move(&w, "away", "log");
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 200);
	fsck_is_clean(&w);
	world_done(&w);
}

/*
 * A crash after a policy came into force, but before its version was durable, would let an older
 * one in: so it does not come into force.
 */
static void a_reload_that_cannot_be_kept(void)
{
	const struct timespec tick = {.tv_nsec = 50000000};
	struct world w;
	PDG_AUTO(mem) char *wal = NULL;
	struct rlimit old, small;
	struct stat st;
	struct pdg_error err = {0};
	unsigned i;
	int rc;

	world_init(&w);
	world_open(&w);
	wal = pdg_test_path(w.dir, "p.db-wal");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_configure(&w, 2, NULL);
	world_reconfigure(&w, "\tkey = ci.pub\n", "");
	/* No file of this process may grow beyond what the WAL is now: writing to it fails. */
	CHECK_INT(stat(wal, &st), 0);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size;
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = pdg_core_reload(w.core, w.cfg, &err);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_RULE(rc, &err, "STO-4");
	/* First that a write failed, until one succeeds. */
	is_not_ready(&w, "RDY-6");
	for (i = 0; i < 200; i++) {
		if (pdg_core_ready(w.core, &err) < 0 && pdg_str_eq(err.rule, "RDY-3"))
			break;
		(void)nanosleep(&tick, NULL);
	}
	is_not_ready(&w, "RDY-3");
	/* By the old one. */
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	is_ready(&w);
	{
		static const struct build_of other = {NULL, APP, "ssh-good.raw", MAIN, 2, 0};
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

		build_body(&w, CI, &other, &body);
		refused(&w, pdg_buf_bytes(&body), "IDN-1", 403);
	}
	world_done(&w);
}

/* Nobody submits anything, and all is well again. */
static void is_ready_again(struct world *w)
{
	const struct timespec tick = {.tv_nsec = 50000000};
	unsigned i;

	for (i = 0; i < 200 && pdg_core_ready(w->core, NULL) < 0; i++)
		(void)nanosleep(&tick, NULL);
	is_ready(w);
}

/* A full disk: told from the first submission that was not kept until a write succeeds again. */
static void a_store_that_takes_nothing(void)
{
	const struct timespec tick = {.tv_nsec = 50 * 1000 * 1000};
	struct world w;
	PDG_AUTO(mem) char *wal = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct pdg_core_stats stats;
	struct rlimit old, small;
	struct stat st;
	unsigned i;

	world_init(&w);
	world_open(&w);
	wal = pdg_test_path(w.dir, "p.db-wal");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.store_failures, 0);
	build_body(&w, CI, &app_build, &body);
	CHECK_INT(stat(wal, &st), 0);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size;
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	is_not_ready(&w, "RDY-6");
	/* What it tries itself meets the same. */
	for (i = 0; i < 30; i++)
		(void)nanosleep(&tick, NULL);
	is_not_ready(&w, "RDY-6");
	for (i = 0; i < 10; i++)
		(void)nanosleep(&tick, NULL);
	is_not_ready(&w, "RDY-6");
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_INT(g.status, 503);
	CHECK_STR(g.rule, "STO-4");
	pdg_core_stats(w.core, &stats);
	CHECK(stats.store_failures >= 2);
	is_ready_again(&w);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	world_done(&w);
}

/* --- what is checked without being served --- */

static int try_check(struct world *w, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	struct pdg_core *core = NULL;
	int rc = pdg_service_config_load(w->config, &cfg, err);

	if (rc == 0)
		rc = pdg_core_open_to_check(cfg, &w->clock, &core, err);
	if (rc == 0)
		rc = pdg_core_fsck(core, fsck_line, NULL, out, err);
	CHECK(pdg_core_close(core));
	return rc;
}

static size_t files_in(struct world *w)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	struct pdg_error err = {0};

	CHECK_OK(pdg_fs_list(w->dir, 1000, &names, &err), &err);
	return names.n;
}

/* Nothing there is no clean store. And nothing is made, or logged, by looking. */
static void check_makes_nothing(void)
{
	struct world w;
	PDG_AUTO(mem) char *db = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct pdg_core_stats stats;
	struct pdg_error err = {0};
	size_t n;

	world_init(&w);
	n = files_in(&w);
	CHECK_RULE(try_check(&w, &text, &err), &err, "STO-3");
	CHECK_UINT(files_in(&w), n);
	CHECK_UINT(text.n, 0);
	db = pdg_test_file(w.dir, "p.db", pdg_bytes(NULL, 0));
	CHECK_RULE(try_check(&w, &text, &err), &err, "STO-3");
	CHECK_INT(unlink(db), 0);

	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "log", "away");
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 202);
	world_close(&w);
	CHECK_RULE(try_check(&w, &text, &err), &err, "CFG-5");
	world_move(&w, "away", "log");
	CHECK_OK(try_check(&w, &text, &err), &err);
	CHECK_HAS(pdg_buf_cstr(&text), "2 attestations, 1 of them logged; 2 journal leaves; 1 log");
	/* What waits for the log still does. And nothing is signed: the key may be away. */
	world_move(&w, "signing.pem", "key-away");
	pdg_buf_reset(&text);
	CHECK_OK(try_check(&w, &text, &err), &err);
	CHECK_HAS(pdg_buf_cstr(&text), "2 attestations, 1 of them logged; 2 journal leaves; 1 log");
	world_move(&w, "key-away", "signing.pem");
	world_open(&w);
	pdg_core_stats(w.core, &stats);
	CHECK(stats.pending <= 1);
	world_done(&w);
}

/* --- folders that others could put files into --- */

static void folders_of_others(void)
{
	static const char *const folders[] = {"", "log", "p.db.keys"};
	struct world w;
	size_t i;

	world_init(&w);
	world_open(&w);
	world_close(&w);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(w.dir, folders[i]);
		struct pdg_error err = {0};
		struct stat st;

		pdg_test_case("\"%s\"", folders[i]);
		CHECK_INT(stat(path, &st), 0);
		CHECK_UINT(st.st_mode & 0777, 0700);
		CHECK_INT(chmod(path, 0770), 0);
		CHECK_RULE(world_try_open(&w, &err), &err, "FIL-1");
		/* Others may look, as into a systemd StateDirectory of mode 0755. */
		CHECK_INT(chmod(path, 0755), 0);
		world_open(&w);
		world_close(&w);
		CHECK_INT(chmod(path, 0700), 0);
	}
	pdg_test_case(NULL);
	world_done(&w);
}

/* Does it get so within @seconds? */
static bool last_logged_soon(struct world *w, bool good, int seconds)
{
	int64_t end = pdg_monotonic_ms() + 1000 * (int64_t)seconds;

	for (;;) {
		struct pdg_error err = {0};
		int rc = pdg_core_ready(w->core, &err);

		if (good ? rc == 0 : strcmp(err.rule, "RDY-2") == 0)
			return true;
		if (pdg_monotonic_ms() > end)
			return false;
		(void)usleep(50000);
	}
}

/* However often it is asked, the last entry is looked at every few seconds; and then it is. */
static void the_last_entry_is_looked_at_seldom(void)
{
	struct world w;
	PDG_AUTO(mem) char *path = NULL;
	sqlite3 *db = NULL;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	is_ready(&w);
	path = pdg_test_path(w.dir, "p.db");
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db,
			       "UPDATE bundle SET bundle = substr(bundle, 1, length(bundle) - 1)",
			       NULL, NULL, NULL),
		  SQLITE_OK);
	is_ready(&w);
	CHECK(last_logged_soon(&w, false, 10));
	is_not_ready(&w, "RDY-2");
	CHECK_INT(sqlite3_exec(db, "UPDATE bundle SET bundle = CAST(bundle || '}' AS BLOB)", NULL,
			       NULL, NULL),
		  SQLITE_OK);
	is_not_ready(&w, "RDY-2");
	CHECK(last_logged_soon(&w, true, 10));
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	world_done(&w);
}

/* What is served is the tree before, and whole; nobody is left to think that it is the newest. */
static void a_checkpoint_that_cannot_be_written(void)
{
	struct world w;
	PDG_AUTO(mem) char *from = NULL;
	PDG_AUTO(mem) char *to = NULL;
	PDG_AUTO(mem) char *again = NULL;
	PDG_AUTO(mem) char *in_the_way = NULL;
	struct build_of second = build_no(2);
	struct build_of third = build_no(3);
	struct pdg_error err = {0};
	uint64_t n = 0;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	from = pdg_test_path(w.dir, "log");
	to = pdg_test_path(w.dir, "copy");
	again = pdg_test_path(w.dir, "again");
	in_the_way = pdg_test_path(w.dir, "log/checkpoint.new");
	is_ready(&w);
	CHECK_INT(mkdir(in_the_way, 0700), 0);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	CHECK_INT(submit_build(&w, CI, &second), 201);
	is_not_ready(&w, "RDY-6");
	CHECK_OK(pdg_embedded_backup(from, to, true, &n, &err), &err);
	CHECK_UINT(n, 1);
	CHECK_INT(rmdir(in_the_way), 0);
	is_ready_again(&w);
	CHECK_OK(pdg_embedded_backup(from, again, true, &n, &err), &err);
	CHECK_UINT(n, 3);
	CHECK_INT(submit_build(&w, CI, &third), 201);
	is_ready(&w);
	fsck_is_clean(&w);
	world_done(&w);
}

PDG_TEST_MAIN("ready", {"a checkpoint that cannot be written", a_checkpoint_that_cannot_be_written},
	      {"cannot sign", cannot_sign}, {"overdue at the log", overdue_at_the_log},
	      {"files that are gone", files_that_are_gone},
	      {"nothing goes to files that are gone", nothing_goes_to_files_that_are_gone},
	      {"a reload that cannot be kept", a_reload_that_cannot_be_kept},
	      {"a store that takes nothing", a_store_that_takes_nothing},
	      {"the last entry is looked at seldom", the_last_entry_is_looked_at_seldom},
	      {"check makes nothing", check_makes_nothing},
	      {"folders of others", folders_of_others})
