/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An append, in the order that makes a crash harmless: (1) bundles and tiles into files that no
 * published checkpoint covers, (2) the entries and the checkpoint into "ahead", synced: from here
 * on the append has happened, (3) the checkpoint by rename, (4) memory, (5) the answer, (6) partial
 * files that have become superfluous go. Cut off before 2, the old tree stands and the next append
 * overwrites, and what fails before 2 takes its files back; behind it, the new one stands, and is
 * made once more where its files were lost.
 */
#include <inttypes.h>

#include "tlog/embedded_impl.h"
#include "tlog/entries.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define TILES_MAX ((size_t)1 << 20)

/* A tile written by this append, before it is published. */
struct staged {
	unsigned level;
	uint64_t n;
	struct pdg_buf hashes;
};

struct batch {
	struct pdg_embedded *l;
	struct pdg_log_item *items;
	size_t n;	      /* of @items, and of the arrays beside it */
	size_t *index;	      /* entry k of the batch is item index[k] */
	struct pdg_buf *body; /* of entry k */
	struct pdg_hash32 *leaf;
	struct pdg_entry **entry;
	size_t n_entries;
	struct staged *staged;
	size_t n_staged;
	size_t cap_staged;
	struct pdg_buf bundle; /* the partial bundle at the new end */
	struct pdg_hash32 root;
	struct pdg_buf note;
};

static void batch_done(struct batch *b)
{
	size_t i;

	for (i = 0; b->body && i < b->n; i++)
		pdg_buf_done(&b->body[i]);
	for (i = 0; b->entry && i < b->n; i++)
		pdg_entry_free(b->entry[i]);
	for (i = 0; i < b->n_staged; i++)
		pdg_buf_done(&b->staged[i].hashes);
	free(b->index);
	free(b->body);
	free(b->leaf);
	free(b->entry);
	free(b->staged);
	pdg_buf_done(&b->bundle);
	pdg_buf_done(&b->note);
}
PDG_AUTO_DEFINE_VALUE(batch, struct batch, batch_done)

static int batch_init(struct batch *b, struct pdg_embedded *l, struct pdg_log_item *items, size_t n,
		      struct pdg_error *err)
{
	size_t room = n ? n : 1;

	*b = (struct batch){.l = l, .items = items, .n = n};
	pdg_buf_init(&b->bundle, PDG_ENTRIES_MAX);
	pdg_buf_init(&b->note, PDG_LIMIT_CHECKPOINT);
	b->index = pdg_calloc(room, sizeof(*b->index));
	b->body = pdg_calloc(room, sizeof(*b->body));
	b->leaf = pdg_calloc(room, sizeof(*b->leaf));
	b->entry = pdg_calloc(room, sizeof(struct pdg_entry *));
	if (!b->index || !b->body || !b->leaf || !b->entry)
		return pdg_nomem(err);
	return 0;
}

/* Make the folders above @path, below the log's own; note those with names to be synced. */
static int make_dirs(struct batch *b, const char *path, struct pdg_error *err)
{
	const struct pdg_embedded_io *io = b->l->io;
	PDG_AUTO(mem) char *dir = pdg_path_dir(path);
	bool new;
	int rc;

	if (!dir)
		return pdg_nomem(err);
	if (strcmp(dir, b->l->dir) == 0)
		return pdg_embedded_ahead_dir(b->l, dir, err);
	new = !pdg_fs_is_dir(dir);
	if (new || b->l->fresh) {
		rc = make_dirs(b, dir, err);
		if (rc < 0)
			return rc;
	}
	if (new) {
		rc = io->mkdir(io->ctx, dir, err);
		if (rc < 0)
			return rc;
	}
	return pdg_embedded_ahead_dir(b->l, dir, err);
}

static int write_file(struct batch *b, const char *rel, struct pdg_bytes in, struct pdg_error *err)
{
	const struct pdg_embedded_io *io = b->l->io;
	PDG_AUTO(mem) char *path = pdg_embedded_path(b->l, rel);
	PDG_AUTO(fd) int fd = -1;
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = make_dirs(b, path, err);
	if (rc == 0)
		rc = io->write(io->ctx, path, in, &fd, err);
	if (rc == 0)
		rc = pdg_embedded_ahead_file(b->l, path, fd, err);
	if (rc == 0)
		fd = -1;
	return rc;
}

/*
 * A partial file of the lowest level, out of the spare one if there is one: what that lacks of @in
 * is written behind what it has, @kept, and it gets its name. Where that fails it is gone.
 */
