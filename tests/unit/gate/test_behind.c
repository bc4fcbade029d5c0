/* SPDX-License-Identifier: Apache-2.0 */
/* Protected names that are symbolic: all are found, at a price that grows with the push alone. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/enforce.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/str.h"

#define NONE "0000000000000000000000000000000000000000"

/* The linker gives us the calls of common/git into libgit2 and for files (CMakeLists.txt): work is
 * counted. */
int __real_git_reference_next(void **out, void *iterator);
int __wrap_git_reference_next(void **out, void *iterator);
int __real_git_reference_lookup(void **out, void *repo, const char *name);
int __wrap_git_reference_lookup(void **out, void *repo, const char *name);

int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);

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

int __wrap_lstat(const char *path, struct stat *st)
{
	work++;
	return __real_lstat(path, st);
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

/* Is an update of @name one of a protected ref? */
static int asked(const char *path, const char *name, char **out, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = opened(path);
	const struct pdg_policy_repository section = {.protect = {protect, 2}};
	PDG_AUTO(gate) struct pdg_gate g = {.repo = r, .section = &section};
	struct pdg_update u = {.ref = pdg_str_dup(name)};
	int rc = pdg_gate_protected(&g, &u, out, err);

	free(u.ref);
	return rc;
}

static void make_link(const char *path, const char *name, const char *target)
{
	PDG_AUTO(mem) char *at = pdg_str_printf("%s/.git/%s", path, name);

	(void)unlink(at);
	CHECK(symlink(target, at) == 0);
}

/* A symbolic ref may be a symbolic link (core.preferSymlinkRefs), whatever is where that leads. */
static void symbolic_links(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "links");
	PDG_AUTO(mem) char *tip = pdg_test_commit(path, "one", 1700000000);
	PDG_AUTO(mem) char *by_git = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];
	static const struct {
		const char *ref;
		const char *protected;
	} cases[] = {
		{"refs/tags/alias", "refs/heads/main"}, /* a link to a protected one */
		{"refs/rel/1", "refs/heads/rel1"},	/* a protected one is a link to it */
		{"refs/unborn/1", "refs/heads/early"},
		{"refs/tags/mixed", "refs/heads/main"}, /* a file that leads to a link */
		{"refs/tags/other", NULL},
	};
	size_t i;

	pdg_test_git(path, "update-ref", "refs/rel/1", tip, NULL);
	pdg_test_git(path, "-c", "core.preferSymlinkRefs=true", "symbolic-ref", "refs/tags/alias",
		     "refs/heads/main", NULL);
	make_link(path, "refs/heads/rel1", "refs/rel/1");
	make_link(path, "refs/heads/early", "refs/unborn/1");
	pdg_test_git(path, "symbolic-ref", "refs/tags/mixed", "refs/tags/alias", NULL);
	by_git = pdg_test_git_out(path, "symbolic-ref", "refs/heads/rel1", NULL);
	CHECK_STR(by_git, "refs/rel/1");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *ref = NULL;

		pdg_test_case("%s", cases[i].ref);
		CHECK_OK(asked(path, cases[i].ref, &ref, &err), &err);
		if (cases[i].protected)
			CHECK_STR(ref, cases[i].protected);
		else
			CHECK(ref == NULL);
	}
	pdg_test_case(NULL);
	r = opened(path);
	CHECK_OK(pdg_repo_ref(r, "refs/heads/rel1", hex, &err), &err);
	CHECK_STR(hex, tip);
	CHECK_OK(pdg_repo_ref(r, "refs/heads/early", hex, &err), &err);
	CHECK_STR(hex, "");
	pdg_test_dir_remove(dir);
}

/* Links that are no symbolic refs make two names one: whatever is asked, nothing passes. */
static void misleading_links(void)
{
	static const struct {
		const char *at, *target;
		const char *ref; /* that is pushed */
	} cases[] = {
		{"refs/heads/rel1", "../rel/1", "refs/tags/other"}, /* a file under two names */
		{"refs/heads/rel1", "gone", "refs/tags/other"},
		{"refs/heads/rel1", "../../HEAD", "refs/tags/other"},
		{"refs/heads/rel1", "refs/a..b", "refs/tags/other"},
		{"refs/heads/folder", "../rel", "refs/tags/other"}, /* a folder under two */
		{"refs/tags/alias", "../heads/main",
		 "refs/tags/alias"},			    /* the name that is pushed */
		{"refs/alias", "heads", "refs/alias/main"}, /* or a folder before it */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *dir = pdg_test_dir();
		PDG_AUTO(mem) char *path = pdg_test_repo(dir, "links");
		PDG_AUTO(mem) char *tip = pdg_test_commit(path, "one", 1700000000);
		PDG_AUTO(mem) char *ref = NULL;
		struct pdg_error err = {0};

		pdg_test_git(path, "update-ref", "refs/rel/1", tip, NULL);
		CHECK_OK(asked(path, cases[i].ref, &ref, &err), &err);
		make_link(path, cases[i].at, cases[i].target);
		pdg_test_case("%s -> %s", cases[i].at, cases[i].target);
		CHECK_RULE(asked(path, cases[i].ref, &ref, &err), &err, "GIT-3");
		CHECK(ref == NULL);
		pdg_test_dir_remove(dir);
	}
	pdg_test_case(NULL);
}

/* As git reads the file: blanks before the name, none needed; what names no ref is refused. */
static void symbolic_files(void)
{
	static const struct {
		const char *text;
		const char *protected; /* NULL: GIT-3 */
	} cases[] = {
		{"ref:refs/heads/main\n", "refs/heads/main"},
		{"ref: \t refs/heads/main \n\n", "refs/heads/main"},
		{"ref: HEAD", "refs/heads/main"},
		{"ref: main", NULL},
		{"ref: ", NULL},
		{"ref: worktrees/x/HEAD", NULL},
		{"ref: refs/heads/../heads/main", NULL},
	};
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "files");
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *ref = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		free(pdg_test_file(path, ".git/refs/tags/alias", pdg_bytes_str(cases[i].text)));
		if (!cases[i].protected) {
			CHECK_RULE(asked(path, "refs/tags/alias", &ref, &err), &err, "GIT-3");
		} else if (CHECK_OK(asked(path, "refs/tags/alias", &ref, &err), &err)) {
			CHECK_STR(ref, cases[i].protected);
		}
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
	      {"symbolic links", symbolic_links}, {"misleading links", misleading_links},
	      {"symbolic files", symbolic_files}, {"reftable", reftable})
