/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal as it is read: proofs for records, files as tlog-tiles serves them, and the check of
 * the whole. A checkpoint and the tiles are read one after the other while the writer goes on; that
 * is sound, for what a tile holds is never changed, only added to.
 */
#include "service/journal_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "service/journal.h"
#include "tlog/entries.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define TILE_BYTES ((size_t)PDG_TILE_WIDTH * PDG_HASH_LEN)

/* What the checkpoint covers and is not there is damage, not a wrong question. */
static int gone(struct pdg_error *err, int rc)
{
	struct pdg_error was = {0};

	if (rc != PDG_E_NOTFOUND)
		return rc;
	if (err)
		was = *err;
	rc = pdg_reject(err, "STO-5", "%s, and its checkpoint covers it", was.text);
	pdg_fix(err, "restore the service's database and its log from one backup");
	return rc;
}

static int leaf_asked_for(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			  struct pdg_error *err)
{
	int rc = store->ops->journal_leaf(store, index, out, err);

	return rc == PDG_E_NOTFOUND ? pdg_fail(err, rc, "the journal has no leaf %" PRIu64, index)
				    : rc;
}

int pdg_journal_kept_leaf(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			  struct pdg_error *err)
{
	int rc = leaf_asked_for(store, index, out, err);

	if (rc != PDG_E_NOTFOUND)
		return rc;
	rc = gone(err, rc);
	pdg_one_row(err);
	return rc;
}

static int tile_asked_for(struct pdg_store *store, unsigned level, uint64_t n, unsigned width,
			  struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(TILE_BYTES);
	int rc = store->ops->journal_tile_read(store, level, n, &kept, err);

	if (rc == PDG_E_NOTFOUND || (rc == 0 && kept.n < (size_t)width * PDG_HASH_LEN))
		return pdg_fail(err, PDG_E_NOTFOUND,
				"the journal has no tile %u/%" PRIu64 " of %u hashes", level, n,
				width);
	if (rc < 0)
		return rc;
	pdg_buf_put(out, pdg_bytes_head(pdg_buf_bytes(&kept), (size_t)width * PDG_HASH_LEN));
	return pdg_buf_check(out, err);
}

static int tile_read(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	return gone(err, tile_asked_for(ctx, level, n, width, out, err));
}

static int tile_write(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
		      struct pdg_error *err)
{
	struct pdg_store *store = ctx;

	return store->ops->journal_tile_write(store, level, n, hashes, err);
}

struct pdg_tile_store pdg_journal_tiles(struct pdg_store *store)
{
	return (struct pdg_tile_store){.read = tile_read, .write = tile_write, .ctx = store};
}

int pdg_journal_proof_make(struct pdg_buf *leaf, struct pdg_tree_walk *walk, uint64_t index,
			   uint64_t size, struct pdg_bytes note, struct pdg_journal_proof **out,
			   struct pdg_error *err)
{
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = pdg_calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return pdg_nomem(err);
	pdg_buf_init(&p->leaf, PDG_LIMIT_LOG_ENTRY);
	pdg_buf_init(&p->checkpoint, PDG_LIMIT_CHECKPOINT);
	p->index = index;
	p->size = size;
	rc = pdg_tree_walk_inclusion(walk, index, &p->proof, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(&p->checkpoint, note);
	rc = pdg_buf_check(&p->checkpoint, err);
	if (rc < 0)
		return rc;
	pdg_buf_move(&p->leaf, leaf);
	*out = PDG_TAKE(p);
	return 0;
}

int pdg_journal_read(struct pdg_store *store, uint64_t index, struct pdg_journal_proof **out,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(buf) struct pdg_buf leaf = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	PDG_AUTO(tree_walk) struct pdg_tree_walk *walk = NULL;
	struct pdg_tile_store tiles = pdg_journal_tiles(store);
	uint64_t size = 0;
	int rc;

	rc = store->ops->journal_state(store, &size, &note, err);
	if (rc == 0)
		rc = pdg_tree_walk_new(&tiles, size, &walk, err);
	if (rc == 0)
		rc = index < size ? pdg_journal_kept_leaf(store, index, &leaf, err)
				  : leaf_asked_for(store, index, &leaf, err);
	if (rc < 0)
		return rc;
	return pdg_journal_proof_make(&leaf, walk, index, size, pdg_buf_bytes(&note), out, err);
}

/* Bundle @n of the journal's leaves, its first @width. */
static int entries_file(struct pdg_store *store, uint64_t n, unsigned width, struct pdg_buf *out,
			struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bundle = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	unsigned i;

	if (n > UINT64_MAX / PDG_TILE_WIDTH - 1)
		return pdg_fail(err, PDG_E_NOTFOUND, "the journal has no such entries");
	for (i = 0; i < width; i++) {
		PDG_AUTO(buf) struct pdg_buf leaf = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
		int rc = leaf_asked_for(store, n * PDG_TILE_WIDTH + i, &leaf, err);

		if (rc < 0)
			return rc;
		pdg_entries_put(&bundle, pdg_buf_bytes(&leaf));
	}
	pdg_buf_put(out, pdg_buf_bytes(&bundle));
	return bundle.failed ? pdg_buf_check(&bundle, err) : pdg_buf_check(out, err);
}

struct asked {
	uint64_t n;
	unsigned level, width;
	bool entries;
};

static int file_asked_for(struct pdg_store *store, const struct asked *a, struct pdg_buf *out,
			  struct pdg_error *err)
{
	return a->entries ? entries_file(store, a->n, a->width, out, err)
			  : tile_asked_for(store, a->level, a->n, a->width, out, err);
}

/* One that was not there: asked for again once it is known what must be. */
static int file_missed(struct pdg_store *store, const struct asked *a, struct pdg_buf *out,
		       struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_error why = {0};
	uint64_t size = 0;
	int rc = store->ops->journal_state(store, &size, &note, &why);

	if (rc < 0 || pdg_tile_width(size, a->level, a->n) < a->width)
		return PDG_E_NOTFOUND;
	return gone(err, file_asked_for(store, a, out, err));
}

int pdg_journal_file(struct pdg_store *store, const char *path, struct pdg_buf *out,
		     struct pdg_error *err)
{
	struct pdg_bytes p = pdg_bytes_str(path);
	struct asked a = {0};
	uint64_t size;
	int rc;

