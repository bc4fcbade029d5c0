/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing passes because it could not be judged: pushes that must not be accepted, each again and
 * again with the n-th allocation failing, until none fails. Whose signature is good is what the
 * message says; all else is real.
 */
#include <stdlib.h>
#include <string.h>

#include "gate/enforce.h"
#include "gate/mend.h"
#include "support/check.h"
#include "support/failalloc.h"
#include "support/gitrepo.h"
#include "util/str.h"

#define NOW  1800000000
#define NONE "0000000000000000000000000000000000000000"
#define MOST 20000 /* far more than any of these allocates */

/* The linker gives us the judge, and how many cores there are (CMakeLists.txt). */
size_t __wrap_pdg_cores(void);
int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err);
int __wrap_pdg_judge_tag(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
			 struct pdg_verdict *out, struct pdg_error *err);

/* The allocator that fails counts for one thread. */
size_t __wrap_pdg_cores(void)
{
	return 1;
}

static void say(struct pdg_bytes raw, struct pdg_verdict *out)
{
	pdg_verdict_done(out);
	pdg_verdict_init(out);
	out->forge = pdg_bytes_find(raw, pdg_bytes_str("\n\nforge"), 0) != SIZE_MAX;
	if (out->forge || pdg_bytes_find(raw, pdg_bytes_str("\n\ngood"), 0) != SIZE_MAX)
		out->result = PDG_RESULT_GOOD;
	else
		(void)pdg_reject(&out->why, "SGN-2", "not signed");
}

int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	int rc = pdg_commit_parse(raw, sha256, &c, err);

	(void)s;
	(void)at;
	say(raw, out);
	return rc;
}

int __wrap_pdg_judge_tag(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
			 struct pdg_verdict *out, struct pdg_error *err)
{
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	int rc = pdg_tag_parse(raw, sha256, &t, err);

	(void)s;
	(void)at;
	say(raw, out);
	return rc;
}

static char *dir;
static char *path;
static struct pdg_repo *repo;

/* git in the repository, by a shell. */
static void sh(const char *script)
{
	PDG_AUTO(mem) char *alias = pdg_str_printf("alias.go=!%s", script);

	pdg_test_git(path, "-c", alias, "go", NULL);
}

/*
 * main is good1. Beside it: good2 on it, unsigned on that, an evil merge by the forge, one on top
 * of it, a branch that lost good1, tags; alias is a symbolic ref to main.
 */
static void set_up(void)
{
	struct pdg_error err = {0};

	if (dir)
		return;
	dir = pdg_test_dir();
	path = pdg_test_repo(dir, "srv");
	free(pdg_test_commit(path, "good root", 1700000000));
	free(pdg_test_commit(path, "good 1", 1700000001));
	sh("git branch base");
	free(pdg_test_commit(path, "good 2", 1700000002));
	sh("git branch good");
	free(pdg_test_commit(path, "unsigned", 1700000003));
	free(pdg_test_commit(path, "good 3", 1700000004));
	sh("git branch bad");
	sh("git branch lost $(git commit-tree -p base~1 -m good\\ lost base^{tree})");
	sh("git branch side $(git commit-tree -p base -m good\\ side base^{tree})");
	sh("git branch whole $(git commit-tree -p good -p side -m forge\\ whole base^{tree})");
	sh("echo x >f && git add f && git branch evil $(git commit-tree -p good -p side -m "
	   "forge\\ evil $(git write-tree)) && git rm -q -f f");
	sh("git branch side2 $(git commit-tree -p evil -m good\\ side2 evil^{tree})");
	sh("git branch above $(git commit-tree -p evil -p side2 -m forge\\ above evil^{tree})");
	sh("git branch merged $(git commit-tree -p good -p bad -m good\\ merge good^{tree})");
	sh("git tag -a -m good v1 good");
	sh("git tag -a -m bad v2 good");
	sh("git tag -a -m good v3 bad");
	/* What stands on a protected tag is judged no more. */
	sh("for t in v1 v2 v3; do git update-ref refs/made/$t $t && git tag -d $t >/dev/null; done");
	sh("git checkout -q base && git branch -f main base");
	sh("git symbolic-ref refs/heads/alias refs/heads/main");
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &repo, &err), &err);
}

