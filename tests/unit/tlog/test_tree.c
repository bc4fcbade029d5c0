/* SPDX-License-Identifier: Apache-2.0 */
/* The tree over tiles in memory: roots and proofs against the naive ones, and which tiles are
 * written. */
#include "tlog/tree.h"

#include <stdio.h>

#include "support/check.h"
#include "unit/tlog/naive.h"

#define BIG   70000
#define TILES 300

/* Tiles of a tree of up to BIG leaves; a read of a width that is not there fails. */
struct memory {
	struct pdg_bytes tile[3][TILES];
	unsigned reads;
	unsigned writes;
	bool cut; /* reads give one byte too little */
};

static int memory_read(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		       struct pdg_error *err)
{
	struct memory *m = ctx;

	m->reads++;
	if (level > 2 || n >= TILES || m->tile[level][n].n < (size_t)width * PDG_HASH_LEN)
		return pdg_fail(err, PDG_E_NOTFOUND, "no tile of that width");
	pdg_buf_put(out, pdg_bytes(m->tile[level][n].p,
				   (size_t)width * PDG_HASH_LEN - (m->cut ? 1 : 0)));
	return 0;
}

static int memory_write(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
			struct pdg_error *err)
{
	struct memory *m = ctx;
	uint8_t *copy;

	m->writes++;
	if (level > 2 || n >= TILES || hashes.n == 0 || hashes.n % PDG_HASH_LEN != 0 ||
	    hashes.n > (size_t)PDG_TILE_WIDTH * PDG_HASH_LEN)
		return pdg_fail(err, PDG_E_IO, "no such tile");
	copy = malloc(hashes.n);
	if (!copy)
		abort();
	memcpy(copy, hashes.p, hashes.n);
	free((void *)(uintptr_t)m->tile[level][n].p);
	m->tile[level][n] = pdg_bytes(copy, hashes.n);
	return 0;
}

static struct memory *memory_new(void)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	return m;
}

static void memory_free(struct memory *m)
{
	size_t l;
	size_t i;

	for (l = 0; m && l < 3; l++) {
		for (i = 0; i < TILES; i++)
			free((void *)(uintptr_t)m->tile[l][i].p);
	}
	free(m);
}
PDG_AUTO_DEFINE(memory, struct memory *, memory_free)

static struct pdg_tile_store store_of(struct memory *m)
{
	return (struct pdg_tile_store){.read = memory_read, .write = memory_write, .ctx = m};
}

/* What tlog-tiles.md says a tree of @size keeps, and nothing else: the latest width of each tile.
 */
static void check_tiles(const struct memory *m, const struct pdg_hash32 *leaf, uint64_t size)
{
	unsigned level;
	uint64_t n;
	unsigned wrong = 0;

	for (level = 0; level < 3; level++) {
		uint64_t hashes = size >> (8 * level);

		for (n = 0; n < TILES; n++) {
			uint64_t first = n << 8;
			uint64_t want = hashes > first ? hashes - first : 0;

			if (want > PDG_TILE_WIDTH)
				want = PDG_TILE_WIDTH;
			wrong += m->tile[level][n].n != want * PDG_HASH_LEN;
			if (level == 0 && want > 0)
				wrong += memcmp(m->tile[0][n].p, leaf + first,
						want * PDG_HASH_LEN) != 0;
		}
	}
	CHECK_UINT(wrong, 0);
}

