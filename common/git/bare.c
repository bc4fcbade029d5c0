/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A repository that lies open, as bare ones do. Its files have names that a tree may have, so a
 * clone can bring one along, with a configuration that somebody else wrote; whoever goes into such
 * a folder has said nothing about it (git-config(1), safe.bareRepository). So it counts only for
 * whoever names it, and in somebody's work tree only as git itself asks for it.
 */
#include <stdlib.h>
#include <string.h>

#include "git/impl.h"
#include "util/fs.h"
#include "util/str.h"

/* Is @path the folder @dir, or in it? Both are resolved. */
static bool is_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* The part of a work tree, its submodule or its linked work tree that no tree can hold: git takes
 * no ".git" into one. Later versions than 2.45 go by the same names (setup.c). */
static bool is_hidden(const char *gitdir)
{
	return pdg_str_ends(gitdir, "/.git") || strstr(gitdir, "/.git/worktrees/") ||
	       strstr(gitdir, "/.git/modules/");
}

/* Does the environment's @variable name this very folder? */
static bool is_named(const char *variable, const char *gitdir)
{
	const char *value = getenv(variable);
	PDG_AUTO(mem) char *real = NULL;

	return value && value[0] && pdg_path_real(value, &real, NULL) == 0 &&
	       strcmp(real, gitdir) == 0;
}

/* The nearest folder above that has a ".git": a work tree, which this is part of. NULL: none. */
static int find_work_tree(const char *gitdir, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = strdup(gitdir);

	while (dir && strcmp(dir, "/") != 0) {
		PDG_AUTO(mem) char *above = pdg_path_dir(dir);
		PDG_AUTO(mem) char *link = above ? pdg_path_join(above, ".git") : NULL;

		free(dir);
		dir = link ? PDG_TAKE(above) : NULL;
		if (link && pdg_fs_exists(link)) {
			*out = PDG_TAKE(dir);
			return 0;
		}
	}
	*out = NULL;
	return dir ? 0 : pdg_nomem(err);
}

static void take_value(void *ctx, const char *value)
{
	/* git stops at a value that it does not know. */
	*(bool *)ctx = !value || strcmp(value, "all") != 0;
}

static int refuse_named(const char *gitdir, const char *why, struct pdg_error *err)
{
	int rc = pdg_reject(err, "GIT-7", "bare repository \"%s\" is not used: %s", gitdir, why);

	pdg_fix(err, "if what it configures is yours, say so: GIT_DIR='%s' pedigree ...", gitdir);
	return rc;
}

int pdg_git_check_bare(const struct pdg_repo *r, const char *start, struct pdg_error *err)
{
	bool only_explicit = false;
	const struct pdg_git_values values = {.each = take_value, .ctx = &only_explicit};
	PDG_AUTO(mem) char *real = NULL;
	PDG_AUTO(mem) char *tree = NULL;
	bool named;
	int rc = pdg_path_real(start, &real, err);

	if (rc < 0)
		return rc;
	if (!is_in(real, r->gitdir) || is_hidden(r->gitdir) || is_named("GIT_DIR", r->gitdir))
		return 0;
	rc = pdg_git_protected("safe.bareRepository", &values, err);
	if (rc == 0)
		rc = find_work_tree(r->gitdir, &tree, err);
	if (rc < 0)
		return rc;
	named = strcmp(start, ".") == 0 ? is_named(PDG_NAMED_DIR, r->gitdir)
					: strcmp(real, r->gitdir) == 0;
	if (only_explicit)
		return refuse_named(r->gitdir, "safe.bareRepository is not \"all\"", err);
	if (tree)
		return refuse_named(r->gitdir, "it is among the files of another work tree", err);
	if (named)
		return 0;
	rc = pdg_reject(err, "GIT-7", "bare repository \"%s\" is not used: nobody named it",
			r->gitdir);
	pdg_fix(err, "if what it configures is yours, name it: pedigree -C '%s' ...", r->gitdir);
	return rc;
}
