/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and replies without a wire: framing that two readers could read in two ways, routes,
 * preferences, problem documents, the budget of bytes in flight.
 */
#include <string.h>

#include "service/budget.h"
#include "service/framing.h"
#include "service/http.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/rule.h"
#include "util/str.h"

struct line {
	const char *name, *value;
	size_t value_n; /* 0: strlen */
};

static void add(struct pdg_framing *f, const struct line *h)
{
	pdg_framing_header(f, pdg_bytes_str(h->name),
			   pdg_bytes(h->value, h->value_n ? h->value_n : strlen(h->value)));
}

/* A POST with Host and @h; @more bytes on the wire than its names and values. */
static bool plain(const struct line *h, size_t more)
{
	static const struct line host = {"Host", "localhost", 0};
	struct pdg_framing f = {0};

	pdg_framing_target(&f, "/api/v1/attestations");
	pdg_framing_line(&f, "POST", "HTTP/1.1");
	add(&f, &host);
	for (; h && h->name; h++)
		add(&f, h);
	return pdg_framing_ok(&f, f.accounted + 2 + more, true) && !f.wrong;
}

static void framing_that_is_plain(void)
{
	static const struct line length[] = {{"Content-Length", "12", 0}, {0}};
	static const struct line chunked[] = {{"transfer-encoding", "Chunked", 0}, {0}};
	static const struct line text[] = {{"X", "caf\xc3\xa9\tau lait", 0}, {"Y", "", 0}, {0}};
	struct pdg_framing size_unknown = {0}, no_host = {0};

	CHECK(plain(NULL, 0));
	CHECK(plain(length, 0));
	CHECK(plain(chunked, 0));
	CHECK(plain(text, 0));
	pdg_framing_line(&size_unknown, "GET", "HTTP/1.0");
	CHECK(pdg_framing_ok(&size_unknown, 0, true));
	pdg_framing_line(&no_host, "GET", "HTTP/1.1");
	CHECK(!pdg_framing_ok(&no_host, 0, true));
}

/* "Name:value" and "Name: value" of one line, as the library's names and values point into it. */
static void spaces_of_a_line(void)
{
	static const char tight[] = "X:b";
	static const char loose[] = "X: b";
	struct pdg_framing a = {0}, b = {0}, c = {0};

	pdg_framing_header(&a, pdg_bytes(tight, 1), pdg_bytes(tight + 2, 1));
	CHECK_UINT(a.accounted, sizeof(tight) - 1 + 2);
	pdg_framing_header(&b, pdg_bytes(loose, 1), pdg_bytes(loose + 3, 1));
	CHECK_UINT(b.accounted, sizeof(loose) - 1 + 2);
	pdg_framing_header(&c, pdg_bytes(loose, 1), pdg_bytes(NULL, 0));
	CHECK_UINT(c.accounted, 5);
}

static void framing_of_two_readings(void)
{
	static const struct line v[][3] = {
		{{"Content-Length", "3", 0}, {"Content-Length", "4", 0}, {0}},
		{{"Content-Length", "3", 0}, {"Content-Length", "3", 0}, {0}},
		{{"Content-Length", "3", 0}, {"Transfer-Encoding", "chunked", 0}, {0}},
		{{"Transfer-Encoding", "chunked", 0}, {"Transfer-Encoding", "chunked", 0}, {0}},
		{{"Transfer-Encoding", "gzip, chunked", 0}, {0}},
		{{"Transfer-Encoding", "xchunked", 0}, {0}},
		{{"Transfer-Encoding", "identity", 0}, {0}},
		{{"Transfer-Encoding", "", 0}, {0}},
		{{"Host", "other", 0}, {0}},
		{{"Content-Length ", "3", 0}, {0}},
		{{"Content-Length\t", "3", 0}, {0}},
		{{"", "3", 0}, {0}},
		{{"Content-Length", "+3", 0}, {0}},
		{{"Content-Length", "0x3", 0}, {0}},
		{{"Content-Length", "3, 3", 0}, {0}},
		{{"Content-Length", "", 0}, {0}},
		{{"Content-Length", "99999999999999999999999", 0}, {0}},
		{{"X", "a\rContent-Length: 3", 0}, {0}},
		{{"X", "a\001b", 0}, {0}},
		{{"X", "a\0b", 3}, {0}},
		{{"X", "a\177", 0}, {0}},
		{{"X(", "a", 0}, {0}},
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if (!CHECK(!plain(v[i], 0)))
			CHECK_STR(v[i][0].name, v[i][0].value);
	}
	/* A folded line, or bytes behind a NUL: the library shows neither, the size does. */
	CHECK(!plain(NULL, 1));
	/* Bare LFs would make room for such bytes. */
	CHECK(!plain(NULL, (size_t)-1));
}

static bool target(const char *text)
{
	struct pdg_framing f = {0};

	pdg_framing_target(&f, text);
	return !f.wrong;
}

