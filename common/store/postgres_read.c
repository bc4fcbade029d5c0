/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups of the PostgreSQL store: one statement each, whose answer is copied and let go. */
#include <inttypes.h>
#include <stdio.h>

#include "store/postgres_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

static bool get_buf(const PGresult *r, int row, int col, size_t max, struct pdg_buf *out)
{
	pdg_buf_init(out, max);
	pdg_buf_put(out, pdg_pg_get_bytes(r, row, col));
	return !out->failed;
}

/* The columns of ROW in postgres_sql.c. */
static int row_read(const PGresult *r, int i, struct pdg_stored **out, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = pdg_calloc(1, sizeof(*a));

	if (!a)
		return pdg_nomem(err);
	a->id = pdg_pg_get_int(r, i, 0);
	a->reference = pdg_store_reference_text(pdg_pg_get_bytes(r, i, 1));
	a->logged = pdg_pg_get_bool(r, i, 3);
	a->received = pdg_pg_get_int(r, i, 4);
	a->journal_index = (uint64_t)pdg_pg_get_int(r, i, 8);
	if (!a->reference || !pdg_pg_get_text(r, i, 2, &a->stage) ||
	    !pdg_pg_get_text(r, i, 5, &a->repository) ||
	    !pdg_pg_get_text(r, i, 6, &a->git_commit) || !pdg_pg_get_text(r, i, 7, &a->grade) ||
	    !pdg_pg_get_text(r, i, 9, &a->service_key) ||
	    !get_buf(r, i, 10, PDG_LIMIT_SIGNATURE, &a->countersig) ||
	    !get_buf(r, i, 11, PDG_LIMIT_MIB(1), &a->links) ||
	    !get_buf(r, i, 12, PDG_LIMIT_RECORD, &a->envelope) ||
	    !get_buf(r, i, 13, PDG_LIMIT_PAYLOAD, &a->payload) ||
	    !get_buf(r, i, 14, PDG_LIMIT_COMMIT, &a->commit) ||
	    !get_buf(r, i, 15, PDG_LIMIT_RECORD, &a->bundle))
		return pdg_nomem(err);
	*out = PDG_TAKE(a);
	return 0;
}

/* Run @which, whose rows are ROWs, and copy them all. */
static int rows(struct pdg_store *store, enum pdg_pg_sql which, const struct pdg_pg_args *p,
		struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	PDG_AUTO(rows) struct pdg_rows l = {0};
	size_t n;
	int rc = pdg_pg_read(store, which, p, &r, err);

	if (rc < 0)
		return rc;
	n = (size_t)PQntuples(r);
	l.v = n ? pdg_calloc(n, sizeof(struct pdg_stored *)) : NULL;
	if (n && !l.v)
		return pdg_nomem(err);
	for (; rc == 0 && l.n < n; l.n += rc == 0)
		rc = row_read(r, (int)l.n, &l.v[l.n], err);
	if (rc < 0)
		return rc;
	*out_n = l.n;
	*out = PDG_TAKE(l.v);
	l.n = 0;
	return 0;
}

int pdg_pg_meta_get(struct pdg_store *store, const char *name, char **out, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	char *value = NULL;
	int rc;

	pdg_pg_text(&p, name);
	rc = pdg_pg_read(store, PDG_PG_META_GET, &p, &r, err);
	if (rc < 0)
		return rc;
	if (PQntuples(r) == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "the store has no value '%s'", name);
	if (!pdg_pg_get_text(r, 0, 0, &value))
		return pdg_nomem(err);
	*out = value;
	return 0;
}

int pdg_pg_reference(struct pdg_pg_args *p, const char *reference, uint8_t key[32],
		     struct pdg_error *err)
{
	if (!pdg_store_reference(reference, key))
		return pdg_fail(err, PDG_E_NOTFOUND, "no attestation '%s'", reference);
	pdg_pg_blob(p, pdg_bytes(key, 32));
	return 0;
}

int pdg_pg_token_kept(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
		      int64_t now, char out[PDG_STORED_REFERENCE], struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_blob(&p, pdg_bytes(name, 32));
	pdg_pg_blob(&p, pdg_bytes(body, 32));
	pdg_pg_int(&p, now);
	rc = pdg_pg_read(store, PDG_PG_TOKEN_KEPT, &p, &r, err);
	if (rc < 0)
		return rc;
	pdg_store_reference_put(PQntuples(r) ? pdg_pg_get_bytes(r, 0, 0) : pdg_bytes(NULL, 0), out);
	return 0;
}

int pdg_pg_get(struct pdg_store *store, const char *reference, struct pdg_stored **out,
	       struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	uint8_t key[32];
	int rc;

	rc = pdg_pg_reference(&p, reference, key, err);
	if (rc == 0)
		rc = pdg_pg_read(store, PDG_PG_GET, &p, &r, err);
	if (rc < 0)
		return rc;
	if (PQntuples(r) == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "no attestation %s", reference);
	return row_read(r, 0, out, err);
}

