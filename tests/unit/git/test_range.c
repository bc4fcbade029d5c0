/* SPDX-License-Identifier: Apache-2.0 */
/* What a walk shows, held against git rev-list over the same repository. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/range.h"
#include "git/walk.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/str.h"

static char *dir;
static char *repo;

/* main: a - b - m - d, side: a - c joined by m; tag v1 (annotated) at b; other: unrelated root. */
static void set_up(void)
{
	if (dir)
		return;
	dir = pdg_test_dir();
	repo = pdg_test_repo(dir, "repo");
	free(pdg_test_commit(repo, "a", 1700000000));
	pdg_test_git(repo, "checkout", "-q", "-b", "side", NULL);
	free(pdg_test_commit(repo, "c", 1700000005));
	pdg_test_git(repo, "checkout", "-q", "main", NULL);
	free(pdg_test_commit(repo, "b", 1700000010));
	pdg_test_git(repo, "tag", "-a", "-m", "v1", "v1", NULL);
	pdg_test_git(repo, "merge", "-q", "--no-ff", "-m", "m", "side", NULL);
	free(pdg_test_commit(repo, "d", 1700000030));
	pdg_test_git(repo, "checkout", "-q", "--orphan", "other", NULL);
	free(pdg_test_commit(repo, "o", 1700000002));
	pdg_test_git(repo, "tag", "onblob", "-m", "x", "HEAD^{tree}", NULL);
	pdg_test_git(repo, "checkout", "-q", "main", NULL);
}

/* All commits of a walk over @args (NULL-ended), sorted, a line each. */
static char *walked(const char *path, const char *const *args, int *out_rc, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 20);
	char hex[PDG_GIT_HEX];
	int rc = pdg_repo_open(path, PDG_REPO_DISCOVER, &r, err);

	if (rc == 0)
		rc = pdg_walk_new(r, &w, err);
	for (; rc == 0 && *args; args++)
		rc = pdg_walk_range(w, *args, err);
	while (rc == 0) {
		rc = pdg_walk_next(w, hex, NULL, err);
		if (rc == 0)
			pdg_buf_printf(&text, "%s\n", hex);
	}
	*out_rc = rc == PDG_E_NOTFOUND ? 0 : rc;
	return pdg_str_dup(pdg_buf_cstr(&text));
}

/* The commits of @list (a line each) that @other has not: their number. */
static size_t lines_missing(const char *list, const char *other, size_t *out_lines)
{
	struct pdg_bytes rest = pdg_bytes_str(list);
	struct pdg_bytes line;
	size_t missing = 0;

	*out_lines = 0;
	while (pdg_bytes_line(&rest, &line)) {
		missing += pdg_bytes_find(pdg_bytes_str(other), line, 0) == SIZE_MAX;
		*out_lines += 1;
	}
	return missing;
}

static void same_as_rev_list(const char *const *args)
{
	struct pdg_error err = {0};
	PDG_AUTO(mem)
	char *want = pdg_test_git_out(repo, "rev-list", args[0], args[1], args[2], args[3], NULL);
	int rc;
	PDG_AUTO(mem) char *got = walked(repo, args, &rc, &err);
	size_t n_got;
	size_t n_want;

	pdg_test_case("%s %s %s %s", args[0], args[1] ? args[1] : "",
		      args[1] && args[2] ? args[2] : "",
		      args[1] && args[2] && args[3] ? args[3] : "");
	CHECK_OK(rc, &err);
	CHECK_UINT(lines_missing(want, got, &n_want), 0);
	CHECK_UINT(lines_missing(got, want, &n_got), 0);
	CHECK_UINT(n_got, n_want);
}

