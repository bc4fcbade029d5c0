/* SPDX-License-Identifier: Apache-2.0 */
/* What a pusher can make of history's shape: names that he chose, parents without end, files beside
 * the objects that lie. Work and memory are counted, not timed. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/digest.h"
#include "git/walk.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

#define MANY 20000

static char *dir;
static char *path;
static struct pdg_repo *repo;

/* main: base - one - two; side: base - three. */
static void set_up(void)
{
	struct pdg_error err = {0};

	if (dir)
		return;
	dir = pdg_test_dir();
	path = pdg_test_repo(dir, "repo");
	free(pdg_test_commit(path, "base", 1700000000));
	pdg_test_git(path, "branch", "side", NULL);
	free(pdg_test_commit(path, "one", 1700000010));
	free(pdg_test_commit(path, "two", 1700000020));
	pdg_test_git(path, "checkout", "-q", "side", NULL);
	free(pdg_test_commit(path, "three", 1700000015));
	pdg_test_git(path, "checkout", "-q", "main", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &repo, &err), &err);
}

static char *rev(const char *name)
{
	return pdg_test_git_out(path, "rev-parse", name, NULL);
}

/* The most slots in a row that are taken: no look-up asks more. */
static size_t longest_run(const struct pdg_graph *g)
{
	size_t longest = 0;
	size_t run = 0;
	size_t i;

	for (i = 0; i < 2 * g->slots; i++) {
		run = g->table[i % g->slots] ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* Names that begin alike, end alike, or count: where parents need not exist they are anybody's. */
static void chosen_names(void)
{
	static const size_t counts_at[] = {16, 8, 4, 0};
	size_t round;

	for (round = 0; round < sizeof(counts_at) / sizeof(counts_at[0]); round++) {
		PDG_AUTO(graph) struct pdg_graph g;
		struct pdg_error err = {0};
		size_t i;

		pdg_graph_init(&g, NULL);
		for (i = 0; i < MANY; i++) {
			struct pdg_node *node = NULL;
			git_oid oid;

			memset(&oid, 0xAB, sizeof(oid));
			oid.id[counts_at[round]] = (unsigned char)(i >> 8);
			oid.id[counts_at[round] + 1] = (unsigned char)i;
			if (!CHECK_OK(pdg_graph_node(&g, &oid, &node, &err), &err))
				return;
			CHECK(pdg_graph_find(&g, &oid) == node);
		}
		pdg_test_case("counting at byte %zu: %zu in a row", counts_at[round],
			      longest_run(&g));
		CHECK_UINT(g.n, MANY);
		CHECK(longest_run(&g) < MANY / 40);
	}
	pdg_test_case(NULL);
}

/* A commit on main with @n parents, all of them main; its name, to be freed. */
static char *with_parents(size_t n)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(mem) char *tree = rev("main^{tree}");
	PDG_AUTO(mem) char *parent = rev("main");
	size_t i;

	pdg_buf_printf(&raw, "tree %s\n", tree);
	for (i = 0; i < n; i++)
		pdg_buf_printf(&raw, "parent %s\n", parent);
	pdg_buf_puts(&raw, "author A <a@x.example> 1700000030 +0000\n"
			   "committer A <a@x.example> 1700000030 +0000\n\nm\n");
	free(pdg_test_file(path, "raw", pdg_buf_bytes(&raw)));
	return pdg_test_git_out(path, "hash-object", "-t", "commit", "-w", "--literally", "raw",
				NULL);
}

static struct pdg_walk *walk_from(const char *hex, size_t most)
{
	struct pdg_walk *w = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_walk_new(repo, &w, &err), &err);
	w->graph.most = most;
	CHECK_OK(pdg_walk_push(w, hex, &err), &err);
	return w;
}

/* The walk from @hex gives that commit as one to be refused, and nothing behind it. */
static void refuses(const char *hex, size_t most)
{
	PDG_AUTO(walk) struct pdg_walk *w = walk_from(hex, most);
	PDG_AUTO(walk) struct pdg_walk *names = walk_from(hex, most);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(mem) char *base = rev("main~1");
	struct pdg_error err = {0};
	char got[PDG_GIT_HEX];
	bool reached = true;

	CHECK_RULE(pdg_walk_next(w, got, &raw, &err), &err, "COM-6");
	CHECK_INT(err.code, PDG_E_LIMIT);
	CHECK_STR(got, hex);
	CHECK_UINT(raw.n, 0);
	CHECK_INT(pdg_walk_next(w, got, &raw, &err), PDG_E_NOTFOUND);
	CHECK_UINT(w->graph.n, 1);
	CHECK_UINT(w->graph.parents, 0);
	CHECK_UINT(w->graph.kept, 0);
	CHECK_RULE(pdg_walk_reaches(w, base, hex, &reached, &err), &err, "COM-6");
	CHECK(reached);
	CHECK_OK(pdg_walk_next(names, got, NULL, &err), &err);
	CHECK_STR(got, hex);
}

