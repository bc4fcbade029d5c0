/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was acknowledged is there: after a restart, a kill in the middle, a log that is away, a disk
 * that is full, many clients at once. And what the service refuses to start with.
 */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tlog/embedded.h"
#include "unit/service/core_world.h"
#include "util/time.h"

static const struct source_of app_main = {APP, "ssh-good.raw", MAIN, NULL, false};

static struct build_of build_no(unsigned artifact)
{
	return (struct build_of){NULL, APP, "ssh-good.raw", MAIN, artifact, 0};
}

static void pause_ms(long ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&ts, NULL);
}

static uint64_t pending(struct world *w)
{
	struct pdg_core_stats s;

	pdg_core_stats(w->core, &s);
	return s.pending;
}

static bool all_logged_soon(struct world *w)
{
	int i;

	for (i = 0; i < 400 && pending(w) > 0; i++)
		pause_ms(50);
	return pending(w) == 0;
}

static void read_checkpoint(struct world *w, bool journal, struct pdg_checkpoint **out)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_core_log_file(w->core, journal, "checkpoint", &note, &err), &err) ||
	    !CHECK_OK(pdg_checkpoint_parse(pdg_buf_bytes(&note), out, &err), &err))
		abort();
}

/* Tiles as anybody reads them, to see that a log only grew. */
struct served {
	struct world *w;
	bool journal;
};

static int served_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		       struct pdg_error *err)
{
	struct served *s = ctx;
	char path[PDG_TILE_PATH_MAX];

	pdg_tile_path(level, n, width, path);
	return pdg_core_log_file(s->w->core, s->journal, path, out, err);
}

static void only_grew(struct world *w, bool journal, const struct pdg_checkpoint *was)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *is = NULL;
	struct served s = {w, journal};
	struct pdg_tile_store tiles = {.read = served_tile, .ctx = &s};
	struct pdg_proof proof;
	struct pdg_error err = {0};

	read_checkpoint(w, journal, &is);
	CHECK(is->size >= was->size);
	if (was->size == 0 ||
	    !CHECK_OK(pdg_tree_consistency(&tiles, was->size, is->size, &proof, &err), &err))
		return;
	CHECK_OK(pdg_merkle_consistency(was->size, &was->root, is->size, &is->root, &proof, &err),
		 &err);
}

static void restart_keeps_all(void)
{
	struct world w;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *log = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *journal = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf before = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(buf) struct pdg_buf after = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(got) struct got g;
	struct build_of b = build_no(1);
	struct pdg_error err = {0};
	bool is_pending;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_body(&w, CI, &b, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &g);
	CHECK_INT(g.status, 201);
	CHECK_OK(pdg_core_record(w.core, g.reference, &before, &is_pending, &err), &err);
	read_checkpoint(&w, false, &log);
	read_checkpoint(&w, true, &journal);
	world_close(&w);

	world_open(&w);
	CHECK_OK(pdg_core_record(w.core, g.reference, &after, &is_pending, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&after), pdg_buf_bytes(&before));
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 200);
	b.artifact = 2;
	CHECK_INT(submit_build(&w, CI, &b), 201);
	only_grew(&w, false, log);
	only_grew(&w, true, journal);
	chain_is(&w, 1, "good");
	chain_is(&w, 2, "good");
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);
	world_done(&w);
}

/* --- many at once --- */

#define THREADS 8
#define BUILDS	12

struct client {
	struct world *w;
	struct pdg_buf body[2 * BUILDS]; /* made before: checks belong to one thread */
	unsigned first, known;		 /* answers 201, 200 */
	char references[BUILDS][PDG_REFERENCE_LEN];
	pthread_t thread;
};

/* Everybody sends the same statements, and each his own besides. */
static void client_init(struct client *c, struct world *w, unsigned no)
{
	unsigned i;

	c->w = w;
	for (i = 0; i < 2 * BUILDS; i++) {
		struct build_of b = build_no(i % 2 ? 1000 * (no + 1) + i : 1 + i / 2);

		pdg_buf_init(&c->body[i], PDG_LIMIT_BODY);
		build_body(w, CI, &b, &c->body[i]);
	}
}

