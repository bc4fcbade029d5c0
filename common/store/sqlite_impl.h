/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the SQLite store share: connections with their statements, and how one is
 * lent. Private to store/.
 *
 *	sqlite.c        open, close, connections, the table of operations
 *	sqlite_write.c  the writer's side: batches, inserts, journal, meta
 *	sqlite_list.c   listings
 *	sqlite_read.c   look-ups, on a reader's connection or, inside a batch, on the writer's
 */
#ifndef PDG_STORE_SQLITE_IMPL_H
#define PDG_STORE_SQLITE_IMPL_H

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "store/shared.h"

#define PDG_SQLITE_READERS 4

enum pdg_sql {
	PDG_SQL_BEGIN,
	PDG_SQL_BEGIN_LOOK,
	PDG_SQL_KNOWN,
	PDG_SQL_COMMIT,
	PDG_SQL_ROLLBACK,
	PDG_SQL_INSERT,
	PDG_SQL_NEXT_ID,
	PDG_SQL_INSERT_SUBJECT,
	PDG_SQL_PAYLOAD,
	PDG_SQL_UPDATE_ENVELOPE,
	PDG_SQL_INSERT_PENDING,
	PDG_SQL_INSERT_BUNDLE,
	PDG_SQL_DELETE_PENDING,
	PDG_SQL_DELETE_PENDING_OF,
	PDG_SQL_LEAF_INSERT,
	PDG_SQL_TILE_WRITE,
	PDG_SQL_STATE_WRITE,
	PDG_SQL_META_SET,
	PDG_SQL_TOKEN_FORGET,
	PDG_SQL_TOKEN_USE,
	PDG_SQL_TOKEN_BODY,
	PDG_SQL_TOKEN_KEEP,
	PDG_SQL_TOKEN_KEPT,
	PDG_SQL_META_GET,
	PDG_SQL_GET,
	PDG_SQL_BY_SUBJECT,
	PDG_SQL_LIST,
	PDG_SQL_LIST_SOURCES,
	PDG_SQL_LIST_COMMIT,
	PDG_SQL_SOURCES,
	PDG_SQL_SOURCES_OF,
	PDG_SQL_PENDING,
	PDG_SQL_WAITS,
	PDG_SQL_LAST_LOGGED,
	PDG_SQL_STRAY,
	PDG_SQL_STRAY_BUNDLE,
	PDG_SQL_EACH,
	PDG_SQL_ROW,
	PDG_SQL_COUNT_ALL,
	PDG_SQL_COUNT_PENDING,
	PDG_SQL_STATE_READ,
	PDG_SQL_LAST_ID,
	PDG_SQL_LEAF_READ,
	PDG_SQL_TILE_READ,
	PDG_SQL_COUNT,
};

/* One connection, used by one thread at a time. */
struct pdg_sqlite_conn {
	sqlite3 *db;
	sqlite3_stmt *st[PDG_SQL_COUNT]; /* prepared when first asked for */
	bool busy;			 /* readers: lent out */
};

enum { PDG_SQLITE_DB, PDG_SQLITE_WAL, PDG_SQLITE_LOCK, PDG_SQLITE_FILES };

/* A file that is open: another one in its place is not it. */
struct pdg_sqlite_file {
	char *path;
	dev_t dev;
	ino_t ino;
};

struct pdg_sqlite {
	struct pdg_store base; /* first: the two addresses are the same */
	char *path;
	struct pdg_sqlite_file files[PDG_SQLITE_FILES];
	int lock_fd;
	struct pdg_sqlite_conn writer;
	struct pdg_sqlite_conn readers[PDG_SQLITE_READERS];
	pthread_mutex_t mutex; /* guards readers[].busy, in_batch, batch_thread */
	pthread_cond_t returned;
	bool in_batch;
	pthread_t batch_thread;
	int64_t next_id; /* the writer's, in a batch: of the next new row; 0: ask */
};

/** A failure of SQLite: STO-4 (it can be tried again), STO-5 (the file is damaged), or PDG_E_NOMEM.
 */
int pdg_sqlite_fail(struct pdg_error *err, sqlite3 *db, const char *what);
/** STO-5, and what to do about it. */
int pdg_sqlite_damaged(struct pdg_error *err, const char *path, const char *why);

