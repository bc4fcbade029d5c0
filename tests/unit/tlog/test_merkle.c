/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and proof checks: known answers, every tree of up to 70 leaves, and every damage to a
 * proof. */
#include "support/check.h"
#include "unit/tlog/naive.h"

#define SIZES 70

static const char *const path5[] = {
	"4f35212d12f9ad2036492c95f1fe79baf4ec7bd9bef3dffa7579f2293ff546a4",
	"40d88127d4d31a3891f41598eeed41174e5bc89b1eb9bbd66a8cbfc09956a3fd",
	"9bcd51240af4005168f033121ba85be5a6ed4f0e6a5fac262066729b8fbfdecb",
};
static const char *const path6[] = {
	"4b8c129ed14cce2c08cfc6766db7f8cdb133b5f698b8de3d5890ea7ff7f0a8d1",
	"9bcd51240af4005168f033121ba85be5a6ed4f0e6a5fac262066729b8fbfdecb",
};
static const char *const cons3[] = {
	"fcf0a6c700dd13e274b6fba8deea8dd9b26e4eedde3495717cac8408c9c5177f",
	"583c7dfb7b3055d99465544032a571e10a134b1b6f769422bbb71fd7fa167a5d",
	"a20bf9a7cc2dc8a08f5f415a71b19f6ac427bab54d24eec868b5d3103449953a",
	"89c929834ed1459b07f65b5e1a2143a8cf5d8efdf30f49ffffa328bb1d9133bb",
};
static const char *const cons4[] = {
	"89c929834ed1459b07f65b5e1a2143a8cf5d8efdf30f49ffffa328bb1d9133bb",
};
static const char *const root3 = "3b6cccd7e3e023ff393006f030315ee7ad9eb111b022b41fba7e5b7a3973f688";
static const char *const root4 = "9bcd51240af4005168f033121ba85be5a6ed4f0e6a5fac262066729b8fbfdecb";
static const char *const root7 = "3560191803028444b232018ac047fdb561c09c23a7a6876c85e08b5e4d48e9f3";

static struct pdg_proof proof_of(const char *const *hex, size_t n)
{
	struct pdg_proof p = {.n = n};
	size_t i;

	for (i = 0; i < n; i++)
		p.v[i] = hash_of_hex(hex[i]);
	return p;
}

static void check_hex(const struct pdg_hash32 *h, const char *want)
{
	char hex[2 * PDG_HASH_LEN + 1];

	pdg_hex(pdg_bytes(h->b, PDG_HASH_LEN), hex);
	CHECK_STR(hex, want);
}

