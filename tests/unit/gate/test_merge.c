/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a forge's merges rest on: how deep a tampered one may lie, what the baseline and a range
 * answer for, and how often anything is read, judged or merged again. Counts, not times. Whose
 * signature is good is what the message says; signatures have their tests in commit/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <git2.h>

#include "gate/enforce.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/str.h"

#define OLD  500  /* commits of people from before adoption, in a line */
#define DEEP 2000 /* forge's merges above them, each of a side branch with one commit */
#define NOW  1800000000

/* The linker gives us the judge, the trial merge and libgit2's reading (CMakeLists.txt). */
int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err);
int __wrap_pdg_repo_merge_gives(struct pdg_repo *r, const char *a, const char *b, const char *tree,
				bool *out, struct pdg_error *err);
int __real_git_odb_read(git_odb_object **out, git_odb *db, const git_oid *id);
int __wrap_git_odb_read(git_odb_object **out, git_odb *db, const git_oid *id);

static size_t n_judged, n_merged, n_read;
static char tampered_tree[PDG_GIT_HEX];

int __wrap_pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			    int64_t at, struct pdg_verdict *out, struct pdg_error *err)
{
	(void)s;
	(void)sha256;
	(void)at;
	(void)err;
	/* On several threads. */
	__atomic_add_fetch(&n_judged, 1, __ATOMIC_RELAXED);
	pdg_verdict_done(out);
	pdg_verdict_init(out);
	out->forge = pdg_bytes_find(raw, pdg_bytes_str("\n\nforge "), 0) != SIZE_MAX;
	if (out->forge || pdg_bytes_find(raw, pdg_bytes_str("\n\ngood "), 0) != SIZE_MAX)
		out->result = PDG_RESULT_GOOD;
	else
		(void)pdg_reject(&out->why, "SGN-2", "not signed");
	return 0;
}

int __wrap_pdg_repo_merge_gives(struct pdg_repo *r, const char *a, const char *b, const char *tree,
				bool *out, struct pdg_error *err)
{
	(void)r;
	(void)a;
	(void)b;
	(void)err;
	n_merged++;
	*out = strcmp(tree, tampered_tree) != 0;
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
static char baseline[PDG_GIT_HEX];

static void put_commit(struct pdg_buf *in, const char *ref, size_t mark, const char *text, size_t i)
{
	pdg_buf_printf(in,
		       "commit refs/heads/%s\nmark :%zu\ncommitter A <a@x.example> %zu +0000\n"
		       "data <<END\n%s %zu.\nEND\n",
		       ref, mark, 1700000000 + mark, text, i);
}

static void put_file(struct pdg_buf *in, size_t i)
{
	pdg_buf_printf(in, "M 644 inline f\ndata <<END\n%zu\nEND\n\n", i);
}

static void name(const char *rev, char out[PDG_GIT_HEX])
{
	PDG_AUTO(mem) char *hex = pdg_test_git_out(path, "rev-parse", rev, NULL);

	memcpy(out, hex, strlen(hex) + 1);
}

/* OLD unsigned commits, then DEEP merges: main. Refs merge/<i> name some of these. */
static void set_up(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 22);
	struct pdg_error err = {0};
	size_t mark = 0;
	size_t i;

	if (dir)
		return;
	dir = pdg_test_dir();
	path = pdg_test_repo(dir, "deep");
	for (i = 0; i < OLD; i++) {
		put_commit(&in, "main", ++mark, "old", i);
		put_file(&in, i);
	}
	for (i = 0; i < DEEP; i++) {
		size_t at = mark;

		put_commit(&in, "side", ++mark, "good", i);
		pdg_buf_printf(&in, "from :%zu\n", at);
		put_file(&in, OLD + i);
		put_commit(&in, "main", ++mark, "forge", i);
		pdg_buf_printf(&in, "from :%zu\nmerge :%zu\n", at, mark - 1);
		put_file(&in, OLD + i);
	}
	free(pdg_test_file(path, "import", pdg_buf_bytes(&in)));
	pdg_test_git(path, "-c", "alias.take=!git fast-import --quiet <import", "take", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &repo, &err), &err);
	name("main~2000", baseline);
}

