/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Rekor v1 of the tests: a tree of dsse entries behind the API of formats.md 4, each with its SET
 * and its proof, which lies where it is told to.
 */
#ifndef PDG_TESTS_UNIT_TLOG_FAKE_REKOR1_H
#define PDG_TESTS_UNIT_TLOG_FAKE_REKOR1_H

#include "support/fakehttp.h"
#include "tlog/rekor.h"
#include "unit/tlog/log_kind.h"
#include "unit/tlog/rekor1_made.h"
#include "util/json.h"
#include "util/size.h"
#include "util/time.h"

#define REKOR1_MOST    300
#define REKOR1_ENTRIES "/api/v1/log/entries"
#define REKOR1_PROOF   "/api/v1/log/proof?firstSize="
#define REKOR1_OUTER   1000 /* by which the index over all trees is larger */

/* One tree: its leaves, and their bodies. */
struct rekor1_tree {
	struct pdg_hash32 leaf[REKOR1_MOST];
	struct pdg_buf body[REKOR1_MOST];
	size_t n;
};

struct rekor1_fake {
	struct pdg_key *key;	/* the log's */
	struct pdg_key *signer; /* of the items */
	struct pdg_root *root;
	struct rekor1_tree *tree;
	struct rekor1_tree *other; /* another one of the same key */
	struct fake_http *http;
	unsigned posts, gets;
	char *last_body;
	/* lies */
	const char *raw; /* every POST is answered with this */
	enum fake_way way;
	const char *location; /* 409 with this Location; %s: the entry's id */
	const char *get_raw;  /* and every GET with this */
	size_t shift;	      /* answers with the entry so many before */
	bool no_set, no_proof, no_checkpoint, break_proof, break_set, break_time, elsewhere;
	int64_t time;
};

static inline void rekor1_tree_free(struct rekor1_tree *t)
{
	size_t i;

	for (i = 0; t && i < t->n; i++)
		pdg_buf_done(&t->body[i]);
	free(t);
}

/* The body of what a request proposes, as the server makes it. */
static inline void rekor1_body_of(const struct rekor1_fake *f, struct pdg_bytes request,
				  struct pdg_buf *out)
{
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(json) json_t *e = NULL;
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(4096);
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_MIB(8));
	struct pdg_entry_claim claim = {.key = f->signer};
	char hex[PDG_SHA256_HEX];
	const json_t *o = NULL;
	const json_t *sigs = NULL;
	const char *text = NULL;

	naive_must(pdg_json_load(request, PDG_LIMIT_MIB(16), &j, NULL));
	naive_must(pdg_json_obj(j, "spec", &o, NULL));
	naive_must(pdg_json_obj(o, "proposedContent", &o, NULL));
	naive_must(pdg_json_str(o, "envelope", &text, NULL));
	naive_must(pdg_json_load(pdg_bytes_str(text), PDG_LIMIT_MIB(16), &e, NULL));
	naive_must(pdg_json_base64(e, "payload", &payload, NULL));
	naive_must(pdg_json_arr(e, "signatures", &sigs, NULL));
	naive_must(pdg_json_base64(pdg_json_at(sigs, 0), "sig", &sig, NULL));
	naive_must(pdg_sha256_hex(pdg_bytes_str(text), hex, NULL));
	claim.payload = pdg_buf_bytes(&payload);
	claim.sig = pdg_buf_bytes(&sig);
	naive_must(pdg_rekor1_dsse_body(&claim, hex, out, NULL));
}

static inline void rekor1_tree_add(struct rekor1_tree *t, struct pdg_bytes body)
{
	pdg_buf_init(&t->body[t->n], PDG_LIMIT_MIB(1));
	pdg_buf_put(&t->body[t->n], body);
	naive_must(pdg_merkle_leaf(body, &t->leaf[t->n], NULL));
	t->n++;
}

static inline void rekor1_hex(struct pdg_buf *out, const uint8_t *b)
{
	char hex[65];

	pdg_hex(pdg_bytes(b, 32), hex);
	pdg_buf_puts(out, hex);
}