static void too_many_parents(void)
{
	PDG_AUTO(mem) char *most = NULL;
	PDG_AUTO(mem) char *more = NULL;
	PDG_AUTO(mem) char *far_more = NULL;
	PDG_AUTO(mem) char *parents = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];
	bool reached = false;
	size_t n;

	set_up();
	most = with_parents(PDG_LIMIT_COMMIT_PARENTS);
	more = with_parents(PDG_LIMIT_COMMIT_PARENTS + 1);
	far_more = with_parents((size_t)10 * PDG_LIMIT_COMMIT_PARENTS);
	w = walk_from(most, PDG_LIMIT_WALK_PARENTS);
	for (n = 0; pdg_walk_next(w, hex, NULL, &err) == 0; n++)
		;
	CHECK_UINT(n, 4);
	refuses(more, PDG_LIMIT_WALK_PARENTS);
	refuses(far_more, PDG_LIMIT_WALK_PARENTS);
	CHECK_RULE(pdg_repo_reachable(repo, most, more, &reached, &err), &err, "COM-6");
	/* To leave it out, or its parents, is to leave out what is not known. */
	parents = pdg_str_printf("%s^@", more);
	CHECK_RULE(pdg_walk_range(w, parents, &err), &err, "COM-6");
}

/* Of all merges together too: each of them may repeat the same parents for a few bytes of pack. */
static void too_many_merges(void)
{
	PDG_AUTO(mem) char *three = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];

	set_up();
	three = with_parents(3);
	refuses(three, 1);
	w = walk_from(three, 2);
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_OK(pdg_walk_next(w, hex, NULL, &err), &err);
	CHECK_UINT(w->graph.parents, 2);
}

static size_t be32(const uint8_t *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Where a chunk of a commit-graph file begins (gitformat-commit-graph(5)). */
static uint8_t *chunk(const struct pdg_buf *b, const char *id)
{
	size_t i;

	for (i = 0; i < b->p[6]; i++) {
		const uint8_t *entry = b->p + 8 + 12 * i;

		if (memcmp(entry, id, 4) == 0)
			return b->p + be32(entry + 8);
	}
	pdg_check(false, "the chunk is there", __FILE__, __LINE__);
	exit(EXIT_FAILURE);
}

static size_t place_of(const struct pdg_buf *b, const char *hex)
{
	const uint8_t *names = chunk(b, "OIDL");
	size_t n = be32(chunk(b, "OIDF") + (size_t)4 * 255);
	char name[2 * 20 + 1];
	size_t i;

	for (i = 0; i < n; i++) {
		pdg_hex(pdg_bytes(names + 20 * i, 20), name);
		if (strcmp(name, hex) == 0)
			return i;
	}
	pdg_check(false, "the commit is there", __FILE__, __LINE__);
	exit(EXIT_FAILURE);
}

/* The repository's commit-graph says that the parent of @child is @parent. */
static void forge(const char *child, const char *parent)
{
	PDG_AUTO(mem) char *file = pdg_str_printf("%s/.git/objects/info/commit-graph", path);
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1 << 20);
	struct pdg_error err = {0};
	uint8_t *entry;

	pdg_test_git(path, "-c", "commitGraph.generationVersion=1", "commit-graph", "write",
		     "--reachable", NULL);
	pdg_test_git(path, "config", "core.commitGraph", "true", NULL);
	pdg_test_read(file, &b);
	entry = chunk(&b, "CDAT") + 36 * place_of(&b, child) + 20;
	entry[3] = (uint8_t)place_of(&b, parent);
	CHECK_OK(pdg_digest(PDG_SHA1, pdg_bytes(b.p, b.n - 20), b.p + b.n - 20, &err), &err);
	CHECK(chmod(file, 0644) == 0);
	free(pdg_test_file(path, ".git/objects/info/commit-graph", pdg_buf_bytes(&b)));
}

/* A...B leaves out what both reach, and asks no file beside the objects what that is. */
static void forged_commit_graph(void)
{
	PDG_AUTO(mem) char *one = NULL;
	PDG_AUTO(mem) char *three = NULL;
	PDG_AUTO(mem) char *believed = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error err = {0};
	char hex[PDG_GIT_HEX];
	bool shown = false;
	size_t n;

	set_up();
	one = rev("main~1");
	three = rev("side");
	forge(one, three);
	believed = pdg_test_git_out(path, "merge-base", "main", "side", NULL);
	CHECK_STR(believed, three);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_walk_new(r, &w, &err), &err);
	CHECK_OK(pdg_walk_range(w, "main...side", &err), &err);
	for (n = 0; pdg_walk_next(w, hex, NULL, &err) == 0; n++)
		shown = shown || strcmp(hex, three) == 0;
	CHECK(shown);
	CHECK_UINT(n, 3);
}

static void clean_up(void)
{
	pdg_repo_free(repo);
	pdg_test_dir_remove(dir);
	free(path);
}

PDG_TEST_MAIN("graph", {"chosen names", chosen_names}, {"too many parents", too_many_parents},
	      {"too many merges", too_many_merges}, {"forged commit graph", forged_commit_graph},
	      {"clean up", clean_up})
