/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial tiles that nobody needs: those that an append replaced, and, before the first append
 * after a start or a failure, what one that was cut off left. The latter would come to lie within
 * the tree as it grows, and may hold other entries than it. A file that cannot be removed stays.
 */
#include "tlog/embedded_impl.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/str.h"

#define SPARE "spare"

char *pdg_embedded_spare_path(const struct pdg_embedded *l, bool entries, uint64_t n)
{
	char rel[PDG_TILE_PATH_MAX];
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *dir = NULL;

	if (entries)
		pdg_tile_entries_path(n, 1, rel);
	else
		pdg_tile_path(0, n, 1, rel);
	path = pdg_embedded_path(l, rel);
	dir = path ? pdg_path_dir(path) : NULL;
	return dir ? pdg_path_join(dir, SPARE) : NULL;
}

/* One of an earlier run too, which a crash left. */
static void remove_spare(struct pdg_embedded *l, bool entries, uint64_t n)
{
	struct pdg_embedded_spare *spare = &l->spare[entries];
	PDG_AUTO(mem) char *path = pdg_embedded_spare_path(l, entries, n);

	pdg_auto_fd(&spare->fd);
	spare->fd = -1;
	if (path)
		(void)l->io->remove(l->io->ctx, path, NULL);
}

void pdg_embedded_spare_done(struct pdg_embedded *l)
{
	unsigned entries;

	for (entries = 0; entries < 2; entries++) {
		if (l->spare[entries].fd >= 0)
			remove_spare(l, entries, l->spare[entries].n);
	}
}

/* The file @path is kept for the next one, if it was written here. */
static bool make_spare(struct pdg_embedded *l, bool entries, uint64_t n, unsigned width,
		       const char *path)
{
	struct pdg_embedded_spare *spare = &l->spare[entries];
	PDG_AUTO(mem) char *to = pdg_embedded_spare_path(l, entries, n);

	if (spare->fd >= 0 || !pdg_embedded_ahead_has(l, path) || !to ||
	    l->io->rename(l->io->ctx, path, to, NULL) < 0)
		return false;
	*spare = (struct pdg_embedded_spare){
		.fd = pdg_embedded_ahead_forget(l, path), .n = n, .width = width};
	return true;
}

/* Remove what the old tree kept of a tile, now that more is published. Failure only leaves a file.
 */
static void remove_partial(struct pdg_embedded *l, bool entries, unsigned level, uint64_t n,
			   unsigned old, unsigned now)
{
	char rel[PDG_TILE_PATH_MAX];
	char *path;
	char *dir;
	bool gone;
	int fd = -1;

	if (entries)
		pdg_tile_entries_path(n, old, rel);
	else
		pdg_tile_path(level, n, old, rel);
	path = pdg_embedded_path(l, rel);
	if (path && level == 0 && now < PDG_TILE_WIDTH && make_spare(l, entries, n, old, path)) {
		free(path);
		return;
	}
	gone = path && l->io->remove(l->io->ctx, path, NULL) == 0;
	if (gone)
		fd = pdg_embedded_ahead_forget(l, path);
	pdg_auto_fd(&fd);
	if (level == 0 && now == PDG_TILE_WIDTH)
		remove_spare(l, entries, n);
	if (gone && now == PDG_TILE_WIDTH) {
		dir = pdg_path_dir(path);
		if (dir)
			(void)l->io->remove(l->io->ctx, dir, NULL);
		free(dir);
	}
	free(path);
}

void pdg_embedded_drop_superseded(struct pdg_embedded *l, uint64_t old_size)
{
	unsigned level;

	for (level = 0; level < PDG_TILE_LEVELS; level++) {
		uint64_t n = old_size >> (8 * level) >> 8;
		unsigned old = pdg_tile_width(old_size, level, n);
		unsigned now = pdg_tile_width(l->size, level, n);

		if (old == 0 || old == now || old == pdg_tile_width(l->ahead.base, level, n) ||
		    old == pdg_tile_width(l->shown, level, n))
			continue;
		if (level == 0)
			remove_partial(l, true, 0, n, old, now);
		remove_partial(l, false, level, n, old, now);
	}
}

void pdg_embedded_shown(struct pdg_embedded *l, int rc, const struct pdg_error *why)
{
	uint64_t before = l->shown;

	if (rc < 0 && l->show_rc == 0)
		pdg_log_error(PDG_LOG_WARN, "checkpoint-not-written", why);
	(void)pthread_mutex_lock(&l->state);
	l->show_rc = rc;
	l->show_why = *why;
	(void)pthread_mutex_unlock(&l->state);
	if (rc < 0)
		return;
	l->shown = l->size;
	pdg_embedded_drop_superseded(l, before);
}

/* The partial files of one tile, but for the one that the tree of this size has. */
static void sweep_tile(const struct pdg_embedded *l, bool entries, unsigned level, uint64_t n)
{
	unsigned base = pdg_tile_width(l->ahead.base, level, n);
	unsigned shown = pdg_tile_width(l->shown, level, n);
	PDG_AUTO(names) struct pdg_names names = {0};
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *dir = NULL;
	unsigned now = pdg_tile_width(l->size, level, n);
	char rel[PDG_TILE_PATH_MAX];
	uint64_t width;
	size_t i;

	if (entries)
		pdg_tile_entries_path(n, 1, rel);
	else
		pdg_tile_path(level, n, 1, rel);
	path = pdg_embedded_path(l, rel);
	dir = path ? pdg_path_dir(path) : NULL;
	if (!dir || pdg_fs_list(dir, PDG_TILE_WIDTH, &names, NULL) < 0)
		return;
	for (i = 0; i < names.n; i++) {
		PDG_AUTO(mem) char *file = pdg_path_join(dir, names.v[i]);

		if (file && pdg_bytes_u64(pdg_bytes_str(names.v[i]), PDG_TILE_WIDTH - 1, &width) &&
		    width != now && width != base && width != shown)
			(void)l->io->remove(l->io->ctx, file, NULL);
	}
}

void pdg_embedded_sweep(const struct pdg_embedded *l)
{
	unsigned level;
	uint64_t n;

	/* An append has less entries than a tile: it reaches from one tile into the next. */
	for (level = 0; level < PDG_TILE_LEVELS; level++) {
		uint64_t edge = l->size >> (8 * level) >> 8;

		for (n = edge ? edge - 1 : 0; n <= edge + 1; n++) {
			if (level == 0)
				sweep_tile(l, true, 0, n);
			sweep_tile(l, false, level, n);
		}
	}
}