static int write_wider(struct batch *b, bool entries, uint64_t n, const char *rel,
		       struct pdg_bytes kept, struct pdg_bytes in, struct pdg_error *err)
{
	struct pdg_embedded *l = b->l;
	const struct pdg_embedded_io *io = l->io;
	PDG_AUTO(mem) char *spare = pdg_embedded_spare_path(l, entries, n);
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, rel);
	PDG_AUTO(fd) int fd = l->spare[entries].fd;
	int rc;

	l->spare[entries].fd = -1;
	if (!spare || !path)
		return pdg_nomem(err);
	rc = make_dirs(b, path, err);
	if (rc == 0)
		rc = io->extend(io->ctx, spare, fd, kept.n, pdg_bytes_from(in, kept.n), err);
	if (rc == 0)
		rc = io->rename(io->ctx, spare, path, err);
	if (rc == 0)
		rc = pdg_embedded_ahead_file(l, path, fd, err);
	if (rc == 0)
		fd = -1;
	else
		(void)io->remove(io->ctx, spare, NULL);
	return rc;
}

static bool has_spare(const struct batch *b, bool entries, uint64_t n, unsigned width)
{
	const struct pdg_embedded_spare *spare = &b->l->spare[entries];

	return spare->fd >= 0 && spare->n == n && spare->width < width && width < PDG_TILE_WIDTH;
}

/* The tiles as they will be: staged ones first, then the edge in memory, then files. */
static int read_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	const struct batch *b = ctx;
	const struct pdg_embedded *l = b->l;
	struct pdg_bytes from = {0};
	size_t i;

	for (i = 0; i < b->n_staged; i++) {
		if (b->staged[i].level == level && b->staged[i].n == n)
			from = pdg_buf_bytes(&b->staged[i].hashes);
	}
	if (!from.p && level < PDG_TILE_LEVELS && n == l->size >> (8 * level) >> 8)
		from = pdg_buf_bytes(&l->edge[level]);
	if (!from.p)
		return pdg_embedded_kept(l, l->size, false, level, n, width, out, err);
	pdg_buf_put(out, pdg_bytes_head(from, (size_t)width * PDG_HASH_LEN));
	return pdg_buf_check(out, err);
}

static int write_tile(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
		      struct pdg_error *err)
{
	struct batch *b = ctx;
	unsigned width = (unsigned)(hashes.n / PDG_HASH_LEN);
	char rel[PDG_TILE_PATH_MAX];
	struct staged *s;

	if (pdg_array_grow(&b->staged, b->n_staged, &b->cap_staged, sizeof(*b->staged), TILES_MAX) <
	    0)
		return pdg_nomem(err);
	s = &b->staged[b->n_staged++];
	s->level = level;
	s->n = n;
	pdg_buf_init(&s->hashes, PDG_TILE_BYTES);
	pdg_buf_put(&s->hashes, hashes);
	if (s->hashes.failed)
		return pdg_nomem(err);
	pdg_tile_path(level, n, width, rel);
	if (level == 0 && has_spare(b, false, n, width))
		return write_wider(
			b, false, n, rel,
			pdg_bytes_head(hashes, (size_t)b->l->spare[0].width * PDG_HASH_LEN), hashes,
			err);
	return write_file(b, rel, hashes, err);
}

static int write_bundle(struct batch *b, uint64_t size, struct pdg_error *err)
{
	unsigned partial = (unsigned)(size % PDG_TILE_WIDTH);
	unsigned width = partial ? partial : PDG_TILE_WIDTH;
	uint64_t n = (size - 1) / PDG_TILE_WIDTH;
	struct pdg_bytes in = pdg_buf_bytes(&b->bundle);
	char rel[PDG_TILE_PATH_MAX];
	struct pdg_bytes kept;
	int rc = pdg_buf_check(&b->bundle, err);

	if (rc < 0)
		return rc;
	pdg_tile_entries_path(n, width, rel);
	if (has_spare(b, true, n, width) && pdg_entries_cut(in, b->l->spare[1].width, &kept))
		return write_wider(b, true, n, rel, kept, in, err);
	return write_file(b, rel, in, err);
}

