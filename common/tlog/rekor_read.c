/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Rekor v2 publishes, read: its checkpoint, tiles and entries. Needed where its answer to
 * a submission is not enough: the proof of what it had already (409), and whether its tree is
 * still the one that was seen before. Tiles are believed only through roots that are signed.
 */
#include <inttypes.h>

#include "tlog/entries.h"
#include "tlog/rekor_impl.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define READ_MS	   15000
#define CONNECT_MS 5000
#define BLIND_MS   30000

/* GET a file below the read prefix: 0, PDG_E_NOTFOUND, or why there is none. */
static int fetch(const struct pdg_rekor_view *v, const char *path, size_t max, struct pdg_buf *out,
		 struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(mem) char *url = pdg_url_join(v->r->read_url, path);
	const struct pdg_http_request request = {
		.method = "GET",
		.url = url,
		.timeout_ms = READ_MS,
		.connect_ms = CONNECT_MS,
	};
	int rc;

	if (!url)
		return pdg_nomem(err);
	rc = pdg_http_call(v->http, &request, max, &a, err);
	if (rc < 0)
		return rc;
	if (a.status == 404)
		return pdg_fail(err, PDG_E_NOTFOUND, "%s is not there", url);
	if (a.status != 200)
		return pdg_reject(err, "LOG-13", "%s answers with status %d", url, a.status);
	pdg_buf_put(out, pdg_buf_bytes(&a.body));
	return pdg_buf_check(out, err);
}

/*
 * Fetch a tile or bundle. Where a partial one has given way to the full one, that is taken (C2SP
 * tlog-tiles.md, "Partial Tiles").
 */
static int fetch_tile(const struct pdg_rekor_view *v, bool entries, unsigned level, uint64_t n,
		      struct pdg_buf *out, struct pdg_error *err)
{
	size_t max = entries ? PDG_ENTRIES_MAX : (size_t)PDG_TILE_WIDTH * PDG_HASH_LEN;
	unsigned widths[2] = {pdg_tile_width(v->size, level, n), PDG_TILE_WIDTH};
	char path[PDG_TILE_PATH_MAX];
	int rc = PDG_E_NOTFOUND;
	size_t i;

	for (i = widths[0] == PDG_TILE_WIDTH ? 1 : 0; rc == PDG_E_NOTFOUND && i < 2; i++) {
		if (entries)
			pdg_tile_entries_path(n, widths[i], path);
		else
			pdg_tile_path(level, n, widths[i], path);
		rc = fetch(v, path, max, out, err);
	}
	return rc;
}

static int read_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT((size_t)PDG_TILE_WIDTH * PDG_HASH_LEN);
	int rc = fetch_tile(ctx, false, level, n, &b, err);

	if (rc < 0)
		return rc;
	pdg_buf_put(out, pdg_bytes_head(pdg_buf_bytes(&b), (size_t)width * PDG_HASH_LEN));
	return pdg_buf_check(out, err);
}

void pdg_rekor_view_init(struct pdg_rekor_view *v, const struct pdg_rekor *r, struct pdg_http *http)
{
	*v = (struct pdg_rekor_view){.r = r, .http = http};
	v->store = (struct pdg_tile_store){.read = read_tile, .ctx = v};
	pdg_buf_init(&v->bundle, PDG_ENTRIES_MAX);
}

void pdg_rekor_view_done(struct pdg_rekor_view *v)
{
	pdg_checkpoint_free(v->checkpoint);
	pdg_tree_walk_free(v->walk);
	pdg_buf_done(&v->bundle);
}

static int open_view(struct pdg_rekor_view *v, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	const struct pdg_root_log *log = &v->r->root->logs[0];
	int rc;

	rc = fetch(v, "checkpoint", PDG_LIMIT_CHECKPOINT, &note, err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &v->checkpoint, err);
	if (rc == 0 && !pdg_str_eq(v->checkpoint->origin, log->host))
		rc = pdg_reject(err, "LOG-4", "the checkpoint is of \"%s\", not of \"%s\"",
				v->checkpoint->origin, log->host);
	if (rc == 0)
		rc = pdg_checkpoint_verify(v->checkpoint, log->host, log->key, err);
	if (rc < 0)
		return rc;
	v->size = v->checkpoint->size;
	return pdg_tree_walk_new(&v->store, v->size, &v->walk, err);
}

/* Later questions meet the failure at once: each of them would wait for the same dead server. */
static int remember(struct pdg_rekor_view *v, int rc, const struct pdg_error *err)
{
	v->rc = rc;
	if (rc < 0)
		v->err = *err;
	return rc;
}

static int ready(struct pdg_rekor_view *v, struct pdg_error *err)
{
	if (!v->opened) {
		v->opened = true;
		(void)remember(v, open_view(v, &v->err), &v->err);
	}
	if (v->rc < 0 && err)
		*err = v->err;
	return v->rc;
}

/* Entry @index out of its bundle; it must be @body. */
static int compare_entry(struct pdg_rekor_view *v, uint64_t index, struct pdg_bytes body,
			 struct pdg_error *err)
{
	uint64_t n = index / PDG_TILE_WIDTH;
	struct pdg_bytes entry = {0};
	struct pdg_bytes rest;
	uint64_t i;
	int rc;

