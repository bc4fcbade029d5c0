/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migrations of the SQLite store, run once each and in order when the database is opened. A
 * migration that was released is never edited: what is to change becomes the next one.
 *
 * Nothing is ever deleted from these tables but rows of `pending` and `token`: what was found once
 * is found again, and the highest id is the number of attestations. Should somebody take a row out,
 * its id is not given out again. What comes later, the bundle, has a table of its own: SQLite
 * writes a row anew as a whole when one value of it changes.
 */
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite_impl.h"
#include "util/str.h"

#define OF_ANOTHER "it is a database of another program"

/* References are kept as their 32 bytes, digests by which somebody looks up as text. */
static const char tables[] =
	"CREATE TABLE attestation ("
	" id INTEGER PRIMARY KEY,"
	" reference BLOB NOT NULL UNIQUE,"
	" stage TEXT NOT NULL,"
	" received INTEGER NOT NULL,"
	" repository TEXT,"
	" git_commit TEXT,"
	" grade TEXT,"
	" journal_index INTEGER NOT NULL,"
	" service_key TEXT NOT NULL,"
	" countersig BLOB NOT NULL,"
	" links TEXT NOT NULL,"
	" envelope BLOB NOT NULL,"
	" payload BLOB NOT NULL,"
	" raw_commit BLOB) STRICT;"
	"CREATE TABLE bundle (id INTEGER PRIMARY KEY, bundle BLOB NOT NULL) STRICT;"
	"CREATE TABLE pending (id INTEGER PRIMARY KEY) STRICT;"
	"CREATE TABLE subject ("
	" algorithm TEXT NOT NULL,"
	" value TEXT NOT NULL,"
	" id INTEGER NOT NULL,"
	" PRIMARY KEY (algorithm, value, id)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE journal_leaf (leaf_index INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;"
	"CREATE TABLE journal_tile (tile INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;"
	"CREATE TABLE journal_state ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" size INTEGER NOT NULL,"
	" note BLOB NOT NULL) STRICT;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;";

static const char indexes[] =
	"CREATE INDEX source_of_commit ON attestation (repository, git_commit) WHERE stage = 'source';";

/* The id is in the index for the order, the stage so that no row is read for another one's. */
static const char tokens[] = "CREATE TABLE token ("
			     " name BLOB PRIMARY KEY,"
			     " body BLOB NOT NULL,"
			     " expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
			     "CREATE INDEX token_by_age ON token (expires);"
			     "CREATE INDEX by_commit ON attestation (git_commit, id, stage)"
			     " WHERE git_commit IS NOT NULL;";

/* Where the payload's base64 was left out (pdg_store_spare()); NULL: it is there. */
static const char spared[] = "ALTER TABLE attestation ADD COLUMN envelope_at INTEGER;"
			     "ALTER TABLE bundle ADD COLUMN bundle_at INTEGER;";

/* What was accepted before it was kept that it was (service/batch.c): its row may go, and must not
 * be signed again. */
static const char accepted[] =
	"INSERT OR IGNORE INTO meta (name, value)"
	" SELECT 'accepted:sha256:' || lower(hex(reference)), CAST(journal_index AS TEXT)"
	" FROM attestation;";

/* From now on it is kept when the row goes: a value for each row that stays would cost a submission
 * another page that lies anywhere. Those of before do no harm. */
#define REMEMBER                                                                                   \
	" INSERT OR IGNORE INTO meta (name, value) VALUES ('" PDG_STORE_ACCEPTED                   \
	"sha256:' || lower(hex(OLD.reference)), CAST(OLD.journal_index AS TEXT)); END;"
static const char removed[] =
	"CREATE TRIGGER attestation_removed AFTER DELETE ON attestation BEGIN" REMEMBER
	"CREATE TRIGGER attestation_renamed AFTER UPDATE OF reference ON attestation"
	" WHEN OLD.reference IS NOT NEW.reference BEGIN" REMEMBER;

/* The highest id that was given out, beside what every batch with a new row writes anyway: the row
 * may be taken out, and what else is kept under its id is not the next one's. */
static const char last_id[] =
	"ALTER TABLE journal_state ADD COLUMN last_id INTEGER NOT NULL DEFAULT 0;"
	"UPDATE journal_state SET last_id = coalesce((SELECT max(id) FROM attestation), 0);";

static const char *const migrations[] = {tables,   indexes, tokens, spared,
					 accepted, removed, last_id};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

static int pragma_number(sqlite3 *db, const char *sql, int *out, struct pdg_error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(st, 0);
	(void)sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : pdg_sqlite_fail(err, db, "read the schema");
}

