/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the PostgreSQL store share. Private to them.
 *
 *	postgres.c         open, close, the table of operations, the module's one symbol
 *	postgres_sql.c     the statements
 *	postgres_conn.c    a connection: made, checked, asked with a deadline, given up
 *	postgres_lend.c    which connection a question goes to
 *	postgres_place.c   the schema that the store is in, and who else has a hand in it
 *	postgres_schema.c  migrations
 *	postgres_write.c   the writer's side: batches, inserts, journal, meta
 *	postgres_read.c    look-ups
 */
#ifndef PDG_STORE_POSTGRES_IMPL_H
#define PDG_STORE_POSTGRES_IMPL_H

#include <libpq-fe.h>
#include <pthread.h>

#include "store/module.h"
#include "store/shared.h"

#define PDG_PG_READERS	4
#define PDG_PG_ARGS_MAX 13
#define PDG_PG_ID_LEN	64

/* The lock of those who make the tables: "PDG", and which. Anybody who may connect can take it. */
#define PDG_PG_LOCK_MAKING "5260359, 1"

/*
 * The one lock of all pedigreed over a database: of a table that nobody writes to but migrations,
 * so that no vacuum waits for it, in the weakest mode that excludes itself. Who may only read a
 * table cannot take it, nor any that excludes it; readers are not held up.
 */
#define PDG_PG_LOCK "LOCK TABLE @pedigree_schema IN SHARE UPDATE EXCLUSIVE MODE"

#define PDG_PG_GRANT                                                                               \
	"let the service connect as the owner of the tables, or give its user all rights on "      \
	"them; --fsck needs SELECT alone"

enum pdg_pg_sql {
	PDG_PG_INSERT,
	PDG_PG_INSERT_SUBJECT,
	PDG_PG_UPDATE_ENVELOPE,
	PDG_PG_INSERT_PENDING,
	PDG_PG_INSERT_BUNDLE,
	PDG_PG_DELETE_PENDING,
	PDG_PG_DELETE_PENDING_OF,
	PDG_PG_LEAF_INSERT,
	PDG_PG_TILE_WRITE,
	PDG_PG_STATE_WRITE,
	PDG_PG_META_SET,
	PDG_PG_TOKEN_FORGET,
	PDG_PG_TOKEN_USE,
	PDG_PG_TOKEN_KEEP,
	PDG_PG_TOKEN_KEPT,
	PDG_PG_META_GET,
	PDG_PG_HUNG,
	PDG_PG_GET,
	PDG_PG_BY_SUBJECT,
	PDG_PG_LIST,
	PDG_PG_LIST_COMMIT,
	PDG_PG_LIST_SOURCES,
	PDG_PG_SOURCES,
	PDG_PG_SOURCES_OF,
	PDG_PG_CLAIM,
	PDG_PG_PENDING,
	PDG_PG_RELEASE,
	PDG_PG_EACH,
	PDG_PG_ROW,
	PDG_PG_WAITS,
	PDG_PG_LAST_LOGGED,
	PDG_PG_STRAY,
	PDG_PG_STRAY_BUNDLE,
	PDG_PG_COUNT,
	PDG_PG_STATE_READ,
	PDG_PG_LAST_ID,
	PDG_PG_LEAF_READ,
	PDG_PG_TILE_READ,
	PDG_PG_SQL_COUNT,
};

/** The text of the statement @which. */
const char *pdg_pg_sql(enum pdg_pg_sql which);

/* Parameters in order. Nothing is copied but numbers. */
struct pdg_pg_args {
	int n;
	const char *value[PDG_PG_ARGS_MAX];
	int length[PDG_PG_ARGS_MAX];
	int format[PDG_PG_ARGS_MAX];
	uint8_t number[PDG_PG_ARGS_MAX][8];
};

void pdg_pg_int(struct pdg_pg_args *a, int64_t v);
void pdg_pg_text(struct pdg_pg_args *a, const char *v); /* NULL is NULL */
void pdg_pg_blob(struct pdg_pg_args *a, struct pdg_bytes v);
void pdg_pg_blob_or_null(struct pdg_pg_args *a, struct pdg_bytes v); /* n 0: NULL */

static inline void pdg_pg_result_free(PGresult *r)
{
	PQclear(r);
}
PDG_AUTO_DEFINE(pg_result, PGresult *, pdg_pg_result_free)

/* Of a result: the value in a row and column. */
int64_t pdg_pg_get_int(const PGresult *r, int row, int col);
bool pdg_pg_get_bool(const PGresult *r, int row, int col);
struct pdg_bytes pdg_pg_get_bytes(const PGresult *r, int row, int col);
/** A copy; *@out stays NULL for NULL. False: no memory. */
bool pdg_pg_get_text(const PGresult *r, int row, int col, char **out);

