/* SPDX-License-Identifier: Apache-2.0 */
/* Things to log: item i has a digest and a signature made of i; one key for all. */
#ifndef PDG_TESTS_UNIT_TLOG_ITEMS_H
#define PDG_TESTS_UNIT_TLOG_ITEMS_H

#include "support/check.h"
#include "tlog/embedded.h"
#include "tlog/note.h"
#include "unit/tlog/keys.h"
#include "unit/tlog/naive.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define ITEM_SIG_LEN 71

struct items {
	struct pdg_key *key;
	struct pdg_log_item *v;
	uint8_t (*sig)[ITEM_SIG_LEN];
	size_t n;
};

/* Items @first … @first + @n - 1, all by @key (borrowed). */
static inline void items_init(struct items *it, struct pdg_key *key, uint64_t first, size_t n)
{
	size_t i;
	size_t k;

	it->key = key;
	it->n = n;
	it->v = pdg_calloc(n ? n : 1, sizeof(*it->v));
	it->sig = pdg_calloc(n ? n : 1, sizeof(*it->sig));
	for (i = 0; i < n; i++) {
		for (k = 0; k < 8; k++)
			it->v[i].digest[k] = (uint8_t)((first + i) >> (8 * k));
		memset(it->sig[i], (int)((first + i) % 251), ITEM_SIG_LEN);
		it->v[i].sig = pdg_bytes(it->sig[i], ITEM_SIG_LEN);
		it->v[i].key = key;
	}
}

static inline void items_done(struct items *it)
{
	size_t i;

	for (i = 0; i < it->n; i++)
		pdg_entry_free(it->v[i].entry);
	free(it->v);
	free(it->sig);
}
PDG_AUTO_DEFINE_VALUE(items, struct items, items_done)

/* Leaf hashes of items 0 … @n - 1, to be freed. */
static inline struct pdg_hash32 *item_leaves(struct pdg_key *key, size_t n)
{
	PDG_AUTO(items) struct items it = {0};
	struct pdg_hash32 *leaf = pdg_calloc(n ? n : 1, sizeof(*leaf));
	size_t i;

	items_init(&it, key, 0, n);
	for (i = 0; i < n; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);

		naive_must(pdg_entry_body(it.v[i].digest, it.v[i].sig, key, &body, NULL));
		naive_must(pdg_merkle_leaf(pdg_buf_bytes(&body), &leaf[i], NULL));
	}
	return leaf;
}

/* The trusted root with the one log @origin. */
static inline struct pdg_root *root_of_log(const char *origin, const struct pdg_key *key)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(8192);
	PDG_AUTO(mem) char *url = pdg_str_printf("http://%s", origin);
	struct pdg_root *root = NULL;
	uint8_t id[32];

	naive_must(pdg_note_key_id(origin, key, id, NULL));
	naive_must(pdg_root_write(
		&(struct pdg_root_make){.base_url = url, .key = key, .log_id = id, .valid_from = 1},
		&text, NULL));
	naive_must(pdg_root_parse(pdg_buf_bytes(&text), &root, NULL));
	return root;
}

/* Every item has its entry, and the entry verifies against @root; the first one has index @first.
 */
static inline void check_items(const struct items *it, const struct pdg_root *root, uint64_t first)
{
	const struct pdg_root_log *log;
	unsigned bad = 0;
	size_t i;

	for (i = 0; i < it->n; i++) {
		struct pdg_log_item *x = &it->v[i];
		struct pdg_error err = {0};

		if (x->rc == 0 && x->entry && x->entry->log_index == first + i &&
		    pdg_entry_verify(x->entry, root, x->digest, x->sig, x->key, &log, &err) == 0)
			continue;
		bad++;
		CHECK_OK(x->rc, &x->err);
		CHECK_OK(err.code, &err);
	}
	CHECK_UINT(bad, 0);
}

/* The checkpoint that @log serves, verified under the name that it says; to be freed. */
static inline struct pdg_checkpoint *latest(struct pdg_log *log)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_checkpoint *c = NULL;

	naive_must(pdg_embedded_file(log, "checkpoint", &note, NULL));
	naive_must(pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, NULL));
	naive_must(pdg_checkpoint_verify(c, c->origin, pdg_embedded_key(log), NULL));
	return c;
}

/* Tiles as the log serves them by path: what a client reads. */
static inline int served_tile(void *ctx, unsigned level, uint64_t n, unsigned width,
			      struct pdg_buf *out, struct pdg_error *err)
{
	char path[PDG_TILE_PATH_MAX];

	pdg_tile_path(level, n, width, path);
	return pdg_embedded_file(ctx, path, out, err);
}

/* Is the tree of @m entries and @root_m a prefix of what @log serves now? */
static inline void check_continues(struct pdg_log *log, uint64_t m, const struct pdg_hash32 *root_m)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *now = latest(log);
	struct pdg_tile_store s = {.read = served_tile, .ctx = log};
	struct pdg_proof p = {.n = 0};
	struct pdg_error err = {0};

	if (m > 0)
		CHECK_OK(pdg_tree_consistency(&s, m, now->size, &p, &err), &err);
	CHECK_OK(pdg_merkle_consistency(m, root_m, now->size, &now->root, &p, &err), &err);
}

#endif