static int write_bundles(struct batch *b, struct pdg_error *err)
{
	uint64_t size = b->l->size;
	size_t k;
	int rc;

	pdg_buf_put(&b->bundle, pdg_buf_bytes(&b->l->bundle));
	for (k = 0; k < b->n_entries; k++) {
		pdg_entries_put(&b->bundle, pdg_buf_bytes(&b->body[k]));
		size++;
		if (size % PDG_TILE_WIDTH != 0 && k + 1 < b->n_entries)
			continue;
		rc = write_bundle(b, size, err);
		if (rc < 0)
			return rc;
		if (size % PDG_TILE_WIDTH == 0)
			pdg_buf_reset(&b->bundle);
	}
	return 0;
}

/* The items that can be logged become entries of the batch; the others have their answer. */
static int make_bodies(struct batch *b, struct pdg_error *err)
{
	size_t i;
	int rc;

	for (i = 0; i < b->n; i++) {
		struct pdg_log_item *item = &b->items[i];
		struct pdg_buf *body = &b->body[b->n_entries];

		item->entry = NULL;
		pdg_buf_init(body, PDG_LIMIT_LOG_ENTRY);
		item->rc = pdg_entry_body(item->digest, item->sig, item->key, body, &item->err);
		if (item->rc < 0)
			continue;
		rc = pdg_merkle_leaf(pdg_buf_bytes(body), &b->leaf[b->n_entries], err);
		if (rc < 0)
			return rc;
		b->index[b->n_entries++] = i;
	}
	return 0;
}

/* Sign the new checkpoint, and read it back as a client will. */
static int make_note(struct batch *b, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	const struct pdg_embedded *l = b->l;
	int rc;

	rc = pdg_checkpoint_sign(l->origin, l->size + b->n_entries, &b->root, l->key, &b->note,
				 err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&b->note), &c, err);
	if (rc == 0)
		rc = pdg_checkpoint_verify(c, l->origin, l->key, err);
	return rc;
}

/*
 * What pdg_entry_verify() checks holds of each by construction. The proofs of the first and the
 * last are tried: all others are made of the same nodes.
 */
static int make_entries(struct batch *b, struct pdg_error *err)
{
	struct pdg_proof proof;
	struct pdg_entry_parts parts = {
		.log_id = b->l->id,
		.size = b->l->size + b->n_entries,
		.root = b->root,
		.proof = &proof,
		.checkpoint = pdg_buf_bytes(&b->note),
	};
	size_t k;
	int rc = 0;

	for (k = 0; rc == 0 && k < b->n_entries; k++) {
		parts.index = b->l->size + k;
		parts.body = pdg_buf_bytes(&b->body[k]);
		rc = pdg_tree_walk_inclusion(b->l->walk, parts.index, &proof, err);
		if (rc == 0 && (k == 0 || k + 1 == b->n_entries))
			rc = pdg_merkle_inclusion(&b->leaf[k], parts.index, parts.size, &proof,
						  &b->root, err);
		if (rc == 0)
			rc = pdg_entry_make(&parts, &b->entry[k], err);
	}
	return rc;
}

/* The staged tiles and the new bundle become the edge. Nothing here can fail. */
static void commit(struct batch *b)
{
	struct pdg_embedded *l = b->l;
	struct pdg_buf bundle = l->bundle;
	uint64_t size = l->size + b->n_entries;
	size_t i;

	for (i = 0; i < b->n_staged; i++) {
		struct staged *s = &b->staged[i];
		struct pdg_buf old = l->edge[s->level];

		/* In the order of writing: the last tile of a level is at its edge, or it is full.
		 */
		l->edge[s->level] = s->hashes;
		s->hashes = old;
		if (l->edge[s->level].n == PDG_TILE_BYTES)
			pdg_buf_reset(&l->edge[s->level]);
	}
	l->bundle = b->bundle;
	b->bundle = bundle;
	l->fresh = false;
	(void)pthread_mutex_lock(&l->state);
	pdg_buf_done(&l->note);
	l->note = b->note;
	pdg_buf_init(&b->note, PDG_LIMIT_CHECKPOINT);
	l->size = size;
	l->root = b->root;
	(void)pthread_mutex_unlock(&l->state);
	for (i = 0; b->items && i < b->n_entries; i++) {
		struct pdg_log_item *item = &b->items[b->index[i]];

		item->rc = 0;
		item->entry = PDG_TAKE(b->entry[i]);
	}
}

