/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose the embedded log's files are, before any is opened: what another user restored is told by
 * the start and by --fsck alike, with the path and what mends it, and not by the
 * append that fails on it hours later. A pipe in the place of a file is never waited for.
 */
#include <string.h>
#include <sys/stat.h>

#include "tlog/embedded_impl.h"
#include "util/fs.h"
#include "util/str.h"

#define TILES	  "tile"
#define NAMES_MAX 4096
#define DEPTH_MAX 10 /* "tile", a level, 7 groups of digits, ".p" */

#define FOLDER (PDG_OWN_DIR | PDG_OWN_READ | PDG_OWN_WRITE)

/* A partial tile of the newest tree may be written once more; a full one never is. */
static unsigned need_of(const char *rel)
{
	return strstr(rel, ".p/") ? PDG_OWN_READ | PDG_OWN_WRITE : PDG_OWN_READ;
}

static int check_at(const char *dir, const char *rel, unsigned need, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, rel);

	return path ? pdg_fs_own(path, need, err) : pdg_nomem(err);
}

/* The file @rel, and before it each folder that it is in below @dir. */
static int check_way(const char *dir, char *rel, struct pdg_error *err)
{
	char *at;
	int rc = 0;

	for (at = strchr(rel, '/'); rc == 0 && at; at = strchr(at + 1, '/')) {
		*at = '\0';
		rc = check_at(dir, rel, FOLDER, err);
		*at = '/';
	}
	return rc < 0 ? rc : check_at(dir, rel, need_of(rel), err);
}

static int check_newest(const char *dir, uint64_t size, struct pdg_error *err)
{
	char rel[PDG_TILE_PATH_MAX];
	unsigned level;
	int rc = 0;

	for (level = 0; rc == 0 && level < PDG_TILE_LEVELS && size >> (8 * level); level++) {
		uint64_t last = (size >> (8 * level)) - 1;
		uint64_t n = last / PDG_TILE_WIDTH;
		unsigned width = (unsigned)(last % PDG_TILE_WIDTH) + 1;

		pdg_tile_path(level, n, width, rel);
		rc = check_way(dir, rel, err);
		if (rc == 0 && level == 0) {
			pdg_tile_entries_path(n, width, rel);
			rc = check_way(dir, rel, err);
		}
	}
	return rc;
}

int pdg_embedded_files(const char *dir, struct pdg_error *err)
{
	static const struct {
		const char *name;
		unsigned need;
	} files[] = {
		{"lock", PDG_OWN_READ | PDG_OWN_WRITE},
		{"creating", PDG_OWN_READ | PDG_OWN_WRITE},
		{PDG_EMBEDDED_CHECKPOINT, PDG_OWN_READ},
		{PDG_EMBEDDED_CHECKPOINT_NEW, PDG_OWN_READ | PDG_OWN_WRITE},
		{"ahead", PDG_OWN_READ | PDG_OWN_WRITE},
		{TILES, FOLDER},
	};
	uint64_t size = 0;
	size_t i;
	int rc = pdg_fs_own(dir, FOLDER, err);

	for (i = 0; rc == 0 && i < sizeof(files) / sizeof(files[0]); i++)
		rc = check_at(dir, files[i].name, files[i].need, err);
	if (rc < 0)
		return rc;
	/* What is wrong with a checkpoint is told when the log is opened. */
	rc = pdg_embedded_size_shown(dir, &size, NULL);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	return check_newest(dir, rc == 0 ? size : 0, err);
}

/* --- all of them --- */

struct walk {
	const char *dir;
	void (*fault)(void *ctx, const struct pdg_error *why);
	void *ctx;
};

static int walk(const struct walk *w, const char *rel, unsigned depth, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(w->dir, rel);
	PDG_AUTO(names) struct pdg_names names = {0};
	struct pdg_error why = {0};
	struct stat st;
	bool folder;
	size_t i;
	int rc;

	if (!path)
		return pdg_nomem(err);
	folder = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
	rc = pdg_fs_own(path, folder ? FOLDER : need_of(rel), &why);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		w->fault(w->ctx, &why);
	if (rc < 0 || !folder || depth == DEPTH_MAX)
		return 0;
	rc = pdg_fs_list(path, NAMES_MAX, &names, err);
	for (i = 0; rc == 0 && i < names.n; i++) {
		PDG_AUTO(mem) char *below = NULL;

		if (!pdg_tile_path_element(names.v[i], depth == 0))
			continue;
		below = pdg_path_join(rel, names.v[i]);
		rc = below ? walk(w, below, depth + 1, err) : pdg_nomem(err);
	}
	return rc == PDG_E_NOTFOUND ? 0 : rc;
}

int pdg_embedded_tiles_each(const char *dir, void (*fault)(void *ctx, const struct pdg_error *why),
			    void *ctx, struct pdg_error *err)
{
	const struct walk w = {.dir = dir, .fault = fault, .ctx = ctx};

	return walk(&w, TILES, 0, err);
}