static void targets(void)
{
	static const char *const wrong[] = {
		"/a%00",	"/a%2fb",   "/a%2F",  "/a%5Cb",	  "/a%zz",   "/a%4",
		"/%",		"/a%0a",    "/a%20b", "/a b",	  "/a%252f", "/a\tb",
		"/caf\xc3\xa9", "/a?x=%00", "/a%7f",  "/a%3Fb=1", "/a%23"};
	size_t i;

	CHECK(target("/api/v1/subjects/sha256%3Aab?after=3"));
	CHECK(target("/checkpoint#part"));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!CHECK(!target(wrong[i])))
			CHECK_STR(wrong[i], "");
	}
}

static bool line_ok(const char *version, const struct line *h, bool body)
{
	struct pdg_framing f = {0};

	pdg_framing_line(&f, "GET", version);
	pdg_framing_header(&f, pdg_bytes_str("Host"), pdg_bytes_str("localhost"));
	if (h)
		add(&f, h);
	return pdg_framing_ok(&f, 0, body);
}

static void versions_and_bodies(void)
{
	static const struct line zero = {"Content-Length", "0", 0};
	static const struct line three = {"Content-Length", "3", 0};
	static const struct line chunked = {"Transfer-Encoding", "chunked", 0};

	CHECK(line_ok("HTTP/1.1", NULL, false));
	CHECK(line_ok("HTTP/1.0", NULL, false));
	CHECK(!line_ok("HTTP/1.9", NULL, false));
	CHECK(!line_ok("HTTP/2.0", NULL, false));
	CHECK(line_ok("HTTP/1.1", &zero, false));
	CHECK(!line_ok("HTTP/1.1", &three, false));
	CHECK(!line_ok("HTTP/1.1", &chunked, false));
	CHECK(line_ok("HTTP/1.1", &chunked, true));
	CHECK(!line_ok("HTTP/1.0", &chunked, true));
}

static void waits(void)
{
	static const struct {
		const char *prefer;
		int seconds;
	} v[] = {
		{NULL, 5},
		{"", 5},
		{"wait=10", 10},
		{"Wait = 10", 10},
		{"wait=0", 0},
		{"wait=007", 7},
		{"wait=31", 30},
		{"wait=999999", 30},
		{"wait=99999999999999999999999999", 30},
		{"wait=-1", 5},
		{"wait=x", 5},
		{"wait=3x", 5},
		{"wait=", 5},
		{"await=3", 5},
		{"respond-async, wait=3", 3},
		{"wait=3;foo, wait=4", 3},
		{"wait=x, wait=4", 4},
		{",,;,=", 5},
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if (!CHECK_INT(pdg_prefer_wait_ms(v[i].prefer), v[i].seconds * 1000))
			CHECK_STR(v[i].prefer, "");
	}
}

/* Find a route; the rule of the problem in @out_rule. */
static const struct pdg_route *find(enum pdg_method method, const char *path,
				    const char **out_allow, struct pdg_buf *out_body)
{
	struct pdg_request rq = {.method = method, .path = path, .id = "1"};
	const struct pdg_route *r;

	pdg_buf_init(&rq.reply.body, 1 << 16);
	r = pdg_route_find(&rq);
	CHECK((r != NULL) == (rq.reply.status == 0));
	*out_allow = rq.reply.allow;
	*out_body = rq.reply.body;
	return r;
}

