/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "timestamp": a digest to the configured authority, and its response back (formats.md 8). That the
 * response is one, and the answer to this request, is seen here; what it is worth is judged by who
 * has the authority's certificates.
 */
#include "crypto/digest.h"
#include "crypto/timestamp.h"
#include "http/pump.h"
#include "relay/kinds.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define IN_FLIGHT  64
#define TIMEOUT_MS 15000
#define CONNECT_MS 5000
#define EXCERPT	   200
#define ASK	   "application/timestamp-query"
#define REPLY	   "application/timestamp-reply"

struct stamp_part {
	char *url;
	struct pdg_http_pump *pump;
};

struct call {
	struct stamp_part *part;
	struct pdg_task *task;
	struct pdg_buf query;
	uint64_t nonce;
	struct pdg_http_request request;
};

/* An authority that answers otherwise, or something before it that does: try later. */
static int check_answer(const struct stamp_part *p, const struct pdg_http_answer *a,
			struct pdg_error *err)
{
	size_t n = a->body.n < EXCERPT ? a->body.n : EXCERPT;
	int rc;

	if ((a->status == 200 || a->status == 201) && pdg_str_eq(a->content_type, REPLY))
		return 0;
	rc = pdg_reject(err, "TSA-12", "%s answers with status %d and %s: \"%.*s\"", p->url,
			a->status, a->content_type[0] ? a->content_type : "no type",
			a->status >= 400 ? (int)n : 0, n ? (const char *)a->body.p : "");
	pdg_fix(err, "check timestampAuthority in [log]: the whole URL, not a server's alone");
	return rc;
}

static void free_call(struct call *c)
{
	if (c)
		pdg_buf_done(&c->query);
	free(c);
}
PDG_AUTO_DEFINE(call, struct call *, free_call)

static void on_answer(void *ctx, int rc, struct pdg_http_answer *a, const struct pdg_error *err)
{
	PDG_AUTO(call) struct call *c = ctx;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);
	struct pdg_error why = {0};
	struct pdg_jw w;

	if (rc < 0)
		why = *err;
	if (rc == 0)
		rc = check_answer(c->part, a, &why);
	if (rc == 0)
		rc = pdg_timestamp_answers(pdg_buf_bytes(&a->body), c->nonce, &why);
	if (rc == 0) {
		pdg_jw_init(&w, &out);
		pdg_jw_obj(&w);
		pdg_jw_key(&w, "response");
		pdg_jw_base64(&w, pdg_buf_bytes(&a->body));
		pdg_jw_end(&w);
		rc = pdg_buf_check(&out, &why);
	}
	pdg_task_answer(c->task, rc, pdg_buf_bytes(&out), &why);
}

static int new_call(struct stamp_part *p, struct pdg_task *t, struct call **out,
		    struct pdg_error *err)
{
	PDG_AUTO(call) struct call *c = pdg_calloc(1, sizeof(*c));
	PDG_AUTO(buf) struct pdg_buf digest = PDG_BUF_INIT(PDG_SHA256_LEN);
	int rc;

	if (!c)
		return pdg_nomem(err);
	pdg_buf_init(&c->query, PDG_LIMIT_TIMESTAMP);
	c->part = p;
	c->task = t;
	rc = pdg_json_base64(pdg_task_body(t), "sha256", &digest, err);
	if (rc == 0 && digest.n != PDG_SHA256_LEN)
		rc = pdg_reject(err, "RLY-3", "a digest of %zu bytes", digest.n);
	if (rc == 0)
		rc = pdg_timestamp_request(digest.p, &c->query, &c->nonce, err);
	if (rc < 0)
		return rc;
	c->request = (struct pdg_http_request){
		.method = "POST",
		.url = p->url,
		.content_type = ASK,
		.body = pdg_buf_bytes(&c->query),
		.timeout_ms = TIMEOUT_MS,
		.connect_ms = CONNECT_MS,
	};
	*out = PDG_TAKE(c);
	return 0;
}

static int begin(void *part, struct pdg_task *t, struct pdg_error *err)
{
	struct stamp_part *p = part;
	PDG_AUTO(call) struct call *c = NULL;
	int rc = new_call(p, t, &c, err);

	if (rc == 0)
		rc = pdg_http_pump_begin(p->pump, &c->request, on_answer, c, err);
	if (rc == 0)
		c = NULL; /* on_answer()'s now */
	return rc;
}

static int open_part(const struct pdg_relay_common *common, const json_t *setup, void **out,
		     struct pdg_error *err)
{
	const struct pdg_http_options http = {.proxy = common->proxy, .given_up = common->given_up};
	PDG_AUTO(mem) struct stamp_part *p = pdg_calloc(1, sizeof(*p));
	PDG_AUTO(mem) char *copy = NULL;
	const char *url = NULL;
	int rc = pdg_json_str(setup, "url", &url, err);

	if (rc < 0)
		return rc;
	copy = pdg_str_dup(url);
	if (!p || !copy)
		return pdg_nomem(err);
	rc = pdg_http_pump_new(&http, IN_FLIGHT, PDG_LIMIT_TIMESTAMP, &p->pump, err);
	if (rc < 0)
		return rc;
	p->url = PDG_TAKE(copy);
	*out = PDG_TAKE(p);
	return 0;
}

static const struct pdg_relay_call_kind calls[] = {
	{.name = "timestamp", .begin = begin},
	{0},
};

const struct pdg_relay_part pdg_relay_timestamp = {
	.name = "timestamp", .open = open_part, .calls = calls};
