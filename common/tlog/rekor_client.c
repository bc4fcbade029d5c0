/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing to a Rekor, of either generation: what is asked and how an answer is read is the
 * kind's (rekor_v1_log.c, rekor_v2_log.c). Whatever comes back is believed as any other entry is
 * (entry_judge.c), and its tree held against those before; every other answer is an error of its
 * item alone.
 */
#include <string.h>

#include "tlog/rekor_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define SUBMIT_MS 40000
#define EXCERPT	  200

int pdg_rekor_request(struct pdg_log *rekor, const struct pdg_log_item *item, struct pdg_buf *json,
		      struct pdg_http_request *out, struct pdg_error *err)
{
	const struct pdg_rekor *r = (const struct pdg_rekor *)rekor;
	int rc;

	pdg_buf_init(json, PDG_LIMIT_LOG_REQUEST);
	rc = r->kind->write(item, json, err);
	if (rc < 0)
		return rc;
	*out = (struct pdg_http_request){
		.method = "POST",
		.url = r->submit_url,
		.content_type = "application/json",
		.body = pdg_buf_bytes(json),
		.want = r->kind->want,
		.timeout_ms = r->submit_ms,
		.connect_ms = PDG_REKOR_CONNECT_MS,
	};
	return 0;
}

int pdg_rekor_no_entry(struct pdg_error *err, int rc)
{
	struct pdg_error was = {0};

	if (rc != PDG_E_FORMAT && rc != PDG_E_LIMIT)
		return rc;
	if (err)
		was = *err;
	return pdg_reject(err, "LOG-13", "the log's answer is not an entry: %s", was.text);
}

int pdg_rekor_refusal(const struct pdg_rekor *r, const struct pdg_http_answer *a, bool for_good,
		      struct pdg_error *err)
{
	size_t n = a->body.n < EXCERPT ? a->body.n : EXCERPT;
	int rc;

	rc = pdg_reject(err, for_good ? "LOG-14" : "LOG-13",
			"%s answers with status %d instead of 201: \"%.*s\"", r->submit_url,
			a->status, (int)n, n ? (const char *)a->body.p : "");
	if (a->status == 405)
		pdg_fix(err, "the log may be frozen: configure the one that follows it");
	else if (a->status == 404 || a->status == 501 || (a->status >= 300 && a->status < 400))
		pdg_fix(err, "check url in [log]");
	return rc;
}

/* What came back for @item: an entry that is believed, or why there is none. */
static int judge(struct pdg_rekor *r, struct pdg_rekor_view *view, const struct pdg_http_answer *a,
		 struct pdg_log_item *item, struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	const struct pdg_entry_claim claim = {
		.digest = item->digest,
		.payload = item->payload,
		.sig = item->sig,
		.key = item->key,
		.latest = pdg_now(&pdg_clock_system),
	};
	struct pdg_entry_shown shown = {0};
	struct pdg_log_head head;
	int rc;

	rc = r->kind->read(r, view, a, item, &e, err);
	if (rc == 0)
		rc = pdg_entry_judge(e, r->root, &claim, &shown, err);
	if (rc == 0)
		rc = pdg_entry_whole(e, &shown, r->kind->timed, err);
	if (rc < 0)
		return rc;
	head = (struct pdg_log_head){.size = e->proof_size, .root = e->proof_root};
	rc = pdg_rekor_continues(r, view->http, &head, &item->continues, err);
	if (rc < 0)
		return rc;
	item->entry = PDG_TAKE(e);
	return 0;
}

static void settle(struct pdg_rekor *r, struct pdg_rekor_view *view,
		   const struct pdg_http_answer *a, struct pdg_log_item *item)
{
	item->err = (struct pdg_error){0};
	item->entry = NULL;
	item->continues = false;
	item->retry_after = a->status >= 400 && a->retry_after > 0 ? a->retry_after : 0;
	item->rc = judge(r, view, a, item, &item->err);
	if (item->rc < 0)
		(void)pdg_context(&item->err, item->rc, "Rekor");
}

static int new_client(const struct pdg_rekor *r, struct pdg_http **out, struct pdg_error *err)
{
	const struct pdg_http_options opt = {.proxy = r->proxy};

	return pdg_http_new(&opt, out, err);
}

int pdg_rekor_take_client(struct pdg_rekor *r, struct pdg_http **out, struct pdg_error *err)
{
	struct pdg_http *http = NULL;

	(void)pthread_mutex_lock(&r->pool);
	if (r->n_idle > 0)
		http = r->idle[--r->n_idle];
	(void)pthread_mutex_unlock(&r->pool);
	if (!http)
		return new_client(r, out, err);
	*out = http;
	return 0;
}

void pdg_rekor_give_client(struct pdg_rekor *r, struct pdg_http *http)
{
	(void)pthread_mutex_lock(&r->pool);
	if (r->n_idle < PDG_REKOR_IDLE) {
		r->idle[r->n_idle++] = http;
		http = NULL;
	}
	(void)pthread_mutex_unlock(&r->pool);
	pdg_http_free(http);
}