/* Files that nobody is told of yet, and the root of the tree that they make. */
static int stage(struct batch *b, const struct pdg_tile_store *s, struct pdg_error *err)
{
	int rc;

	if (b->n_entries > UINT64_MAX - b->l->size)
		return pdg_fail(err, PDG_E_LIMIT, "the log is full");
	if (b->l->fresh)
		pdg_embedded_sweep(b->l);
	rc = write_bundles(b, err);
	if (rc == 0 && !b->l->walk)
		rc = pdg_tree_walk_new(s, b->l->size, &b->l->walk, err);
	if (rc == 0)
		rc = pdg_tree_walk_append(b->l->walk, s, b->leaf, b->n_entries, &b->root, err);
	return rc;
}

/* The walk is over a tree that there will not be, and so are the files behind the first @files. */
static int undone(struct pdg_embedded *l, size_t files, int rc)
{
	pdg_embedded_ahead_take_back(l, files);
	pdg_tree_walk_free(PDG_TAKE(l->walk));
	return rc;
}

/* It has happened; what cannot be shown now is shown with the next one, or at the next start. Until
 * then the folder has all of the tree whose checkpoint it shows. */
static void show(struct batch *b)
{
	uint64_t old_size = b->l->size;
	uint64_t shown = b->l->shown;
	struct pdg_error why = {0};
	int rc = pdg_embedded_publish(b->l, pdg_buf_bytes(&b->note), false, &why);

	commit(b);
	pdg_embedded_shown(b->l, rc, &why);
	if (rc < 0 || shown != old_size)
		pdg_embedded_drop_superseded(b->l, old_size);
}

int pdg_embedded_append(struct pdg_embedded *l, struct pdg_log_item *items, size_t n,
			struct pdg_error *err)
{
	PDG_AUTO(batch) struct batch b = {0};
	const struct pdg_tile_store s = {.read = read_tile, .write = write_tile, .ctx = &b};
	size_t files;
	int rc;

	rc = batch_init(&b, l, items, n, err);
	if (rc == 0)
		rc = make_bodies(&b, err);
	if (rc < 0 || b.n_entries == 0)
		return rc;
	if (pdg_embedded_ahead_full(l))
		rc = pdg_embedded_settle(l, err);
	files = l->ahead.n_files;
	if (rc == 0)
		rc = stage(&b, &s, err);
	if (rc == 0)
		rc = make_note(&b, err);
	if (rc == 0)
		rc = make_entries(&b, err);
	if (rc == 0)
		rc = pdg_embedded_ahead_add(l, b.body, b.n_entries, pdg_buf_bytes(&b.note), err);
	if (rc < 0)
		return undone(l, files, rc);
	show(&b);
	return 0;
}

/* The recorded checkpoint is of just this tree, and ours. */
static int check_note(struct batch *b, struct pdg_bytes note, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	const struct pdg_embedded *l = b->l;
	int rc;

	pdg_buf_put(&b->note, note);
	rc = pdg_buf_check(&b->note, err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(note, &c, err);
	if (rc == 0)
		rc = pdg_checkpoint_verify(c, l->origin, l->key, err);
	if (rc == 0 &&
	    (c->size != l->size + b->n_entries || memcmp(c->root.b, b->root.b, PDG_HASH_LEN) != 0))
		rc = pdg_reject(err, "LOG-12",
				"\"%s\": what was appended last does not give its checkpoint",
				l->dir);
	return rc;
}

int pdg_embedded_append_again(struct pdg_embedded *l, const struct pdg_embedded_record *r,
			      struct pdg_error *err)
{
	PDG_AUTO(batch) struct batch b = {0};
	const struct pdg_tile_store s = {.read = read_tile, .write = write_tile, .ctx = &b};
	struct pdg_bytes rest = r->entries;
	size_t files = l->ahead.n_files;
	struct pdg_bytes entry;
	int rc;

	/* No record can say more entries than its bytes have room for. */
	if (r->n > r->entries.n)
		return pdg_reject(err, "LOG-12", "\"%s\": a record is not of its form", l->dir);
	rc = batch_init(&b, l, NULL, r->n, err);
	while (rc == 0 && b.n_entries < r->n && pdg_entries_next(&rest, &entry)) {
		struct pdg_buf *body = &b.body[b.n_entries];

		pdg_buf_init(body, PDG_LIMIT_LOG_ENTRY);
		pdg_buf_put(body, entry);
		rc = pdg_buf_check(body, err);
		if (rc == 0)
			rc = pdg_merkle_leaf(entry, &b.leaf[b.n_entries++], err);
	}
	if (rc == 0)
		rc = stage(&b, &s, err);
	if (rc == 0)
		rc = check_note(&b, r->note, err);
	if (rc < 0)
		return undone(l, files, rc);
	show(&b);
	return 0;
}
