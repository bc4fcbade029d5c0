/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting hook files there and taking them away. Nothing is changed before all of it was looked at,
 * and each change is one rename: at no moment is a hook of a fence missing.
 */
#include "repo/install.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "repo/script.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define KEPT	   ".pre-pedigree"
#define SCRIPT_MAX PDG_LIMIT_KIB(64)

const char *const pdg_client_hooks[] = {"pre-commit",	"pre-merge-commit", "post-commit",
					"post-rewrite", "pre-push",	    NULL};
const char *const pdg_server_hooks[] = {"pre-receive", "post-receive", NULL};

/*
 * The program of the hook @name, owned by the caller: those that run at every commit have one of
 * their own, without libgit2.
 */
static int find_program(const char *name, char **out, struct pdg_error *err)
{
	static const char *const around_commit[] = {"pre-commit", "pre-merge-commit", "post-commit",
						    "post-rewrite"};
	size_t i;

	for (i = 0; i < sizeof(around_commit) / sizeof(around_commit[0]); i++) {
		if (strcmp(name, around_commit[i]) == 0)
			return pdg_program_path("pedigree-commit", out, err);
	}
	return pdg_program_path("pedigree-hook", out, err);
}

/* Somebody else's file or folder: he could put another hook there, which git would run as us. */
static int check_owner(const char *path, const struct stat *st, struct pdg_error *err)
{
	int rc = 0;

	if (S_ISLNK(st->st_mode)) {
		rc = pdg_reject(err, "HOK-3", "\"%s\" is a symbolic link", path);
		pdg_fix(err, "replace it by what it points at, or set core.hooksPath to that");
	} else if (st->st_uid != geteuid() && st->st_uid != 0) {
		rc = pdg_reject(err, "HOK-3", "\"%s\" belongs to another user", path);
		pdg_fix(err, "run this as the repository's owner, or chown it");
	} else if (st->st_mode & S_IWOTH) {
		rc = pdg_reject(err, "HOK-3", "\"%s\" can be written by everybody", path);
		pdg_fix(err, "chmod o-w it");
	}
	return rc;
}

int pdg_hooks_check_dir(const char *dir, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (lstat(dir, &st) != 0) {
		if (errno == ENOENT)
			return PDG_E_NOTFOUND;
		return pdg_fail(err, PDG_E_IO, "\"%s\": %s", dir, strerror(errno));
	}
	/* What is no folder must not be told to change its mode or owner: it may be a device. */
	if (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode))
		return check_owner(dir, &st, err);
	rc = pdg_reject(err, "HOK-4", "\"%s\", where hooks belong, is no folder", dir);
	pdg_fix(err, "git config --unset core.hooksPath, or name a folder");
	return rc;
}

/* Our script's text, appended; NOTFOUND when there is no file, or it is not ours. */
static int read_ours(const char *path, struct pdg_buf *out, struct pdg_error *err)
{
	int rc = pdg_fs_read(path, out, NULL);

	if (rc == 0 && pdg_script_is_ours(pdg_buf_bytes(out)))
		return 0;
	if (rc < 0 && rc != PDG_E_LIMIT && rc != PDG_E_NOTFOUND)
		return pdg_fail(err, PDG_E_IO, "\"%s\" cannot be read", path);
	return PDG_E_NOTFOUND;
}

/* Can the program that our script runs be run? */
static bool program_is_there(struct pdg_bytes text)
{
	PDG_AUTO(script) struct pdg_script script = {.program = NULL};

	return pdg_script_read(text, &script, NULL) == 0 && access(script.program, X_OK) == 0;
}