static void tell(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		 const struct pdg_verdict *v)
{
	struct pdg_buf *out = ctx;

	(void)type;
	(void)raw;
	if (v->result != PDG_RESULT_GOOD)
		pdg_buf_printf(out, "%s %s\n", hex, v->why.rule);
}

/* A gate with the baseline, and all counts at 0. */
static void begin(struct pdg_gate *g, struct pdg_policy_repository *section, struct pdg_buf *told)
{
	static char *one[] = {baseline};

	*section = (struct pdg_policy_repository){.baseline = {one, 1}};
	*g = (struct pdg_gate){
		.repo = repo, .section = section, .at = NOW, .judged = tell, .ctx = told};
	n_judged = n_merged = n_read = 0;
	tampered_tree[0] = '\0';
}

static int walk(struct pdg_gate *g, const char *const *args, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	int rc = pdg_walk_new(repo, &w, err);

	for (; rc == 0 && *args; args++)
		rc = pdg_walk_range(w, *args, err);
	if (rc == 0)
		rc = pdg_walk_hide(w, baseline, err);
	return rc < 0 ? rc : pdg_gate_walk(g, w, false, err);
}

/* A parent that the walk shows is judged there; one that it leaves out lies behind the baseline. */
static void range_is_linear(void)
{
	static const char *const args[] = {"main", NULL};
	PDG_AUTO(buf) struct pdg_buf told = PDG_BUF_INIT(1 << 20);
	struct pdg_policy_repository section;
	struct pdg_error err = {0};
	PDG_AUTO(gate) struct pdg_gate g;

	set_up();
	begin(&g, &section, &told);
	CHECK_OK(walk(&g, args, &err), &err);
	CHECK_UINT(g.n_judged, 2 * DEEP);
	CHECK_UINT(g.n_bad, 0);
	CHECK_UINT(n_judged, 2 * DEEP);
	CHECK_UINT(n_merged, DEEP);
	/* What is shown once, and a few of what is not: not all of that for each parent. */
	CHECK(n_read <= 2 * DEEP + 100);
}

/* Of merges alone the parents are judged here: each once, however many rest on it. */
static void alone_is_linear(void)
{
	static const char *const args[] = {"main^!", NULL};
	enum { N = 40 };
	PDG_AUTO(buf) struct pdg_buf told = PDG_BUF_INIT(1 << 20);
	struct pdg_policy_repository section;
	struct pdg_error err = {0};
	PDG_AUTO(gate) struct pdg_gate g;
	size_t i;

	set_up();
	begin(&g, &section, &told);
	CHECK_OK(walk(&g, args, &err), &err);
	CHECK_UINT(g.n_judged, 1);
	CHECK_UINT(g.n_bad, 0);
	for (i = 1; i <= N; i++) {
		PDG_AUTO(mem) char *rev = pdg_str_printf("main~%zu", i * 10);
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
		PDG_AUTO(verdict) struct pdg_verdict v;
		char hex[PDG_GIT_HEX];

		pdg_verdict_init(&v);
		name(rev, hex);
		CHECK_OK(pdg_gate_attestable(&g, hex, false, &raw, &v, &err), &err);
	}
	CHECK_UINT(n_judged, 2 * DEEP + N);
	CHECK_UINT(n_merged, DEEP + N);
	CHECK(n_read <= 2 * DEEP + OLD + 100 + N);
}

/* A statement about the uppermost: all of them, each once, on a stack that is not ours. */
static void deep_is_linear(void)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_policy_repository section;
	struct pdg_error err = {0};
	PDG_AUTO(gate) struct pdg_gate g;
	char main_name[PDG_GIT_HEX];

	set_up();
	name("main", main_name);
	pdg_verdict_init(&v);
	begin(&g, &section, NULL);
	CHECK_OK(pdg_gate_attestable(&g, main_name, false, &raw, &v, &err), &err);
	CHECK_UINT(n_judged, 2 * DEEP);
	CHECK_UINT(n_merged, DEEP);
	/* Each is judged, and asked for behind the baseline, which is read once. */
	CHECK(n_read <= 2 * DEEP + OLD + 100);
	/* The same gate knows all of it. */
	n_judged = n_merged = 0;
	CHECK_OK(pdg_gate_attestable(&g, main_name, false, &raw, &v, &err), &err);
	CHECK_UINT(n_judged, 1);
	CHECK_UINT(n_merged, 1);
}

