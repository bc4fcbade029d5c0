/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic refs: where one leads, and which there are. git keeps each in a file of its own
 * (gitrepository-layout(5)), never among packed refs, of which there can be a hundred thousand: so
 * those are not looked at. The file may be a symbolic link (core.preferSymlinkRefs), which libgit2
 * and every open() follow from where it lies, and git reads (refs/files-backend.c): so do we.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/impl.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define MARK	   "ref:"
#define NAMES_MOST ((size_t)1 << 24) /* in one folder */

#define SYMREF_DEPTH 5 /* as git follows (refs.c) */

/* Refs that each work tree has for itself (refs.c, is_per_worktree_ref()), as HEAD. */
static bool is_own(const char *name)
{
	return !pdg_str_starts(name, "refs/") || pdg_str_starts(name, "refs/worktree/") ||
	       pdg_str_starts(name, "refs/bisect/") || pdg_str_starts(name, "refs/rewritten/");
}

static char *path_of(const struct pdg_repo *r, const char *name)
{
	return pdg_path_join(is_own(name) ? r->gitdir : r->commondir, name);
}

/* No reftable (gitformat-reftable in git 2.45), which is no tree of files. libgit2 1.5 opens none.
 */
static int check_files(const struct pdg_repo *r, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(r->commondir, "reftable");

	if (!path)
		return pdg_nomem(err);
	if (!pdg_fs_exists(path))
		return 0;
	return pdg_reject(err, "GIT-3", "refs of \"%s\" are a reftable, and are not looked through",
			  r->commondir);
}

/* By a link one ref can have several names, of which git tells nobody that they are one. */
static int misled(const char *path, const char *why, struct pdg_error *err)
{
	int rc = pdg_reject(err, "GIT-3", "\"%s\" %s", path, why);

	pdg_fix(err, "replace it by a file or folder, or with git symbolic-ref by a symbolic ref");
	return rc;
}

/* What is at @path itself; *@out 0 where nothing is. */
static int mode_of(const char *path, mode_t *out, struct pdg_error *err)
{
	struct stat st;

	*out = 0;
	if (lstat(path, &st) == 0)
		*out = st.st_mode;
	else if (errno != ENOENT && errno != ENOTDIR)
		return pdg_reject(err, "GIT-3", "\"%s\": %s", path, strerror(errno));
	return 0;
}

/* The folders of @path, from behind its first @known characters on, are no links. */
static int check_folders(const char *path, size_t known, struct pdg_error *err)
{
	PDG_AUTO(mem) char *part = pdg_str_dup(path);
	char *slash;

	if (!part)
		return pdg_nomem(err);
	for (slash = strchr(part + known, '/'); slash; slash = strchr(slash + 1, '/')) {
		mode_t mode;
		int rc;

		*slash = '\0';
		rc = mode_of(part, &mode, err);
		if (rc == 0 && S_ISLNK(mode))
			rc = misled(part, "is a symbolic link in place of a folder of refs", err);
		if (rc < 0 || !mode)
			return rc;
		*slash = '/';
	}
	return 0;
}

/* What a symbolic ref names: a ref, or HEAD. git also follows other files, which are no refs. */
static int take_target(const char *path, const char *target, char **out, struct pdg_error *err)
{
	if ((!pdg_str_starts(target, "refs/") && strcmp(target, "HEAD") != 0) ||
	    !git_reference_is_valid_name(target))
		return misled(path, "is symbolic, and names no ref", err);
	*out = pdg_str_dup(target);
	return *out ? 0 : pdg_nomem(err);
}

static int read_link(const char *path, char **out, struct pdg_error *err)
{
	char target[PDG_LIMIT_PATH + 1];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return pdg_reject(err, "GIT-3", "\"%s\": %s", path, strerror(errno));
	target[n] = '\0';
	/* As a folder it would lead to other refs than as a name. */
	if (pdg_fs_is_dir(path))
		return misled(path, "is a symbolic link in place of a folder of refs", err);
	return take_target(path, target, out, err);
}

/* "ref:", blanks, the name, blanks. Whatever else is in the file is no symbolic ref. */
static int read_file(const char *path, char **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PATH);
	PDG_AUTO(mem) char *target = NULL;
	struct pdg_bytes rest;
	int rc = pdg_fs_read(path, &text, NULL);

	/* Gone meanwhile. */
	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_reject(err, "GIT-3", "\"%s\" cannot be read as the file of a ref", path);
	rest = pdg_buf_bytes(&text);
	if (!pdg_bytes_starts(rest, MARK))
		return 0;
	rest = pdg_bytes_from(rest, strlen(MARK));
	while (rest.n && isspace(rest.p[0]))
		rest = pdg_bytes_from(rest, 1);
	while (rest.n && isspace(rest.p[rest.n - 1]))
		rest = pdg_bytes_head(rest, rest.n - 1);
	target = pdg_bytes_dup(rest);
	if (!target)
		return pdg_nomem(err);
	/* A NUL ends the name for git. */
	return take_target(path, target, out, err);
}

