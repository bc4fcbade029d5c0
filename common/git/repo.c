/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a repository, and where its things are. Of the environment a hook takes GIT_DIR,
 * the quarantine and alternates that git itself set, read here and not by libgit2 (1.5
 * fails on GIT_WORK_TREE, does not unquote alternates, and would follow GIT_OBJECT_DIRECTORY
 * anywhere); everything else that begins with GIT_ is passed over (attacks 17, 25). Elsewhere
 * GIT_DIR leads nowhere: it says that the repository here is meant, or is refused (bare.c).
 */
#include "git/repo.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "git/impl.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

const char *pdg_git_reason(void)
{
	const git_error *e = git_error_last();

	return e && e->message && e->message[0] ? e->message : "unknown error";
}

int pdg_git_failed(struct pdg_error *err, const char *fmt, ...)
{
	const git_error *e = git_error_last();
	PDG_AUTO(mem) char *what = NULL;
	va_list ap;
	int n;

	if (e && e->klass == GIT_ERROR_NOMEMORY)
		return pdg_nomem(err);
	va_start(ap, fmt);
	n = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (n < 0) {
		what = NULL;
		return pdg_nomem(err);
	}
	return pdg_reject(err, "GIT-3", "%s: %s", what, pdg_git_reason());
}

/*
 * Memory that a push does not set: commits and tags are read once, or kept by the walk, and of the
 * packs only a part is mapped at a time.
 */
static void set_memory(void)
{
	(void)git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_COMMIT, (size_t)0);
	(void)git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TAG, (size_t)0);
	(void)git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)PDG_LIMIT_GIT_CACHE);
	(void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, PDG_LIMIT_GIT_WINDOW);
	(void)git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, PDG_LIMIT_GIT_MAPPED);
}

static void set_options(void)
{
	/* Extensions that change nothing about objects and refs; 1.5 knows none of them by itself.
	 */
	static const char *extensions[] = {"worktreeconfig", "partialclone", "preciousobjects"};

	/* Judged by owner.c; in a hook by git already: it runs us from that repository. */
	(void)git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	(void)git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
			       sizeof(extensions) / sizeof(extensions[0]));
	(void)git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
	set_memory();
}

/* libgit2's failure to open, told apart, and where it was looked for. */
static int open_failed(const char *start, int code, struct pdg_error *err)
{
	const char *why = pdg_git_reason();
	PDG_AUTO(mem) char *real = NULL;
	const char *path;
	int rc = pdg_path_real(start, &real, NULL);

	path = rc == 0 ? real : start;
	if (strcasestr(why, "objectformat")) {
		rc = pdg_reject(
			err, "GIT-2",
			"repository \"%s\" has SHA-256 objects, which this libgit2 cannot read",
			path);
		pdg_fix(err, "use a repository with SHA-1 object names");
	} else if (code == GIT_ENOTFOUND) {
		rc = pdg_reject(err, "GIT-1", "there is no git repository at \"%s\"", path);
		pdg_fix(err, "run this in a repository, or name one by -C DIR");
	} else {
		rc = pdg_git_failed(err, "repository \"%s\" cannot be opened", path);
	}
	return rc;
}

static int open_git(const char *path, enum pdg_repo_open how, struct pdg_repo *r,
		    struct pdg_error *err)
{
	const char *named = how == PDG_REPO_ENVIRONMENT ? getenv("GIT_DIR") : NULL;
	const char *start = named && named[0] ? named : path;
	unsigned flags = start == path ? 0 : GIT_REPOSITORY_OPEN_NO_SEARCH;
	int code;

	set_options();
	code = git_repository_open_ext(&r->git, start, flags, NULL);
	if (code < 0)
		return open_failed(start, code, err);
	if (git_repository_odb(&r->odb, r->git) < 0)
		return pdg_git_failed(err, "objects of \"%s\"", start);
	return 0;
}

static void close_git(struct pdg_repo *r)
{
	git_repository_free(r->trial);
	git_odb_free(r->odb);
	git_repository_free(r->git);
	(void)git_libgit2_shutdown();
}

static int find_places(struct pdg_repo *r, struct pdg_error *err)
{
	const char *work = git_repository_workdir(r->git);
	int rc = pdg_path_real(git_repository_path(r->git), &r->gitdir, err);

	if (rc == 0)
		rc = pdg_path_real(git_repository_commondir(r->git), &r->commondir, err);
	if (rc == 0 && work)
		rc = pdg_path_real(work, &r->workdir, err);
	return rc;
}

