/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "log-add": one signature to the configured Rekor and back. Calls are under way by the hundred,
 * made by one thread (http/pump.h); what comes back is judged on the threads that may wait, for a
 * log may have to be read for it. The entry that is handed out is verified, and its tree continues
 * those that this log had before.
 */
#include "http/pump.h"
#include "relay/kinds.h"
#include "tlog/rekor.h"
#include "util/error_json.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

struct log_part {
	struct pdg_log *log;
	struct pdg_http_pump *pump;
};

struct call {
	struct log_part *part;
	struct pdg_task *task;
	struct pdg_log_item item;
	struct pdg_key *key;
	struct pdg_buf sig, payload, json;
	struct pdg_http_request request;
	struct pdg_http_answer answer;
	struct pdg_log_head other; /* what another program was shown; size 0: none */
	bool held;		   /* it was held against the trees that are known */
};

static void free_call(struct call *c)
{
	if (!c)
		return;
	pdg_entry_free(c->item.entry);
	pdg_key_free(c->key);
	pdg_buf_done(&c->sig);
	pdg_buf_done(&c->payload);
	pdg_buf_done(&c->json);
	pdg_http_answer_done(&c->answer);
	free(c);
}
PDG_AUTO_DEFINE(call, struct call *, free_call)

/* --- answers --- */

static void write_refusal(const struct pdg_log_item *item, struct pdg_jw *w)
{
	pdg_jw_kobj(w, "error");
	pdg_error_json_write(item->rc, &item->err, w);
	if (item->retry_after > 0)
		pdg_jw_ku64(w, "retryAfter", (uint64_t)item->retry_after);
	pdg_jw_end(w);
}

/* {"entry":{…},"continues","held"} as a bundle has it, or {"error":{…}}: what the log said, not
 * this program. */
static void answer(struct call *c)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);
	struct pdg_error err = {0};
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, &out);
	pdg_jw_obj(&w);
	if (c->item.rc == 0) {
		pdg_jw_key(&w, "entry");
		pdg_entry_write(c->item.entry, &w);
		pdg_jw_kbool(&w, "continues", c->item.continues);
		pdg_jw_kbool(&w, "held", c->held);
	} else {
		write_refusal(&c->item, &w);
	}
	pdg_jw_end(&w);
	rc = pdg_buf_check(&out, &err);
	pdg_task_answer(c->task, rc, pdg_buf_bytes(&out), &err);
	free_call(c);
}

static void fail(struct call *c, int rc, const struct pdg_error *err)
{
	c->item.rc = rc;
	c->item.err = *err;
	answer(c);
}

/* --- steps --- */

static void judge(struct pdg_task *t, void *ctx)
{
	struct call *c = ctx;

	(void)t;
	if (c->other.size > 0)
		c->item.rc = pdg_rekor_hold(c->part->log, &c->other, &c->held, &c->item.err);
	if (c->item.rc == 0)
		pdg_rekor_judge(c->part->log, &c->answer, &c->item);
	answer(c);
}

static void on_answer(void *ctx, int rc, struct pdg_http_answer *a, const struct pdg_error *err)
{
	struct call *c = ctx;

	if (rc < 0) {
		fail(c, rc, err);
		return;
	}
	c->answer = *a;
	*a = (struct pdg_http_answer){0};
	pdg_task_work(c->task, judge, c);
}

/* @body's tree @key; size 0: it has none. */
static int read_head(const json_t *body, const char *key, struct pdg_log_head *out,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf root = PDG_BUF_INIT(PDG_HASH_LEN);
	const json_t *head = NULL;
	int rc = pdg_json_opt_obj(body, key, &head, err);

	*out = (struct pdg_log_head){.size = 0};
	if (rc < 0 || !head)
		return rc;
	rc = pdg_json_u64(head, "size", &out->size, err);
	if (rc == 0)
		rc = pdg_json_base64(head, "root", &root, err);
	if (rc == 0 && root.n != PDG_HASH_LEN)
		rc = pdg_reject(err, "RLY-3", "a tree without a root");
	if (rc == 0)
		memcpy(out->root.b, root.p, PDG_HASH_LEN);
	return rc;
}

static int read_heads(struct call *c, const json_t *body, struct pdg_error *err)
{
	struct pdg_log_head known;
	int rc = read_head(body, "known", &known, err);

	if (rc == 0)
		rc = read_head(body, "other", &c->other, err);
	if (rc == 0)
		pdg_rekor_remember(c->part->log, &known);
	return rc;
}