static void as_git_reads_them(void)
{
	static const char *const cases[][5] = {
		{"main"},
		{"HEAD"},
		{"v1"},
		{"main", "other"},
		{"main", "^side"},
		{"^v1", "main"},
		{"v1..main"},
		{"side..", "other"},
		{"main..side"},
		{"side...v1"},
		{"main...other"},
		{"...side"},
		{"main^!"},
		{"main~1^!"},
		{"main~1^@"},
		{"main~1^-"},
		{"main~1^-2"},
		{"--all"},
		{"--branches", "--not", "side"},
		{"--tags"},
		{"main", "--not", "v1", "^other"},
		{"--not", "v1", "--not", "main"},
		{"main~1^2"},
		{"main~2..main"},
	};
	size_t i;

	set_up();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same_as_rev_list(cases[i]);
	pdg_test_case(NULL);
}

static void refused(void)
{
	static const char *const cases[] = {"nowhere",	   "",	      "--since=1", "^nowhere",
					    "a..b..c..",   "main^-9", "main^-0",   "onblob",
					    "main^{tree}", "--no",    "-n"};
	size_t i;

	set_up();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *args[2] = {cases[i], NULL};
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("\"%s\"", cases[i]);
		free(walked(repo, args, &rc, &err));
		CHECK_RULE(rc, &err, "GIT-4");
	}
	pdg_test_case(NULL);
}

static char *rev(const char *name)
{
	return pdg_test_git_out(repo, "rev-parse", name, NULL);
}

static void tags_are_peeled(void)
{
	PDG_AUTO(mem) char *tag = NULL;
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(mem) char *b = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];

	set_up();
	tag = rev("v1");
	tree = rev("main^{tree}");
	b = rev("v1^{commit}");
	CHECK_OK(pdg_repo_open(repo, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_walk_new(r, &w, &err), &err);
	CHECK_OK(pdg_walk_push(w, tag, &err), &err);
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_STR(hex, b);
	CHECK_RULE(pdg_walk_push(w, tree, &err), &err, "GIT-4");
	CHECK_RULE(pdg_walk_push(w, "0123456789012345678901234567890123456789", &err), &err,
		   "GIT-3");
	CHECK_OK(pdg_walk_hide(w, "0123456789012345678901234567890123456789", &err), &err);
	CHECK_RULE(pdg_walk_push(w, "main", &err), &err, "GIT-4");
}

static void reachable(void)
{
	static const struct {
		const char *ancestor, *tip;
		bool is;
	} cases[] = {
		{"v1^{commit}", "main", true}, {"main", "main", true},	 {"side", "main", true},
		{"main", "side", false},       {"other", "main", false}, {"main~2", "v1", true},
	};
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};
	size_t i;

	set_up();
	CHECK_OK(pdg_repo_open(repo, PDG_REPO_DISCOVER, &r, &err), &err);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *a = rev(cases[i].ancestor);
		PDG_AUTO(mem) char *t = rev(cases[i].tip);
		bool is = !cases[i].is;

		pdg_test_case("%s in %s", cases[i].ancestor, cases[i].tip);
		CHECK_OK(pdg_repo_reachable(r, a, t, &is, &err), &err);
		CHECK(is == cases[i].is);
	}
	pdg_test_case(NULL);
}

/* Dates that lie may make us judge more than is new, and never less. */
static void lying_dates(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *old = NULL;
	PDG_AUTO(mem) char *sneaked = NULL;
	PDG_AUTO(mem) char *tip = NULL;
	const char *args[3] = {"main", "^old", NULL};
	PDG_AUTO(mem) char *got = NULL;
	struct pdg_error err = {0};
	int i;
	int rc;

	set_up();
	path = pdg_test_repo(dir, "skew");
	for (i = 0; i < 50; i++)
		free(pdg_test_commit(path, "base", 1700000000 + i));
	pdg_test_git(path, "branch", "old", NULL);
	old = pdg_test_git_out(path, "rev-parse", "old", NULL);
	sneaked = pdg_test_commit(path, "from 1970", 1);
	free(pdg_test_commit(path, "from 2099", 4070908800));
	for (i = 0; i < 50; i++)
		free(pdg_test_commit(path, "between", 1000 + i));
	tip = pdg_test_commit(path, "now", 1700000100);
	got = walked(path, args, &rc, &err);
	CHECK_OK(rc, &err);
	CHECK_HAS(got, sneaked);
	CHECK_HAS(got, tip);
	CHECK(!strstr(got, old));
}

