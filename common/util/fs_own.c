/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is what lies at a path ours? Asked before it is opened: a file of another user's, one that a
 * restore left to root, a pipe in its place. The answer says what mends it, by a command where one
 * does. It will be pasted, mostly by root: so the path in it is quoted, and none takes from another
 * user what his service works with.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define PASSWD_MAX PDG_LIMIT_KIB(64) /* an entry of the user database */

/* --- remedies --- */

/* "@before@what 'PATH'", the command at the end, so that a line copied to its end is one. A path
 * that there is no room for stands in the text alone. */
static void fix_command(struct pdg_error *err, const char *before, const char *what,
			const char *path)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_ERROR_FIX_MAX - 1);

	pdg_buf_printf(&line, "%s%s ", before, what);
	pdg_str_sh_word(&line, path);
	if (pdg_buf_check(&line, NULL) == 0)
		pdg_fix(err, "%s", pdg_buf_cstr(&line));
	else
		pdg_fix(err, "%s%s, of that path", before, what);
}

/* Of the effective user, who is to have it. */
static void fix_chown(struct pdg_error *err, const char *before, unsigned need, const char *path)
{
	char what[48];

	(void)snprintf(what, sizeof(what), "chown %s%lu", need & PDG_OWN_DIR ? "-R " : "",
		       (unsigned long)geteuid());
	fix_command(err, before, what, path);
}

static void fix_unseen(struct pdg_error *err)
{
	pdg_fix(err, "its mode allows it, and something else does not: SELinux or AppArmor (the "
		     "audit log says which), an access list (getfacl), or the machine that its "
		     "file system is of");
}

/* The name of the user @uid; NULL: none is known. Owned by the caller. */
static char *user_name(uid_t uid)
{
	PDG_AUTO(mem) char *room = pdg_calloc(PASSWD_MAX, 1);
	struct passwd entry, *found = NULL;

	if (!room || getpwuid_r(uid, &entry, room, PASSWD_MAX, &found) != 0 || !found)
		return NULL;
	return pdg_str_dup(entry.pw_name);
}

static bool is_in_own_folder(const char *path)
{
	PDG_AUTO(mem) char *dir = pdg_path_dir(path);
	struct stat st;

	return dir && stat(dir, &st) == 0 && st.st_uid == geteuid();
}

/* --- the looks --- */

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

static void fix_closed(struct pdg_error *err, const char *closed)
{
	PDG_AUTO(mem) char *name = NULL;
	struct stat st;

	if (stat(closed, &st) != 0)
		return;
	if (st.st_uid == geteuid() && st.st_mode & S_IXUSR) {
		fix_unseen(err);
	} else if (st.st_uid == geteuid()) {
		fix_command(err, "", "chmod u+x", closed);
	} else {
		name = user_name(st.st_uid);
		pdg_fix(err,
			"run this as the user whose it is: \"%s\" is closed to others (%s%suid %lu)",
			closed, name ? name : "", name ? ", " : "", (unsigned long)st.st_uid);
	}
}

static int unreached(const char *path, int why, struct pdg_error *err)
{
	PDG_AUTO(mem) char *closed = err && why == EACCES ? closed_folder(path) : NULL;
	int rc = pdg_reject(err, "FIL-1", "\"%s\" cannot be reached by uid %lu: %s", path,
			    (unsigned long)geteuid(), strerror(why));

	if (closed)
		fix_closed(err, closed);
	return rc;
}

