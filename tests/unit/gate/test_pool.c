/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many commits, judged on many threads and told by one: the order, the first failure, what stands
 * elsewhere, and memory that ends. Nothing is signed here; verdicts have their tests in commit/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/enforce.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/size.h"
#include "util/str.h"

#define MANY 1500 /* commits: many windows of any number of cores that we test on */
#define NOW  1800000000

/* The linker gives us what asks how many cores there are, and the judge (CMakeLists.txt). */
size_t __wrap_pdg_cores(void);
int __real_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err);
int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err);

static size_t cores;
static const char *const *fails; /* NULL-ended texts: no verdict on commits that hold one */

size_t __wrap_pdg_cores(void)
{
	return cores;
}

int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err)
{
	size_t i;

	for (i = 0; fails && fails[i]; i++) {
		if (pdg_bytes_find(raw, pdg_bytes_str(fails[i]), 0) != SIZE_MAX)
			return pdg_fail(err, PDG_E_CRYPTO, "no verdict on%s", fails[i]);
	}
	return __real_pdg_judge_commit(s, raw, sha256, at, out, err);
}

static char main_name[] = "refs/heads/main";
static char any_name[] = "refs/heads/release/*";
static char *protect[] = {main_name, any_name};
static const struct pdg_policy_repository section = {.uri = main_name, .protect = {protect, 2}};

static char *dir;
static char *path;
static struct pdg_repo *repo;

/* @n commits on main by git fast-import, one second apart; their messages are "commit <i>." */
static void set_up(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 20);
	struct pdg_error err = {0};
	size_t i;

	if (dir)
		return;
	dir = pdg_test_dir();
	path = pdg_test_repo(dir, "many");
	for (i = 0; i < MANY; i++)
		pdg_buf_printf(&in,
			       "commit refs/heads/main\ncommitter A <a@x.example> %zu +0000\n"
			       "data <<END\ncommit %zu.\nEND\n\n",
			       1700000000 + i, i);
	free(pdg_test_file(path, "import", pdg_buf_bytes(&in)));
	pdg_test_git(path, "-c", "alias.take=!git fast-import --quiet <import", "take", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &repo, &err), &err);
}

/* What a gate tells. */
struct told {
	struct pdg_gate *g;
	struct pdg_buf names; /* a line each */
	size_t n;
	size_t last; /* to be told; 0: all */
};

static void tell(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		 const struct pdg_verdict *v)
{
	struct told *t = ctx;

	CHECK_STR(type, "commit");
	CHECK(raw.n > 0 && v->result == PDG_RESULT_UNSIGNED);
	pdg_buf_printf(&t->names, "%s\n", hex);
	t->n++;
	t->g->stop = t->n == t->last;
}

static void told_init(struct told *t, struct pdg_gate *g)
{
	*t = (struct told){.g = g};
	pdg_buf_init(&t->names, 1 << 20);
	*g = (struct pdg_gate){
		.repo = repo, .section = &section, .at = NOW, .judged = tell, .ctx = t};
}

static int judge_range(struct told *t, const char *range, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	int rc = pdg_walk_new(repo, &w, err);

	if (rc == 0)
		rc = pdg_walk_range(w, range, err);
	return rc < 0 ? rc : pdg_gate_walk(t->g, w, true, err);
}

static void order_of_the_walk(void)
{
	static const size_t counts[] = {1, 2, 5};
	PDG_AUTO(mem) char *want = NULL;
	size_t i;

	set_up();
	want = pdg_test_git_out(path, "rev-list", "--date-order", "main", NULL);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct pdg_error err = {0};
		struct pdg_gate g;
		struct told t;

		cores = counts[i];
		told_init(&t, &g);
		pdg_test_case("%zu cores", cores);
		CHECK_OK(judge_range(&t, "main", &err), &err);
		CHECK_UINT(t.n, MANY);
		CHECK_UINT(g.n_judged, MANY);
		CHECK_UINT(g.n_bad, MANY);
		/* rev-list's last line has lost its end. */
		CHECK(t.names.n == strlen(want) + 1 && memcmp(t.names.p, want, strlen(want)) == 0);
		pdg_buf_done(&t.names);
	}
	pdg_test_case(NULL);
}

/* Of several that cannot be judged the first of the walk ends it, and all before it are told. */
static void first_failure(void)
{
	static const char *const bad[] = {" 700.", " 900.", " 300.", NULL};
	size_t i;

	set_up();
	fails = bad;
	for (i = 0; i < 20; i++) {
		struct pdg_error err = {0};
		struct pdg_gate g;
		struct told t;

		cores = 1 + i % 4;
		told_init(&t, &g);
		CHECK_CODE(judge_range(&t, "main", &err), &err, PDG_E_CRYPTO);
		CHECK_HAS(err.text, "no verdict on 900.");
		CHECK_UINT(t.n, MANY - 901);
		pdg_buf_done(&t.names);
	}
	fails = NULL;
}