int pdg_pg_by_subject(struct pdg_store *store, const char *algorithm, const char *value,
		      int64_t after, size_t max, struct pdg_stored ***out, size_t *out_n,
		      struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_text(&p, algorithm);
	pdg_pg_text(&p, value);
	pdg_pg_int(&p, after);
	pdg_pg_int(&p, pdg_store_limit(max));
	return rows(store, PDG_PG_BY_SUBJECT, &p, out, out_n, err);
}

static int64_t bytes_limit(size_t max_bytes)
{
	return max_bytes > INT64_MAX ? INT64_MAX : (int64_t)max_bytes;
}

int pdg_pg_sources(struct pdg_store *store, const char *repository, const char *algorithm,
		   const char *value, int64_t after, size_t max, size_t max_bytes,
		   struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};
	bool by_commit = pdg_str_eq(algorithm, "gitCommit");

	pdg_pg_text(&p, repository);
	pdg_pg_text(&p, value);
	pdg_pg_int(&p, after);
	pdg_pg_int(&p, pdg_store_limit(max));
	pdg_pg_int(&p, bytes_limit(max_bytes));
	if (!by_commit)
		pdg_pg_text(&p, algorithm);
	return rows(store, by_commit ? PDG_PG_SOURCES : PDG_PG_SOURCES_OF, &p, out, out_n, err);
}

int pdg_pg_pending(struct pdg_store *store, int64_t after, size_t max, size_t max_bytes,
		   struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc;

	pdg_pg_int(&p, after);
	pdg_pg_int(&p, pdg_store_limit(max));
	pdg_pg_int(&p, ((struct pdg_pg *)store)->owner);
	rc = pdg_pg_read(store, PDG_PG_CLAIM, &p, &r, err);
	if (rc < 0)
		return rc;
	pdg_pg_int(&p, bytes_limit(max_bytes));
	return rows(store, PDG_PG_PENDING, &p, out, out_n, err);
}

int pdg_pg_last_logged(struct pdg_store *store, int64_t before, struct pdg_stored **out,
		       struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_int(&p, before);
	rc = pdg_pg_read(store, PDG_PG_LAST_LOGGED, &p, &r, err);
	if (rc < 0)
		return rc;
	return PQntuples(r) > 0 ? row_read(r, 0, out, err)
				: pdg_fail(err, PDG_E_NOTFOUND, "nothing was logged");
}

/* 1: there is one; 0: none. */
static int first_stray(struct pdg_store *store, enum pdg_pg_sql which, int64_t after, int64_t *out,
		       struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_int(&p, after);
	rc = pdg_pg_read(store, which, &p, &r, err);
	if (rc < 0 || PQntuples(r) == 0)
		return rc;
	*out = pdg_pg_get_int(r, 0, 0);
	return 1;
}

int pdg_pg_stray(struct pdg_store *store, int64_t after, int64_t *out, struct pdg_error *err)
{
	int64_t waits = 0, bundle = 0;
	int waiting = first_stray(store, PDG_PG_STRAY, after, &waits, err);
	int bundled = waiting < 0 ? waiting
				  : first_stray(store, PDG_PG_STRAY_BUNDLE, after, &bundle, err);

	if (bundled < 0)
		return bundled;
	return pdg_store_stray(waiting ? &waits : NULL, bundled ? &bundle : NULL, out, err);
}

int pdg_pg_waits(struct pdg_store *store, int64_t id, bool *out, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_int(&p, id);
	rc = pdg_pg_read(store, PDG_PG_WAITS, &p, &r, err);
	if (rc < 0)
		return rc;
	*out = PQntuples(r) > 0;
	return 0;
}

int pdg_pg_last_id(struct pdg_store *store, int64_t *out, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc = pdg_pg_read(store, PDG_PG_LAST_ID, NULL, &r, err);

	if (rc == 0)
		*out = pdg_pg_get_int(r, 0, 0);
	return rc;
}

int pdg_pg_count(struct pdg_store *store, uint64_t *out_all, uint64_t *out_pending,
		 int64_t *out_oldest_pending, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc = pdg_pg_read(store, PDG_PG_COUNT, NULL, &r, err);

	if (rc < 0)
		return rc;
	*out_all = (uint64_t)pdg_pg_get_int(r, 0, 0);
	pdg_store_pending(pdg_pg_get_int(r, 0, 1), pdg_pg_get_int(r, 0, 2), out_pending,
			  out_oldest_pending);
	return 0;
}

