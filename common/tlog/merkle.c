/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6962 hashes and proof checks: the last step before a log's word is believed. The
 * number of hashes a proof must have follows from index and size alone and is compared before
 * any of them is used: a hash too many is room for a forgery.
 */
#include "tlog/merkle.h"

#include <inttypes.h>

#include "crypto/digest.h"

static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

int pdg_merkle_empty(struct pdg_hash32 *out, struct pdg_error *err)
{
	return pdg_sha256(pdg_bytes(NULL, 0), out->b, err);
}

int pdg_merkle_leaf(struct pdg_bytes data, struct pdg_hash32 *out, struct pdg_error *err)
{
	return pdg_sha256_2(pdg_bytes(&leaf_prefix, 1), data, out->b, err);
}

int pdg_merkle_node(const struct pdg_hash32 *l, const struct pdg_hash32 *r, struct pdg_hash32 *out,
		    struct pdg_error *err)
{
	uint8_t both[1 + 2 * PDG_HASH_LEN];

	both[0] = node_prefix;
	memcpy(both + 1, l->b, PDG_HASH_LEN);
	memcpy(both + 1 + PDG_HASH_LEN, r->b, PDG_HASH_LEN);
	return pdg_sha256(pdg_bytes(both, sizeof(both)), out->b, err);
}

static bool same(const struct pdg_hash32 *a, const struct pdg_hash32 *b)
{
	return memcmp(a->b, b->b, PDG_HASH_LEN) == 0;
}

static unsigned bit_length(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* @v >> @n, also for n of 64, which C leaves undefined. */
static uint64_t shifted(uint64_t v, unsigned n)
{
	return n < 64 ? v >> n : 0;
}

static unsigned ones(uint64_t v)
{
	return (unsigned)__builtin_popcountll(v);
}

int pdg_merkle_inclusion(const struct pdg_hash32 *leaf, uint64_t index, uint64_t size,
			 const struct pdg_proof *proof, const struct pdg_hash32 *root,
			 struct pdg_error *err)
{
	struct pdg_hash32 h = *leaf;
	unsigned inner;
	size_t need;
	size_t j;
	int rc;

	if (index >= size)
		return pdg_reject(err, "LOG-1", "entry %" PRIu64 " is not in a tree of %" PRIu64,
				  index, size);
	inner = bit_length(index ^ (size - 1));
	need = inner + ones(shifted(index, inner));
	if (proof->n != need || need > PDG_PROOF_MAX)
		return pdg_reject(err, "LOG-1",
				  "inclusion proof of entry %" PRIu64 " in a tree of %" PRIu64
				  " has %zu hashes, not %zu",
				  index, size, proof->n, need);
	for (j = 0; j < need; j++) {
		if (j < inner && !(shifted(index, (unsigned)j) & 1))
			rc = pdg_merkle_node(&h, &proof->v[j], &h, err);
		else
			rc = pdg_merkle_node(&proof->v[j], &h, &h, err);
		if (rc < 0)
			return rc;
	}
	if (!same(&h, root))
		return pdg_reject(err, "LOG-1",
				  "inclusion proof of entry %" PRIu64 " in a tree of %" PRIu64
				  " leads to another root",
				  index, size);
	return 0;
}

/* The trees for which no path is walked: an empty one, or two of one size. */
static int consistency_trivial(uint64_t m, const struct pdg_hash32 *root_m,
			       const struct pdg_hash32 *root_n, const struct pdg_proof *proof,
			       struct pdg_error *err)
{
	struct pdg_hash32 want = *root_n;
	int rc;

	if (m == 0) {
		rc = pdg_merkle_empty(&want, err);
		if (rc < 0)
			return rc;
	}
	if (proof->n != 0)
		return pdg_reject(err, "LOG-2", "consistency proof has %zu hashes, not 0",
				  proof->n);
	if (!same(root_m, &want))
		return pdg_reject(err, "LOG-2", "two trees of size %" PRIu64 " have two roots", m);
	return 0;
}

/* What a proof from @m to @n leaves (0 < m < n) is made of. */
struct shape {
	uint64_t mask;	/* path of the last old leaf, above the largest old subtree at the right */
	bool seeded;	/* the proof begins with that subtree; else it is the old tree itself */
	unsigned inner; /* steps below where the paths of both last leaves meet */
	size_t need;
};

static struct shape shape_of(uint64_t m, uint64_t n)
{
	unsigned s = (unsigned)__builtin_ctzll(m);
	struct shape shape;

	shape.mask = (m - 1) >> s;
	shape.seeded = m != (uint64_t)1 << s;
	shape.inner = bit_length((m - 1) ^ (n - 1)) - s;
	shape.need =
		(shape.seeded ? 1U : 0U) + shape.inner + ones(shifted(shape.mask, shape.inner));
	return shape;
}

int pdg_merkle_consistency(uint64_t m, const struct pdg_hash32 *root_m, uint64_t n,
			   const struct pdg_hash32 *root_n, const struct pdg_proof *proof,
			   struct pdg_error *err)
{
	struct pdg_hash32 a;
	struct pdg_hash32 b;
	struct shape shape;
	size_t j;
	size_t start;
	int rc = 0;

	if (m > n)
		return pdg_reject(err, "LOG-2", "the tree shrank from %" PRIu64 " to %" PRIu64, m,
				  n);
	if (m == 0 || m == n)
		return consistency_trivial(m, root_m, root_n, proof, err);
	shape = shape_of(m, n);
	if (proof->n != shape.need || shape.need > PDG_PROOF_MAX)
		return pdg_reject(err, "LOG-2",
				  "consistency proof from %" PRIu64 " to %" PRIu64
				  " has %zu hashes, not %zu",
				  m, n, proof->n, shape.need);
	start = shape.seeded ? 1 : 0;
	a = shape.seeded ? proof->v[0] : *root_m;
	b = a;
	for (j = 0; start + j < shape.need && rc == 0; j++) {
		const struct pdg_hash32 *p = &proof->v[start + j];

		if (j < shape.inner && !(shifted(shape.mask, (unsigned)j) & 1)) {
			rc = pdg_merkle_node(&b, p, &b, err);
			continue;
		}
		rc = pdg_merkle_node(p, &a, &a, err);
		if (rc == 0)
			rc = pdg_merkle_node(p, &b, &b, err);
	}
	if (rc < 0)
		return rc;
	if (!same(&a, root_m) || !same(&b, root_n))
		return pdg_reject(err, "LOG-2",
				  "the tree of %" PRIu64
				  " is not the beginning of the tree of %" PRIu64,
				  m, n);
	return 0;
}
