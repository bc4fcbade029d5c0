/* SPDX-License-Identifier: Apache-2.0 */
/* A Rekor v2 of the tests: a tree of ours that speaks Rekor's HTTP, and lies where it is told to.
 */
#ifndef PDG_TESTS_UNIT_TLOG_FAKE_REKOR_H
#define PDG_TESTS_UNIT_TLOG_FAKE_REKOR_H

#include "http/client.h"
#include "support/fakehttp.h"
#include "tlog/entries.h"
#include "tlog/log.h"
#include "tlog/rekor.h"
#include "unit/tlog/items.h"
#include "unit/tlog/log_kind.h"
#include "util/str.h"

#define ORIGIN	"rekor.example"
#define ENTRIES "/api/v2/log/entries"

/* A Rekor: a tree, and how it answers. */
struct rekor {
	char *dir;
	struct pdg_log *log;   /* the tree that is published */
	struct pdg_log *other; /* another one with the same key */
	struct pdg_log *tiles; /* whose tiles are served; NULL: @log's */
	char *public_key;      /* file */
	struct pdg_key *key;   /* signs the items */
	struct fake_http *http;
	unsigned posts;
	unsigned gets;
	char *last_body;
	/* lies */
	const char *raw; /* every POST is answered with this */
	enum fake_way way;
	const char *conflict; /* every POST: 409 with this X-Log-Index line */
	bool swap;	      /* answers with the entry of the request before */
	struct pdg_entry *before;
	bool hide_tiles;
	bool full_only; /* partial tiles are 404, full ones serve their first hashes */
	bool garble;	/* a byte of each tile and bundle is another */
	bool break_proof;
};

static inline struct pdg_log *new_log(const char *dir, const char *name, const char *key)
{
	PDG_AUTO(mem) char *sub = pdg_test_path(dir, name);
	const struct pdg_embedded_options opt = {
		.directory = sub, .origin = ORIGIN, .key = key, .may_create = true};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err);
	return log;
}

/* The item that a request is about, made anew from its JSON. */
static inline void item_of(const struct rekor *r, struct pdg_bytes request,
			   struct pdg_log_item *item, struct pdg_buf *sig)
{
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(buf) struct pdg_buf digest = PDG_BUF_INIT(64);
	const json_t *o = NULL;
	const json_t *s = NULL;

	naive_must(pdg_json_load(request, PDG_LIMIT_MIB(1), &j, NULL));
	naive_must(pdg_json_obj(j, "hashedRekordRequestV002", &o, NULL));
	naive_must(pdg_json_base64(o, "digest", &digest, NULL));
	naive_must(pdg_json_obj(o, "signature", &s, NULL));
	naive_must(pdg_json_base64(s, "content", sig, NULL));
	CHECK_UINT(digest.n, 32);
	memcpy(item->digest, digest.p, 32);
	item->sig = pdg_buf_bytes(sig);
	item->key = r->key;
}

static inline void reply_entry(const struct pdg_entry *e, struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_jw w;

	pdg_jw_init(&w, &text);
	pdg_entry_write(e, &w);
	fake_reply_http(reply, 201, "application/json", NULL, pdg_buf_bytes(&text));
}

static inline void post(struct rekor *r, const struct fake_request *req, struct fake_reply *reply)
{
	struct pdg_log_item item = {0};
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(4096);

	r->posts++;
	free(r->last_body);
	r->last_body = pdg_bytes_dup(req->body);
	CHECK_STR(req->path, ENTRIES);
	reply->way = r->way;
	if (r->raw) {
		pdg_buf_puts(&reply->raw, r->raw);
		return;
	}
	if (r->conflict) {
		fake_reply_http(
			reply, 409, "application/json", r->conflict,
			pdg_bytes_str("{\"code\":6,\"message\":\"an equivalent entry already "
				      "exists in the transparency log with index 0\"}"));
		return;
	}
	item_of(r, req->body, &item, &sig);
	naive_must(r->log->ops->add(r->log, &item, 1, NULL));
	naive_must(item.rc);
	if (r->break_proof && item.entry->proof.n > 0)
		item.entry->proof.v[0].b[0] ^= 1;
	reply_entry(r->swap && r->before ? r->before : item.entry, reply);
	pdg_entry_free(r->before);
	r->before = item.entry;
}

static inline void get(struct rekor *r, const struct fake_request *req, struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	const char *path = req->path + strlen("/read/");
	bool tile = strncmp(path, "tile/", 5) == 0;
	int rc;

	r->gets++;
	CHECK(pdg_str_starts(req->path, "/read/"));
	rc = pdg_embedded_file(tile && r->tiles ? r->tiles : r->log, path, &out, NULL);
	if (tile && (r->hide_tiles || (r->full_only && strstr(path, ".p/"))))
		rc = PDG_E_NOTFOUND;
	if (rc == PDG_E_NOTFOUND && r->full_only && tile && !strstr(path, ".p/")) {
		/* the full tile that there would be later: the partial one and something behind it
		 */
		unsigned w;

		for (w = PDG_TILE_WIDTH - 1; rc == PDG_E_NOTFOUND && w > 0; w--) {
			PDG_AUTO(mem) char *partial = pdg_str_printf("%s.p/%u", path, w);

			rc = pdg_embedded_file(r->log, partial, &out, NULL);
		}
		for (w = 0; rc == 0 && w < 64; w++)
			pdg_buf_putc(&out, 0);
	}
	if (rc < 0) {
		fake_reply_http(reply, 404, NULL, NULL, pdg_bytes_str("not found"));
		return;
	}
	if (r->garble && tile)
		out.p[out.n - 1] ^= 1;
	fake_reply_http(reply, 200, "application/octet-stream", NULL, pdg_buf_bytes(&out));
}

static inline void answer(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	if (strcmp(req->method, "POST") == 0)
		post(ctx, req, reply);
	else
		get(ctx, req, reply);
}

static inline void rekor_init(struct rekor *r)
{
	PDG_AUTO(key) struct pdg_key *own = key_new(PDG_KEY_ED25519);
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(4096);
	PDG_AUTO(mem) char *private = NULL;

	r->dir = pdg_test_dir();
	private = pdg_test_path(r->dir, "log.pem");
	CHECK_OK(pdg_key_private_save(own, private, NULL), NULL);
	CHECK_OK(pdg_key_public_text(own, &pem, NULL), NULL);
	r->public_key = pdg_test_file(r->dir, "log.pub", pdg_buf_bytes(&pem));
	r->log = new_log(r->dir, "log", private);
	r->other = new_log(r->dir, "other", private);
	r->key = key_new(PDG_KEY_ECDSA_P256);
	r->http = fake_http_start(answer, r);
}

static inline void rekor_done(struct rekor *r)
{
	fake_http_stop(r->http);
	pdg_log_free(r->log);
	pdg_log_free(r->other);
	pdg_key_free(r->key);
	pdg_entry_free(r->before);
	free(r->public_key);
	free(r->last_body);
	pdg_test_dir_remove(r->dir);
}
PDG_AUTO_DEFINE_VALUE(rekor, struct rekor, rekor_done)

#endif
