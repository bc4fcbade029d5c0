/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's side of the SQLite store: everything between begin and commit happens or none of it.
 * One thread at a time; inside its batch that thread's look-ups see what it wrote.
 */
#include <inttypes.h>
#include <string.h>

#include "store/sqlite_impl.h"

static struct pdg_sqlite *sqlite_of(struct pdg_store *store)
{
	return (struct pdg_sqlite *)store;
}

static void batch_state(struct pdg_sqlite *s, bool open)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->in_batch = open;
	s->batch_thread = pthread_self();
	(void)pthread_mutex_unlock(&s->mutex);
}

static int run(struct pdg_sqlite *s, enum pdg_sql which, const char *what, struct pdg_error *err)
{
	sqlite3_stmt *st;
	int rc = pdg_sqlite_stmt(&s->writer, which, &st, err);

	return rc < 0 ? rc : pdg_sqlite_done(&s->writer, st, what, err);
}

int pdg_sqlite_begin(struct pdg_store *store, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	int rc = pdg_sqlite_there(store, err);

	/* What is committed to a file that was removed is gone with the process. */
	if (rc == 0)
		rc = run(s, PDG_SQL_BEGIN, "begin a batch", err);
	s->next_id = 0;
	if (rc == 0)
		batch_state(s, true);
	return rc;
}

int pdg_sqlite_commit(struct pdg_store *store, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	int rc = run(s, PDG_SQL_COMMIT, "commit a batch", err);

	if (rc < 0)
		pdg_sqlite_rollback(store);
	else
		batch_state(s, false);
	return rc;
}

void pdg_sqlite_rollback(struct pdg_store *store)
{
	struct pdg_sqlite *s = sqlite_of(store);

	/* A full disk may have ended the transaction already. */
	if (sqlite3_get_autocommit(s->writer.db) == 0)
		(void)run(s, PDG_SQL_ROLLBACK, "roll back", NULL);
	batch_state(s, false);
}

static int is_known(struct pdg_sqlite *s, const char *reference, bool *out, struct pdg_error *err)
{
	uint8_t key[32];
	sqlite3_stmt *st;
	int step, rc;

	if (!pdg_store_reference(reference, key))
		return pdg_fail(err, PDG_E_USAGE, "'%s' is no reference", reference);
	rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_KNOWN, &st, err);
	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(st, 1, pdg_bytes(key, sizeof(key)));
	step = sqlite3_step(st);
	*out = step == SQLITE_ROW;
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		rc = pdg_sqlite_fail(err, s->writer.db, "look an attestation up");
	pdg_sqlite_rest(st);
	return rc;
}

/* One read transaction for all: each takes and gives back a lock. */
int pdg_sqlite_known(struct pdg_store *store, const char *const *references, size_t n, bool *out,
		     struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	size_t i;
	int rc = run(s, PDG_SQL_BEGIN_LOOK, "look attestations up", err);

	for (i = 0; rc == 0 && i < n; i++)
		rc = is_known(s, references[i], &out[i], err);
	/* It has written nothing. */
	if (sqlite3_get_autocommit(s->writer.db) == 0)
		(void)run(s, PDG_SQL_ROLLBACK, "end a look", NULL);
	return rc;
}

static void spared_done(struct pdg_spared *s)
{
	pdg_buf_done(&s->buf);
}
PDG_AUTO_DEFINE_VALUE(spared, struct pdg_spared, spared_done)

static void bind_place(sqlite3_stmt *st, int i, int64_t at)
{
	if (at >= 0)
		(void)sqlite3_bind_int64(st, i, at);
	else
		(void)sqlite3_bind_null(st, i);
}

