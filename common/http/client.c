/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests out, all of them: to a log, to the service, to a registry. Everything that libcurl
 * takes from the environment or the peer without being asked (proxies, .netrc, redirects,
 * cookies, other protocols, compression) is off; sizes and times are bounded before the first
 * byte. One call is many calls of one.
 */
#include "http/client.h"

#include <pthread.h>
#include <string.h>

#include "http/client_impl.h"
#include "util/size.h"
#include "util/str.h"

#define POLL_MS	  1000
#define GIVEUP_MS 200

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_rc;

static void global_init(void)
{
	global_rc = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void pdg_http_free(struct pdg_http *h)
{
	if (!h)
		return;
	(void)curl_multi_cleanup(h->multi);
	free(h->proxy);
	free(h->ca_file);
	free(h->client_cert);
	pdg_buf_done(&h->client_key);
	free(h->agent);
	free(h);
}

int pdg_http_new(const struct pdg_http_options *opt, struct pdg_http **out, struct pdg_error *err)
{
	PDG_AUTO(http) struct pdg_http *h = NULL;

	(void)pthread_once(&global_once, global_init);
	if (global_rc != CURLE_OK)
		return pdg_fail(err, PDG_E_INTERNAL, "libcurl: %s", curl_easy_strerror(global_rc));
	h = pdg_calloc(1, sizeof(*h));
	if (!h)
		return pdg_nomem(err);
	h->multi = curl_multi_init();
	h->proxy = pdg_str_dup(opt->proxy ? opt->proxy : "");
	h->ca_file = pdg_str_dup(opt->ca_file);
	h->client_cert = pdg_str_dup(opt->client_cert);
	pdg_buf_init(&h->client_key, opt->client_key.n + 1);
	pdg_buf_put(&h->client_key, opt->client_key);
	h->agent = pdg_str_dup(opt->user_agent ? opt->user_agent : "pedigree/" PDG_VERSION);
	h->given_up = opt->given_up;
	if (!h->multi || !h->proxy || !h->agent || (opt->ca_file && !h->ca_file) ||
	    (opt->client_cert && !h->client_cert) || h->client_key.failed)
		return pdg_nomem(err);
	*out = PDG_TAKE(h);
	return 0;
}

const char *pdg_http_header(const struct pdg_http_answer *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->n_headers; i++) {
		if (pdg_str_eq(a->headers[i].name, name))
			return a->headers[i].value;
	}
	return NULL;
}

void pdg_http_answer_done(struct pdg_http_answer *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->n_headers; i++)
		free(a->headers[i].value);
	free(a->headers);
	free(a->content_type);
	free(a->location);
	pdg_buf_done(&a->body);
	*a = (struct pdg_http_answer){0};
}

/* A transfer has ended: its result, and the handle gives its connection back. */
static void end(struct pdg_http *h, struct pdg_http_transfer *t, CURLcode code,
		struct pdg_http_answer *out, int *out_rc, struct pdg_error *err)
{
	*out_rc = pdg_http_transfer_result(t, code, err);
	if (*out_rc == 0) {
		*out = t->answer;
		t->answer = (struct pdg_http_answer){0};
	}
	(void)curl_multi_remove_handle(h->multi, t->easy);
	pdg_http_transfer_done(t);
}

/* What call_many() hands from step to step. */
struct run {
	struct pdg_http *h;
	struct pdg_http_transfer *t;
	size_t n;
	size_t next; /* first that was not started */
	size_t active;
	struct pdg_http_answer *out;
	int *rcs;
	struct pdg_error *errs;
};

static void start_some(struct run *r, const struct pdg_http_request *requests, unsigned parallel,
		       size_t max_body)
{
	while (r->next < r->n && r->active < parallel) {
		struct pdg_http_transfer *t = &r->t[r->next];

		t->request = &requests[r->next];
		r->rcs[r->next] = pdg_http_transfer_start(r->h, t, max_body, &r->errs[r->next]);
		if (r->rcs[r->next] < 0)
			pdg_http_transfer_done(t);
		else
			r->active++;
		r->next++;
	}
}

static void end_some(struct run *r)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(r->h->multi, &left))) {
		struct pdg_http_transfer *t = NULL;
		size_t i;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		i = (size_t)(t - r->t);
		end(r->h, t, msg->data.result, &r->out[i], &r->rcs[i], &r->errs[i]);
		r->active--;
	}
}

/*
 * The caller's program is ending: nobody waits for these answers. A name that is still being looked
 * up is left to libcurl's thread, which would be waited for otherwise.
 */
static void give_up(struct run *r, const struct pdg_http_request *requests)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		struct pdg_http_transfer *t = &r->t[i];

		if (i < r->next && !t->easy)
			continue;
		r->rcs[i] = pdg_reject(&r->errs[i], "NET-3", "the call to %s was given up",
				       requests[i].url);
		if (!t->easy)
			continue;
		(void)curl_easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
		(void)curl_multi_remove_handle(r->h->multi, t->easy);
		pdg_http_transfer_done(t);
	}
	r->next = r->n;
	r->active = 0;
}

static bool given_up(const struct pdg_http *h)
{
	return h->given_up && atomic_load(h->given_up);
}

static void run_done(struct run *r)
{
	size_t i;

	for (i = 0; r->t && i < r->next; i++) {
		if (r->t[i].easy)
			(void)curl_multi_remove_handle(r->h->multi, r->t[i].easy);
		pdg_http_transfer_done(&r->t[i]);
	}
	free(r->t);
}
PDG_AUTO_DEFINE_VALUE(run, struct run, run_done)

int pdg_http_call_many(struct pdg_http *h, const struct pdg_http_request *r, size_t n,
		       unsigned parallel, size_t max_body, struct pdg_http_answer *out, int *rcs,
		       struct pdg_error *errs, struct pdg_error *err)
{
	PDG_AUTO(run) struct run run = {.h = h, .n = n, .out = out, .rcs = rcs, .errs = errs};
	CURLMcode rc = CURLM_OK;
	int running;
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (struct pdg_http_answer){0};
	run.t = pdg_calloc(n ? n : 1, sizeof(*run.t));
	if (!run.t)
		return pdg_nomem(err);
	if (!given_up(h))
		start_some(&run, r, parallel ? parallel : 1, max_body);
	while (run.active > 0 && rc == CURLM_OK && !given_up(h)) {
		rc = curl_multi_perform(h->multi, &running);
		end_some(&run);
		start_some(&run, r, parallel ? parallel : 1, max_body);
		if (rc == CURLM_OK && run.active > 0)
			rc = curl_multi_poll(h->multi, NULL, 0, h->given_up ? GIVEUP_MS : POLL_MS,
					     NULL);
	}
	if (given_up(h))
		give_up(&run, r);
	if (rc == CURLM_OK)
		return 0;
	for (i = 0; i < n; i++)
		pdg_http_answer_done(&out[i]);
	return pdg_fail(err, PDG_E_IO, "libcurl: %s", curl_multi_strerror(rc));
}

int pdg_http_call(struct pdg_http *h, const struct pdg_http_request *r, size_t max_body,
		  struct pdg_http_answer *out, struct pdg_error *err)
{
	struct pdg_error own = {0};
	int call_rc = 0;
	int rc = pdg_http_call_many(h, r, 1, 1, max_body, out, &call_rc, err ? err : &own, err);

	return rc < 0 ? rc : call_rc;
}

char *pdg_url_join(const char *base, const char *path)
{
	size_t n = strlen(base);

	while (n > 0 && base[n - 1] == '/')
		n--;
	while (*path == '/')
		path++;
	return pdg_str_printf("%.*s/%s", (int)n, base, path);
}