static void *client_main(void *ctx)
{
	struct client *c = ctx;
	unsigned i;

	for (i = 0; i < 2 * BUILDS; i++) {
		PDG_AUTO(got) struct got g;

		submit(c->w, pdg_buf_bytes(&c->body[i]), WAIT_MS, &g);
		c->first += g.status == 201;
		c->known += g.status == 200;
		if (i % 2 == 0)
			memcpy(c->references[i / 2], g.reference, sizeof(g.reference));
		pdg_buf_done(&c->body[i]);
	}
	return NULL;
}

static void many_at_once(void)
{
	struct world w;
	struct client *c = calloc(THREADS, sizeof(*c));
	struct pdg_core_stats stats;
	unsigned i, k, first = 0, known = 0;

	if (!c)
		abort();
	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < THREADS; i++) {
		client_init(&c[i], &w, i);
		CHECK_INT(pthread_create(&c[i].thread, NULL, client_main, &c[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(c[i].thread, NULL), 0);
		first += c[i].first;
		known += c[i].known;
		for (k = 0; k < BUILDS; k++)
			CHECK_STR(c[i].references[k], c[0].references[k]);
	}
	/* The same statement is new to one of them alone. */
	CHECK_UINT(first, BUILDS + THREADS * BUILDS);
	CHECK_UINT(known, (THREADS - 1) * BUILDS);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 1 + BUILDS + THREADS * BUILDS);
	CHECK_UINT(stats.logged, stats.accepted);
	CHECK_UINT(journal_size(&w), stats.accepted);
	CHECK(stats.commits < stats.accepted * 2);
	CHECK_UINT(pending(&w), 0);
	fsck_is_clean(&w);
	world_done(&w);
	free(c);
}

/* --- killed --- */

