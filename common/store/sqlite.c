/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in one SQLite file: one connection writes, a few read beside it (WAL shows each the
 * last commit), and a lock file beside the database keeps a second process out. Every
 * connection keeps its prepared statements.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/sqlite_impl.h"
#include "util/fs.h"
#include "util/size.h"
#include "util/str.h"

/* Nobody else writes: a lock is a tool's of the operator, and whoever waits for it holds up all. */
#define BUSY_MS 1000

/* Pages of the WAL before they go to the database: one that was written in many of its transactions
 * is written there once. 16 MiB, but for what one batch adds. */
#define WAL_PAGES "4000"
/* Bytes that the WAL keeps when it begins again: a reader that took long made it longer. */
#define WAL_LEFT "33554432"

#define ROW                                                                                        \
	"a.id, a.reference, a.stage, b.id IS NOT NULL, a.received, a.repository, a.git_commit,"    \
	" a.grade, a.journal_index, a.service_key, a.countersig, a.links, a.envelope, a.payload,"  \
	" a.raw_commit, b.bundle, a.envelope_at, b.bundle_at"
/* length() of a blob reads a row's head, not the blob, and typeof() no value. */
#define LISTED                                                                                     \
	"a.id, a.reference, a.stage, b.id IS NOT NULL, a.received, a.repository, a.git_commit,"    \
	" length(a.envelope) + coalesce(length(a.raw_commit), 0) + coalesce(length(b.bundle), 0)"  \
	" + ((typeof(a.envelope_at) <> 'null') + (typeof(b.bundle_at) <> 'null'))"                 \
	" * ((length(a.payload) + 2) / 3 * 4)"
#define FROM " FROM attestation a LEFT JOIN bundle b ON b.id = a.id"

