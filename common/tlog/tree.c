/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree over its tiles: what an append adds to them, and the root and proofs that are read
 * out of them. A tile that is read is expanded once into all nodes above its hashes and kept
 * for the walk, so that the proofs of a batch cost look-ups.
 *
 * Every proof names nodes (level, index) of perfect subtrees, and at most one ragged one at the
 * right-hand edge, which is folded from perfect ones.
 */
#include "tlog/tree.h"

#include <inttypes.h>

#include "util/size.h"

#define TILE_BITS 8
#define EXPANDED  512 /* nodes of an expanded tile: 256 + 128 + … + 1, and one unused */

struct expanded {
	unsigned width; /* of the tile, as far as it was read; 0: it was not */
	uint64_t n;
	struct pdg_hash32 h[EXPANDED];
};

struct pdg_tree_walk {
	const struct pdg_tile_store *store;
	uint64_t size;
	struct pdg_hash32 cut[64]; /* the subtree of each level that the end of the tree cuts off */
	uint64_t cut_known;	   /* a bit for each */
	struct expanded
		*tile[PDG_TILE_LEVELS][2]; /* the one last asked for; the one at the right edge */
};

static unsigned bit_length(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static size_t row(unsigned r)
{
	return EXPANDED - ((size_t)EXPANDED >> r);
}

void pdg_tree_walk_free(struct pdg_tree_walk *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < PDG_TILE_LEVELS; i++) {
		free(w->tile[i][0]);
		free(w->tile[i][1]);
	}
	free(w);
}

int pdg_tree_walk_new(const struct pdg_tile_store *s, uint64_t size, struct pdg_tree_walk **out,
		      struct pdg_error *err)
{
	struct pdg_tree_walk *w = pdg_calloc(1, sizeof(*w));

	if (!w)
		return pdg_nomem(err);
	w->store = s;
	w->size = size;
	*out = w;
	return 0;
}

/* Read @width hashes of a tile, and nothing but whole ones. */
static int read_tile(const struct pdg_tile_store *s, unsigned level, uint64_t n, unsigned width,
		     struct pdg_buf *out, struct pdg_error *err)
{
	size_t before = out->n;
	int rc = s->read(s->ctx, level, n, width, out, err);

	if (rc < 0)
		return rc;
	rc = pdg_buf_check(out, err);
	if (rc < 0)
		return rc;
	if (out->n - before != (size_t)width * PDG_HASH_LEN)
		return pdg_fail(err, PDG_E_IO,
				"tile %u/%" PRIu64 " has %zu bytes, not the %u hashes asked for",
				level, n, out->n - before, width);
	return 0;
}

