/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups of the SQLite store. Each lends a connection, runs one statement to its end and copies
 * what it found: nothing of SQLite's leaves this file, no read transaction outlasts a call.
 */
#include <inttypes.h>
#include <string.h>

#include "store/sqlite_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

/* A statement being run on a lent connection; ended by query_done() on every way out. */
struct query {
	struct pdg_sqlite *s;
	struct pdg_sqlite_conn *c;
	sqlite3_stmt *st;
};

static void query_done(struct query *q)
{
	pdg_sqlite_rest(q->st);
	if (q->c)
		pdg_sqlite_return(q->s, q->c);
}
PDG_AUTO_DEFINE_VALUE(query, struct query, query_done)

static int query_begin(struct query *q, struct pdg_store *store, enum pdg_sql which,
		       struct pdg_error *err)
{
	int rc;

	q->s = (struct pdg_sqlite *)store;
	rc = pdg_sqlite_borrow(q->s, &q->c, err);
	if (rc < 0)
		return rc;
	return pdg_sqlite_stmt(q->c, which, &q->st, err);
}

/* 1: a row, 0: the end, or PDG_E_*. */
static int query_row(struct query *q, struct pdg_error *err)
{
	int rc = sqlite3_step(q->st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : pdg_sqlite_fail(err, q->c->db, "look something up");
}

static struct pdg_bytes column(const struct query *q, int i)
{
	const void *p = sqlite3_column_blob(q->st, i);

	return pdg_bytes(p, (size_t)sqlite3_column_bytes(q->st, i));
}

/* *@out stays NULL for NULL. */
static bool column_text(const struct query *q, int i, char **out)
{
	if (sqlite3_column_type(q->st, i) == SQLITE_NULL)
		return true;
	*out = pdg_bytes_dup(column(q, i));
	return *out != NULL;
}

static bool column_buf(const struct query *q, int i, size_t max, struct pdg_buf *out)
{
	pdg_buf_init(out, max);
	pdg_buf_put(out, column(q, i));
	return !out->failed;
}

/* What was left out of column @i, at the place that column @at says, is put back. */
static bool column_whole(const struct query *q, int i, int at, const struct pdg_buf *payload,
			 struct pdg_buf *out)
{
	bool is_whole = sqlite3_column_type(q->st, at) == SQLITE_NULL;

	return pdg_store_whole(column(q, i), is_whole ? -1 : sqlite3_column_int64(q->st, at),
			       pdg_buf_bytes(payload), PDG_LIMIT_RECORD, out);
}

/* The columns of ROW in sqlite.c. */
static int row_read(const struct query *q, struct pdg_stored **out, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = pdg_calloc(1, sizeof(*a));

	if (!a)
		return pdg_nomem(err);
	a->id = sqlite3_column_int64(q->st, 0);
	a->reference = pdg_store_reference_text(column(q, 1));
	a->logged = sqlite3_column_int(q->st, 3) != 0;
	a->received = sqlite3_column_int64(q->st, 4);
	a->journal_index = (uint64_t)sqlite3_column_int64(q->st, 8);
	if (!a->reference || !column_text(q, 2, &a->stage) || !column_text(q, 5, &a->repository) ||
	    !column_text(q, 6, &a->git_commit) || !column_text(q, 7, &a->grade) ||
	    !column_text(q, 9, &a->service_key))
		return pdg_nomem(err);
	if (!column_buf(q, 10, PDG_LIMIT_SIGNATURE, &a->countersig) ||
	    !column_buf(q, 11, PDG_LIMIT_MIB(1), &a->links) ||
	    !column_buf(q, 13, PDG_LIMIT_PAYLOAD, &a->payload) ||
	    !column_whole(q, 12, 16, &a->payload, &a->envelope) ||
	    !column_buf(q, 14, PDG_LIMIT_COMMIT, &a->commit) ||
	    !column_whole(q, 15, 17, &a->payload, &a->bundle)) {
		if (pdg_stored_nomem(a))
			return pdg_nomem(err);
		a->damaged = true;
	}
	*out = PDG_TAKE(a);
	return 0;
}

/* For whoever goes on from what it says. */
static int whole_row(const struct query *q, struct pdg_stored **out, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *why = NULL;
	int rc = row_read(q, &a, err);

	if (rc < 0)
		return rc;
	if (!a->damaged) {
		*out = PDG_TAKE(a);
		return 0;
	}
	why = pdg_str_printf("the row of %s is not of its form", a->reference);
	if (!why)
		return pdg_nomem(err);
	rc = pdg_sqlite_damaged(err, q->s->path, why);
	pdg_one_row(err);
	return rc;
}

static size_t size_of(const struct pdg_stored *a)
{
	return a->envelope.n + a->payload.n + a->commit.n + a->bundle.n;
}

/* Rows until the end, or until they hold @max_bytes. */
static int rows_by(int (*read)(const struct query *q, struct pdg_stored **out,
			       struct pdg_error *err),
		   struct query *q, size_t max_bytes, struct pdg_stored ***out, size_t *out_n,
		   struct pdg_error *err)
{
	PDG_AUTO(rows) struct pdg_rows l = {0};
	size_t bytes = 0;
	int rc = 0;

	while (bytes < max_bytes && (rc = query_row(q, err)) == 1) {
		if (pdg_array_grow(&l.v, l.n, &l.cap, sizeof(struct pdg_stored *), SIZE_MAX / 16) <
		    0)
			return pdg_nomem(err);
		rc = read(q, &l.v[l.n], err);
		if (rc < 0)
			return rc;
		bytes += size_of(l.v[l.n++]);
	}
	if (rc < 0)
		return rc;
	*out_n = l.n;
	*out = PDG_TAKE(l.v);
	l.n = 0;
	return 0;
}

static int rows_read(struct query *q, size_t max_bytes, struct pdg_stored ***out, size_t *out_n,
		     struct pdg_error *err)
{
	return rows_by(whole_row, q, max_bytes, out, out_n, err);
}

int pdg_sqlite_meta_get(struct pdg_store *store, const char *name, char **out,
			struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	char *value = NULL;
	int rc = query_begin(&q, store, PDG_SQL_META_GET, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(q.st, 1, name);
	rc = query_row(&q, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "the store has no value '%s'", name);
	if (!column_text(&q, 0, &value))
		return pdg_nomem(err);
	*out = value;
	return 0;
}

int pdg_sqlite_token_kept(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
			  int64_t now, char out[PDG_STORED_REFERENCE], struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_TOKEN_KEPT, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(q.st, 1, pdg_bytes(name, 32));
	pdg_sqlite_bind_blob(q.st, 2, pdg_bytes(body, 32));
	(void)sqlite3_bind_int64(q.st, 3, now);
	rc = query_row(&q, err);
	if (rc < 0)
		return rc;
	pdg_store_reference_put(rc == 1 ? column(&q, 0) : pdg_bytes(NULL, 0), out);
	return 0;
}

int pdg_sqlite_get(struct pdg_store *store, const char *reference, struct pdg_stored **out,
		   struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	uint8_t key[32];
	int rc;

	if (!pdg_store_reference(reference, key))
		return pdg_fail(err, PDG_E_NOTFOUND, "no attestation '%s'", reference);
	rc = query_begin(&q, store, PDG_SQL_GET, err);
	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(q.st, 1, pdg_bytes(key, sizeof(key)));
	rc = query_row(&q, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "no attestation %s", reference);
	return whole_row(&q, out, err);
}

int pdg_sqlite_by_subject(struct pdg_store *store, const char *algorithm, const char *value,
			  int64_t after, size_t max, struct pdg_stored ***out, size_t *out_n,
			  struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_BY_SUBJECT, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(q.st, 1, algorithm);
	pdg_sqlite_bind_text(q.st, 2, value);
	(void)sqlite3_bind_int64(q.st, 3, after);
	(void)sqlite3_bind_int64(q.st, 4, pdg_store_limit(max));
	return rows_read(&q, SIZE_MAX, out, out_n, err);
}

int pdg_sqlite_sources(struct pdg_store *store, const char *repository, const char *algorithm,
		       const char *value, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	bool by_commit = pdg_str_eq(algorithm, "gitCommit");
	int rc = query_begin(&q, store, by_commit ? PDG_SQL_SOURCES : PDG_SQL_SOURCES_OF, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(q.st, 1, repository);
	pdg_sqlite_bind_text(q.st, 2, value);
	(void)sqlite3_bind_int64(q.st, 3, after);
	(void)sqlite3_bind_int64(q.st, 4, pdg_store_limit(max));
	if (!by_commit)
		pdg_sqlite_bind_text(q.st, 5, algorithm);
	return rows_read(&q, max_bytes, out, out_n, err);
}

int pdg_sqlite_pending(struct pdg_store *store, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_PENDING, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, after);
	(void)sqlite3_bind_int64(q.st, 2, pdg_store_limit(max));
	return rows_read(&q, max_bytes, out, out_n, err);
}

int pdg_sqlite_last_logged(struct pdg_store *store, int64_t before, struct pdg_stored **out,
			   struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_LAST_LOGGED, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, before);
	rc = query_row(&q, err);
	if (rc < 0)
		return rc;
	return rc == 1 ? row_read(&q, out, err)
		       : pdg_fail(err, PDG_E_NOTFOUND, "nothing was logged");
}

/* 1: there is one; 0: none. */
static int first_stray(struct pdg_store *store, enum pdg_sql which, int64_t after, int64_t *out,
		       struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, which, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, after);
	rc = query_row(&q, err);
	if (rc == 1)
		*out = sqlite3_column_int64(q.st, 0);
	return rc;
}

