/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing to a Rekor v2. A write there waits for the log's next checkpoint, about a second, so
 * that many are in flight at once. What comes back is an entry with its proof, and believed as
 * any other entry is (entry_verify.c); every other answer is an error of its item alone.
 */
#include "tlog/rekor_v2.h"

#include "tlog/rekor_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define BATCH		      256
#define PARALLEL	      4 /* calls of add() side by side */
#define IN_FLIGHT	      128
#define SUBMIT_MS	      40000
#define CONNECT_MS	      5000
#define EXCERPT		      200
#define INDEX_HEADER	      "X-Log-Index"
#define CODE_INVALID_ARGUMENT 3 /* gRPC */

/* The items of one add(), each with its request and answer. */
struct batch {
	struct pdg_log_item *items;
	size_t n;
	struct pdg_buf *body;
	struct pdg_buf *json;
	struct pdg_http_request *request;
	struct pdg_http_answer *answer;
	int *rc;
	struct pdg_error *err;
	size_t *index; /* call k is about item index[k] */
	size_t n_calls;
};

static void batch_done(struct batch *b)
{
	size_t i;

	for (i = 0; b->body && i < b->n; i++)
		pdg_buf_done(&b->body[i]);
	for (i = 0; b->json && i < b->n; i++)
		pdg_buf_done(&b->json[i]);
	for (i = 0; b->answer && i < b->n; i++)
		pdg_http_answer_done(&b->answer[i]);
	free(b->body);
	free(b->json);
	free(b->request);
	free(b->answer);
	free(b->rc);
	free(b->err);
	free(b->index);
}
PDG_AUTO_DEFINE_VALUE(batch, struct batch, batch_done)

static int batch_init(struct batch *b, struct pdg_log_item *items, size_t n, struct pdg_error *err)
{
	size_t room = n ? n : 1;

	b->items = items;
	b->n = n;
	b->body = pdg_calloc(room, sizeof(*b->body));
	b->json = pdg_calloc(room, sizeof(*b->json));
	b->request = pdg_calloc(room, sizeof(*b->request));
	b->answer = pdg_calloc(room, sizeof(*b->answer));
	b->rc = pdg_calloc(room, sizeof(*b->rc));
	b->err = pdg_calloc(room, sizeof(*b->err));
	b->index = pdg_calloc(room, sizeof(*b->index));
	if (!b->body || !b->json || !b->request || !b->answer || !b->rc || !b->err || !b->index)
		return pdg_nomem(err);
	return 0;
}

static int write_request(const struct pdg_log_item *item, struct pdg_buf *out,
			 struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kobj(&w, "hashedRekordRequestV002");
	pdg_jw_key(&w, "digest");
	pdg_jw_base64(&w, pdg_bytes(item->digest, sizeof(item->digest)));
	pdg_jw_kobj(&w, "signature");
	pdg_jw_key(&w, "content");
	pdg_jw_base64(&w, item->sig);
	pdg_jw_kobj(&w, "verifier");
	pdg_jw_kobj(&w, "publicKey");
	pdg_jw_key(&w, "rawBytes");
	pdg_jw_base64(&w, pdg_key_spki(item->key));
	pdg_jw_end(&w);
	pdg_jw_kstr(&w, "keyDetails", pdg_key_details(item->key));
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

/* One call for each item that can be logged; the others have their answer. */
static void make_requests(const struct pdg_rekor *r, struct batch *b)
{
	static const char *const want[] = {INDEX_HEADER, NULL};
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct pdg_log_item *item = &b->items[i];
		size_t k = b->n_calls;

		item->entry = NULL;
		pdg_buf_init(&b->body[k], PDG_LIMIT_LOG_ENTRY);
		pdg_buf_init(&b->json[k], PDG_LIMIT_LOG_ANSWER);
		item->rc =
			pdg_entry_body(item->digest, item->sig, item->key, &b->body[k], &item->err);
		if (item->rc == 0)
			item->rc = write_request(item, &b->json[k], &item->err);
		if (item->rc < 0)
			continue;
		b->request[k] = (struct pdg_http_request){
			.method = "POST",
			.url = r->submit_url,
			.content_type = "application/json",
			.body = pdg_buf_bytes(&b->json[k]),
			.want = want,
			.timeout_ms = r->submit_ms,
			.connect_ms = CONNECT_MS,
		};
		b->index[k] = i;
		b->n_calls++;
	}
}

