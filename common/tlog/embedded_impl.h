/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log's memory, shared by its files: embedded.c (open, create), embedded_load.c
 * (folder to memory), embedded_append.c (memory to folder), embedded_read.c (what is served),
 * embedded_sweep.c (what is not needed goes), embedded_fsck.c (the check of all of it). Private to
 * this folder.
 */
#ifndef PDG_TLOG_EMBEDDED_IMPL_H
#define PDG_TLOG_EMBEDDED_IMPL_H

#include <pthread.h>

#include "tlog/embedded.h"
#include "tlog/embedded_io.h"
#include "tlog/note.h"

#define PDG_TILE_BYTES ((size_t)PDG_TILE_WIDTH * PDG_HASH_LEN)

#define PDG_EMBEDDED_CHECKPOINT	    "checkpoint"
#define PDG_EMBEDDED_CHECKPOINT_NEW "checkpoint.new"

struct pdg_embedded {
	struct pdg_log log;
	char *dir;
	char *origin;
	struct pdg_key *key;
	uint8_t id[32];
	const struct pdg_embedded_io *io;
	int lock_fd;

	/* Held by an append from its first byte to its last. Guards: */
	pthread_mutex_t append;
	bool stale; /* a failed append: read the folder again before the next one */
	bool fresh; /* nothing was written yet: folders may be there that were never synced */
	struct pdg_buf edge[PDG_TILE_LEVELS]; /* hashes of the partial tile of each level */
	struct pdg_buf bundle;		      /* the partial entry bundle */

	/* Held for a moment. Guards what is published: */
	pthread_mutex_t state;
	struct pdg_buf note;
	uint64_t size;
	struct pdg_hash32 root;
};

/** "DIR/@rel", owned by the caller; NULL when there is no memory. */
char *pdg_embedded_path(const struct pdg_embedded *l, const char *rel);

/**
 * Append the first @width hashes (entries, when @entries) of a tile out of the file that a tree of
 * @size has of it. Returns 0, PDG_E_NOTFOUND, PDG_E_IO, PDG_E_REJECTED (LOG-12: not of its form).
 */
int pdg_embedded_kept(const struct pdg_embedded *l, uint64_t size, bool entries, unsigned level,
		      uint64_t n, unsigned width, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** The same out of what is published now, while appends go on. */
int pdg_embedded_published(struct pdg_embedded *l, bool entries, unsigned level, uint64_t n,
			   unsigned width, struct pdg_buf *out,
			   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Make the folder's state durable, then read it: checkpoint, right-hand edge, the bundle there;
 * each checked against the one before. Called with @l->append held (or before anybody has @l).
 */
int pdg_embedded_load(struct pdg_embedded *l, struct pdg_error *err) PDG_MUST_CHECK;

/** Replace the checkpoint file, durably. Everything that it covers must be durable before. */
int pdg_embedded_publish(const struct pdg_embedded *l, struct pdg_bytes note,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** Remove what the tree of @old_size had of tiles that are wider now. */
void pdg_embedded_drop_superseded(const struct pdg_embedded *l, uint64_t old_size);
/** Remove the partial tiles that are not the tree's: what an append that was cut off left. */
void pdg_embedded_sweep(const struct pdg_embedded *l);

/** log.h add(), with @l->append held. */
int pdg_embedded_append(struct pdg_embedded *l, struct pdg_log_item *items, size_t n,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