/* How far above a tampered merge may another stand? Nowhere, but on what the baseline excuses. */
static void tampered_below(void)
{
	static const struct {
		const char *rev;
		bool good;
	} cases[] = {{"main", false},	   {"main~1900", false}, {"main~1950", false},
		     {"main~1949", false}, {"main~1951", true},	 {"main~1999", true},
		     {"main~1900^2", true}};
	size_t i;

	set_up();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
		PDG_AUTO(mem) char *alone = pdg_str_printf("%s^!", cases[i].rev);
		PDG_AUTO(buf) struct pdg_buf told = PDG_BUF_INIT(1 << 20);
		const char *const args[] = {alone, NULL};
		PDG_AUTO(verdict) struct pdg_verdict v;
		struct pdg_policy_repository section;
		struct pdg_error err = {0};
		PDG_AUTO(gate) struct pdg_gate g;
		char hex[PDG_GIT_HEX];
		int rc;

		pdg_verdict_init(&v);
		begin(&g, &section, &told);
		name("main~1950^{tree}", tampered_tree);
		name(cases[i].rev, hex);
		pdg_test_case("%s", cases[i].rev);
		rc = pdg_gate_attestable(&g, hex, false, &raw, &v, &err);
		if (cases[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "GIT-6");
		CHECK_OK(walk(&g, args, &err), &err);
		CHECK_UINT(g.n_judged, 1);
		CHECK_UINT(g.n_bad, cases[i].good ? 0 : 1);
		CHECK(cases[i].good || pdg_str_ends(pdg_buf_cstr(&told), " GIT-6\n"));
	}
	pdg_test_case(NULL);
}

/* A range tells the tampered one alone, and answers for what it was told to leave out. */
static void ranges_answer(void)
{
	static const struct {
		const char *range;
		size_t n;
		size_t bad;
	} cases[] = {{"main", 2 * DEEP, 1},
		     {"main~1951..main~1940", 22, 1},
		     {"main~1950..main~1940", 20, 0},
		     {"main~1950...main~1940", 20, 0}};
	size_t i;

	set_up();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf told = PDG_BUF_INIT(1 << 20);
		const char *const args[] = {cases[i].range, NULL};
		struct pdg_policy_repository section;
		struct pdg_error err = {0};
		PDG_AUTO(gate) struct pdg_gate g;
		char bad[PDG_GIT_HEX];

		begin(&g, &section, &told);
		name("main~1950^{tree}", tampered_tree);
		name("main~1950", bad);
		pdg_test_case("%s", cases[i].range);
		CHECK_OK(walk(&g, args, &err), &err);
		CHECK_UINT(g.n_judged, cases[i].n);
		CHECK_UINT(g.n_bad, cases[i].bad);
		CHECK(!cases[i].bad || pdg_str_starts(pdg_buf_cstr(&told), bad));
	}
	pdg_test_case(NULL);
}

/* Without a baseline the oldest merge rests on a commit that nobody signed. */
static void nothing_excuses(void)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_policy_repository section;
	struct pdg_error err = {0};
	PDG_AUTO(gate) struct pdg_gate g;
	char hex[PDG_GIT_HEX];

	set_up();
	pdg_verdict_init(&v);
	begin(&g, &section, NULL);
	section.baseline.n = 0;
	name("main~1999", hex);
	CHECK_RULE(pdg_gate_attestable(&g, hex, false, &raw, &v, &err), &err, "GIT-6");
	CHECK_HAS(err.text, "which it merges, is unsigned");
	name("main", hex);
	CHECK_RULE(pdg_gate_attestable(&g, hex, false, &raw, &v, &err), &err, "GIT-6");
	CHECK_HAS(err.text, "which it merges, is not-allowed");
}

static void clean_up(void)
{
	pdg_repo_free(repo);
	pdg_test_dir_remove(dir);
	free(path);
}

PDG_TEST_MAIN("merge", {"range is linear", range_is_linear}, {"alone is linear", alone_is_linear},
	      {"deep is linear", deep_is_linear}, {"tampered below", tampered_below},
	      {"ranges answer", ranges_answer}, {"nothing excuses", nothing_excuses},
	      {"clean up", clean_up})