int pdg_sqlite_stray(struct pdg_store *store, int64_t after, int64_t *out, struct pdg_error *err)
{
	int64_t waits = 0, bundle = 0;
	int waiting = first_stray(store, PDG_SQL_STRAY, after, &waits, err);
	int bundled = waiting < 0 ? waiting
				  : first_stray(store, PDG_SQL_STRAY_BUNDLE, after, &bundle, err);

	if (bundled < 0)
		return bundled;
	return pdg_store_stray(waiting ? &waits : NULL, bundled ? &bundle : NULL, out, err);
}

int pdg_sqlite_waits(struct pdg_store *store, int64_t id, bool *out, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_WAITS, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, id);
	rc = query_row(&q, err);
	if (rc < 0)
		return rc;
	*out = rc == 1;
	return 0;
}

static int one_row(struct query *q, struct pdg_store *store, enum pdg_sql which,
		   struct pdg_error *err)
{
	int rc = query_begin(q, store, which, err);

	if (rc == 0)
		rc = query_row(q, err);
	if (rc == 0)
		return pdg_fail(err, PDG_E_INTERNAL, "a count gave no row");
	return rc < 0 ? rc : 0;
}

static int count_all(struct pdg_store *store, uint64_t *out, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = one_row(&q, store, PDG_SQL_COUNT_ALL, err);

	if (rc == 0)
		*out = (uint64_t)sqlite3_column_int64(q.st, 0);
	return rc;
}

