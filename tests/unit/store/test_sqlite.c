/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite store through its table of operations: what was committed is there after a reopen,
 * what was not is not; migrations from the first version; files that are refused; many readers
 * beside a writer.
 */
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/sqlite.h"
#include "support/check.h"
#include "util/str.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	char *dir;
	char *path;
	struct pdg_store *s;
};

static bool open_store(struct fixture *f, bool *out_new)
{
	struct pdg_error err = {0};
	bool is_new = false;

	if (!CHECK_OK(pdg_sqlite_open(f->path, &f->s, &is_new, &err), &err))
		return false;
	if (out_new)
		*out_new = is_new;
	return true;
}

static bool setup(struct fixture *f)
{
	f->dir = pdg_test_dir();
	f->path = pdg_test_path(f->dir, "p.db");
	f->s = NULL;
	return open_store(f, NULL);
}

static void teardown(struct fixture *f)
{
	pdg_store_close(f->s);
	free(f->path);
	pdg_test_dir_remove(f->dir);
}

static void reopen(struct fixture *f)
{
	bool is_new = true;

	pdg_store_close(f->s);
	f->s = NULL;
	if (open_store(f, &is_new))
		CHECK(!is_new);
}

static char *reference(unsigned i)
{
	return pdg_str_printf("sha256:%064x", i);
}

static void fill(struct pdg_buf *b, const char *text)
{
	pdg_buf_init(b, 1 << 20);
	pdg_buf_puts(b, text);
}

static struct pdg_stored *example(unsigned i, const char *stage)
{
	struct pdg_stored *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->reference = reference(i);
	a->stage = pdg_str_dup(stage);
	a->received = 1700000000 + i;
	a->service_key = pdg_str_dup("hint");
	a->repository = pdg_str_dup("https://example.com/r");
	a->git_commit = pdg_str_dup("c0ffee");
	a->grade = pdg_str_dup("server");
	a->journal_index = i;
	fill(&a->envelope, "{\"payload\":1}");
	fill(&a->payload, "{\"x\":1}");
	pdg_buf_init(&a->countersig, 64);
	pdg_buf_put(&a->countersig, pdg_bytes("\0\1\2\3", 4));
	fill(&a->links, "[]");
	pdg_buf_init(&a->commit, 64);
	pdg_buf_init(&a->bundle, 64);
	return a;
}

/* In a batch of its own. */
static void put(struct fixture *f, unsigned i, const char *stage, const char *sha256)
{
	struct pdg_store_subject subjects[] = {{"sha256", sha256}, {"gitCommit", "c0ffee"}};
	PDG_AUTO(stored) struct pdg_stored *a = example(i, stage);
	struct pdg_error err = {0};

	CHECK_OK(f->s->ops->begin(f->s, &err), &err);
	CHECK_OK(f->s->ops->insert(f->s, a, subjects, 2, &err), &err);
	CHECK(a->id > 0);
	CHECK_OK(f->s->ops->commit(f->s, &err), &err);
}

static size_t count_subject(struct fixture *f, const char *algorithm, const char *value,
			    int64_t after, size_t max)
{
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	CHECK_OK(f->s->ops->by_subject(f->s, algorithm, value, after, max, &v, &n, &err), &err);
	pdg_stored_list_done(v, n);
	return n;
}

static void kept_across_reopen(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *ref = reference(7);
	struct pdg_error err = {0};

	if (!setup(&f))
		return;
	put(&f, 7, "source", HEX64);
	reopen(&f);
	if (CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err)) {
		CHECK_STR(a->reference, ref);
		CHECK_STR(a->stage, "source");
		CHECK(!a->logged);
		CHECK_INT(a->received, 1700000007);
		CHECK_STR(a->repository, "https://example.com/r");
		CHECK_STR(a->git_commit, "c0ffee");
		CHECK_STR(a->grade, "server");
		CHECK_STR(a->service_key, "hint");
		CHECK_UINT(a->journal_index, 7);
		CHECK_BYTES_STR(pdg_buf_bytes(&a->envelope), "{\"payload\":1}");
		CHECK_BYTES_STR(pdg_buf_bytes(&a->payload), "{\"x\":1}");
		CHECK_BYTES(pdg_buf_bytes(&a->countersig), pdg_bytes("\0\1\2\3", 4));
		CHECK_BYTES_STR(pdg_buf_bytes(&a->links), "[]");
		CHECK_UINT(a->commit.n, 0);
		CHECK_UINT(a->bundle.n, 0);
	}
	teardown(&f);
}

