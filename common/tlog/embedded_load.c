/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the folder to memory, at the start. What a crash left
 * may be newer than anything that was acknowledged, and only in the page cache: it is made
 * durable before it is believed, or a power failure could take back what was served.
 */
#include <inttypes.h>

#include "tlog/embedded_impl.h"
#include "tlog/entries.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

/* The folder's state, gathered before any of it replaces what is in memory. */
struct found {
	struct pdg_buf note;
	struct pdg_checkpoint *checkpoint;
	struct pdg_buf edge[PDG_TILE_LEVELS];
	struct pdg_buf bundle;
};

static void found_init(struct found *f)
{
	size_t i;

	*f = (struct found){0};
	pdg_buf_init(&f->note, PDG_LIMIT_CHECKPOINT);
	pdg_buf_init(&f->bundle, PDG_ENTRIES_MAX);
	for (i = 0; i < PDG_TILE_LEVELS; i++)
		pdg_buf_init(&f->edge[i], PDG_TILE_BYTES);
}

static void found_done(struct found *f)
{
	size_t i;

	pdg_buf_done(&f->note);
	pdg_checkpoint_free(f->checkpoint);
	pdg_buf_done(&f->bundle);
	for (i = 0; i < PDG_TILE_LEVELS; i++)
		pdg_buf_done(&f->edge[i]);
}
PDG_AUTO_DEFINE_VALUE(found, struct found, found_done)

/* Any failure to judge the checkpoint means that it is not ours; the machine's stay theirs. */
static int not_ours(struct pdg_error *err, int rc, const char *path)
{
	struct pdg_error was = {0};

	if (err)
		was = *err;
	if (rc == PDG_E_NOMEM || rc == PDG_E_IO || rc == PDG_E_CRYPTO)
		return rc;
	rc = pdg_reject(err, "LOG-11", "\"%s\": %s", path, was.text);
	pdg_fix(err, "configure the key and origin that this log was begun with; if its checkpoint "
		     "is damaged restore the folder from a backup");
	return rc;
}

/* Is @f->note a checkpoint of this log? @path is where it stands. */
static int judge_note(const struct pdg_embedded *l, struct found *f, const char *path,
		      struct pdg_error *err)
{
	int rc = pdg_checkpoint_parse(pdg_buf_bytes(&f->note), &f->checkpoint, err);

	if (rc < 0)
		return not_ours(err, rc, path);
	if (!pdg_str_eq(f->checkpoint->origin, l->origin))
		rc = pdg_fail(err, PDG_E_REJECTED, "was begun with origin \"%s\", not \"%s\"",
			      f->checkpoint->origin, l->origin);
	else
		rc = pdg_checkpoint_verify(f->checkpoint, l->origin, l->key, err);
	return rc < 0 ? not_ours(err, rc, path) : 0;
}

static int read_checkpoint(const struct pdg_embedded *l, struct found *f, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, PDG_EMBEDDED_CHECKPOINT);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = l->io->sync(l->io->ctx, path, err);
	if (rc == 0)
		rc = l->io->sync(l->io->ctx, l->dir, err);
	if (rc == 0)
		rc = pdg_fs_read(path, &f->note, err);
	return rc < 0 ? rc : judge_note(l, f, path, err);
}

/*
 * What a crash left in "ahead" goes on from the tree that is its base; the checkpoint's file need
 * not be whole then. One of a newer tree says that "ahead" is left from some other time.
 */
static int choose(const struct pdg_embedded *l, struct pdg_buf *ahead, struct found *f,
		  struct pdg_error *err)
{
	struct pdg_error unread = {0};
	struct pdg_embedded_record base;
	struct pdg_bytes rest;
	uint64_t newest = 0;
	int rc;

	rc = pdg_embedded_ahead_read(l, ahead, err);
	if (rc < 0)
		return rc;
	rc = read_checkpoint(l, f, &unread);
	if (!pdg_embedded_ahead_newest(pdg_buf_bytes(ahead), &newest) ||
	    (rc == 0 && f->checkpoint->size > newest)) {
		pdg_buf_reset(ahead);
		if (rc < 0 && err)
			*err = unread;
		return rc;
	}
	rest = pdg_buf_bytes(ahead);
	if (!pdg_embedded_ahead_next(&rest, &base))
		return pdg_fail(err, PDG_E_INTERNAL, "\"ahead\" has no base");
	pdg_checkpoint_free(PDG_TAKE(f->checkpoint));
	pdg_buf_reset(&f->note);
	pdg_buf_put(&f->note, base.note);
	rc = pdg_buf_check(&f->note, err);
	return rc < 0 ? rc : judge_note(l, f, "ahead", err);
}

/* The root is folded from the partial tiles of the right-hand edge alone. */
static int read_edge(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	const struct found *f = ctx;

	if (level >= PDG_TILE_LEVELS || f->edge[level].n < (size_t)width * PDG_HASH_LEN)
		return pdg_fail(err, PDG_E_INTERNAL, "tile %u/%" PRIu64 " is not at the edge",
				level, n);
	pdg_buf_put(out, pdg_bytes(f->edge[level].p, (size_t)width * PDG_HASH_LEN));
	return 0;
}