/* History that ends in a hole: what comes before it is told, whoever is still at work. */
static void walk_fails(void)
{
	struct pdg_error err = {0};
	struct pdg_gate g;
	struct told t;

	set_up();
	pdg_test_git(path, "-c",
		     "alias.hole=!(git cat-file commit main~20 | sed "
		     "s/^parent.*/parent\\ 1111111111111111111111111111111111111111/ | "
		     "git hash-object --literally -t commit -w --stdin) >hole",
		     "hole", NULL);
	pdg_test_git(
		path, "-c",
		"alias.tip=!git update-ref refs/heads/hole $(git commit-tree -p $(cat hole) -m "
		"tip main^{tree})",
		"tip", NULL);
	cores = 3;
	told_init(&t, &g);
	CHECK_RULE(judge_range(&t, "hole", &err), &err, "GIT-3");
	CHECK_UINT(t.n, 1);
	pdg_buf_done(&t.names);
}

static void stopped(void)
{
	struct pdg_error err = {0};
	struct pdg_gate g;
	struct told t;

	set_up();
	cores = 3;
	told_init(&t, &g);
	t.last = 70;
	CHECK_OK(judge_range(&t, "main", &err), &err);
	CHECK_UINT(t.n, 70);
	pdg_buf_done(&t.names);
}

static void add_ref(const char *name, const char *rev)
{
	pdg_test_git(path, "update-ref", name, rev, NULL);
}

/* Push the commits of refs/made/@tip over main; how many are told. */
static size_t push_over_main(const char *made, const char *want_rule)
{
	PDG_AUTO(mem) char *old = pdg_test_git_out(path, "rev-parse", "main", NULL);
	PDG_AUTO(mem) char *new = pdg_test_git_out(path, "rev-parse", made, NULL);
	PDG_AUTO(mem) char *line = pdg_str_printf("%s %s refs/heads/main\n", old, new);
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	struct pdg_error err = {0};
	struct pdg_gate g;
	struct told t;

	told_init(&t, &g);
	CHECK_OK(pdg_push_received(pdg_bytes_str(line), &push, &err), &err);
	if (want_rule)
		CHECK_RULE(pdg_gate_push(&g, &push, &err), &err, want_rule);
	else
		CHECK_OK(pdg_gate_push(&g, &push, &err), &err);
	pdg_buf_done(&t.names);
	pdg_gate_done(&g);
	return t.n;
}

/*
 * main gets a merge of a side branch. The side's commits are of the push, unless they stand on a
 * protected ref, be they few or more than are judged without looking at all refs.
 */
static void what_stands_is_left_out(void)
{
	static const struct {
		const char *at; /* the side branch forks off main's first commit and has so many */
		size_t n;
	} sides[] = {{"few", 3}, {"more", 300}};
	size_t i;

	set_up();
	cores = 2;
	for (i = 0; i < 2; i++) {
		PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 20);
		PDG_AUTO(mem) char *side = pdg_str_printf("refs/made/%s", sides[i].at);
		PDG_AUTO(mem) char *merge = pdg_str_printf("refs/made/%s-merge", sides[i].at);
		PDG_AUTO(mem) char *near = pdg_str_printf("refs/heads/release/%s", sides[i].at);
		PDG_AUTO(mem) char *far = pdg_str_printf("refs/heads/feature/%s", sides[i].at);
		PDG_AUTO(mem) char *tip = NULL;
		size_t k;

		for (k = 0; k < sides[i].n; k++)
			pdg_buf_printf(&in,
				       "commit %s\ncommitter B <b@x.example> %zu +0000\n"
				       "data <<END\nside\nEND\n%s\n",
				       side, 1700000100 + k,
				       k == 0 ? "from refs/heads/main~1400\n" : "");
		free(pdg_test_file(path, "import", pdg_buf_bytes(&in)));
		pdg_test_git(path, "-c", "alias.take=!git fast-import --quiet <import", "take",
			     NULL);
		tip = pdg_test_git_out(path, "commit-tree", "-p", "main", "-p", side, "-m", "m",
				       "main^{tree}", NULL);
		add_ref(merge, tip);

		pdg_test_case("%s, on no protected ref", sides[i].at);
		add_ref(far, side);
		CHECK_UINT(push_over_main(merge, "PSH-4"), sides[i].n + 1);
		pdg_test_case("%s, on a protected ref", sides[i].at);
		add_ref(near, side);
		CHECK_UINT(push_over_main(merge, "PSH-4"), 1);
		pdg_test_case("%s, whole", sides[i].at);
		pdg_test_git(path, "update-ref", near, merge, NULL);
		CHECK_UINT(push_over_main(merge, NULL), 0);
		pdg_test_git(path, "update-ref", "-d", near, NULL);
	}
	pdg_test_case(NULL);
}

static void clean_up(void)
{
	pdg_repo_free(repo);
	pdg_test_dir_remove(dir);
	free(path);
}

PDG_TEST_MAIN("pool", {"order of the walk", order_of_the_walk}, {"first failure", first_failure},
	      {"walk fails", walk_fails}, {"stopped", stopped},
	      {"what stands is left out", what_stands_is_left_out}, {"clean up", clean_up})
