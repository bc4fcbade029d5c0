/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of the embedded log while another process appends to it: the checkpoint first, then every
 * tile and entry bundle that it covers. What is published never changes, so the copy is that tree,
 * whatever is appended in the meantime.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "tlog/embedded_impl.h"
#include "tlog/entries.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

struct copying {
	struct pdg_embedded from; /* dir alone, and its size as read last */
	const char *to;
	uint64_t size; /* of the copy */
};

static int read_size(const char *dir, struct pdg_buf *note, struct pdg_checkpoint **out,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, PDG_EMBEDDED_CHECKPOINT);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_fs_read(path, note, err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(note), out, err);
	return rc < 0 ? pdg_context(err, rc, "\"%s\"", path) : 0;
}

int pdg_embedded_size_shown(const char *dir, uint64_t *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *now = NULL;
	int rc = read_size(dir, &note, &now, err);

	if (rc == 0)
		*out = now->size;
	return rc;
}

/* The checkpoint may be a newer one by now. */
static int look_again(struct copying *c, struct pdg_error *err)
{
	return pdg_embedded_size_shown(c->from.dir, &c->from.size, err);
}

static int read_one(struct copying *c, bool entries, unsigned level, uint64_t n, unsigned width,
		    struct pdg_buf *out, struct pdg_error *err)
{
	uint64_t tried;
	bool gone;
	int rc;

	/* A partial file gives way to a wider one, and becomes that, when an append is published in
	 * between. */
	do {
		struct pdg_error unread = {0};

		tried = c->from.size;
		rc = pdg_embedded_kept(&c->from, tried, entries, level, n, width, out, err);
		gone = rc == PDG_E_NOTFOUND || rc == PDG_E_REJECTED;
		if (gone && look_again(c, &unread) < 0)
			return rc;
	} while (gone && c->from.size != tried);
	return rc;
}

static int put(const char *dir, const char *rel, struct pdg_bytes in, struct pdg_error *err)
{
	const struct pdg_embedded_io *io = &pdg_embedded_io_files;
	PDG_AUTO(mem) char *path = pdg_path_join(dir, rel);
	PDG_AUTO(mem) char *parent = path ? pdg_path_dir(path) : NULL;
	int fd = -1;
	int rc;

	if (!parent)
		return pdg_nomem(err);
	rc = pdg_fs_mkdirs(parent, 0700, err);
	if (rc == 0)
		rc = io->write(io->ctx, path, in, &fd, err);
	pdg_auto_fd(&fd);
	return rc;
}

static int copy_one(struct copying *c, bool entries, unsigned level, uint64_t n, unsigned width,
		    struct pdg_error *err)
{
	PDG_AUTO(buf)
	struct pdg_buf bytes = PDG_BUF_INIT(entries ? PDG_ENTRIES_MAX : PDG_TILE_BYTES);
	char rel[PDG_TILE_PATH_MAX];
	int rc = read_one(c, entries, level, n, width, &bytes, err);

	if (rc < 0)
		return rc;
	if (entries)
		pdg_tile_entries_path(n, width, rel);
	else
		pdg_tile_path(level, n, width, rel);
	return put(c->to, rel, pdg_buf_bytes(&bytes), err);
}

static int copy_level(struct copying *c, unsigned level, struct pdg_error *err)
{
	unsigned width;
	uint64_t n;
	int rc = 0;

	for (n = 0; rc == 0 && (width = pdg_tile_width(c->size, level, n)) > 0; n++) {
		rc = copy_one(c, false, level, n, width, err);
		if (rc == 0 && level == 0)
			rc = copy_one(c, true, 0, n, width, err);
	}
	return rc;
}

static int read_copied(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		       struct pdg_error *err)
{
	struct copying *c = ctx;
	struct pdg_embedded copied = {.dir = (char *)(uintptr_t)c->to};

	return pdg_embedded_kept(&copied, c->size, false, level, n, width, out, err);
}

/* What lies at the right-hand edge of the copy must give the root that the checkpoint signs. */
static int check_root(struct copying *c, const struct pdg_checkpoint *note, struct pdg_error *err)
{
	const struct pdg_tile_store s = {.read = read_copied, .ctx = c};
	struct pdg_hash32 root;
	int rc = pdg_tree_root(&s, c->size, &root, err);

	if (rc < 0)
		return rc;
	if (memcmp(root.b, note->root.b, PDG_HASH_LEN) != 0)
		return pdg_reject(err, "LOG-12",
				  "the tiles of %" PRIu64
				  " entries do not give the checkpoint's root",
				  c->size);
	return 0;
}

static int copy_key(const char *from, const char *to, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(mem) char *old = pdg_path_join(from, PDG_EMBEDDED_KEY);
	PDG_AUTO(mem) char *new = pdg_path_join(to, PDG_EMBEDDED_KEY);
	int rc;

	if (!old || !new)
		return pdg_nomem(err);
	rc = pdg_fs_read(old, &pem, err);
	if (rc == 0)
		rc = pdg_fs_create(new, pdg_buf_bytes(&pem), 0600, err);
	return rc;
}

int pdg_embedded_backup(const char *from, const char *to, bool own_key, uint64_t *out_size,
			struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(mem) char *dir = pdg_str_dup(from);
	struct copying copying = {.to = to};
	unsigned level;
	int rc;

	if (!dir)
		return pdg_nomem(err);
	rc = read_size(from, &note, &c, err);
	if (rc < 0)
		return rc;
	copying.from.dir = dir;
	copying.from.size = copying.size = c->size;
	rc = pdg_fs_mkdirs(to, 0700, err);
	for (level = 0; rc == 0 && level < PDG_TILE_LEVELS; level++)
		rc = copy_level(&copying, level, err);
	if (rc == 0)
		rc = check_root(&copying, c, err);
	if (rc == 0)
		rc = put(to, PDG_EMBEDDED_CHECKPOINT, pdg_buf_bytes(&note), err);
	if (rc == 0 && own_key)
		rc = copy_key(from, to, err);
	if (rc == 0)
		*out_size = c->size;
	return rc;
}