static void one_row_a_reference(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = example(3, "build");
	struct pdg_error err = {0};
	uint64_t all = 0, pending = 0;
	int64_t oldest = 0;

	if (!setup(&f))
		return;
	put(&f, 3, "build", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_CODE(f.s->ops->insert(f.s, a, NULL, 0, &err), &err, PDG_E_REJECTED);
	CHECK_STR(err.rule, "");
	f.s->ops->rollback(f.s);
	CHECK_OK(f.s->ops->count(f.s, &all, &pending, &oldest, &err), &err);
	CHECK_UINT(all, 1);
	CHECK_UINT(pending, 1);
	CHECK_INT(oldest, 1700000003);
	teardown(&f);
}

static void rollback_leaves_nothing(void)
{
	struct fixture f;
	struct pdg_store_subject subject = {"sha256", HEX64};
	PDG_AUTO(stored) struct pdg_stored *a = example(9, "source");
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};

	if (!setup(&f))
		return;
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->insert(f.s, a, &subject, 1, &err), &err);
	CHECK_OK(f.s->ops->journal_append(f.s, 0, pdg_bytes_str("leaf"), &err), &err);
	/* The writer's own thread sees its batch; nobody else does. */
	CHECK_OK(f.s->ops->get(f.s, a->reference, &got, &err), &err);
	CHECK_OK(f.s->ops->journal_leaf(f.s, 0, &b, &err), &err);
	f.s->ops->rollback(f.s);
	pdg_stored_free(PDG_TAKE(got));
	CHECK_CODE(f.s->ops->get(f.s, a->reference, &got, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(f.s->ops->journal_leaf(f.s, 0, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 10), 0);
	teardown(&f);
}

static void logged_once(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *ref = reference(1);
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 9;

	if (!setup(&f))
		return;
	put(&f, 1, "source", HEX64);
	put(&f, 2, "source", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->set_logged(f.s, ref, pdg_bytes_str("{\"first\":1}"), &err), &err);
	CHECK_OK(f.s->ops->set_logged(f.s, ref, pdg_bytes_str("{\"second\":1}"), &err), &err);
	CHECK_OK(f.s->ops->set_logged(f.s, "sha256:none", pdg_bytes_str("{}"), &err), &err);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	reopen(&f);
	if (CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err)) {
		CHECK(a->logged);
		CHECK_BYTES_STR(pdg_buf_bytes(&a->bundle), "{\"first\":1}");
	}
	CHECK_OK(f.s->ops->pending(f.s, 0, 10, SIZE_MAX, &v, &n, &err), &err);
	if (CHECK_UINT(n, 1))
		CHECK_INT(v[0]->received, 1700000002);
	pdg_stored_list_done(v, n);
	teardown(&f);
}