static int read_tiles(const struct pdg_embedded *l, struct found *f, struct pdg_error *err)
{
	const struct pdg_tile_store s = {.read = read_edge, .ctx = f};
	uint64_t size = f->checkpoint->size;
	struct pdg_hash32 root;
	unsigned level;
	int rc;

	for (level = 0; level < PDG_TILE_LEVELS; level++) {
		uint64_t n = size >> (8 * level) >> 8;
		unsigned width = pdg_tile_width(size, level, n);

		if (width == 0)
			continue;
		rc = pdg_embedded_kept(l, size, false, level, n, width, &f->edge[level], err);
		if (rc < 0)
			return rc;
	}
	rc = pdg_tree_root(&s, size, &root, err);
	if (rc < 0)
		return rc;
	if (memcmp(root.b, f->checkpoint->root.b, PDG_HASH_LEN) != 0)
		return pdg_reject(
			err, "LOG-12",
			"the tiles in \"%s\" do not give the root of the checkpoint of %" PRIu64
			" entries",
			l->dir, size);
	return 0;
}

static int read_bundle(const struct pdg_embedded *l, struct found *f, struct pdg_error *err)
{
	uint64_t size = f->checkpoint->size;
	uint64_t n = size / PDG_TILE_WIDTH;
	unsigned width = pdg_tile_width(size, 0, n);
	struct pdg_bytes rest;
	struct pdg_bytes entry;
	struct pdg_hash32 leaf;
	unsigned i;
	int rc;

	if (width == 0)
		return 0;
	rc = pdg_embedded_kept(l, size, true, 0, n, width, &f->bundle, err);
	if (rc < 0)
		return rc;
	rest = pdg_buf_bytes(&f->bundle);
	for (i = 0; pdg_entries_next(&rest, &entry); i++) {
		rc = pdg_merkle_leaf(entry, &leaf, err);
		if (rc < 0)
			return rc;
		if (memcmp(leaf.b, f->edge[0].p + (size_t)i * PDG_HASH_LEN, PDG_HASH_LEN) != 0)
			return pdg_reject(err, "LOG-12",
					  "entry %" PRIu64 " in \"%s\" is not the one in the tree",
					  n * PDG_TILE_WIDTH + i, l->dir);
	}
	return 0;
}

/* The tree of @f's checkpoint, as the folder has it. */
static int read_tree(const struct pdg_embedded *l, struct found *f, struct pdg_error *err)
{
	struct pdg_error was = {0};
	int rc = read_tiles(l, f, err);

	if (rc == 0)
		rc = read_bundle(l, f, err);
	if (rc != PDG_E_NOTFOUND)
		return rc;
	if (err)
		was = *err;
	return pdg_reject(err, "LOG-12", "%s, and the checkpoint covers it", was.text);
}

/* Append again what only "ahead" had for sure, then make all of it durable. */
static int go_on(struct pdg_embedded *l, struct pdg_bytes ahead, struct pdg_error *err)
{
	struct pdg_embedded_record r;
	bool some = false;
	int rc = 0;

	if (!pdg_embedded_ahead_next(&ahead, &r))
		return 0;
	l->ahead.base = l->size; /* whose files stay until the last step */
	while (rc == 0 && pdg_embedded_ahead_next(&ahead, &r) && r.size == l->size) {
		rc = pdg_embedded_append_again(l, &r, err);
		some = true;
	}
	return rc < 0 || !some ? rc : pdg_embedded_settle(l, err);
}

/* Whoever only checks is told of damage when he asks for it, and of everything else by then. */
static int damaged(struct pdg_embedded *l, bool to_check, int rc, const struct pdg_error *why,
		   struct pdg_error *err)
{
	if (rc < 0 && to_check && pdg_str_eq(why->rule, "LOG-12")) {
		l->damage = *why;
		return 0;
	}
	if (rc < 0 && err)
		*err = *why;
	return rc;
}

/* What was read is what is in memory from here on. */
static void take(struct pdg_embedded *l, struct found *f)
{
	unsigned level;

	for (level = 0; level < PDG_TILE_LEVELS; level++)
		pdg_buf_swap(&l->edge[level], &f->edge[level]);
	pdg_buf_swap(&l->bundle, &f->bundle);
	l->fresh = true;
	(void)pthread_mutex_lock(&l->state);
	pdg_buf_swap(&l->note, &f->note);
	l->size = f->checkpoint->size;
	l->shown = l->size;
	l->root = f->checkpoint->root;
	(void)pthread_mutex_unlock(&l->state);
}

int pdg_embedded_load(struct pdg_embedded *l, bool to_check, struct pdg_error *err)
{
	PDG_AUTO(found) struct found f = {0};
	PDG_AUTO(buf) struct pdg_buf ahead = PDG_BUF_INIT(0);
	struct pdg_error why = {0};
	int rc;

	found_init(&f);
	rc = choose(l, &ahead, &f, err);
	if (rc < 0)
		return rc;
	rc = damaged(l, to_check, read_tree(l, &f, &why), &why, err);
	if (rc < 0)
		return rc;
	take(l, &f);
	if (pdg_embedded_is_damaged(&l->log))
		return 0;
	rc = go_on(l, pdg_buf_bytes(&ahead), &why);
	return damaged(l, to_check, rc, &why, err);
}

int pdg_embedded_publish(const struct pdg_embedded *l, struct pdg_bytes note, bool durably,
			 struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, PDG_EMBEDDED_CHECKPOINT);
	PDG_AUTO(mem) char *temp = pdg_embedded_path(l, PDG_EMBEDDED_CHECKPOINT_NEW);
	int fd = -1;
	int rc;

	if (!path || !temp)
		return pdg_nomem(err);
	rc = l->io->write(l->io->ctx, temp, note, &fd, err);
	if (rc == 0 && durably)
		rc = l->io->finish(l->io->ctx, temp, fd, err);
	else
		pdg_auto_fd(&fd);
	if (rc == 0)
		rc = l->io->rename(l->io->ctx, temp, path, err);
	if (rc == 0 && durably)
		rc = l->io->sync(l->io->ctx, l->dir, err);
	return rc;
}
