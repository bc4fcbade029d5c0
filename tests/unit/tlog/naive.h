/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree by the letter of RFC 6962 2.1: recursive, slow, and with nothing of
 * common/tlog but the two hash functions. What the clever code is compared with.
 */
#ifndef PDG_TESTS_UNIT_TLOG_NAIVE_H
#define PDG_TESTS_UNIT_TLOG_NAIVE_H

#include <stdlib.h>
#include <string.h>

#include "tlog/merkle.h"
#include "util/codec.h"

static inline void naive_must(int rc)
{
	if (rc < 0)
		abort();
}

/* Largest power of two below @n (n > 1). */
static inline size_t naive_split(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

/* MTH(D[n]) over leaf hashes. */
static inline struct pdg_hash32 naive_mth(const struct pdg_hash32 *leaf, size_t n)
{
	struct pdg_hash32 out = {{0}};
	struct pdg_hash32 l;
	struct pdg_hash32 r;
	size_t k;

	if (n == 0) {
		naive_must(pdg_merkle_empty(&out, NULL));
		return out;
	}
	if (n == 1)
		return leaf[0];
	k = naive_split(n);
	l = naive_mth(leaf, k);
	r = naive_mth(leaf + k, n - k);
	naive_must(pdg_merkle_node(&l, &r, &out, NULL));
	return out;
}

/* PATH(m, D[n]) */
static inline void naive_path(size_t m, const struct pdg_hash32 *leaf, size_t n,
			      struct pdg_proof *out)
{
	size_t k;

	if (n <= 1)
		return;
	k = naive_split(n);
	if (m < k) {
		naive_path(m, leaf, k, out);
		out->v[out->n++] = naive_mth(leaf + k, n - k);
	} else {
		naive_path(m - k, leaf + k, n - k, out);
		out->v[out->n++] = naive_mth(leaf, k);
	}
}

/* SUBPROOF(m, D[n], b) */
static inline void naive_subproof(size_t m, const struct pdg_hash32 *leaf, size_t n, bool b,
				  struct pdg_proof *out)
{
	size_t k;

	if (m == n) {
		if (!b)
			out->v[out->n++] = naive_mth(leaf, n);
		return;
	}
	k = naive_split(n);
	if (m <= k) {
		naive_subproof(m, leaf, k, b, out);
		out->v[out->n++] = naive_mth(leaf + k, n - k);
	} else {
		naive_subproof(m - k, leaf + k, n - k, false, out);
		out->v[out->n++] = naive_mth(leaf, k);
	}
}

/* The leaf hash of entry @i: of its number in text. */
static inline struct pdg_hash32 naive_leaf(uint64_t i)
{
	struct pdg_hash32 out = {{0}};
	uint8_t data[8];
	int k;

	for (k = 0; k < 8; k++)
		data[k] = (uint8_t)(i >> (8 * k));
	naive_must(pdg_merkle_leaf(pdg_bytes(data, sizeof(data)), &out, NULL));
	return out;
}

static inline struct pdg_hash32 *naive_leaves(size_t n)
{
	struct pdg_hash32 *v = calloc(n ? n : 1, sizeof(*v));
	size_t i;

	if (!v)
		abort();
	for (i = 0; i < n; i++)
		v[i] = naive_leaf(i);
	return v;
}

static inline bool naive_same(const struct pdg_proof *a, const struct pdg_proof *b)
{
	return a->n == b->n && memcmp(a->v, b->v, a->n * sizeof(a->v[0])) == 0;
}

static inline struct pdg_hash32 hash_of_hex(const char *hex)
{
	struct pdg_hash32 h = {{0}};

	if (!pdg_unhex(pdg_bytes_str(hex), h.b, PDG_HASH_LEN))
		abort();
	return h;
}

static inline bool hash_same(const struct pdg_hash32 *a, const struct pdg_hash32 *b)
{
	return memcmp(a->b, b->b, PDG_HASH_LEN) == 0;
}

#endif