/* Page by page, bounded in rows and in bytes; and without what nobody asks for. */
static void pending_oldest_first(void)
{
	struct fixture f;
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;
	unsigned i;
	int64_t last = 0;

	if (!setup(&f))
		return;
	for (i = 1; i <= 5; i++)
		put(&f, i, "build", HEX64);
	CHECK_OK(f.s->ops->pending(f.s, 0, 3, SIZE_MAX, &v, &n, &err), &err);
	if (CHECK_UINT(n, 3)) {
		CHECK_INT(v[0]->received, 1700000001);
		CHECK_INT(v[2]->received, 1700000003);
		CHECK_BYTES_STR(pdg_buf_bytes(&v[0]->payload), "{\"x\":1}");
		CHECK_STR(v[0]->service_key, "hint");
		CHECK_UINT(v[0]->countersig.n, 4);
		CHECK_UINT(v[0]->envelope.n, 0);
		last = v[2]->id;
	}
	pdg_stored_list_done(v, n);
	CHECK_OK(f.s->ops->pending(f.s, last, 3, SIZE_MAX, &v, &n, &err), &err);
	if (CHECK_UINT(n, 2))
		CHECK_INT(v[0]->received, 1700000004);
	pdg_stored_list_done(v, n);
	/* Seven bytes each: the second passes the limit and is the last. */
	CHECK_OK(f.s->ops->pending(f.s, 0, 5, 8, &v, &n, &err), &err);
	CHECK_UINT(n, 2);
	pdg_stored_list_done(v, n);
	CHECK_OK(f.s->ops->pending(f.s, 0, 5, 1, &v, &n, &err), &err);
	CHECK_UINT(n, 1);
	pdg_stored_list_done(v, n);
	teardown(&f);
}

static size_t count_sources(struct fixture *f, const char *repository, const char *algorithm,
			    const char *value, int64_t after, size_t max)
{
	PDG_AUTO(mem) char *uri = pdg_str_printf("https://example.com/%s", repository);
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	CHECK_OK(f->s->ops->sources(f->s, uri, algorithm, value, after, max, &v, &n, &err), &err);
	if (n)
		CHECK_INT(v[0]->received, 1700000001 + after);
	pdg_stored_list_done(v, n);
	return n;
}

/* What a listing tells, and that its sizes are those of the parts. */
static void listed(void)
{
	struct pdg_listed *v = NULL;
	struct pdg_error err = {0};
	PDG_AUTO(mem) char *first = reference(1);
	size_t n = 0;
	struct fixture f;

	if (setup(&f)) {
		put(&f, 1, "build", HEX64);
		put(&f, 2, "source", HEX64);
		put(&f, 3, "source", HEX64);
		CHECK_OK(f.s->ops->begin(f.s, &err), &err);
		CHECK_OK(f.s->ops->set_logged(f.s, first, pdg_bytes_str("{\"b\":1}"), &err), &err);
		CHECK_OK(f.s->ops->commit(f.s, &err), &err);
		CHECK_OK(f.s->ops->list(f.s, "sha256", HEX64, 0, 2, &v, &n, &err), &err);
		if (CHECK_UINT(n, 2)) {
			CHECK_STR(v[0].reference, first);
			CHECK_STR(v[0].stage, "build");
			CHECK_STR(v[0].repository, "https://example.com/r");
			CHECK_STR(v[0].git_commit, "c0ffee");
			CHECK(v[0].logged && !v[1].logged);
			CHECK_INT(v[0].received, 1700000001);
			CHECK_UINT(v[0].size, strlen("{\"payload\":1}") + strlen("{\"b\":1}"));
			CHECK_UINT(v[1].size, strlen("{\"payload\":1}"));
		}
		pdg_listed_done(v, n);
		v = NULL;
		CHECK_OK(f.s->ops->list_sources(f.s, "https://example.com/r", "c0ffee", 9, &v, &n,
						&err),
			 &err);
		if (CHECK_UINT(n, 2))
			CHECK(v[0].id == 2 && v[1].id == 3);
		pdg_listed_done(v, n);
		CHECK_OK(f.s->ops->list(f.s, "sha256", "00", 0, 9, &v, &n, &err), &err);
		CHECK_UINT(n, 0);
		pdg_listed_done(v, n);
	}
	teardown(&f);
}

