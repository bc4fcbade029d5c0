/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log's files as they are served. Only what the published checkpoint covers is ever
 * read: behind it lies what a crash left or what an append is writing just now.
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

	/* A partial file gives way to a wider one, and becomes that, when an append is published in
	 * between. */
	do {
		tried = size;
		rc = pdg_embedded_kept(l, size, entries, level, n, width, out, err);
		size = pdg_embedded_size(&l->log);
	} while ((rc == PDG_E_NOTFOUND || rc == PDG_E_REJECTED) && size != tried);
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
