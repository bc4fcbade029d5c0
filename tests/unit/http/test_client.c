/* SPDX-License-Identifier: Apache-2.0 */
/* Calls out: what is sent, what comes back, and every answer that is none. */
#include "http/client.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "support/check.h"
#include "support/fakehttp.h"
#include "util/str.h"
#include "util/time.h"

#define BODY_MAX 1000

PDG_AUTO_DEFINE(fake, struct fake_http *, fake_http_stop)

/* What the server is to answer, and what it was asked. */
struct script {
	const char *raw; /* instead of a good answer */
	enum fake_way way;
	int status;
	const char *headers;
	char *asked; /* "METHOD PATH BODY" of the last request */
	char *head;
	unsigned requests;
	unsigned waiting; /* requests that are held until so many are there */
};

static void script_done(struct script *s)
{
	free(s->asked);
	free(s->head);
}
PDG_AUTO_DEFINE_VALUE(script, struct script, script_done)

static void answer(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	struct script *s = ctx;
	PDG_AUTO(mem) char *body = pdg_bytes_dup(req->body);

	s->requests++;
	free(s->asked);
	free(s->head);
	s->asked = pdg_str_printf("%s %s %s", req->method, req->path, body ? body : "");
	s->head = pdg_bytes_dup(req->head);
	reply->way = s->way;
	if (s->raw)
		pdg_buf_puts(&reply->raw, s->raw);
	else
		fake_reply_http(reply, s->status ? s->status : 200,
				"Application/JSON; charset=utf-8", s->headers,
				pdg_bytes_str("{\"a\":1}"));
}

static struct pdg_http *new_client(void)
{
	const struct pdg_http_options opt = {0};
	struct pdg_http *h = NULL;

	CHECK_OK(pdg_http_new(&opt, &h, NULL), NULL);
	return h;
}

static int get(struct pdg_http *h, const char *url, int timeout_ms, struct pdg_http_answer *out,
	       struct pdg_error *err)
{
	const struct pdg_http_request r = {.method = "GET", .url = url, .timeout_ms = timeout_ms};

	return pdg_http_call(h, &r, BODY_MAX, out, err);
}

static void plain_calls(void)
{
	static const char *const want[] = {"X-Log-Index", "X-Absent", "date", NULL};
	static const char *const headers[] = {"X-Mine: 7", "Accept: application/json", NULL};
	PDG_AUTO(script)
	struct script s = {.headers = "x-log-index: 42\r\nRetry-After: 17\r\n"
				      "Location: /elsewhere\r\n",
			   .status = 409};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(http_answer) struct pdg_http_answer b = {0};
	PDG_AUTO(mem) char *url = pdg_url_join(fake_http_url(f), "/api/v1?x=y");
	struct pdg_http_request r = {.method = "POST",
				     .url = url,
				     .content_type = "application/json",
				     .body = pdg_bytes_str("{\"b\":2}"),
				     .headers = headers,
				     .want = want,
				     .timeout_ms = 5000};
	struct pdg_error err = {0};

	CHECK_OK(pdg_http_call(h, &r, BODY_MAX, &a, &err), &err);
	CHECK_STR(s.asked, "POST /api/v1?x=y {\"b\":2}");
	CHECK_HAS(s.head, "\r\nContent-Type: application/json\r\n");
	CHECK_HAS(s.head, "\r\nX-Mine: 7\r\n");
	CHECK_HAS(s.head, "\r\nUser-Agent: pedigree/");
	CHECK(!strcasestr(s.head, "accept-encoding"));
	CHECK(!strcasestr(s.head, "expect"));
	CHECK_INT(a.status, 409);
	CHECK_STR(a.content_type, "application/json");
	CHECK_INT(a.retry_after, 17);
	CHECK_STR(a.location, "/elsewhere");
	CHECK_STR(pdg_http_header(&a, "X-Log-Index"), "42");
	CHECK_STR(pdg_http_header(&a, "X-Absent"), NULL);
	CHECK_BYTES_STR(pdg_buf_bytes(&a.body), "{\"a\":1}");
	s.headers = NULL;
	s.status = 200;
	CHECK_OK(get(h, url, 5000, &b, &err), &err);
	CHECK_STR(s.asked, "GET /api/v1?x=y ");
	CHECK_INT(b.retry_after, -1);
	CHECK_STR(b.location, NULL);
	CHECK_STR(pdg_http_header(&b, "X-Log-Index"), NULL);
}