/* A child submits builds and tells each acknowledged one; it never ends by itself. */
static void child_submits(struct world *w, unsigned from, int fd)
{
	unsigned i;

	if (submit_source(w, SERVER, &app_main) >= 300)
		_exit(1);
	for (i = from;; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;
		struct build_of b = build_no(i);

		build_body(w, CI, &b, &body);
		submit(w, pdg_buf_bytes(&body), i % 3 == 0 ? 0 : WAIT_MS, &g);
		if (g.status < 200 || g.status >= 300 || write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

/* Let a child work and kill it after @ms; returns the last artifact that was acknowledged to it. */
static unsigned killed_after(struct world *w, unsigned from, long ms)
{
	int fds[2];
	unsigned last = from - 1;
	unsigned i;
	int status = 0;
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		world_open(w);
		child_submits(w, from, fds[1]);
		_exit(1);
	}
	(void)close(fds[1]);
	pause_ms(ms);
	CHECK_INT(kill(pid, SIGKILL), 0);
	while (read(fds[0], &i, sizeof(i)) == sizeof(i))
		last = i;
	(void)close(fds[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status));
	return last;
}

static void killed_in_the_middle(void)
{
	struct world w;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *log = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *journal = NULL;
	unsigned round, last = 0, artifact;
	struct pdg_error err = {0};

	world_init(&w);
	/* Four, and more where the machine is so busy that nothing was acknowledged yet. */
	for (round = 0; round < 4 || (last == 0 && round < 20); round++) {
		last = killed_after(&w, last + 1, 250 + 37 * (long)round);
		world_open(&w);
		if (log)
			only_grew(&w, false, log);
		if (journal)
			only_grew(&w, true, journal);
		pdg_checkpoint_free(PDG_TAKE(log));
		pdg_checkpoint_free(PDG_TAKE(journal));
		CHECK(all_logged_soon(&w));
		read_checkpoint(&w, false, &log);
		read_checkpoint(&w, true, &journal);
		CHECK_OK(pdg_core_ready(w.core, &err), &err);
		fsck_is_clean(&w);
		for (artifact = 1; artifact <= last; artifact++)
			chain_is(&w, artifact, "good");
		world_close(&w);
	}
	CHECK(last > 0);
	world_done(&w);
}

/* --- the log is away --- */

static void log_is_away(void)
{
	struct world w;
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *away = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf record = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got again;
	struct build_of b = build_no(1);
	struct pdg_core_stats stats;
	struct pdg_error err = {0};
	bool is_pending = false;

	world_init(&w);
	world_open(&w);
	dir = pdg_test_path(w.dir, "log");
	away = pdg_test_path(w.dir, "log-away");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(rename(dir, away), 0);
	build_body(&w, CI, &b, &body);
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

	CHECK_INT(rename(away, dir), 0);
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
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *away = NULL;
	unsigned i;

	world_init(&w);
	world_open(&w);
	dir = pdg_test_path(w.dir, "log");
	away = pdg_test_path(w.dir, "log-away");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(rename(dir, away), 0);
	for (i = 1; i <= 20; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;
		struct build_of b = build_no(i);

		build_body(&w, CI, &b, &body);
		submit(&w, pdg_buf_bytes(&body), 0, &g);
		CHECK_INT(g.status, 202);
	}
	world_close(&w);
	CHECK_INT(rename(away, dir), 0);
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
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *away = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct build_of b = build_no(1);
	int64_t start;

	world_init(&w);
	world_open(&w);
	dir = pdg_test_path(w.dir, "log");
	away = pdg_test_path(w.dir, "log-away");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(rename(dir, away), 0);
	build_body(&w, CI, &b, &body);
	got_init(&g);
	pdg_core_submit(w.core, pdg_buf_bytes(&body), 30000, got_answer, &g);
	start = pdg_monotonic_ms();
	world_close(&w);
	CHECK(pdg_monotonic_ms() - start < 9000);
	CHECK_UINT(g.times, 1);
	CHECK_INT(g.status, 202);
	CHECK_INT(rename(away, dir), 0);
	world_done(&w);
}

/* --- a full disk --- */

static void disk_is_full(void)
{
	struct world w;
	PDG_AUTO(mem) char *wal = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct build_of b = build_no(1);
	struct rlimit old, small;
	struct stat st;
	uint64_t leaves;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	wal = pdg_test_path(w.dir, "p.db-wal");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	leaves = journal_size(&w);
	build_body(&w, CI, &b, &body);
	/* No file of this process may grow beyond what the WAL is now: writing to it fails. */
	CHECK_INT(stat(wal, &st), 0);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size;
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_INT(g.status, 503);
	CHECK_STR(g.rule, "STO-4");
	CHECK(g.retry_after > 0);
	/* Nothing of it is there, and the service goes on. */
	CHECK_UINT(journal_size(&w), leaves);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	chain_is(&w, 1, "refused");
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	CHECK_UINT(journal_size(&w), leaves + 1);
	chain_is(&w, 1, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

/* --- starting --- */

static void refuses_to_start(struct world *w, const char *rule)
{
	struct pdg_error err = {0};
	int rc = world_try_open(w, &err);

	CHECK_RULE(rc, &err, rule);
	if (rc == 0)
		world_close(w);
}

static void what_it_does_not_start_with(void)
{
	struct world w;
	PDG_AUTO(key) struct pdg_key *key = NULL;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_close(&w);

	pdg_test_case("another origin");
	world_reconfigure(&w, "origin = localhost", "origin = other.example");
	refuses_to_start(&w, "CFG-2");
	world_reconfigure(&w, "origin = other.example", "origin = localhost");

	pdg_test_case("no log");
	world_move(&w, "log", "log-away");
	refuses_to_start(&w, "CFG-5");

	pdg_test_case("another log");
	{
		PDG_AUTO(mem) char *dir = pdg_test_path(w.dir, "log");
		struct pdg_embedded_options opt = {
			.directory = dir, .origin = "localhost", .may_create = true};
		struct pdg_log *log = NULL;
		struct pdg_error err = {0};

		CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err);
		pdg_log_free(log);
	}
	refuses_to_start(&w, "CFG-2");
	world_move(&w, "log", "log-other");
	world_move(&w, "log-away", "log");

	pdg_test_case("no journal key");
	world_move(&w, "p.db.journal-key.pem", "key-away");
	refuses_to_start(&w, "CFG-4");

	pdg_test_case("another journal key");
	key = world_make_key(&w, "p.db.journal-key");
	refuses_to_start(&w, "CFG-4");
	world_move(&w, "key-away", "p.db.journal-key.pem");

	pdg_test_case("signing key is a builder's");
	world_reconfigure(&w, "signingKey = signing.pem", "signingKey = ci.pem");
	refuses_to_start(&w, "CFG-3");
	world_reconfigure(&w, "signingKey = ci.pem", "signingKey = p.db.journal-key.pem");

	pdg_test_case("an Ed25519 signing key");
	refuses_to_start(&w, "CFG-1");
	world_reconfigure(&w, "signingKey = p.db.journal-key.pem", "signingKey = signing.pem");

	pdg_test_case("a log that went back");
	world_copy(&w, "log", "log-old");
	world_open(&w);
	CHECK_INT(submit_build(&w, CI, &(struct build_of){NULL, APP, "ssh-good.raw", MAIN, 5, 0}),
		  201);
	world_close(&w);
	world_move(&w, "log", "log-new");
	world_move(&w, "log-old", "log");
	refuses_to_start(&w, "CFG-5");
	world_move(&w, "log", "log-old");
	world_move(&w, "log-new", "log");

	pdg_test_case("all as it was");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 200);
	fsck_is_clean(&w);
	{
		struct pdg_error err = {0};
		struct pdg_core *second = NULL;

		pdg_test_case("a second one");
		CHECK_RULE(pdg_core_open(w.cfg, &w.clock, &second, &err), &err, "STO-2");
	}
	pdg_test_case(NULL);
	world_done(&w);
}

/* --- the policy --- */

static void reload_and_versions(void)
{
	struct world w;
	struct build_of b = build_no(1);
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_configure(&w, 3, NULL);
	CHECK_OK(pdg_core_reload(w.core, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);

	/* Broken: the old one stays in force, and it is told. */
	world_configure(&w, 4, "[requires]\n");
	CHECK_RULE(pdg_core_reload(w.core, &err), &err, "POL-2");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	CHECK_INT(submit_build(&w, CI, &b), 201);

	/* Older */
	world_configure(&w, 2, NULL);
	CHECK_RULE(pdg_core_reload(w.core, &err), &err, "POL-11");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	world_configure(&w, 4, NULL);
	CHECK_OK(pdg_core_reload(w.core, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_close(&w);

	/* And it is remembered. */
	world_configure(&w, 3, NULL);
	refuses_to_start(&w, "POL-11");
	world_configure(&w, 4, NULL);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 200);
	world_done(&w);
}

/* --- damage --- */

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	if (!CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK))
		(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
	CHECK_INT(sqlite3_changes(db) > 0, 1);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void fsck_finds_damage(void)
{
	static const char *const damages[] = {
		"UPDATE attestation SET payload = x'7b7d' WHERE id = 1",
		"UPDATE attestation SET envelope = (SELECT envelope FROM attestation WHERE id = 1)"
		" WHERE id = 2",
		"UPDATE attestation SET countersig = (SELECT countersig FROM attestation WHERE id = 1)"
		" WHERE id = 2",
		"UPDATE attestation SET journal_index = 0 WHERE id = 2",
		"UPDATE attestation SET links = replace(links, 'sha256:', 'sha256:0') WHERE id = 2",
		"UPDATE bundle SET bundle = (SELECT bundle FROM bundle WHERE id = 1) WHERE id = 2",
		"UPDATE journal_leaf SET leaf = CAST(replace(CAST(leaf AS TEXT), 'server', 'clone!')"
		" AS BLOB) WHERE leaf_index = 0",
		"DELETE FROM journal_leaf WHERE leaf_index = 1",
	};
	struct world w;
	PDG_AUTO(mem) char *db = NULL;
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	struct pdg_error err = {0};
	size_t i;

	world_init(&w);
	world_open(&w);
	db = pdg_test_path(w.dir, "p.db");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &(struct build_of){NULL, APP, "ssh-good.raw", MAIN, 1, 0}),
		  201);
	fsck_is_clean(&w);
	world_close(&w);
	pdg_test_read(db, &kept);
	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));

		pdg_test_case("%s", damages[i]);
		run_sql(db, damages[i]);
		world_open(&w);
		CHECK_RULE(pdg_core_fsck(w.core, &text, &err), &err, "FSK-1");
		CHECK(text.n > 0);
		world_close(&w);
		free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	}
	pdg_test_case("journal tiles");
	run_sql(db, "UPDATE journal_tile SET hashes = zeroblob(64)");
	refuses_to_start(&w, "JNL-2");
	free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	pdg_test_case("while it runs");
	world_open(&w);
	fsck_is_clean(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	run_sql(db, "DELETE FROM journal_leaf WHERE leaf_index = 1");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-2");
	pdg_test_case(NULL);
	world_done(&w);
}