static void small_trees_one_by_one(void)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(70);
	PDG_AUTO(memory) struct memory *m = memory_new();
	struct pdg_tile_store s = store_of(m);
	struct pdg_error err = {0};
	struct pdg_hash32 root;
	struct pdg_hash32 want;
	size_t n;
	size_t i;

	for (n = 1; n <= 70; n++) {
		pdg_test_case("size %zu", n);
		CHECK_OK(pdg_tree_append(&s, n - 1, &leaf[n - 1], 1, &root, &err), &err);
		want = naive_mth(leaf, n);
		CHECK(hash_same(&root, &want));
		for (i = 0; i < n; i++) {
			struct pdg_proof got = {.n = 0};
			struct pdg_proof path = {.n = 0};

			CHECK_OK(pdg_tree_inclusion(&s, i, n, &got, &err), &err);
			naive_path(i, leaf, n, &path);
			CHECK(naive_same(&got, &path));
			path.n = 0;
			CHECK_OK(pdg_tree_consistency(&s, i + 1, n, &got, &err), &err);
			naive_subproof(i + 1, leaf, n, true, &path);
			CHECK(naive_same(&got, &path));
		}
	}
	pdg_test_case(NULL);
}

static void check_proofs(const struct pdg_tile_store *s, const struct pdg_hash32 *leaf, size_t m,
			 size_t n)
{
	struct pdg_hash32 root_m = naive_mth(leaf, m);
	struct pdg_hash32 root_n = naive_mth(leaf, n);
	struct pdg_error err = {0};
	struct pdg_hash32 got;
	struct pdg_proof p;
	const size_t at[] = {0, m / 2, m - 1, n / 2, n - 1};
	size_t i;

	pdg_test_case("from %zu to %zu", m, n);
	CHECK_OK(pdg_tree_root(s, n, &got, &err), &err);
	CHECK(hash_same(&got, &root_n));
	CHECK_OK(pdg_tree_root(s, m, &got, &err), &err);
	CHECK(hash_same(&got, &root_m));
	CHECK_OK(pdg_tree_consistency(s, m, n, &p, &err), &err);
	CHECK_OK(pdg_merkle_consistency(m, &root_m, n, &root_n, &p, &err), &err);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		CHECK_OK(pdg_tree_inclusion(s, at[i], n, &p, &err), &err);
		CHECK_OK(pdg_merkle_inclusion(&leaf[at[i]], at[i], n, &p, &root_n, &err), &err);
	}
	pdg_test_case(NULL);
}

static void boundaries_of_tiles(void)
{
	static const size_t sizes[] = {1,     100,   255,   256,   257,	  511,	 512, 513,
				       65279, 65535, 65536, 65537, 65792, 69999, BIG};
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(BIG);
	PDG_AUTO(memory) struct memory *m = memory_new();
	struct pdg_tile_store s = store_of(m);
	struct pdg_error err = {0};
	struct pdg_hash32 root;
	struct pdg_hash32 want;
	size_t old = 0;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pdg_test_case("size %zu", sizes[i]);
		CHECK_OK(pdg_tree_append(&s, old, leaf + old, sizes[i] - old, &root, &err), &err);
		want = naive_mth(leaf, sizes[i]);
		CHECK(hash_same(&root, &want));
		check_tiles(m, leaf, sizes[i]);
		if (old > 0)
			check_proofs(&s, leaf, old, sizes[i]);
		old = sizes[i];
	}
	check_proofs(&s, leaf, 1, BIG);
	check_proofs(&s, leaf, 256, BIG);
	check_proofs(&s, leaf, 65536, BIG);
}

/* All proofs of the tree of 70,000, from one walk. */
static void every_proof_of_a_big_tree(void)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(BIG);
	PDG_AUTO(memory) struct memory *m = memory_new();
	PDG_AUTO(tree_walk) struct pdg_tree_walk *w = NULL;
	struct pdg_tile_store s = store_of(m);
	struct pdg_error err = {0};
	struct pdg_hash32 root;
	struct pdg_hash32 got;
	struct pdg_proof p;
	unsigned bad = 0;
	size_t i;

	CHECK_OK(pdg_tree_append(&s, 0, leaf, BIG, &root, &err), &err);
	/* 273 full and one partial; one full and one partial; one of width 1 */
	CHECK_UINT(m->writes, 274 + 2 + 1);
	m->reads = 0;
	if (!CHECK_OK(pdg_tree_walk_new(&s, BIG, &w, &err), &err))
		return;
	CHECK_OK(pdg_tree_walk_root(w, &got, &err), &err);
	CHECK(hash_same(&got, &root));
	for (i = 0; i < BIG; i++) {
		if (pdg_tree_walk_inclusion(w, i, &p, &err) < 0 ||
		    pdg_merkle_inclusion(&leaf[i], i, BIG, &p, &root, &err) < 0)
			bad++;
	}
	CHECK_UINT(bad, 0);
	CHECK_UINT(m->reads, 274 + 2 + 1);
	CHECK_CODE(pdg_tree_walk_inclusion(w, BIG, &p, &err), &err, PDG_E_USAGE);
}

