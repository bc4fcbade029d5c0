/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's side of the PostgreSQL store. A batch begins with one lock that all pedigreed over
 * the database take: they commit one after another, and each sees what the one before committed. A
 * connection that is lost ends the batch; where that happens while it is committed nobody knows
 * which way it went, so it counts as not kept, and whoever sends it again finds it known.
 */
#include <inttypes.h>
#include <string.h>

#include "store/postgres_impl.h"
#include "util/str.h"

static struct pdg_pg *pg_of(struct pdg_store *store)
{
	return (struct pdg_pg *)store;
}

static void batch_state(struct pdg_pg *s, bool open)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->in_batch = open;
	s->batch_thread = pthread_self();
	(void)pthread_mutex_unlock(&s->mutex);
}

/* Whatever was begun is no more. */
static void undo(struct pdg_pg *s)
{
	if (s->writer.pg && PQtransactionStatus(s->writer.pg) != PQTRANS_IDLE &&
	    pdg_pg_simple(s, &s->writer, "ROLLBACK", "roll back", NULL, NULL) < 0)
		pdg_pg_drop(&s->writer);
}

static int begin(struct pdg_pg *s, struct pdg_error *err)
{
	int rc = pdg_pg_connect(s, &s->writer, err);

	if (rc < 0)
		return rc;
	rc = pdg_pg_simple(s, &s->writer, "BEGIN; " PDG_PG_LOCK, "begin a batch", NULL, err);
	if (rc < 0)
		undo(s);
	return rc;
}

int pdg_pg_begin(struct pdg_store *store, struct pdg_error *err)
{
	struct pdg_pg *s = pg_of(store);
	struct pdg_error why = {0};
	bool old = s->writer.pg != NULL;
	int rc = begin(s, &why);

	/* Broken since the last batch: nothing was begun on it. */
	if (rc < 0 && old && !s->writer.pg)
		rc = begin(s, &why);
	if (rc == 0)
		batch_state(s, true);
	else if (err)
		*err = why;
	return rc;
}

int pdg_pg_commit(struct pdg_store *store, struct pdg_error *err)
{
	struct pdg_pg *s = pg_of(store);
	PDG_AUTO(pg_result) PGresult *r = NULL;
	int rc = pdg_pg_simple(s, &s->writer, "COMMIT", "commit a batch", &r, err);

	/* A transaction in which something failed is rolled back by COMMIT, without an error. */
	if (rc == 0 && !pdg_str_eq(PQcmdStatus(r), "COMMIT"))
		rc = pdg_reject(err, "STO-4", "cannot commit a batch: it had failed");
	if (rc < 0)
		pdg_pg_rollback(store);
	else
		batch_state(s, false);
	return rc;
}

void pdg_pg_rollback(struct pdg_store *store)
{
	struct pdg_pg *s = pg_of(store);

	undo(s);
	batch_state(s, false);
}

static bool changed_nothing(PGresult *r)
{
	return pdg_str_eq(PQcmdTuples(r), "0");
}

static void row_args(struct pdg_pg_args *p, const uint8_t reference[32], const struct pdg_stored *a)
{
	pdg_pg_blob(p, pdg_bytes(reference, 32));
	pdg_pg_text(p, a->stage);
	pdg_pg_int(p, a->received);
	pdg_pg_text(p, a->repository);
	pdg_pg_text(p, a->git_commit);
	pdg_pg_text(p, a->grade);
	pdg_pg_int(p, (int64_t)a->journal_index);
	pdg_pg_text(p, a->service_key);
	pdg_pg_blob(p, pdg_buf_bytes(&a->countersig));
	pdg_pg_blob(p, pdg_buf_bytes(&a->links));
	pdg_pg_blob(p, pdg_buf_bytes(&a->envelope));
	pdg_pg_blob(p, pdg_buf_bytes(&a->payload));
	pdg_pg_blob_or_null(p, pdg_buf_bytes(&a->commit));
}

static int insert_subjects(struct pdg_store *store, int64_t id,
			   const struct pdg_store_subject *subjects, size_t n,
			   struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		struct pdg_pg_args p = {.n = 0};

		pdg_pg_text(&p, subjects[i].algorithm);
		pdg_pg_text(&p, subjects[i].value);
		pdg_pg_int(&p, id);
		rc = pdg_pg_write(store, PDG_PG_INSERT_SUBJECT, &p, "keep a subject", NULL, err);
	}
	return rc;
}

/* Beside the row, not in it: it stays when somebody takes that out. */
static int remember(struct pdg_store *store, const struct pdg_stored *a, struct pdg_error *err)
{
	char name[sizeof(PDG_STORE_ACCEPTED) + PDG_STORED_REFERENCE];
	char index[24];

	(void)snprintf(name, sizeof(name), PDG_STORE_ACCEPTED "%s", a->reference);
	(void)snprintf(index, sizeof(index), "%" PRIu64, a->journal_index);
	return pdg_pg_meta_set(store, name, index, err);
}

/* A new one is pending, and this process's to publish, unless it comes with its bundle. */
static int insert_state(struct pdg_store *store, const struct pdg_stored *a, int64_t id,
			struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	if (a->bundle.n) {
		int rc = pdg_pg_set_logged(store, id, a->reference, pdg_buf_bytes(&a->payload),
					   pdg_buf_bytes(&a->bundle), err);

		return rc < 0 ? rc : 0;
	}
	pdg_pg_int(&p, id);
	pdg_pg_int(&p, pg_of(store)->owner);
	return pdg_pg_write(store, PDG_PG_INSERT_PENDING, &p, "keep a pending row", NULL, err);
}

