/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6962 hashes and proofs (formats.md 6.1, 6.2). Pure arithmetic, no storage. */
#ifndef PDG_TLOG_MERKLE_H
#define PDG_TLOG_MERKLE_H

#include <stdint.h>

#include "util/bytes.h"
#include "util/error.h"

#define PDG_HASH_LEN  32
#define PDG_PROOF_MAX 64
/* Entries of the largest tree that is believed (C2SP tlog-tiles): a size is kept as an int64. */
#define PDG_TREE_MAX ((uint64_t)INT64_MAX)

struct pdg_hash32 {
	uint8_t b[PDG_HASH_LEN];
};

struct pdg_proof {
	struct pdg_hash32 v[PDG_PROOF_MAX];
	size_t n;
};

int pdg_merkle_empty(struct pdg_hash32 *out, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_merkle_leaf(struct pdg_bytes data, struct pdg_hash32 *out,
		    struct pdg_error *err) PDG_MUST_CHECK;
int pdg_merkle_node(const struct pdg_hash32 *l, const struct pdg_hash32 *r, struct pdg_hash32 *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Is the leaf with hash @leaf at @index of the tree of @size with @root? 0 or PDG_E_REJECTED
 * (LOG-1). */
int pdg_merkle_inclusion(const struct pdg_hash32 *leaf, uint64_t index, uint64_t size,
			 const struct pdg_proof *proof, const struct pdg_hash32 *root,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** Is the tree of @m leaves with @root_m a prefix of the one of @n? 0 or PDG_E_REJECTED (LOG-2). */
int pdg_merkle_consistency(uint64_t m, const struct pdg_hash32 *root_m, uint64_t n,
			   const struct pdg_hash32 *root_n, const struct pdg_proof *proof,
			   struct pdg_error *err) PDG_MUST_CHECK;

#endif