static const char *const statements[PDG_SQL_COUNT] = {
	[PDG_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[PDG_SQL_BEGIN_LOOK] = "BEGIN",
	[PDG_SQL_KNOWN] = "SELECT 1 FROM attestation WHERE reference = ?1",
	[PDG_SQL_COMMIT] = "COMMIT",
	[PDG_SQL_ROLLBACK] = "ROLLBACK",
	[PDG_SQL_INSERT] =
		"INSERT INTO attestation (reference, stage, received, repository, git_commit, grade,"
		" journal_index, service_key, countersig, links, envelope, payload, raw_commit,"
		" envelope_at, id)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
		" ON CONFLICT (reference) DO NOTHING",
	/* The last row of each table, at hand for whoever writes them; once a batch. */
	[PDG_SQL_NEXT_ID] = "SELECT 1 + max(coalesce((SELECT max(id) FROM attestation), 0),"
			    " coalesce((SELECT max(id) FROM bundle), 0),"
			    " coalesce((SELECT max(id) FROM pending), 0),"
			    " coalesce((SELECT last_id FROM journal_state WHERE one = 1), 0))",
	[PDG_SQL_INSERT_SUBJECT] = "INSERT INTO subject (algorithm, value, id) VALUES (?1, ?2, ?3)"
				   " ON CONFLICT DO NOTHING",
	[PDG_SQL_PAYLOAD] = "SELECT id, payload FROM attestation WHERE reference = ?1",
	[PDG_SQL_UPDATE_ENVELOPE] = "UPDATE attestation SET envelope = ?2, grade = ?3,"
				    " envelope_at = ?4 WHERE id = ?1",
	[PDG_SQL_INSERT_PENDING] = "INSERT INTO pending (id) VALUES (?1)",
	[PDG_SQL_INSERT_BUNDLE] = "INSERT INTO bundle (id, bundle, bundle_at) SELECT ?1, ?2, ?3"
				  " WHERE EXISTS (SELECT 1 FROM attestation WHERE id = ?1"
				  " AND reference = ?4) ON CONFLICT DO NOTHING",
	[PDG_SQL_DELETE_PENDING] = "DELETE FROM pending WHERE id = ?1",
	[PDG_SQL_DELETE_PENDING_OF] =
		"DELETE FROM pending WHERE id = ?1 AND NOT EXISTS"
		" (SELECT 1 FROM attestation WHERE id = ?1 AND reference <> ?2)",
	[PDG_SQL_LEAF_INSERT] = "INSERT INTO journal_leaf (leaf_index, leaf) VALUES (?1, ?2)",
	[PDG_SQL_TILE_WRITE] = "INSERT INTO journal_tile (tile, hashes) VALUES (?1, ?2)"
			       " ON CONFLICT (tile) DO UPDATE SET hashes = excluded.hashes",
	[PDG_SQL_STATE_WRITE] =
		"INSERT INTO journal_state (one, size, note, last_id)"
		" VALUES (1, ?1, ?2, coalesce((SELECT max(id) FROM attestation), 0))"
		" ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note,"
		" last_id = max(last_id, excluded.last_id)",
	[PDG_SQL_META_SET] = "INSERT INTO meta (name, value) VALUES (?1, ?2)"
			     " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	/* A few at each use: what comes in goes out, and no use pays for many. */
	[PDG_SQL_TOKEN_FORGET] = "DELETE FROM token WHERE name IN"
				 " (SELECT name FROM token WHERE expires < ?1 LIMIT 8)",
	[PDG_SQL_TOKEN_USE] = "INSERT INTO token (name, body, expires) VALUES (?1, ?2, ?3)"
			      " ON CONFLICT (name) DO UPDATE SET body = excluded.body,"
			      " expires = excluded.expires, reference = NULL"
			      " WHERE token.expires < ?4",
	[PDG_SQL_TOKEN_BODY] = "SELECT body = ?2, reference FROM token WHERE name = ?1",
	[PDG_SQL_TOKEN_KEEP] = "UPDATE token SET reference = ?2 WHERE name = ?1",
	[PDG_SQL_TOKEN_KEPT] = "SELECT reference FROM token WHERE name = ?1 AND body = ?2"
			       " AND expires >= ?3",
	[PDG_SQL_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[PDG_SQL_GET] = "SELECT " ROW FROM " WHERE a.reference = ?1",
	[PDG_SQL_BY_SUBJECT] = "SELECT " ROW " FROM subject s JOIN attestation a ON a.id = s.id"
			       " LEFT JOIN bundle b ON b.id = a.id"
			       " WHERE s.algorithm = ?1 AND s.value = ?2 AND s.id > ?3"
			       " ORDER BY s.id LIMIT ?4",
	[PDG_SQL_LIST] = "SELECT " LISTED " FROM subject s JOIN attestation a ON a.id = s.id"
			 " LEFT JOIN bundle b ON b.id = a.id"
			 " WHERE s.algorithm = ?1 AND s.value = ?2 AND s.id > ?3"
			 " AND (?5 IS NULL OR a.stage = ?5) ORDER BY s.id LIMIT ?4",
	[PDG_SQL_LIST_COMMIT] = "SELECT " LISTED FROM " WHERE a.git_commit = ?1 AND a.id > ?2"
				" AND (?4 IS NULL OR a.stage = ?4) ORDER BY a.id LIMIT ?3",
	[PDG_SQL_LIST_SOURCES] =
		"SELECT " LISTED FROM " WHERE a.stage = 'source' AND a.repository = ?1"
		" AND a.git_commit = ?2 ORDER BY a.id LIMIT ?3",
	[PDG_SQL_SOURCES] = "SELECT " ROW FROM " WHERE a.stage = 'source' AND a.repository = ?1"
			    " AND a.git_commit = ?2 AND a.id > ?3 ORDER BY a.id LIMIT ?4",
	/* CROSS: the subject is looked up first, then its rows, however many sources there are. */
	[PDG_SQL_SOURCES_OF] =
		"SELECT " ROW " FROM subject s CROSS JOIN attestation a ON a.id = s.id"
		" LEFT JOIN bundle b ON b.id = a.id WHERE s.algorithm = ?5 AND s.value = ?2"
		" AND s.id > ?3 AND a.stage = 'source' AND a.repository = ?1"
		" ORDER BY s.id LIMIT ?4",
	/* The columns of ROW, without what may be large and is not asked for. */
	[PDG_SQL_PENDING] =
		"SELECT a.id, a.reference, a.stage, 0, a.received, NULL, NULL, NULL,"
		" a.journal_index, a.service_key, a.countersig, NULL, NULL, a.payload, NULL, NULL,"
		" NULL, NULL"
		" FROM pending p JOIN attestation a ON a.id = p.id WHERE p.id > ?1"
		" ORDER BY p.id LIMIT ?2",
	[PDG_SQL_WAITS] = "SELECT 1 FROM pending WHERE id = ?1",
	/* CROSS: from the newest bundle down, however many wait for the log. */
	[PDG_SQL_LAST_LOGGED] = "SELECT " ROW " FROM bundle b CROSS JOIN attestation a"
				" ON a.id = b.id WHERE b.id < ?1 ORDER BY b.id DESC LIMIT 1",
	[PDG_SQL_EACH] = "SELECT " ROW FROM " WHERE a.id > ?1 ORDER BY a.id LIMIT ?2",
	[PDG_SQL_ROW] = "SELECT " ROW FROM " WHERE a.id = ?1",
	[PDG_SQL_COUNT_ALL] = "SELECT coalesce(max(id), 0) FROM attestation",
	[PDG_SQL_COUNT_PENDING] =
		"SELECT (SELECT count(*) FROM pending), coalesce((SELECT received FROM attestation"
		" WHERE id = (SELECT min(pending.id) FROM pending WHERE EXISTS"
		" (SELECT 1 FROM attestation a WHERE a.id = pending.id))), -1)",
	[PDG_SQL_STRAY] = "SELECT id FROM pending WHERE id > ?1 AND NOT EXISTS"
			  " (SELECT 1 FROM attestation a WHERE a.id = pending.id)"
			  " ORDER BY id LIMIT 1",
	[PDG_SQL_STRAY_BUNDLE] = "SELECT id FROM bundle WHERE id > ?1 AND NOT EXISTS"
				 " (SELECT 1 FROM attestation a WHERE a.id = bundle.id)"
				 " ORDER BY id LIMIT 1",
	[PDG_SQL_STATE_READ] = "SELECT size, note FROM journal_state",
	[PDG_SQL_LAST_ID] = "SELECT coalesce((SELECT last_id FROM journal_state WHERE one = 1), 0)",
	[PDG_SQL_LEAF_READ] = "SELECT leaf FROM journal_leaf WHERE leaf_index = ?1",
	[PDG_SQL_TILE_READ] = "SELECT hashes FROM journal_tile WHERE tile = ?1",
};

const char *pdg_sqlite_sql(enum pdg_sql which)
{
	return statements[which];
}

int pdg_sqlite_damaged(struct pdg_error *err, const char *path, const char *why)
{
	int rc = pdg_reject(err, "STO-5", "\"%s\" cannot be used as the store: %s",
			    path ? path : "", why);

	pdg_fix(err,
		"restore the service's database and its log from one backup; if this is another "
		"program's file, correct store in [service]");
	return rc;
}

int pdg_sqlite_fail(struct pdg_error *err, sqlite3 *db, const char *what)
{
	int code = sqlite3_errcode(db) & 0xff;

	if (code == SQLITE_NOMEM)
		return pdg_nomem(err);
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return pdg_sqlite_damaged(err, sqlite3_db_filename(db, "main"), sqlite3_errmsg(db));
	return pdg_reject(err, "STO-4", "cannot %s: %s", what, sqlite3_errmsg(db));
}

int pdg_sqlite_stmt(struct pdg_sqlite_conn *c, enum pdg_sql which, sqlite3_stmt **out,
		    struct pdg_error *err)
{
	if (!c->st[which] &&
	    sqlite3_prepare_v3(c->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
			       &c->st[which], NULL) != SQLITE_OK)
		return pdg_sqlite_fail(err, c->db, "use the database");
	*out = c->st[which];
	return 0;
}

void pdg_sqlite_rest(sqlite3_stmt *st)
{
	if (!st)
		return;
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
}

int pdg_sqlite_done(struct pdg_sqlite_conn *c, sqlite3_stmt *st, const char *what,
		    struct pdg_error *err)
{
	int rc = sqlite3_step(st);
	int result = rc == SQLITE_DONE ? 0 : pdg_sqlite_fail(err, c->db, what);

	pdg_sqlite_rest(st);
	return result;
}

/* The bindings cannot fail but for memory, which the step then reports. */
void pdg_sqlite_bind_text(sqlite3_stmt *st, int i, const char *v)
{
	(void)sqlite3_bind_text(st, i, v, -1, SQLITE_STATIC);
}

void pdg_sqlite_bind_blob(sqlite3_stmt *st, int i, struct pdg_bytes v)
{
	if (v.n == 0)
		(void)sqlite3_bind_zeroblob(st, i, 0);
	else
		(void)sqlite3_bind_blob64(st, i, v.p, v.n, SQLITE_STATIC);
}

void pdg_sqlite_bind_blob_or_null(sqlite3_stmt *st, int i, struct pdg_bytes v)
{
	if (v.n == 0)
		(void)sqlite3_bind_null(st, i);
	else
		pdg_sqlite_bind_blob(st, i, v);
}

/* --- connections --- */

static void conn_close(struct pdg_sqlite_conn *c)
{
	size_t i;

	for (i = 0; i < PDG_SQL_COUNT; i++)
		(void)sqlite3_finalize(c->st[i]);
	memset(c->st, 0, sizeof(c->st));
	(void)sqlite3_close(c->db);
	c->db = NULL;
}

static int cannot_open(struct pdg_error *err, const char *path, sqlite3 *db)
{
	int code = sqlite3_errcode(db) & 0xff;
	int rc;

	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return pdg_sqlite_damaged(err, path, sqlite3_errmsg(db));
	rc = pdg_reject(err, "STO-3", "cannot open the database \"%s\": %s", path,
			sqlite3_errmsg(db));
	pdg_fix(err, "see to it that the service's user may read and write it, and its folder");
	return rc;
}

static int conn_open(struct pdg_sqlite_conn *c, const char *path, bool writer,
		     struct pdg_error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	/* Pages kept: the writer walks the indexes at every insert, a reader once a question. */
	const char *setup = writer ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				     "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -4096;"
				     "PRAGMA wal_autocheckpoint = " WAL_PAGES ";"
				     "PRAGMA journal_size_limit = " WAL_LEFT ";"
				   : "PRAGMA cache_size = -1024; PRAGMA query_only = ON;";
	int rc = sqlite3_open_v2(path, &c->db, flags, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(c->db, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(c->db, setup, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	if (!c->db)
		return pdg_nomem(err);
	rc = cannot_open(err, path, c->db);
	conn_close(c);
	return rc;
}

static bool in_own_batch(const struct pdg_sqlite *s)
{
	return s->in_batch && pthread_equal(s->batch_thread, pthread_self());
}

static struct pdg_sqlite_conn *idle_reader(struct pdg_sqlite *s)
{
	size_t i;

	for (i = 0; i < PDG_SQLITE_READERS; i++) {
		if (!s->readers[i].busy)
			return &s->readers[i];
	}
	return NULL;
}

int pdg_sqlite_borrow(struct pdg_sqlite *s, struct pdg_sqlite_conn **out, struct pdg_error *err)
{
	struct pdg_sqlite_conn *c;
	int rc = 0;

	(void)pthread_mutex_lock(&s->mutex);
	if (in_own_batch(s)) {
		c = &s->writer;
	} else {
		while (!(c = idle_reader(s)))
			(void)pthread_cond_wait(&s->returned, &s->mutex);
		c->busy = true;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	if (!c->db)
		rc = conn_open(c, s->path, false, err);
	if (rc < 0) {
		pdg_sqlite_return(s, c);
		return rc;
	}
	*out = c;
	return 0;
}

void pdg_sqlite_return(struct pdg_sqlite *s, struct pdg_sqlite_conn *c)
{
	if (c == &s->writer)
		return;
	(void)pthread_mutex_lock(&s->mutex);
	c->busy = false;
	(void)pthread_cond_signal(&s->returned);
	(void)pthread_mutex_unlock(&s->mutex);
}

/* --- the files --- */

static int name_files(struct pdg_sqlite *s, struct pdg_error *err)
{
	static const char *const ends[PDG_SQLITE_FILES] = {"", "-wal", "-lock"};
	size_t i;

	for (i = 0; i < PDG_SQLITE_FILES; i++) {
		s->files[i].path = pdg_str_printf("%s%s", s->path, ends[i]);
		if (!s->files[i].path)
			return pdg_nomem(err);
	}
	return 0;
}

/* The WAL is there as soon as the schema was read, and stays until the last connection closes. */
static int remember_files(struct pdg_sqlite *s, struct pdg_error *err)
{
	struct stat st;
	size_t i;

	for (i = 0; i < PDG_SQLITE_FILES; i++) {
		if (stat(s->files[i].path, &st) != 0)
			return pdg_reject(err, "STO-3", "cannot look at \"%s\": %s",
					  s->files[i].path, strerror(errno));
		s->files[i].dev = st.st_dev;
		s->files[i].ino = st.st_ino;
	}
	return 0;
}

int pdg_sqlite_there(struct pdg_store *store, struct pdg_error *err)
{
	const struct pdg_sqlite *s = (const struct pdg_sqlite *)store;
	struct stat st;
	size_t i;
	int rc;

	for (i = 0; i < PDG_SQLITE_FILES; i++) {
		const struct pdg_sqlite_file *f = &s->files[i];

		if (stat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino)
			continue;
		rc = pdg_reject(err, "STO-3", "\"%s\" was removed or replaced while it was open",
				f->path);
		pdg_fix(err, "stop pedigreed before its files are touched; restore them, start it");
		return rc;
	}
	return 0;
}

/* --- open and close --- */

static void sqlite_close(struct pdg_store *store)
{
	struct pdg_sqlite *s = (struct pdg_sqlite *)store;
	size_t i;

	for (i = 0; i < PDG_SQLITE_READERS; i++)
		conn_close(&s->readers[i]);
	conn_close(&s->writer);
	(void)pthread_cond_destroy(&s->returned);
	(void)pthread_mutex_destroy(&s->mutex);
	pdg_auto_fd(&s->lock_fd);
	for (i = 0; i < PDG_SQLITE_FILES; i++)
		free(s->files[i].path);
	free(s->path);
	free(s);
}

static const struct pdg_store_ops sqlite_ops = {
	.name = "sqlite",
	.begin = pdg_sqlite_begin,
	.commit = pdg_sqlite_commit,
	.rollback = pdg_sqlite_rollback,
	.known = pdg_sqlite_known,
	.insert = pdg_sqlite_insert,
	.update_envelope = pdg_sqlite_update_envelope,
	.set_logged = pdg_sqlite_set_logged,
	.journal_append = pdg_sqlite_journal_append,
	.journal_tile_write = pdg_sqlite_journal_tile_write,
	.journal_checkpoint_write = pdg_sqlite_journal_checkpoint_write,
	.meta_set = pdg_sqlite_meta_set,
	.token_use = pdg_sqlite_token_use,
	.token_keep = pdg_sqlite_token_keep,
	.token_kept = pdg_sqlite_token_kept,
	.meta_get = pdg_sqlite_meta_get,
	.get = pdg_sqlite_get,
	.by_subject = pdg_sqlite_by_subject,
	.list = pdg_sqlite_list,
	.list_commit = pdg_sqlite_list_commit,
	.list_sources = pdg_sqlite_list_sources,
	.sources = pdg_sqlite_sources,
	.pending = pdg_sqlite_pending,
	.there = pdg_sqlite_there,
	.last_logged = pdg_sqlite_last_logged,
	.stray = pdg_sqlite_stray,
	.waits = pdg_sqlite_waits,
	.last_id = pdg_sqlite_last_id,
	.count = pdg_sqlite_count,
	.journal_state = pdg_sqlite_journal_state,
	.journal_leaf = pdg_sqlite_journal_leaf,
	.journal_tile_read = pdg_sqlite_journal_tile_read,
	.page = pdg_sqlite_page,
	.row = pdg_sqlite_row,
	.close = sqlite_close,
};

/* A database that somebody else has open is left alone, whatever is in it. */
static int take_lock(struct pdg_sqlite *s, struct pdg_error *err)
{
	const char *lock = s->files[PDG_SQLITE_LOCK].path;
	int rc = pdg_fs_lock(lock, &s->lock_fd, err);

	if (rc == 0)
		return 0;
	if (access(lock, R_OK | W_OK) != 0) {
		rc = pdg_reject(err, "STO-3", "cannot lock the database \"%s\": %s", s->path,
				strerror(errno));
		pdg_fix(err, "see to it that the service's user may write to its folder");
		return rc;
	}
	rc = pdg_reject(err, "STO-2", "the database \"%s\" is in use by another process", s->path);
	pdg_fix(err, "stop the other pedigreed, or give this one a store of its own");
	return rc;
}

/* SQLite would make the file with the umask's mode; it gives -wal and -shm the database's. */
static int make_file(const char *path, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	int rc = 0;

	if (fd < 0 && errno != EEXIST) {
		rc = pdg_reject(err, "STO-3", "cannot make the database \"%s\": %s", path,
				strerror(errno));
		pdg_fix(err, "see to it that the service's user may write to its folder");
	}
	return rc;
}

int pdg_sqlite_open(const char *path, struct pdg_store **out, bool *out_new, struct pdg_error *err)
{
	PDG_AUTO(store) struct pdg_store *store = NULL;
	struct pdg_sqlite *s = pdg_calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return pdg_nomem(err);
	s->base.ops = &sqlite_ops;
	s->lock_fd = -1;
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_cond_init(&s->returned, NULL);
	store = &s->base;
	s->path = pdg_str_dup(path);
	if (!s->path)
		return pdg_nomem(err);
	rc = name_files(s, err);
	if (rc == 0)
		rc = pdg_schema_look(path, err);
	if (rc == 0)
		rc = take_lock(s, err);
	if (rc == 0)
		rc = make_file(path, err);
	if (rc == 0)
		rc = conn_open(&s->writer, path, true, err);
	if (rc == 0)
		rc = pdg_schema_migrate(s->writer.db, path, out_new, err);
	if (rc == 0)
		rc = remember_files(s, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(store);
	return 0;
}
