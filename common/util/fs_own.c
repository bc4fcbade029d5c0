/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is what lies at a path ours? Asked before it is opened: a file of another user's, one that a
 * restore left to root, a pipe in its place. The answer names the command that mends it.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/str.h"

/* The outermost folder on the way to @path that does not let this user through; NULL: none, or no
 * memory. */
static char *closed_folder(const char *path)
{
	char *way = pdg_str_dup(path);
	char *at;

	for (at = way ? strchr(way + 1, '/') : NULL; at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (access(way, X_OK) != 0)
			return way;
		*at = '/';
	}
	free(way);
	return NULL;
}

static int unreached(const char *path, int why, struct pdg_error *err)
{
	PDG_AUTO(mem) char *closed = why == EACCES ? closed_folder(path) : NULL;
	int rc = pdg_reject(err, "FIL-1", "\"%s\" cannot be reached by uid %lu: %s", path,
			    (unsigned long)geteuid(), strerror(why));

	if (closed)
		pdg_fix(err,
			"run this as the user whose it is, or let this one in: chmod a+x "
			"\"%s\"",
			closed);
	return rc;
}

static int check_kind(const char *path, const struct stat *st, unsigned need, struct pdg_error *err)
{
	bool dir = need & PDG_OWN_DIR;
	int rc;

	if (S_ISLNK(st->st_mode)) {
		rc = pdg_reject(err, "FIL-1", "\"%s\" is a symbolic link", path);
		pdg_fix(err, dir ? "name the folder it leads to, or put that in its place"
				 : "put the file it leads to in its place");
		return rc;
	}
	if (dir ? S_ISDIR(st->st_mode) : S_ISREG(st->st_mode))
		return 0;
	rc = pdg_reject(err, "FIL-1", "\"%s\" is not a %s", path, dir ? "folder" : "regular file");
	pdg_fix(err, dir ? "name a folder in its place"
			 : "move it away, and restore the file from a backup");
	return rc;
}

static int check_owner(const char *path, const struct stat *st, unsigned need,
		       struct pdg_error *err)
{
	int rc;

	if (st->st_uid == geteuid() || st->st_uid == 0)
		return 0;
	rc = pdg_reject(err, "FIL-1", "\"%s\" belongs to another user (uid %lu)", path,
			(unsigned long)st->st_uid);
	pdg_fix(err, "run this as that user, or make it this one's: chown %s%lu \"%s\"",
		need & PDG_OWN_DIR ? "-R " : "", (unsigned long)geteuid(), path);
	return rc;
}

/* Also a file system that is mounted for reading alone. */
static int check_access(const char *path, const struct stat *st, unsigned need,
			struct pdg_error *err)
{
	int mode = (need & PDG_OWN_READ ? R_OK : 0) | (need & PDG_OWN_WRITE ? W_OK : 0);
	unsigned long uid = geteuid();
	int why, rc;

	if (mode && need & PDG_OWN_DIR)
		mode |= X_OK;
	if (access(path, mode) == 0)
		return 0;
	why = errno;
	if (why == ENOENT) /* until just now */
		return 0;
	rc = pdg_reject(err, "FIL-1", "uid %lu may not %s \"%s\" (owner %lu, mode %04o): %s", uid,
			mode & W_OK ? "read and write" : "read", path, (unsigned long)st->st_uid,
			(unsigned)(st->st_mode & 07777), strerror(why));
	if (why == EACCES && st->st_uid != uid)
		pdg_fix(err, "chown %s%lu \"%s\"", need & PDG_OWN_DIR ? "-R " : "", uid, path);
	else if (why == EACCES)
		pdg_fix(err, "chmod u+rw%s \"%s\"", need & PDG_OWN_DIR ? "x" : "", path);
	else
		pdg_fix(err, "mount its file system for writing, or let a copy be looked at");
	return rc;
}

/* What is opened by two names is locked by neither: each has a lock and a log of its own. */
static int check_one_name(const char *path, const struct stat *st, struct pdg_error *err)
{
	int rc;

	if (st->st_nlink <= 1)
		return 0;
	rc = pdg_reject(err, "FIL-1", "\"%s\" is the same file as %lu others (hard links)", path,
			(unsigned long)st->st_nlink - 1);
	pdg_fix(err,
		"put a copy in its place, with the service stopped: cp -p \"%s\" COPY && mv "
		"COPY \"%s\"",
		path, path);
	return rc;
}

int pdg_fs_own(const char *path, unsigned need, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : unreached(path, errno, err);
	rc = check_kind(path, &st, need, err);
	if (rc == 0)
		rc = check_owner(path, &st, need, err);
	if (rc == 0 && st.st_mode & (S_IWGRP | S_IWOTH)) {
		rc = pdg_reject(err, "FIL-1", "\"%s\" can be written by others (mode %04o)", path,
				(unsigned)(st.st_mode & 07777));
		pdg_fix(err, "chmod go-w \"%s\"", path);
	}
	if (rc == 0 && need & PDG_OWN_ONE_NAME)
		rc = check_one_name(path, &st, err);
	return rc == 0 ? check_access(path, &st, need, err) : rc;
}