static void hashes_of_the_rfc(void)
{
	struct pdg_hash32 h = {{0}};
	struct pdg_error err = {0};

	CHECK_OK(pdg_merkle_empty(&h, &err), &err);
	check_hex(&h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_OK(pdg_merkle_leaf(pdg_bytes(NULL, 0), &h, &err), &err);
	check_hex(&h, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	CHECK_OK(pdg_merkle_leaf(pdg_bytes_str("abc"), &h, &err), &err);
	check_hex(&h, "609f6e36d2405585188d5cfd761f407c7cc46a7d3f314c88270469dde315fcd1");
}

/* The seven leaves of the known tree: the bytes 0 to 6. */
static void seven_leaves(struct pdg_hash32 leaf[7])
{
	struct pdg_error err = {0};

	for (uint8_t i = 0; i < 7; i++)
		CHECK_OK(pdg_merkle_leaf(pdg_bytes(&i, 1), &leaf[i], &err), &err);
}

static void seven_leaf_roots(void)
{
	struct pdg_hash32 leaf[7] = {0};
	struct pdg_hash32 got;

	seven_leaves(leaf);
	got = naive_mth(leaf, 3);
	check_hex(&got, root3);
	got = naive_mth(leaf, 4);
	check_hex(&got, root4);
	got = naive_mth(leaf, 7);
	check_hex(&got, root7);
}

static void seven_leaf_inclusions(void)
{
	struct pdg_proof p5 = proof_of(path5, 3);
	struct pdg_proof p6 = proof_of(path6, 2);
	struct pdg_hash32 leaf[7] = {0};
	struct pdg_hash32 r4 = hash_of_hex(root4);
	struct pdg_hash32 r7 = hash_of_hex(root7);
	struct pdg_error err = {0};

	seven_leaves(leaf);
	CHECK_OK(pdg_merkle_inclusion(&leaf[5], 5, 7, &p5, &r7, &err), &err);
	CHECK_OK(pdg_merkle_inclusion(&leaf[6], 6, 7, &p6, &r7, &err), &err);
	CHECK_RULE(pdg_merkle_inclusion(&leaf[5], 6, 7, &p5, &r7, &err), &err, "LOG-1");
	CHECK_RULE(pdg_merkle_inclusion(&leaf[5], 5, 7, &p5, &r4, &err), &err, "LOG-1");
}

static void seven_leaf_consistencies(void)
{
	struct pdg_proof c3 = proof_of(cons3, 4);
	struct pdg_proof c4 = proof_of(cons4, 1);
	struct pdg_hash32 r3 = hash_of_hex(root3);
	struct pdg_hash32 r4 = hash_of_hex(root4);
	struct pdg_hash32 r7 = hash_of_hex(root7);
	struct pdg_error err = {0};

	CHECK_OK(pdg_merkle_consistency(3, &r3, 7, &r7, &c3, &err), &err);
	CHECK_OK(pdg_merkle_consistency(4, &r4, 7, &r7, &c4, &err), &err);
	CHECK_RULE(pdg_merkle_consistency(3, &r4, 7, &r7, &c3, &err), &err, "LOG-2");
	CHECK_RULE(pdg_merkle_consistency(3, &r3, 7, &r4, &c3, &err), &err, "LOG-2");
}

/* One proof and everything that is nearly it. */
static unsigned damaged_inclusions_accepted(const struct pdg_hash32 *leaf, uint64_t i, uint64_t n,
					    const struct pdg_proof *good,
					    const struct pdg_hash32 *root)
{
	struct pdg_proof bad = *good;
	struct pdg_hash32 other = *leaf;
	unsigned accepted = 0;
	size_t k;

	for (k = 0; k < good->n; k++) {
		bad.v[k].b[k % PDG_HASH_LEN] ^= 1;
		accepted += pdg_merkle_inclusion(leaf, i, n, &bad, root, NULL) == 0;
		bad = *good;
	}
	if (good->n > 0) {
		bad.n = good->n - 1;
		accepted += pdg_merkle_inclusion(leaf, i, n, &bad, root, NULL) == 0;
	}
	bad.n = good->n + 1;
	bad.v[good->n] = *root;
	accepted += pdg_merkle_inclusion(leaf, i, n, &bad, root, NULL) == 0;
	other.b[31] ^= 0x80;
	accepted += pdg_merkle_inclusion(&other, i, n, good, root, NULL) == 0;
	accepted += pdg_merkle_inclusion(leaf, n, n, good, root, NULL) == 0;
	return accepted;
}

static void every_inclusion(void)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(SIZES);
	size_t n;
	size_t i;
	size_t j;

	for (n = 1; n <= SIZES; n++) {
		struct pdg_hash32 root = naive_mth(leaf, n);

		for (i = 0; i < n; i++) {
			struct pdg_proof p = {.n = 0};
			struct pdg_error err = {0};

			naive_path(i, leaf, n, &p);
			pdg_test_case("leaf %zu of %zu", i, n);
			CHECK_OK(pdg_merkle_inclusion(&leaf[i], i, n, &p, &root, &err), &err);
			CHECK_UINT(damaged_inclusions_accepted(&leaf[i], i, n, &p, &root), 0);
			for (j = 0; j < n; j++) {
				if (j != i)
					CHECK_RULE(pdg_merkle_inclusion(&leaf[i], j, n, &p, &root,
									&err),
						   &err, "LOG-1");
			}
		}
	}
	pdg_test_case(NULL);
}

static unsigned damaged_consistencies_accepted(size_t m, const struct pdg_hash32 *root_m, size_t n,
					       const struct pdg_hash32 *root_n,
					       const struct pdg_proof *good)
{
	struct pdg_proof bad = *good;
	unsigned accepted = 0;
	size_t k;

	for (k = 0; k < good->n; k++) {
		bad.v[k].b[0] ^= 4;
		accepted += pdg_merkle_consistency(m, root_m, n, root_n, &bad, NULL) == 0;
		bad = *good;
	}
	if (good->n > 0) {
		bad.n--;
		accepted += pdg_merkle_consistency(m, root_m, n, root_n, &bad, NULL) == 0;
	}
	bad.n = good->n + 1;
	bad.v[good->n] = *root_m;
	accepted += pdg_merkle_consistency(m, root_m, n, root_n, &bad, NULL) == 0;
	if (m != n) {
		accepted += pdg_merkle_consistency(m, root_n, n, root_n, good, NULL) == 0;
		accepted += pdg_merkle_consistency(m, root_m, n, root_m, good, NULL) == 0;
		accepted += pdg_merkle_consistency(n, root_n, m, root_m, good, NULL) == 0;
	}
	return accepted;
}

static void every_consistency(void)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(SIZES);
	size_t m;
	size_t n;

	for (n = 1; n <= SIZES; n++) {
		struct pdg_hash32 root_n = naive_mth(leaf, n);

		for (m = 1; m <= n; m++) {
			struct pdg_hash32 root_m = naive_mth(leaf, m);
			struct pdg_proof p = {.n = 0};
			struct pdg_error err = {0};

			naive_subproof(m, leaf, n, true, &p);
			pdg_test_case("from %zu to %zu", m, n);
			CHECK_OK(pdg_merkle_consistency(m, &root_m, n, &root_n, &p, &err), &err);
			CHECK_UINT(damaged_consistencies_accepted(m, &root_m, n, &root_n, &p), 0);
		}
	}
	pdg_test_case(NULL);
}

