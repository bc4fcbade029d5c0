/* SPDX-License-Identifier: Apache-2.0 */
/* Folders: made, listed in order, removed without leaving them through a link. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"
#include "util/fs.h"

static void making(void)
{
	PDG_AUTO(mem) char *deep = NULL;
	PDG_AUTO(mem) char *slashes = NULL;
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *below = NULL;
	PDG_AUTO(mem) char *dangling = NULL;
	struct pdg_error err = {0};
	struct stat st = {0};
	char *dir = pdg_test_dir();

	deep = pdg_test_path(dir, "a/b/c");
	slashes = pdg_test_path(dir, "x//y/");
	file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	below = pdg_test_path(file, "x");
	dangling = pdg_test_path(dir, "dangling");
	CHECK_OK(pdg_fs_mkdirs(deep, 0700, &err), &err);
	CHECK(stat(deep, &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK_OK(pdg_fs_mkdirs(deep, 0700, &err), &err);
	CHECK_OK(pdg_fs_mkdirs(slashes, 0700, &err), &err);
	CHECK(pdg_fs_is_dir(slashes));
	CHECK_OK(pdg_fs_mkdirs("/", 0700, &err), &err);
	CHECK_OK(pdg_fs_mkdirs(".", 0700, &err), &err);
	CHECK_CODE(pdg_fs_mkdirs(file, 0700, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_mkdirs(below, 0700, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_mkdirs("", 0700, &err), &err, PDG_E_IO);
	/* Why it cannot be made, and not what a look at it says then. */
	CHECK(symlink("nowhere", dangling) == 0);
	CHECK_CODE(pdg_fs_mkdirs(dangling, 0700, &err), &err, PDG_E_IO);
	CHECK(strstr(err.text, strerror(EEXIST)));
	pdg_test_dir_remove(dir);
}

