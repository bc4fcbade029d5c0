/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's side of the journal: a batch of leaves becomes rows, tiles and one checkpoint. What
 * is remembered between batches is what the last commit left; after a rollback it still is.
 */
#include "service/journal.h"

#include <inttypes.h>
#include <string.h>

#include "service/journal_read.h"
#include "service/meta.h"
#include "service/own_keys.h"
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
	struct pdg_buf *texts; /* of the same leaves, until a proof takes them */
	size_t n, cap, n_texts, cap_texts;
	uint64_t sealed_size;
	struct pdg_buf sealed_note;
	struct pdg_tile_store tiles;
	struct pdg_tree_walk *walk; /* over the sealed tree; it grows with that */
};

char *pdg_journal_origin(const char *log_origin)
{
	return pdg_str_printf("%s/journal", log_origin);
}

static void drop_texts(struct pdg_journal *j)
{
	while (j->n_texts > 0)
		pdg_buf_done(&j->texts[--j->n_texts]);
}

void pdg_journal_free(struct pdg_journal *j)
{
	if (!j)
		return;
	pdg_tree_walk_free(j->walk);
	drop_texts(j);
	free(j->texts);
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

static int write_empty(void *ctx, struct pdg_error *err)
{
	struct pdg_journal *j = ctx;
	struct pdg_hash32 root;
	int rc = pdg_merkle_empty(&root, err);

	if (rc == 0)
		rc = write_checkpoint(j, 0, &root, &j->note, err);
	return rc < 0 ? rc : 1;
}

/*
 * The empty tree, signed, so that the journal is there from the first decision on. Another
 * pedigreed may have begun it in the meantime, by another key: whose is known is who began it.
 */
static int begin_empty(void *ctx, struct pdg_error *err)
{
	struct pdg_journal *j = ctx;
	int rc = j->store->ops->journal_state(j->store, &j->size, &j->note, err);

	if (rc != PDG_E_NOTFOUND)
		return rc;
	rc = pdg_own_key_keep(j->store, PDG_META_JOURNAL_KEY, j->key, err);
	return rc < 0 ? rc : write_empty(j, err);
}

/*
 * A journal without a leaf bears the name that the configuration gives it now. The key stays: an
 * empty journal that another one signed is of another service.
 */
static int name_empty(struct pdg_journal *j, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	int rc;

	if (j->size > 0)
		return 0;
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&j->note), &c, NULL);
	if (rc == 0)
		rc = pdg_checkpoint_verify(c, c->origin, j->key, NULL);
	/* What is wrong with it is told by check_kept(). */
	if (rc < 0 || pdg_str_eq(c->origin, j->origin))
		return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
	return pdg_store_change(j->store, write_empty, j, err);
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
			     "else the database's name with \"" PDG_JOURNAL_KEY_BESIDE "\"");
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
		     bool may_rename, struct pdg_journal **out, struct pdg_error *err)
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
		rc = pdg_store_change(store, begin_empty, j, err);
	if (rc == 0 && may_rename)
		rc = name_empty(j, err);
	if (rc == 0)
		rc = check_kept(j, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(j);
	return 0;
}

static int went_back(const struct pdg_journal *j, uint64_t size, struct pdg_error *err)
{
	int rc = pdg_reject(err, "STO-5",
			    "the journal has %" PRIu64 " leaves and is another one than the "
			    "one of %" PRIu64 " that was here",
			    size, j->size);

	pdg_fix(err, "stop every pedigreed before its database is restored");
	return rc;
}

/* Does what is kept now, of @size leaves, begin with the tree that was here? */
static int check_grown(struct pdg_journal *j, uint64_t size, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_hash32 root;
	int rc = pdg_checkpoint_parse(pdg_buf_bytes(&j->note), &c, err);

	if (rc == 0)
		rc = pdg_tree_root(&j->tiles, j->size, &root, err);
	if (rc < 0)
		return rc;
	return memcmp(root.b, c->root.b, sizeof(root.b)) == 0 ? 0 : went_back(j, size, err);
}

/*
 * The journal as the last batch left it, whoever that was. A tree that was signed is never signed
 * otherwise: what is older than what this process knows, or has grown from something else, is of a
 * copy that was put back.
 */