static inline void rekor1_write_proof(const struct rekor1_fake *f, size_t i, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(4096);
	struct pdg_hash32 root = naive_mth(f->tree->leaf, f->tree->n);
	struct pdg_proof proof = {.n = 0};
	struct pdg_jw w;
	size_t k;

	naive_path(i, f->tree->leaf, f->tree->n, &proof);
	if (f->break_proof)
		root.b[0] ^= 1;
	rekor1_note(f->key, REKOR1_ORIGIN, REKOR1_HOST, f->tree->n, &root, &note);
	pdg_buf_printf(out, "\"inclusionProof\":{\"logIndex\":%zu,\"treeSize\":%zu,\"rootHash\":\"",
		       i, f->tree->n);
	rekor1_hex(out, root.b);
	pdg_buf_puts(out, "\",\"hashes\":[");
	for (k = 0; k < proof.n; k++) {
		pdg_buf_puts(out, k ? ",\"" : "\"");
		rekor1_hex(out, proof.v[k].b);
		pdg_buf_puts(out, "\"");
	}
	pdg_buf_puts(out, "]");
	if (!f->no_checkpoint) {
		pdg_buf_puts(out, ",\"checkpoint\":");
		pdg_jw_init(&w, out);
		pdg_jw_bytes(&w, pdg_buf_bytes(&note));
	}
	pdg_buf_puts(out, "}");
}

/* Entry @i as the API gives it. */
static inline void rekor1_write_entry(const struct rekor1_fake *f, size_t i, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf set = PDG_BUF_INIT(1024);
	struct pdg_bytes body = pdg_buf_bytes(&f->tree->body[i]);

	rekor1_set(f->key, f->root, body, f->break_time ? f->time - 1 : f->time, i + REKOR1_OUTER,
		   &set);
	if (f->break_set)
		set.p[set.n - 1] ^= 1;
	pdg_buf_puts(out, "{\"2496");
	rekor1_hex(out, f->tree->leaf[i].b);
	pdg_buf_puts(out, "\":{\"body\":\"");
	pdg_base64(body, out);
	pdg_buf_printf(out, "\",\"integratedTime\":%lld,\"logIndex\":%zu,\"logID\":\"",
		       (long long)f->time, i + REKOR1_OUTER);
	rekor1_hex(out, f->root->logs[0].log_id);
	pdg_buf_puts(out, "\",\"verification\":{");
	if (!f->no_proof)
		rekor1_write_proof(f, i, out);
	if (!f->no_set) {
		pdg_buf_puts(out, f->no_proof ? "\"signedEntryTimestamp\":\""
					      : ",\"signedEntryTimestamp\":\"");
		pdg_base64(pdg_buf_bytes(&set), out);
		pdg_buf_puts(out, "\"");
	}
	pdg_buf_puts(out, "}}}");
}

static inline void rekor1_reply_entry(const struct rekor1_fake *f, size_t i, int status,
				      struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(2));

	rekor1_write_entry(f, i, &text);
	fake_reply_http(reply, status, "application/json", NULL, pdg_buf_bytes(&text));
}

/* Where in the tree is what has @body? */
static inline size_t rekor1_find(const struct rekor1_fake *f, struct pdg_bytes body)
{
	size_t i;

	for (i = 0; i < f->tree->n; i++) {
		if (pdg_bytes_eq(pdg_buf_bytes(&f->tree->body[i]), body))
			break;
	}
	return i;
}

static inline void rekor1_conflict(const struct rekor1_fake *f, size_t i, struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf header = PDG_BUF_INIT(4096);
	const char *at = strchr(f->location, '%');

	pdg_buf_puts(&header, "Location: ");
	pdg_buf_put(&header,
		    pdg_bytes(f->location, at ? (size_t)(at - f->location) : strlen(f->location)));
	if (at)
		rekor1_hex(&header, f->tree->leaf[i].b);
	pdg_buf_puts(&header, "\r\n");
	fake_reply_http(reply, 409, "application/json", pdg_buf_cstr(&header),
			pdg_bytes_str("{\"code\":409,\"message\":\"an equivalent entry already "
				      "exists in the transparency log\"}"));
}

static inline void rekor1_post(struct rekor1_fake *f, const struct fake_request *req,
			       struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	size_t i;

	f->posts++;
	CHECK_STR(req->path, REKOR1_ENTRIES);
	free(f->last_body);
	f->last_body = pdg_bytes_dup(req->body);
	reply->way = f->way;
	if (f->raw) {
		pdg_buf_puts(&reply->raw, f->raw);
		return;
	}
	rekor1_body_of(f, req->body, &body);
	i = rekor1_find(f, pdg_buf_bytes(&body));
	if (i == f->tree->n)
		rekor1_tree_add(f->tree, pdg_buf_bytes(&body));
	if (f->location)
		rekor1_conflict(f, i, reply);
	else
		rekor1_reply_entry(f, i - f->shift, 201, reply);
}