/** The statement @which of @c, reset, prepared when needed. Borrowed. */
int pdg_sqlite_stmt(struct pdg_sqlite_conn *c, enum pdg_sql which, sqlite3_stmt **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Make @st ready for the next use: what it read and was given is let go. NULL is fine. */
void pdg_sqlite_rest(sqlite3_stmt *st);

/** Run @st, which gives no rows, and reset it. */
int pdg_sqlite_done(struct pdg_sqlite_conn *c, sqlite3_stmt *st, const char *what,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** A connection to read by: the writer's for the thread that has a batch open. Give it back. */
int pdg_sqlite_borrow(struct pdg_sqlite *s, struct pdg_sqlite_conn **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
void pdg_sqlite_return(struct pdg_sqlite *s, struct pdg_sqlite_conn *c);

/* Parameters, numbered from 1. Nothing is copied: @v stands until the statement is reset. */
void pdg_sqlite_bind_text(sqlite3_stmt *st, int i, const char *v); /* NULL binds NULL */
void pdg_sqlite_bind_blob(sqlite3_stmt *st, int i, struct pdg_bytes v);
void pdg_sqlite_bind_blob_or_null(sqlite3_stmt *st, int i, struct pdg_bytes v); /* n 0: NULL */

/** The text of the statement @which; its test asks how each is run. */
const char *pdg_sqlite_sql(enum pdg_sql which);

/** Are the files still those that were opened? STO-3. */
int pdg_sqlite_there(struct pdg_store *store, struct pdg_error *err);

/* The operations, for the table in sqlite.c. */
int pdg_sqlite_begin(struct pdg_store *store, struct pdg_error *err);
int pdg_sqlite_commit(struct pdg_store *store, struct pdg_error *err);
void pdg_sqlite_rollback(struct pdg_store *store);
int pdg_sqlite_known(struct pdg_store *store, const char *const *references, size_t n, bool *out,
		     struct pdg_error *err) PDG_MUST_CHECK;
int pdg_sqlite_insert(struct pdg_store *store, struct pdg_stored *a,
		      const struct pdg_store_subject *subjects, size_t n, struct pdg_error *err);
int pdg_sqlite_update_envelope(struct pdg_store *store, const char *reference,
			       struct pdg_bytes envelope, const char *grade, struct pdg_error *err);
int pdg_sqlite_set_logged(struct pdg_store *store, int64_t id, const char *reference,
			  struct pdg_bytes payload, struct pdg_bytes bundle, struct pdg_error *err);
int pdg_sqlite_journal_append(struct pdg_store *store, uint64_t index, struct pdg_bytes leaf,
			      struct pdg_error *err);
int pdg_sqlite_journal_tile_write(struct pdg_store *store, unsigned level, uint64_t n,
				  struct pdg_bytes hashes, struct pdg_error *err);
int pdg_sqlite_journal_checkpoint_write(struct pdg_store *store, uint64_t size,
					struct pdg_bytes note, struct pdg_error *err);
int pdg_sqlite_meta_set(struct pdg_store *store, const char *name, const char *value,
			struct pdg_error *err);

int pdg_sqlite_token_use(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
			 int64_t expires, int64_t now, char out[PDG_STORED_REFERENCE],
			 struct pdg_error *err);
int pdg_sqlite_token_keep(struct pdg_store *store, const uint8_t name[32], const char *reference,
			  struct pdg_error *err);

int pdg_sqlite_token_kept(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
			  int64_t now, char out[PDG_STORED_REFERENCE], struct pdg_error *err);
int pdg_sqlite_meta_get(struct pdg_store *store, const char *name, char **out,
			struct pdg_error *err);
int pdg_sqlite_get(struct pdg_store *store, const char *reference, struct pdg_stored **out,
		   struct pdg_error *err);
int pdg_sqlite_by_subject(struct pdg_store *store, const char *algorithm, const char *value,
			  int64_t after, size_t max, struct pdg_stored ***out, size_t *out_n,
			  struct pdg_error *err);
int pdg_sqlite_list(struct pdg_store *store, const char *algorithm, const char *value,
		    const char *stage, int64_t after, size_t max, struct pdg_listed **out,
		    size_t *out_n, struct pdg_error *err);
int pdg_sqlite_list_commit(struct pdg_store *store, const char *git_commit, const char *stage,
			   int64_t after, size_t max, struct pdg_listed **out, size_t *out_n,
			   struct pdg_error *err);
int pdg_sqlite_list_sources(struct pdg_store *store, const char *repository, const char *git_commit,
			    size_t max, struct pdg_listed **out, size_t *out_n,
			    struct pdg_error *err);
int pdg_sqlite_sources(struct pdg_store *store, const char *repository, const char *algorithm,
		       const char *value, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err);
int pdg_sqlite_pending(struct pdg_store *store, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err);
int pdg_sqlite_last_logged(struct pdg_store *store, int64_t before, struct pdg_stored **out,
			   struct pdg_error *err);
int pdg_sqlite_stray(struct pdg_store *store, int64_t after, int64_t *out, struct pdg_error *err);
int pdg_sqlite_waits(struct pdg_store *store, int64_t id, bool *out, struct pdg_error *err);
int pdg_sqlite_last_id(struct pdg_store *store, int64_t *out, struct pdg_error *err);
int pdg_sqlite_count(struct pdg_store *store, uint64_t *out_all, uint64_t *out_pending,
		     int64_t *out_oldest_pending, struct pdg_error *err);
int pdg_sqlite_journal_state(struct pdg_store *store, uint64_t *out_size, struct pdg_buf *out_note,
			     struct pdg_error *err);
int pdg_sqlite_journal_leaf(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			    struct pdg_error *err);
int pdg_sqlite_journal_tile_read(struct pdg_store *store, unsigned level, uint64_t n,
				 struct pdg_buf *out, struct pdg_error *err);
int pdg_sqlite_row(struct pdg_store *store, int64_t id, struct pdg_stored **out,
		   struct pdg_error *err);
int pdg_sqlite_page(struct pdg_store *store, int64_t after, struct pdg_stored ***out, size_t *out_n,
		    struct pdg_error *err);

#endif
