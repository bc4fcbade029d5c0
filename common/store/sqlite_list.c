/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listings of the SQLite store: what is known of a subject or a commit without the statements
 * themselves, whose size their senders chose. A caller adds up sizes before it reads any.
 */
#include <string.h>

#include "store/sqlite_impl.h"
#include "util/codec.h"
#include "util/size.h"

struct looking {
	struct pdg_sqlite *s;
	struct pdg_sqlite_conn *c;
	sqlite3_stmt *st;
	struct pdg_listing list;
};

static void looking_done(struct looking *l)
{
	pdg_sqlite_rest(l->st);
	if (l->c)
		pdg_sqlite_return(l->s, l->c);
	pdg_listing_done(&l->list);
}
PDG_AUTO_DEFINE_VALUE(looking, struct looking, looking_done)

static int begin(struct looking *l, struct pdg_store *store, enum pdg_sql which,
		 struct pdg_error *err)
{
	int rc;

	l->s = (struct pdg_sqlite *)store;
	rc = pdg_sqlite_borrow(l->s, &l->c, err);
	return rc < 0 ? rc : pdg_sqlite_stmt(l->c, which, &l->st, err);
}

/* A copy, or NULL for NULL; *@failed when there is no memory. */
static char *text(sqlite3_stmt *st, int i, bool *failed)
{
	char *copy;

	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return NULL;
	copy = pdg_bytes_dup(
		pdg_bytes(sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i)));
	if (!copy)
		*failed = true;
	return copy;
}

/* The columns of LISTED in sqlite.c. */
static int row(struct looking *l, struct pdg_error *err)
{
	struct pdg_listing *list = &l->list;
	struct pdg_listed *a;
	bool failed = false;

	if (pdg_array_grow(&list->v, list->n, &list->cap, sizeof(*list->v), SIZE_MAX / 256) < 0)
		return pdg_nomem(err);
	a = &list->v[list->n++];
	*a = (struct pdg_listed){0};
	a->id = sqlite3_column_int64(l->st, 0);
	memcpy(a->reference, "sha256:", 7);
	if (sqlite3_column_bytes(l->st, 1) == 32)
		pdg_hex(pdg_bytes(sqlite3_column_blob(l->st, 1), 32), a->reference + 7);
	a->stage = text(l->st, 2, &failed);
	a->logged = sqlite3_column_int(l->st, 3) != 0;
	a->received = sqlite3_column_int64(l->st, 4);
	a->repository = text(l->st, 5, &failed);
	a->git_commit = text(l->st, 6, &failed);
	a->size = (size_t)sqlite3_column_int64(l->st, 7);
	return failed ? pdg_nomem(err) : 0;
}

static int finish(struct looking *l, struct pdg_listed **out, size_t *out_n, struct pdg_error *err)
{
	int step, rc;

	while ((step = sqlite3_step(l->st)) == SQLITE_ROW) {
		rc = row(l, err);
		if (rc < 0)
			return rc;
	}
	if (step != SQLITE_DONE)
		return pdg_sqlite_fail(err, l->c->db, "look something up");
	*out_n = l->list.n;
	*out = PDG_TAKE(l->list.v);
	l->list.n = 0;
	return 0;
}

int pdg_sqlite_list(struct pdg_store *store, const char *algorithm, const char *value,
		    const char *stage, int64_t after, size_t max, struct pdg_listed **out,
		    size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(looking) struct looking l = {0};
	int rc = begin(&l, store, PDG_SQL_LIST, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(l.st, 1, algorithm);
	pdg_sqlite_bind_text(l.st, 2, value);
	(void)sqlite3_bind_int64(l.st, 3, after);
	(void)sqlite3_bind_int64(l.st, 4, pdg_store_limit(max));
	pdg_sqlite_bind_text(l.st, 5, stage);
	return finish(&l, out, out_n, err);
}

int pdg_sqlite_list_commit(struct pdg_store *store, const char *git_commit, const char *stage,
			   int64_t after, size_t max, struct pdg_listed **out, size_t *out_n,
			   struct pdg_error *err)
{
	PDG_AUTO(looking) struct looking l = {0};
	int rc = begin(&l, store, PDG_SQL_LIST_COMMIT, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(l.st, 1, git_commit);
	(void)sqlite3_bind_int64(l.st, 2, after);
	(void)sqlite3_bind_int64(l.st, 3, pdg_store_limit(max));
	pdg_sqlite_bind_text(l.st, 4, stage);
	return finish(&l, out, out_n, err);
}

int pdg_sqlite_list_sources(struct pdg_store *store, const char *repository, const char *git_commit,
			    size_t max, struct pdg_listed **out, size_t *out_n,
			    struct pdg_error *err)
{
	PDG_AUTO(looking) struct looking l = {0};
	int rc = begin(&l, store, PDG_SQL_LIST_SOURCES, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(l.st, 1, repository);
	pdg_sqlite_bind_text(l.st, 2, git_commit);
	(void)sqlite3_bind_int64(l.st, 3, pdg_store_limit(max));
	return finish(&l, out, out_n, err);
}