static void routes(void)
{
	static const struct {
		enum pdg_method method;
		const char *path, *rule, *allow;
	} v[] = {
		{PDG_GET, "/healthz", NULL, NULL},
		{PDG_POST, "/api/v1/attestations", NULL, NULL},
		{PDG_GET, "/api/v1/attestations", "HTP-2", "POST"},
		{PDG_POST, "/healthz", "HTP-2", "GET, HEAD"},
		{PDG_OTHER, "/healthz", "HTP-2", "GET, HEAD"},
		{PDG_OTHER, "/nothing", "HTP-1", NULL},
		{PDG_GET, "/healthz/", "HTP-1", NULL},
		{PDG_GET, "/api/v1/chains/", "HTP-1", NULL},
		{PDG_GET, "//healthz", "HTP-1", NULL},
		{PDG_GET, "*", "HTP-1", NULL},
		{PDG_GET, "", "HTP-1", NULL},
		{PDG_GET, "http://localhost/healthz", NULL, NULL},
		{PDG_GET, "HTTPS://a.example:8700/healthz", NULL, NULL},
		{PDG_POST, "http://[::1]:80/api/v1/attestations", NULL, NULL},
		{PDG_GET, "http://localhost/", "HTP-1", NULL},
		{PDG_GET, "http://localhost", "HTP-1", NULL},
		{PDG_GET, "http:///healthz", "HTP-1", NULL},
		{PDG_GET, "http://a@b/healthz", "HTP-1", NULL},
		{PDG_GET, "ftp://localhost/healthz", "HTP-1", NULL},
		{PDG_GET, "/http://localhost/healthz", "HTP-1", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(0);
		const char *allow = NULL;

		CHECK((find(v[i].method, v[i].path, &allow, &body) == NULL) == (v[i].rule != NULL));
		CHECK_STR(allow, v[i].allow);
		if (v[i].rule)
			CHECK_HAS(pdg_buf_cstr(&body), v[i].rule);
	}
}

static void types(void)
{
	static const struct {
		const char *type, *encoding;
		bool taken;
	} v[] = {
		{"application/json", NULL, true},
		{"application/json; charset=utf-8", "identity", true},
		{"Application/VND.dsse.envelope.v1+json", NULL, true},
		{"application/json", "gzip", false},
		{"application/jsonx", NULL, false},
		{"text/plain", NULL, false},
		{NULL, NULL, false},
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct pdg_request rq = {.content_type = v[i].type,
					 .content_encoding = v[i].encoding};

		pdg_buf_init(&rq.reply.body, 1 << 16);
		CHECK(pdg_route_takes_type(&rq) == v[i].taken);
		CHECK_INT(rq.reply.status, v[i].taken ? 0 : 415);
		pdg_reply_done(&rq.reply);
	}
}

/* Whatever went wrong, the document names a rule, and one status. */
static void every_problem_has_a_rule(void)
{
	static const struct {
		int code;
		const char *rule;
	} v[] = {
		{PDG_E_NOMEM, "SVC-1"}, {PDG_E_USAGE, "HTP-5"},	   {PDG_E_FORMAT, "HTP-5"},
		{PDG_E_LIMIT, "HTP-3"}, {PDG_E_NOTFOUND, "HTP-1"}, {PDG_E_REJECTED, "HTP-11"},
		{PDG_E_IO, "SVC-1"},	{PDG_E_CRYPTO, "HTP-11"},  {PDG_E_INTERNAL, "HTP-11"},
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct pdg_request rq = {.id = "1"};
		struct pdg_error err = {0};
		PDG_AUTO(mem) char *member = pdg_str_printf("\"rule\":\"%s\"", v[i].rule);
		PDG_AUTO(mem) char *status = NULL;

		pdg_buf_init(&rq.reply.body, 1 << 16);
		(void)pdg_fail(&err, v[i].code, "no rule of its own");
		pdg_reply_error(&rq, &err);
		CHECK_INT(rq.reply.status, pdg_rule_find(v[i].rule)->status);
		CHECK_INT(rq.reply.retry_after > 0, rq.reply.status == 503);
		status = pdg_str_printf("\"status\":%d,", rq.reply.status);
		CHECK_HAS(pdg_buf_cstr(&rq.reply.body), member);
		CHECK_HAS(pdg_buf_cstr(&rq.reply.body), status);
		pdg_reply_done(&rq.reply);
	}
}

/* An answer that could not be built is no success. */
static void unbuilt_is_no_success(void)
{
	struct pdg_request rq = {.id = "1"};
	struct pdg_error err = {0};

	pdg_buf_init(&rq.reply.body, 4096);
	rq.reply.body.failed = PDG_E_NOMEM;
	CHECK(!pdg_reply_result(&rq, 0, "application/json", &err));
	CHECK_INT(rq.reply.status, 503);
	CHECK_HAS(pdg_buf_cstr(&rq.reply.body), "SVC-1");
	pdg_buf_reset(&rq.reply.body);
	CHECK(pdg_reply_result(&rq, 0, "application/json", &err));
	CHECK_INT(rq.reply.status, 200);
	pdg_reply_done(&rq.reply);
}

/* What is large leaves room for what is small. */
static void budgets(void)
{
	const size_t large = PDG_LIMIT_SMALL + 1;
	struct pdg_budget b = {.max = 10 * large, .reserved = 2 * large};
	size_t i;

	for (i = 0; i < 8; i++)
		CHECK(pdg_budget_take(&b, large, large));
	CHECK(!pdg_budget_take(&b, 1, large));
	CHECK(pdg_budget_take(&b, large - 1, large - 1));
	CHECK(pdg_budget_take(&b, large - 1, large - 1));
	CHECK(!pdg_budget_take(&b, large - 1, large - 1));
	CHECK(!pdg_budget_take(&b, SIZE_MAX, large));
	CHECK(!pdg_budget_take(&b, SIZE_MAX, 1));
	pdg_budget_give(&b, 2 * (large - 1));
	pdg_budget_give(&b, 8 * large);
	CHECK_UINT(atomic_load(&b.used), 0);
}

PDG_TEST_MAIN("http", {"framing that is plain", framing_that_is_plain},
	      {"spaces of a line", spaces_of_a_line},
	      {"framing of two readings", framing_of_two_readings}, {"targets", targets},
	      {"versions and bodies", versions_and_bodies}, {"waits", waits}, {"routes", routes},
	      {"types", types}, {"every problem has a rule", every_problem_has_a_rule},
	      {"unbuilt is no success", unbuilt_is_no_success}, {"budgets", budgets})
