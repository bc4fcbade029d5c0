/* SPDX-License-Identifier: Apache-2.0 */
/* Opening repositories of every kind, in hostile surroundings too; objects, refs, configuration. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/range.h"
#include "git/repo.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "unit/git/opened.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define ABSENT	     "00112233445566778899aabbccddeeff00112233" /* no object is called so */
#define ABSENT_UPPER "AABBCCDDEEFF00112233445566778899AABBCCDD"

static char *dir;  /* this program's folder, resolved */
static char *repo; /* a repository with one commit */
static char *first;

static void set_up(void)
{
	if (dir)
		return;
	dir = resolved_dir();
	repo = pdg_test_repo(dir, "repo");
	first = pdg_test_commit(repo, "first", 1700000000);
}

static void places_of_each_kind(void)
{
	PDG_AUTO(mem) char *bare = NULL;
	PDG_AUTO(mem) char *git = NULL;
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(mem) char *sub = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(repo) struct pdg_repo *b = NULL;
	PDG_AUTO(repo) struct pdg_repo *w = NULL;

	set_up();
	git = pdg_test_path(repo, ".git");
	sub = pdg_test_path(repo, "below");
	CHECK(mkdir(sub, 0700) == 0);
	r = opened(sub);
	CHECK(!pdg_repo_bare(r));
	CHECK_STR(pdg_repo_gitdir(r), git);
	CHECK_STR(pdg_repo_commondir(r), git);
	CHECK_STR(pdg_repo_workdir(r), repo);

	bare = pdg_test_path(dir, "bare.git");
	pdg_test_git(dir, "clone", "-q", "--bare", repo, bare, NULL);
	b = opened(bare);
	CHECK(pdg_repo_bare(b));
	CHECK_STR(pdg_repo_gitdir(b), bare);
	CHECK(pdg_repo_workdir(b) == NULL);

	tree = pdg_test_path(dir, "tree");
	pdg_test_git(repo, "worktree", "add", "-q", "-b", "side", tree, NULL);
	w = opened(tree);
	CHECK_STR(pdg_repo_commondir(w), git);
	CHECK_STR(pdg_repo_workdir(w), tree);
	CHECK_HAS(pdg_repo_gitdir(w), "/worktrees/tree");
}

static void nothing_there(void)
{
	PDG_AUTO(mem) char *empty = NULL;
	struct pdg_error err = {0};
	struct pdg_repo *r = NULL;

	set_up();
	empty = pdg_test_path(dir, "empty");
	CHECK(mkdir(empty, 0700) == 0);
	CHECK_RULE(pdg_repo_open(empty, PDG_REPO_DISCOVER, &r, &err), &err, "GIT-1");
	CHECK_RULE(pdg_repo_open("/nonexistent/x", PDG_REPO_DISCOVER, &r, &err), &err, "GIT-1");
	CHECK(r == NULL);
}

static void sha256_repository(void)
{
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	struct pdg_repo *r = NULL;

	set_up();
	path = pdg_test_path(dir, "sha256");
	pdg_test_git(dir, "init", "-q", "--object-format=sha256", path, NULL);
	CHECK_RULE(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err, "GIT-2");
}

static void known_extensions(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;

	set_up();
	path = pdg_test_repo(dir, "extended");
	pdg_test_git(path, "config", "core.repositoryFormatVersion", "1", NULL);
	pdg_test_git(path, "config", "extensions.worktreeConfig", "true", NULL);
	r = opened(path);
	CHECK(r != NULL);
}