static int read_item(struct call *c, const json_t *body, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf digest = PDG_BUF_INIT(sizeof(c->item.digest));
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	int rc = pdg_json_base64(body, "digest", &digest, err);

	if (rc == 0 && digest.n != sizeof(c->item.digest))
		rc = pdg_reject(err, "RLY-3", "a digest of %zu bytes", digest.n);
	if (rc == 0)
		rc = pdg_json_base64(body, "sig", &c->sig, err);
	if (rc == 0)
		rc = pdg_json_base64(body, "key", &spki, err);
	if (rc == 0)
		rc = pdg_key_public_der(pdg_buf_bytes(&spki), &c->key, err);
	if (rc == 0 && pdg_json_get(body, "payload"))
		rc = pdg_json_base64(body, "payload", &c->payload, err);
	if (rc < 0)
		return rc;
	memcpy(c->item.digest, digest.p, sizeof(c->item.digest));
	c->item.sig = pdg_buf_bytes(&c->sig);
	c->item.payload = pdg_buf_bytes(&c->payload);
	c->item.key = c->key;
	return 0;
}

static int new_call(struct log_part *part, struct pdg_task *t, struct call **out,
		    struct pdg_error *err)
{
	PDG_AUTO(call) struct call *c = pdg_calloc(1, sizeof(*c));
	const json_t *body = pdg_task_body(t);
	int rc;

	if (!c)
		return pdg_nomem(err);
	c->part = part;
	c->task = t;
	pdg_buf_init(&c->sig, PDG_LIMIT_SIGNATURE);
	pdg_buf_init(&c->payload, PDG_LIMIT_PAYLOAD);
	rc = read_item(c, body, err);
	if (rc == 0)
		rc = read_heads(c, body, err);
	if (rc == 0)
		rc = pdg_rekor_request(part->log, &c->item, &c->json, &c->request, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(c);
	return 0;
}

static int begin(void *part, struct pdg_task *t, struct pdg_error *err)
{
	struct log_part *p = part;
	PDG_AUTO(call) struct call *c = NULL;
	int rc = new_call(p, t, &c, err);

	if (rc == 0)
		rc = pdg_http_pump_begin(p->pump, &c->request, on_answer, c, err);
	if (rc == 0)
		c = NULL; /* on_answer()'s now */
	return rc;
}

/* --- setup --- */

static int open_client(const json_t *setup, struct pdg_rekor_options *opt, struct pdg_log **out,
		       struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	const char *type = NULL;
	int rc = pdg_json_str(setup, "type", &type, err);

	if (rc == 0)
		rc = pdg_json_str(setup, "url", &opt->url, err);
	if (rc == 0)
		rc = pdg_json_opt_str(setup, "readUrl", &opt->read_url, err);
	if (rc == 0)
		rc = pdg_json_str(setup, "origin", &opt->origin, err);
	if (rc == 0)
		rc = pdg_json_base64(setup, "key", &spki, err);
	if (rc == 0)
		rc = pdg_key_public_der(pdg_buf_bytes(&spki), &key, err);
	if (rc < 0)
		return rc;
	opt->key = key;
	return pdg_str_eq(type, "rekor-v1") ? pdg_rekor_v1_open(opt, out, err)
					    : pdg_rekor_v2_open(opt, out, err);
}

static int open_part(const struct pdg_relay_common *common, const json_t *setup, void **out,
		     struct pdg_error *err)
{
	const struct pdg_http_options http = {.proxy = common->proxy, .given_up = common->given_up};
	struct pdg_rekor_options opt = {.proxy = common->proxy};
	PDG_AUTO(mem) struct log_part *part = pdg_calloc(1, sizeof(*part));
	int rc;

	if (!part)
		return pdg_nomem(err);
	rc = open_client(setup, &opt, &part->log, err);
	if (rc == 0)
		rc = pdg_http_pump_new(&http, PDG_LIMIT_LOG_CALLS, PDG_LIMIT_LOG_ANSWER,
				       &part->pump, err);
	if (rc < 0) {
		pdg_log_free(part->log);
		return rc;
	}
	*out = PDG_TAKE(part);
	return 0;
}

static const struct pdg_relay_call_kind calls[] = {
	{.name = "log-add", .begin = begin},
	{0},
};

const struct pdg_relay_part pdg_relay_log = {.name = "log", .open = open_part, .calls = calls};
