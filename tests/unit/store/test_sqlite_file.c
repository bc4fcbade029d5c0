/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of the SQLite store: private, one process's at a time, migrated from the first version;
 * and files that are not taken for one.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/store_world.h"
#include "util/codec.h"
#include "util/fs.h"

static void private_file(void)
{
	struct fixture f;
	struct stat st;
	const char *names[] = {"p.db", "p.db-wal", "p.db-shm", "p.db-lock"};
	mode_t old = umask(0);
	size_t i;

	setup(&f);
	put(&f, 1, "source", HEX64);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(f.dir, names[i]);

		pdg_test_case("%s", names[i]);
		CHECK_INT(stat(path, &st), 0);
		CHECK_UINT(st.st_mode & 0777, 0600);
	}
	pdg_test_case(NULL);
	teardown(&f);
	(void)umask(old);
}

static void one_process_at_a_time(void)
{
	struct fixture f;
	struct pdg_store *second = NULL;
	struct pdg_error err = {0};
	bool is_new = false;

	setup(&f);
	CHECK_RULE(pdg_sqlite_open(f.path, &second, &is_new, &err), &err, "STO-2");
	CHECK(second == NULL);
	reopen(&f);
	teardown(&f);
}

/* Told before anything is made, and nothing is left beside them. */
static void refused_files(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem)
	char *garbage = pdg_test_file(dir, "garbage",
				      pdg_bytes_str("this is not a database, but it is "
						    "long enough to be looked at as one: "
						    "SQLite reads a hundred bytes first"));
	PDG_AUTO(mem) char *little = pdg_test_file(dir, "little", pdg_bytes_str("SQLite format 3"));
	PDG_AUTO(mem) char *nowhere = pdg_test_path(dir, "no/such/folder/p.db");
	const struct {
		const char *path, *rule;
	} t[] = {{garbage, "STO-5"}, {little, "STO-5"}, {nowhere, "STO-3"}, {dir, "STO-5"}};
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new = false;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(mem) char *lock = pdg_str_printf("%s-lock", t[i].path);

		pdg_test_case("%s", t[i].path);
		CHECK_RULE(pdg_sqlite_open(t[i].path, &s, &is_new, &err), &err, t[i].rule);
		CHECK(err.fix[0] != '\0');
		CHECK(s == NULL);
		CHECK(!pdg_fs_exists(lock));
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
	PDG_AUTO(mem) char *lock = NULL;
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new = false;
	char sql[64];

	setup(&f);
	pdg_store_close(PDG_TAKE(f.s));
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", schema_version(f.path) + 1);
	run_sql(f.path, sql);
	CHECK_RULE(pdg_sqlite_open(f.path, &s, &is_new, &err), &err, "STO-1");
	other = pdg_test_path(f.dir, "other.db");
	run_sql(other, "CREATE TABLE theirs (a)");
	CHECK_RULE(pdg_sqlite_open(other, &s, &is_new, &err), &err, "STO-5");
	CHECK(s == NULL);
	lock = pdg_str_printf("%s-lock", other);
	CHECK(!pdg_fs_exists(lock));
	teardown(&f);
}

/* Its beginning is one of ours, what follows is not: found when it is read. */
static void damaged_database(void)
{
	static const uint8_t junk[512] = {0xff, 0xfe, 0xfd};
	struct fixture f;
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new = false;
	FILE *file;

	setup(&f);
	put(&f, 1, "source", HEX64);
	pdg_store_close(PDG_TAKE(f.s));
	file = fopen(f.path, "r+be");
	CHECK(file && fseek(file, 100, SEEK_SET) == 0 &&
	      fwrite(junk, 1, sizeof(junk), file) == sizeof(junk) && fclose(file) == 0);
	CHECK_RULE(pdg_sqlite_open(f.path, &s, &is_new, &err), &err, "STO-5");
	CHECK_HAS(err.fix, "backup");
	CHECK(s == NULL);
	teardown(&f);
}