	if (v->bundle.n == 0 || v->bundle_n != n) {
		pdg_buf_reset(&v->bundle);
		rc = fetch_tile(v, true, 0, n, &v->bundle, err);
		if (rc < 0)
			return rc;
		v->bundle_n = n;
	}
	rest = pdg_buf_bytes(&v->bundle);
	for (i = 0; i <= index % PDG_TILE_WIDTH; i++) {
		if (!pdg_entries_next(&rest, &entry))
			return pdg_reject(err, "LOG-13",
					  "the log's bundle of entry %" PRIu64 " is cut off",
					  index);
	}
	if (!pdg_bytes_eq(entry, body))
		return pdg_reject(err, "LOG-7", "the log's entry %" PRIu64 " is not what was sent",
				  index);
	return 0;
}

int pdg_rekor_view_entry(struct pdg_rekor_view *v, uint64_t index, struct pdg_bytes body,
			 struct pdg_entry **out, struct pdg_error *err)
{
	struct pdg_error own = {0};
	struct pdg_proof proof = {.n = 0};
	struct pdg_entry_parts parts = {.index = index, .proof = &proof, .body = body};
	struct pdg_error *e = err ? err : &own;
	int rc = ready(v, e);

	if (rc < 0)
		return rc;
	if (index >= v->size)
		return pdg_reject(e, "LOG-13",
				  "entry %" PRIu64 " is not in the log's published tree of %" PRIu64
				  " yet",
				  index, v->size);
	rc = compare_entry(v, index, body, e);
	if (rc == 0)
		rc = pdg_tree_walk_inclusion(v->walk, index, &proof, e);
	if (rc == PDG_E_NOTFOUND) {
		struct pdg_error was = *e;

		rc = pdg_reject(e, "LOG-13", "%s, and the checkpoint covers it", was.text);
	}
	if (rc == PDG_E_IO || rc == PDG_E_LIMIT)
		return remember(v, rc, e);
	if (rc < 0)
		return rc;
	parts.log_id = v->r->root->logs[0].log_id;
	parts.size = v->size;
	parts.root = v->checkpoint->root;
	parts.checkpoint = pdg_buf_bytes(&v->checkpoint->text);
	return pdg_entry_make(&parts, out, e);
}

/* Tiles of the larger of two trees must show the smaller one as its beginning. */
static int compare_trees(const struct pdg_rekor *r, struct pdg_http *http,
			 const struct pdg_log_head *m, const struct pdg_log_head *n,
			 struct pdg_error *err)
{
	PDG_AUTO(rekor_view) struct pdg_rekor_view v = {0};
	struct pdg_proof proof = {.n = 0};
	int rc = 0;

	pdg_rekor_view_init(&v, r, http);
	v.size = n->size;
	if (m->size > 0 && m->size < n->size)
		rc = pdg_tree_consistency(&v.store, m->size, n->size, &proof, err);
	if (rc < 0)
		return rc;
	return pdg_merkle_consistency(m->size, &m->root, n->size, &n->root, &proof, err);
}

/* A tree of this size that is known already: 0 when it is this one, else LOG-2; 1 when none is. */
static int known(const struct pdg_rekor *r, const struct pdg_log_head *head, struct pdg_error *err)
{
	size_t n = r->n_heads < PDG_REKOR_HEADS ? r->n_heads : PDG_REKOR_HEADS;
	size_t i;

	for (i = 0; i < n; i++) {
		if (r->heads[i].size != head->size)
			continue;
		if (memcmp(r->heads[i].root.b, head->root.b, PDG_HASH_LEN) == 0)
			return 0;
		return pdg_reject(err, "LOG-2",
				  "the log has signed two trees of %" PRIu64 " entries",
				  head->size);
	}
	return 1;
}

static int compare_history(struct pdg_rekor *r, struct pdg_http *http,
			   const struct pdg_log_head *head, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = known(r, head, err);

	if (rc <= 0)
		return rc;
	if (r->n_heads > 0) {
		if (pdg_monotonic_ms() < r->blind_until_ms)
			return 0;
		rc = head->size > r->newest.size ? compare_trees(r, http, &r->newest, head, &why)
						 : compare_trees(r, http, head, &r->newest, &why);
		/* Who withholds tiles is not caught lying here; a later tree is held against the
		 * same. */
		if (rc == PDG_E_NOTFOUND || rc == PDG_E_IO || rc == PDG_E_LIMIT) {
			r->blind_until_ms = pdg_monotonic_ms() + BLIND_MS;
			return 0;
		}
		if (rc < 0 && err)
			*err = why;
		if (rc < 0)
			return rc;
	}
	r->heads[r->n_heads++ % PDG_REKOR_HEADS] = *head;
	if (head->size >= r->newest.size)
		r->newest = *head;
	return 0;
}

int pdg_rekor_continues(struct pdg_rekor *r, struct pdg_http *http, const struct pdg_log_head *head,
			struct pdg_error *err)
{
	int rc;

	(void)pthread_mutex_lock(&r->history);
	rc = compare_history(r, http, head, err);
	(void)pthread_mutex_unlock(&r->history);
	return rc;
}