static void bind_row(sqlite3_stmt *st, const uint8_t reference[32], const struct pdg_stored *a,
		     const struct pdg_spared *envelope)
{
	pdg_sqlite_bind_blob(st, 1, pdg_bytes(reference, 32));
	pdg_sqlite_bind_text(st, 2, a->stage);
	(void)sqlite3_bind_int64(st, 3, a->received);
	pdg_sqlite_bind_text(st, 4, a->repository);
	pdg_sqlite_bind_text(st, 5, a->git_commit);
	pdg_sqlite_bind_text(st, 6, a->grade);
	(void)sqlite3_bind_int64(st, 7, (int64_t)a->journal_index);
	pdg_sqlite_bind_text(st, 8, a->service_key);
	pdg_sqlite_bind_blob(st, 9, pdg_buf_bytes(&a->countersig));
	(void)sqlite3_bind_text64(st, 10, a->links.n ? (const char *)a->links.p : "", a->links.n,
				  SQLITE_STATIC, SQLITE_UTF8);
	pdg_sqlite_bind_blob(st, 11, envelope->kept);
	pdg_sqlite_bind_blob(st, 12, pdg_buf_bytes(&a->payload));
	pdg_sqlite_bind_blob_or_null(st, 13, pdg_buf_bytes(&a->commit));
	bind_place(st, 14, envelope->at);
}

static int insert_subjects(struct pdg_sqlite *s, int64_t id,
			   const struct pdg_store_subject *subjects, size_t n,
			   struct pdg_error *err)
{
	sqlite3_stmt *st;
	size_t i;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_INSERT_SUBJECT, &st, err);

	for (i = 0; rc == 0 && i < n; i++) {
		pdg_sqlite_bind_text(st, 1, subjects[i].algorithm);
		pdg_sqlite_bind_text(st, 2, subjects[i].value);
		(void)sqlite3_bind_int64(st, 3, id);
		rc = pdg_sqlite_done(&s->writer, st, "keep a subject", err);
	}
	return rc;
}

/* A new one is pending, unless it comes with its bundle. */
static int insert_state(struct pdg_sqlite *s, const struct pdg_stored *a, int64_t id,
			struct pdg_error *err)
{
	sqlite3_stmt *st;
	int rc;

	if (a->bundle.n)
		return pdg_sqlite_set_logged(&s->base, id, a->reference, pdg_buf_bytes(&a->payload),
					     pdg_buf_bytes(&a->bundle), err);
	rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_INSERT_PENDING, &st, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, id);
	return pdg_sqlite_done(&s->writer, st, "keep a pending row", err);
}

/* The database gives none of its own: it would give that of a last row that was taken out. */
static int find_next_id(struct pdg_sqlite *s, struct pdg_error *err)
{
	sqlite3_stmt *st;
	int rc;

	if (s->next_id > 0 && s->next_id < INT64_MAX)
		return 0;
	rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_NEXT_ID, &st, err);
	if (rc < 0)
		return rc;
	if (sqlite3_step(st) == SQLITE_ROW)
		s->next_id = sqlite3_column_int64(st, 0);
	else
		rc = pdg_sqlite_fail(err, s->writer.db, "look the last attestation up");
	pdg_sqlite_rest(st);
	if (rc == 0 && (s->next_id <= 0 || s->next_id == INT64_MAX))
		rc = pdg_store_no_id(err);
	return rc;
}

int pdg_sqlite_insert(struct pdg_store *store, struct pdg_stored *a,
		      const struct pdg_store_subject *subjects, size_t n, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	PDG_AUTO(spared) struct pdg_spared envelope = {.at = -1};
	uint8_t reference[32];
	sqlite3_stmt *st;
	int64_t id;
	int rc;

	if (!pdg_store_reference(a->reference, reference))
		return pdg_fail(err, PDG_E_USAGE, "'%s' is no reference", a->reference);
	rc = pdg_store_spare(pdg_buf_bytes(&a->envelope), pdg_buf_bytes(&a->payload), &envelope,
			     err);
	if (rc == 0)
		rc = find_next_id(s, err);
	if (rc == 0)
		rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_INSERT, &st, err);
	if (rc < 0)
		return rc;
	id = s->next_id;
	bind_row(st, reference, a, &envelope);
	(void)sqlite3_bind_int64(st, 15, id);
	rc = pdg_sqlite_done(&s->writer, st, "keep an attestation", err);
	if (rc < 0)
		return rc;
	if (sqlite3_changes(s->writer.db) == 0)
		return pdg_fail(err, PDG_E_REJECTED, "%s is kept already", a->reference);
	s->next_id++;
	rc = insert_subjects(s, id, subjects, n, err);
	if (rc == 0)
		rc = insert_state(s, a, id, err);
	if (rc < 0)
		return rc;
	a->id = id;
	return 0;
}

