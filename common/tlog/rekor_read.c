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

/* GET a file below the read prefix: 0, PDG_E_NOTFOUND, or why there is none. */
static int fetch(const struct pdg_rekor_view *v, const char *path, size_t max, struct pdg_buf *out,
		 struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(mem) char *url = pdg_url_join(v->r->read_url, path);
	const struct pdg_http_request request = {
		.method = "GET",
		.url = url,
		.timeout_ms = PDG_REKOR_READ_MS,
		.connect_ms = PDG_REKOR_CONNECT_MS,
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

/*
 * Tiles of a tree of @n entries, which the log has signed, are not there. Where it publishes a
 * checkpoint of a smaller one, it went back; else they may come.
 */
static int gone_back(struct pdg_rekor *r, struct pdg_http *http, uint64_t n, struct pdg_error *err)
{
	PDG_AUTO(rekor_view) struct pdg_rekor_view v = {0};

	pdg_rekor_view_init(&v, r, http);
	if (open_view(&v, NULL) == 0 && v.size < n)
		return pdg_reject(err, "LOG-2",
				  "the log went back: of the %" PRIu64
				  " entries that it had it publishes %" PRIu64,
				  n, v.size);
	return PDG_E_NOTFOUND;
}

int pdg_rekor_v2_consistency(struct pdg_rekor *r, struct pdg_http *http, uint64_t m, uint64_t n,
			     struct pdg_proof *out, struct pdg_error *err)
{
	PDG_AUTO(rekor_view) struct pdg_rekor_view v = {0};
	int rc;

	pdg_rekor_view_init(&v, r, http);
	v.size = n;
	rc = pdg_tree_consistency(&v.store, m, n, out, err);
	return rc == PDG_E_NOTFOUND ? gone_back(r, http, n, err) : rc;
}
