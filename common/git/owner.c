/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A repository of another user (CVE-2022-24765): its configuration is that user's, and ours are
 * run by it. git's own rule (setup.c), made here because libgit2 1.5 knows neither
 * "safe.directory = *" nor the configuration files that git's environment names.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/impl.h"
#include "util/fs.h"
#include "util/str.h"

/* Root by sudo is also whoever called it (git-config(1), safe.directory). */
static bool is_us(uid_t uid)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
	uint64_t caller;

	return uid == geteuid() ||
	       (sudo && pdg_bytes_u64(pdg_bytes_str(sudo), UINT32_MAX, &caller) &&
		uid == (uid_t)caller);
}

/* Does @path belong to somebody else? What is not there belongs to nobody. */
static bool is_foreign(const char *path)
{
	struct stat st;

	return path && lstat(path, &st) == 0 && !is_us(st.st_uid);
}

struct asking {
	const char *path;
	bool safe;
};

static void take_value(void *ctx, const char *value)
{
	struct asking *a = ctx;
	const char *home = getenv("HOME");
	PDG_AUTO(mem) char *path = NULL;
	size_t n;

	if (!value || !value[0] || strcmp(value, "*") == 0) {
		a->safe = value && value[0];
		return;
	}
	path = pdg_str_starts(value, "~/") && home ? pdg_path_join(home, value + 2)
						   : pdg_str_dup(value);
	n = path ? strlen(path) : 0;
	/* One folder, or with the end of later versions of git all below it. */
	if (n > 2 && strcmp(path + n - 2, "/*") == 0)
		a->safe = a->safe || strncmp(a->path, path, n - 1) == 0;
	else if (path)
		a->safe = a->safe || strcmp(a->path, path) == 0;
}

/*
 * The folder by which people name this repository: its work tree, if that leads to it. One that the
 * repository only claims (core.worktree) must not borrow the name of another that is safe.
 */
static const char *name_of(const struct pdg_repo *r, const char *link)
{
	PDG_AUTO(mem) char *real = link ? pdg_git_follow(link) : NULL;

	return real && strcmp(real, r->gitdir) == 0 ? r->workdir : r->gitdir;
}

int pdg_git_check_owner(const struct pdg_repo *r, struct pdg_error *err)
{
	struct asking a = {.path = NULL};
	const struct pdg_git_values values = {.each = take_value, .ctx = &a};
	PDG_AUTO(mem) char *link = r->workdir ? pdg_path_join(r->workdir, ".git") : NULL;
	PDG_AUTO(mem) char *word = NULL;
	int rc;

	if (r->workdir && !link)
		return pdg_nomem(err);
	if (!is_foreign(r->workdir) && !is_foreign(r->gitdir) && !is_foreign(link))
		return 0;
	a.path = name_of(r, link);
	rc = pdg_git_protected("safe.directory", &values, err);
	if (rc < 0 || a.safe)
		return rc;
	rc = pdg_reject(err, "GIT-3", "repository \"%s\" belongs to another user", a.path);
	word = pdg_git_word(a.path);
	if (word)
		pdg_fix(err,
			"run this as its owner, or: git config --global --add safe.directory %s",
			word);
	else
		pdg_fix(err, "run this as its owner, or name it in safe.directory (git-config(1))");
	return rc;
}
