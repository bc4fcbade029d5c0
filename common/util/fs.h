/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read with a limit, written whole or not at all. Errors name the path. */
#ifndef PDG_UTIL_FS_H
#define PDG_UTIL_FS_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/buf.h"

/**
 * Append a regular file's bytes. A directory, a device or a file over @out's limit is refused.
 * Returns 0, PDG_E_NOTFOUND, PDG_E_LIMIT, PDG_E_IO (also: not a regular file).
 */
int pdg_fs_read(const char *path, struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Like pdg_fs_read() for an open descriptor (a pipe, standard input) up to its end. */
int pdg_fs_read_fd(int fd, const char *name, struct pdg_buf *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Replace @path by @in: a temporary file beside it, fsync, rename, fsync of the folder.
 * Returns 0 or PDG_E_IO. On failure the old file stands untouched, but for one: where the folder
 * cannot be synced after the rename, the new file is in place and may be gone after a power cut.
 */
int pdg_fs_write(const char *path, struct pdg_bytes in, mode_t mode,
		 struct pdg_error *err) PDG_MUST_CHECK;

/** Like pdg_fs_write(), but an existing @path is PDG_E_USAGE, and stays as it is. */
int pdg_fs_create(const char *path, struct pdg_bytes in, mode_t mode,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Write @in to the place that somebody named for output: like pdg_fs_write(), but the file behind a
 * symbolic link is replaced and the link stays, and a pipe, a terminal or a device takes the bytes
 * and stays what it is (a pipe is waited for until somebody reads it).
 * Returns 0, PDG_E_IO (also: a folder, a link to nothing).
 */
int pdg_fs_put(const char *path, struct pdg_bytes in, mode_t mode,
	       struct pdg_error *err) PDG_MUST_CHECK;

/** Make @path and its missing parents with @mode. Existing folders are fine. */
int pdg_fs_mkdirs(const char *path, mode_t mode, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Make @path as a folder of our own (0700, with its parents) when it is absent, and check that
 * nobody else can put a file into it: a folder, not a symbolic link, owned by the effective
 * user or root, writable by no group and no others. What is kept there is believed later.
 * Returns 0, PDG_E_IO, FIL-1.
 */
int pdg_fs_private_dir(const char *path, struct pdg_error *err) PDG_MUST_CHECK;

/* What pdg_fs_own() asks for beside that it is ours. */
enum {
	PDG_OWN_DIR = 1,      /* a folder, else a regular file */
	PDG_OWN_READ = 2,     /* of a folder: also to look up names in it */
	PDG_OWN_WRITE = 4,    /* of a folder: to make and remove names */
	PDG_OWN_ONE_NAME = 8, /* no hard link to it */
};

/**
 * Is what lies at @path ours: no symbolic link, of the effective user or root, writable by no group
 * and no others, and what @need (PDG_OWN_*) says? Nothing is opened, so nothing is waited for.
 * Returns 0 (also where nothing is), FIL-1 with what mends it.
 */
int pdg_fs_own(const char *path, unsigned need, struct pdg_error *err) PDG_MUST_CHECK;

/** See to it that the names in the folder @path are on the disk. Returns 0, PDG_E_IO. */
int pdg_fs_sync_dir(const char *path, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Could a file of @n bytes be kept at @path? It is made with its room on the disk, and removed;
 * what was there is overwritten. Nothing is synced: that would cost more than all else a push waits
 * for. Returns 0, PDG_E_IO.
 */
int pdg_fs_room(const char *path, size_t n, struct pdg_error *err) PDG_MUST_CHECK;

/** Remove a file; a missing one is fine. */
int pdg_fs_remove(const char *path, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Remove what pdg_fs_write() and pdg_fs_create() left unfinished in the folder @path more than a
 * day ago, when their process was killed. Nothing else is touched, and what fails is left.
 */
void pdg_fs_sweep(const char *path);

/** Remove a folder and everything below it, following no symbolic link; missing is fine. */
int pdg_fs_remove_tree(const char *path, struct pdg_error *err) PDG_MUST_CHECK;

/** A new private folder below $TMPDIR or /tmp (0700). *@out owned by the caller (free()). */
int pdg_fs_tempdir(const char *prefix, char **out, struct pdg_error *err) PDG_MUST_CHECK;

bool pdg_fs_is_dir(const char *path);
bool pdg_fs_exists(const char *path);

/** What the temporary name of a file being written begins with; random hex digits follow. */
#define PDG_FS_TEMP	".pedigree-"
#define PDG_FS_TEMP_HEX 16

struct pdg_names {
	char **v; /* sorted by byte */
	size_t n;
};

/** Names in a folder (without . and ..), at most @max, else PDG_E_LIMIT. */
int pdg_fs_list(const char *path, size_t max, struct pdg_names *out,
		struct pdg_error *err) PDG_MUST_CHECK;
void pdg_names_done(struct pdg_names *names);
PDG_AUTO_DEFINE_VALUE(names, struct pdg_names, pdg_names_done)

/**
 * Open @path (made with mode 0600 when absent) and take an exclusive lock on it without waiting.
 * *@out_fd holds the lock until closed. Returns 0, PDG_E_IO (also: somebody holds it).
 */
int pdg_fs_lock(const char *path, int *out_fd, struct pdg_error *err) PDG_MUST_CHECK;

/* In the environment: the folder that -C named, resolved. "pedigree" tells the programs that it
 * runs. */
#define PDG_NAMED_DIR "PEDIGREE_NAMED_DIR"

/** "@a/@b", or @b when it is absolute. Owned by the caller (free()); NULL when no memory. */
char *pdg_path_join(const char *a, const char *b);

/** The folder part of @path ("." when none). Owned by the caller. */
char *pdg_path_dir(const char *path);

/**
 * Does the absolute @path name the same file whoever reads it, and wherever he stands? Not so below
 * /proc and /dev, where /proc/self/cwd is the folder of work.
 */
bool pdg_path_fixed(const char *path);

/** @path made absolute with symbolic links resolved. Owned by the caller. */
int pdg_path_real(const char *path, char **out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