static int read_entry(const struct pdg_http_answer *a, struct pdg_entry **out,
		      struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	int rc = pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_LOG_ANSWER, &j, err);

	if (rc == 0)
		rc = pdg_entry_read(j, out, err);
	if (rc == PDG_E_FORMAT || rc == PDG_E_LIMIT) {
		struct pdg_error was = {0};

		if (err)
			was = *err;
		return pdg_reject(err, "LOG-13", "the log's answer is not an entry: %s", was.text);
	}
	return rc;
}

/* A duplicate: the log names the index and gives no proof (formats.md 5.5). */
static int recover(struct pdg_rekor_view *view, const struct pdg_http_answer *a,
		   struct pdg_bytes body, struct pdg_entry **out, struct pdg_error *err)
{
	const char *header = pdg_http_header(a, INDEX_HEADER);
	uint64_t index;
	int rc;

	if (!header || !pdg_bytes_u64(pdg_bytes_str(header), INT64_MAX, &index))
		return pdg_reject(err, "LOG-13",
				  "the log has this entry already but does not say where");
	rc = pdg_rekor_view_entry(view, index, body, out, err);
	return rc < 0 ? pdg_context(err, rc, "entry the log has already") : 0;
}

/* Rekor's own word that the request is wrong: {"code":3,…}, not a page of something before it. */
static bool is_invalid_argument(const struct pdg_http_answer *a)
{
	PDG_AUTO(json) json_t *j = NULL;
	uint64_t code;

	return (a->status == 400 || a->status == 413 || a->status == 422) &&
	       pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_LOG_ANSWER, &j, NULL) == 0 &&
	       pdg_json_u64(j, "code", &code, NULL) == 0 && code == CODE_INVALID_ARGUMENT;
}

/* An answer that is neither an entry nor the place of one: what it says, and whether to try again.
 */
static int refusal(const struct pdg_rekor *r, const struct pdg_http_answer *a,
		   struct pdg_error *err)
{
	size_t n = a->body.n < EXCERPT ? a->body.n : EXCERPT;
	int rc;

	rc = pdg_reject(err, is_invalid_argument(a) ? "LOG-14" : "LOG-13",
			"%s answers with status %d instead of 201: \"%.*s\"", r->submit_url,
			a->status, (int)n, n ? (const char *)a->body.p : "");
	if (a->status == 405)
		pdg_fix(err, "the log may be frozen: configure the one that follows it");
	else if (a->status == 404 || a->status == 501 || (a->status >= 300 && a->status < 400))
		pdg_fix(err, "check url in [log]");
	return rc;
}

/* What came back for call @k: an entry that is believed, or why there is none. */
static int judge(struct pdg_rekor *r, struct pdg_rekor_view *view, const struct batch *b, size_t k,
		 struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	struct pdg_log_item *item = &b->items[b->index[k]];
	const struct pdg_http_answer *a = &b->answer[k];
	const struct pdg_root_log *log;
	struct pdg_log_head head;
	int rc;

	if (a->status == 201)
		rc = read_entry(a, &e, err);
	else if (a->status == 409)
		rc = recover(view, a, pdg_buf_bytes(&b->body[k]), &e, err);
	else
		rc = refusal(r, a, err);
	if (rc == 0)
		rc = pdg_entry_verify(e, r->root, item->digest, item->sig, item->key, &log, err);
	if (rc < 0)
		return rc;
	head = (struct pdg_log_head){.size = e->proof_size, .root = e->proof_root};
	rc = pdg_rekor_continues(r, view->http, &head, err);
	if (rc < 0)
		return rc;
	item->entry = PDG_TAKE(e);
	return 0;
}

static int new_client(const struct pdg_rekor *r, struct pdg_http **out, struct pdg_error *err)
{
	const struct pdg_http_options opt = {.proxy = r->proxy, .given_up = &r->given_up};

	return pdg_http_new(&opt, out, err);
}

static int take_client(struct pdg_rekor *r, struct pdg_http **out, struct pdg_error *err)
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

static void give_client(struct pdg_rekor *r, struct pdg_http *http)
{
	(void)pthread_mutex_lock(&r->pool);
	if (r->n_idle < PDG_REKOR_IDLE) {
		r->idle[r->n_idle++] = http;
		http = NULL;
	}
	(void)pthread_mutex_unlock(&r->pool);
	pdg_http_free(http);
}

static int rekor_add(struct pdg_log *log, struct pdg_log_item *items, size_t n,
		     struct pdg_error *err)
{
	struct pdg_rekor *r = (struct pdg_rekor *)log;
	PDG_AUTO(batch) struct batch b = {0};
	PDG_AUTO(rekor_view) struct pdg_rekor_view view = {0};
	struct pdg_http *http = NULL;
	size_t k;
	int rc;

