/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders: made with their parents, listed in one order everywhere, removed without
 * following a symbolic link out of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/codec.h"
#include "util/fs.h"
#include "util/rule.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

/* Each level holds one descriptor while what is below it is removed. */
#define TREE_DEPTH	  128
#define TEMPORARY_SECONDS 86400

static int io_error(struct pdg_error *err, const char *what, const char *path)
{
	return pdg_fail(err, PDG_E_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

static void close_dir(DIR *d)
{
	if (d)
		(void)closedir(d);
}
PDG_AUTO_DEFINE(dir, DIR *, close_dir)

static int make_one(const char *path, mode_t mode, struct pdg_error *err)
{
	int why;

	if (mkdir(path, mode) == 0)
		return 0;
	why = errno;
	/* Whatever else stops mkdir on a folder that is there (a read-only disk) does not matter.
	 */
	if (pdg_fs_is_dir(path))
		return 0;
	errno = why; /* that of the look would say of any that it is not there */
	return io_error(err, "make the folder", path);
}

int pdg_fs_mkdirs(const char *path, mode_t mode, struct pdg_error *err)
{
	PDG_AUTO(mem) char *partial = pdg_str_dup(path);
	char *at;
	int rc;

	if (!partial)
		return pdg_nomem(err);
	for (at = partial + (partial[0] == '/'); (at = strchr(at, '/')); at++) {
		*at = '\0';
		rc = make_one(partial, mode, err);
		*at = '/';
		if (rc < 0)
			return rc;
	}
	return make_one(path, mode, err);
}

int pdg_fs_private_dir(const char *path, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (lstat(path, &st) != 0 && errno == ENOENT) {
		rc = pdg_fs_mkdirs(path, 0700, err);
		if (rc < 0)
			return rc;
	}
	if (lstat(path, &st) != 0)
		return io_error(err, "look at the folder", path);
	return pdg_fs_own(path, PDG_OWN_DIR, err);
}

/* The next name that is not . or ..; NULL at the end, with errno set after a failure. */
static const char *next_name(DIR *d)
{
	struct dirent *e;

	do {
		errno = 0;
		e = readdir(d);
	} while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	return e ? e->d_name : NULL;
}

/* Remove what is in the folder @name of @parent, and the folder. @path is for messages. */
static int remove_dir(int parent, const char *name, unsigned depth, const char *path,
		      struct pdg_error *err)
{
	PDG_AUTO(dir) DIR *d = NULL;
	const char *entry;
	int fd;
	int rc;

	if (depth == TREE_DEPTH)
		return pdg_fail(err, PDG_E_IO, "cannot remove \"%s\": more than %d folders deep",
				path, TREE_DEPTH);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : io_error(err, "remove", path);
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return pdg_nomem(err);
	}
	while ((entry = next_name(d))) {
		if (unlinkat(fd, entry, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return io_error(err, "remove what is in", path);
		rc = remove_dir(fd, entry, depth + 1, path, err);
		if (rc < 0)
			return rc;
	}
	if (errno != 0)
		return io_error(err, "list", path);
	if (unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		return io_error(err, "remove", path);
	return 0;
}

static bool is_temporary(const char *name)
{
	struct pdg_bytes b = pdg_bytes_str(name);
	size_t n = strlen(PDG_FS_TEMP);

	return pdg_bytes_starts(b, PDG_FS_TEMP) && b.n == n + PDG_FS_TEMP_HEX &&
	       pdg_is_hex(pdg_bytes_from(b, n), PDG_FS_TEMP_HEX);
}

void pdg_fs_sweep(const char *path)
{
	PDG_AUTO(dir) DIR *d = opendir(path);
	int64_t before = pdg_now(&pdg_clock_system) - TEMPORARY_SECONDS;
	const char *name;
	struct stat st;

	while (d && (name = next_name(d))) {
		if (is_temporary(name) && fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < before)
			(void)unlinkat(dirfd(d), name, 0);
	}
}

int pdg_fs_remove_tree(const char *path, struct pdg_error *err)
{
	return remove_dir(AT_FDCWD, path, 0, path, err);
}

int pdg_fs_tempdir(const char *prefix, char **out, struct pdg_error *err)
{
	const char *tmp = getenv("TMPDIR");
	PDG_AUTO(mem) char *path = NULL;

	/* A relative one would be another folder after chdir(). */
	path = pdg_str_printf("%s/%s-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp", prefix);
	if (!path)
		return pdg_nomem(err);
	if (!mkdtemp(path))
		return io_error(err, "make the temporary folder", path);
	*out = PDG_TAKE(path);
	return 0;
}

static int by_byte(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct pdg_names *names, size_t *cap, size_t max, const char *name,
		    const char *path, struct pdg_error *err)
{
	char *copy;
	int rc;

	rc = pdg_array_grow(&names->v, names->n, cap, sizeof(names->v[0]), max);
	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %zu files in \"%s\"", max, path);
	copy = rc == 0 ? pdg_str_dup(name) : NULL;
	if (!copy)
		return pdg_nomem(err);
	names->v[names->n++] = copy;
	return 0;
}

int pdg_fs_list(const char *path, size_t max, struct pdg_names *out, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	PDG_AUTO(dir) DIR *d = opendir(path);
	const char *name;
	size_t cap = 0;
	int rc;

	if (!d && errno == ENOENT)
		return pdg_fail(err, PDG_E_NOTFOUND, "no folder \"%s\"", path);
	if (!d)
		return io_error(err, "list", path);
	while ((name = next_name(d))) {
		rc = add_name(&names, &cap, max, name, path, err);
		if (rc < 0)
			return rc;
	}
	if (errno != 0)
		return io_error(err, "list", path);
	if (names.n)
		qsort(names.v, names.n, sizeof(names.v[0]), by_byte);
	*out = names;
	names = (struct pdg_names){0};
	return 0;
}

void pdg_names_done(struct pdg_names *names)
{
	size_t i;

	if (!names)
		return;
	for (i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	*names = (struct pdg_names){0};
}
