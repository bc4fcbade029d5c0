/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of everything in the embedded log's folder: the tree from its entries up against the
 * checkpoint, then every file of a tile that lies there. A crash leaves narrower ones beside those
 * that replaced them; whoever serves the folder by other means serves these too.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tlog/embedded_impl.h"
#include "tlog/entries.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

/* A folder of tiles has a thousand of them, as many with ".p", and as many folders beside them. */
#define NAMES_MAX 4096
#define TILES	  "tile"
#define DEPTH_MAX 10 /* "tile", a level, 7 groups of digits, ".p" */

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

/* Is the file @rel ("tile/…") the first part of what is published? */
static int check_narrow(struct pdg_embedded *l, const char *rel, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	PDG_AUTO(mem) char *path = NULL;
	uint64_t n;
	unsigned level, width, now;
	bool entries;
	int rc;

	if (!pdg_tile_path_parse(pdg_bytes_from(pdg_bytes_str(rel), strlen(TILES "/")), &entries,
				 &level, &n, &width))
		return 0;
	/* Of the tree's own width: checked. Wider: an append that was cut off, and never served. */
	now = pdg_tile_width(pdg_embedded_size(&l->log), entries ? 0 : level, n);
	if (width >= now)
		return 0;
	path = pdg_embedded_path(l, rel);
	if (!path)
		return pdg_nomem(err);
	rc = pdg_fs_read(path, &file, err);
	if (rc == PDG_E_NOTFOUND) /* an append goes on and has removed it */
		return 0;
	if (rc == 0)
		rc = pdg_embedded_published(l, entries, level, n, width, &kept, err);
	if (rc < 0)
		return rc;
	/* One that an append has made a wider one of meanwhile has its name no more. */
	if (pdg_bytes_eq(pdg_buf_bytes(&file), pdg_buf_bytes(&kept)) || !pdg_fs_exists(path))
		return 0;
	rc = pdg_reject(err, "LOG-12", "\"%s\" is not how the tile that replaced it begins", path);
	pdg_fix(err, "the log itself holds: stop the service and remove this file");
	return rc;
}

/* Everything below @rel. A folder that goes away while an append goes on is none. */
static int check_below(struct pdg_embedded *l, const char *rel, unsigned depth,
		       struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = pdg_embedded_path(l, rel);
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t i;
	int rc;

	if (!dir)
		return pdg_nomem(err);
	if (!pdg_fs_is_dir(dir))
		return check_narrow(l, rel, err);
	rc = pdg_fs_list(dir, NAMES_MAX, &names, err);
	if (rc == PDG_E_NOTFOUND)
		return 0;
	for (i = 0; rc == 0 && i < names.n; i++) {
		PDG_AUTO(mem) char *below = NULL;

		if (!pdg_tile_path_element(names.v[i], depth == 0))
			continue;
		below = pdg_path_join(rel, names.v[i]);
		if (!below)
			return pdg_nomem(err);
		if (depth < DEPTH_MAX)
			rc = check_below(l, below, depth + 1, err);
	}
	return rc;
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
	*out_entries = size;
	if (rc == 0 && pdg_embedded_is_damaged(log)) {
		if (err)
			*err = l->damage;
		return l->damage.code;
	}
	for (n = 0; rc == 0 && n * PDG_TILE_WIDTH < size; n++)
		rc = check_bundle(l, n, pdg_tile_width(size, 0, n), &root, err);
	if (rc < 0)
		return rc;
	if (memcmp(root.b, published.b, PDG_HASH_LEN) != 0)
		return pdg_reject(err, "LOG-12",
				  "the %" PRIu64 " entries do not give the root of the checkpoint",
				  size);
	return check_below(l, TILES, 0, err);
}

bool pdg_embedded_is_damaged(const struct pdg_log *log)
{
	return ((const struct pdg_embedded *)log)->damage.rule[0] != '\0';
}

int pdg_embedded_had(struct pdg_log *log, uint64_t size, const struct pdg_hash32 *root,
		     struct pdg_error *err)
{
	const struct pdg_tile_store s = {.read = read_kept, .ctx = log};
	uint64_t now = pdg_embedded_size(log);
	struct pdg_hash32 was;
	int rc;

	if (size > now)
		return pdg_reject(err, "LOG-2",
				  "the log has %" PRIu64 " entries, and once had %" PRIu64, now,
				  size);
	rc = size ? pdg_tree_root(&s, size, &was, err) : pdg_merkle_empty(&was, err);
	if (rc < 0)
		return rc;
	if (memcmp(was.b, root->b, PDG_HASH_LEN) != 0)
		return pdg_reject(err, "LOG-2",
				  "the first %" PRIu64 " entries have another root than they had",
				  size);
	return 0;
}