static void chunks_and_trailers(void)
{
	PDG_AUTO(script)
	struct script s = {
		.raw = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		       "Trailer: X-T\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n"};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	struct pdg_error err = {0};

	CHECK_OK(get(h, fake_http_url(f), 5000, &a, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&a.body), "abcde");
	CHECK_STR(a.content_type, "");
}

static void post_without_body(void)
{
	PDG_AUTO(script) struct script s = {0};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	const struct pdg_http_request r = {
		.method = "POST", .url = fake_http_url(f), .timeout_ms = 5000};
	struct pdg_error err = {0};

	CHECK_OK(pdg_http_call(h, &r, BODY_MAX, &a, &err), &err);
	CHECK_STR(s.asked, "POST / ");
	CHECK_HAS(s.head, "\r\nContent-Length: 0\r\n");
}

/* A redirect is an answer; the place it names is not called. */
static void redirects_are_not_followed(void)
{
	static const int status[] = {301, 302, 303, 307, 308};
	PDG_AUTO(script) struct script s = {.headers = "Location: /other\r\n"};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(status) / sizeof(status[0]); i++) {
		PDG_AUTO(http_answer) struct pdg_http_answer a = {0};

		s.status = status[i];
		CHECK_OK(get(h, fake_http_url(f), 5000, &a, &err), &err);
		CHECK_INT(a.status, status[i]);
		CHECK_STR(a.location, "/other");
		CHECK_UINT(s.requests, i + 1);
	}
}

static void answers_that_are_none(void)
{
	static const struct {
		const char *raw;
		enum fake_way way;
		const char *rule;
	} t[] = {
		{"", FAKE_CLOSE, "NET-3"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cut\":", FAKE_CLOSE, "NET-3"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", FAKE_CLOSE,
		 "NET-3"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", FAKE_CLOSE,
		 "NET-3"},
		{"HTTP/1.1 200 OK\r\nContent-Le", FAKE_CLOSE, "NET-3"},
		{"SSH-2.0-OpenSSH_9.2\r\n", FAKE_CLOSE, "NET-3"},
		{"<html>no status line</html>", FAKE_CLOSE, "NET-3"},
		{"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", FAKE_CLOSE, "NET-3"},
		{"", FAKE_HANG, "NET-2"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", FAKE_HANG, "NET-2"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"slow\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 FAKE_DRIP, "NET-2"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", FAKE_ENDLESS, "NET-4"},
		{"HTTP/1.1 200 OK\r\n\r\n", FAKE_ENDLESS, "NET-4"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", FAKE_ENDLESS,
		 "NET-4"},
	};
	PDG_AUTO(script) struct script s = {0};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pdg_http_answer a = {0};
		struct pdg_error err = {0};
		int64_t start = pdg_monotonic_ms();

		pdg_test_case("case %zu", i);
		fake_http_lock(f);
		s.raw = t[i].raw;
		s.way = t[i].way;
		fake_http_unlock(f);
		CHECK_RULE(get(h, fake_http_url(f), 700, &a, &err), &err, t[i].rule);
		CHECK(pdg_monotonic_ms() - start < 5000);
		CHECK(!a.body.p && !a.content_type);
		pdg_http_answer_done(&a);
	}
	pdg_test_case(NULL);
}

