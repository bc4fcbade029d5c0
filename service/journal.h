/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal over the store (rules.md 5.3): leaves, tiles and one signed checkpoint change in the
 * writer's transaction, or not at all. Reading and proving need the store alone.
 *
 *	begin … add, add … seal, prove … (store's commit) … settle
 */
#ifndef PDG_SERVICE_JOURNAL_H
#define PDG_SERVICE_JOURNAL_H

#include "store/store.h"
#include "tlog/journal.h"

/* Behind the database's name: where its own key is when journalKey names none. */
#define PDG_JOURNAL_KEY_BESIDE ".journal-key.pem"

struct pdg_journal;

/** Name of the journal's key in checkpoints: "<log origin>/journal". Owned by the caller. */
char *pdg_journal_origin(const char *log_origin);

/**
 * Open the journal that the store holds, or begin an empty one. A kept one must carry a checkpoint
 * by @key under @origin, and its tiles must give that checkpoint's root. All borrowed but @origin,
 * which is copied. @may_rename: one without a leaf, of another origin, gets this one.
 *
 * Returns 0, PDG_E_REJECTED (CFG-4: another key; JNL-2: the tiles do not agree), PDG_E_IO.
 */
int pdg_journal_open(struct pdg_store *store, const struct pdg_key *key, const char *origin,
		     bool may_rename, struct pdg_journal **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_journal_free(struct pdg_journal *j);

/* The writer's side; one thread, inside a batch of the store. */

/**
 * A batch of the store has begun. Where others write to it too, their leaves are taken over.
 * Returns 0, PDG_E_USAGE (STO-5: the journal went back, or became another one), PDG_E_IO.
 */
int pdg_journal_begin(struct pdg_journal *j, struct pdg_error *err) PDG_MUST_CHECK;
/** Add a leaf; its index is *@out_index. */
int pdg_journal_add(struct pdg_journal *j, const struct pdg_journal_leaf *leaf, uint64_t *out_index,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Write tiles and one checkpoint over all that was added. Nothing added: nothing written. */
int pdg_journal_seal(struct pdg_journal *j, struct pdg_error *err) PDG_MUST_CHECK;
/** The leaf @index with its proof in the sealed tree. *@out owned by the caller. */
int pdg_journal_prove(struct pdg_journal *j, uint64_t index, struct pdg_journal_proof **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** The batch was committed, or rolled back. */
void pdg_journal_settle(struct pdg_journal *j, bool committed);

/* Readers; thread-safe. */

/** The leaf @index with its proof in the last committed tree. */
int pdg_journal_read(struct pdg_store *store, uint64_t index, struct pdg_journal_proof **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** Append a served file: "checkpoint", "tile/…". PDG_E_NOTFOUND for anything else. */
int pdg_journal_file(struct pdg_store *store, const char *path, struct pdg_buf *out,
		     struct pdg_error *err) PDG_MUST_CHECK;
/**
 * Check it whole: every leaf is hashed anew, the tree built from them has the root of the
 * checkpoint, which is signed by @key under @origin, and the kept tiles are those of that tree.
 */
int pdg_journal_fsck(struct pdg_store *store, const struct pdg_key *key, const char *origin,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
