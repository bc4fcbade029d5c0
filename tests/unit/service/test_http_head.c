/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of requests: what is read out of them, and everything that two readers could read in two
 * ways, each refused by its rule. */
#include <stdlib.h>
#include <string.h>

#include "service/http_head.h"
#include "support/check.h"
#include "util/limits.h"

#define POST "POST /api/v1/attestations HTTP/1.1\r\nHost: a\r\n"
#define GET  "GET /healthz HTTP/1.1\r\nHost: a\r\n"

/* What a reader that sees @text as it came says of it; fed in pieces of @step bytes. */
struct reading {
	char *bytes;
	struct pdg_http_head head;
	struct pdg_http_wrong wrong;
	enum pdg_http_read found;
	size_t end;
	bool read;
};

static struct reading read_in_steps(struct pdg_bytes text, size_t step)
{
	struct reading r = {.bytes = malloc(text.n + 1)};
	struct pdg_http_find f = {0};
	size_t n = 0;

	if (!r.bytes)
		abort();
	memcpy(r.bytes, text.p, text.n);
	do {
		n = text.n - n < step ? text.n : n + step;
		r.found = pdg_http_head_find(&f, pdg_bytes(r.bytes, n), &r.wrong);
	} while (r.found == PDG_HTTP_MORE && n < text.n);
	r.end = f.end;
	if (r.found == PDG_HTTP_READY)
		r.read = pdg_http_head_read(r.bytes, f.end, &r.head, &r.wrong);
	return r;
}

/* NULL: it is read. */
static const char *rule_of(struct pdg_bytes text, size_t step)
{
	struct reading r = read_in_steps(text, step);

	free(r.bytes);
	if (r.found == PDG_HTTP_MORE)
		return "more";
	return r.read ? NULL : r.wrong.rule;
}

static void check(struct pdg_bytes text, const char *rule)
{
	pdg_test_case("%.*s", (int)text.n, (const char *)text.p);
	CHECK_STR(rule_of(text, text.n), rule);
	CHECK_STR(rule_of(text, 1), rule);
	CHECK_STR(rule_of(text, 7), rule);
	pdg_test_case(NULL);
}

#define CHECK_HEAD(text, rule) check(pdg_bytes(text, sizeof(text) - 1), rule)

