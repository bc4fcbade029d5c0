/* SPDX-License-Identifier: Apache-2.0 */
/* A repository by its files alone: what a commit's hooks see is what libgit2 sees, or nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/files.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "unit/git/opened.h"
#include "util/fs.h"
#include "util/str.h"

static char *dir;  /* this program's folder, resolved */
static char *repo; /* a repository with one commit */

static void set_up(void)
{
	if (dir)
		return;
	dir = resolved_dir();
	own_configuration();
	repo = pdg_test_repo(dir, "repo");
	free(pdg_test_commit(repo, "first", 1700000000));
}

/* In @path, as a hook is: both ways of opening show the same folders, HEAD and commit. */
static void check_same(const char *path)
{
	PDG_AUTO(repo) struct pdg_repo *files = NULL;
	PDG_AUTO(repo) struct pdg_repo *git = NULL;
	PDG_AUTO(buf) struct pdg_buf a = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(SIZE_MAX - 1);
	struct pdg_error err = {0};
	char by_file[PDG_GIT_HEX] = "";
	char by_git[PDG_GIT_HEX] = "";
	const char *type = NULL;

	CHECK(chdir(path) == 0);
	if (!CHECK_OK(pdg_repo_open_files(&files, &err), &err) ||
	    !CHECK_OK(pdg_repo_open(".", PDG_REPO_ENVIRONMENT, &git, &err), &err))
		return;
	CHECK_STR(pdg_repo_gitdir(files), pdg_repo_gitdir(git));
	CHECK_STR(pdg_repo_commondir(files), pdg_repo_commondir(git));
	CHECK_STR(pdg_repo_workdir(files), pdg_repo_workdir(git));
	CHECK(!pdg_repo_bare(files));
	CHECK_OK(pdg_repo_head_file(files, by_file, &err), &err);
	CHECK_OK(pdg_repo_resolve(git, "HEAD", by_git, &err), &err);
	CHECK_STR(by_file, by_git);
	CHECK_OK(pdg_repo_loose_commit(files, by_file, &a, &err), &err);
	CHECK_OK(pdg_repo_read(git, by_git, &b, &type, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&a), pdg_buf_bytes(&b));
}

static void places(void)
{
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(mem) char *super = NULL;
	PDG_AUTO(mem) char *sub = NULL;

	set_up();
	check_same(repo);
	pdg_test_git(repo, "worktree", "add", "-q", "-b", "side/way", "../linked", NULL);
	tree = pdg_test_path(dir, "linked");
	check_same(tree);
	pdg_test_git(tree, "checkout", "-q", "--detach", NULL);
	check_same(tree);
	super = pdg_test_repo(dir, "super");
	pdg_test_git(super, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", repo,
		     "sub", NULL);
	sub = pdg_test_path(super, "sub");
	check_same(sub);
	/* As git sets it for hooks in linked work trees. */
	(void)setenv("GIT_DIR", "../.git/modules/sub", 1);
	check_same(sub);
	(void)unsetenv("GIT_DIR");
}

static void what_is_left_to_libgit2(void)
{
	static const char *const configs[] = {
		"[core]\n\trepositoryformatversion = 2\n",
		"[core]\n\trepositoryformatversion\n",
		"[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n",
		"[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n",
		"[core]\n\trepositoryformatversion = 1\n[extensions]\n\tunheardOf = true\n",
		"[core\n",
	};
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	size_t i;

	set_up();
	path = pdg_test_repo(dir, "odd");
	CHECK(chdir(path) == 0);
	for (i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		pdg_test_case("%s", configs[i]);
		free(pdg_test_file(path, ".git/config", pdg_bytes_str(configs[i])));
		CHECK_CODE(pdg_repo_open_files(&r, &err), &err, PDG_E_NOTFOUND);
	}
	pdg_test_case(NULL);
	free(pdg_test_file(path, ".git/config", pdg_bytes_str("[core]\n\tbare = false\n")));
	(void)setenv("GIT_NAMESPACE", "x", 1);
	CHECK_CODE(pdg_repo_open_files(&r, &err), &err, PDG_E_NOTFOUND);
	(void)unsetenv("GIT_NAMESPACE");
	(void)setenv("GIT_DIR", "/nonexistent", 1);
	CHECK_CODE(pdg_repo_open_files(&r, &err), &err, PDG_E_NOTFOUND);
	(void)unsetenv("GIT_DIR");
	CHECK(chdir("/") == 0);
	CHECK_CODE(pdg_repo_open_files(&r, &err), &err, PDG_E_NOTFOUND);
}

