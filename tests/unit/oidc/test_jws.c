/* SPDX-License-Identifier: Apache-2.0 */
/* The compact form: what a token may be before anybody looks at its signature. */
#include <stdio.h>
#include <string.h>

#include "oidc/jws.h"
#include "support/check.h"
#include "support/token_made.h"
#include "util/limits.h"

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"JWT\"}"

/* The refusal of a token of these parts, or NULL. */
static int read_parts(const char *header, const char *claims, struct pdg_bytes sig,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 22);
	PDG_AUTO(jws) struct pdg_jws j = {0};

	made_parts(header, claims, sig, &text);
	return pdg_jws_read(pdg_buf_bytes(&text), &j, err);
}

static int read_text(const char *text, struct pdg_error *err)
{
	PDG_AUTO(jws) struct pdg_jws j = {0};

	return pdg_jws_read(pdg_bytes_str(text), &j, err);
}

static void a_good_one(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 12);
	PDG_AUTO(jws) struct pdg_jws j = {0};
	struct pdg_error err = {0};
	static const char *const headers[] = {
		HEADER,
		"{\"alg\":\"RS256\",\"kid\":\"a\"}",
		"{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"RS256\",\"kid\":\"a\",\"x5t\":\"thumb\"}",
	};
	size_t i;

	made_parts(HEADER, "{\"sub\":\"x\"}", pdg_bytes_str("signature"), &text);
	if (!CHECK_OK(pdg_jws_read(pdg_buf_bytes(&text), &j, &err), &err))
		return;
	CHECK_STR(j.kid, "a");
	CHECK_INT(j.alg, PDG_JWS_RS256);
	CHECK_BYTES_STR(pdg_buf_bytes(&j.payload), "{\"sub\":\"x\"}");
	CHECK_BYTES_STR(pdg_buf_bytes(&j.signature), "signature");
	CHECK_UINT(j.signed_part.n, text.n - 1 - 12);
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		pdg_test_case("%s", headers[i]);
		CHECK_OK(read_parts(headers[i], "{}", pdg_bytes_str("s"), &err), &err);
	}
	pdg_test_case(NULL);
}

static void headers_are_refused(void)
{
	static const struct {
		const char *rule;
		const char *header;
	} cases[] = {
		/* T69 */
		{"TOK-4", "{\"alg\":\"none\",\"kid\":\"a\"}"},
		{"TOK-4", "{\"alg\":\"None\",\"kid\":\"a\"}"},
		{"TOK-4", "{\"alg\":\"HS256\",\"kid\":\"a\"}"},
		{"TOK-4", "{\"alg\":\"RS512\",\"kid\":\"a\"}"},
		{"TOK-4", "{\"alg\":\"PS256\",\"kid\":\"a\"}"},
		{"TOK-4", "{\"alg\":[\"RS256\"],\"kid\":\"a\"}"},
		{"TOK-4", "{\"kid\":\"a\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"jku\":\"https://evil.example/\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"jwk\":{}}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"x5u\":\"https://evil.example/\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"x5c\":[]}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"crit\":[\"b64\"]}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"b64\":false}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"zip\":\"DEF\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"enc\":\"A128GCM\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"dpop+jwt\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":1}"},
		{"TOK-2", "{\"alg\":\"RS256\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":7}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a b\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\\n\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"a\"}"},
		{"TOK-2", "{\"alg\":\"RS256\",\"kid\":\"a\"} "
			  "{}"},
		{"TOK-2", "[]"},
		{"TOK-2", "x"},
	};
	struct pdg_error err = {0};
	char kid[PDG_LIMIT_KEY_ID + 2];
	char header[sizeof(kid) + 64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].header);
		CHECK_RULE(read_parts(cases[i].header, "{}", pdg_bytes_str("s"), &err), &err,
			   cases[i].rule);
	}
	pdg_test_case(NULL);
	memset(kid, 'k', sizeof(kid) - 1);
	kid[sizeof(kid) - 1] = '\0';
	(void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"kid\":\"%s\"}", kid);
	CHECK_RULE(read_parts(header, "{}", pdg_bytes_str("s"), &err), &err, "TOK-2");
}

static void forms_are_refused(void)
{
	static const char *const texts[] = {
		"",
		".",
		"..",
		"...",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln.c2ln",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ..c2ln",
		".e30.c2ln",
		/* padded, with white space, of the other alphabet, with spare bits */
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ==.e30.c2ln",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30=.c2ln",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2 ln",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c2ln\n",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.c+/n",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e31.c2ln",
	};
	PDG_AUTO(buf) struct pdg_buf dots = PDG_BUF_INIT(1 << 21);
	PDG_AUTO(jws) struct pdg_jws j = {0};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		pdg_test_case("'%s'", texts[i]);
		CHECK_RULE(read_text(texts[i], &err), &err, "TOK-2");
	}
	pdg_test_case(NULL);
	memset(pdg_buf_room(&dots, 1000000), '.', 1000000);
	CHECK_RULE(pdg_jws_read(pdg_buf_bytes(&dots), &j, &err), &err, "TOK-3");
	CHECK_RULE(pdg_jws_read(pdg_bytes_head(pdg_buf_bytes(&dots), 8192), &j, &err), &err,
		   "TOK-2");
	CHECK_RULE(
		read_parts("{\"alg\":\"ES256\",\"kid\":\"a\"}", "{}", pdg_bytes_str("short"), &err),
		&err, "TOK-7");
}

PDG_TEST_MAIN("jws", {"a good one", a_good_one}, {"headers are refused", headers_are_refused},
	      {"forms are refused", forms_are_refused})
