/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of --fsck (service/fsck.c). Private to fsck*.c. */
#ifndef PDG_SERVICE_FSCK_IMPL_H
#define PDG_SERVICE_FSCK_IMPL_H

#include "service/config.h"
#include "store/store.h"
#include "tlog/entry.h"
#include "tlog/journal.h"

/**
 * fsck_files.c: each file of an embedded log's tiles is the service's own. FIL-1: of one that is
 * not; or of several, which @line was called with.
 */
int pdg_fsck_files(const struct pdg_service_config *cfg, void (*line)(void *ctx, const char *text),
		   void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * fsck_row.c: everything that a row says beside its statement follows from that, from @leaf, by
 * which it was accepted, and from its commit. The grade is not asked about. FSK-1, PDG_E_NOMEM.
 */
int pdg_fsck_row(const struct pdg_stored *a, const struct pdg_journal_leaf *leaf,
		 struct pdg_error *err) PDG_MUST_CHECK;
/** The grade of @a is the one of @leaf, which shows its envelope as it is now. FSK-1. */
int pdg_fsck_grade(const struct pdg_stored *a, const struct pdg_journal_leaf *leaf,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** It is found by its subjects: what is kept but not found is as good as lost. FSK-1. */
int pdg_fsck_found(struct pdg_store *s, const struct pdg_stored *a,
		   struct pdg_error *err) PDG_MUST_CHECK;

/* The trees of a log elsewhere that bundles were found to lead to. Begun as zeros. */
struct pdg_fsck_trees {
	struct pdg_fsck_tree *v; /* fsck_trees.c */
	size_t n, room;
};
void pdg_fsck_trees_done(struct pdg_fsck_trees *t);

/** The tree of @e, which was judged, is the only one of its size. LOG-2, PDG_E_NOMEM. */
int pdg_fsck_tree(struct pdg_fsck_trees *t, const struct pdg_entry *e,
		  struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_fsck_leaves {
	struct pdg_store *store;
	/** What does not hold about the leaf @index. */
	void (*fault)(void *ctx, uint64_t index, const struct pdg_error *why);
	void *ctx;
	uint64_t joined; /* envelopes that a later leaf than their first shows as they are now */
};

/**
 * fsck_leaves.c: each of the @size leaves that says "accepted" is about a row that is there, and
 * that has it as its acceptance, or as a signer who joined later. PDG_E_NOMEM, PDG_E_IO.
 */
int pdg_fsck_leaves(struct pdg_fsck_leaves *f, uint64_t size, struct pdg_error *err) PDG_MUST_CHECK;

#endif