/* Are @a and @b one folder? */
static bool same_dir(const char *a, const char *b)
{
	struct stat sa;
	struct stat sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

static int borrow(struct pdg_repo *r, const char *dir, struct pdg_error *err)
{
	int rc = pdg_array_grow(&r->borrowed, r->n_borrowed, &r->cap_borrowed, sizeof(char *),
				PDG_LIMIT_ALTERNATES);

	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %zu alternates", PDG_LIMIT_ALTERNATES);
	if (rc < 0)
		return pdg_nomem(err);
	r->borrowed[r->n_borrowed] = strdup(dir);
	if (!r->borrowed[r->n_borrowed])
		return pdg_nomem(err);
	r->n_borrowed++;
	if (git_odb_add_disk_alternate(r->odb, dir) < 0)
		return pdg_git_failed(err, "objects in \"%s\"", dir);
	return 0;
}

/*
 * The quarantine of a push (git-receive-pack(1)): only a folder of git's own making directly in
 * this repository's objects counts, and only if it is where git writes objects now.
 */
static int add_quarantine(struct pdg_repo *r, struct pdg_error *err)
{
	const char *quarantine = getenv("GIT_QUARANTINE_PATH");
	const char *written = getenv("GIT_OBJECT_DIRECTORY");
	PDG_AUTO(mem) char *objects = pdg_path_join(r->commondir, "objects");
	PDG_AUTO(mem) char *parent = NULL;

	if (!quarantine || !quarantine[0])
		return 0;
	parent = pdg_path_dir(quarantine);
	if (!objects || !parent)
		return pdg_nomem(err);
	if (!same_dir(parent, objects) || !written || !same_dir(quarantine, written))
		return pdg_reject(err, "PSH-9", "GIT_QUARANTINE_PATH is not a quarantine of \"%s\"",
				  r->commondir);
	return borrow(r, quarantine, err);
}

/* What a letter behind a backslash stands for in git's quotes (quote.c); others for themselves. */
static uint8_t unescaped(char c)
{
	static const char letters[] = "abfnrtv";
	static const char meant[] = "\a\b\f\n\r\t\v";
	const char *at = strchr(letters, c);

	return (uint8_t)(at ? meant[at - letters] : c);
}

/*
 * Take one entry off a list as git writes it in GIT_ALTERNATE_OBJECT_DIRECTORIES: separated by
 * colons; one that begins with a double quote is C-quoted (alternates.c, quote.c).
 */
static bool take_entry(const char **rest, struct pdg_buf *out)
{
	const char *p = *rest;
	bool quoted = *p == '"';

	pdg_buf_reset(out);
	if (!*p)
		return false;
	for (p += quoted; *p && *p != (quoted ? '"' : ':'); p++) {
		if (quoted && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] && p[3]) {
			pdg_buf_putc(out, (uint8_t)((p[1] - '0') * 64 + (p[2] - '0') * 8 +
						    (p[3] - '0')));
			p += 3;
		} else if (quoted && p[0] == '\\' && p[1]) {
			pdg_buf_putc(out, unescaped(*++p));
		} else {
			pdg_buf_putc(out, (uint8_t)*p);
		}
	}
	while (*p && *p != ':')
		p++;
	*rest = *p ? p + 1 : p;
	return true;
}

/*
 * Objects that git borrows by its environment. Wherever bytes come from, they are the ones their
 * name names, so more places can add objects and never change one.
 */
static int add_alternates(struct pdg_repo *r, struct pdg_error *err)
{
	const char *rest = getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	PDG_AUTO(buf) struct pdg_buf entry = PDG_BUF_INIT(PDG_LIMIT_PATH);
	PDG_AUTO(mem) char *objects = pdg_path_join(r->commondir, "objects");

	if (!objects)
		return pdg_nomem(err);
	while (rest && take_entry(&rest, &entry)) {
		const char *dir = pdg_buf_cstr(&entry);
		int rc = 0;

		if (pdg_fs_is_dir(dir) && !same_dir(dir, objects))
			rc = borrow(r, dir, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Refs below GIT_NAMESPACE would have other names than the policy's: not judged, so not served. */
static int check_namespace(struct pdg_error *err)
{
	const char *namespace = getenv("GIT_NAMESPACE");

	if (!namespace || !namespace[0])
		return 0;
	return pdg_reject(err, "PSH-9", "GIT_NAMESPACE is set: refs in a namespace are not judged");
}

int pdg_repo_open(const char *path, enum pdg_repo_open how, struct pdg_repo **out,
		  struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = pdg_repo_new();
	int rc;

	if (!r || git_libgit2_init() < 0)
		return pdg_nomem(err);
	r->close = close_git;
	rc = open_git(path, how, r, err);
	if (rc == 0)
		rc = find_places(r, err);
	if (rc == 0 && how == PDG_REPO_DISCOVER)
		rc = pdg_git_check_bare(r, path, err);
	if (rc == 0 && how == PDG_REPO_DISCOVER)
		rc = pdg_git_check_owner(r, err);
	if (rc == 0 && how == PDG_REPO_ENVIRONMENT) {
		rc = check_namespace(err);
		if (rc == 0)
			rc = add_quarantine(r, err);
		if (rc == 0)
			rc = add_alternates(r, err);
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(r);
	return 0;
}