/* The sizes that a consistency proof is asked for. */
static inline bool rekor1_sizes(const char *path, uint64_t *m, uint64_t *n)
{
	struct pdg_bytes rest = pdg_bytes_str(path);
	size_t at;

	if (!pdg_str_starts(path, REKOR1_PROOF))
		return false;
	rest = pdg_bytes_from(rest, strlen(REKOR1_PROOF));
	at = pdg_bytes_find(rest, pdg_bytes_str("&lastSize="), 0);
	return at != SIZE_MAX && pdg_bytes_u64(pdg_bytes_head(rest, at), UINT64_MAX, m) &&
	       pdg_bytes_u64(pdg_bytes_from(rest, at + strlen("&lastSize=")), UINT64_MAX, n);
}

static inline void rekor1_get(struct rekor1_fake *f, const struct fake_request *req,
			      struct fake_reply *reply)
{
	uint64_t m = 0, n = 0;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(65536);
	struct pdg_proof proof = {.n = 0};
	size_t i;

	f->gets++;
	if (f->get_raw) {
		pdg_buf_puts(&reply->raw, f->get_raw);
		reply->way = FAKE_CLOSE;
		return;
	}
	if (rekor1_sizes(req->path, &m, &n) && m > 0 && m < n && n <= f->tree->n) {
		naive_subproof(m, f->tree->leaf, n, true, &proof);
		pdg_buf_puts(&text, "{\"rootHash\":\"\",\"hashes\":[");
		for (i = 0; i < proof.n; i++) {
			pdg_buf_puts(&text, i ? ",\"" : "\"");
			rekor1_hex(&text, proof.v[i].b);
			pdg_buf_puts(&text, "\"");
		}
		pdg_buf_puts(&text, "]}");
		fake_reply_http(reply, 200, "application/json", NULL, pdg_buf_bytes(&text));
		return;
	}
	if (pdg_str_starts(req->path, REKOR1_PROOF)) {
		fake_reply_http(reply, 400, "application/json", NULL,
				pdg_bytes_str("{\"code\":400,\"message\":\"lastSize\"}"));
		return;
	}
	for (i = 0; i < f->tree->n; i++) {
		char hex[65];

		pdg_hex(pdg_bytes(f->tree->leaf[i].b, 32), hex);
		if (pdg_str_starts(req->path, REKOR1_ENTRIES "/") && pdg_str_ends(req->path, hex)) {
			rekor1_reply_entry(f, i - f->shift, 200, reply);
			return;
		}
	}
	fake_reply_http(reply, 404, NULL, NULL, pdg_bytes_str(""));
}

static inline void rekor1_answer(void *ctx, const struct fake_request *req,
				 struct fake_reply *reply)
{
	if (strcmp(req->method, "POST") == 0)
		rekor1_post(ctx, req, reply);
	else
		rekor1_get(ctx, req, reply);
}

static inline void rekor1_fake_init(struct rekor1_fake *f)
{
	*f = (struct rekor1_fake){.key = key_new(PDG_KEY_ECDSA_P256),
				  .signer = key_new(PDG_KEY_ECDSA_P256),
				  .time = pdg_now(&pdg_clock_system)};
	f->root = rekor1_root(f->key, 0);
	f->tree = pdg_calloc(1, sizeof(*f->tree));
	f->other = pdg_calloc(1, sizeof(*f->other));
	if (!f->tree || !f->other)
		abort();
	f->http = fake_http_start(rekor1_answer, f);
}

static inline void rekor1_fake_done(struct rekor1_fake *f)
{
	fake_http_stop(f->http);
	rekor1_tree_free(f->tree);
	rekor1_tree_free(f->other);
	pdg_root_free(f->root);
	pdg_key_free(f->key);
	pdg_key_free(f->signer);
	free(f->last_body);
}
PDG_AUTO_DEFINE_VALUE(rekor1_fake, struct rekor1_fake, rekor1_fake_done)

#endif