/* @text as it is kept in the row of @reference, and that row's id. PDG_E_NOTFOUND. */
static int spare_for(struct pdg_sqlite *s, const char *reference, struct pdg_bytes text,
		     struct pdg_spared *out, int64_t *out_id, struct pdg_error *err)
{
	uint8_t key[32];
	sqlite3_stmt *st;
	int step, rc;

	if (!pdg_store_reference(reference, key))
		return pdg_fail(err, PDG_E_NOTFOUND, "no attestation '%s'", reference);
	rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_PAYLOAD, &st, err);
	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(st, 1, pdg_bytes(key, sizeof(key)));
	step = sqlite3_step(st);
	if (step == SQLITE_ROW) {
		const void *p = sqlite3_column_blob(st, 1);

		*out_id = sqlite3_column_int64(st, 0);
		rc = pdg_store_spare(text, pdg_bytes(p, (size_t)sqlite3_column_bytes(st, 1)), out,
				     err);
	} else {
		rc = step == SQLITE_DONE
			     ? pdg_fail(err, PDG_E_NOTFOUND, "no attestation %s", reference)
			     : pdg_sqlite_fail(err, s->writer.db, "look an attestation up");
	}
	pdg_sqlite_rest(st);
	return rc;
}

int pdg_sqlite_update_envelope(struct pdg_store *store, const char *reference,
			       struct pdg_bytes envelope, const char *grade, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	PDG_AUTO(spared) struct pdg_spared spared = {.at = -1};
	sqlite3_stmt *st;
	int64_t id = 0;
	int rc = spare_for(s, reference, envelope, &spared, &id, err);

	if (rc == 0)
		rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_UPDATE_ENVELOPE, &st, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, id);
	pdg_sqlite_bind_blob(st, 2, spared.kept);
	pdg_sqlite_bind_text(st, 3, grade);
	bind_place(st, 4, spared.at);
	return pdg_sqlite_done(&s->writer, st, "replace an envelope", err);
}

int pdg_sqlite_set_logged(struct pdg_store *store, int64_t id, const char *reference,
			  struct pdg_bytes payload, struct pdg_bytes bundle, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	PDG_AUTO(spared) struct pdg_spared spared = {.at = -1};
	uint8_t key[32];
	sqlite3_stmt *st;
	bool there;
	int rc;

	if (!pdg_store_reference(reference, key))
		return pdg_fail(err, PDG_E_USAGE, "'%s' is no reference", reference);
	rc = pdg_store_spare(bundle, payload, &spared, err);
	if (rc == 0)
		rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_INSERT_BUNDLE, &st, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, id);
	pdg_sqlite_bind_blob(st, 2, spared.kept);
	bind_place(st, 3, spared.at);
	pdg_sqlite_bind_blob(st, 4, pdg_bytes(key, sizeof(key)));
	rc = pdg_sqlite_done(&s->writer, st, "keep a bundle", err);
	if (rc < 0)
		return rc;
	there = sqlite3_changes(s->writer.db) == 0;
	rc = pdg_sqlite_stmt(&s->writer, there ? PDG_SQL_DELETE_PENDING_OF : PDG_SQL_DELETE_PENDING,
			     &st, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, id);
	if (there)
		pdg_sqlite_bind_blob(st, 2, pdg_bytes(key, sizeof(key)));
	rc = pdg_sqlite_done(&s->writer, st, "mark as logged", err);
	return rc < 0 ? rc : there;
}

int pdg_sqlite_journal_append(struct pdg_store *store, uint64_t index, struct pdg_bytes leaf,
			      struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	sqlite3_stmt *st;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_LEAF_INSERT, &st, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, (int64_t)index);
	pdg_sqlite_bind_blob(st, 2, leaf);
	return pdg_sqlite_done(&s->writer, st, "keep a journal leaf", err);
}