/* Variables that libgit2 1.5 fails on, or follows, although git did not mean us. */
static void hostile_environment(void)
{
	PDG_AUTO(mem) char *git = NULL;
	struct pdg_error err = {0};
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	char hex[PDG_GIT_HEX];
	int rc;

	set_up();
	git = pdg_test_path(repo, ".git");
	(void)setenv("GIT_DIR", git, 1);
	(void)setenv("GIT_WORK_TREE", "/nonexistent", 1);
	(void)setenv("GIT_COMMON_DIR", "/nonexistent", 1);
	(void)setenv("GIT_OBJECT_DIRECTORY", "/nonexistent", 1);
	(void)setenv("GIT_INDEX_FILE", "/nonexistent", 1);
	(void)setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES",
		     "/nonexistent:\"/non\\\"existent\"::\"/tmp\\072", 1);
	rc = pdg_repo_open("/", PDG_REPO_ENVIRONMENT, &r, &err);
	if (CHECK_OK(rc, &err)) {
		CHECK_STR(pdg_repo_commondir(r), git);
		CHECK_OK(pdg_repo_resolve(r, "HEAD", hex, &err), &err);
		CHECK_STR(hex, first);
	}
	(void)unsetenv("GIT_WORK_TREE");
	(void)unsetenv("GIT_COMMON_DIR");
	(void)unsetenv("GIT_OBJECT_DIRECTORY");
	(void)unsetenv("GIT_INDEX_FILE");
	(void)unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");

	(void)setenv("GIT_NAMESPACE", "other", 1);
	CHECK_RULE(pdg_repo_open("/", PDG_REPO_ENVIRONMENT, &r, &err), &err, "PSH-9");
	(void)unsetenv("GIT_NAMESPACE");

	/* A command goes nowhere by what only git may say to its hooks: it has to agree. */
	pdg_repo_free(PDG_TAKE(r));
	r = opened(repo);
	CHECK_STR(pdg_repo_commondir(r), git);
	pdg_repo_free(PDG_TAKE(r));
	(void)setenv("GIT_DIR", "/nonexistent", 1);
	CHECK_RULE(pdg_repo_open(repo, PDG_REPO_DISCOVER, &r, &err), &err, "GIT-7");
	(void)unsetenv("GIT_DIR");
}

/* Objects in a quarantine of git's making are seen; a folder elsewhere is none (attack 25). */
static void quarantine(void)
{
	PDG_AUTO(mem) char *bare = NULL;
	PDG_AUTO(mem) char *held = NULL;
	PDG_AUTO(mem) char *objects = NULL;
	PDG_AUTO(mem) char *other = NULL;
	PDG_AUTO(mem) char *inside = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	const char *type = NULL;
	struct pdg_error err = {0};

	set_up();
	bare = pdg_test_path(dir, "quarantined.git");
	pdg_test_git(dir, "init", "-q", "--bare", bare, NULL);
	inside = pdg_test_path(bare, "objects/tmp_objdir-incoming-x");
	objects = pdg_test_path(repo, ".git/objects");
	pdg_test_git(dir, "clone", "-q", "--bare", "--no-hardlinks", repo, "copy.git", NULL);
	held = pdg_test_path(dir, "copy.git/objects");
	CHECK(rename(held, inside) == 0);

	(void)setenv("GIT_DIR", bare, 1);
	(void)setenv("GIT_QUARANTINE_PATH", inside, 1);
	(void)setenv("GIT_OBJECT_DIRECTORY", inside, 1);
	if (CHECK_OK(pdg_repo_open("/", PDG_REPO_ENVIRONMENT, &r, &err), &err)) {
		CHECK_OK(pdg_repo_read(r, first, &raw, &type, &err), &err);
		CHECK_STR(type, "commit");
	}
	pdg_repo_free(PDG_TAKE(r));

	(void)setenv("GIT_OBJECT_DIRECTORY", objects, 1);
	CHECK_RULE(pdg_repo_open("/", PDG_REPO_ENVIRONMENT, &r, &err), &err, "PSH-9");
	(void)setenv("GIT_QUARANTINE_PATH", objects, 1);
	CHECK_RULE(pdg_repo_open("/", PDG_REPO_ENVIRONMENT, &r, &err), &err, "PSH-9");
	(void)unsetenv("GIT_QUARANTINE_PATH");
	(void)unsetenv("GIT_OBJECT_DIRECTORY");

	/* Alternates by the environment, one of them quoted as git quotes. */
	pdg_test_git(dir, "clone", "-q", "--bare", "--no-hardlinks", repo, "a:b\tc\nd.git", NULL);
	other = pdg_str_printf("/nonexistent:\"%s/a\\072b\\tc\\nd.git/objects\"", dir);
	(void)setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", other, 1);
	pdg_buf_reset(&raw);
	if (CHECK_OK(pdg_repo_open("/", PDG_REPO_ENVIRONMENT, &r, &err), &err))
		CHECK_OK(pdg_repo_read(r, first, &raw, &type, &err), &err);
	(void)unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	(void)unsetenv("GIT_DIR");
}