static int catch_up(struct pdg_journal *j, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	uint64_t size = 0;
	int rc = j->store->ops->journal_state(j->store, &size, &note, err);

	if (rc < 0)
		return rc;
	if (size < j->size ||
	    (size == j->size && !pdg_bytes_eq(pdg_buf_bytes(&note), pdg_buf_bytes(&j->note))))
		return went_back(j, size, err);
	if (size == j->size)
		return 0;
	rc = check_grown(j, size, err);
	if (rc < 0)
		return rc;
	pdg_tree_walk_free(PDG_TAKE(j->walk));
	j->size = size;
	pdg_buf_reset(&j->note);
	pdg_buf_put(&j->note, pdg_buf_bytes(&note));
	return pdg_buf_check(&j->note, err);
}

int pdg_journal_begin(struct pdg_journal *j, struct pdg_error *err)
{
	int rc = j->store->ops->shared ? catch_up(j, err) : 0;

	j->n = 0;
	drop_texts(j);
	j->sealed_size = j->size;
	return rc;
}

int pdg_journal_add(struct pdg_journal *j, const struct pdg_journal_leaf *leaf, uint64_t *out_index,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	uint64_t index = j->size + j->n;
	int rc;

	if (pdg_array_grow(&j->leaves, j->n, &j->cap, sizeof(*j->leaves), SIZE_MAX / 64) < 0 ||
	    pdg_array_grow(&j->texts, j->n_texts, &j->cap_texts, sizeof(*j->texts), SIZE_MAX / 64) <
		    0)
		return pdg_nomem(err);
	rc = pdg_journal_leaf_write(leaf, &bytes, err);
	if (rc == 0)
		rc = pdg_merkle_leaf(pdg_buf_bytes(&bytes), &j->leaves[j->n], err);
	if (rc == 0)
		rc = j->store->ops->journal_append(j->store, index, pdg_buf_bytes(&bytes), err);
	if (rc < 0)
		return rc;
	j->n++;
	pdg_buf_move(&j->texts[j->n_texts++], &bytes);
	*out_index = index;
	return 0;
}

/* One that was there goes over the tree of this size: it grew with it. */
static int walk(struct pdg_journal *j, struct pdg_error *err)
{
	return j->walk ? 0 : pdg_tree_walk_new(&j->tiles, j->sealed_size, &j->walk, err);
}

int pdg_journal_seal(struct pdg_journal *j, struct pdg_error *err)
{
	struct pdg_hash32 root;
	int rc;

	if (j->n == 0)
		return 0;
	rc = walk(j, err);
	if (rc == 0)
		rc = pdg_tree_walk_append(j->walk, &j->tiles, j->leaves, j->n, &root, err);
	if (rc < 0) {
		pdg_tree_walk_free(PDG_TAKE(j->walk));
		return rc;
	}
	j->sealed_size = j->size + j->n;
	rc = write_checkpoint(j, j->size + j->n, &root, &j->sealed_note, err);
	if (rc < 0)
		return rc;
	return 0;
}

/* Nobody else asks for one of this batch; where two do, the store has it. */
static int leaf_of(struct pdg_journal *j, uint64_t index, struct pdg_buf *out,
		   struct pdg_error *err)
{
	struct pdg_buf *text = index >= j->size && index - j->size < j->n_texts
				       ? &j->texts[index - j->size]
				       : NULL;

	if (!text || text->n == 0)
		return pdg_journal_kept_leaf(j->store, index, out, err);
	pdg_buf_move(out, text);
	return 0;
}

int pdg_journal_prove(struct pdg_journal *j, uint64_t index, struct pdg_journal_proof **out,
		      struct pdg_error *err)
{
	const struct pdg_buf *note = j->sealed_size > j->size ? &j->sealed_note : &j->note;
	PDG_AUTO(buf) struct pdg_buf leaf = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	int rc = walk(j, err);

	if (rc == 0)
		rc = leaf_of(j, index, &leaf, err);
	if (rc < 0)
		return rc;
	return pdg_journal_proof_make(&leaf, j->walk, index, j->sealed_size, pdg_buf_bytes(note),
				      out, err);
}

void pdg_journal_settle(struct pdg_journal *j, bool committed)
{
	/* A walk over a tree that was rolled back has read tiles that are not there. */
	if (!committed && j->sealed_size > j->size)
		pdg_tree_walk_free(PDG_TAKE(j->walk));
	if (committed && j->sealed_size > j->size) {
		j->size = j->sealed_size;
		pdg_buf_swap(&j->note, &j->sealed_note);
	}
	j->sealed_size = j->size;
	j->n = 0;
	drop_texts(j);
}