/* A database as version 1 left it: today's without what the later migrations add. */
static void migrated_from_version_1(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *ref = reference(1);
	PDG_AUTO(mem) char *name = pdg_str_printf("accepted:%s", ref);
	PDG_AUTO(mem) char *index = NULL;
	PDG_AUTO(stored) struct pdg_stored *made = example(1, "source");
	PDG_AUTO(mem)
	char *leaf = pdg_str_printf("%llu", (unsigned long long)made->journal_index);
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_error err = {0};
	bool is_new = true;

	setup(&f);
	put(&f, 1, "source", HEX64);
	pdg_store_close(PDG_TAKE(f.s));
	run_sql(f.path, "DROP INDEX source_of_commit; DROP INDEX by_commit; DROP TABLE token;"
			"DROP TRIGGER attestation_removed; DROP TRIGGER attestation_renamed;"
			"ALTER TABLE attestation DROP COLUMN envelope_at;"
			"ALTER TABLE bundle DROP COLUMN bundle_at;"
			"ALTER TABLE journal_state DROP COLUMN last_id; PRAGMA user_version = 1");
	if (open_store(&f, &is_new)) {
		CHECK(!is_new);
		CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err);
		CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 100, SIZE_MAX), 1);
		/* that it was accepted is known from then on without its row */
		CHECK_OK(f.s->ops->meta_get(f.s, name, &index, &err), &err);
		CHECK_STR(index, leaf);
		pdg_store_close(PDG_TAKE(f.s));
	}
	/* The index is back: making it again fails. */
	run_sql(f.path, "DROP INDEX source_of_commit");
	teardown(&f);
}

/* Tokens of before go on as they did: nothing is known of what they were used for. */
static void migrated_from_version_6(void)
{
	const uint8_t name[32] = {1}, body[32] = {2};
	char used[PDG_STORED_REFERENCE] = "?";
	struct pdg_error err = {0};
	struct fixture f;
	bool is_new = true;

	setup(&f);
	pdg_store_close(PDG_TAKE(f.s));
	run_sql(f.path, "ALTER TABLE token DROP COLUMN reference;"
			"ALTER TABLE journal_state DROP COLUMN last_id; PRAGMA user_version = 6;"
			"INSERT INTO token VALUES (CAST(x'01' || zeroblob(31) AS BLOB),"
			" CAST(x'02' || zeroblob(31) AS BLOB), 100)");
	if (open_store(&f, &is_new)) {
		CHECK(!is_new);
		CHECK_OK(f.s->ops->begin(f.s, &err), &err);
		CHECK_OK(f.s->ops->token_use(f.s, name, body, 100, 50, used, &err), &err);
		CHECK_STR(used, "");
		CHECK_CODE(f.s->ops->token_use(f.s, name, name, 100, 50, used, &err), &err,
			   PDG_E_REJECTED);
		CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	}
	teardown(&f);
}

static void remembers(struct fixture *f, unsigned n, bool want)
{
	PDG_AUTO(mem) char *ref = reference(n);
	PDG_AUTO(mem) char *name = pdg_str_printf(PDG_STORE_ACCEPTED "%s", ref);
	PDG_AUTO(mem) char *index = NULL;
	struct pdg_error err = {0};

	CHECK_INT(f->s->ops->meta_get(f->s, name, &index, &err), want ? 0 : PDG_E_NOTFOUND);
}

/* Whoever takes a row out, by whatever program. */
static void what_is_taken_out_is_remembered(void)
{
	struct fixture f;
	unsigned n;

	setup(&f);
	for (n = 1; n <= 3; n++)
		put(&f, n, "source", HEX64);
	pdg_store_close(PDG_TAKE(f.s));
	run_sql(f.path, "DELETE FROM attestation WHERE id = 1;"
			"UPDATE attestation SET reference = zeroblob(32) WHERE id = 2;"
			"UPDATE attestation SET grade = 'server' WHERE id = 3");
	if (open_store(&f, NULL)) {
		remembers(&f, 1, true);
		remembers(&f, 2, true);
		remembers(&f, 3, false);
	}
	teardown(&f);
}

