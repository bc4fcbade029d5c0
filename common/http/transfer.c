/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call out: every option that libcurl is given, the limits that hold while it runs, and what
 * its end means. What is not set here is left to libcurl only where its default is the safe one.
 */
#include <limits.h>
#include <string.h>

#include "http/client_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define DEFAULT_TIMEOUT_MS 30000

void pdg_http_transfer_done(struct pdg_http_transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	pdg_http_answer_done(&t->answer);
	t->easy = NULL;
	t->headers = NULL;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct pdg_http_transfer *t = arg;

	pdg_buf_put(&t->answer.body, pdg_bytes(data, size * n));
	t->too_large = t->answer.body.failed == PDG_E_LIMIT;
	t->no_memory = t->answer.body.failed == PDG_E_NOMEM;
	return t->answer.body.failed ? 0 : size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct pdg_http_transfer *t = arg;

	/* libcurl takes headers that break off in the middle for an answer without a body. */
	if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
		t->head_whole = false;
	else if (size * n > 0 && (data[0] == '\r' || data[0] == '\n'))
		t->head_whole = true;
	t->header_bytes += size * n;
	if (t->header_bytes > PDG_LIMIT_ANSWER_HEADERS)
		t->too_large = true;
	return t->too_large ? 0 : size * n;
}

/* http or https, a host, no password, nothing that could end a line. */
static int check_url(const char *url, struct pdg_error *err)
{
	char *user = NULL;
	CURLU *u = NULL;
	const char *p;
	bool good;

	for (p = url; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return pdg_fail(err, PDG_E_USAGE, "\"%s\" is not a URL", url);
	}
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return pdg_fail(err, PDG_E_USAGE, "\"%s\" is not an http or https URL", url);
	/* libcurl would take "http:///path" for a host "path". */
	if (strstr(url, "://")[3] == '/')
		return pdg_fail(err, PDG_E_USAGE, "\"%s\" is a URL without a host", url);
	u = curl_url();
	if (!u)
		return pdg_nomem(err);
	good = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	       curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;
	curl_free(user);
	curl_url_cleanup(u);
	if (!good)
		return pdg_fail(err, PDG_E_USAGE,
				"\"%s\" is not a URL that is called: it needs a host, and no user",
				url);
	return 0;
}

static int add_header(struct pdg_http_transfer *t, const char *line, struct pdg_error *err)
{
	struct curl_slist *grown;

	if (strpbrk(line, "\r\n"))
		return pdg_fail(err, PDG_E_USAGE, "a request header holds a line end");
	grown = curl_slist_append(t->headers, line);
	if (!grown)
		return pdg_nomem(err);
	t->headers = grown;
	return 0;
}

static int add_headers(struct pdg_http_transfer *t, struct pdg_error *err)
{
	const struct pdg_http_request *r = t->request;
	PDG_AUTO(mem) char *type = NULL;
	const char *const *line;
	int rc;

	/* No wait for "100 Continue", and no encoding of the answer that we would have to undo. */
	rc = add_header(t, "Expect:", err);
	if (rc == 0 && r->content_type) {
		type = pdg_str_printf("Content-Type: %s", r->content_type);
		rc = type ? add_header(t, type, err) : pdg_nomem(err);
	}
	for (line = r->headers; rc == 0 && line && *line; line++)
		rc = add_header(t, *line, err);
	return rc;
}

