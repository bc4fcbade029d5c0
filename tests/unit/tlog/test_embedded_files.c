/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the embedded log's files are: a start asks about the newest, --fsck about each. */
#include <sys/stat.h>
#include <unistd.h>

#include "tlog/embedded.h"
#include "unit/tlog/items.h"
#include "util/str.h"

#define ENTRIES 600 /* two full tiles, a partial one, and a partial one above them */

PDG_AUTO_DEFINE(log, struct pdg_log *, pdg_log_free)

struct told {
	const char *path; /* what is to be told of */
	unsigned n;
	bool named;
};

static void fault(void *ctx, const struct pdg_error *why)
{
	struct told *t = ctx;

	t->n++;
	t->named = t->named || strstr(why->text, t->path);
	CHECK_STR(why->rule, "FIL-1");
	CHECK(why->fix[0] != '\0');
}

static void make_log(const char *dir)
{
	const struct pdg_embedded_options opt = {
		.directory = dir, .origin = "localhost", .may_create = true};
	PDG_AUTO(log) struct pdg_log *log = NULL;
	PDG_AUTO(items) struct items it = {0};
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_error err = {0};
	size_t at;

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err) ||
	    !CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err))
		abort();
	items_init(&it, key, 0, ENTRIES);
	for (at = 0; at < ENTRIES; at += 100)
		CHECK_OK(log->ops->add(log, it.v + at, 100, &err), &err);
}

/* @rel is changed: does a start find it, and how many does the look at all of them tell of? */
static void found(const char *dir, const char *rel, bool at_start, unsigned all)
{
	PDG_AUTO(mem) char *path = rel[0] ? pdg_test_path(dir, rel) : pdg_str_dup(dir);
	struct told told = {.path = path};
	struct pdg_error err = {0};
	int rc = pdg_embedded_files(dir, &err);

	if (at_start) {
		CHECK_RULE(rc, &err, "FIL-1");
		CHECK_HAS(err.text, path);
	} else {
		CHECK_OK(rc, &err);
	}
	CHECK_OK(pdg_embedded_tiles_each(dir, fault, &told, &err), &err);
	CHECK_UINT(told.n, all);
	CHECK(told.named == (all > 0));
}

static void each_file(void)
{
	static const struct {
		const char *rel;
		bool at_start;
		unsigned all;
	} files[] = {
		{"", true, 0},
		{"lock", true, 0},
		{"checkpoint", true, 0},
		{"tile", true, 1},
		{"tile/0", true, 1},
		{"tile/entries", true, 1},
		{"tile/0/002.p", true, 1},
		{"tile/0/002.p/88", true, 1},
		{"tile/entries/002.p/88", true, 1},
		{"tile/1/000.p/2", true, 1},
		{"tile/0/000", false, 1},
		{"tile/0/001", false, 1},
		{"tile/entries/001", false, 1},
	};
	char *dir = pdg_test_dir();
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_embedded_files(dir, &err), &err);
	make_log(dir);
	found(dir, "", false, 0);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(dir, files[i].rel);
		PDG_AUTO(mem) char *away = pdg_test_path(dir, "away");
		struct stat st;

		pdg_test_case("\"%s\"", files[i].rel);
		if (!CHECK_INT(lstat(path, &st), 0))
			continue;
		CHECK_INT(chmod(path, (st.st_mode & 07777) | S_IWOTH), 0);
		found(dir, files[i].rel, files[i].at_start, files[i].all);
		CHECK_INT(chmod(path, st.st_mode & 07777), 0);
		if (!files[i].rel[0])
			continue;
		CHECK(rename(path, away) == 0 && mkfifo(path, 0600) == 0);
		found(dir, files[i].rel, files[i].at_start, files[i].all);
		CHECK(remove(path) == 0 && symlink(away, path) == 0);
		found(dir, files[i].rel, files[i].at_start, files[i].all);
		CHECK(remove(path) == 0 && rename(away, path) == 0);
	}
	pdg_test_case(NULL);
	found(dir, "", false, 0);
	pdg_test_dir_remove(dir);
}

/* What others leave in a folder of ours: the file system's, NFS's, a backup program's. */
static void no_tiles(void)
{
	static const char *const names[] = {
		"tile/lost+found",	  "tile/.nfs0001",     "tile/64",
		"tile/0/lost+found",	  "tile/0/1234",       "tile/0/x2",
		"tile/entries/001.p.bak", "tile/0/002.p/.tmp", "tile/0/002.p/x1",
	};
	static const char *const closed[] = {"tile/0/077", "tile/0/x001", "tile/entries/077.p",
					     "tile/0/002.p/7"};
	char *dir = pdg_test_dir();
	size_t i;

	make_log(dir);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(dir, names[i]);
		pdg_test_case("%s", names[i]);
		CHECK(mkdir(path, 0700) == 0 && chmod(path, 0777) == 0);
		found(dir, names[i], false, 0);
		CHECK_INT(remove(path), 0);
	}
	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(dir, closed[i]);

		pdg_test_case("%s", closed[i]);
		CHECK_INT(mkfifo(path, 0600), 0);
		found(dir, closed[i], false, 1);
		CHECK_INT(remove(path), 0);
	}
	pdg_test_case(NULL);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("embedded_files", {"each file", each_file}, {"no tiles", no_tiles})
