/* SPDX-License-Identifier: Apache-2.0 */
/* Protected names that are symbolic: all are found, at a price that grows with the push alone. */
#include <stdlib.h>
#include <string.h>

#include "gate/enforce.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/str.h"

#define NONE "0000000000000000000000000000000000000000"

/* The linker gives us the calls of common/git into libgit2 (CMakeLists.txt): work is counted. */
int __real_git_reference_next(void **out, void *iterator);
int __wrap_git_reference_next(void **out, void *iterator);
int __real_git_reference_lookup(void **out, void *repo, const char *name);
int __wrap_git_reference_lookup(void **out, void *repo, const char *name);

static size_t work;

int __wrap_git_reference_next(void **out, void *iterator)
{
	work++;
	return __real_git_reference_next(out, iterator);
}

int __wrap_git_reference_lookup(void **out, void *repo, const char *name)
{
	work++;
	return __real_git_reference_lookup(out, repo, name);
}

static char main_name[] = "refs/heads/main";
static char any_name[] = "refs/heads/*";
static char *protect[] = {main_name, any_name};

static struct pdg_repo *opened(const char *path)
{
	struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	return r;
}

/* What a push of @n unprotected refs asks of a repository that has @n others. */
static size_t work_of(const char *name, size_t n)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, name);
	PDG_AUTO(mem) char *tip = pdg_test_commit(path, "one", 1700000000);
	PDG_AUTO(buf) struct pdg_buf packed = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	const struct pdg_policy_repository section = {.protect = {protect, 2}};
	PDG_AUTO(gate) struct pdg_gate g = {.section = &section};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		pdg_buf_printf(&packed, "%s refs/heads/there/b%06zu\n", tip, i);
		pdg_buf_printf(&lines, NONE " %s refs/heads/new/b%06zu\n", tip, i);
	}
	free(pdg_test_file(path, ".git/packed-refs", pdg_buf_bytes(&packed)));
	r = opened(path);
	g.repo = r;
	CHECK_OK(pdg_push_received(pdg_buf_bytes(&lines), &push, &err), &err);
	CHECK_UINT(push.n, n);
	work = 0;
	CHECK_OK(pdg_gate_push(&g, &push, &err), &err);
	for (i = 0; i < push.n; i++) {
		PDG_AUTO(mem) char *ref = NULL;

		CHECK_OK(pdg_gate_protected(&g, &push.v[i], &ref, &err), &err);
		CHECK(ref == NULL);
	}
	pdg_test_dir_remove(dir);
	return work;
}

/* Refs that are there times refs that are pushed would let anybody who may push stop the server. */
static void work_is_linear(void)
{
	size_t small = work_of("small", 100);
	size_t large = work_of("large", 400);

	CHECK(small >= 100);
	pdg_test_case("%zu for 100, %zu for 400", small, large);
	CHECK(large <= 5 * small);
	pdg_test_case(NULL);
}

static void found(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "found");
	PDG_AUTO(mem) char *tip = pdg_test_commit(path, "one", 1700000000);
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	const struct pdg_policy_repository section = {.protect = {protect, 2}};
	PDG_AUTO(gate) struct pdg_gate g = {.section = &section};
	static const struct {
		const char *ref;
		const char *protected;
	} cases[] = {
		{"refs/heads/main", "refs/heads/main"},
		{"refs/heads/rel/1", "refs/heads/rel1"}, /* two lead there */
		{"refs/heads/mid/1", "refs/heads/top"},	 /* over a symbolic one that is not */
		{"refs/heads/end/1", "refs/heads/top"},
		{"refs/heads/unborn/1", "refs/heads/early"}, /* nothing is there yet */
		{"refs/heads/other/1", NULL},
		{"refs/heads/side/x", NULL}, /* behind a name that no pattern matches */
		{"refs/tags/other", NULL},
	};
	size_t i;

	pdg_test_git(path, "update-ref", "refs/heads/rel/1", tip, NULL);
	pdg_test_git(path, "update-ref", "refs/heads/side/x", tip, NULL);
	pdg_test_git(path, "update-ref", "refs/heads/end/1", tip, NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/rel2", "refs/heads/rel/1", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/rel1", "refs/heads/rel/1", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/relx/y", "refs/heads/side/x", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/mid/1", "refs/heads/end/1", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/top", "refs/heads/mid/1", NULL);
	pdg_test_git(path, "symbolic-ref", "refs/heads/early", "refs/heads/unborn/1", NULL);
	r = opened(path);
	g.repo = r;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_update u = {.ref = pdg_str_dup(cases[i].ref)};
		PDG_AUTO(mem) char *ref = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].ref);
		CHECK_OK(pdg_gate_protected(&g, &u, &ref, &err), &err);
		if (cases[i].protected)
			CHECK_STR(ref, cases[i].protected);
		else
			CHECK(ref == NULL);
		free(u.ref);
	}
	pdg_test_case(NULL);
	pdg_test_dir_remove(dir);
}

/* Where symbolic refs may stand elsewhere than in files, nothing passes for want of one. */
static void reftable(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "table");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	const struct pdg_policy_repository section = {.protect = {protect, 2}};
	PDG_AUTO(gate) struct pdg_gate g = {.section = &section};
	PDG_AUTO(mem) char *ref = NULL;
	PDG_AUTO(mem) char *name = pdg_str_dup("refs/tags/one");
	struct pdg_update u = {.ref = name};
	struct pdg_error err = {0};

	r = opened(path);
	g.repo = r;
	free(pdg_test_file(path, ".git/reftable", pdg_bytes_str("")));
	CHECK_RULE(pdg_gate_protected(&g, &u, &ref, &err), &err, "GIT-3");
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("behind", {"work is linear", work_is_linear}, {"found", found},
	      {"reftable", reftable})