static int set_up(const struct pdg_http *h, struct pdg_http_transfer *t, struct pdg_error *err)
{
	const struct pdg_http_request *r = t->request;
	long timeout = r->timeout_ms > 0 ? r->timeout_ms : DEFAULT_TIMEOUT_MS;
	struct curl_blob key = {.flags = CURL_BLOB_NOCOPY};
	CURL *e = t->easy;
	CURLcode rc = CURLE_OK;

/* All options that are given a value; the first that libcurl does not take ends the call. */
#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (rc == CURLE_OK)                                                                \
			rc = curl_easy_setopt(e, option, value);                                   \
	} while (0)
	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	t->shows = h->client_cert != NULL;
	t->proxied = h->proxy[0] != '\0';
	SET(CURLOPT_PROXY, h->proxy);
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_USERAGENT, h->agent);
	SET(CURLOPT_TIMEOUT_MS, timeout);
	SET(CURLOPT_CONNECTTIMEOUT_MS, r->connect_ms > 0 ? (long)r->connect_ms : timeout);
	SET(CURLOPT_ERRORBUFFER, t->why);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, (void *)t);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, (void *)t);
	SET(CURLOPT_PRIVATE, (void *)t);
	if (h->ca_file) {
		SET(CURLOPT_CAINFO, h->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (h->client_cert) {
		key.data = h->client_key.p;
		key.len = h->client_key.n;
		SET(CURLOPT_SSLCERT, h->client_cert);
		SET(CURLOPT_SSLKEY_BLOB, &key);
		/* Without it OpenSSL would ask whoever sits at the terminal. */
		SET(CURLOPT_KEYPASSWD, "");
	}
	if (r->body.n > 0 || pdg_str_eq(r->method, "POST")) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
		SET(CURLOPT_POSTFIELDS, r->body.n > 0 ? (const char *)r->body.p : "");
	}
	SET(CURLOPT_CUSTOMREQUEST, r->method);
#undef SET
	if (rc == CURLE_OUT_OF_MEMORY)
		return pdg_nomem(err);
	return rc == CURLE_OK
		       ? 0
		       : pdg_fail(err, PDG_E_INTERNAL, "libcurl: %s", curl_easy_strerror(rc));
}

int pdg_http_transfer_start(struct pdg_http *h, struct pdg_http_transfer *t, size_t max_body,
			    struct pdg_error *err)
{
	int rc;

	if (!t->request->method || !t->request->url)
		return pdg_fail(err, PDG_E_USAGE, "a request without method or URL");
	rc = check_url(t->request->url, err);
	if (rc < 0)
		return rc;
	pdg_buf_init(&t->answer.body, max_body);
	t->easy = curl_easy_init();
	if (!t->easy)
		return pdg_nomem(err);
	rc = add_headers(t, err);
	if (rc == 0)
		rc = set_up(h, t, err);
	if (rc < 0)
		return rc;
	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		return pdg_nomem(err);
	return 0;
}

/* Does the server end TLS for the certificate that it was shown, or for one that it was not? By the
 * alert's name: libcurl has no code for it, and it comes with any call once the handshake is over.
 */
static bool refuses_ours(const char *why)
{
	const char *alert = strstr(why, " alert ");

	return alert && (strstr(alert, "certificate") || strstr(alert, "unknown ca"));
}

/* @rc is that of a refusal by NET-5 over the server's certificate. */
static int server_certificate(int rc, const char *why, struct pdg_error *err)
{
	if (strstr(why, "expired") || strstr(why, "not yet valid"))
		pdg_fix(err, "see that this machine's clock is right; if it is, whoever runs that "
			     "server has to renew its certificate");
	return rc;
}

static int no_answer(const struct pdg_http_transfer *t, const char *why, struct pdg_error *err)
{
	const char *url = t->request->url;
	int rc = pdg_reject(err, "NET-3", "%s gives no whole HTTP answer%s: %s", url,
			    t->proxied ? " through the proxy" : "", why);

	if (t->proxied)
		pdg_fix(err, "see that the proxy lets this address through");
	else if (t->shows) /* the alert is lost where the connection is reset behind it */
		pdg_fix(err, "does the server believe the client certificate that is shown "
			     "(clientCa of a pedigreed; its log says tls-refused)? else see that "
			     "it runs, and try again");
	else if (pdg_str_starts(url, "http://"))
		pdg_fix(err, "does it speak TLS there? then the address begins with https://; else "
			     "see that a server of this kind runs there, and try again");
	return rc;
}

static int no_connection(const struct pdg_http_transfer *t, const char *why, struct pdg_error *err)
{
	const char *url = t->request->url;
	int rc = pdg_reject(err, "NET-1", "cannot connect to %s%s: %s", url,
			    t->proxied ? " through the proxy" : "", why);

	if (strstr(why, "wrong version number"))
		pdg_fix(err, "is it a port without TLS? then the address begins with http://");
	else if (t->proxied)
		pdg_fix(err, "see that the proxy (--proxy, pedigree.proxy, proxy in [service]) "
			     "answers, and that it reaches this address");
	return rc;
}

