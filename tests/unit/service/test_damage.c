/* SPDX-License-Identifier: Apache-2.0 */
/* Damage done to what is kept: fsck finds it, and where it would sign on top of it the service does
 * not start or is not ready. */
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "service/core_impl.h"
#include "unit/service/core_log.h"

/* All but the summary. */
static void every_line_has_a_rule(const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')) && end[1]; text = end + 1) {
		if (!CHECK(end[-1] == ']'))
			(void)fprintf(stderr, "%s", text);
	}
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
		/* Rows that cannot be read as what they were written as. */
		"UPDATE bundle SET bundle = x'7b7d' WHERE id = 1",
		"UPDATE bundle SET bundle = x'7b7d' WHERE id = 2",
		"UPDATE attestation SET envelope_at = 1000000 WHERE id = 2",
		"UPDATE attestation SET countersig = zeroblob(1000000) WHERE id = 1",
		"INSERT INTO pending VALUES (99)",
		"DELETE FROM subject WHERE id = 1 AND algorithm = 'gitCommit'",
		"DELETE FROM subject WHERE id = 2",
		/* What is kept beside the statement follows from it, its leaf and its commit. */
		"UPDATE attestation SET stage = 'build' WHERE id = 1",
		"UPDATE attestation SET stage = 'source' WHERE id = 2",
		"UPDATE attestation SET received = received - 1 WHERE id = 2",
		"UPDATE attestation SET repository = 'https://git.example.com/lib' WHERE id = 1",
		"UPDATE attestation SET repository = NULL WHERE id = 2",
		"UPDATE attestation SET git_commit = replace(git_commit, 'a', 'b') WHERE id = 1",
		"UPDATE attestation SET git_commit = NULL WHERE id = 2",
		"UPDATE attestation SET grade = 'clone' WHERE id = 1",
		"UPDATE attestation SET grade = NULL WHERE id = 1",
		"UPDATE attestation SET grade = 'server' WHERE id = 2",
		"UPDATE attestation SET raw_commit = NULL WHERE id = 1",
		"UPDATE attestation SET raw_commit = x'00' WHERE id = 1",
		"UPDATE attestation SET raw_commit = x'00' WHERE id = 2",
		"UPDATE attestation SET links = '[]' WHERE id = 2",
		/* Neither logged nor waiting: both would be logged again, and be put right. */
		"DELETE FROM bundle WHERE id = 2",
		/* A leaf of acceptance whose statement is gone. */
		"DELETE FROM attestation WHERE id = 1; DELETE FROM subject WHERE id = 1;"
		" DELETE FROM bundle WHERE id = 1",
		"DELETE FROM bundle WHERE id = 2; DELETE FROM subject WHERE id = 2;"
		" DELETE FROM attestation WHERE id = 2",
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
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	fsck_is_clean(&w);
	world_close(&w);
	pdg_test_read(db, &kept);
	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));

		pdg_test_case("%s", damages[i]);
		world_sql(&w, damages[i]);
		world_open(&w);
		CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err,
			   "FSK-1");
		CHECK(text.n > 0);
		every_line_has_a_rule(pdg_buf_cstr(&text));
		world_close(&w);
		free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	}
	pdg_test_case("journal tiles");
	world_sql(&w, "UPDATE journal_tile SET hashes = zeroblob(64)");
	world_refuses_to_open(&w, "JNL-2");
	free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	pdg_test_case("while it runs");
	world_open(&w);
	fsck_is_clean(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_sql(&w, "DELETE FROM journal_leaf WHERE leaf_index = 1");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-2");
	pdg_test_case(NULL);
	world_done(&w);
}

/* Neither the service nor its check goes on from it. */
static void nothing_opens(struct world *w, const char *damage, const char *rule)
{
	struct pdg_error err = {0};

	pdg_test_case("%s", damage);
	world_sql(w, damage);
	world_refuses_to_open(w, rule);
	CHECK_OK(pdg_service_config_load(w->config, &w->cfg, &err), &err);
	CHECK_RULE(pdg_core_open_to_check(w->cfg, &w->clock, &w->core, &err), &err, rule);
	CHECK(pdg_error_fix(&err)[0] != '\0');
	world_close(w);
	pdg_test_case(NULL);
}