static void found_by_subject_and_commit(void)
{
	struct fixture f;
	unsigned i;

	if (!setup(&f))
		return;
	for (i = 1; i <= 5; i++)
		put(&f, i, i == 5 ? "build" : "source", HEX64);
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 100), 5);
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 2), 2);
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 3, 100), 2);
	CHECK_UINT(count_subject(&f, "gitCommit", HEX64, 0, 100), 0);
	CHECK_UINT(count_subject(&f, "gitCommit", "c0ffee", 0, 100), 5);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 100), 4);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 3), 3);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 1, 100), 3);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffed", 0, 100), 0);
	CHECK_UINT(count_sources(&f, "other", "gitCommit", "c0ffee", 0, 100), 0);
	CHECK_UINT(count_sources(&f, "r", "sha256", HEX64, 0, 100), 4);
	CHECK_UINT(count_sources(&f, "r", "sha256", HEX64, 0, 3), 3);
	CHECK_UINT(count_sources(&f, "r", "sha256", HEX64, 1, 100), 3);
	CHECK_UINT(count_sources(&f, "r", "sha256", "c0ffee", 0, 100), 0);
	CHECK_UINT(count_sources(&f, "other", "sha256", HEX64, 0, 100), 0);
	teardown(&f);
}

static void joined_envelope(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *ref = reference(1);
	PDG_AUTO(mem) char *other = reference(2);
	struct pdg_error err = {0};

	if (!setup(&f))
		return;
	put(&f, 1, "source", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->update_envelope(f.s, ref, pdg_bytes_str("{\"two\":2}"), "clone", &err),
		 &err);
	CHECK_CODE(f.s->ops->update_envelope(f.s, other, pdg_bytes_str("{}"), NULL, &err), &err,
		   PDG_E_NOTFOUND);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	if (CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err)) {
		CHECK_BYTES_STR(pdg_buf_bytes(&a->envelope), "{\"two\":2}");
		CHECK_STR(a->grade, "clone");
		CHECK_UINT(a->journal_index, 1);
	}
	teardown(&f);
}