static int failure(const struct pdg_http_transfer *t, CURLcode code, struct pdg_error *err)
{
	const char *url = t->request->url;
	const char *why = t->why[0] ? t->why : curl_easy_strerror(code);

	if (t->no_memory || code == CURLE_OUT_OF_MEMORY)
		return pdg_nomem(err);
	if (t->header_bytes > PDG_LIMIT_ANSWER_HEADERS)
		return pdg_reject(err, "NET-4", "%s answers with more than %zu bytes of headers",
				  url, PDG_LIMIT_ANSWER_HEADERS);
	if (t->too_large)
		return pdg_reject(err, "NET-4", "%s answers with more than %zu bytes", url,
				  t->answer.body.max);
	if (refuses_ours(why)) {
		(void)pdg_reject(err, "NET-5",
				 "%s refuses our client certificate, or that there "
				 "is none: %s",
				 url, why);
		pdg_fix(err,
			"show a client certificate of an authority that the server believes (clientCa of a "
			"pedigreed), good now and for clients, with all that stand between "
			"it and the authority");
		return PDG_E_IO;
	}
	switch (code) {
	case CURLE_URL_MALFORMAT:
		return pdg_fail(err, PDG_E_USAGE, "\"%s\" is not a URL: %s", url, why);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return no_connection(t, why, err);
	case CURLE_SSL_CERTPROBLEM:
		(void)pdg_reject(err, "NET-5", "cannot connect to %s: %s", url, why);
		pdg_fix(err,
			"the client certificate and its key have to belong together, in PEM and without "
			"a passphrase");
		return PDG_E_IO;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return server_certificate(
			pdg_reject(err, "NET-5", "cannot connect to %s: %s", url, why), why, err);
	case CURLE_OPERATION_TIMEDOUT:
		return pdg_reject(err, "NET-2", "%s does not answer in time: %s", url, why);
	default:
		return no_answer(t, why, err);
	}
}

/* The media type without parameters, in lower case. */
static char *media_type(const char *value)
{
	size_t n = value ? strcspn(value, "; \t") : 0;
	char *type = pdg_bytes_dup(pdg_bytes(value ? value : "", n));
	size_t i;

	for (i = 0; type && i < n; i++) {
		if (type[i] >= 'A' && type[i] <= 'Z')
			type[i] = (char)(type[i] - 'A' + 'a');
	}
	return type;
}

static const char *header_of(CURL *easy, const char *name)
{
	struct curl_header *header;

	/* The first, where a peer sends several: nothing here decides anything alone. */
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	return header->value;
}

static int keep_headers(struct pdg_http_transfer *t, struct pdg_error *err)
{
	struct pdg_http_answer *a = &t->answer;
	const char *const *want = t->request->want;
	const char *value;
	size_t n = 0;
	size_t i;

	while (want && want[n])
		n++;
	a->headers = pdg_calloc(n + 1, sizeof(*a->headers));
	if (!a->headers)
		return pdg_nomem(err);
	for (i = 0; i < n; i++) {
		value = header_of(t->easy, want[i]);
		if (!value)
			continue;
		a->headers[a->n_headers].name = want[i];
		a->headers[a->n_headers].value = pdg_str_dup(value);
		if (!a->headers[a->n_headers].value)
			return pdg_nomem(err);
		a->n_headers++;
	}
	return 0;
}

static int finish(struct pdg_http_transfer *t, struct pdg_error *err)
{
	struct pdg_http_answer *a = &t->answer;
	const char *location = header_of(t->easy, "Location");
	curl_off_t retry = 0;
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry);
	if (status < 100 || status > 599)
		return pdg_reject(err, "NET-3", "%s answers with status %ld", t->request->url,
				  status);
	if (!t->head_whole)
		return pdg_reject(err, "NET-3", "%s breaks off in its headers", t->request->url);
	a->status = (int)status;
	a->retry_after = -1;
	if (header_of(t->easy, "Retry-After") && retry >= 0)
		a->retry_after = retry > INT_MAX ? INT_MAX : (int)retry;
	a->content_type = media_type(header_of(t->easy, "Content-Type"));
	a->location = pdg_str_dup(location);
	if (!a->content_type || (location && !a->location))
		return pdg_nomem(err);
	return keep_headers(t, err);
}

int pdg_http_transfer_result(struct pdg_http_transfer *t, CURLcode code, struct pdg_error *err)
{
	return code == CURLE_OK ? finish(t, err) : failure(t, code, err);
}