/* A store whose journal is gone is no new store: none is begun under the same key. */
static void no_second_journal(void)
{
	static const char *const damages[] = {
		"DELETE FROM journal_state",
		"DELETE FROM journal_state; DELETE FROM attestation",
		"DELETE FROM journal_state; DELETE FROM journal_leaf",
		"DELETE FROM journal_tile",
		"UPDATE journal_tile SET hashes = x''",
		"UPDATE meta SET value = value; DROP TABLE token",
		"UPDATE meta SET value = value; DROP TABLE subject",
		"UPDATE meta SET value = value; DROP TRIGGER attestation_removed",
	};
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	PDG_AUTO(mem) char *db = NULL;
	struct world w;
	size_t i;

	world_init(&w);
	world_open(&w);
	db = pdg_test_path(w.dir, "p.db");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_close(&w);
	pdg_test_read(db, &kept);
	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		nothing_opens(&w, damages[i], "STO-5");
		free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	}
	world_done(&w);
}

static void file_says(struct world *w, const char *path, const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};

	pdg_test_case("%s", path);
	if (rule)
		CHECK_RULE(pdg_journal_file(w->core->store, path, &out, &err), &err, rule);
	else
		CHECK_CODE(pdg_journal_file(w->core->store, path, &out, &err), &err,
			   PDG_E_NOTFOUND);
	pdg_test_case(NULL);
}

/* What the checkpoint covers and is not there is damage for whoever asks, and is counted. */
static void a_leaf_that_is_gone(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf record = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(got) struct got again;
	struct pdg_error err = {0};
	bool pending = false;
	struct world w;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &again);
	CHECK_INT(again.status, 201);
	world_sql(&w, "DELETE FROM journal_leaf WHERE leaf_index = 1");
	CHECK_RULE(pdg_core_record(w.core, again.reference, &record, &pending, &err), &err,
		   "STO-5");
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 503);
	file_says(&w, "tile/entries/000.p/2", "STO-5");
	file_says(&w, "tile/entries/000.p/3", NULL);
	file_says(&w, "tile/0/001.p/1", NULL);
	world_sql(&w, "DELETE FROM journal_tile");
	file_says(&w, "tile/0/000.p/2", "STO-5");
	world_close(&w);
	world_done(&w);

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_sql(&w, "DELETE FROM journal_leaf");
	CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err, "FSK-1");
	CHECK(pdg_error_fix(&err)[0] != '\0');
	CHECK_HAS(pdg_buf_cstr(&text), "1 journal leaves; 1 log entries;");
	every_line_has_a_rule(pdg_buf_cstr(&text));
	world_done(&w);
}

/* Who asks for it is told, whoever asks for others is served: that no write failed is true. */
static void a_row_that_cannot_be_read(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got again;
	struct pdg_error err = {0};
	struct build_of other = build_no(2);
	struct pdg_core_stats stats;
	struct world w;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	CHECK_INT(submit_build(&w, CI, &other), 201);
	world_sql(&w, "UPDATE bundle SET bundle = x'7b7d' WHERE id = 2");
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &again);
	CHECK_INT(again.status, 503);
	CHECK_STR(again.rule, "STO-5");
	CHECK_HAS(again.text, "sha256:");
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	pdg_test_case("waits, and is none");
	world_sql(&w, "INSERT INTO pending VALUES (99)");
	atomic_store(&w.now, NOW + 100000);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.pending, 0);
	pdg_test_case(NULL);
	world_done(&w);
}

/* What is left of a row that was taken out is not the next statement's. */
static void a_row_that_was_taken_out(void)
{
	static const char *const out[] = {
		"DELETE FROM attestation WHERE id = 2",
		"DELETE FROM attestation WHERE id = 2; DELETE FROM bundle WHERE id = 2",
		"DELETE FROM bundle WHERE id = 2; INSERT INTO pending VALUES (2);"
		" DELETE FROM attestation WHERE id = 2",
	};
	struct build_of other = build_no(2);
	size_t i;

	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
		struct pdg_error err = {0};
		struct world w;

		pdg_test_case("%s", out[i]);
		world_init(&w);
		world_open(&w);
		CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
		CHECK_INT(submit_build(&w, CI, &app_build), 201);
		world_sql(&w, out[i]);
		CHECK_INT(submit_build(&w, CI, &other), 201);
		chain_is(&w, 2, "good");
		chain_is(&w, 1, "refused");
		CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err,
			   "FSK-1");
		every_line_has_a_rule(pdg_buf_cstr(&text));
		CHECK((strstr(pdg_buf_cstr(&text), "row 2: ") != NULL) == (i != 1));
		world_done(&w);
	}
	pdg_test_case(NULL);
}