/* Endless headers: a first line of 1 MB, then many lines. */
static void endless_headers(void)
{
	PDG_AUTO(script) struct script s = {.way = FAKE_CLOSE};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT((size_t)4 << 20);
	struct pdg_http_answer a = {0};
	struct pdg_error err = {0};
	int i;

	pdg_buf_puts(&raw, "HTTP/1.1 200 OK\r\n");
	for (i = 0; i < 20000; i++)
		pdg_buf_printf(&raw, "X-%d: some value that says nothing\r\n", i);
	s.raw = pdg_buf_cstr(&raw);
	CHECK_RULE(get(h, fake_http_url(f), 5000, &a, &err), &err, "NET-4");
	pdg_http_answer_done(&a);
}

static void size_limit_is_exact(void)
{
	PDG_AUTO(script) struct script s = {.way = FAKE_CLOSE};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	struct pdg_http_answer b = {0};
	struct pdg_error err = {0};
	int i;

	pdg_buf_puts(&raw, "HTTP/1.1 200 OK\r\n\r\n");
	for (i = 0; i < BODY_MAX; i++)
		pdg_buf_putc(&raw, 'a');
	s.raw = pdg_buf_cstr(&raw);
	CHECK_OK(get(h, fake_http_url(f), 5000, &a, &err), &err);
	CHECK_UINT(a.body.n, BODY_MAX);
	pdg_buf_putc(&raw, 'a');
	s.raw = pdg_buf_cstr(&raw);
	CHECK_RULE(get(h, fake_http_url(f), 5000, &b, &err), &err, "NET-4");
}

static void nobody_there(void)
{
	PDG_AUTO(http) struct pdg_http *h = new_client();
	PDG_AUTO(mem) char *dead = pdg_str_printf("http://127.0.0.1:%u/", fake_http_dead_port());
	PDG_AUTO(script) struct script s = {0};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(mem) char *tls = pdg_str_printf("https://127.0.0.1:%u/", fake_http_port(f));
	struct pdg_http_answer a = {0};
	struct pdg_error err = {0};

	CHECK_RULE(get(h, dead, 5000, &a, &err), &err, "NET-1");
	CHECK_RULE(get(h, "http://nowhere.invalid/", 5000, &a, &err), &err, "NET-1");
	/* a server that waits for a request where TLS belongs */
	CHECK_RULE(get(h, tls, 300, &a, &err), &err, "NET-2");
}

static void urls_that_are_not_called(void)
{
	static const char *const bad[] = {
		"",
		"localhost",
		"ftp://localhost/",
		"file:///etc/passwd",
		"gopher://localhost/",
		"http://",
		"http:///path",
		"http://user@localhost/",
		"http://user:secret@localhost/",
		"http://localhost/a b",
		"http://localhost/\r\nX: y",
		"http://localhost:99999/",
		"//localhost/",
		"javascript:alert(1)",
		"http//localhost",
	};
	PDG_AUTO(http) struct pdg_http *h = new_client();
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pdg_http_answer a = {0};
		struct pdg_error err = {0};

		pdg_test_case("\"%s\"", bad[i]);
		CHECK_CODE(get(h, bad[i], 1000, &a, &err), &err, PDG_E_USAGE);
	}
	pdg_test_case(NULL);
}

static void header_injection(void)
{
	static const char *const headers[] = {"X-A: b\r\nX-C: d", NULL};
	PDG_AUTO(script) struct script s = {0};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(http) struct pdg_http *h = new_client();
	struct pdg_http_request r = {.method = "GET", .url = fake_http_url(f), .headers = headers};
	struct pdg_http_answer a = {0};
	struct pdg_error err = {0};

	CHECK_CODE(pdg_http_call(h, &r, BODY_MAX, &a, &err), &err, PDG_E_USAGE);
	r.headers = NULL;
	r.content_type = "text/plain\nX: y";
	CHECK_CODE(pdg_http_call(h, &r, BODY_MAX, &a, &err), &err, PDG_E_USAGE);
	CHECK_UINT(s.requests, 0);
}