/* An attestation whose envelope and bundle hold its payload, as the service makes them. */
static void put_whole(struct fixture *f, struct pdg_stored *a)
{
	struct pdg_store_subject subject = {"sha256", HEX64};
	struct pdg_error err = {0};

	pdg_buf_reset(&a->payload);
	pdg_buf_puts(&a->payload, "{\"_type\":\"a statement of some length\"}");
	pdg_buf_reset(&a->envelope);
	pdg_buf_puts(&a->envelope, "{\"payload\":\"");
	pdg_base64(pdg_buf_bytes(&a->payload), &a->envelope);
	pdg_buf_puts(&a->envelope, "\",\"signatures\":[1]}");
	CHECK_OK(f->s->ops->begin(f->s, &err), &err);
	CHECK_OK(f->s->ops->insert(f->s, a, &subject, 1, &err), &err);
	pdg_buf_init(&a->bundle, 1000);
	pdg_buf_puts(&a->bundle,
		     "{\"entries\":[{\"payload\":\"no\"}],\"dsseEnvelope\":{\"payload\":\"");
	pdg_base64(pdg_buf_bytes(&a->payload), &a->bundle);
	pdg_buf_puts(&a->bundle, "\",\"signatures\":[2]}}");
	CHECK_INT(f->s->ops->set_logged(f->s, a->id, a->reference, pdg_buf_bytes(&a->payload),
					pdg_buf_bytes(&a->bundle), &err),
		  0);
	CHECK_OK(f->s->ops->commit(f->s, &err), &err);
}

static void comes_back_whole(struct fixture *f, const struct pdg_stored *a)
{
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	struct pdg_listed *v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	if (!CHECK_OK(f->s->ops->get(f->s, a->reference, &got, &err), &err))
		return;
	CHECK(pdg_bytes_eq(pdg_buf_bytes(&got->payload), pdg_buf_bytes(&a->payload)));
	CHECK(pdg_bytes_eq(pdg_buf_bytes(&got->envelope), pdg_buf_bytes(&a->envelope)));
	CHECK(pdg_bytes_eq(pdg_buf_bytes(&got->bundle), pdg_buf_bytes(&a->bundle)));
	CHECK_OK(f->s->ops->list(f->s, "sha256", HEX64, NULL, 0, 9, &v, &n, &err), &err);
	if (CHECK_UINT(n, 1))
		CHECK_UINT(v[0].size, a->envelope.n + a->bundle.n);
	pdg_listed_done(v, n);
}

/* The payload is kept once, and all that holds it is given back byte for byte. */
static void payload_is_kept_once(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = example(1, "build");
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	struct pdg_error err = {0};

	setup(&f);
	put_whole(&f, a);
	comes_back_whole(&f, a);
	/* Another signer joined. */
	pdg_buf_puts(&a->envelope, " ");
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->update_envelope(f.s, a->reference, pdg_buf_bytes(&a->envelope), NULL,
					   &err),
		 &err);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	comes_back_whole(&f, a);
	pdg_store_close(PDG_TAKE(f.s));
	run_sql(f.path, "CREATE TABLE t (v INTEGER NOT NULL CHECK (v = 1)) STRICT;"
			"INSERT INTO t SELECT instr(envelope, CAST('eyJf' AS BLOB)) = 0 AND"
			" instr(bundle, CAST('eyJf' AS BLOB)) = 0 AND envelope_at = 12"
			" FROM attestation JOIN bundle USING (id); DROP TABLE t;"
			/* as it was kept before migration 4 */
			"UPDATE attestation SET envelope_at = NULL, envelope ="
			" CAST('{\"payload\":\"eyJfIn0=\"}' AS BLOB);"
			"UPDATE bundle SET bundle_at = NULL, bundle = x'7b7d'");
	if (open_store(&f, NULL) && CHECK_OK(f.s->ops->get(f.s, a->reference, &got, &err), &err)) {
		CHECK_STR(pdg_buf_cstr(&got->envelope), "{\"payload\":\"eyJfIn0=\"}");
		CHECK_STR(pdg_buf_cstr(&got->bundle), "{}");
	}
	pdg_store_close(PDG_TAKE(f.s));
	pdg_stored_free(PDG_TAKE(got));
	run_sql(f.path, "UPDATE bundle SET bundle_at = 3");
	if (open_store(&f, NULL))
		CHECK_RULE(f.s->ops->get(f.s, a->reference, &got, &err), &err, "STO-5");
	teardown(&f);
}

PDG_TEST_MAIN("sqlite_file", {"payload is kept once", payload_is_kept_once},
	      {"private file", private_file}, {"one process at a time", one_process_at_a_time},
	      {"refused files", refused_files},
	      {"later schema and other programs", later_schema_and_other_programs},
	      {"damaged database", damaged_database},
	      {"migrated from version 1", migrated_from_version_1},
	      {"migrated from version 6", migrated_from_version_6},
	      {"what is taken out is remembered", what_is_taken_out_is_remembered})