static void journal_and_meta(void)
{
	struct fixture f;
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(4096);
	PDG_AUTO(mem) char *value = NULL;
	struct pdg_error err = {0};
	uint64_t size = 0;

	if (!setup(&f))
		return;
	CHECK_CODE(f.s->ops->journal_state(f.s, &size, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(f.s->ops->meta_get(f.s, "log-origin", &value, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->journal_append(f.s, 0, pdg_bytes_str("leaf"), &err), &err);
	CHECK_OK(f.s->ops->journal_tile_write(f.s, 1, 0, pdg_bytes_str("old"), &err), &err);
	CHECK_OK(f.s->ops->journal_tile_write(f.s, 1, 0, pdg_bytes_str("tile"), &err), &err);
	CHECK_OK(f.s->ops->journal_checkpoint_write(f.s, 0, pdg_bytes_str("zero"), &err), &err);
	CHECK_OK(f.s->ops->journal_checkpoint_write(f.s, 1, pdg_bytes_str("note"), &err), &err);
	CHECK_OK(f.s->ops->meta_set(f.s, "log-origin", "a", &err), &err);
	CHECK_OK(f.s->ops->meta_set(f.s, "log-origin", "localhost", &err), &err);
	/* A leaf is never written twice. */
	CHECK_RULE(f.s->ops->journal_append(f.s, 0, pdg_bytes_str("other"), &err), &err, "STO-4");
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	reopen(&f);
	CHECK_OK(f.s->ops->journal_state(f.s, &size, &b, &err), &err);
	CHECK_UINT(size, 1);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "note");
	pdg_buf_reset(&b);
	CHECK_OK(f.s->ops->journal_leaf(f.s, 0, &b, &err), &err);
	CHECK_OK(f.s->ops->journal_tile_read(f.s, 1, 0, &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "leaftile");
	CHECK_CODE(f.s->ops->journal_tile_read(f.s, 0, 0, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(f.s->ops->meta_get(f.s, "log-origin", &value, &err), &err);
	CHECK_STR(value, "localhost");
	teardown(&f);
}

struct walk {
	unsigned seen;
	struct pdg_store *s;
	unsigned stop_at;
};

static int walk_one(void *ctx, const struct pdg_stored *a, struct pdg_error *err)
{
	struct walk *w = ctx;
	PDG_AUTO(stored) struct pdg_stored *again = NULL;

	w->seen++;
	CHECK_INT(a->received, 1700000000 + (int64_t)w->seen);
	CHECK_OK(w->s->ops->get(w->s, a->reference, &again, err), err);
	return w->seen == w->stop_at ? pdg_fail(err, PDG_E_FORMAT, "stop") : 0;
}

static void each_in_order(void)
{
	struct fixture f;
	struct walk w = {0};
	struct pdg_error err = {0};
	unsigned i;

	if (!setup(&f))
		return;
	for (i = 1; i <= 150; i++)
		put(&f, i, "source", HEX64);
	w.s = f.s;
	CHECK_OK(f.s->ops->each(f.s, walk_one, &w, &err), &err);
	CHECK_UINT(w.seen, 150);
	w = (struct walk){.s = f.s, .stop_at = 70};
	CHECK_CODE(f.s->ops->each(f.s, walk_one, &w, &err), &err, PDG_E_FORMAT);
	CHECK_UINT(w.seen, 70);
	teardown(&f);
}

static void private_file(void)
{
	struct fixture f;
	struct stat st;
	const char *names[] = {"p.db", "p.db-wal", "p.db-shm", "p.db-lock"};
	mode_t old = umask(0);
	size_t i;

	if (setup(&f)) {
		put(&f, 1, "source", HEX64);
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			PDG_AUTO(mem) char *path = pdg_test_path(f.dir, names[i]);

			pdg_test_case("%s", names[i]);
			CHECK_INT(stat(path, &st), 0);
			CHECK_UINT(st.st_mode & 0777, 0600);
		}
		pdg_test_case(NULL);
		teardown(&f);
	}
	(void)umask(old);
}

static void one_process_at_a_time(void)
{
	struct fixture f;
	struct pdg_store *second = NULL;
	struct pdg_error err = {0};
	bool is_new = false;

	if (!setup(&f))
		return;
	CHECK_RULE(pdg_sqlite_open(f.path, &second, &is_new, &err), &err, "STO-2");
	CHECK(second == NULL);
	reopen(&f);
	teardown(&f);
}

static void refused_files(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem)
	char *garbage = pdg_test_file(dir, "garbage",
				      pdg_bytes_str("this is not a database, but it is "
						    "long enough to be looked at as one: "
						    "SQLite reads a hundred bytes first"));
	PDG_AUTO(mem) char *nowhere = pdg_test_path(dir, "no/such/folder/p.db");
	const char *paths[] = {garbage, nowhere, dir};
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new = false;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		PDG_AUTO(mem) char *lock = pdg_str_printf("%s-lock", paths[i]);

		pdg_test_case("%s", paths[i]);
		CHECK_RULE(pdg_sqlite_open(paths[i], &s, &is_new, &err), &err, "STO-3");
		CHECK(s == NULL);
		(void)unlink(lock);
	}
	pdg_test_case(NULL);
	pdg_test_dir_remove(dir);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	if (!CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK))
		(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static int schema_version(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	int version = -1;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL), SQLITE_OK);
	if (CHECK_INT(sqlite3_step(st), SQLITE_ROW))
		version = sqlite3_column_int(st, 0);
	CHECK_INT(sqlite3_finalize(st), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	return version;
}

static void later_schema_and_other_programs(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *other = NULL;
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new = false;
	char sql[64];

	if (!setup(&f))
		return;
	pdg_store_close(PDG_TAKE(f.s));
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", schema_version(f.path) + 1);
	run_sql(f.path, sql);
	CHECK_RULE(pdg_sqlite_open(f.path, &s, &is_new, &err), &err, "STO-1");
	other = pdg_test_path(f.dir, "other.db");
	run_sql(other, "CREATE TABLE theirs (a)");
	CHECK_RULE(pdg_sqlite_open(other, &s, &is_new, &err), &err, "STO-3");
	CHECK(s == NULL);
	teardown(&f);
}

/* A database as version 1 left it: today's without what the later migrations add. */
static void migrated_from_version_1(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *ref = reference(1);
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_error err = {0};
	bool is_new = true;

	if (!setup(&f))
		return;
	put(&f, 1, "source", HEX64);
	pdg_store_close(PDG_TAKE(f.s));
	run_sql(f.path, "DROP INDEX source_of_commit; PRAGMA user_version = 1");
	if (open_store(&f, &is_new)) {
		CHECK(!is_new);
		CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err);
		CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 100), 1);
		pdg_store_close(PDG_TAKE(f.s));
	}
	/* The index is back: making it again fails. */
	run_sql(f.path, "DROP INDEX source_of_commit");
	teardown(&f);
}