int pdg_git_symbolic(const struct pdg_repo *r, const char *name, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = path_of(r, name);
	char *target = NULL;
	mode_t mode = 0;
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = mode_of(path, &mode, err);
	if (rc == 0 && pdg_str_starts(name, "refs/"))
		rc = check_folders(path, strlen(path) - strlen(name) + strlen("refs/"), err);
	if (rc == 0 && S_ISLNK(mode))
		rc = read_link(path, &target, err);
	else if (rc == 0 && S_ISREG(mode))
		rc = read_file(path, &target, err);
	else if (rc == 0 && mode && !S_ISDIR(mode))
		rc = misled(path, "is neither file nor folder", err);
	if (rc == 0)
		*out = target;
	return rc;
}

int pdg_repo_ref_final(const struct pdg_repo *r, const char *ref, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = pdg_str_dup(ref);
	int depth;
	int rc = name ? check_files(r, err) : pdg_nomem(err);

	for (depth = 0; rc == 0 && depth < SYMREF_DEPTH; depth++) {
		char *target = NULL;

		rc = pdg_git_symbolic(r, name, &target, err);
		if (rc == 0 && !target) {
			*out = PDG_TAKE(name);
			return 0;
		}
		if (rc == 0) {
			free(name);
			name = target;
		}
	}
	if (rc < 0)
		return rc;
	return pdg_reject(err, "GIT-3", "ref \"%s\" is symbolic over more than %d steps", ref,
			  SYMREF_DEPTH);
}

/* Folders below the common git dir that are still to be looked into. */
struct looking {
	const struct pdg_repo *r;
	const char *prefix;
	char **todo;
	size_t n, cap;
};

static void looking_done(struct looking *l)
{
	while (l->n > 0)
		free(l->todo[--l->n]);
	free(l->todo);
}
PDG_AUTO_DEFINE_VALUE(looking, struct looking, looking_done)

static int add_folder(struct looking *l, const char *name, struct pdg_error *err)
{
	if (pdg_array_grow(&l->todo, l->n, &l->cap, sizeof(char *), SIZE_MAX / 16) < 0)
		return pdg_nomem(err);
	l->todo[l->n] = strdup(name);
	return l->todo[l->n++] ? 0 : pdg_nomem(err);
}

/* One name of a folder: a folder that may hold refs of the prefix, or a ref that may be symbolic.
 */
static int look_at(struct looking *l, const char *name,
		   int (*each)(void *ctx, const char *name, const char *final,
			       struct pdg_error *err),
		   void *ctx, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = path_of(l->r, name);
	PDG_AUTO(mem) char *target = NULL;
	PDG_AUTO(mem) char *final = NULL;
	bool within = pdg_str_starts(name, l->prefix);
	bool above = pdg_str_starts(l->prefix, name);
	mode_t mode;
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = mode_of(path, &mode, err);
	if (rc < 0 || !(within || above))
		return rc;
	if (S_ISDIR(mode))
		return add_folder(l, name, err);
	/* In place of a folder, this one stands before names of the prefix. */
	if (!within && S_ISLNK(mode) && l->prefix[strlen(name)] == '/')
		return misled(path, "is a symbolic link in place of a folder of refs", err);
	if (within && git_reference_is_valid_name(name))
		rc = pdg_git_symbolic(l->r, name, &target, err);
	if (rc < 0 || !target)
		return rc;
	rc = pdg_repo_ref_final(l->r, name, &final, err);
	return rc < 0 ? rc : each(ctx, name, final, err);
}

int pdg_repo_each_symbolic(const struct pdg_repo *r, const char *prefix,
			   int (*each)(void *ctx, const char *name, const char *final,
				       struct pdg_error *err),
			   void *ctx, struct pdg_error *err)
{
	PDG_AUTO(looking) struct looking l = {.r = r, .prefix = prefix ? prefix : ""};
	int rc = check_files(r, err);

	if (rc == 0)
		rc = add_folder(&l, "refs", err);
	while (rc == 0 && l.n > 0) {
		PDG_AUTO(mem) char *folder = l.todo[--l.n];
		PDG_AUTO(mem) char *path = path_of(r, folder);
		PDG_AUTO(names) struct pdg_names names = {.n = 0};
		size_t i;

		rc = path ? pdg_fs_list(path, NAMES_MOST, &names, err) : pdg_nomem(err);
		/* git removes folders that have become empty. */
		if (rc == PDG_E_NOTFOUND)
			rc = 0;
		for (i = 0; rc == 0 && i < names.n; i++) {
			PDG_AUTO(mem) char *name = pdg_str_printf("%s/%s", folder, names.v[i]);

			rc = name ? look_at(&l, name, each, ctx, err) : pdg_nomem(err);
		}
	}
	return rc;
}
