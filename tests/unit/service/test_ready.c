/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness and the check of what is stored: each reason for which /readyz is 503 is brought about;
 * a reload that cannot be made durable changes nothing; --fsck makes nothing of its own.
 */
#include <signal.h>
#include <sqlite3.h>
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
	(void)atomic_fetch_add(&w.core->turned, 1);
	is_not_ready(&w, "RDY-1");
	force->signing = key;
	(void)atomic_fetch_add(&w.core->turned, 1);
	pdg_in_force_unref(force);
	is_ready(&w);
	world_done(&w);
}

/* --- the trial signature --- */

/* A key that counts, and waits while it is held. */
struct slow {
	const struct pdg_key *key;
	pthread_mutex_t held;
	atomic_uint asked;
};

static int slow_sign(void *ctx, struct pdg_bytes msg, struct pdg_buf *out, struct pdg_error *err)
{
	struct slow *s = ctx;

	(void)atomic_fetch_add(&s->asked, 1);
	(void)pthread_mutex_lock(&s->held);
	(void)pthread_mutex_unlock(&s->held);
	return pdg_key_sign(s->key, msg, out, err);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void *ask_ready(void *w)
{
	is_ready(w);
	return NULL;
}

/* Strangers may ask, thousands at a time; the key has something else to do. */
static void a_signature_is_tried_seldom_and_by_one(void)
{
	static struct slow slow = {.held = PTHREAD_MUTEX_INITIALIZER};
	const struct pdg_key_elsewhere at = {.sign = slow_sign, .release = nothing, .ctx = &slow};
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_in_force *force;
	struct pdg_key *own;
	struct pdg_error err = {0};
	pthread_t other;
	struct world w;
	int64_t began;
	unsigned i;

	world_init(&w);
	world_open(&w);
	force = pdg_in_force_ref(w.core->policy);
	slow.key = own = force->signing;
	CHECK_OK(pdg_key_elsewhere(pdg_key_spki(slow.key), &at, &key, &err), &err);
	force->signing = key;
	for (i = 0; i < 50; i++)
		is_ready(&w);
	CHECK_UINT(atomic_load(&slow.asked), 1);
	(void)usleep(3100000);
	/* One waits for it; others hear what was found before, and then that it does not answer. */
	(void)pthread_mutex_lock(&slow.held);
	CHECK_INT(pthread_create(&other, NULL, ask_ready, &w), 0);
	for (i = 0; i < 200 && atomic_load(&slow.asked) < 2; i++)
		(void)usleep(10000);
	began = pdg_monotonic_ms();
	for (i = 0; i < 50; i++)
		is_ready(&w);
	CHECK(pdg_monotonic_ms() - began < 2500);
	(void)usleep(3100000);
	is_not_ready(&w, "RDY-1");
	CHECK_UINT(atomic_load(&slow.asked), 2);
	(void)pthread_mutex_unlock(&slow.held);
	CHECK_INT(pthread_join(other, NULL), 0);
	is_ready(&w);
	CHECK_UINT(atomic_load(&slow.asked), 2);
	force->signing = own;
	pdg_in_force_unref(force);
	world_done(&w);
}

static void *ask_slow(void *w)
{
	struct pdg_error err = {0};

	return pdg_core_ready(((struct world *)w)->core, &err) < 0 ? w : NULL;
}

/* What the key before does, or did in the end, is nothing to whoever asks after another came into
 * use. */
static void another_key_is_tried_beside_one_that_hangs(void)
{
	static struct slow slow = {.held = PTHREAD_MUTEX_INITIALIZER};
	const struct pdg_key_elsewhere at = {.sign = slow_sign, .release = nothing, .ctx = &slow};
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_in_force *force;
	struct pdg_key *own;
	struct pdg_error err = {0};
	pthread_t other;
	struct world w;
	unsigned i;

	world_init(&w);
	world_open(&w);
	force = pdg_in_force_ref(w.core->policy);
	own = force->signing;
	slow.key = w.key[STRANGER]; /* its signature is not the one that was asked for */
	CHECK_OK(pdg_key_elsewhere(pdg_key_spki(own), &at, &key, &err), &err);
	force->signing = key;
	(void)pthread_mutex_lock(&slow.held);
	CHECK_INT(pthread_create(&other, NULL, ask_slow, &w), 0);
	for (i = 0; i < 200 && atomic_load(&slow.asked) < 1; i++)
		(void)usleep(10000);
	(void)usleep(3100000);
	is_not_ready(&w, "RDY-1");
	CHECK_OK(pdg_core_turn_key(w.core, w.cfg, &err), &err);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	is_ready(&w);
	(void)pthread_mutex_unlock(&slow.held);
	CHECK_INT(pthread_join(other, NULL), 0);
	is_ready(&w);
	CHECK_UINT(atomic_load(&slow.asked), 1);
	force->signing = own;
	pdg_in_force_unref(force);
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
	struct rlimit old;
	struct pdg_error err = {0};
	unsigned i;
	int rc;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_configure(&w, 2, NULL);
	world_reconfigure(&w, "\tkey = ci.pub\n", "");
	world_disk_full(&w, &old);
	rc = pdg_core_reload(w.core, w.cfg, &err);
	world_disk_free(&old);
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

static int keep_and_ask(void *ctx, const struct pdg_policy *policy, struct pdg_error *err)
{
	struct world *w = ctx;
	int rc = world_keep_version(w, policy, err);

	is_ready(w);
	return rc;
}

/* A newer version in the store is another service's, unless this one has just put it there. */
static void a_reload_on_its_way(void)
{
	struct world w;
	struct pdg_error err = {0};
	struct pdg_store *s;

	world_init(&w);
	world_open(&w);
	s = w.core->store;
	world_configure(&w, 2, NULL);
	CHECK_OK(pdg_policy_box_reload(w.core->policy, w.cfg, NULL, keep_and_ask, &w, &err), &err);
	is_ready(&w);
	CHECK_OK(s->ops->begin(s, &err), &err);
	CHECK_OK(s->ops->meta_set(s, "policy-version", "3", &err), &err);
	CHECK_OK(s->ops->commit(s, &err), &err);
	is_not_ready(&w, "RDY-3");
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
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct pdg_core_stats stats;
	struct rlimit old;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.store_failures, 0);
	build_body(&w, CI, &app_build, &body);
	world_disk_full(&w, &old);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	is_not_ready(&w, "RDY-6");
	/* What it tries itself meets the same. */
	for (i = 0; i < 30; i++)
		(void)nanosleep(&tick, NULL);
	is_not_ready(&w, "RDY-6");
	for (i = 0; i < 10; i++)
		(void)nanosleep(&tick, NULL);
	is_not_ready(&w, "RDY-6");
	world_disk_free(&old);
	CHECK_INT(g.status, 503);
	CHECK_STR(g.rule, "STO-4");
	pdg_core_stats(w.core, &stats);
	CHECK(stats.store_failures >= 2);
	is_ready_again(&w);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	world_done(&w);
}

/* --- what is checked without being served --- */

static int try_check(struct world *w, struct pdg_buf *out, struct pdg_fsck_counts *out_counts,
		     struct pdg_error *err)
{
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	struct pdg_core *core = NULL;
	int rc = pdg_service_config_load(w->config, &cfg, err);

	if (rc == 0)
		rc = pdg_core_open_to_check(cfg, &w->clock, &core, err);
	if (rc == 0)
		rc = pdg_core_fsck(core, fsck_line, NULL, out, out_counts, err);
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

static void holds_one_logged(const struct pdg_fsck_counts *counts)
{
	CHECK_UINT(counts->attestations, 2);
	CHECK_UINT(counts->logged, 1);
	CHECK_UINT(counts->leaves, 2);
	CHECK_UINT(counts->entries, 1);
	CHECK_UINT(counts->faults, 0);
}

/* Nothing there is no clean store. And nothing is made, or logged, by looking. */
static void check_makes_nothing(void)
{
	struct world w;
	PDG_AUTO(mem) char *db = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct pdg_fsck_counts counts = {0};
	struct pdg_core_stats stats;
	struct pdg_error err = {0};
	size_t n;

	world_init(&w);
	n = files_in(&w);
	CHECK_RULE(try_check(&w, &text, &counts, &err), &err, "STO-3");
	CHECK_UINT(files_in(&w), n);
	CHECK_UINT(text.n, 0);
	db = pdg_test_file(w.dir, "p.db", pdg_bytes(NULL, 0));
	CHECK_RULE(try_check(&w, &text, &counts, &err), &err, "STO-3");
	CHECK_INT(unlink(db), 0);

	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "log", "away");
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 202);
	world_close(&w);
	CHECK_RULE(try_check(&w, &text, &counts, &err), &err, "CFG-5");
	world_move(&w, "away", "log");
	CHECK_OK(try_check(&w, &text, &counts, &err), &err);
	holds_one_logged(&counts);
	/* What waits for the log still does. And nothing is signed: the key may be away. */
	world_move(&w, "signing.pem", "key-away");
	counts = (struct pdg_fsck_counts){0};
	CHECK_OK(try_check(&w, &text, &counts, &err), &err);
	holds_one_logged(&counts);
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

PDG_TEST_MAIN(
	"ready", {"a checkpoint that cannot be written", a_checkpoint_that_cannot_be_written},
	{"cannot sign", cannot_sign},
	{"a signature is tried seldom, and by one", a_signature_is_tried_seldom_and_by_one},
	{"another key is tried beside one that hangs", another_key_is_tried_beside_one_that_hangs},
	{"overdue at the log", overdue_at_the_log}, {"files that are gone", files_that_are_gone},
	{"nothing goes to files that are gone", nothing_goes_to_files_that_are_gone},
	{"a reload that cannot be kept", a_reload_that_cannot_be_kept},
	{"a reload on its way", a_reload_on_its_way},
	{"a store that takes nothing", a_store_that_takes_nothing},
	{"the last entry is looked at seldom", the_last_entry_is_looked_at_seldom},
	{"check makes nothing", check_makes_nothing}, {"folders of others", folders_of_others})