/* One walk that grows with the tree: roots and proofs are those of the tree as it is now. */
static void a_walk_that_grows(void)
{
	static const size_t steps[] = {1,   1,	 3,   64,    186, 1,   1,   255,
				       256, 257, 700, 64000, 300, 400, 2000};
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(BIG);
	PDG_AUTO(memory) struct memory *m = memory_new();
	PDG_AUTO(tree_walk) struct pdg_tree_walk *w = NULL;
	struct pdg_tile_store s = store_of(m);
	struct pdg_error err = {0};
	struct pdg_hash32 root, want;
	struct pdg_proof p;
	size_t size = 0;
	size_t i, at;

	if (!CHECK_OK(pdg_tree_walk_new(&s, 0, &w, &err), &err))
		return;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		unsigned bad = 0;

		pdg_test_case("%zu more than %zu", steps[i], size);
		CHECK_OK(pdg_tree_walk_append(w, &s, leaf + size, steps[i], &root, &err), &err);
		size += steps[i];
		want = naive_mth(leaf, size);
		CHECK(hash_same(&root, &want));
		for (at = 0; at < size; at += 1 + (size - at) / 40) {
			if (pdg_tree_walk_inclusion(w, at, &p, &err) < 0 ||
			    pdg_merkle_inclusion(&leaf[at], at, size, &p, &root, &err) < 0)
				bad++;
		}
		CHECK_UINT(bad, 0);
	}
	pdg_test_case(NULL);
	check_tiles(m, leaf, size);
}

/* An append writes the tiles that change: no other is touched. */
static void append_writes_little(void)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(1000);
	PDG_AUTO(memory) struct memory *m = memory_new();
	struct pdg_tile_store s = store_of(m);
	struct pdg_error err = {0};
	struct pdg_hash32 root;

	CHECK_OK(pdg_tree_append(&s, 0, leaf, 900, &root, &err), &err);
	m->writes = 0;
	CHECK_OK(pdg_tree_append(&s, 900, leaf + 900, 50, &root, &err), &err);
	CHECK_UINT(m->writes, 1);
	CHECK_OK(pdg_tree_append(&s, 950, NULL, 0, &root, &err), &err);
	CHECK_UINT(m->writes, 1);
}