static int check_kind(const char *path, const struct stat *st, unsigned need, struct pdg_error *err)
{
	bool dir = need & PDG_OWN_DIR;
	int rc;

	if (S_ISLNK(st->st_mode)) {
		rc = pdg_reject(err, "FIL-1", "\"%s\" is a symbolic link", path);
		pdg_fix(err, dir ? "put the folder it leads to in its place, or mount that there "
				   "(mount --bind); where the configuration names the link, name "
				   "the folder"
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

/*
 * Beside who has it there is nobody to ask. What lies in a folder of our own is ours to have; a
 * folder that is not may be another user's service, and to root everything looks like that.
 */
static void fix_owner(struct pdg_error *err, const char *path, unsigned need, const char *name)
{
	bool root = geteuid() == 0;

	if (is_in_own_folder(path) && !(root && need & PDG_OWN_DIR))
		fix_chown(err, "run this as that user, or make it this one's: ", need, path);
	else if (name && root)
		pdg_fix(err, "run this as that user: runuser -u %s -- ...", name);
	else if (name)
		pdg_fix(err, "run this as the user %s", name);
	else if (root)
		pdg_fix(err, "no user has that number here: give it to the one who is to have it, "
			     "and run this as that user");
	else
		fix_chown(err,
			  "no user has that number here; where nobody else works with it, make it "
			  "this one's: ",
			  need, path);
}

static int check_owner(const char *path, const struct stat *st, unsigned need,
		       struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = NULL;
	int rc;

	if (st->st_uid == geteuid() || st->st_uid == 0)
		return 0;
	name = err ? user_name(st->st_uid) : NULL;
	rc = pdg_reject(err, "FIL-1", "\"%s\" belongs to another user (%s%suid %lu)", path,
			name ? name : "", name ? ", " : "", (unsigned long)st->st_uid);
	if (err)
		fix_owner(err, path, need, name);
	return rc;
}

/* Sticky: a folder for everybody, as /tmp is. */
static int check_others(const char *path, const struct stat *st, unsigned need,
			struct pdg_error *err)
{
	int rc;

	if (!(st->st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	rc = pdg_reject(err, "FIL-1", "\"%s\" can be written by others (mode %04o)", path,
			(unsigned)(st->st_mode & 07777));
	if (need & PDG_OWN_DIR && st->st_mode & S_ISVTX)
		pdg_fix(err, "name a folder of this user's own in its place");
	else
		fix_command(err, "", "chmod go-w", path);
	return rc;
}

/* What is closed to us is ours, or root's: a restore's, mostly, or a folder like /var/lib. */
static void fix_access(struct pdg_error *err, const char *path, const struct stat *st,
		       unsigned need)
{
	mode_t want = (need & PDG_OWN_READ ? S_IRUSR : 0) | (need & PDG_OWN_WRITE ? S_IWUSR : 0) |
		      (need & PDG_OWN_DIR ? S_IXUSR : 0);
	bool dir = need & PDG_OWN_DIR;
	bool own = st->st_uid == geteuid();

	if (!own)
		want >>= 6;
	if ((st->st_mode & want) == want)
		fix_unseen(err);
	else if (own)
		fix_command(err, "", dir ? "chmod u+rwx" : "chmod u+rw", path);
	else if (is_in_own_folder(path))
		fix_chown(err, "", need, path);
	else
		fix_chown(err,
			  dir ? "name a folder of this user's own; or, where it is to be that, and "
				"a restore left it to root: "
			      : "run this as root; or, where a restore left it to root: ",
			  need, path);
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
	if (why == EACCES)
		fix_access(err, path, st, need);
	else if (why == EPERM)
		fix_command(err, "is it immutable (i), or for appending alone (a)? as root: ",
			    "lsattr -d", path);
	else if (why == EROFS)
		pdg_fix(err, "mount its file system for writing, or under systemd add the folder "
			     "to ReadWritePaths= (systemctl edit pedigreed), or let a copy be "
			     "looked at");
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
		"put a copy in its place, with the service stopped: cp -p FILE COPY && mv COPY "
		"FILE");
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
	if (rc == 0)
		rc = check_others(path, &st, need, err);
	if (rc == 0 && need & PDG_OWN_ONE_NAME)
		rc = check_one_name(path, &st, err);
	return rc == 0 ? check_access(path, &st, need, err) : rc;
}