static char main_ref[] = "refs/heads/main";
static char alias_ref[] = "refs/heads/al*";
static char any_ref[] = "refs/heads/release/*";
static char tags[] = "refs/tags/*";
static char *protect[] = {main_ref, any_ref, tags};
static char *protect_alias[] = {alias_ref};

struct bad_push {
	const char *what;
	const char *rule;	   /* NULL: the push is good */
	const char *updates[2][3]; /* old, new (revisions, "": none), ref */
	bool remote;
	bool alias; /* the section protects refs/heads/al* alone */
};

static const struct bad_push pushes[] = {
	{"an unsigned commit", "PSH-4", {{"base", "bad", "refs/heads/main"}}, false, false},
	{"the same as a clone sees it", "PSH-4", {{"base", "bad", "refs/heads/main"}}, true, false},
	{"an unsigned commit, merged",
	 "PSH-4",
	 {{"base", "merged", "refs/heads/main"}},
	 false,
	 false},
	{"on a new branch", "PSH-4", {{"", "bad", "refs/heads/release/1"}}, false, false},
	{"behind a good one",
	 "PSH-4",
	 {{"base", "good", "refs/heads/main"}, {"", "bad", "refs/heads/release/1"}},
	 false,
	 false},
	{"another tree", "PSH-4", {{"base", "evil", "refs/heads/main"}}, false, false},
	{"on top of it", "PSH-4", {{"base", "above", "refs/heads/main"}}, false, false},
	{"forced", "PSH-3", {{"base", "lost", "refs/heads/main"}}, false, false},
	{"deleted", "PSH-2", {{"base", "", "refs/heads/main"}}, false, false},
	{"moved meanwhile", "PSH-8", {{"good", "bad", "refs/heads/main"}}, false, false},
	{"behind a symbolic name", "PSH-4", {{"base", "bad", "refs/heads/main"}}, false, true},
	{"by a symbolic name", "PSH-4", {{"base", "bad", "refs/heads/alias"}}, false, false},
	{"a bare name for a commit", "PSH-5", {{"", "good", "refs/tags/v9"}}, false, false},
	{"a tag of another name", "PSH-5", {{"", "refs/made/v1", "refs/tags/v9"}}, false, false},
	{"an unsigned tag", "PSH-4", {{"", "refs/made/v2", "refs/tags/v2"}}, false, false},
	{"a good tag of an unsigned commit",
	 "PSH-4",
	 {{"", "refs/made/v3", "refs/tags/v3"}},
	 false,
	 false},
	{"a tree", "PSH-6", {{"base", "good^{tree}", "refs/heads/main"}}, false, false},
	{"a replaced object", "PSH-12", {{"", "good", "refs/replace/" NONE}}, false, false},
	{"good", NULL, {{"base", "good", "refs/heads/main"}}, false, false},
	{"a good merge by the forge", NULL, {{"base", "whole", "refs/heads/main"}}, false, false},
	{"a good tag", NULL, {{"", "refs/made/v1", "refs/tags/v1"}}, false, false},
	{"nothing protected", NULL, {{"", "bad", "refs/heads/free"}}, false, false},
};

/* What git writes to the hook. */
static void put_lines(const struct bad_push *b, struct pdg_buf *out)
{
	size_t i;

	for (i = 0; i < 2 && b->updates[i][2]; i++) {
		const char *const *u = b->updates[i];
		PDG_AUTO(mem)
		char *old = u[0][0] ? pdg_test_git_out(path, "rev-parse", u[0], NULL)
				    : pdg_str_dup(NONE);
		PDG_AUTO(mem)
		char *new = u[1][0] ? pdg_test_git_out(path, "rev-parse", u[1], NULL)
				    : pdg_str_dup(NONE);

		if (b->remote)
			pdg_buf_printf(out, "%s %s %s %s\n", u[2], new, u[2], old);
		else
			pdg_buf_printf(out, "%s %s %s\n", old, new, u[2]);
	}
}