static void objects(void)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf small = PDG_BUF_INIT(8);
	PDG_AUTO(mem) char *want = NULL;
	struct pdg_error err = {0};
	const char *type = NULL;

	set_up();
	r = opened(repo);
	want = pdg_test_git_out(repo, "cat-file", "commit", first, NULL);
	if (CHECK_OK(pdg_repo_read(r, first, &raw, &type, &err), &err)) {
		CHECK_STR(type, "commit");
		CHECK_HAS(pdg_buf_cstr(&raw), want);
		CHECK_UINT(raw.n, strlen(want) + 1);
	}
	CHECK_CODE(pdg_repo_read(r, first, &small, &type, &err), &err, PDG_E_LIMIT);
	pdg_buf_reset(&raw);
	CHECK_CODE(pdg_repo_read(r, "0123456789012345678901234567890123456789", &raw, &type, &err),
		   &err, PDG_E_NOTFOUND);
	CHECK_RULE(pdg_repo_read(r, "HEAD", &raw, &type, &err), &err, "GIT-4");
	CHECK_RULE(pdg_repo_read(r, "0123456789ABCDEF0123456789ABCDEF01234567", &raw, &type, &err),
		   &err, "GIT-4");
}

/* What is too large, or of a type that is never judged, is told by its header and not read. */
static void objects_too_large(void)
{
	PDG_AUTO(mem) char *zeros = pdg_calloc(1, PDG_LIMIT_COMMIT + 1);
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *commit = NULL;
	PDG_AUTO(mem) char *tag = NULL;
	PDG_AUTO(mem) char *blob = NULL;
	struct pdg_error err = {0};
	const char *type = NULL;
	char hex[PDG_GIT_HEX];

	set_up();
	path = pdg_test_repo(dir, "large");
	file = pdg_test_file(dir, "zeros", pdg_bytes(zeros, PDG_LIMIT_COMMIT + 1));
	commit = pdg_test_git_out(path, "hash-object", "-t", "commit", "--literally", "-w", file,
				  NULL);
	tag = pdg_test_git_out(path, "hash-object", "-t", "tag", "--literally", "-w", file, NULL);
	blob = pdg_test_git_out(path, "hash-object", "-w", file, NULL);
	r = opened(path);
	CHECK_RULE(pdg_repo_read(r, commit, &raw, &type, &err), &err, "COM-6");
	CHECK_RULE(pdg_repo_read(r, tag, &raw, &type, &err), &err, "COM-6");
	CHECK(type == NULL);
	CHECK_OK(pdg_repo_read(r, blob, &raw, &type, &err), &err);
	CHECK_STR(type, "blob");
	CHECK_UINT(raw.n, 0);
	/* A commit may be named, and is refused when its bytes are asked for. */
	CHECK_OK(pdg_repo_resolve(r, commit, hex, &err), &err);
	CHECK_RULE(pdg_repo_resolve(r, blob, hex, &err), &err, "GIT-4");
	CHECK_OK(pdg_walk_new(r, &w, &err), &err);
	CHECK_RULE(pdg_walk_push(w, tag, &err), &err, "COM-6");
	CHECK_OK(pdg_walk_push(w, commit, &err), &err);
	CHECK_RULE(pdg_walk_next(w, hex, &raw, &err), &err, "COM-6");
	CHECK_STR(hex, commit);
	CHECK_INT(pdg_walk_next(w, hex, &raw, &err), PDG_E_NOTFOUND);
}

/* A replace ref changes what git shows, never what is judged (attacks M13, 16). */
static void replace_refs_and_grafts(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *one = NULL;
	PDG_AUTO(mem) char *two = NULL;
	PDG_AUTO(mem) char *grafts = NULL;
	PDG_AUTO(mem) char *graft_line = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];
	const char *type = NULL;

	set_up();
	path = pdg_test_repo(dir, "replaced");
	one = pdg_test_commit(path, "one", 1700000000);
	two = pdg_test_commit(path, "two", 1700000001);
	pdg_test_git(path, "replace", two, one, NULL);
	graft_line = pdg_str_printf("%s\n", two);
	grafts = pdg_test_file(path, ".git/info/grafts", pdg_bytes_str(graft_line));
	r = opened(path);
	if (CHECK_OK(pdg_repo_read(r, two, &raw, &type, &err), &err))
		CHECK_HAS(pdg_buf_cstr(&raw), "two");
	CHECK_OK(pdg_walk_new(r, &w, &err), &err);
	CHECK_OK(pdg_walk_push(w, two, &err), &err);
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_STR(hex, two);
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_STR(hex, one);
	CHECK_INT(pdg_walk_next(w, hex, NULL, &err), PDG_E_NOTFOUND);
}