/* --- damaged pages --- */

/* Overwrite the first page of the table or index @name. */
static void spoil_page(struct world *w, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	PDG_AUTO(fd) int fd = -1;
	uint8_t page[4096];
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int64_t at;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1", -1,
				     &st, NULL),
		  SQLITE_OK);
	CHECK_INT(sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC), SQLITE_OK);
	CHECK_INT(sqlite3_step(st), SQLITE_ROW);
	at = sqlite3_column_int64(st, 0) - 1;
	CHECK_INT(sqlite3_finalize(st), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	memset(page, 0xa5, sizeof(page));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(pwrite(fd, page, sizeof(page), at * (int64_t)sizeof(page)) == sizeof(page));
}

/* Nothing is taken, and a trial write to another page does not make the service ready. */
static void a_page_that_is_damaged(void)
{
	static const char *const pages[] = {"subject", "source_of_commit", "bundle"};
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;
		struct pdg_error err = {0};
		struct pdg_core_stats stats;
		struct world w;
		unsigned n;

		pdg_test_case("%s", pages[i]);
		world_init(&w);
		world_open(&w);
		CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
		world_close(&w);
		spoil_page(&w, pages[i]);
		world_open(&w);
		build_body(&w, CI, &app_build, &body);
		submit(&w, pdg_buf_bytes(&body), 0, &g);
		CHECK_INT(g.status, 503);
		CHECK_STR(g.rule, "STO-5");
		for (n = 0; n < 30; n++) {
			CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-6");
			CHECK_HAS(pdg_error_fix(&err), "backup");
			pause_ms(50);
		}
		pdg_core_stats(w.core, &stats);
		CHECK(stats.store_failures > 0);
		world_done(&w);
	}
	pdg_test_case(NULL);
}

/* A database and a log that both grew from one backup, each another way: as long as one another, by
 * the same keys. */
static void of_two_histories(void)
{
	struct world w;
	struct build_of other = build_no(2);

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_close(&w);
	world_copy(&w, "p.db", "p.db.backup");
	world_copy(&w, "log", "log.backup");
	world_open(&w);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	world_close(&w);
	world_move(&w, "p.db", "p.db.old");
	world_move(&w, "log", "log.old");
	world_copy(&w, "p.db.backup", "p.db");
	world_copy(&w, "log.backup", "log");
	world_open(&w);
	CHECK_INT(submit_build(&w, CI, &other), 201);
	CHECK_OK(pdg_core_ready(w.core, NULL), NULL);
	world_close(&w);
	pdg_test_case("the new database, the old log");
	world_move(&w, "log", "log.new");
	world_copy(&w, "log.old", "log");
	world_refuses_to_open(&w, "LOG-2");
	pdg_test_case("the old database, the new log");
	world_move(&w, "p.db", "p.db.new");
	world_move(&w, "log", "log.away");
	world_copy(&w, "p.db.old", "p.db");
	world_copy(&w, "log.new", "log");
	world_refuses_to_open(&w, "LOG-2");
	pdg_test_case("a log that goes on from what the database knows");
	world_move(&w, "p.db", "p.db.away");
	world_copy(&w, "p.db.backup", "p.db");
	world_open(&w);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	fsck_is_clean(&w);
	pdg_test_case(NULL);
	world_done(&w);
}

/* The same with rows of the database gone or damaged: which tree the log had is known beside them,
 * and where a version before this one kept none, by the newest row that can be read. */
