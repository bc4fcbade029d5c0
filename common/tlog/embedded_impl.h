/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log's memory, shared by its files: embedded.c (open, create), embedded_load.c
 * (folder to memory), embedded_append.c (memory to folder), embedded_ahead.c (durable by one sync),
 * embedded_read.c (what is served), embedded_sweep.c (what is not needed goes), embedded_fsck.c
 * (the check of all of it), embedded_backup.c (a copy of a folder that is served); all of them
 * write by embedded_io.c. Private to this folder.
 */
#ifndef PDG_TLOG_EMBEDDED_IMPL_H
#define PDG_TLOG_EMBEDDED_IMPL_H

#include <pthread.h>

#include "tlog/embedded.h"
#include "tlog/embedded_io.h"
#include "tlog/note.h"
#include "tlog/tree.h"

#define PDG_TILE_BYTES ((size_t)PDG_TILE_WIDTH * PDG_HASH_LEN)

#define PDG_EMBEDDED_CHECKPOINT	    "checkpoint"
#define PDG_EMBEDDED_CHECKPOINT_NEW "checkpoint.new"

/* A file that was written and need not be durable yet; @fd is what it was written by, or -1. */
struct pdg_embedded_written {
	char *path;
	int fd;
};

/* What is in the file "ahead" alone, as far as durable things go (embedded_ahead.c). */
struct pdg_embedded_ahead {
	int fd;
	uint64_t at;   /* where the next record goes; 0: it has no base yet */
	uint64_t base; /* entries of the tree whose files are durable, and stay */
	struct pdg_buf record;
	struct pdg_embedded_written *files;
	size_t n_files, cap_files;
	char **dirs; /* with names in them that are not durable */
	size_t n_dirs, cap_dirs;
	int lost; /* negative: one of those could not be made durable, and none ever is now */
	struct pdg_error why_lost;
};

/*
 * A partial file of the lowest level that wider ones have replaced: the next one begins with the
 * same bytes, and is made of it. To make a file and to remove one is dear where many are.
 */
struct pdg_embedded_spare {
	int fd; /* what it was written by, or -1: there is none */
	uint64_t n;
	unsigned width; /* entries, or their hashes, that it holds */
};

/* A record of it; views. */
struct pdg_embedded_record {
	uint64_t size; /* entries before it */
	size_t n;
	struct pdg_bytes note, entries;
};

struct pdg_embedded {
	struct pdg_log log;
	char *dir;
	char *origin;
	struct pdg_key *key;
	uint8_t id[32];
	const struct pdg_embedded_io *io;
	int lock_fd;

	/* Opened to be checked: what was wrong with its tiles; rule "": nothing. */
	struct pdg_error damage;

	/* Held by an append from its first byte to its last. Guards: */
	pthread_mutex_t append;
	bool fresh; /* nothing was written yet, or an append failed: files and folders may be there
		     * that are none of the tree's, or were never synced */
	struct pdg_embedded_ahead ahead;
	struct pdg_buf edge[PDG_TILE_LEVELS]; /* hashes of the partial tile of each level */
	struct pdg_buf bundle;		      /* the partial entry bundle */
	struct pdg_embedded_spare spare[2];   /* of hashes, of entries */
	struct pdg_tree_walk *walk;	      /* over the tree, or NULL; it grows with that */
	uint64_t shown; /* entries of the tree whose checkpoint is in its file; its tiles stay */

	/* Held for a moment. Guards what is published: */
	pthread_mutex_t state;
	struct pdg_buf note;
	uint64_t size;
	struct pdg_hash32 root;
	int show_rc; /* of the last checkpoint; negative: not in its file, for */
	struct pdg_error show_why;
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
 * each checked against the one before; @to_check as in the options. Called with @l->append held (or
 * before anybody has @l).
 */
int pdg_embedded_load(struct pdg_embedded *l, bool to_check, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Replace the checkpoint file; @durably: everything that it covers must be durable before, else it
 * must be in "ahead".
 */
int pdg_embedded_publish(const struct pdg_embedded *l, struct pdg_bytes note, bool durably,
			 struct pdg_error *err) PDG_MUST_CHECK;

/* embedded_ahead.c, all with @l->append held (or before anybody has @l). */

/** @path was written by @fd, which is taken. */
int pdg_embedded_ahead_file(struct pdg_embedded *l, const char *path, int fd,
			    struct pdg_error *err) PDG_MUST_CHECK;
int pdg_embedded_ahead_dir(struct pdg_embedded *l, const char *path,
			   struct pdg_error *err) PDG_MUST_CHECK;
/** Was @path written, and is still open? */
bool pdg_embedded_ahead_has(const struct pdg_embedded *l, const char *path);
/** The file @path goes: it need not be durable. What it was written by, which is the caller's now;
 * or -1. */
int pdg_embedded_ahead_forget(struct pdg_embedded *l, const char *path);
/** What was written behind the first @n files was for an append that failed: it goes. */
void pdg_embedded_ahead_take_back(struct pdg_embedded *l, size_t n);
/** An append to the tree as it is: durable when this returns 0. */
int pdg_embedded_ahead_add(struct pdg_embedded *l, const struct pdg_buf *bodies, size_t n,
			   struct pdg_bytes note, struct pdg_error *err) PDG_MUST_CHECK;
/** The newest checkpoint came into its file, or (@rc) did not, @why. */
void pdg_embedded_shown(struct pdg_embedded *l, int rc, const struct pdg_error *why);
/** Is it time for pdg_embedded_settle()? */
bool pdg_embedded_ahead_full(const struct pdg_embedded *l);
/** Make all files durable; "ahead" begins anew. */
int pdg_embedded_settle(struct pdg_embedded *l, struct pdg_error *err) PDG_MUST_CHECK;
/** Settle as well as it goes, and release. */
void pdg_embedded_ahead_close(struct pdg_embedded *l);
void pdg_embedded_ahead_done(struct pdg_embedded *l);

/** The whole file, made durable first; empty when there is none. */
int pdg_embedded_ahead_read(const struct pdg_embedded *l, struct pdg_buf *out,
			    struct pdg_error *err) PDG_MUST_CHECK;
/** Take a whole record off @rest. */
bool pdg_embedded_ahead_next(struct pdg_bytes *rest, struct pdg_embedded_record *out);
/** Of how many entries is the tree that it leads to? False: it has no base. */
bool pdg_embedded_ahead_newest(struct pdg_bytes file, uint64_t *out_size);

/** Remove what the tree of @old_size had of tiles that are wider now, unless it is the base. */
void pdg_embedded_drop_superseded(struct pdg_embedded *l, uint64_t old_size);
/** Remove the partial tiles that are not the tree's: what an append that was cut off left. */
void pdg_embedded_sweep(const struct pdg_embedded *l);

/** The path of the spare file of tile @n; NULL when there is no memory. */
char *pdg_embedded_spare_path(const struct pdg_embedded *l, bool entries, uint64_t n);
/** Close and remove what there is of spare files. */
void pdg_embedded_spare_done(struct pdg_embedded *l);

/** log.h add(), with @l->append held. */
int pdg_embedded_append(struct pdg_embedded *l, struct pdg_log_item *items, size_t n,
			struct pdg_error *err) PDG_MUST_CHECK;
/** The same append once more, out of its record. LOG-12. */
int pdg_embedded_append_again(struct pdg_embedded *l, const struct pdg_embedded_record *r,
			      struct pdg_error *err) PDG_MUST_CHECK;

#endif