/* HEAD as @text in a repository of this name. */
static int head_of(const char *path, const char *text, char out[PDG_GIT_HEX])
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	CHECK(chdir(path) == 0);
	if (!CHECK_OK(pdg_repo_open_files(&r, &err), &err))
		return PDG_E_INTERNAL;
	free(pdg_test_file(path, ".git/HEAD", pdg_bytes_str(text)));
	return pdg_repo_head_file(r, out, &err);
}

static void heads(void)
{
	static const char *const none[] = {
		"ref: refs/heads/nothing\n",
		"ref: refs/tags/main\n",
		"ref: refs/heads/../../HEAD\n",
		"ref: refs/heads/main\nmore\n",
		"0123\n",
		"0123456789012345678901234567890123456789012345678901234567890123\n",
		"ABCDEF6789012345678901234567890123456789\n",
		"",
	};
	PDG_AUTO(mem) char *path = NULL;
	char hex[PDG_GIT_HEX];
	size_t i;

	set_up();
	path = pdg_test_repo(dir, "headed");
	free(pdg_test_commit(path, "first", 1700000000));
	CHECK_INT(head_of(path, "ref: refs/heads/main\n", hex), 0);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		pdg_test_case("%s", none[i]);
		CHECK_INT(head_of(path, none[i], hex), PDG_E_NOTFOUND);
	}
	pdg_test_case(NULL);
	free(pdg_test_file(path, ".git/HEAD", pdg_bytes_str("ref: refs/heads/main\n")));
	pdg_test_git(path, "pack-refs", "--all", NULL);
	CHECK_INT(head_of(path, "ref: refs/heads/main\n", hex), PDG_E_NOTFOUND);
}

static void commits(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(buf) struct pdg_buf stored = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *hex = NULL;
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error err = {0};
	size_t i;

	set_up();
	path = pdg_test_repo(dir, "loose");
	hex = pdg_test_commit(path, "first", 1700000000);
	tree = pdg_test_git_out(path, "rev-parse", "HEAD^{tree}", NULL);
	CHECK(chdir(path) == 0);
	if (!CHECK_OK(pdg_repo_open_files(&r, &err), &err))
		return;
	CHECK_OK(pdg_repo_loose_commit(r, hex, &out, &err), &err);
	pdg_buf_reset(&out);
	CHECK_CODE(pdg_repo_loose_commit(r, tree, &out, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_repo_loose_commit(r, "../../etc/passwd", &out, &err), &err, PDG_E_NOTFOUND);
	/* Cut short, with something behind it, or changed: never an end that was not its own. */
	file = pdg_str_printf("%s/.git/objects/%.2s/%s", path, hex, hex + 2);
	pdg_test_read(file, &stored);
	CHECK(chmod(file, 0600) == 0);
	for (i = 0; i < stored.n; i++) {
		CHECK_OK(pdg_fs_write(file, pdg_bytes(stored.p, i), 0600, &err), &err);
		CHECK_CODE(pdg_repo_loose_commit(r, hex, &out, &err), &err, PDG_E_NOTFOUND);
	}
	pdg_buf_putc(&stored, 0);
	CHECK_OK(pdg_fs_write(file, pdg_buf_bytes(&stored), 0600, &err), &err);
	CHECK_CODE(pdg_repo_loose_commit(r, hex, &out, &err), &err, PDG_E_NOTFOUND);
	CHECK(unlink(file) == 0);
	CHECK_CODE(pdg_repo_loose_commit(r, hex, &out, &err), &err, PDG_E_NOTFOUND);
	CHECK_UINT(out.n, 0);
}

static void clean_up(void)
{
	CHECK(chdir("/") == 0);
	pdg_test_dir_remove(dir);
	dir = NULL;
	free(repo);
}

PDG_TEST_MAIN("files", {"places", places}, {"what is left to libgit2", what_is_left_to_libgit2},
	      {"heads", heads}, {"commits", commits}, {"clean up", clean_up})
