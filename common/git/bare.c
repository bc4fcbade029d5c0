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

/*
 * GIT_DIR, where it is somebody's word; else NULL. git sets it to "." itself for what it runs in a
 * bare repository that it only came upon, such as an alias, and says so (setup.c).
 */
static const char *said_gitdir(void)
{
	const char *value = getenv("GIT_DIR");
	const char *implicit = getenv("GIT_IMPLICIT_WORK_TREE");

	if (!value || !value[0])
		return NULL;
	return implicit && strcmp(implicit, "0") == 0 && strcmp(value, ".") == 0 ? NULL : value;
}

/* Does @value, which may be NULL, lead to this very folder? */
static bool leads_to(const char *value, const char *dir)
{
	PDG_AUTO(mem) char *real = value && value[0] ? pdg_git_follow(value) : NULL;

	return real && dir && strcmp(real, dir) == 0;
}

/* The nearest folder above that has a ".git": a work tree, which this is part of. NULL: none, or
 * that ".git" leads here, as no tree can have it do. */
static int find_work_tree(const char *gitdir, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = strdup(gitdir);

	while (dir && strcmp(dir, "/") != 0) {
		PDG_AUTO(mem) char *above = pdg_path_dir(dir);
		PDG_AUTO(mem) char *link = above ? pdg_path_join(above, ".git") : NULL;

		free(dir);
		dir = link ? PDG_TAKE(above) : NULL;
		if (link && pdg_fs_exists(link)) {
			*out = leads_to(link, gitdir) ? NULL : PDG_TAKE(dir);
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

#define WORD_MAX 150

char *pdg_git_word(const char *path)
{
	PDG_AUTO(buf) struct pdg_buf word = PDG_BUF_INIT(WORD_MAX);

	pdg_str_sh_word(&word, path);
	return pdg_buf_check(&word, NULL) < 0 ? NULL : strdup(pdg_buf_cstr(&word));
}

static int refuse_named(const char *gitdir, const char *why, struct pdg_error *err)
{
	PDG_AUTO(mem) char *word = pdg_git_word(gitdir);
	int rc = pdg_reject(err, "GIT-7", "bare repository \"%s\" is not used: %s", gitdir, why);

	if (word)
		pdg_fix(err, "if what it configures is yours: GIT_DIR=%s pedigree -C %s ...", word,
			word);
	else
		pdg_fix(err, "if what it configures is yours, name it by GIT_DIR and by -C");
	return rc;
}

static int refuse_unnamed(const char *gitdir, struct pdg_error *err)
{
	PDG_AUTO(mem) char *word = pdg_git_word(gitdir);
	int rc = pdg_reject(err, "GIT-7", "bare repository \"%s\" is not used: nobody named it",
			    gitdir);

	if (word)
		pdg_fix(err, "if what it configures is yours, name it: pedigree -C %s ...", word);
	else
		pdg_fix(err, "if what it configures is yours, name it by -C");
	return rc;
}

/* git goes where GIT_DIR leads, and we to what lies here: whoever means one must not get another.
 */
static int check_said(const struct pdg_repo *r, const char *said, struct pdg_error *err)
{
	int rc;

	if (!said || leads_to(said, r->gitdir) || leads_to(said, r->workdir))
		return 0;
	rc = pdg_reject(err, "GIT-7", "GIT_DIR is \"%.200s\", and the repository here \"%s\"", said,
			r->gitdir);
	pdg_fix(err, "unset GIT_DIR, or go to the repository that it names by -C DIR");
	return rc;
}

static int check_bare(const struct pdg_repo *r, const char *start, const char *real,
		      struct pdg_error *err)
{
	bool only_explicit = false;
	const struct pdg_git_values values = {.each = take_value, .ctx = &only_explicit};
	PDG_AUTO(mem) char *tree = NULL;
	bool named;
	int rc = pdg_git_protected("safe.bareRepository", &values, err);

	if (rc == 0)
		rc = find_work_tree(r->gitdir, &tree, err);
	if (rc < 0)
		return rc;
	named = strcmp(start, ".") == 0 ? leads_to(getenv(PDG_NAMED_DIR), r->gitdir)
					: strcmp(real, r->gitdir) == 0;
	if (only_explicit)
		return refuse_named(r->gitdir, "safe.bareRepository is not \"all\"", err);
	if (tree)
		return refuse_named(r->gitdir, "it is among the files of another work tree", err);
	return named ? 0 : refuse_unnamed(r->gitdir, err);
}

int pdg_git_check_bare(const struct pdg_repo *r, const char *start, struct pdg_error *err)
{
	const char *said = said_gitdir();
	PDG_AUTO(mem) char *real = NULL;
	int rc = pdg_path_real(start, &real, err);

	if (rc == 0 && is_in(real, r->gitdir) && !is_hidden(r->gitdir) &&
	    !leads_to(said, r->gitdir))
		rc = check_bare(r, start, real, err);
	return rc < 0 ? rc : check_said(r, said, err);
}
