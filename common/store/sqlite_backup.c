/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of the database as of one commit, taken by another process than the one that writes it: a
 * reader of its own holds that commit for as long as it takes (WAL), and nobody waits for it.
 */
#include <sqlite3.h>

#include "store/sqlite.h"
#include "store/sqlite_impl.h"
#include "util/size.h"

#define PAGES	8192 /* between two lines of progress */
#define BUSY_MS 5000

struct copying {
	sqlite3 *from, *to;
	sqlite3_backup *backup;
};

static void copying_done(struct copying *c)
{
	(void)sqlite3_backup_finish(c->backup);
	(void)sqlite3_close(c->to);
	(void)sqlite3_close(c->from);
}
PDG_AUTO_DEFINE_VALUE(copying, struct copying, copying_done)

static int open_one(const char *path, int flags, const char *setup, sqlite3 **out,
		    struct pdg_error *err)
{
	int rc = sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				 NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*out, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*out, setup, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	return *out ? pdg_sqlite_fail(err, *out, "open a database for its backup") : pdg_nomem(err);
}

static void statement_done(sqlite3_stmt *s)
{
	(void)sqlite3_finalize(s);
}
PDG_AUTO_DEFINE(statement, sqlite3_stmt *, statement_done)

/* Of the commit that is copied: the same transaction reads it. */
static int read_size(sqlite3 *db, uint64_t *out, struct pdg_error *err)
{
	PDG_AUTO(statement) sqlite3_stmt *s = NULL;
	int step = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'log-size'", -1, &s,
				      NULL);
	const char *text;

	*out = 0;
	if (step != SQLITE_OK)
		return pdg_sqlite_fail(err, db, "read the size of the log");
	step = sqlite3_step(s);
	if (step == SQLITE_DONE)
		return 0;
	if (step != SQLITE_ROW)
		return pdg_sqlite_fail(err, db, "read the size of the log");
	text = (const char *)sqlite3_column_text(s, 0);
	if (!text || !pdg_bytes_u64(pdg_bytes_str(text), UINT64_MAX, out))
		return pdg_reject(err, "STO-3", "the store's log-size is '%.64s', no number",
				  text ? text : "");
	return 0;
}

int pdg_sqlite_backup(const char *from, const char *to,
		      void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
		      uint64_t *out_size, struct pdg_error *err)
{
	PDG_AUTO(copying) struct copying c = {0};
	int rc, step;

	/* The transaction is begun by its first read; from then on the copy is of that commit. */
	rc = open_one(from, SQLITE_OPEN_READONLY, "BEGIN; SELECT count(*) FROM sqlite_schema;",
		      &c.from, err);
	if (rc == 0)
		rc = open_one(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;", &c.to, err);
	if (rc < 0)
		return rc;
	c.backup = sqlite3_backup_init(c.to, "main", c.from, "main");
	if (!c.backup)
		return pdg_sqlite_fail(err, c.to, "begin a backup");
	do {
		step = sqlite3_backup_step(c.backup, PAGES);
		if (progress)
			progress(ctx,
				 (uint64_t)(sqlite3_backup_pagecount(c.backup) -
					    sqlite3_backup_remaining(c.backup)),
				 (uint64_t)sqlite3_backup_pagecount(c.backup));
	} while (step == SQLITE_OK);
	if (step == SQLITE_DONE)
		return read_size(c.from, out_size, err);
	return pdg_reject(err, "STO-4", "cannot copy the database: %s", sqlite3_errstr(step));
}
