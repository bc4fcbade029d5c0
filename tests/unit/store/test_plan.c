/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No question of the store goes through a table: of SQLite by its plans, of PostgreSQL by what its
 * counters say was read of a hundred thousand rows.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

#include "store/sqlite_impl.h"
#include "unit/store/postgres_world.h"
#include "unit/store/store_world.h"

/* What is all of a table by its meaning: one row, or the rows that are counted. */
static bool may_scan(enum pdg_sql which, const char *detail)
{
	return (which == PDG_SQL_STATE_READ && strstr(detail, "journal_state")) ||
	       (which == PDG_SQL_COUNT_PENDING && strstr(detail, "SCAN pending"));
}

static void check_plan(sqlite3 *db, enum pdg_sql which)
{
	PDG_AUTO(mem) char *sql = pdg_str_printf("EXPLAIN QUERY PLAN %s", pdg_sqlite_sql(which));
	sqlite3_stmt *st = NULL;

	pdg_test_case("%s", sql);
	if (!CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK))
		return;
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *detail = (const char *)sqlite3_column_text(st, 3);

		if (strstr(detail, "SCAN CONSTANT ROW") || may_scan(which, detail))
			continue;
		if (!CHECK(!strstr(detail, "SCAN") && !strstr(detail, "TEMP B-TREE")))
			(void)fprintf(stderr, "%s\n", detail);
	}
	(void)sqlite3_finalize(st);
}

static void plans_of_sqlite(void)
{
	struct fixture f = {.dir = pdg_test_dir()};
	struct pdg_error err = {0};
	bool is_new = false;
	sqlite3 *db = NULL;
	int which;

	f.path = pdg_test_path(f.dir, "p.db");
	CHECK_OK(pdg_sqlite_open(f.path, &f.s, &is_new, &err), &err);
	CHECK_INT(sqlite3_open(f.path, &db), SQLITE_OK);
	for (which = PDG_SQL_INSERT; which < PDG_SQL_COUNT; which++)
		check_plan(db, (enum pdg_sql)which);
	pdg_test_case(NULL);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	teardown(&f);
}

/* --- PostgreSQL --- */

#define ROWS 100000

/* Each commit has ten rows, each artifact two; all are of one repository. */
static const char fill[] =
	"INSERT INTO attestation SELECT i, decode(lpad(to_hex(i), 64, '0'), 'hex'),"
	" CASE WHEN i % 2 = 0 THEN 'source' ELSE 'build' END, 1700000000 + i,"
	" 'https://example.com/r', 'commit' || i / 10, 'server', i, 'hint', 'sig', '[]', '{}', '{}'"
	" FROM generate_series(1, 100000) i;"
	"INSERT INTO subject SELECT 'sha256', 'artifact' || i / 2, i FROM generate_series(1, 100000) i;"
	"INSERT INTO bundle SELECT i, '{}' FROM generate_series(1, 90000) i;"
	"INSERT INTO pending SELECT i, 1, now() FROM generate_series(90001, 100000) i;"
	"INSERT INTO journal_leaf SELECT i, 'leaf' FROM generate_series(0, 99999) i;"
	"INSERT INTO journal_tile SELECT i, 'tile' FROM generate_series(0, 9999) i;"
	"INSERT INTO meta SELECT 'refused:' || i, '1' FROM generate_series(1, 100000) i;"
	"INSERT INTO token SELECT decode(lpad(to_hex(i), 64, '0'), 'hex'), 'b', i"
	" FROM generate_series(1, 100000) i";