/* One connection, used by one thread at a time. */
struct pdg_pg_conn {
	PGconn *pg; /* NULL: none */
	bool prepared[PDG_PG_SQL_COUNT];
	bool busy;	 /* readers: lent out */
	int64_t retry;	 /* pdg_monotonic_ms() before which no other attempt is made */
	int64_t answers; /* it answered at that time */
};

struct pdg_pg {
	struct pdg_store base; /* first: the two addresses are the same */
	char *url;
	char *name;	/* what may be printed of it: pdg_pg_told() */
	char *schema;	/* where the tables are, quoted and with its dot; NULL: not yet known */
	char *password; /* that the first connection was made with, from a file or not */
	char id[PDG_PG_ID_LEN]; /* of the database, made with its tables; "" before it is known */
	bool only_look;
	int64_t owner;		 /* of the rows that this process has claimed */
	_Atomic(int64_t) logged; /* pdg_monotonic_ms() when it was last written that it is away */
	struct pdg_pg_conn writer;
	struct pdg_pg_conn readers[PDG_PG_READERS];
	pthread_mutex_t mutex; /* guards readers[].busy, in_batch, batch_thread */
	pthread_cond_t returned;
	bool in_batch;
	pthread_t batch_thread;
};

/* --- a connection --- */

/** What may be printed of @url: host, port and database. *@out: owned by the caller. Returns 0,
 * PDG_E_USAGE (CFG-1: libpq does not take it; no part of a password is in the text), PDG_E_NOMEM.
 */