/* --- more than it can take --- */

#define FLOOD 1100

struct flood {
	pthread_mutex_t gate; /* held: the writer waits in its first answer */
	atomic_uint answers, kept, overloaded;
};

static void flood_answer(void *ctx, const struct pdg_answer *a)
{
	struct flood *f = ctx;

	if (a->status == 503) {
		CHECK_STR(a->err->rule, "SVC-1");
		CHECK(a->retry_after > 0);
		atomic_fetch_add(&f->overloaded, 1);
	} else {
		(void)pthread_mutex_lock(&f->gate);
		(void)pthread_mutex_unlock(&f->gate);
		atomic_fetch_add(&f->kept, a->status == 202);
	}
	atomic_fetch_add(&f->answers, 1);
}

static void more_than_it_can_take(void)
{
	struct world w;
	struct flood f = {.answers = 0};
	struct pdg_core_stats stats;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	(void)pthread_mutex_init(&f.gate, NULL);
	(void)pthread_mutex_lock(&f.gate);
	for (i = 1; i <= FLOOD; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		struct build_of b = build_no(i);

		build_body(&w, CI, &b, &body);
		pdg_core_submit(w.core, pdg_buf_bytes(&body), 0, flood_answer, &f);
	}
	CHECK(atomic_load(&f.overloaded) > 0);
	(void)pthread_mutex_unlock(&f.gate);
	for (i = 0; i < 1000 && atomic_load(&f.answers) < FLOOD; i++)
		pause_ms(20);
	/* Each was answered, and what was not refused is there. */
	CHECK_UINT(atomic_load(&f.answers), FLOOD);
	CHECK_UINT(atomic_load(&f.kept) + atomic_load(&f.overloaded), FLOOD);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 1 + atomic_load(&f.kept));
	CHECK(all_logged_soon(&w));
	fsck_is_clean(&w);
	world_done(&w);
	(void)pthread_mutex_destroy(&f.gate);
}

PDG_TEST_MAIN("durable", {"restart keeps all", restart_keeps_all}, {"many at once", many_at_once},
	      {"killed in the middle", killed_in_the_middle}, {"log is away", log_is_away},
	      {"backlog of the last run", backlog_of_the_last_run},
	      {"stopping answers who waits", stopping_answers_who_waits},
	      {"disk is full", disk_is_full},
	      {"what it does not start with", what_it_does_not_start_with},
	      {"reload and versions", reload_and_versions},
	      {"fsck finds damage", fsck_finds_damage},
	      {"more than it can take", more_than_it_can_take})