/* All nodes above @hashes; those above the first @from of them are there. */
static int expand(struct expanded *e, struct pdg_bytes hashes, unsigned from, struct pdg_error *err)
{
	size_t width = hashes.n / PDG_HASH_LEN;
	unsigned r;
	size_t x;
	int rc;

	memcpy(e->h, hashes.p, width * PDG_HASH_LEN);
	for (r = 1; r <= TILE_BITS; r++) {
		for (x = from >> r; x < width >> r; x++) {
			const struct pdg_hash32 *below = &e->h[row(r - 1) + 2 * x];

			rc = pdg_merkle_node(&below[0], &below[1], &e->h[row(r) + x], err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* The last tile of a level. */
static uint64_t edge(uint64_t size, unsigned level)
{
	return ((size >> (level * TILE_BITS)) - 1) >> TILE_BITS;
}

/* The tree has grown: what was read of it stays, where the last tile was is another one now. */
static void grow(struct pdg_tree_walk *w, uint64_t size)
{
	unsigned level;

	w->cut_known = 0;
	for (level = 0; level < PDG_TILE_LEVELS; level++) {
		struct expanded *last = w->tile[level][1];

		if (!last || last->n == edge(size, level))
			continue;
		w->tile[level][1] = w->tile[level][0];
		w->tile[level][0] = last;
	}
	w->size = size;
}

static int tile(struct pdg_tree_walk *w, unsigned level, uint64_t n, const struct expanded **out,
		struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT((size_t)PDG_TILE_WIDTH * PDG_HASH_LEN);
	bool at_edge = n == edge(w->size, level);
	struct expanded **slot = &w->tile[level][at_edge ? 1 : 0];
	unsigned width = pdg_tile_width(w->size, level, n);
	unsigned have;
	int rc;

	if (!*slot)
		*slot = pdg_calloc(1, sizeof(**slot));
	if (!*slot)
		return pdg_nomem(err);
	have = (*slot)->n == n ? (*slot)->width : 0;
	*out = *slot;
	if (have == width)
		return 0;
	rc = read_tile(w->store, level, n, width, &b, err);
	if (rc < 0)
		return rc;
	(*slot)->width = 0;
	rc = expand(*slot, pdg_buf_bytes(&b), have, err);
	if (rc < 0)
		return rc;
	(*slot)->n = n;
	(*slot)->width = width;
	return 0;
}

/* Hash of the perfect subtree over leaves [@x << @v, (@x + 1) << @v), all of them in the tree. */
static int node(struct pdg_tree_walk *w, unsigned v, uint64_t x, struct pdg_hash32 *out,
		struct pdg_error *err)
{
	unsigned r = v % TILE_BITS;
	uint64_t first = x << r;
	const struct expanded *e;
	int rc = tile(w, v / TILE_BITS, first >> TILE_BITS, &e, err);

	if (rc < 0)
		return rc;
	*out = e->h[row(r) + ((first & (PDG_TILE_WIDTH - 1)) >> r)];
	return 0;
}

/* MTH of leaves [@start, @end), not empty; @start is a multiple of a power of two >= their number.
 */
static int range(struct pdg_tree_walk *w, uint64_t start, uint64_t end, struct pdg_hash32 *out,
		 struct pdg_error *err)
{
	uint64_t left = end - start;
	struct pdg_hash32 acc = {{0}};
	struct pdg_hash32 h;
	bool first = true;
	int rc;

	while (left > 0) {
		unsigned v = (unsigned)__builtin_ctzll(left);

		left &= left - 1;
		rc = node(w, v, (start + left) >> v, &h, err);
		if (rc == 0 && !first)
			rc = pdg_merkle_node(&h, &acc, &acc, err);
		if (rc < 0)
			return rc;
		if (first)
			acc = h;
		first = false;
	}
	*out = acc;
	return 0;
}

/* The subtree @x at level @v, cut off at the end of the tree. */
static int ragged(struct pdg_tree_walk *w, unsigned v, uint64_t x, struct pdg_hash32 *out,
		  struct pdg_error *err)
{
	uint64_t start = x << v;
	int rc;

	if (w->size - start >= (uint64_t)1 << v)
		return node(w, v, x, out, err);
	/* There is one at each level, and the proofs of many leaves name it. */
	if (!(w->cut_known >> v & 1)) {
		rc = range(w, start, w->size, &w->cut[v], err);
		if (rc < 0)
			return rc;
		w->cut_known |= (uint64_t)1 << v;
	}
	*out = w->cut[v];
	return 0;
}

int pdg_tree_walk_root(struct pdg_tree_walk *w, struct pdg_hash32 *out, struct pdg_error *err)
{
	if (w->size == 0)
		return pdg_merkle_empty(out, err);
	return range(w, 0, w->size, out, err);
}

/*
 * Siblings on the way of leaf @at from level @from up to the root: on its left a perfect subtree,
 * on its right one that may be ragged, and none where the way is the right-hand edge itself.
 */
static int siblings(struct pdg_tree_walk *w, uint64_t at, unsigned from, struct pdg_proof *p,
		    struct pdg_error *err)
{
	unsigned inner = bit_length(at ^ (w->size - 1));
	unsigned v;
	int rc;

	for (v = from; v < bit_length(w->size - 1); v++) {
		uint64_t x = at >> v;

		if (x & 1)
			rc = node(w, v, x - 1, &p->v[p->n], err);
		else if (v < inner)
			rc = ragged(w, v, x + 1, &p->v[p->n], err);
		else
			continue;
		if (rc < 0)
			return rc;
		p->n++;
	}
	return 0;
}

int pdg_tree_walk_inclusion(struct pdg_tree_walk *w, uint64_t index, struct pdg_proof *out,
			    struct pdg_error *err)
{
	struct pdg_proof p = {.n = 0};
	int rc;

	if (index >= w->size)
		return pdg_fail(err, PDG_E_USAGE,
				"the tree has %" PRIu64 " entries, none has index %" PRIu64,
				w->size, index);
	rc = siblings(w, index, 0, &p, err);
	if (rc < 0)
		return rc;
	*out = p;
	return 0;
}

int pdg_tree_root(const struct pdg_tile_store *s, uint64_t size, struct pdg_hash32 *out,
		  struct pdg_error *err)
{
	PDG_AUTO(tree_walk) struct pdg_tree_walk *w = NULL;
	int rc = pdg_tree_walk_new(s, size, &w, err);

	if (rc < 0)
		return rc;
	return pdg_tree_walk_root(w, out, err);
}

int pdg_tree_inclusion(const struct pdg_tile_store *s, uint64_t index, uint64_t size,
		       struct pdg_proof *out, struct pdg_error *err)
{
	PDG_AUTO(tree_walk) struct pdg_tree_walk *w = NULL;
	int rc = pdg_tree_walk_new(s, size, &w, err);

	if (rc < 0)
		return rc;
	return pdg_tree_walk_inclusion(w, index, out, err);
}

/* RFC 6962 2.1.2, from the largest subtree at the right of the old tree upwards. */
int pdg_tree_consistency(const struct pdg_tile_store *s, uint64_t m, uint64_t n,
			 struct pdg_proof *out, struct pdg_error *err)
{
	PDG_AUTO(tree_walk) struct pdg_tree_walk *w = NULL;
	struct pdg_proof p = {.n = 0};
	unsigned v;
	int rc;

	if (m == 0 || m > n)
		return pdg_fail(
			err, PDG_E_USAGE,
			"no consistency proof leads from %" PRIu64 " to %" PRIu64 " entries", m, n);
	rc = pdg_tree_walk_new(s, n, &w, err);
	if (rc < 0)
		return rc;
	v = (unsigned)__builtin_ctzll(m);
	if (m != n && m != (uint64_t)1 << v) {
		rc = node(w, v, (m - 1) >> v, &p.v[p.n], err);
		if (rc < 0)
			return rc;
		p.n++;
	}
	if (m != n) {
		rc = siblings(w, m - 1, v, &p, err);
		if (rc < 0)
			return rc;
	}
	*out = p;
	return 0;
}

static int full_tile_root(struct pdg_bytes hashes, struct pdg_hash32 *out, struct pdg_error *err)
{
	PDG_AUTO(mem) struct expanded *e = pdg_calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return pdg_nomem(err);
	rc = expand(e, hashes, 0, err);
	if (rc < 0)
		return rc;
	*out = e->h[row(TILE_BITS)];
	return 0;
}

/* Fill tile @n of @level from its @have hashes on; *@out_took of @in are in it now. */
static int fill_tile(const struct pdg_tile_store *s, unsigned level, uint64_t at,
		     const struct pdg_hash32 *in, size_t n, size_t *out_took,
		     struct pdg_hash32 *out_root, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT((size_t)PDG_TILE_WIDTH * PDG_HASH_LEN);
	unsigned have = (unsigned)(at & (PDG_TILE_WIDTH - 1));
	size_t took = PDG_TILE_WIDTH - have;
	int rc;

	if (took > n)
		took = n;
	if (have > 0) {
		rc = read_tile(s, level, at >> TILE_BITS, have, &b, err);
		if (rc < 0)
			return rc;
	}
	pdg_buf_put(&b, pdg_bytes(in, took * PDG_HASH_LEN));
	rc = pdg_buf_check(&b, err);
	if (rc < 0)
		return rc;
	rc = s->write(s->ctx, level, at >> TILE_BITS, pdg_buf_bytes(&b), err);
	if (rc < 0)
		return rc;
	*out_took = took;
	if (have + took < PDG_TILE_WIDTH)
		return 0;
	return full_tile_root(pdg_buf_bytes(&b), out_root, err);
}

/*
 * Add @n hashes to a level that has @at; *@out_up are the roots of the tiles that became full,
 * owned by the caller (free()).
 */
static int append_level(const struct pdg_tile_store *s, unsigned level, uint64_t at,
			const struct pdg_hash32 *in, size_t n, struct pdg_hash32 **out_up,
			size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_hash32 *up = pdg_calloc(n / PDG_TILE_WIDTH + 2, sizeof(*up));
	size_t full = 0;
	size_t took;
	int rc;

	if (!up)
		return pdg_nomem(err);
	while (n > 0) {
		rc = fill_tile(s, level, at, in, n, &took, &up[full], err);
		if (rc < 0)
			return rc;
		at += took;
		in += took;
		n -= took;
		if ((at & (PDG_TILE_WIDTH - 1)) == 0)
			full++;
	}
	*out_up = PDG_TAKE(up);
	*out_n = full;
	return 0;
}

static int append(const struct pdg_tile_store *s, uint64_t size, const struct pdg_hash32 *leaves,
		  size_t n, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_hash32 *own = NULL;
	const struct pdg_hash32 *in = leaves;
	uint64_t at = size;
	unsigned level;
	int rc;

	if (n > UINT64_MAX - size)
		return pdg_fail(err, PDG_E_LIMIT, "a tree cannot have more than 2^64 - 1 entries");
	for (level = 0; n > 0; level++) {
		struct pdg_hash32 *up = NULL;

		rc = append_level(s, level, at, in, n, &up, &n, err);
		if (rc < 0)
			return rc;
		free(own);
		own = up;
		in = own;
		at >>= TILE_BITS;
	}
	return 0;
}

int pdg_tree_append(const struct pdg_tile_store *s, uint64_t size, const struct pdg_hash32 *leaves,
		    size_t n, struct pdg_hash32 *out_root, struct pdg_error *err)
{
	int rc = append(s, size, leaves, n, err);

	return rc < 0 ? rc : pdg_tree_root(s, size + n, out_root, err);
}

int pdg_tree_walk_append(struct pdg_tree_walk *w, const struct pdg_tile_store *s,
			 const struct pdg_hash32 *leaves, size_t n, struct pdg_hash32 *out_root,
			 struct pdg_error *err)
{
	int rc = append(s, w->size, leaves, n, err);

	if (rc < 0)
		return rc;
	w->store = s;
	grow(w, w->size + n);
	return pdg_tree_walk_root(w, out_root, err);
}