static int run(sqlite3 *db, const char *sql, struct pdg_error *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return pdg_sqlite_fail(err, db, "change the schema");
}

/* The numbers are constants of this program; a PRAGMA takes no parameter. */
static int set_version(sqlite3 *db, int version, struct pdg_error *err)
{
	char sql[96];

	(void)sqlite3_snprintf(sizeof(sql), sql,
			       "PRAGMA application_id = %d; PRAGMA user_version = %d",
			       PDG_SCHEMA_APPLICATION, version);
	return run(db, sql, err);
}

static int migrate_one(sqlite3 *db, int version, struct pdg_error *err)
{
	int rc = run(db, "BEGIN IMMEDIATE", err);

	if (rc < 0)
		return rc;
	rc = run(db, migrations[version], err);
	if (rc == 0)
		rc = set_version(db, version + 1, err);
	if (rc == 0)
		rc = run(db, "COMMIT", err);
	if (rc < 0)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

#define NEEDED                                                                                     \
	"('attestation'), ('bundle'), ('pending'), ('subject'), ('journal_leaf'),"                 \
	" ('journal_tile'), ('journal_state'), ('meta'), ('token'), ('attestation_removed'),"      \
	" ('attestation_renamed')"

/* At the first statement that needs it would be too late. */
static int check_all_there(sqlite3 *db, const char *path, struct pdg_error *err)
{
	static const char sql[] = "SELECT column1 FROM (VALUES " NEEDED ")"
				  " WHERE column1 NOT IN (SELECT name FROM sqlite_schema)";
	PDG_AUTO(mem) char *why = NULL;
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		why = pdg_str_printf("%s is missing in it",
				     (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	if (rc == SQLITE_ROW)
		return why ? pdg_sqlite_damaged(err, path, why) : pdg_nomem(err);
	return rc == SQLITE_DONE ? 0 : pdg_sqlite_fail(err, db, "read the schema");
}

int pdg_schema_migrate(sqlite3 *db, const char *path, bool *out_new, struct pdg_error *err)
{
	int version = 0;
	int application = 0;
	int objects = 0;
	int first;
	int rc;

	rc = pragma_number(db, "PRAGMA user_version", &version, err);
	if (rc == 0)
		rc = pragma_number(db, "PRAGMA application_id", &application, err);
	if (rc == 0)
		rc = pragma_number(db, "SELECT count(*) FROM sqlite_schema", &objects, err);
	if (rc < 0)
		return rc;
	if (objects > 0 && application != PDG_SCHEMA_APPLICATION)
		return pdg_sqlite_damaged(err, path, OF_ANOTHER);
	if (version > VERSION) {
		rc = pdg_reject(err, "STO-1", "\"%s\" has schema %d, this program knows up to %d",
				path, version, VERSION);
		pdg_fix(err, "run the version of pedigreed that wrote it, or a later one");
		return rc;
	}
	first = version;
	for (; version < VERSION; version++) {
		rc = migrate_one(db, version, err);
		if (rc < 0)
			return pdg_context(err, rc, "schema %d", version + 1);
	}
	rc = check_all_there(db, path, err);
	if (rc == 0)
		*out_new = first == 0;
	return rc;
}

/* Offsets in the first page (https://www.sqlite.org/fileformat2.html, 1.3). */
#define HEADER	       100
#define AT_COOKIE      40
#define AT_APPLICATION 68

static uint32_t number_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What the first migration writes may still be in the WAL: then there is no schema here. */
static int judge_header(const uint8_t *h, size_t n, const char *path, struct pdg_error *err)
{
	static const char magic[] = "SQLite format 3";

	if (n == 0)
		return 0;
	if (n < HEADER || memcmp(h, magic, sizeof(magic)) != 0)
		return pdg_sqlite_damaged(err, path, "it is no database");
	if (number_at(h + AT_APPLICATION) != PDG_SCHEMA_APPLICATION && number_at(h + AT_COOKIE))
		return pdg_sqlite_damaged(err, path, OF_ANOTHER);
	return 0;
}

int pdg_schema_look(const char *path, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t header[HEADER];
	struct stat st;
	ssize_t n;
	int rc;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		return pdg_sqlite_damaged(err, path, "it is no file");
	n = fd < 0 ? -1 : pread(fd, header, sizeof(header), 0);
	if (n >= 0)
		return judge_header(header, (size_t)n, path, err);
	rc = pdg_reject(err, "STO-3", "cannot read \"%s\": %s", path, strerror(errno));
	pdg_fix(err, "see to it that the service's user may read and write it, and its folder");
	return rc;
}