void pdg_rekor_judge(struct pdg_log *rekor, const struct pdg_http_answer *answer,
		     struct pdg_log_item *item)
{
	struct pdg_rekor *r = (struct pdg_rekor *)rekor;
	PDG_AUTO(rekor_view) struct pdg_rekor_view view = {0};
	struct pdg_http *http = NULL;

	item->entry = NULL;
	item->rc = pdg_rekor_take_client(r, &http, &item->err);
	if (item->rc < 0)
		return;
	pdg_rekor_view_init(&view, r, http);
	settle(r, &view, answer, item);
	pdg_rekor_give_client(r, http);
}

void pdg_rekor_free(struct pdg_log *log)
{
	struct pdg_rekor *r = (struct pdg_rekor *)log;

	if (!r)
		return;
	while (r->n_idle > 0)
		pdg_http_free(r->idle[--r->n_idle]);
	pdg_root_free(r->root);
	free(r->url);
	free(r->submit_url);
	free(r->read_url);
	free(r->proxy);
	(void)pthread_mutex_destroy(&r->pool);
	(void)pthread_mutex_destroy(&r->history);
	(void)pthread_cond_destroy(&r->compared);
	free(r);
}

static void free_rekor(struct pdg_rekor *r)
{
	if (r)
		pdg_rekor_free(&r->log);
}
PDG_AUTO_DEFINE(rekor, struct pdg_rekor *, free_rekor)

/* The configured key and origin as a trusted root of one log: entries are judged as anybody's are.
 */
static int make_root(const struct pdg_rekor_options *opt, const struct pdg_rekor_kind *kind,
		     struct pdg_root **out, struct pdg_error *err)
{
	const struct pdg_key *key = opt->key;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(mem) char *url = pdg_str_printf("http://%s", opt->origin);
	uint8_t id[32];
	int rc = 0;

	if (!url)
		return pdg_nomem(err);
	if (kind->timed && pdg_key_type(key) != PDG_KEY_ECDSA_P256)
		rc = pdg_fail(err, PDG_E_USAGE,
			      "%s signs no entry timestamps: that takes ECDSA P-256",
			      pdg_key_details(key));
	/* For the keys of a v1 that is SHA-256 of the key, as it is there. */
	if (rc == 0)
		rc = pdg_note_key_id(opt->origin, key, id, err);
	if (rc == 0)
		rc = pdg_root_write(
			&(struct pdg_root_make){
				.base_url = url, .key = key, .log_id = id, .valid_from = 0},
			&text, err);
	if (rc == 0)
		rc = pdg_root_parse(pdg_buf_bytes(&text), out, err);
	return rc < 0 ? pdg_context(err, rc, "Rekor's key") : 0;
}

static bool is_http(const char *url)
{
	return pdg_str_starts(url, "http://") || pdg_str_starts(url, "https://");
}

static int check_options(const struct pdg_rekor_options *opt, const struct pdg_rekor_kind *kind,
			 struct pdg_error *err)
{
	if (kind->timed && opt->read_url)
		return pdg_fail(err, PDG_E_USAGE, "a Rekor v1 is read where it is written to");
	if (!opt->url || !is_http(opt->url) || (opt->read_url && !is_http(opt->read_url)))
		return pdg_fail(err, PDG_E_USAGE, "Rekor needs an http or https URL to write to%s",
				opt->read_url ? ", and one to read from" : "");
	if (!pdg_log_origin_ok(opt->origin))
		return pdg_fail(err, PDG_E_USAGE, "Rekor needs its origin, a host name");
	if (!opt->key)
		return pdg_fail(err, PDG_E_USAGE, "Rekor needs its public key");
	return 0;
}

static int keep_options(struct pdg_rekor *r, const struct pdg_rekor_options *opt,
			struct pdg_error *err)
{
	r->url = pdg_str_dup(opt->url);
	r->submit_url = pdg_url_join(opt->url, r->kind->path);
	r->read_url = opt->read_url ? pdg_str_dup(opt->read_url) : pdg_url_join(opt->url, "api/v2");
	r->proxy = pdg_str_dup(opt->proxy);
	r->submit_ms = opt->timeout_ms > 0 ? opt->timeout_ms : SUBMIT_MS;
	if (!r->url || !r->submit_url || !r->read_url || (opt->proxy && !r->proxy))
		return pdg_nomem(err);
	return 0;
}

int pdg_rekor_open(const struct pdg_rekor_options *opt, const struct pdg_rekor_kind *kind,
		   struct pdg_log **out, struct pdg_error *err)
{
	PDG_AUTO(rekor) struct pdg_rekor *r = NULL;
	int rc = check_options(opt, kind, err);

	if (rc < 0)
		return rc;
	r = pdg_calloc(1, sizeof(*r));
	if (!r)
		return pdg_nomem(err);
	r->kind = kind;
	r->log.ops = &kind->ops;
	(void)pthread_mutex_init(&r->pool, NULL);
	(void)pthread_mutex_init(&r->history, NULL);
	(void)pthread_cond_init(&r->compared, NULL);
	rc = keep_options(r, opt, err);
	if (rc == 0)
		rc = make_root(opt, kind, &r->root, err);
	if (rc < 0)
		return rc;
	pdg_rekor_remember(&r->log, &opt->known);
	*out = &PDG_TAKE(r)->log;
	return 0;
}
