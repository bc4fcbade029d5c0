/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests out, all of them: to a log, to the service, to a registry. Everything that libcurl
 * takes from the environment or the peer without being asked (proxies, .netrc, redirects,
 * cookies, other protocols, compression) is off; sizes and times are bounded before the first
 * byte.
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

static bool given_up(const struct pdg_http *h)
{
	return h->given_up && atomic_load(h->given_up);
}

/* The one transfer of @h, to its end; *@out: how libcurl ended it. */
static CURLMcode run(struct pdg_http *h, CURLcode *out, bool *out_over)
{
	const CURLMsg *msg;
	CURLMcode rc;
	int n;

	*out_over = false;
	for (;;) {
		rc = curl_multi_perform(h->multi, &n);
		while ((msg = curl_multi_info_read(h->multi, &n))) {
			if (msg->msg != CURLMSG_DONE)
				continue;
			*out = msg->data.result;
			*out_over = true;
		}
		if (rc != CURLM_OK || *out_over || given_up(h))
			return rc;
		rc = curl_multi_poll(h->multi, NULL, 0, h->given_up ? GIVEUP_MS : POLL_MS, NULL);
		if (rc != CURLM_OK || given_up(h))
			return rc;
	}
}

static int finish(struct pdg_http *h, struct pdg_http_transfer *t, struct pdg_error *err)
{
	CURLcode code = CURLE_OK;
	bool over;
	CURLMcode rc = run(h, &code, &over);

	if (over)
		return pdg_http_transfer_result(t, code, err);
	if (rc != CURLM_OK)
		return pdg_fail(err, PDG_E_IO, "libcurl: %s", curl_multi_strerror(rc));
	/* The caller's program is ending: nobody waits for this answer. A name that is still being
	 * looked up is left to libcurl's thread, which would be waited for otherwise. */
	(void)curl_easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
	return pdg_reject(err, "NET-3", "the call to %s was given up", t->request->url);
}

int pdg_http_call(struct pdg_http *h, const struct pdg_http_request *r, size_t max_body,
		  struct pdg_http_answer *out, struct pdg_error *err)
{
	struct pdg_http_transfer t = {.request = r};
	int rc;

	*out = (struct pdg_http_answer){0};
	if (given_up(h))
		return pdg_reject(err, "NET-3", "the call to %s was given up", r->url);
	rc = pdg_http_transfer_start(h, &t, max_body, err);
	if (rc == 0) {
		rc = finish(h, &t, err);
		if (rc == 0)
			*out = t.answer;
		if (rc == 0)
			t.answer = (struct pdg_http_answer){0};
		(void)curl_multi_remove_handle(h->multi, t.easy);
	}
	pdg_http_transfer_done(&t);
	return rc;
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
