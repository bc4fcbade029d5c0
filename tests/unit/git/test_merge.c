/* SPDX-License-Identifier: Apache-2.0 */
/* A merge made again in memory: equal trees, others, conflicts; nothing is written. */
#include <stdlib.h>
#include <string.h>

#include "git/repo.h"
#include "support/check.h"
#include "support/gitrepo.h"

static void put(const char *repo, const char *name, const char *text)
{
	free(pdg_test_file(repo, name, pdg_bytes_str(text)));
	pdg_test_git(repo, "add", name, NULL);
}

static char *rev(const char *repo, const char *name)
{
	return pdg_test_git_out(repo, "rev-parse", name, NULL);
}

static bool gives(const char *path, const char *a, const char *b, const char *tree)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(mem) char *ca = rev(path, a);
	PDG_AUTO(mem) char *cb = rev(path, b);
	PDG_AUTO(mem) char *t = rev(path, tree);
	struct pdg_error err = {0};
	bool out = false;

	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_repo_merge_gives(r, ca, cb, t, &out, &err), &err);
	return out;
}

static void trial_merges(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "repo");
	PDG_AUTO(mem) char *before = NULL;
	PDG_AUTO(mem) char *after = NULL;

	put(path, "f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
	free(pdg_test_commit(path, "base", 1700000000));
	pdg_test_git(path, "checkout", "-q", "-b", "side", NULL);
	put(path, "f", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
	free(pdg_test_commit(path, "side", 1700000001));
	pdg_test_git(path, "checkout", "-q", "-b", "clash", "main", NULL);
	put(path, "f", "uno\n2\n3\n4\n5\n6\n7\n8\n9\n");
	free(pdg_test_commit(path, "clash", 1700000002));
	pdg_test_git(path, "checkout", "-q", "main", NULL);
	put(path, "f", "one\n2\n3\n4\n5\n6\n7\n8\n9\n");
	free(pdg_test_commit(path, "ours", 1700000003));
	pdg_test_git(path, "merge", "-q", "--no-ff", "-m", "m", "side", NULL);
	put(path, "evil", "x\n");
	free(pdg_test_commit(path, "evil", 1700000004));

	/* The same merge where its result is not stored yet: it must come out, and leave nothing.
	 */
	before = pdg_test_git_out(path, "count-objects", NULL);
	CHECK(gives(path, "main~2", "side", "main~1^{tree}"));
	CHECK(gives(path, "side", "main~2", "main~1^{tree}"));
	CHECK(!gives(path, "main~2", "side", "main^{tree}"));
	CHECK(!gives(path, "main~2", "clash", "main~2^{tree}"));
	CHECK(!gives(path, "clash", "side", "main^{tree}"));
	after = pdg_test_git_out(path, "count-objects", NULL);
	CHECK_STR(after, before);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("merge", {"trial merges", trial_merges})