/* Append the bytes in column @col of the only row; PDG_E_NOTFOUND without one. */
static int only_blob(const PGresult *r, int col, const char *what, struct pdg_buf *out,
		     struct pdg_error *err)
{
	if (PQntuples(r) == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no such %s", what);
	pdg_buf_put(out, pdg_pg_get_bytes(r, 0, col));
	return pdg_buf_check(out, err);
}

int pdg_pg_journal_state(struct pdg_store *store, uint64_t *out_size, struct pdg_buf *out_note,
			 struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc = pdg_pg_read(store, PDG_PG_STATE_READ, NULL, &r, err);

	if (rc == 0)
		rc = only_blob(r, 1, "checkpoint", out_note, err);
	if (rc < 0)
		return rc;
	*out_size = (uint64_t)pdg_pg_get_int(r, 0, 0);
	return 0;
}

int pdg_pg_journal_leaf(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	if (index > INT64_MAX)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no leaf %" PRIu64, index);
	pdg_pg_int(&p, (int64_t)index);
	rc = pdg_pg_read(store, PDG_PG_LEAF_READ, &p, &r, err);
	return rc < 0 ? rc : only_blob(r, 0, "leaf", out, err);
}

int pdg_pg_journal_tile_read(struct pdg_store *store, unsigned level, uint64_t n,
			     struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	if (level > 62 || n >= UINT64_C(1) << 56)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no tile %u/%" PRIu64, level,
				n);
	pdg_pg_int(&p, pdg_store_tile_key(level, n));
	rc = pdg_pg_read(store, PDG_PG_TILE_READ, &p, &r, err);
	return rc < 0 ? rc : only_blob(r, 0, "tile", out, err);
}

int pdg_pg_page(struct pdg_store *store, int64_t after, struct pdg_stored ***out, size_t *out_n,
		struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_text(&p, NULL);
	pdg_pg_text(&p, NULL);
	pdg_pg_int(&p, after);
	pdg_pg_int(&p, PDG_LIMIT_PAGE);
	pdg_pg_int(&p, PDG_LIMIT_PAGE_BYTES);
	return rows(store, PDG_PG_EACH, &p, out, out_n, err);
}

/* --- listings --- */

/* The columns of LISTED in postgres_sql.c. */
static int listed_read(const PGresult *r, int i, struct pdg_listed *a, struct pdg_error *err)
{
	PDG_AUTO(mem) char *reference = pdg_store_reference_text(pdg_pg_get_bytes(r, i, 1));

	if (!reference)
		return pdg_nomem(err);
	a->id = pdg_pg_get_int(r, i, 0);
	(void)snprintf(a->reference, sizeof(a->reference), "%s", reference);
	a->logged = pdg_pg_get_bool(r, i, 3);
	a->received = pdg_pg_get_int(r, i, 4);
	a->size = (size_t)pdg_pg_get_int(r, i, 7);
	return pdg_pg_get_text(r, i, 2, &a->stage) && pdg_pg_get_text(r, i, 5, &a->repository) &&
			       pdg_pg_get_text(r, i, 6, &a->git_commit)
		       ? 0
		       : pdg_nomem(err);
}

static int listing(struct pdg_store *store, enum pdg_pg_sql which, const struct pdg_pg_args *p,
		   struct pdg_listed **out, size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	PDG_AUTO(listing) struct pdg_listing l = {0};
	size_t i;
	int rc = pdg_pg_read(store, which, p, &r, err);

	if (rc < 0)
		return rc;
	l.v = pdg_calloc((size_t)PQntuples(r) + 1, sizeof(*l.v));
	if (!l.v)
		return pdg_nomem(err);
	l.n = (size_t)PQntuples(r);
	for (i = 0; rc == 0 && i < l.n; i++)
		rc = listed_read(r, (int)i, &l.v[i], err);
	if (rc < 0)
		return rc;
	*out_n = l.n;
	*out = PDG_TAKE(l.v);
	l.n = 0;
	return 0;
}

int pdg_pg_list(struct pdg_store *store, const char *algorithm, const char *value,
		const char *stage, int64_t after, size_t max, struct pdg_listed **out,
		size_t *out_n, struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_text(&p, algorithm);
	pdg_pg_text(&p, value);
	pdg_pg_int(&p, after);
	pdg_pg_int(&p, pdg_store_limit(max));
	pdg_pg_text(&p, stage);
	return listing(store, PDG_PG_LIST, &p, out, out_n, err);
}

int pdg_pg_list_commit(struct pdg_store *store, const char *git_commit, const char *stage,
		       int64_t after, size_t max, struct pdg_listed **out, size_t *out_n,
		       struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_text(&p, git_commit);
	pdg_pg_int(&p, after);
	pdg_pg_int(&p, pdg_store_limit(max));
	pdg_pg_text(&p, stage);
	return listing(store, PDG_PG_LIST_COMMIT, &p, out, out_n, err);
}

int pdg_pg_list_sources(struct pdg_store *store, const char *repository, const char *git_commit,
			size_t max, struct pdg_listed **out, size_t *out_n, struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_text(&p, repository);
	pdg_pg_text(&p, git_commit);
	pdg_pg_int(&p, pdg_store_limit(max));
	return listing(store, PDG_PG_LIST_SOURCES, &p, out, out_n, err);
}

int pdg_pg_row(struct pdg_store *store, int64_t id, struct pdg_stored **out, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_int(&p, id);
	rc = pdg_pg_read(store, PDG_PG_ROW, &p, &r, err);
	if (rc < 0)
		return rc;
	return PQntuples(r) > 0 ? row_read(r, 0, out, err)
				: pdg_fail(err, PDG_E_NOTFOUND, "no attestation %" PRId64, id);
}