static void only_ours(void)
{
	PDG_AUTO(mem) char *deep = NULL;
	PDG_AUTO(mem) char *link = NULL;
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error err = {0};
	struct stat st = {0};
	char *dir = pdg_test_dir();

	deep = pdg_test_path(dir, "a/b");
	link = pdg_test_path(dir, "link");
	file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	CHECK_OK(pdg_fs_private_dir(deep, &err), &err);
	CHECK(stat(deep, &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(chmod(deep, 0755) == 0);
	CHECK_OK(pdg_fs_private_dir(deep, &err), &err);
	CHECK(chmod(deep, 0775) == 0);
	CHECK_RULE(pdg_fs_private_dir(deep, &err), &err, "FIL-1");
	CHECK(chmod(deep, 0702) == 0);
	CHECK_RULE(pdg_fs_private_dir(deep, &err), &err, "FIL-1");
	CHECK(chmod(deep, 0700) == 0 && symlink(deep, link) == 0);
	CHECK_RULE(pdg_fs_private_dir(link, &err), &err, "FIL-1");
	CHECK_RULE(pdg_fs_private_dir(file, &err), &err, "FIL-1");
	/* Somebody else's: only root can make such a folder, and the tests may run as any user. */
	if (geteuid() == 0) {
		CHECK(chown(deep, 12345, 12345) == 0);
		CHECK_RULE(pdg_fs_private_dir(deep, &err), &err, "FIL-1");
	}
	pdg_test_dir_remove(dir);
}

static void add(const char *dir, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_file(dir, name, pdg_bytes_str(name));

	CHECK(path != NULL);
}

static void listing(void)
{
	static const char *const sorted[] = {".hidden", "B", "a", "a b", "b", "\xC3\xA4"};
	PDG_AUTO(names) struct pdg_names names = {0};
	PDG_AUTO(names) struct pdg_names few = {0};
	PDG_AUTO(mem) char *missing = NULL;
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	size_t i;

	missing = pdg_test_path(dir, "missing");
	file = pdg_test_path(dir, "a");
	CHECK_OK(pdg_fs_list(dir, 0, &few, &err), &err);
	CHECK_UINT(few.n, 0);
	for (i = 6; i-- > 0;)
		add(dir, sorted[i]);
	CHECK_OK(pdg_fs_list(dir, 6, &names, &err), &err);
	CHECK_UINT(names.n, 6);
	for (i = 0; i < names.n && i < 6; i++)
		CHECK_STR(names.v[i], sorted[i]);
	CHECK_CODE(pdg_fs_list(dir, 5, &few, &err), &err, PDG_E_LIMIT);
	CHECK_UINT(few.n, 0);
	CHECK_CODE(pdg_fs_list(missing, 5, &few, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_fs_list(file, 5, &few, &err), &err, PDG_E_IO);
	pdg_names_done(NULL);
	pdg_test_dir_remove(dir);
}

static void removing_files(void)
{
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	file = pdg_test_file(dir, "f", pdg_bytes_str("x"));
	CHECK_OK(pdg_fs_remove(file, &err), &err);
	CHECK(!pdg_fs_exists(file));
	CHECK_OK(pdg_fs_remove(file, &err), &err);
	CHECK_CODE(pdg_fs_remove(dir, &err), &err, PDG_E_IO);
	pdg_test_dir_remove(dir);
}

/* Whoever was killed in pdg_fs_write() left this; who is writing just now is younger. */
static void sweeping(void)
{
	static const struct {
		const char *name;
		bool old, goes;
	} files[] = {
		{".pedigree-0123456789abcdef", true, true},
		{".pedigree-0123456789abcdee", false, false},
		{".pedigree-0123456789abcdeg", true, false},
		{".pedigree-0123456789abcde", true, false},
		{".pedigree-0123456789abcdef0", true, false},
		{"pedigree-0123456789abcdef", true, false},
		{"0123456789abcdef.json", true, false},
	};
	char *dir = pdg_test_dir();
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_file(dir, files[i].name, pdg_bytes_str("x"));
		const struct timespec long_ago[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

		if (files[i].old)
			CHECK(utimensat(AT_FDCWD, path, long_ago, 0) == 0);
	}
	pdg_fs_sweep(dir);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(dir, files[i].name);

		pdg_test_case("%s", files[i].name);
		CHECK(pdg_fs_exists(path) != files[i].goes);
	}
	pdg_test_case(NULL);
	pdg_fs_sweep("/nonexistent");
	pdg_test_dir_remove(dir);
}

static void removing_trees(void)
{
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(mem) char *deep = NULL;
	PDG_AUTO(mem) char *outside = NULL;
	PDG_AUTO(mem) char *kept = NULL;
	PDG_AUTO(mem) char *link = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	tree = pdg_test_path(dir, "tree");
	deep = pdg_test_path(dir, "tree/a/b");
	outside = pdg_test_path(dir, "outside");
	link = pdg_test_path(dir, "tree/a/link");
	CHECK_OK(pdg_fs_mkdirs(deep, 0700, &err), &err);
	CHECK_OK(pdg_fs_mkdirs(outside, 0700, &err), &err);
	kept = pdg_test_file(outside, "kept", pdg_bytes_str("x"));
	CHECK(symlink(outside, link) == 0);
	add(tree, "f");
	add(deep, "g");
	CHECK_OK(pdg_fs_remove_tree(tree, &err), &err);
	CHECK(!pdg_fs_exists(tree));
	CHECK(pdg_fs_exists(kept));
	CHECK_OK(pdg_fs_remove_tree(tree, &err), &err);
	/* Neither a link to a folder nor a file is a tree. */
	CHECK(symlink(outside, tree) == 0);
	CHECK_CODE(pdg_fs_remove_tree(tree, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_remove_tree(kept, &err), &err, PDG_E_IO);
	CHECK(pdg_fs_exists(kept));
	pdg_test_dir_remove(dir);
}

/* More levels than the walk takes: refused, with nothing above the limit's depth left open. */
static void very_deep_trees(void)
{
	PDG_AUTO(buf) struct pdg_buf path = PDG_BUF_INIT(10000);
	PDG_AUTO(mem) char *top = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	int i;

	top = pdg_test_path(dir, "d");
	pdg_buf_puts(&path, dir);
	for (i = 0; i < 200; i++)
		pdg_buf_puts(&path, "/d");
	CHECK_OK(pdg_fs_mkdirs(pdg_buf_cstr(&path), 0700, &err), &err);
	CHECK_CODE(pdg_fs_remove_tree(top, &err), &err, PDG_E_IO);
	pdg_test_dir_remove(dir);
}

static void temporary_folders(void)
{
	PDG_AUTO(mem) char *one = NULL;
	PDG_AUTO(mem) char *two = NULL;
	PDG_AUTO(mem) char *other = NULL;
	char *none = NULL;
	struct pdg_error err = {0};
	struct stat st = {0};
	char *dir = pdg_test_dir();
	const char *old = getenv("TMPDIR");
	PDG_AUTO(mem) char *before = old ? strdup(old) : NULL;

	CHECK_INT(setenv("TMPDIR", dir, 1), 0);
	CHECK_OK(pdg_fs_tempdir("pdg", &one, &err), &err);
	CHECK_OK(pdg_fs_tempdir("pdg", &two, &err), &err);
	CHECK(one && two && strcmp(one, two) != 0 && strncmp(one, dir, strlen(dir)) == 0);
	CHECK(one && stat(one, &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK_INT(setenv("TMPDIR", "relative", 1), 0);
	CHECK_OK(pdg_fs_tempdir("pdg", &other, &err), &err);
	CHECK(other && strncmp(other, "/tmp/pdg-", 9) == 0);
	CHECK_OK(pdg_fs_remove_tree(other, &err), &err);
	CHECK_INT(setenv("TMPDIR", "/dev/null", 1), 0);
	CHECK_CODE(pdg_fs_tempdir("pdg", &none, &err), &err, PDG_E_IO);
	CHECK(none == NULL);
	CHECK_INT(before ? setenv("TMPDIR", before, 1) : unsetenv("TMPDIR"), 0);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("fs_dir", {"making", making}, {"only_ours", only_ours}, {"listing", listing},
	      {"sweeping", sweeping}, {"removing files", removing_files},
	      {"removing trees", removing_trees}, {"very deep trees", very_deep_trees},
	      {"temporary folders", temporary_folders})