int pdg_pg_name(const char *url, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What an error calls the database: where it is until it is open, for who starts the service reads
 * that, and no more than that from then on, for strangers do.
 */
const char *pdg_pg_told(const struct pdg_pg *s);

/**
 * See to it that there is a connection, with its settings, to the database that was opened. STO-3,
 * STO-1, STO-5, STO-6.
 */
int pdg_pg_connect(struct pdg_pg *s, struct pdg_pg_conn *c, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_pg_drop(struct pdg_pg_conn *c);

/**
 * Run a prepared statement; @what for the error. *@out: its rows, owned; NULL: nobody asks.
 * STO-4: not now; the connection is dropped where it cannot be used again (c->pg is NULL then).
 */
int pdg_pg_exec(struct pdg_pg *s, struct pdg_pg_conn *c, enum pdg_pg_sql which,
		const struct pdg_pg_args *a, const char *what, PGresult **out,
		struct pdg_error *err) PDG_MUST_CHECK;
/** The same for a text of one or more statements without parameters; the last one's rows. */
int pdg_pg_simple(struct pdg_pg *s, struct pdg_pg_conn *c, const char *sql, const char *what,
		  PGresult **out, struct pdg_error *err) PDG_MUST_CHECK;

/* --- which one --- */

/** Ask the writer's connection, inside its batch. */
int pdg_pg_write(struct pdg_store *store, enum pdg_pg_sql which, const struct pdg_pg_args *a,
		 const char *what, PGresult **out, struct pdg_error *err) PDG_MUST_CHECK;
/** Ask any; the writer's for the thread that has a batch open. A broken connection is made anew and
 * asked once more. */
int pdg_pg_read(struct pdg_store *store, enum pdg_pg_sql which, const struct pdg_pg_args *a,
		PGresult **out, struct pdg_error *err) PDG_MUST_CHECK;

/* --- the schema --- */

enum pdg_pg_place {
	PDG_PG_EMPTY,  /* nothing is there */
	PDG_PG_STORE,  /* our table of versions */
	PDG_PG_OTHERS, /* something else */
};

/**
 * Find the schema of the store, or the one that it is to be made in (s->schema), and what is in it.
 * STO-6 where others may make things in it, STO-3 where it is another one than before.
 */
int pdg_pg_find_place(struct pdg_pg *s, struct pdg_pg_conn *c, enum pdg_pg_place *out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** May the role do with the tables what it is here for? STO-6. */
int pdg_pg_check_rights(struct pdg_pg *s, struct pdg_pg_conn *c,
			struct pdg_error *err) PDG_MUST_CHECK;
/** @r, what PDG_PG_HUNG found on the tables: nothing that would run as the service's user when it
 * writes, and nobody may put it there. STO-6. */
int pdg_pg_check_hung(const struct pdg_pg *s, const PGresult *r,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** Append @sql with the schema in place of each "@". */
int pdg_pg_spell(const struct pdg_pg *s, const char *sql, struct pdg_buf *out,
		 struct pdg_error *err) PDG_MUST_CHECK;

/** Bring it up to date, or make it. STO-1, STO-3 to STO-6. */
int pdg_pg_migrate(struct pdg_pg *s, struct pdg_pg_conn *c, bool *out_new,
		   struct pdg_error *err) PDG_MUST_CHECK;
/** It is there, as this program knows it, of the database whose id is s->id (or it is put there).
 */
int pdg_pg_check_schema(struct pdg_pg *s, struct pdg_pg_conn *c,
			struct pdg_error *err) PDG_MUST_CHECK;

/* The operations, for the table in postgres.c. */
int pdg_pg_begin(struct pdg_store *store, struct pdg_error *err);
int pdg_pg_commit(struct pdg_store *store, struct pdg_error *err);
void pdg_pg_rollback(struct pdg_store *store);
int pdg_pg_insert(struct pdg_store *store, struct pdg_stored *a,
		  const struct pdg_store_subject *subjects, size_t n, struct pdg_error *err);
int pdg_pg_update_envelope(struct pdg_store *store, const char *reference,
			   struct pdg_bytes envelope, const char *grade, struct pdg_error *err);
int pdg_pg_set_logged(struct pdg_store *store, int64_t id, const char *reference,
		      struct pdg_bytes payload, struct pdg_bytes bundle, struct pdg_error *err);
int pdg_pg_journal_append(struct pdg_store *store, uint64_t index, struct pdg_bytes leaf,
			  struct pdg_error *err);
int pdg_pg_journal_tile_write(struct pdg_store *store, unsigned level, uint64_t n,
			      struct pdg_bytes hashes, struct pdg_error *err);
int pdg_pg_journal_checkpoint_write(struct pdg_store *store, uint64_t size, struct pdg_bytes note,
				    struct pdg_error *err);
int pdg_pg_meta_set(struct pdg_store *store, const char *name, const char *value,
		    struct pdg_error *err);
int pdg_pg_token_use(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
		     int64_t expires, int64_t now, char out[PDG_STORED_REFERENCE],
		     struct pdg_error *err);
int pdg_pg_token_keep(struct pdg_store *store, const uint8_t name[32], const char *reference,
		      struct pdg_error *err);

int pdg_pg_token_kept(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
		      int64_t now, char out[PDG_STORED_REFERENCE], struct pdg_error *err);
int pdg_pg_meta_get(struct pdg_store *store, const char *name, char **out, struct pdg_error *err);
/** The digest that @reference has, in @key, as the next of @p: borrowed. PDG_E_NOTFOUND: it is
 * none. */
int pdg_pg_reference(struct pdg_pg_args *p, const char *reference, uint8_t key[32],
		     struct pdg_error *err) PDG_MUST_CHECK;
int pdg_pg_get(struct pdg_store *store, const char *reference, struct pdg_stored **out,
	       struct pdg_error *err);
int pdg_pg_by_subject(struct pdg_store *store, const char *algorithm, const char *value,
		      int64_t after, size_t max, struct pdg_stored ***out, size_t *out_n,
		      struct pdg_error *err);
int pdg_pg_list(struct pdg_store *store, const char *algorithm, const char *value,
		const char *stage, int64_t after, size_t max, struct pdg_listed **out,
		size_t *out_n, struct pdg_error *err);
int pdg_pg_list_commit(struct pdg_store *store, const char *git_commit, const char *stage,
		       int64_t after, size_t max, struct pdg_listed **out, size_t *out_n,
		       struct pdg_error *err);
int pdg_pg_list_sources(struct pdg_store *store, const char *repository, const char *git_commit,
			size_t max, struct pdg_listed **out, size_t *out_n, struct pdg_error *err);
int pdg_pg_sources(struct pdg_store *store, const char *repository, const char *algorithm,
		   const char *value, int64_t after, size_t max, size_t max_bytes,
		   struct pdg_stored ***out, size_t *out_n, struct pdg_error *err);
int pdg_pg_pending(struct pdg_store *store, int64_t after, size_t max, size_t max_bytes,
		   struct pdg_stored ***out, size_t *out_n, struct pdg_error *err);
int pdg_pg_there(struct pdg_store *store, struct pdg_error *err);
int pdg_pg_last_logged(struct pdg_store *store, int64_t before, struct pdg_stored **out,
		       struct pdg_error *err);
int pdg_pg_stray(struct pdg_store *store, int64_t after, int64_t *out, struct pdg_error *err);
int pdg_pg_waits(struct pdg_store *store, int64_t id, bool *out, struct pdg_error *err);
int pdg_pg_last_id(struct pdg_store *store, int64_t *out, struct pdg_error *err);
int pdg_pg_count(struct pdg_store *store, uint64_t *out_all, uint64_t *out_pending,
		 int64_t *out_oldest_pending, struct pdg_error *err);
int pdg_pg_journal_state(struct pdg_store *store, uint64_t *out_size, struct pdg_buf *out_note,
			 struct pdg_error *err);
int pdg_pg_journal_leaf(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			struct pdg_error *err);
int pdg_pg_journal_tile_read(struct pdg_store *store, unsigned level, uint64_t n,
			     struct pdg_buf *out, struct pdg_error *err);
int pdg_pg_row(struct pdg_store *store, int64_t id, struct pdg_stored **out, struct pdg_error *err);
int pdg_pg_page(struct pdg_store *store, int64_t after, struct pdg_stored ***out, size_t *out_n,
		struct pdg_error *err);

#endif