static void questions_without_answer(void)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(10);
	PDG_AUTO(memory) struct memory *m = memory_new();
	struct pdg_tile_store s = store_of(m);
	struct pdg_error err = {0};
	struct pdg_hash32 root;
	struct pdg_hash32 empty;
	struct pdg_proof p;

	CHECK_OK(pdg_merkle_empty(&empty, &err), &err);
	CHECK_OK(pdg_tree_append(&s, 0, NULL, 0, &root, &err), &err);
	CHECK(hash_same(&root, &empty));
	CHECK_CODE(pdg_tree_inclusion(&s, 0, 0, &p, &err), &err, PDG_E_USAGE);
	CHECK_OK(pdg_tree_append(&s, 0, leaf, 10, &root, &err), &err);
	CHECK_CODE(pdg_tree_inclusion(&s, 10, 10, &p, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_tree_consistency(&s, 0, 10, &p, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_tree_consistency(&s, 11, 10, &p, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_tree_root(&s, 300, &root, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_tree_append(&s, UINT64_MAX - 1, leaf, 3, &root, &err), &err, PDG_E_LIMIT);
	m->cut = true;
	CHECK_CODE(pdg_tree_root(&s, 10, &root, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_tree_append(&s, 10, leaf, 1, &root, &err), &err, PDG_E_IO);
}

static void paths(void)
{
	static const struct {
		unsigned level;
		uint64_t n;
		unsigned width;
		const char *path;
	} t[] = {
		{0, 5, 256, "tile/0/005"},
		{0, 273, 112, "tile/0/273.p/112"},
		{1, 1234, 256, "tile/1/x001/234"},
		{63, 1234067, 1, "tile/63/x001/x234/067.p/1"},
		{7, 1000000, 255, "tile/7/x001/x000/000.p/255"},
		{0, UINT64_MAX, 1, "tile/0/x018/x446/x744/x073/x709/x551/615.p/1"},
	};
	char path[PDG_TILE_PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool entries = true;
		unsigned level = 99;
		unsigned width = 0;
		uint64_t n = 0;

		pdg_tile_path(t[i].level, t[i].n, t[i].width, path);
		CHECK_STR(path, t[i].path);
		CHECK(pdg_tile_path_parse(pdg_bytes_str(path + 5), &entries, &level, &n, &width));
		CHECK(!entries);
		CHECK_UINT(level, t[i].level);
		CHECK_UINT(n, t[i].n);
		CHECK_UINT(width, t[i].width);
		pdg_tile_entries_path(t[i].n, t[i].width, path);
		CHECK(pdg_tile_path_parse(pdg_bytes_str(path + 5), &entries, &level, &n, &width));
		CHECK(entries);
		CHECK_UINT(level, 0);
		CHECK_UINT(n, t[i].n);
		CHECK_UINT(width, t[i].width);
	}
	pdg_tile_entries_path(7, 3, path);
	CHECK_STR(path, "tile/entries/007.p/3");
}

static void other_paths_are_refused(void)
{
	static const char *const bad[] = {
		"",
		"0",
		"0/",
		"0/5",
		"0/05",
		"0/0005",
		"0/x001",
		"0/x000/005",
		"0/x01/005",
		"0/001/005",
		"0/x001/",
		"64/000",
		"00/000",
		"-1/000",
		"+1/000",
		"0/000.p",
		"0/000.p/",
		"0/000.p/0",
		"0/000.p/256",
		"0/000.p/01",
		"0/000.p/1/",
		"0/000/",
		"0/000/1",
		"0/x001.p/1",
		"0/../000",
		"0//000",
		"/0/000",
		"entries",
		"entries/",
		"entries/0",
		"entries/x",
		"Entries/000",
		"0/000.P/1",
		"0/0 0",
		"0/000.p/1 ",
		"0/x1000/000",
		"0/x018/x446/x744/x073/x709/x551/616",
		"0/x999/x999/x999/x999/x999/x999/x999/999",
	};
	bool entries;
	unsigned level;
	unsigned width;
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("\"%s\"", bad[i]);
		CHECK(!pdg_tile_path_parse(pdg_bytes_str(bad[i]), &entries, &level, &n, &width));
	}
	pdg_test_case(NULL);
	CHECK(!pdg_tile_path_parse(pdg_bytes("0/00\0", 5), &entries, &level, &n, &width));
}

PDG_TEST_MAIN("tree", {"small trees one by one", small_trees_one_by_one},
	      {"boundaries of tiles", boundaries_of_tiles},
	      {"every proof of a big tree", every_proof_of_a_big_tree},
	      {"a walk that grows", a_walk_that_grows},
	      {"an append writes little", append_writes_little},
	      {"questions without answer", questions_without_answer}, {"paths", paths},
	      {"other paths are refused", other_paths_are_refused})