static void plain_heads(void)
{
	CHECK_HEAD(GET "\r\n", NULL);
	CHECK_HEAD(POST "Content-Length: 12\r\n\r\n", NULL);
	CHECK_HEAD(POST "content-length:0\r\n\r\n", NULL);
	CHECK_HEAD(POST "transfer-encoding: Chunked\r\n\r\n", NULL);
	CHECK_HEAD(GET "X: caf\xc3\xa9\tau lait\r\nY:\r\nZ: \r\n\r\n", NULL);
	CHECK_HEAD(GET "X:   spaces around   \r\n\r\n", NULL);
	CHECK_HEAD("GET / HTTP/1.0\r\n\r\n", NULL);
	CHECK_HEAD("GET http://a.example/healthz HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	CHECK_HEAD("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	CHECK_HEAD("M-SEARCH /x HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	CHECK_HEAD(GET "Prefer: wait=3\r\nPrefer: wait=4\r\n\r\n", NULL);
	CHECK_HEAD(GET "\r", "more");
	CHECK_HEAD("GE", "more");
}

static void what_is_read(void)
{
	static const char text[] =
		"POST /a?b=c HTTP/1.1\r\nHOST: [::1]:8700\r\nContent-Type: \t application/json \r\n"
		"Content-Length: 7\r\nExpect: 100-Continue\r\nConnection: x, CLOSE ,y\r\n"
		"Authorization: Bearer abc\r\nPrefer: wait=3\r\nPrefer: wait=4\r\n"
		"Content-Encoding: identity\r\n\r\nBODY";
	struct reading r = read_in_steps(pdg_bytes(text, sizeof(text) - 1), 5);

	CHECK(r.read);
	CHECK_UINT(r.end, sizeof(text) - 1 - 4);
	CHECK_STR(r.head.method, "POST");
	CHECK_STR(r.head.target, "/a?b=c");
	CHECK_STR(r.head.host, "[::1]:8700");
	CHECK_STR(r.head.content_type, "application/json");
	CHECK_STR(r.head.content_encoding, "identity");
	CHECK_STR(r.head.authorization, "Bearer abc");
	CHECK_STR(r.head.prefer, "wait=3");
	CHECK(r.head.has_length && r.head.length == 7 && !r.head.chunked);
	CHECK(r.head.waits && r.head.close && !r.head.old);
	CHECK(pdg_http_has_body(&r.head));
	free(r.bytes);
	r = read_in_steps(pdg_bytes_str("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), 99);
	CHECK(r.read && r.head.old && r.head.close && !r.head.waits && !r.head.host);
	CHECK(!pdg_http_has_body(&r.head));
	free(r.bytes);
	r = read_in_steps(pdg_bytes_str(GET "Connection: closed, keep-alive\r\n\r\n"), 99);
	CHECK(r.read && !r.head.close);
	free(r.bytes);
}

static void two_lengths(void)
{
	CHECK_HEAD(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 0\r\nContent-Length: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: +3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: -3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 03\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 0x3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 3, 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 3 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length:\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 99999999999999999999999\r\n\r\n", "HTP-5");
}

static void codings(void)
{
	CHECK_HEAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		   "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: chunked, identity\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: xchunked\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: chunked;x\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: \vchunked\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding: identity\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Transfer-Encoding:\r\n\r\n", "HTP-5");
	CHECK_HEAD("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "HTP-5");
}

static void hosts(void)
{
	CHECK_HEAD("GET / HTTP/1.1\r\n\r\n", "HTP-5");
	CHECK_HEAD(GET "Host: a\r\n\r\n", "HTP-5");
	CHECK_HEAD(GET "host: b\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost:\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: []\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: a_b.example:8700\r\n\r\n", NULL);
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: 192.0.2.1:\r\n\r\n", NULL);
	CHECK_HEAD("GET / HTTP/1.1\r\nHost: [2001:db8::1]:1\r\n\r\n", NULL);
}

static void lines(void)
{
	/* obs-fold */
	CHECK_HEAD(POST "X: a\r\n b\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length:\r\n 3\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "HTP-5");
	/* a space before the colon, names that are none */
	CHECK_HEAD(POST "Content-Length : 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length\t: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content Length: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X(: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X\xc3\xa9: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST ": 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "no colon\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "nocolon\r\n\r\n", "HTP-5");
	/* controls and NUL */
	CHECK_HEAD(POST "X: a\0b\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "Content-Length: 3\0\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X\0: a\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X: a\rContent-Length: 3\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X: a\r\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X: a\001b\r\n\r\n", "HTP-5");
	CHECK_HEAD(POST "X: a\177\r\n\r\n", "HTP-5");
	/* bare LF */
	CHECK_HEAD("GET /healthz HTTP/1.1\nHost: a\n\n", "HTP-5");
	CHECK_HEAD("GET /healthz HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "HTP-5");
	CHECK_HEAD(GET "\n", "HTP-5");
	CHECK_HEAD(GET "X: b\r\n\n", "HTP-5");
	/* doubles of what is one */
	CHECK_HEAD(GET "Content-Type: a\r\nContent-Type: b\r\n\r\n", "HTP-5");
	CHECK_HEAD(GET "Content-Encoding: a\r\nContent-Encoding: b\r\n\r\n", "HTP-5");
	CHECK_HEAD(GET "Authorization: a\r\nAuthorization: a\r\n\r\n", "HTP-5");
	CHECK_HEAD(GET "Expect: 200-maybe\r\n\r\n", "HTP-5");
}

static void request_lines(void)
{
	CHECK_HEAD("\r\nGET / HTTP/1.1\r\n", "HTP-5");
	CHECK_HEAD("\026\003\001\002", "HTP-5");
	CHECK_HEAD(" GET / HTTP/1.1\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /# HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /<> HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET HTTP/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET /\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.9\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / HTTP/1.1\0x\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("GET / http/1.1\r\nHost: a\r\n\r\n", "HTP-5");
	CHECK_HEAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTP-5");
}

/* @before, @n times @c, @behind. */
static void check_long(const char *before, char c, size_t n, const char *behind, const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(2));

	pdg_buf_puts(&text, before);
	memset(pdg_buf_room(&text, n), c, n);
	pdg_buf_puts(&text, behind);
	CHECK_STR(rule_of(pdg_buf_bytes(&text), text.n), rule);
	CHECK_STR(rule_of(pdg_buf_bytes(&text), 4096), rule);
}

static void limits(void)
{
	PDG_AUTO(buf) struct pdg_buf many = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	const char *const rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
	size_t i;

	check_long("GET /", 'a', PDG_LIMIT_TARGET - 15, rest, NULL);
	check_long("GET /", 'a', PDG_LIMIT_TARGET - 13, rest, "HTP-12");
	/* A line that never ends is not waited for. */
	check_long("GET /", 'a', PDG_LIMIT_MIB(1), "", "HTP-12");
	check_long(GET "X: ", 'a', PDG_LIMIT_HEADER_LINE - 4, "\r\n\r\n", NULL);
	check_long(GET "X: ", 'a', PDG_LIMIT_HEADER_LINE - 2, "\r\n\r\n", "HTP-13");
	check_long(GET "X: ", 'a', PDG_LIMIT_MIB(1), "", "HTP-13");
	check_long(GET "X: ", 'a', PDG_LIMIT_MIB(1), "\r\n\r\n", "HTP-13");
	pdg_buf_puts(&many, GET);
	for (i = 1; i < PDG_LIMIT_HEADER_FIELDS; i++)
		pdg_buf_puts(&many, "X: y\r\n");
	check_long(pdg_buf_cstr(&many), 'X', 0, "\r\n", NULL);
	check_long(pdg_buf_cstr(&many), 'X', 1, ": y\r\n\r\n", "HTP-13");
	pdg_buf_reset(&many);
	pdg_buf_puts(&many, GET);
	for (i = 0; i < PDG_LIMIT_HEADERS / 1024; i++)
		pdg_buf_printf(&many, "X: %01019d\r\n", 0);
	check_long(pdg_buf_cstr(&many), 'X', 1, ": y\r\n\r\n", "HTP-13");
}

static void targets(void)
{
	static const char *const wrong[] = {
		"/a%00",    "/a%2fb", "/a%2F",	      "/a%5Cb",	  "/a%zz",    "/a%4",
		"/%",	    "/a%0a",  "/a%20b",	      "/a%252f",  "/a?x=%00", "/a%7f",
		"/a%3Fb=1", "/a%23",  "/a?x=1%26y=2", "/a?x%3d1", "/a%c3%a9"};
	char good[] = "/api/v1/subjects/sha256%3Aab?after=%33&x";
	char none[] = "/%41%7E";
	char *path = NULL;
	char *query = NULL;
	size_t i;

	CHECK(pdg_http_target_split(good, &path, &query));
	CHECK(path == good);
	CHECK_STR(good, "/api/v1/subjects/sha256:ab");
	CHECK_STR(query, "after=3&x");
	CHECK(pdg_http_target_split(none, &path, &query));
	CHECK_STR(none, "/A~");
	CHECK(query == NULL);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[32];

		memcpy(text, wrong[i], strlen(wrong[i]) + 1);
		pdg_test_case("%s", wrong[i]);
		CHECK(!pdg_http_target_split(text, &path, &query));
	}
	pdg_test_case(NULL);
}

/* A target in absolute form is one as it came, and no other is made one by decoding. */
static void absolute_targets(void)
{
	static const struct {
		const char *target, *path;
	} cases[] = {
		{"http://localhost/healthz", "/healthz"},
		{"HTTPS://a.example:8700/health%7A", "/healthz"},
		{"http://[::1]:80/api/v1/attestations", "/api/v1/attestations"},
		{"http://localhost/", "/"},
		{"http://localhost", "http://localhost"},
		{"http:///healthz", "http:///healthz"},
		{"http://a@b/healthz", "http://a@b/healthz"},
		{"ftp://localhost/healthz", "ftp://localhost/healthz"},
		{"/http://localhost/healthz", "/http://localhost/healthz"},
		{"http://%61/healthz", "http://a/healthz"},
		{"%68ttp://x/healthz", "http://x/healthz"},
		{"http%3A//x/healthz", "http://x/healthz"},
		{"http://x/http://y/healthz", "/http://y/healthz"},
		{"%68ealthz", "healthz"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		char *path = NULL;
		char *query = NULL;

		pdg_test_case("%s", cases[i].target);
		memcpy(text, cases[i].target, strlen(cases[i].target) + 1);
		if (CHECK(pdg_http_target_split(text, &path, &query)))
			CHECK_STR(path, cases[i].path);
		CHECK(query == NULL);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("http_head", {"plain heads", plain_heads}, {"what is read", what_is_read},
	      {"two lengths", two_lengths}, {"codings", codings}, {"hosts", hosts},
	      {"lines", lines}, {"request lines", request_lines}, {"limits", limits},
	      {"targets", targets}, {"absolute targets", absolute_targets})
