/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An append-only tree over tiles of 256 hashes (C2SP tlog-tiles; formats.md 6.3), whatever
 * keeps the tiles: files (tlog/embedded.c) or rows (the journal in the store).
 */
#ifndef PDG_TLOG_TREE_H
#define PDG_TLOG_TREE_H

#include "tlog/merkle.h"
#include "util/auto.h"
#include "util/buf.h"

#define PDG_TILE_WIDTH	  256
#define PDG_TILE_PATH_MAX 96
#define PDG_TILE_LEVELS	  8 /* in a tree of less than 2^64 leaves */

/* Where tiles are kept. Widths: 1 to 256; a full tile has 256 hashes. */
struct pdg_tile_store {
	/**
	 * Append the first @width hashes (32 * @width bytes) of tile (@level, @n) to @out; a wider
	 * kept one serves too. Returns 0, PDG_E_NOTFOUND, PDG_E_IO.
	 */
	int (*read)(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		    struct pdg_error *err);
	/** Keep tile (@level, @n) of @hashes.n / 32 hashes. */
	int (*write)(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
		     struct pdg_error *err);
	void *ctx;
};

/** Path of a tile below the log's prefix: "tile/0/x001/x234/067" or with ".p/W" when @width < 256.
 */
void pdg_tile_path(unsigned level, uint64_t n, unsigned width, char out[PDG_TILE_PATH_MAX]);
/** The same for entry bundles: "tile/entries/…". */
void pdg_tile_entries_path(uint64_t n, unsigned width, char out[PDG_TILE_PATH_MAX]);
/** Read the part behind "tile/": *@out_entries for entry bundles. False for anything else. */
bool pdg_tile_path_parse(struct pdg_bytes in, bool *out_entries, unsigned *out_level,
			 uint64_t *out_n, unsigned *out_width);

/** May @name be an element of such a path, behind "tile/"? @first: the one right behind it. What is
 * none (lost+found, a backup program's) may lie there, and is nobody's business. */
bool pdg_tile_path_element(const char *name, bool first);

/** How many hashes tile (@level, @n) of a tree of @size has: 0 to 256. */
unsigned pdg_tile_width(uint64_t size, unsigned level, uint64_t n);

/**
 * Append @n leaf hashes to a tree of @size; writes every tile that changes (partial ones too),
 * nothing else. *@out_root: the root of the new tree (also for @n 0).
 */
int pdg_tree_append(const struct pdg_tile_store *s, uint64_t size, const struct pdg_hash32 *leaves,
		    size_t n, struct pdg_hash32 *out_root, struct pdg_error *err) PDG_MUST_CHECK;

int pdg_tree_root(const struct pdg_tile_store *s, uint64_t size, struct pdg_hash32 *out,
		  struct pdg_error *err) PDG_MUST_CHECK;
/** Inclusion proof of @index in the tree of @size. PDG_E_USAGE when @index >= @size. */
int pdg_tree_inclusion(const struct pdg_tile_store *s, uint64_t index, uint64_t size,
		       struct pdg_proof *out, struct pdg_error *err) PDG_MUST_CHECK;
/** Consistency proof from @m to @n leaves, 0 < m <= n. */
int pdg_tree_consistency(const struct pdg_tile_store *s, uint64_t m, uint64_t n,
			 struct pdg_proof *out, struct pdg_error *err) PDG_MUST_CHECK;

/*
 * The same for many questions about one tree: the tiles read are kept until the walk is
 * freed. @s is borrowed; nothing may be appended in between, but by pdg_tree_walk_append().
 */
struct pdg_tree_walk;
int pdg_tree_walk_new(const struct pdg_tile_store *s, uint64_t size, struct pdg_tree_walk **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
int pdg_tree_walk_root(struct pdg_tree_walk *w, struct pdg_hash32 *out,
		       struct pdg_error *err) PDG_MUST_CHECK;
int pdg_tree_walk_inclusion(struct pdg_tree_walk *w, uint64_t index, struct pdg_proof *out,
			    struct pdg_error *err) PDG_MUST_CHECK;
/**
 * pdg_tree_append() to the tree of @w, which goes over the larger one from then on, by @s. When it
 * fails the walk is good for nothing but to be freed.
 */
int pdg_tree_walk_append(struct pdg_tree_walk *w, const struct pdg_tile_store *s,
			 const struct pdg_hash32 *leaves, size_t n, struct pdg_hash32 *out_root,
			 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_tree_walk_free(struct pdg_tree_walk *w);
PDG_AUTO_DEFINE(tree_walk, struct pdg_tree_walk *, pdg_tree_walk_free)

#endif
