/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's tiles and proofs out of the store. Shared by journal.c and journal_read.c alone. */
#ifndef PDG_SERVICE_JOURNAL_READ_H
#define PDG_SERVICE_JOURNAL_READ_H

#include "store/store.h"
#include "tlog/journal.h"

/** Tiles as the store keeps them: one row a tile, as wide as it is. @store is borrowed. */
struct pdg_tile_store pdg_journal_tiles(struct pdg_store *store);

/** The leaf @index, whose bytes are taken, with its proof in the tree of @walk, which @note signs.
 */
int pdg_journal_proof_make(struct pdg_buf *leaf, struct pdg_tree_walk *walk, uint64_t index,
			   uint64_t size, struct pdg_bytes note, struct pdg_journal_proof **out,
			   struct pdg_error *err) PDG_MUST_CHECK;
/** The leaf @index of those that the checkpoint covers. STO-5: it is not there. */
int pdg_journal_kept_leaf(struct pdg_store *store, uint64_t index, struct pdg_buf *out,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