static void ask_everything(struct pdg_store *s)
{
	struct pdg_store_subject subject = {"sha256", HEX64};
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(stored) struct pdg_stored *last = NULL;
	PDG_AUTO(stored) struct pdg_stored *new_one = example(ROWS + 1, "build");
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(4096);
	PDG_AUTO(mem) char *ref = reference(77);
	PDG_AUTO(mem) char *value = NULL;
	struct pdg_stored **v = NULL;
	struct pdg_listed *l = NULL;
	struct pdg_error err = {0};
	uint64_t size = 0;
	int64_t stray;
	size_t n = 0;

	CHECK_OK(s->ops->get(s, ref, &a, &err), &err);
	CHECK_OK(s->ops->by_subject(s, "sha256", "artifact77", 0, 9, &v, &n, &err), &err);
	CHECK_UINT(n, 2);
	pdg_stored_list_done(v, n);
	CHECK_OK(s->ops->list(s, "sha256", "artifact77", "source", 0, 9, &l, &n, &err), &err);
	CHECK_UINT(n, 1);
	pdg_listed_done(l, n);
	CHECK_OK(s->ops->list_commit(s, "commit77", "build", 0, 99, &l, &n, &err), &err);
	CHECK_UINT(n, 5);
	pdg_listed_done(l, n);
	CHECK_OK(s->ops->list_sources(s, "https://example.com/r", "commit77", 99, &l, &n, &err),
		 &err);
	CHECK_UINT(n, 5);
	pdg_listed_done(l, n);
	CHECK_OK(s->ops->sources(s, "https://example.com/r", "gitCommit", "commit77", 0, 99,
				 1 << 20, &v, &n, &err),
		 &err);
	CHECK_UINT(n, 5);
	pdg_stored_list_done(v, n);
	CHECK_OK(s->ops->sources(s, "https://example.com/r", "sha256", "artifact77", 0, 99, 1 << 20,
				 &v, &n, &err),
		 &err);
	CHECK_UINT(n, 1);
	pdg_stored_list_done(v, n);
	CHECK_OK(s->ops->pending(s, 0, 20, 1 << 20, &v, &n, &err), &err);
	CHECK_UINT(n, 20);
	pdg_stored_list_done(v, n);
	CHECK_CODE(s->ops->stray(s, 99900, &stray, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(s->ops->last_logged(s, INT64_MAX, &last, &err), &err);
	CHECK_INT(last->id, 90000);
	CHECK_OK(s->ops->meta_get(s, "refused:77", &value, &err), &err);
	CHECK_OK(s->ops->journal_leaf(s, 77, &b, &err), &err);
	CHECK_OK(s->ops->journal_tile_read(s, 0, 77, &b, &err), &err);
	CHECK_OK(s->ops->begin(s, &err), &err);
	CHECK_OK(s->ops->insert(s, new_one, &subject, 1, &err), &err);
	CHECK_INT(new_one->id, ROWS + 1);
	CHECK_OK(s->ops->update_envelope(s, ref, pdg_bytes_str("{}"), NULL, &err), &err);
	CHECK_OK(s->ops->set_logged(s, new_one->id, new_one->reference,
				    pdg_buf_bytes(&new_one->payload), pdg_bytes_str("{}"), &err),
		 &err);
	CHECK_OK(s->ops->journal_append(s, ROWS, pdg_bytes_str("x"), &err), &err);
	CHECK_OK(s->ops->journal_tile_write(s, 0, ROWS, pdg_bytes_str("x"), &err), &err);
	CHECK_OK(s->ops->journal_checkpoint_write(s, ROWS + 1, pdg_bytes_str("x"), &err), &err);
	CHECK_OK(s->ops->meta_set(s, "refused:78", "2", &err), &err);
	CHECK_OK(s->ops->token_use(s, (const uint8_t[32]){9}, (const uint8_t[32]){9}, 1 << 20, 50,
				   &err),
		 &err);
	CHECK_OK(s->ops->commit(s, &err), &err);
	CHECK_OK(s->ops->journal_state(s, &size, &b, &err), &err);
}

/* The counters of a connection are told when it has ended. */
static void wait_for_the_end(const struct fixture *f)
{
	const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
	int i;

	for (i = 0; i < 500; i++) {
		if (postgresql_ask(f->path, "SELECT count(*) FROM pg_stat_activity WHERE datname ="
					    " current_database() AND pid <> pg_backend_pid()"
					    " AND backend_type = 'client backend'") == 0)
			return;
		(void)nanosleep(&tick, NULL);
	}
	CHECK(false);
}

static void rows_read_by_postgresql(void)
{
	struct fixture f;
	long long reads;

	setup(&f);
	(void)postgresql_ask(f.path, fill);
	pdg_store_close(PDG_TAKE(f.s));
	wait_for_the_end(&f);
	if (!open_store(&f, NULL))
		abort();
	(void)postgresql_ask(f.path, "SELECT pg_stat_reset()");
	ask_everything(f.s);
	/* Closed, it gives back what it was lent: all of `pending`, once. */
	pdg_store_close(PDG_TAKE(f.s));
	wait_for_the_end(&f);
	reads = postgresql_ask(f.path, "SELECT coalesce(sum(seq_tup_read), 0)"
				       " FROM pg_stat_user_tables WHERE relname <> 'journal_state'"
				       " AND NOT (relname = 'pending' AND seq_scan = 1)");
	CHECK_INT(reads, 0);
	reads = postgresql_ask(f.path, "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes");
	if (!CHECK(reads > 0 && reads < 500))
		(void)fprintf(stderr, "%lld rows of indexes\n", reads);
	teardown(&f);
}

static void nothing_goes_through_a_table(void)
{
	if (is_postgresql())
		rows_read_by_postgresql();
	else
		plans_of_sqlite();
}

PDG_TEST_MAIN("plan", {"nothing goes through a table", nothing_goes_through_a_table})