int pdg_pg_insert(struct pdg_store *store, struct pdg_stored *a,
		  const struct pdg_store_subject *subjects, size_t n, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	uint8_t reference[32];
	int64_t id;
	int rc;

	if (!pdg_store_reference(a->reference, reference))
		return pdg_fail(err, PDG_E_USAGE, "'%s' is no reference", a->reference);
	row_args(&p, reference, a);
	rc = pdg_pg_write(store, PDG_PG_INSERT, &p, "keep an attestation", &r, err);
	if (rc < 0)
		return rc;
	if (PQntuples(r) == 0)
		return pdg_fail(err, PDG_E_REJECTED, "%s is kept already", a->reference);
	id = pdg_pg_get_int(r, 0, 0);
	rc = remember(store, a, err);
	if (rc == 0)
		rc = insert_subjects(store, id, subjects, n, err);
	if (rc == 0)
		rc = insert_state(store, a, id, err);
	if (rc < 0)
		return rc;
	a->id = id;
	return 0;
}

int pdg_pg_update_envelope(struct pdg_store *store, const char *reference,
			   struct pdg_bytes envelope, const char *grade, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	uint8_t key[32];
	int rc;

	rc = pdg_pg_reference(&p, reference, key, err);
	if (rc < 0)
		return rc;
	pdg_pg_blob(&p, envelope);
	pdg_pg_text(&p, grade);
	rc = pdg_pg_write(store, PDG_PG_UPDATE_ENVELOPE, &p, "replace an envelope", &r, err);
	if (rc == 0 && changed_nothing(r))
		rc = pdg_fail(err, PDG_E_NOTFOUND, "no attestation %s", reference);
	return rc;
}

/* The database compresses what it keeps: the payload stays in the bundle. */
int pdg_pg_set_logged(struct pdg_store *store, int64_t id, const char *reference,
		      struct pdg_bytes payload, struct pdg_bytes bundle, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	uint8_t key[32];
	bool there;
	int rc;

	(void)payload;
	if (!pdg_store_reference(reference, key))
		return pdg_fail(err, PDG_E_USAGE, "'%s' is no reference", reference);
	pdg_pg_int(&p, id);
	pdg_pg_blob(&p, pdg_bytes(key, sizeof(key)));
	pdg_pg_blob(&p, bundle);
	rc = pdg_pg_write(store, PDG_PG_INSERT_BUNDLE, &p, "keep a bundle", &r, err);
	if (rc < 0)
		return rc;
	there = changed_nothing(r);
	p.n = there ? 2 : 1;
	rc = pdg_pg_write(store, there ? PDG_PG_DELETE_PENDING_OF : PDG_PG_DELETE_PENDING, &p,
			  "mark as logged", NULL, err);
	return rc < 0 ? rc : there;
}

int pdg_pg_journal_append(struct pdg_store *store, uint64_t index, struct pdg_bytes leaf,
			  struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_int(&p, (int64_t)index);
	pdg_pg_blob(&p, leaf);
	rc = pdg_pg_write(store, PDG_PG_LEAF_INSERT, &p, "keep a journal leaf", &r, err);
	if (rc == 0 && changed_nothing(r))
		rc = pdg_reject(err, "STO-4", "cannot keep a journal leaf: %" PRIu64 " is there",
				index);
	return rc;
}

int pdg_pg_journal_tile_write(struct pdg_store *store, unsigned level, uint64_t n,
			      struct pdg_bytes hashes, struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_int(&p, pdg_store_tile_key(level, n));
	pdg_pg_blob(&p, hashes);
	return pdg_pg_write(store, PDG_PG_TILE_WRITE, &p, "keep a journal tile", NULL, err);
}

int pdg_pg_journal_checkpoint_write(struct pdg_store *store, uint64_t size, struct pdg_bytes note,
				    struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_int(&p, (int64_t)size);
	pdg_pg_blob(&p, note);
	return pdg_pg_write(store, PDG_PG_STATE_WRITE, &p, "keep the journal's checkpoint", NULL,
			    err);
}

int pdg_pg_meta_set(struct pdg_store *store, const char *name, const char *value,
		    struct pdg_error *err)
{
	struct pdg_pg_args p = {.n = 0};

	pdg_pg_text(&p, name);
	pdg_pg_text(&p, value);
	return pdg_pg_write(store, PDG_PG_META_SET, &p, "keep a value", NULL, err);
}

int pdg_pg_token_use(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
		     int64_t expires, int64_t now, struct pdg_error *err)
{
	PDG_AUTO(pg_result) PGresult *r = NULL;
	struct pdg_pg_args old = {.n = 0};
	struct pdg_pg_args p = {.n = 0};
	int rc;

	pdg_pg_int(&old, now);
	rc = pdg_pg_write(store, PDG_PG_TOKEN_FORGET, &old, "forget old tokens", NULL, err);
	if (rc < 0)
		return rc;
	pdg_pg_blob(&p, pdg_bytes(name, 32));
	pdg_pg_blob(&p, pdg_bytes(body, 32));
	pdg_pg_int(&p, expires);
	pdg_pg_int(&p, now);
	rc = pdg_pg_write(store, PDG_PG_TOKEN_USE, &p, "keep a token", &r, err);
	if (rc < 0 || pdg_pg_get_bool(r, 0, 0))
		return rc;
	return pdg_fail(err, PDG_E_REJECTED, "the token was used for something else");
}