/* Neither proxy nor anything else comes from the environment; a configured proxy is used. */
static void proxies(void)
{
	PDG_AUTO(script) struct script s = {0};
	PDG_AUTO(script) struct script ps = {0};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	PDG_AUTO(fake) struct fake_http *proxy = fake_http_start(answer, &ps);
	PDG_AUTO(mem) char *dead = pdg_str_printf("http://127.0.0.1:%u", fake_http_dead_port());
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(http_answer) struct pdg_http_answer b = {0};
	PDG_AUTO(http) struct pdg_http *h = NULL;
	PDG_AUTO(http) struct pdg_http *by = NULL;
	struct pdg_http_options opt = {.proxy = fake_http_url(proxy)};
	struct pdg_error err = {0};

	CHECK(setenv("http_proxy", dead, 1) == 0 && setenv("all_proxy", dead, 1) == 0);
	CHECK(setenv("no_proxy", "*", 1) == 0 && setenv("NO_PROXY", "*", 1) == 0);
	h = new_client();
	CHECK_OK(get(h, fake_http_url(f), 5000, &a, &err), &err);
	CHECK_UINT(s.requests, 1);
	CHECK_OK(pdg_http_new(&opt, &by, &err), &err);
	CHECK_OK(get(by, "http://example.invalid/x", 5000, &b, &err), &err);
	CHECK_STR(ps.asked, "GET http://example.invalid/x ");
	CHECK(unsetenv("http_proxy") == 0 && unsetenv("all_proxy") == 0);
	CHECK(unsetenv("no_proxy") == 0 && unsetenv("NO_PROXY") == 0);
}

/* Each request gets its own answer; some fail; connections are used again. */
static void *give_up_soon(void *ctx)
{
	const struct timespec ts = {.tv_nsec = 150 * 1000 * 1000};
	atomic_bool *given_up = ctx;

	(void)nanosleep(&ts, NULL);
	atomic_store(given_up, true);
	return NULL;
}

/* A call to a server that never answers, and one that is not begun yet. */
static void given_up(void)
{
	PDG_AUTO(script) struct script s = {.raw = "", .way = FAKE_HANG};
	PDG_AUTO(fake) struct fake_http *f = fake_http_start(answer, &s);
	atomic_bool flag = false;
	const struct pdg_http_options opt = {.given_up = &flag};
	const struct pdg_http_request get = {
		.method = "GET", .url = fake_http_url(f), .timeout_ms = 60000};
	PDG_AUTO(http) struct pdg_http *h = NULL;
	struct pdg_http_answer out;
	struct pdg_error err = {0};
	pthread_t thread;
	int64_t start = pdg_monotonic_ms();

	CHECK_OK(pdg_http_new(&opt, &h, &err), &err);
	CHECK_INT(pthread_create(&thread, NULL, give_up_soon, &flag), 0);
	CHECK_RULE(pdg_http_call(h, &get, BODY_MAX, &out, &err), &err, "NET-3");
	CHECK(pdg_monotonic_ms() - start < 5000);
	CHECK_RULE(pdg_http_call(h, &get, BODY_MAX, &out, &err), &err, "NET-3");
	CHECK(pdg_monotonic_ms() - start < 5000);
	CHECK_INT(pthread_join(thread, NULL), 0);
}

static void joined_urls(void)
{
	static const char *const t[][3] = {
		{"http://h", "p", "http://h/p"},
		{"http://h/", "/p", "http://h/p"},
		{"http://h//", "//p/q", "http://h/p/q"},
		{"http://h/a", "p?x=y", "http://h/a/p?x=y"},
		{"http://h", "", "http://h/"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(mem) char *url = pdg_url_join(t[i][0], t[i][1]);

		CHECK_STR(url, t[i][2]);
	}
}

PDG_TEST_MAIN("client", {"plain calls", plain_calls}, {"chunks and trailers", chunks_and_trailers},
	      {"post without body", post_without_body},
	      {"redirects are not followed", redirects_are_not_followed},
	      {"answers that are none", answers_that_are_none},
	      {"endless headers", endless_headers}, {"size limit is exact", size_limit_is_exact},
	      {"nobody there", nobody_there},
	      {"URLs that are not called", urls_that_are_not_called},
	      {"header injection", header_injection}, {"proxies", proxies}, {"given up", given_up},
	      {"joined URLs", joined_urls})