/* A child that dies at a kill inside a batch: what it committed is there, the rest is not. */
static void killed_in_a_batch(void)
{
	struct fixture f = {.dir = pdg_test_dir()};
	PDG_AUTO(mem) char *second = reference(2);
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_error err = {0};
	int status = 0;
	pid_t pid;

	f.path = pdg_test_path(f.dir, "p.db");
	pid = fork();
	if (pid == 0) {
		bool is_new;
		PDG_AUTO(stored) struct pdg_stored *b = example(2, "source");

		if (pdg_sqlite_open(f.path, &f.s, &is_new, &err) < 0)
			_exit(1);
		put(&f, 1, "source", HEX64);
		if (f.s->ops->begin(f.s, &err) < 0 || f.s->ops->insert(f.s, b, NULL, 0, &err) < 0)
			_exit(1);
		(void)kill(getpid(), SIGKILL);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	if (open_store(&f, NULL)) {
		CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 10), 1);
		CHECK_CODE(f.s->ops->get(f.s, second, &a, &err), &err, PDG_E_NOTFOUND);
	}
	teardown(&f);
}

/* --- a writer and many readers --- */

#define WRITES	200
#define READERS 6

struct race {
	struct fixture *f;
	atomic_uint committed;
	atomic_bool bad;
};

static void *reader(void *ctx)
{
	struct race *r = ctx;
	struct pdg_store *s = r->f->s;
	unsigned n = 0;

	while (n < WRITES && !atomic_load(&r->bad)) {
		PDG_AUTO(mem) char *ref = NULL;
		PDG_AUTO(stored) struct pdg_stored *a = NULL;
		struct pdg_error err = {0};

		n = atomic_load(&r->committed);
		if (n == 0)
			continue;
		ref = reference(n);
		if (s->ops->get(s, ref, &a, &err) < 0) {
			(void)fprintf(stderr, "reader: %s\n", err.text);
			atomic_store(&r->bad, true);
		}
	}
	return NULL;
}

/* What was committed is seen at once, by more threads than there are connections. */
static void readers_beside_the_writer(void)
{
	struct fixture f;
	struct race r = {.f = &f};
	pthread_t t[READERS];
	unsigned i;

	if (!setup(&f))
		return;
	for (i = 0; i < READERS; i++)
		CHECK_INT(pthread_create(&t[i], NULL, reader, &r), 0);
	for (i = 1; i <= WRITES; i++) {
		put(&f, i, "source", HEX64);
		atomic_store(&r.committed, i);
	}
	for (i = 0; i < READERS; i++)
		CHECK_INT(pthread_join(t[i], NULL), 0);
	CHECK(!atomic_load(&r.bad));
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 1000), WRITES);
	teardown(&f);
}

PDG_TEST_MAIN("sqlite", {"kept across reopen", kept_across_reopen},
	      {"one row a reference", one_row_a_reference},
	      {"rollback leaves nothing", rollback_leaves_nothing}, {"logged once", logged_once},
	      {"pending oldest first", pending_oldest_first}, {"listed", listed},
	      {"found by subject and commit", found_by_subject_and_commit},
	      {"joined envelope", joined_envelope}, {"journal and meta", journal_and_meta},
	      {"each in order", each_in_order}, {"private file", private_file},
	      {"one process at a time", one_process_at_a_time}, {"refused files", refused_files},
	      {"later schema and other programs", later_schema_and_other_programs},
	      {"migrated from version 1", migrated_from_version_1},
	      {"killed in a batch", killed_in_a_batch},
	      {"readers beside the writer", readers_beside_the_writer})
