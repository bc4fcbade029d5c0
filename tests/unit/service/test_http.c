/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and replies without a wire: routes, preferences, problem documents, the budget of bytes
 * in flight.
 */
#include <string.h>

#include "service/budget.h"
#include "service/http.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/rule.h"
#include "util/str.h"

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
		{PDG_GET, "http://localhost/healthz", "HTP-1", NULL},
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

PDG_TEST_MAIN("http", {"waits", waits}, {"routes", routes}, {"types", types},
	      {"every problem has a rule", every_problem_has_a_rule},
	      {"unbuilt is no success", unbuilt_is_no_success}, {"budgets", budgets})