static int look_at(const char *path, enum pdg_hook_state *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SCRIPT_MAX);
	struct stat st;
	int rc;

	if (lstat(path, &st) != 0) {
		if (errno != ENOENT)
			return pdg_fail(err, PDG_E_IO, "\"%s\": %s", path, strerror(errno));
		*out = PDG_HOOK_ABSENT;
		return 0;
	}
	rc = check_owner(path, &st, err);
	if (rc < 0)
		return rc;
	if (!S_ISREG(st.st_mode)) {
		rc = pdg_reject(err, "HOK-4", "\"%s\", where a hook belongs, is no file", path);
		pdg_fix(err, "move it away, then try again");
		return rc;
	}
	rc = read_ours(path, &text, err);
	if (rc == PDG_E_NOTFOUND)
		*out = PDG_HOOK_FOREIGN;
	else if (rc == 0)
		*out = (st.st_mode & S_IXUSR) && program_is_there(pdg_buf_bytes(&text))
			       ? PDG_HOOK_OURS
			       : PDG_HOOK_OURS_BROKEN;
	return rc == PDG_E_NOTFOUND ? 0 : rc;
}

/* @dir/@name and where a hook from before is kept. */
static int paths(const char *dir, const char *name, char **out, char **out_kept,
		 struct pdg_error *err)
{
	*out = pdg_str_printf("%s/%s", dir, name);
	*out_kept = pdg_str_printf("%s/%s" KEPT, dir, name);
	return *out && *out_kept ? 0 : pdg_nomem(err);
}

/* Two names of one file: an installation that ended between making the second and its script. */
static bool same_file(const char *a, const char *b)
{
	struct stat sa;
	struct stat sb;

	return lstat(a, &sa) == 0 && lstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

int pdg_hook_look(const char *dir, const char *name, enum pdg_hook_state *out, bool *out_kept,
		  struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *kept = NULL;
	enum pdg_hook_state state = PDG_HOOK_ABSENT;
	enum pdg_hook_state kept_state = PDG_HOOK_ABSENT;
	int rc = paths(dir, name, &path, &kept, err);

	if (rc == 0)
		rc = look_at(path, &state, err);
	if (rc == 0)
		rc = look_at(kept, &kept_state, err);
	if (rc < 0)
		return rc;
	if (state == PDG_HOOK_FOREIGN && same_file(path, kept))
		kept_state = PDG_HOOK_ABSENT;
	/* A kept hook without ours beside it: which of the two the owner wants, only he knows. */
	if (kept_state != PDG_HOOK_ABSENT &&
	    (state == PDG_HOOK_FOREIGN || state == PDG_HOOK_ABSENT)) {
		rc = pdg_reject(err, "HOK-4",
				"\"%s\" is kept from an earlier installation, but \"%s\" is %s",
				kept, path, state == PDG_HOOK_ABSENT ? "gone" : "not ours");
		pdg_fix(err, "move or remove one of them, then try again");
		return rc;
	}
	*out = state;
	*out_kept = kept_state != PDG_HOOK_ABSENT;
	return 0;
}

static int install_one(const char *dir, const char *name, const struct pdg_install *in,
		       struct pdg_error *err)
{
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SCRIPT_MAX);
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *kept = NULL;
	enum pdg_hook_state state = PDG_HOOK_ABSENT;
	bool has_kept = false;
	int rc = pdg_hook_look(dir, name, &state, &has_kept, err);

	if (rc == 0)
		rc = paths(dir, name, &path, &kept, err);
	if (rc == 0)
		rc = find_program(name, &program, err);
	if (rc < 0)
		return rc;
	/* A second name first: whatever happens next, the old hook is under one of its names. */
	if (state == PDG_HOOK_FOREIGN) {
		if (link(path, kept) != 0 && !same_file(path, kept))
			return pdg_fail(err, PDG_E_IO, "cannot keep \"%s\" as \"%s\": %s", path,
					kept, strerror(errno));
		has_kept = true;
	}
	pdg_script_put(&text, program, name, has_kept ? kept : NULL, in);
	rc = pdg_buf_check(&text, err);
	return rc < 0 ? rc : pdg_fs_write(path, pdg_buf_bytes(&text), 0755, err);
}