static void odd_sizes_are_refused(void)
{
	struct pdg_hash32 leaf = naive_leaf(0);
	struct pdg_hash32 other = naive_leaf(1);
	struct pdg_hash32 empty = {{0}};
	struct pdg_proof none = {.n = 0};
	struct pdg_proof full = {.n = PDG_PROOF_MAX};
	struct pdg_error err = {0};

	CHECK_OK(pdg_merkle_empty(&empty, &err), &err);
	CHECK_RULE(pdg_merkle_inclusion(&leaf, 0, 0, &none, &empty, &err), &err, "LOG-1");
	CHECK_RULE(pdg_merkle_inclusion(&leaf, UINT64_MAX, UINT64_MAX, &none, &leaf, &err), &err,
		   "LOG-1");
	CHECK_RULE(pdg_merkle_inclusion(&leaf, UINT64_MAX - 1, UINT64_MAX, &full, &leaf, &err),
		   &err, "LOG-1");
	CHECK_RULE(pdg_merkle_inclusion(&leaf, 0, UINT64_MAX, &full, &leaf, &err), &err, "LOG-1");
	CHECK_OK(pdg_merkle_consistency(0, &empty, 1, &leaf, &none, &err), &err);
	CHECK_OK(pdg_merkle_consistency(0, &empty, 0, &empty, &none, &err), &err);
	CHECK_RULE(pdg_merkle_consistency(0, &leaf, 1, &leaf, &none, &err), &err, "LOG-2");
	CHECK_RULE(pdg_merkle_consistency(0, &empty, 1, &leaf, &full, &err), &err, "LOG-2");
	CHECK_RULE(pdg_merkle_consistency(1, &leaf, 1, &other, &none, &err), &err, "LOG-2");
	CHECK_RULE(pdg_merkle_consistency((uint64_t)1 << 63, &leaf, UINT64_MAX, &leaf, &full, &err),
		   &err, "LOG-2");
	CHECK_RULE(pdg_merkle_consistency(UINT64_MAX - 1, &leaf, UINT64_MAX, &leaf, &full, &err),
		   &err, "LOG-2");
	CHECK_RULE(pdg_merkle_consistency(1, &leaf, UINT64_MAX, &leaf, &full, &err), &err, "LOG-2");
}

PDG_TEST_MAIN("merkle", {"hashes of the RFC", hashes_of_the_rfc},
	      {"seven leaves, roots", seven_leaf_roots},
	      {"seven leaves, inclusions", seven_leaf_inclusions},
	      {"seven leaves, consistencies", seven_leaf_consistencies},
	      {"every inclusion", every_inclusion}, {"every consistency", every_consistency},
	      {"odd sizes are refused", odd_sizes_are_refused})