static void shallow_boundary(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *from = NULL;
	PDG_AUTO(mem) char *boundary = NULL;
	PDG_AUTO(mem) char *tip = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	PDG_AUTO(walk) struct pdg_walk *again = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];

	set_up();
	path = pdg_test_path(dir, "shallow");
	from = pdg_str_printf("file://%s", repo);
	pdg_test_git(dir, "clone", "-q", "--depth", "1", "-b", "main", from, path, NULL);
	tip = pdg_test_git_out(path, "rev-parse", "HEAD", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_walk_new(r, &w, &err), &err);
	CHECK_OK(pdg_walk_push(w, tip, &err), &err);
	CHECK(!pdg_walk_cut(w));
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_INT(pdg_walk_next(w, hex, NULL, &err), PDG_E_NOTFOUND);
	CHECK(pdg_walk_cut(w));

	/* Without the file the same gap is a hole. */
	boundary = pdg_test_path(path, ".git/shallow");
	CHECK(remove(boundary) == 0);
	CHECK_OK(pdg_walk_new(r, &again, &err), &err);
	CHECK_OK(pdg_walk_push(again, tip, &err), &err);
	CHECK_RULE(pdg_walk_next(again, hex, NULL, &err), &err, "GIT-3");
}

static struct pdg_walk *started(struct pdg_repo *r, const char *rev)
{
	struct pdg_walk *w = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_walk_new(r, &w, &err), &err);
	CHECK_OK(pdg_walk_range(w, rev, &err), &err);
	return w;
}

static bool is_shown(struct pdg_walk *w, const char *rev)
{
	PDG_AUTO(mem) char *hex = pdg_test_git_out(repo, "rev-parse", rev, NULL);
	struct pdg_error err = {0};
	bool shown = false;

	CHECK_OK(pdg_walk_shows(w, hex, &shown, &err), &err);
	return shown;
}

/* More is left out when the walk has been found already, and has been given in part. */
static void left_out_later(void)
{
	PDG_AUTO(mem) char *side = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];
	bool all = true;
	size_t n;

	set_up();
	side = pdg_test_git_out(repo, "rev-parse", "side", NULL);
	CHECK_OK(pdg_repo_open(repo, PDG_REPO_DISCOVER, &r, &err), &err);
	w = started(r, "main");
	CHECK_UINT(pdg_walk_total(w), 0);
	CHECK_OK(pdg_walk_find(w, 2, &all, &err), &err);
	CHECK(!all);
	CHECK_OK(pdg_walk_find(w, 5, &all, &err), &err);
	CHECK(all);
	CHECK_UINT(pdg_walk_total(w), 5); /* d, m, b, c, a */
	CHECK(is_shown(w, "main") && is_shown(w, "side") && is_shown(w, "main~3"));
	CHECK(!is_shown(w, "other"));
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_OK(pdg_walk_hide(w, side, &err), &err);
	CHECK(is_shown(w, "main") && is_shown(w, "v1^0") && !is_shown(w, "side"));
	CHECK(!is_shown(w, "main~3"));
	CHECK_UINT(pdg_walk_total(w), 3);
	for (n = 1; pdg_walk_next(w, hex, NULL, &err) == 0; n++)
		CHECK(strcmp(hex, side) != 0);
	CHECK_UINT(n, 3);
}