int pdg_sqlite_journal_tile_write(struct pdg_store *store, unsigned level, uint64_t n,
				  struct pdg_bytes hashes, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	sqlite3_stmt *st;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_TILE_WRITE, &st, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, pdg_store_tile_key(level, n));
	pdg_sqlite_bind_blob(st, 2, hashes);
	return pdg_sqlite_done(&s->writer, st, "keep a journal tile", err);
}

int pdg_sqlite_journal_checkpoint_write(struct pdg_store *store, uint64_t size,
					struct pdg_bytes note, struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	sqlite3_stmt *st;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_STATE_WRITE, &st, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, (int64_t)size);
	pdg_sqlite_bind_blob(st, 2, note);
	return pdg_sqlite_done(&s->writer, st, "keep the journal's checkpoint", err);
}

int pdg_sqlite_meta_set(struct pdg_store *store, const char *name, const char *value,
			struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	sqlite3_stmt *st;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_META_SET, &st, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_text(st, 1, name);
	pdg_sqlite_bind_text(st, 2, value);
	return pdg_sqlite_done(&s->writer, st, "keep a value", err);
}

/* Was the token that could not be inserted used with this body, and what for? */
static int same_body(struct pdg_sqlite *s, const uint8_t name[32], const uint8_t body[32],
		     char out[PDG_STORED_REFERENCE], struct pdg_error *err)
{
	sqlite3_stmt *st;
	bool same;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_TOKEN_BODY, &st, err);

	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(st, 1, pdg_bytes(name, 32));
	pdg_sqlite_bind_blob(st, 2, pdg_bytes(body, 32));
	if (sqlite3_step(st) != SQLITE_ROW)
		rc = pdg_sqlite_fail(err, s->writer.db, "look a token up");
	same = rc == 0 && sqlite3_column_int(st, 0) != 0;
	if (same)
		pdg_store_reference_put(
			pdg_bytes(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)),
			out);
	pdg_sqlite_rest(st);
	if (rc < 0 || same)
		return rc;
	return pdg_fail(err, PDG_E_REJECTED, "the token was used for something else");
}

int pdg_sqlite_token_use(struct pdg_store *store, const uint8_t name[32], const uint8_t body[32],
			 int64_t expires, int64_t now, char out[PDG_STORED_REFERENCE],
			 struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	sqlite3_stmt *st;
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_TOKEN_FORGET, &st, err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(st, 1, now);
	rc = pdg_sqlite_done(&s->writer, st, "forget old tokens", err);
	if (rc == 0)
		rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_TOKEN_USE, &st, err);
	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(st, 1, pdg_bytes(name, 32));
	pdg_sqlite_bind_blob(st, 2, pdg_bytes(body, 32));
	(void)sqlite3_bind_int64(st, 3, expires);
	(void)sqlite3_bind_int64(st, 4, now);
	rc = pdg_sqlite_done(&s->writer, st, "keep a token", err);
	if (rc < 0)
		return rc;
	if (sqlite3_changes(s->writer.db) == 0)
		return same_body(s, name, body, out, err);
	out[0] = '\0';
	return 0;
}

int pdg_sqlite_token_keep(struct pdg_store *store, const uint8_t name[32], const char *reference,
			  struct pdg_error *err)
{
	struct pdg_sqlite *s = sqlite_of(store);
	sqlite3_stmt *st;
	uint8_t key[32];
	int rc = pdg_sqlite_stmt(&s->writer, PDG_SQL_TOKEN_KEEP, &st, err);

	if (rc == 0 && !pdg_store_reference(reference, key))
		rc = pdg_fail(err, PDG_E_INTERNAL, "'%s' is no reference", reference);
	if (rc < 0)
		return rc;
	pdg_sqlite_bind_blob(st, 1, pdg_bytes(name, 32));
	pdg_sqlite_bind_blob(st, 2, pdg_bytes(key, 32));
	return pdg_sqlite_done(&s->writer, st, "keep what a token was used for", err);
}