static void of_two_histories_without_rows(void)
{
	static const struct {
		const char *gone;
		bool refused;
	} cases[] = {
		{"DELETE FROM attestation WHERE id = 3", true},
		{"DELETE FROM attestation; DELETE FROM bundle; DELETE FROM subject", true},
		{"UPDATE bundle SET bundle = x'7b7d' WHERE id > 1", true},
		{"UPDATE meta SET value = '1' || substr(value, instr(value, ' '))"
		 " WHERE name = 'log-head'",
		 true},
		/* As a version left it that kept the size alone. */
		{"DELETE FROM meta WHERE name = 'log-head'", true},
		{"DELETE FROM meta WHERE name = 'log-head';"
		 " DELETE FROM attestation WHERE id = 3",
		 true},
		{"DELETE FROM meta WHERE name = 'log-head';"
		 " UPDATE bundle SET bundle = x'7b7d' WHERE id = 3",
		 true},
		{"DELETE FROM meta WHERE name = 'log-head';"
		 " UPDATE attestation SET countersig = zeroblob(1000000) WHERE id = 3",
		 true},
		{"DELETE FROM meta WHERE name = 'log-head';"
		 " DELETE FROM attestation WHERE id > 1",
		 false},
	};
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	PDG_AUTO(mem) char *db = NULL;
	struct world w;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_close(&w);
	world_copy(&w, "p.db", "p.db.backup");
	world_copy(&w, "log", "log.backup");
	for (i = 0; i < 2; i++) {
		struct build_of one = build_no(2 * i + 1);
		struct build_of other = build_no(2 * i + 2);

		if (i > 0) {
			world_move(&w, "p.db", "p.db.other");
			world_move(&w, "log", "log.other");
			world_copy(&w, "p.db.backup", "p.db");
			world_copy(&w, "log.backup", "log");
		}
		world_open(&w);
		CHECK_INT(submit_build(&w, CI, &one), 201);
		CHECK_INT(submit_build(&w, CI, &other), 201);
		world_close(&w);
	}
	world_move(&w, "log", "log.own");
	db = pdg_test_path(w.dir, "p.db");
	pdg_test_read(db, &kept);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *used = pdg_str_printf("log.%u", i);

		pdg_test_case("%s", cases[i].gone);
		world_sql(&w, cases[i].gone);
		world_copy(&w, "log.other", "log");
		if (cases[i].refused)
			world_refuses_to_open(&w, "LOG-2");
		else
			world_open(&w);
		world_close(&w);
		world_move(&w, "log", used);
		free(pdg_test_file(w.dir, "p.db", pdg_buf_bytes(&kept)));
	}
	pdg_test_case("its own log");
	world_move(&w, "log.own", "log");
	world_open(&w);
	fsck_is_clean(&w);
	pdg_test_case(NULL);
	world_done(&w);
}

/* What joined a statement has its own leaf; the grade that the row has is the last one's. */
static void a_join_without_its_leaf(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	source_body(&w, SERVER_2, &app_main, &body);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 200);
	CHECK_UINT(journal_size(&w), 2);
	fsck_is_clean(&w);
	world_sql(&w, "UPDATE attestation SET grade = 'clone'");
	CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err, "FSK-1");
	world_sql(&w, "UPDATE attestation SET grade = 'server'");
	fsck_is_clean(&w);
	world_sql(&w, "UPDATE attestation SET journal_index = 1");
	CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err, "FSK-1");
	world_done(&w);
}

/* A statement was countersigned once. Its row is gone: it is not countersigned a second time. */
static void never_a_second_countersignature(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(got) struct got again;
	struct pdg_error err = {0};
	struct build_of other = build_no(2);
	uint64_t leaves;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	leaves = journal_size(&w);
	world_sql(&w, "DELETE FROM bundle WHERE id = 2; DELETE FROM subject WHERE id = 2;"
		      " DELETE FROM attestation WHERE id = 2");
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &again);
	CHECK_INT(again.status, 503);
	CHECK_STR(again.rule, "STO-5");
	CHECK_UINT(journal_size(&w), leaves);
	/* Others are taken, and after a start it still is so. */
	CHECK_INT(submit_build(&w, CI, &other), 201);
	world_close(&w);
	world_open(&w);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 503);
	CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, NULL, &err), &err, "FSK-1");
	world_done(&w);
}

PDG_TEST_MAIN("damage", {"a join without its leaf", a_join_without_its_leaf},
	      {"never a second countersignature", never_a_second_countersignature},
	      {"fsck finds damage", fsck_finds_damage}, {"of two histories", of_two_histories},
	      {"of two histories without rows", of_two_histories_without_rows},
	      {"no second journal", no_second_journal},
	      {"a row that cannot be read", a_row_that_cannot_be_read},
	      {"a page that is damaged", a_page_that_is_damaged},
	      {"a row that was taken out", a_row_that_was_taken_out},
	      {"a leaf that is gone", a_leaf_that_is_gone})
