/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic refs: where one leads, and which there are. git keeps each in a file of its own
 * (gitrepository-layout(5)), never among packed refs, of which there can be a hundred thousand: so
 * those are not looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "git/impl.h"
#include "util/fs.h"
#include "util/size.h"
#include "util/str.h"

#define MARK	   "ref:"
#define NAMES_MOST ((size_t)1 << 24) /* in one folder */

#define SYMREF_DEPTH 5 /* as git follows (refs.c) */

int pdg_repo_ref_final(const struct pdg_repo *r, const char *ref, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = strdup(ref);
	int depth;

	for (depth = 0; name && depth < SYMREF_DEPTH; depth++) {
		PDG_AUTO(git_reference) git_reference *found = NULL;
		int rc = git_reference_lookup(&found, r->git, name);

		if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC ||
		    (rc == 0 && git_reference_type(found) == GIT_REFERENCE_DIRECT)) {
			*out = PDG_TAKE(name);
			return 0;
		}
		if (rc < 0)
			return pdg_git_failed(err, "ref \"%s\"", name);
		free(name);
		name = strdup(git_reference_symbolic_target(found));
	}
	if (!name)
		return pdg_nomem(err);
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

/* Does the file begin as that of a symbolic ref? One that has gone meanwhile does not. */
static int is_symbolic(const char *path, bool *out, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char begin[sizeof(MARK) - 1];
	ssize_t got = -1;

	*out = false;
	if (fd >= 0)
		got = read(fd, begin, sizeof(begin));
	else if (errno == ENOENT)
		return 0;
	if (got < 0)
		return pdg_reject(err, "GIT-3", "\"%s\": %s", path, strerror(errno));
	*out = got == (ssize_t)sizeof(begin) && memcmp(begin, MARK, sizeof(begin)) == 0;
	return 0;
}

/* One name of a folder: a folder that may hold refs of the prefix, or a ref that may be symbolic.
 */
static int look_at(struct looking *l, const char *name,
		   int (*each)(void *ctx, const char *name, const char *final,
			       struct pdg_error *err),
		   void *ctx, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(l->r->commondir, name);
	PDG_AUTO(mem) char *final = NULL;
	bool within = pdg_str_starts(name, l->prefix);
	bool symbolic = false;
	int rc = 0;

	if (!path)
		return pdg_nomem(err);
	if (pdg_fs_is_dir(path))
		return within || pdg_str_starts(l->prefix, name) ? add_folder(l, name, err) : 0;
	if (within && git_reference_is_valid_name(name))
		rc = is_symbolic(path, &symbolic, err);
	if (rc < 0 || !symbolic)
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
		PDG_AUTO(mem) char *path = pdg_path_join(r->commondir, folder);
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
