/* SPDX-License-Identifier: Apache-2.0 */
/* What a token must say, and when it may be used. */
#include <stdio.h>

#include "oidc/claims.h"
#include "support/check.h"
#include "util/limits.h"

#define IAT 1700000000

static void a_good_one(void)
{
	PDG_AUTO(claims) struct pdg_claims c = {0};
	struct pdg_error err = {0};
	static const char text[] =
		"{\"iss\":\"https://i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":1700000300,"
		"\"iat\":1700000000,\"nbf\":1699999900,\"jti\":\"j\",\"more\":{\"x\":[1]}}";

	if (!CHECK_OK(pdg_claims_read(pdg_bytes_str(text), &c, &err), &err))
		return;
	CHECK_STR(c.issuer, "https://i");
	CHECK_STR(c.subject, "s");
	CHECK_STR(c.audience, "a");
	CHECK_STR(c.id, "j");
	CHECK_INT(c.issued, IAT);
	CHECK_INT(c.expires, IAT + 300);
	CHECK_INT(c.not_before, IAT - 100);
}

static const char *audience(const char *aud)
{
	static char kept[64];
	char text[512];
	PDG_AUTO(claims) struct pdg_claims c = {0};
	struct pdg_error err = {0};

	(void)snprintf(text, sizeof(text),
		       "{\"iss\":\"i\",\"sub\":\"s\",\"exp\":2,\"iat\":1,\"aud\":%s}", aud);
	if (pdg_claims_read(pdg_bytes_str(text), &c, &err) < 0)
		return err.rule[0] ? "refused" : "failed";
	(void)snprintf(kept, sizeof(kept), "%s", c.audience ? c.audience : "none");
	return kept;
}

static void one_audience(void)
{
	CHECK_STR(audience("\"a\""), "a");
	CHECK_STR(audience("[\"a\"]"), "a");
	CHECK_STR(audience("[\"a\",\"b\"]"), "none");
	CHECK_STR(audience("[\"a\",\"a\"]"), "none");
	CHECK_STR(audience("[]"), "none");
	CHECK_STR(audience("[7]"), "none");
	CHECK_STR(audience("\"\""), "refused");
	CHECK_STR(audience("7"), "refused");
	CHECK_STR(audience("null"), "refused");
}

static void forms_are_refused(void)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		{"TOK-2", "[]"},
		{"TOK-2", "{\"iss\":\"i\",\"iss\":\"j\"}"},
		{"TOK-2", "{}x"},
		{"TOK-11", "{\"sub\":\"s\",\"aud\":\"a\",\"exp\":2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"exp\":2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":\"2\",\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2.5,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":-2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":9223372036854775807,"
			   "\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2,\"iat\":1,"
			   "\"nbf\":\"1\"}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"\",\"aud\":\"a\",\"exp\":2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"a\\nb\",\"aud\":\"a\",\"exp\":2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":[\"s\"],\"aud\":\"a\",\"exp\":2,\"iat\":1}"},
		{"TOK-11", "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":2,\"iat\":1,"
			   "\"jti\":7}"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(claims) struct pdg_claims c = {0};

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(pdg_claims_read(pdg_bytes_str(cases[i].text), &c, &err), &err,
			   cases[i].rule);
	}
	pdg_test_case(NULL);
}

static void times(void)
{
	struct pdg_claims c = {.issued = IAT, .expires = IAT + 300, .not_before = INT64_MIN};
	struct pdg_error err = {0};

	CHECK_OK(pdg_claims_in_time(&c, IAT, &err), &err);
	CHECK_OK(pdg_claims_in_time(&c, IAT - PDG_LIMIT_TOKEN_LEEWAY, &err), &err);
	CHECK_RULE(pdg_claims_in_time(&c, IAT - PDG_LIMIT_TOKEN_LEEWAY - 1, &err), &err, "TOK-10");
	CHECK_OK(pdg_claims_in_time(&c, IAT + 300 + PDG_LIMIT_TOKEN_LEEWAY - 1, &err), &err);
	CHECK_RULE(pdg_claims_in_time(&c, IAT + 300 + PDG_LIMIT_TOKEN_LEEWAY, &err), &err, "TOK-9");
	c.not_before = IAT + 200;
	CHECK_RULE(pdg_claims_in_time(&c, IAT, &err), &err, "TOK-10");
	CHECK_OK(pdg_claims_in_time(&c, IAT + 200, &err), &err);
	c.not_before = INT64_MIN;
	c.expires = IAT + PDG_LIMIT_TOKEN_SECONDS;
	CHECK_OK(pdg_claims_in_time(&c, IAT, &err), &err);
	c.expires++;
	CHECK_RULE(pdg_claims_in_time(&c, IAT, &err), &err, "TOK-11");
	c.expires = IAT;
	CHECK_RULE(pdg_claims_in_time(&c, IAT, &err), &err, "TOK-11");
}

PDG_TEST_MAIN("claims", {"a good one", a_good_one}, {"one audience", one_audience},
	      {"forms are refused", forms_are_refused}, {"times", times})
