/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's side of the journal: a batch of leaves becomes rows, tiles and one checkpoint. What
 * is remembered between batches is what the last commit left; after a rollback it still is.
 */
#include "service/journal.h"

#include <inttypes.h>
#include <string.h>

#include "service/journal_read.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

struct pdg_journal {
	struct pdg_store *store;
	const struct pdg_key *key;
	char *origin;
	uint64_t size;	     /* committed */
	struct pdg_buf note; /* committed */
	/* The batch */
	struct pdg_hash32 *leaves;
	size_t n, cap;
	uint64_t sealed_size;
	struct pdg_buf sealed_note;
	struct pdg_tile_store tiles;
	struct pdg_tree_walk *walk; /* over the sealed tree, shared by the proofs of a batch */
};

char *pdg_journal_origin(const char *log_origin)
{
	return pdg_str_printf("%s/journal", log_origin);
}

void pdg_journal_free(struct pdg_journal *j)
{
	if (!j)
		return;
	pdg_tree_walk_free(j->walk);
	free(j->leaves);
	free(j->origin);
	pdg_buf_done(&j->note);
	pdg_buf_done(&j->sealed_note);
	free(j);
}
PDG_AUTO_DEFINE(journal, struct pdg_journal *, pdg_journal_free)

static int write_checkpoint(struct pdg_journal *j, uint64_t size, const struct pdg_hash32 *root,
			    struct pdg_buf *note, struct pdg_error *err)
{
	int rc;

	pdg_buf_reset(note);
	rc = pdg_checkpoint_sign(j->origin, size, root, j->key, note, err);
	if (rc < 0)
		return rc;
	return j->store->ops->journal_checkpoint_write(j->store, size, pdg_buf_bytes(note), err);
}

/* The empty tree, signed, so that the journal is there from the first decision on. */
static int begin_empty(struct pdg_journal *j, struct pdg_error *err)
{
	struct pdg_hash32 root;
	int rc;

	rc = pdg_merkle_empty(&root, err);
	if (rc == 0)
		rc = j->store->ops->begin(j->store, err);
	if (rc < 0)
		return rc;
	rc = write_checkpoint(j, 0, &root, &j->note, err);
	if (rc < 0) {
		j->store->ops->rollback(j->store);
		return rc;
	}
	return j->store->ops->commit(j->store, err);
}

static int check_kept(struct pdg_journal *j, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_hash32 root;
	int rc;

	rc = pdg_checkpoint_parse(pdg_buf_bytes(&j->note), &c, err);
	if (rc < 0)
		return pdg_context(err, rc, "the journal's checkpoint");
	if (!pdg_str_eq(c->origin, j->origin)) {
		rc = pdg_reject(err, "CFG-4",
				"the journal in the store is '%s', the configuration makes it '%s'",
				c->origin, j->origin);
		pdg_fix(err, "the name is origin in [log] and \"/journal\": give the origin with "
			     "which the store was begun");
		return rc;
	}
	if (pdg_checkpoint_verify(c, j->origin, j->key, err) < 0) {
		rc = pdg_reject(err, "CFG-4",
				"the journal in the store was signed by another key than the one "
				"that is there now");
		pdg_fix(err, "put back the key that signed it: the file that journalKey names, or "
			     "else the database's name with \".journal-key.pem\"");
		return rc;
	}
	rc = pdg_tree_root(&j->tiles, j->size, &root, err);
	if (rc < 0)
		return rc;
	if (c->size == j->size && memcmp(root.b, c->root.b, sizeof(root.b)) == 0)
		return 0;
	rc = pdg_reject(err, "JNL-2", "the journal's tiles do not give its checkpoint's root");
	pdg_fix(err, "restore the service's database and its log from one backup");
	return rc;
}

int pdg_journal_open(struct pdg_store *store, const struct pdg_key *key, const char *origin,
		     struct pdg_journal **out, struct pdg_error *err)
{
	PDG_AUTO(journal) struct pdg_journal *j = pdg_calloc(1, sizeof(*j));
	int rc;

	if (!j)
		return pdg_nomem(err);
	j->store = store;
	j->key = key;
	j->tiles = pdg_journal_tiles(store);
	j->origin = pdg_str_dup(origin);
	if (!j->origin)
		return pdg_nomem(err);
	pdg_buf_init(&j->note, PDG_LIMIT_CHECKPOINT);
	pdg_buf_init(&j->sealed_note, PDG_LIMIT_CHECKPOINT);
	rc = store->ops->journal_state(store, &j->size, &j->note, err);
	if (rc == PDG_E_NOTFOUND)
		rc = begin_empty(j, err);
	else if (rc == 0)
		rc = check_kept(j, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(j);
	return 0;
}

void pdg_journal_begin(struct pdg_journal *j)
{
	j->n = 0;
	j->sealed_size = j->size;
}

int pdg_journal_add(struct pdg_journal *j, const struct pdg_journal_leaf *leaf, uint64_t *out_index,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	uint64_t index = j->size + j->n;
	int rc;

	if (pdg_array_grow(&j->leaves, j->n, &j->cap, sizeof(*j->leaves), SIZE_MAX / 64) < 0)
		return pdg_nomem(err);
	rc = pdg_journal_leaf_write(leaf, &bytes, err);
	if (rc == 0)
		rc = pdg_merkle_leaf(pdg_buf_bytes(&bytes), &j->leaves[j->n], err);
	if (rc == 0)
		rc = j->store->ops->journal_append(j->store, index, pdg_buf_bytes(&bytes), err);
	if (rc < 0)
		return rc;
	j->n++;
	*out_index = index;
	return 0;
}

int pdg_journal_seal(struct pdg_journal *j, struct pdg_error *err)
{
	struct pdg_hash32 root;
	int rc;

	if (j->n == 0)
		return 0;
	rc = pdg_tree_append(&j->tiles, j->size, j->leaves, j->n, &root, err);
	if (rc < 0)
		return rc;
	rc = write_checkpoint(j, j->size + j->n, &root, &j->sealed_note, err);
	if (rc < 0)
		return rc;
	j->sealed_size = j->size + j->n;
	pdg_tree_walk_free(PDG_TAKE(j->walk));
	return 0;
}

int pdg_journal_prove(struct pdg_journal *j, uint64_t index, struct pdg_journal_proof **out,
		      struct pdg_error *err)
{
	const struct pdg_buf *note = j->sealed_size > j->size ? &j->sealed_note : &j->note;
	int rc = 0;

	if (!j->walk)
		rc = pdg_tree_walk_new(&j->tiles, j->sealed_size, &j->walk, err);
	if (rc < 0)
		return rc;
	return pdg_journal_proof_make(j->store, j->walk, index, j->sealed_size, pdg_buf_bytes(note),
				      out, err);
}

void pdg_journal_settle(struct pdg_journal *j, bool committed)
{
	struct pdg_buf note = j->note;

	/* A walk over a tree that was rolled back has read tiles that are not there. */
	if (!committed && j->sealed_size > j->size)
		pdg_tree_walk_free(PDG_TAKE(j->walk));
	if (committed && j->sealed_size > j->size) {
		j->size = j->sealed_size;
		j->note = j->sealed_note;
		j->sealed_note = note;
	}
	j->sealed_size = j->size;
	j->n = 0;
}
