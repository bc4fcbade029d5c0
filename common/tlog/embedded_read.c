/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log's files as they are served, and the check of all of them. Only what the
 * published checkpoint covers is ever read: behind it lies what a crash left or what an append is
 * writing just now.
 */
#include <inttypes.h>

#include "tlog/embedded_impl.h"
#include "tlog/entries.h"
#include "util/fs.h"
#include "util/size.h"

char *pdg_embedded_path(const struct pdg_embedded *l, const char *rel)
{
	return pdg_path_join(l->dir, rel);
}

static bool cut(struct pdg_bytes file, bool entries, unsigned kept, unsigned width,
		struct pdg_bytes *out)
{
	struct pdg_bytes whole;

	if (!entries) {
		*out = pdg_bytes_head(file, (size_t)width * PDG_HASH_LEN);
		return file.n == (size_t)kept * PDG_HASH_LEN;
	}
	return pdg_entries_cut(file, kept, &whole) && whole.n == file.n &&
	       pdg_entries_cut(file, width, out);
}

int pdg_embedded_kept(const struct pdg_embedded *l, uint64_t size, bool entries, unsigned level,
		      uint64_t n, unsigned width, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf)
	struct pdg_buf file = PDG_BUF_INIT(entries ? PDG_ENTRIES_MAX : PDG_TILE_BYTES);
	PDG_AUTO(mem) char *path = NULL;
	unsigned kept = pdg_tile_width(size, level, n);
	char rel[PDG_TILE_PATH_MAX];
	struct pdg_bytes part;
	int rc;

	if (width == 0 || kept < width)
		return pdg_fail(err, PDG_E_NOTFOUND,
				"the log of %" PRIu64 " entries has no such tile", size);
	if (entries)
		pdg_tile_entries_path(n, kept, rel);
	else
		pdg_tile_path(level, n, kept, rel);
	path = pdg_embedded_path(l, rel);
	if (!path)
		return pdg_nomem(err);
	rc = pdg_fs_read(path, &file, err);
	if (rc == PDG_E_LIMIT ||
	    (rc == 0 && !cut(pdg_buf_bytes(&file), entries, kept, width, &part)))
		return pdg_reject(err, "LOG-12", "\"%s\" does not hold %u %s", path, kept,
				  entries ? "entries" : "hashes");
	if (rc < 0)
		return rc;
	pdg_buf_put(out, part);
	return pdg_buf_check(out, err);
}

int pdg_embedded_published(struct pdg_embedded *l, bool entries, unsigned level, uint64_t n,
			   unsigned width, struct pdg_buf *out, struct pdg_error *err)
{
	uint64_t tried;
	uint64_t size = pdg_embedded_size(&l->log);
	int rc;

	/* A partial file gives way to a wider one when an append is published in between. */
	do {
		tried = size;
		rc = pdg_embedded_kept(l, size, entries, level, n, width, out, err);
		size = pdg_embedded_size(&l->log);
	} while (rc == PDG_E_NOTFOUND && size != tried);
	return rc;
}

static int served_checkpoint(struct pdg_embedded *l, struct pdg_buf *out, struct pdg_error *err)
{
	(void)pthread_mutex_lock(&l->state);
	pdg_buf_put(out, pdg_buf_bytes(&l->note));
	(void)pthread_mutex_unlock(&l->state);
	return pdg_buf_check(out, err);
}

int pdg_embedded_file(struct pdg_log *log, const char *path, struct pdg_buf *out,
		      struct pdg_error *err)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	struct pdg_bytes p = pdg_bytes_str(path);
	bool entries;
	unsigned level;
	unsigned width;
	uint64_t n;

	if (pdg_bytes_eq_str(p, PDG_EMBEDDED_CHECKPOINT))
		return served_checkpoint(l, out, err);
	if (!pdg_bytes_starts(p, "tile/") ||
	    !pdg_tile_path_parse(pdg_bytes_from(p, strlen("tile/")), &entries, &level, &n, &width))
		return pdg_fail(err, PDG_E_NOTFOUND, "\"%s\" is not a file of a log", path);
	return pdg_embedded_published(l, entries, level, n, width, out, err);
}

/* A file that the checkpoint covers and that is not there is damage, not a wrong question. */
static int damage(struct pdg_error *err, int rc)
{
	struct pdg_error was = {0};

	if (rc != PDG_E_NOTFOUND)
		return rc;
	if (err)
		was = *err;
	return pdg_reject(err, "LOG-12", "%s", was.text);
}

static int read_kept(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	return damage(err, pdg_embedded_published(ctx, false, level, n, width, out, err));
}

/* A store that is built anew from the entries and never written: each tile must be there already.
 */
static int compare_kept(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
			struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(PDG_TILE_BYTES);
	int rc = read_kept(ctx, level, n, (unsigned)(hashes.n / PDG_HASH_LEN), &kept, err);

	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(pdg_buf_bytes(&kept), hashes))
		return pdg_reject(err, "LOG-12",
				  "tile %u/%" PRIu64 " is not what the entries below it give",
				  level, n);
	return 0;
}

/* Check bundle @n, the next @width entries, and every tile that it ends in. */
static int check_bundle(struct pdg_embedded *l, uint64_t n, unsigned width,
			struct pdg_hash32 *out_root, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bundle = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	PDG_AUTO(mem) struct pdg_hash32 *leaves = pdg_calloc(PDG_TILE_WIDTH, sizeof(*leaves));
	const struct pdg_tile_store s = {.read = read_kept, .write = compare_kept, .ctx = l};
	struct pdg_bytes rest;
	struct pdg_bytes entry;
	unsigned i;
	int rc;

	if (!leaves)
		return pdg_nomem(err);
	rc = damage(err, pdg_embedded_published(l, true, 0, n, width, &bundle, err));
	if (rc < 0)
		return rc;
	rest = pdg_buf_bytes(&bundle);
	for (i = 0; i < width && pdg_entries_next(&rest, &entry); i++) {
		rc = pdg_merkle_leaf(entry, &leaves[i], err);
		if (rc < 0)
			return rc;
	}
	return pdg_tree_append(&s, n * PDG_TILE_WIDTH, leaves, width, out_root, err);
}

int pdg_embedded_fsck(struct pdg_log *log, uint64_t *out_entries, struct pdg_error *err)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	struct pdg_hash32 published;
	struct pdg_hash32 root;
	uint64_t size;
	uint64_t n;
	int rc = pdg_merkle_empty(&root, err);

	(void)pthread_mutex_lock(&l->state);
	size = l->size;
	published = l->root;
	(void)pthread_mutex_unlock(&l->state);
	for (n = 0; rc == 0 && n * PDG_TILE_WIDTH < size; n++)
		rc = check_bundle(l, n, pdg_tile_width(size, 0, n), &root, err);
	if (rc < 0)
		return rc;
	if (memcmp(root.b, published.b, PDG_HASH_LEN) != 0)
		return pdg_reject(err, "LOG-12",
				  "the %" PRIu64 " entries do not give the root of the checkpoint",
				  size);
	*out_entries = size;
	return 0;
}