int pdg_hooks_install(const char *dir, const char *const *names, const struct pdg_install *in,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *real = NULL;
	enum pdg_hook_state state;
	bool kept;
	size_t i;
	int rc = pdg_hooks_check_dir(dir, err);

	if (rc == PDG_E_NOTFOUND)
		rc = pdg_fs_mkdirs(dir, 0755, err);
	if (rc == 0)
		rc = pdg_path_real(dir, &real, err);
	for (i = 0; rc == 0 && names[i]; i++) {
		PDG_AUTO(mem) char *program = NULL;

		rc = find_program(names[i], &program, err);
		if (rc == 0)
			rc = pdg_hook_look(dir, names[i], &state, &kept, err);
	}
	for (i = 0; rc == 0 && names[i]; i++)
		rc = install_one(real, names[i], in, err);
	return rc;
}

static int remove_one(const char *dir, const char *name, size_t *n, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *kept = NULL;
	enum pdg_hook_state state = PDG_HOOK_ABSENT;
	bool has_kept = false;
	int rc = pdg_hook_look(dir, name, &state, &has_kept, err);

	if (rc == 0)
		rc = paths(dir, name, &path, &kept, err);
	if (rc == 0 && state == PDG_HOOK_FOREIGN && same_file(path, kept))
		return pdg_fs_remove(kept, err);
	if (rc < 0 || state == PDG_HOOK_ABSENT || state == PDG_HOOK_FOREIGN)
		return rc;
	if (has_kept && rename(kept, path) != 0)
		return pdg_fail(err, PDG_E_IO, "cannot put \"%s\" back: %s", path, strerror(errno));
	if (!has_kept)
		rc = pdg_fs_remove(path, err);
	*n += rc == 0;
	return rc;
}

int pdg_hooks_present(const char *dir, const char *const *names, bool *out, struct pdg_error *err)
{
	enum pdg_hook_state state;
	bool any = false;
	bool kept;
	size_t i;
	int rc = pdg_hooks_check_dir(dir, err);

	for (i = 0; rc == 0 && names[i]; i++) {
		rc = pdg_hook_look(dir, names[i], &state, &kept, err);
		any = any || (rc == 0 && (state == PDG_HOOK_OURS || state == PDG_HOOK_OURS_BROKEN));
	}
	if (rc < 0 && rc != PDG_E_NOTFOUND)
		return rc;
	*out = any;
	return 0;
}

int pdg_hooks_remove(const char *dir, const char *const *names, size_t *out_n,
		     struct pdg_error *err)
{
	enum pdg_hook_state state;
	size_t n = 0;
	bool kept;
	size_t i;
	int rc = pdg_hooks_check_dir(dir, err);

	*out_n = 0;
	if (rc == PDG_E_NOTFOUND)
		return 0;
	for (i = 0; rc == 0 && names[i]; i++)
		rc = pdg_hook_look(dir, names[i], &state, &kept, err);
	for (i = 0; rc == 0 && names[i]; i++)
		rc = remove_one(dir, names[i], &n, err);
	if (rc < 0)
		return rc;
	/* Only an empty folder lets itself be removed this way; ours may have been the only hooks.
	 */
	if (n)
		(void)rmdir(dir);
	*out_n = n;
	return 0;
}

int pdg_hook_script(const char *dir, const char *name, struct pdg_script *out,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SCRIPT_MAX);
	PDG_AUTO(mem) char *path = pdg_str_printf("%s/%s", dir, name);
	int rc = path ? read_ours(path, &text, err) : pdg_nomem(err);

	if (rc == PDG_E_NOTFOUND)
		return pdg_fail(err, rc, "\"%s\" is no hook of ours", path);
	if (rc == 0)
		rc = pdg_script_read(pdg_buf_bytes(&text), out, err);
	return rc < 0 ? pdg_context(err, rc, "%s", path) : 0;
}