	rc = batch_init(&b, items, n, err);
	if (rc < 0)
		return rc;
	make_requests(r, &b);
	rc = take_client(r, &http, err);
	if (rc < 0)
		return rc;
	rc = pdg_http_call_many(http, b.request, b.n_calls, IN_FLIGHT, PDG_LIMIT_LOG_ANSWER,
				b.answer, b.rc, b.err, err);
	pdg_rekor_view_init(&view, r, http);
	for (k = 0; rc == 0 && k < b.n_calls; k++) {
		struct pdg_log_item *item = &items[b.index[k]];

		item->err = b.err[k];
		item->rc = b.rc[k] < 0 ? b.rc[k] : judge(r, &view, &b, k, &item->err);
		if (item->rc < 0)
			(void)pdg_context(&item->err, item->rc, "Rekor");
	}
	give_client(r, http);
	return rc;
}

static void rekor_head(struct pdg_log *log, struct pdg_log_head *out)
{
	struct pdg_rekor *r = (struct pdg_rekor *)log;

	(void)pthread_mutex_lock(&r->history);
	*out = r->newest;
	(void)pthread_mutex_unlock(&r->history);
}

static void rekor_give_up(struct pdg_log *log)
{
	struct pdg_rekor *r = (struct pdg_rekor *)log;

	atomic_store(&r->given_up, true);
}

static void rekor_free(struct pdg_log *log)
{
	struct pdg_rekor *r = (struct pdg_rekor *)log;

	if (!r)
		return;
	while (r->n_idle > 0)
		pdg_http_free(r->idle[--r->n_idle]);
	pdg_root_free(r->root);
	free(r->submit_url);
	free(r->read_url);
	free(r->proxy);
	(void)pthread_mutex_destroy(&r->pool);
	(void)pthread_mutex_destroy(&r->history);
	free(r);
}

static const struct pdg_log_ops rekor_ops = {
	.name = "rekor-v2",
	.add = rekor_add,
	.head = rekor_head,
	.batch = BATCH,
	.parallel = PARALLEL,
	.give_up = rekor_give_up,
	.free = rekor_free,
};

static void free_rekor(struct pdg_rekor *r)
{
	if (r)
		rekor_free(&r->log);
}
PDG_AUTO_DEFINE(rekor, struct pdg_rekor *, free_rekor)

/* The configured key and origin as a trusted root of one log: entries are judged as anybody's are.
 */
static int make_root(const struct pdg_rekor_options *opt, struct pdg_root **out,
		     struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(mem) char *url = pdg_str_printf("http://%s", opt->origin);
	uint8_t id[32];
	int rc;

	if (!url)
		return pdg_nomem(err);
	rc = pdg_key_public_file(opt->key_file, &key, err);
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

static int check_options(const struct pdg_rekor_options *opt, struct pdg_error *err)
{
	if (!opt->url || !is_http(opt->url) || (opt->read_url && !is_http(opt->read_url)))
		return pdg_fail(err, PDG_E_USAGE, "Rekor needs an http or https URL to write to%s",
				opt->read_url ? ", and one to read from" : "");
	if (!pdg_log_origin_ok(opt->origin))
		return pdg_fail(err, PDG_E_USAGE, "Rekor needs its origin, a host name");
	if (!opt->key_file)
		return pdg_fail(err, PDG_E_USAGE, "Rekor needs its public key, a file");
	return 0;
}

int pdg_rekor_v2_open(const struct pdg_rekor_options *opt, struct pdg_log **out,
		      struct pdg_error *err)
{
	PDG_AUTO(rekor) struct pdg_rekor *r = NULL;
	int rc = check_options(opt, err);

	if (rc < 0)
		return rc;
	r = pdg_calloc(1, sizeof(*r));
	if (!r)
		return pdg_nomem(err);
	r->log.ops = &rekor_ops;
	(void)pthread_mutex_init(&r->pool, NULL);
	(void)pthread_mutex_init(&r->history, NULL);
	r->submit_url = pdg_url_join(opt->url, "api/v2/log/entries");
	r->read_url = opt->read_url ? pdg_str_dup(opt->read_url) : pdg_url_join(opt->url, "api/v2");
	r->proxy = pdg_str_dup(opt->proxy);
	r->submit_ms = opt->timeout_ms > 0 ? opt->timeout_ms : SUBMIT_MS;
	if (!r->submit_url || !r->read_url || (opt->proxy && !r->proxy))
		return pdg_nomem(err);
	rc = make_root(opt, &r->root, err);
	if (rc < 0)
		return rc;
	if (opt->known.size > 0) {
		r->newest = opt->known;
		r->heads[r->n_heads++] = opt->known;
	}
	*out = &PDG_TAKE(r)->log;
	return 0;
}