int pdg_sqlite_last_id(struct pdg_store *store, int64_t *out, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = one_row(&q, store, PDG_SQL_LAST_ID, err);

	if (rc == 0)
		*out = sqlite3_column_int64(q.st, 0);
	return rc;
}

int pdg_sqlite_count(struct pdg_store *store, uint64_t *out_all, uint64_t *out_pending,
		     int64_t *out_oldest_pending, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = count_all(store, out_all, err);

	if (rc == 0)
		rc = one_row(&q, store, PDG_SQL_COUNT_PENDING, err);
	if (rc < 0)
		return rc;
	pdg_store_pending(sqlite3_column_int64(q.st, 0), sqlite3_column_int64(q.st, 1), out_pending,
			  out_oldest_pending);
	return 0;
}

/* Append the blob in column @i of the only row; PDG_E_NOTFOUND without one. */
static int only_blob(struct query *q, int i, const char *what, struct pdg_buf *out,
		     struct pdg_error *err)
{
	int rc = query_row(q, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no such %s", what);
	pdg_buf_put(out, column(q, i));
	return pdg_buf_check(out, err);
}

int pdg_sqlite_journal_state(struct pdg_store *store, uint64_t *out_size, struct pdg_buf *out_note,
			     struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_STATE_READ, err);

	if (rc < 0)
		return rc;
	rc = only_blob(&q, 1, "checkpoint", out_note, err);
	if (rc < 0)
		return rc;
	*out_size = (uint64_t)sqlite3_column_int64(q.st, 0);
	return 0;
}

int pdg_sqlite_journal_leaf(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			    struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc;

	if (index > INT64_MAX)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no leaf %" PRIu64, index);
	rc = query_begin(&q, store, PDG_SQL_LEAF_READ, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, (int64_t)index);
	return only_blob(&q, 0, "leaf", out, err);
}

int pdg_sqlite_journal_tile_read(struct pdg_store *store, unsigned level, uint64_t n,
				 struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc;

	if (level > 62 || n >= UINT64_C(1) << 56)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no tile %u/%" PRIu64, level,
				n);
	rc = query_begin(&q, store, PDG_SQL_TILE_READ, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, pdg_store_tile_key(level, n));
	return only_blob(&q, 0, "tile", out, err);
}

int pdg_sqlite_page(struct pdg_store *store, int64_t after, struct pdg_stored ***out, size_t *out_n,
		    struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_EACH, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, after);
	(void)sqlite3_bind_int64(q.st, 2, PDG_LIMIT_PAGE);
	return rows_by(row_read, &q, PDG_LIMIT_PAGE_BYTES, out, out_n, err);
}

int pdg_sqlite_row(struct pdg_store *store, int64_t id, struct pdg_stored **out,
		   struct pdg_error *err)
{
	PDG_AUTO(query) struct query q = {0};
	int rc = query_begin(&q, store, PDG_SQL_ROW, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(q.st, 1, id);
	rc = query_row(&q, err);
	if (rc < 0)
		return rc;
	return rc == 1 ? row_read(&q, out, err)
		       : pdg_fail(err, PDG_E_NOTFOUND, "no attestation %" PRId64, id);
}
