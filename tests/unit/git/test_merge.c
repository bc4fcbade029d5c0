/* SPDX-License-Identifier: Apache-2.0 */
/* A merge made again in memory: equal trees, others, conflicts; nothing is written. */
#include <stdlib.h>
#include <string.h>

#include "git/repo.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/str.h"

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

/*
 * Two branches that merged each other: of the two commits that they come from the base is made,
 * with the marks of their own conflict in it where there is one, as git does it.
 */
static void crossed_histories(void)
{
	static const char *const others[] = {"9", "neuf"}; /* the second conflicts with "nine" */
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char *dir = pdg_test_dir();
		PDG_AUTO(mem) char *path = pdg_test_repo(dir, "crossed");
		PDG_AUTO(mem)
		char *one = pdg_str_printf("one\n2\n3\n4\n5\n6\n7\n8\n%s\n", others[i]);

		put(path, "f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
		free(pdg_test_commit(path, "base", 1700000000));
		pdg_test_git(path, "branch", "side", NULL);
		put(path, "f", one);
		free(pdg_test_commit(path, "left", 1700000001));
		pdg_test_git(path, "checkout", "-q", "side", NULL);
		put(path, "f", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
		free(pdg_test_commit(path, "right", 1700000002));
		pdg_test_git(path, "branch", "right", NULL);
		pdg_test_git(path, "merge", "-q", "--no-ff", "-s", "ours", "-m", "m1", "main",
			     NULL);
		pdg_test_git(path, "checkout", "-q", "main", NULL);
		pdg_test_git(path, "merge", "-q", "--no-ff", "-X", "theirs", "-m", "m2", "right",
			     NULL);
		put(path, "g", "of main\n");
		free(pdg_test_commit(path, "more", 1700000005));
		put(path, "f", "one\n2\n3\n4\nfive\n6\n7\n8\nnine\n");
		free(pdg_test_commit(path, "even more", 1700000006));
		pdg_test_git(path, "checkout", "-q", "-b", "merged", "main", NULL);
		pdg_test_git(path, "merge", "-q", "--no-ff", "-m", "m3", "side", NULL);
		pdg_test_case("the other says %s", others[i]);
		CHECK(gives(path, "main", "side", "merged^{tree}"));
		CHECK(!gives(path, "main", "side", "main~1^{tree}"));
		pdg_test_dir_remove(dir);
	}
	pdg_test_case(NULL);
}

/* Histories without a common root: what one has beside the other is joined. */
static void unrelated(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "unrelated");

	put(path, "f", "1\n");
	free(pdg_test_commit(path, "one", 1700000000));
	pdg_test_git(path, "checkout", "-q", "--orphan", "other", NULL);
	pdg_test_git(path, "rm", "-q", "-f", "f", NULL);
	put(path, "g", "2\n");
	free(pdg_test_commit(path, "two", 1700000001));
	pdg_test_git(path, "merge", "-q", "--no-ff", "--allow-unrelated-histories", "-m", "m",
		     "main", NULL);
	CHECK(gives(path, "main", "other~1", "other^{tree}"));
	CHECK(!gives(path, "main", "other~1", "main^{tree}"));
	pdg_test_dir_remove(dir);
}

/* Whatever attributes the repository has, for the merge or against it. */
static void attributes(void)
{
	static const char *const places[] = {".gitattributes", ".git/info/attributes", "elsewhere"};
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "attributes");
	PDG_AUTO(mem) char *elsewhere = pdg_str_printf("%s/elsewhere", path);
	size_t i;

	put(path, "f", "1\n2\n3\n4\n5\n");
	free(pdg_test_commit(path, "base", 1700000000));
	pdg_test_git(path, "branch", "clean", NULL);
	pdg_test_git(path, "checkout", "-q", "-b", "side", NULL);
	put(path, "f", "side\n2\n3\n4\n5\n");
	free(pdg_test_commit(path, "side", 1700000001));
	pdg_test_git(path, "checkout", "-q", "clean", NULL);
	put(path, "f", "1\n2\n3\n4\nfive\n");
	free(pdg_test_commit(path, "clean", 1700000002));
	pdg_test_git(path, "checkout", "-q", "main", NULL);
	put(path, "f", "main\n2\n3\n4\n5\n");
	free(pdg_test_commit(path, "main", 1700000003));
	pdg_test_git(path, "branch", "before", NULL);
	pdg_test_git(path, "merge", "-q", "--no-ff", "-m", "m", "clean", NULL);
	pdg_test_git(path, "checkout", "-q", "-b", "union", "before", NULL);
	free(pdg_test_file(path, ".git/info/attributes", pdg_bytes_str("* merge=union\n")));
	pdg_test_git(path, "merge", "-q", "--no-ff", "-m", "m", "side", NULL);
	pdg_test_git(path, "config", "core.attributesFile", elsewhere, NULL);
	free(pdg_test_file(path, ".git/info/attributes", pdg_bytes_str("")));
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		pdg_test_case("%s", places[i]);
		free(pdg_test_file(path, places[i], pdg_bytes_str("* merge=union\n")));
		CHECK(!gives(path, "before", "side", "union^{tree}"));
		free(pdg_test_file(path, places[i], pdg_bytes_str("* -merge\n")));
		CHECK(gives(path, "before", "clean", "main^{tree}"));
		free(pdg_test_file(path, places[i], pdg_bytes_str("")));
	}
	pdg_test_case(NULL);
	pdg_test_dir_remove(dir);
}

/* Objects that the repository borrows are there for the merge too. */
static void borrowed(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "lender");
	PDG_AUTO(mem) char *other = pdg_str_printf("%s/borrower", dir);

	put(path, "f", "1\n");
	free(pdg_test_commit(path, "base", 1700000000));
	pdg_test_git(path, "checkout", "-q", "-b", "side", NULL);
	put(path, "g", "2\n");
	free(pdg_test_commit(path, "side", 1700000001));
	pdg_test_git(path, "checkout", "-q", "main", NULL);
	put(path, "h", "3\n");
	free(pdg_test_commit(path, "ours", 1700000002));
	pdg_test_git(path, "merge", "-q", "--no-ff", "-m", "m", "side", NULL);
	pdg_test_git(path, "clone", "-q", "-s", path, other, NULL);
	CHECK(gives(other, "main~1", "origin/side", "main^{tree}"));
	CHECK(!gives(other, "main~1", "origin/side", "main~1^{tree}"));
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("merge", {"trial merges", trial_merges}, {"crossed histories", crossed_histories},
	      {"unrelated", unrelated}, {"attributes", attributes}, {"borrowed", borrowed})
