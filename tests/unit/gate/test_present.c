/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a clone reads of a remote with many branches before a push: as few of its tracking refs as
 * say enough. Whose signature is good is what the message says. Counts, not times.
 */
#include <stdlib.h>
#include <string.h>

#include <git2.h>

#include "gate/enforce.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/str.h"

#define MANY 800 /* branches of the remote, each with a commit of its own */
#define NOW  1800000000

/* The linker gives us the judge and libgit2's reading (CMakeLists.txt). */
int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err);
int __real_git_odb_read(git_odb_object **out, git_odb *db, const git_oid *id);
int __wrap_git_odb_read(git_odb_object **out, git_odb *db, const git_oid *id);

static size_t n_read;

int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err)
{
	(void)s;
	(void)sha256;
	(void)at;
	(void)err;
	pdg_verdict_done(out);
	pdg_verdict_init(out);
	if (pdg_bytes_find(raw, pdg_bytes_str("\n\ngood"), 0) != SIZE_MAX)
		out->result = PDG_RESULT_GOOD;
	else
		(void)pdg_reject(&out->why, "SGN-2", "not signed");
	return 0;
}

int __wrap_git_odb_read(git_odb_object **out, git_odb *db, const git_oid *id)
{
	n_read++;
	return __real_git_odb_read(out, db, id);
}

static char *dir;
static char *path;
static struct pdg_repo *repo;

static void put_commit(struct pdg_buf *in, const char *ref, size_t at, const char *text)
{
	pdg_buf_printf(in,
		       "commit %s\ncommitter A <a@x.example> %zu +0000\ndata <<END\n%s\nEND\n%s\n",
		       ref, 1700000000 + at, text, at ? "from refs/heads/main\n" : "");
}

/*
 * main, which origin has; origin/b<i>, each one unsigned commit on that; and our branches: good on
 * main, bad on good, over a good merge of origin/b70.
 */
static void set_up(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 20);
	struct pdg_error err = {0};
	size_t i;

	if (dir)
		return;
	dir = pdg_test_dir();
	path = pdg_test_repo(dir, "clone");
	put_commit(&in, "refs/heads/main", 0, "good root");
	for (i = 0; i < MANY; i++) {
		pdg_buf_printf(&in, "reset refs/remotes/origin/b%zu\nfrom refs/heads/main\n\n", i);
		pdg_buf_printf(&in,
			       "commit refs/remotes/origin/b%zu\ncommitter A <a@x.example> %zu "
			       "+0000\ndata <<END\n%s %zu\nEND\n\n",
			       i, 1700000100 + i, "unsigned", i);
	}
	free(pdg_test_file(path, "import", pdg_buf_bytes(&in)));
	pdg_test_git(path, "-c", "alias.take=!git fast-import --quiet <import", "take", NULL);
	pdg_test_git(path, "update-ref", "refs/remotes/origin/main", "main", NULL);
	pdg_test_git(path, "-c",
		     "alias.more=!t='main^{tree}' && "
		     "git branch good $(git commit-tree -p main -m good $t) && "
		     "git branch over $(git commit-tree -p main -p origin/b70 -m good $t) && "
		     "git branch bad $(git commit-tree -p good -m unsigned $t) && "
		     "git pack-refs --all && git repack -q -a -d",
		     "more", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &repo, &err), &err);
}

static char main_ref[] = "refs/heads/main";
static char all_ref[] = "refs/heads/*";
static char b7_ref[] = "refs/heads/b7*";
static char *protect[] = {main_ref, all_ref};
static char *protect_few[] = {main_ref, b7_ref};

/* Push @tip to a new branch of origin. How many commits were told, and objects read. */
static size_t push(const char *tip, const char *ref, bool few, bool exact, const char *want_rule)
{
	PDG_AUTO(mem) char *hex = pdg_test_git_out(path, "rev-parse", tip, NULL);
	PDG_AUTO(mem)
	char *line = pdg_str_printf("%s %s %s 0000000000000000000000000000000000000000\n", ref, hex,
				    ref);
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	const struct pdg_policy_repository section = {.uri = main_ref,
						      .protect = {few ? protect_few : protect, 2}};
	struct pdg_error err = {0};
	PDG_AUTO(gate)
	struct pdg_gate g = {
		.repo = repo, .section = &section, .at = NOW, .remote = "origin", .exact = exact};

	CHECK_OK(pdg_push_sent(pdg_bytes_str(line), &push, &err), &err);
	n_read = 0;
	pdg_test_case("%s%s%s", tip, few ? ", few protected" : "", exact ? ", exactly" : "");
	if (want_rule)
		CHECK_RULE(pdg_gate_push(&g, &push, &err), &err, want_rule);
	else
		CHECK_OK(pdg_gate_push(&g, &push, &err), &err);
	return g.n_judged;
}

static void near_first(void)
{
	set_up();
	CHECK_UINT(push("good", "refs/heads/x", false, false, NULL), 1);
	CHECK(n_read < 20);
	/* What is not good may stand on another. */
	CHECK_UINT(push("bad", "refs/heads/x", false, false, "PSH-4"), 2);
	CHECK(n_read > MANY && n_read < MANY + 30);
	CHECK_UINT(push("over", "refs/heads/x", false, false, NULL), 1);
	CHECK(n_read > MANY && n_read < MANY + 30);
	pdg_test_case(NULL);
}

/* Who makes statements hears of nothing that is there already. */
static void exactly(void)
{
	set_up();
	CHECK_UINT(push("good", "refs/heads/x", false, true, NULL), 1);
	CHECK(n_read > MANY && n_read < MANY + 30);
	CHECK_UINT(push("over", "refs/heads/x", false, true, NULL), 1);
	CHECK(n_read > MANY && n_read < MANY + 30);
	/* Nothing that is not there. */
	CHECK_UINT(push("main", "refs/heads/x", false, true, NULL), 0);
	CHECK(n_read < 20);
	pdg_test_case(NULL);
}

/* Branches that are not protected are not looked at, whatever comes. */
static void the_protected_alone(void)
{
	set_up();
	CHECK_UINT(push("over", "refs/heads/b7x", true, false, NULL), 1);
	CHECK(n_read < 150);
	CHECK_UINT(push("over", "refs/heads/b7x", true, true, NULL), 1);
	CHECK(n_read < 150);
	CHECK_UINT(push("bad", "refs/heads/b7x", true, true, "PSH-4"), 2);
	CHECK(n_read < 150);
	pdg_test_case(NULL);
}

static void clean_up(void)
{
	pdg_repo_free(repo);
	pdg_test_dir_remove(dir);
	free(path);
}

PDG_TEST_MAIN("present", {"near first", near_first}, {"exactly", exactly},
	      {"the protected alone", the_protected_alone}, {"clean up", clean_up})