static void refs(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *c = NULL;
	PDG_AUTO(mem) char *tag = NULL;
	PDG_AUTO(mem) char *name = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];

	set_up();
	path = pdg_test_repo(dir, "refs");
	c = pdg_test_commit(path, "one", 1700000000);
	pdg_test_git(path, "tag", "-a", "-m", "x", "v1", NULL);
	tag = pdg_test_git_out(path, "rev-parse", "v1", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/alias", "refs/heads/main", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/loop", "refs/heads/loop", NULL);
	r = opened(path);

	CHECK_OK(pdg_repo_ref(r, "refs/tags/v1", hex, &err), &err);
	CHECK_STR(hex, tag);
	CHECK_OK(pdg_repo_ref(r, "refs/heads/none", hex, &err), &err);
	CHECK_STR(hex, "");
	CHECK_OK(pdg_repo_ref(r, "refs/heads/alias", hex, &err), &err);
	CHECK_STR(hex, c);
	CHECK_OK(pdg_repo_ref_final(r, "refs/heads/alias", &name, &err), &err);
	CHECK_STR(name, "refs/heads/main");
	free(PDG_TAKE(name));
	CHECK_OK(pdg_repo_ref_final(r, "refs/heads/new", &name, &err), &err);
	CHECK_STR(name, "refs/heads/new");
	free(PDG_TAKE(name));
	CHECK_RULE(pdg_repo_ref_final(r, "refs/heads/loop", &name, &err), &err, "GIT-3");

	CHECK_OK(pdg_repo_resolve(r, "v1", hex, &err), &err);
	CHECK_STR(hex, c);
	CHECK_OK(pdg_repo_resolve(r, "v1^{commit}", hex, &err), &err);
	CHECK_RULE(pdg_repo_resolve(r, "nowhere", hex, &err), &err, "GIT-4");
	CHECK_RULE(pdg_repo_resolve(r, "HEAD^{tree}", hex, &err), &err, "GIT-4");

	/* Refs whose names are full names of objects, of one that is not here and of one that is.
	 */
	pdg_test_git(path, "update-ref", "refs/tags/" ABSENT, c, NULL);
	pdg_test_git(path, "update-ref", "refs/heads/" ABSENT_UPPER, c, NULL);
	CHECK_RULE(pdg_repo_resolve(r, ABSENT, hex, &err), &err, "GIT-4");
	CHECK_RULE(pdg_repo_resolve(r, ABSENT_UPPER, hex, &err), &err, "GIT-4");
	CHECK_RULE(pdg_repo_resolve(r, ABSENT "^{commit}", hex, &err), &err, "GIT-4");
	CHECK_RULE(pdg_repo_resolve(r, ABSENT "~0", hex, &err), &err, "GIT-4");
	CHECK_RULE(pdg_repo_resolve(r, ABSENT_UPPER "^0", hex, &err), &err, "GIT-4");
	CHECK_OK(pdg_repo_resolve(r, "refs/tags/" ABSENT, hex, &err), &err);
	CHECK_STR(hex, c);

	CHECK_OK(pdg_repo_head_ref(r, &name, &err), &err);
	CHECK_STR(name, "refs/heads/main");
	free(PDG_TAKE(name));
	pdg_test_git(path, "checkout", "-q", "--detach", NULL);
	CHECK_OK(pdg_repo_head_ref(r, &name, &err), &err);
	CHECK(name == NULL);
}

static void clean_up(void)
{
	pdg_test_dir_remove(dir);
	free(repo);
	free(first);
}

PDG_TEST_MAIN("repo", {"places of each kind", places_of_each_kind},
	      {"nothing there", nothing_there}, {"SHA-256 repository", sha256_repository},
	      {"known extensions", known_extensions}, {"hostile environment", hostile_environment},
	      {"quarantine", quarantine}, {"objects", objects},
	      {"objects too large", objects_too_large},
	      {"replace refs and grafts", replace_refs_and_grafts}, {"refs", refs},
	      {"clean up", clean_up})