/* The bytes that a walk gives are those that git keeps, also where there was no room for them. */
static void whole_commits(void)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];
	bool reached = false;
	size_t round;

	set_up();
	CHECK_OK(pdg_repo_open(repo, PDG_REPO_DISCOVER, &r, &err), &err);
	for (round = 0; round < 3; round++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
		PDG_AUTO(mem) char *tip = pdg_test_git_out(repo, "rev-parse", "main", NULL);
		PDG_AUTO(mem) char *first = pdg_test_git_out(repo, "rev-parse", "main~3", NULL);
		size_t n = 0;

		pdg_walk_free(w);
		w = started(r, "main");
		if (round == 2)
			w->graph.keep = 0;
		CHECK_OK(pdg_walk_reaches(w, first, tip, &reached, &err), &err);
		CHECK(reached);
		CHECK_OK(pdg_walk_reaches(w, tip, first, &reached, &err), &err);
		CHECK(!reached);
		if (round > 0)
			CHECK_OK(pdg_walk_range(w, "^other", &err), &err);
		while (pdg_walk_next(w, hex, &raw, &err) == 0) {
			PDG_AUTO(mem)
			char *want = pdg_test_git_out(repo, "cat-file", "commit", hex, NULL);

			/* What git printed has lost its last newline. */
			CHECK(raw.n == strlen(want) + 1 && memcmp(raw.p, want, raw.n - 1) == 0);
			pdg_buf_reset(&raw);
			n++;
		}
		CHECK_UINT(n, 5);
		CHECK_UINT(w->graph.kept, 0);
	}
}

/* A ref, or a name, whose object is not here: damage (exit 3), and no slip of the pen (exit 2). */
static void broken(void)
{
	static const struct {
		const char *args[3];
		const char *rule; /* NULL: none */
	} cases[] = {
		{{"--all"}, "GIT-3"},
		{{"--branches"}, "GIT-3"},
		{{"--tags"}, "GIT-3"},
		{{"broken"}, "GIT-3"},
		{{"^broken"}, "GIT-3"},
		{{"main..broken"}, "GIT-3"},
		{{"broken...main"}, "GIT-3"},
		{{"broken^!"}, "GIT-3"},
		{{"broken^@"}, "GIT-3"},
		{{"broken^-"}, "GIT-3"},
		{{"lost"}, "GIT-3"},
		{{"--bogus"}, "GIT-4"},
		{{"--"}, "GIT-4"},
		{{"main^x"}, "GIT-4"},
		{{"main..nothing"}, "GIT-4"},
		{{"main^-0"}, "GIT-4"},
		{{"main^!"}, NULL},
		{{"--not", "main"}, NULL},
	};
	PDG_AUTO(mem) char *bad = pdg_test_repo(dir, "broken");
	size_t i;

	free(pdg_test_commit(bad, "one", 1700000000));
	free(pdg_test_commit(bad, "two", 1700000001));
	pdg_test_git(bad, "-c",
		     "alias.spoil=!mkdir -p .git/refs/tags && "
		     "echo 1111111111111111111111111111111111111111 >.git/refs/heads/broken && "
		     "printf 'object 1111111111111111111111111111111111111111\ntype commit\ntag "
		     "lost\ntagger A <a@x> 1 +0000\n\nx\n' >tag && "
		     "git hash-object --literally -t tag -w tag >.git/refs/tags/lost",
		     "spoil", NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_error err = {0};
		PDG_AUTO(mem) char *shown = NULL;
		int rc = 0;

		shown = walked(bad, cases[i].args, &rc, &err);
		pdg_test_case("%s", cases[i].args[0]);
		if (cases[i].rule)
			CHECK_RULE(rc, &err, cases[i].rule);
		else
			CHECK_OK(rc, &err);
		CHECK(shown != NULL);
	}
	pdg_test_case(NULL);
}

static void clean_up(void)
{
	pdg_test_dir_remove(dir);
	free(repo);
}

PDG_TEST_MAIN("range", {"as git reads them", as_git_reads_them}, {"refused", refused},
	      {"tags are peeled", tags_are_peeled}, {"reachable", reachable},
	      {"lying dates", lying_dates}, {"shallow boundary", shallow_boundary},
	      {"left out later", left_out_later}, {"whole commits", whole_commits},
	      {"broken", broken}, {"clean up", clean_up})