/* As pre-receive does, or pre-push: from the lines to the answer. */
static int judge(const struct bad_push *b, struct pdg_bytes lines, struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	PDG_AUTO(mend) struct pdg_mend *mend = NULL;
	struct pdg_policy_repository section = {.uri = main_ref, .protect = {protect, 3}};
	PDG_AUTO(gate)
	struct pdg_gate g = {.repo = repo,
			     .section = &section,
			     .at = NOW,
			     .remote = b->remote ? "origin" : NULL,
			     .judged = pdg_mend_take};
	size_t i;
	int rc =
		b->remote ? pdg_push_sent(lines, &push, err) : pdg_push_received(lines, &push, err);

	if (b->alias)
		section.protect = (struct pdg_strings){protect_alias, 1};
	if (rc == 0)
		rc = pdg_mend_new(repo, &push, &mend, err);
	if (rc < 0)
		return rc;
	g.ctx = mend;
	rc = pdg_gate_push(&g, &push, err);
	/* What would be told must not end the program. */
	for (i = 0; i < pdg_mend_n(mend) && i < PDG_MEND_LINES; i++) {
		struct pdg_error line;

		pdg_mend_line(mend, i, &line);
	}
	return rc;
}

/* @rc of a run in which the n-th allocation failed: @rule, or that there was no memory. */
static bool is_refused(int rc, const struct pdg_error *err, const char *rule)
{
	if (rc == PDG_E_NOMEM)
		return true;
	return CHECK(rc < 0) && CHECK_STR(err->rule, rule);
}

static void no_memory_lets_a_bad_push_in(void)
{
	size_t i;

	set_up();
	for (i = 0; i < sizeof(pushes) / sizeof(pushes[0]); i++) {
		const struct bad_push *b = &pushes[i];
		PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(4096);
		bool hit = true;
		size_t n;

		put_lines(b, &lines);
		for (n = 1; hit && n < MOST; n++) {
			struct pdg_error err = {0};
			int rc;

			pdg_failalloc_at(n);
			rc = judge(b, pdg_buf_bytes(&lines), &err);
			hit = pdg_failalloc_hit();
			pdg_failalloc_at(0);
			pdg_test_case("%s, allocation %zu", b->what, n);
			if (!hit && b->rule)
				CHECK_RULE(rc, &err, b->rule);
			else if (!hit)
				CHECK_OK(rc, &err);
			else if (b->rule && !is_refused(rc, &err, b->rule))
				break;
			else if (!b->rule && rc != 0)
				CHECK_CODE(rc, &err, PDG_E_NOMEM);
		}
		pdg_test_case("%s", b->what);
		CHECK(!hit && n > 2);
	}
	pdg_test_case(NULL);
}

static char *base_name;

/* Nor a statement: on a merge that rests on a tampered one, or on what only the baseline lets be.
 */
static void no_memory_makes_a_statement(void)
{
	static const struct {
		const char *rev;
		const char *rule;
	} cases[] = {{"above", "GIT-6"}, {"evil", "GIT-6"}, {"bad~1", "SGN-2"},
		     {"bad", NULL},	 {"whole", NULL},   {"merged", NULL}};
	size_t i;

	set_up();
	base_name = pdg_test_git_out(path, "rev-parse", "base", NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *hex = pdg_test_git_out(path, "rev-parse", cases[i].rev, NULL);
		bool hit = true;
		size_t n;

		for (n = 1; hit && n < MOST; n++) {
			const struct pdg_policy_repository section = {.baseline = {&base_name, 1}};
			PDG_AUTO(gate)
			struct pdg_gate g = {.repo = repo, .section = &section, .at = NOW};
			PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
			PDG_AUTO(verdict) struct pdg_verdict v;
			struct pdg_error err = {0};
			int rc;

			pdg_verdict_init(&v);
			pdg_failalloc_at(n);
			rc = pdg_gate_attestable(&g, hex, false, &raw, &v, &err);
			hit = pdg_failalloc_hit();
			pdg_failalloc_at(0);
			pdg_test_case("%s, allocation %zu", cases[i].rev, n);
			if (!hit && cases[i].rule)
				CHECK_RULE(rc, &err, cases[i].rule);
			else if (!hit)
				CHECK_OK(rc, &err);
			else if (cases[i].rule && !is_refused(rc, &err, cases[i].rule))
				break;
		}
		pdg_test_case("%s", cases[i].rev);
		CHECK(!hit && n > 2);
	}
	pdg_test_case(NULL);
}

static void clean_up(void)
{
	pdg_repo_free(repo);
	free(base_name);
	pdg_test_dir_remove(dir);
	free(path);
}

PDG_TEST_MAIN("enforce", {"no memory lets a bad push in", no_memory_lets_a_bad_push_in},
	      {"no memory makes a statement", no_memory_makes_a_statement}, {"clean up", clean_up})