	if (pdg_bytes_eq_str(p, "checkpoint"))
		return store->ops->journal_state(store, &size, out, err);
	if (!pdg_bytes_starts(p, "tile/") ||
	    !pdg_tile_path_parse(pdg_bytes_from(p, strlen("tile/")), &a.entries, &a.level, &a.n,
				 &a.width))
		return pdg_fail(err, PDG_E_NOTFOUND, "\"%s\" is not a file of the journal", path);
	rc = file_asked_for(store, &a, out, err);
	return rc == PDG_E_NOTFOUND ? file_missed(store, &a, out, err) : rc;
}

/* --- the check of the whole --- */

/* Tiles of the tree built anew: the partial one of each level, full ones compared and dropped. */
struct rebuilt {
	struct pdg_store *store;
	struct pdg_buf edge[8];
	uint64_t n[8];
};

static void rebuilt_done(struct rebuilt *r)
{
	size_t i;

	for (i = 0; i < 8; i++)
		pdg_buf_done(&r->edge[i]);
}
PDG_AUTO_DEFINE_VALUE(rebuilt, struct rebuilt, rebuilt_done)

static int rebuilt_read(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
			struct pdg_error *err)
{
	struct rebuilt *r = ctx;

	if (level < 8 && r->n[level] == n && r->edge[level].n >= (size_t)width * PDG_HASH_LEN) {
		pdg_buf_put(out, pdg_bytes_head(pdg_buf_bytes(&r->edge[level]),
						(size_t)width * PDG_HASH_LEN));
		return pdg_buf_check(out, err);
	}
	/* A full tile left of the edge: it was compared with the kept one when it was the edge. */
	return tile_read(r->store, level, n, width, out, err);
}

static int rebuilt_write(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
			 struct pdg_error *err)
{
	struct rebuilt *r = ctx;
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(TILE_BYTES);
	int rc;

	if (level >= 8)
		return pdg_fail(err, PDG_E_INTERNAL, "a journal of more than 2^64 leaves");
	rc = tile_read(r->store, level, n, (unsigned)(hashes.n / PDG_HASH_LEN), &kept, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(pdg_bytes_head(pdg_buf_bytes(&kept), hashes.n), hashes))
		return pdg_reject(err, "JNL-3",
				  "journal tile %u/%" PRIu64 " is not that of its leaves", level,
				  n);
	pdg_buf_reset(&r->edge[level]);
	pdg_buf_put(&r->edge[level], hashes);
	r->n[level] = n;
	return pdg_buf_check(&r->edge[level], err);
}

/* Hash leaves [@from, @from + @n) and add them to the tree built anew. */
static int rebuild_some(struct rebuilt *r, uint64_t from, size_t n, struct pdg_hash32 *hashes,
			struct pdg_hash32 *out_root, struct pdg_error *err)
{
	struct pdg_tile_store tiles = {.read = rebuilt_read, .write = rebuilt_write, .ctx = r};
	size_t i;

	for (i = 0; i < n; i++) {
		PDG_AUTO(buf) struct pdg_buf leaf = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
		int rc = pdg_journal_kept_leaf(r->store, from + i, &leaf, err);

		if (rc == 0)
			rc = pdg_merkle_leaf(pdg_buf_bytes(&leaf), &hashes[i], err);
		if (rc < 0)
			return rc;
	}
	return pdg_tree_append(&tiles, from, hashes, n, out_root, err);
}

static int rebuild(struct pdg_store *store, uint64_t size, struct pdg_hash32 *out_root,
		   struct pdg_error *err)
{
	PDG_AUTO(rebuilt) struct rebuilt r = {.store = store};
	PDG_AUTO(mem) struct pdg_hash32 *hashes = pdg_calloc(PDG_TILE_WIDTH, sizeof(*hashes));
	uint64_t at = 0;
	size_t i;
	int rc;

	if (!hashes)
		return pdg_nomem(err);
	for (i = 0; i < 8; i++)
		pdg_buf_init(&r.edge[i], TILE_BYTES);
	rc = pdg_merkle_empty(out_root, err);
	while (rc == 0 && at < size) {
		size_t n = size - at < PDG_TILE_WIDTH ? (size_t)(size - at) : PDG_TILE_WIDTH;

		rc = rebuild_some(&r, at, n, hashes, out_root, err);
		at += n;
	}
	return rc;
}

int pdg_journal_fsck(struct pdg_store *store, const struct pdg_key *key, const char *origin,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_hash32 root;
	uint64_t size = 0;
	int rc;

	rc = store->ops->journal_state(store, &size, &note, err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, err);
	if (rc == 0)
		rc = pdg_checkpoint_verify(c, origin, key, err);
	if (rc == 0)
		rc = rebuild(store, size, &root, err);
	if (rc < 0)
		return rc;
	if (c->size != size || !pdg_str_eq(c->origin, origin) ||
	    memcmp(root.b, c->root.b, sizeof(root.b)) != 0)
		return pdg_reject(err, "JNL-2",
				  "the journal's leaves do not give its checkpoint's root");
	return 0;
}
