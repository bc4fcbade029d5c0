/* SPDX-License-Identifier: Apache-2.0 */
/* What a CI says it built, and the statement that the service makes of it: the same from the same,
 * and read back. */
#include <stdio.h>
#include <string.h>

#include "stage/build.h"
#include "stage/build_oidc.h"
#include "support/check.h"
#include "util/limits.h"

#define HEX "1111111111111111111111111111111111111111111111111111111111111111"
#define ONE "{\"name\":\"app\",\"digest\":{\"sha256\":\"" HEX "\"}}"
#define SHA "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
#define BODY                                                                                       \
	"{\"artifacts\":[" ONE "],\"dependencies\":[{\"uri\":\"pkg:a/b@1\","                       \
	"\"digest\":{\"gitCommit\":\"" SHA "\",\"sha512\":\"" HEX HEX "\"},\"name\":\"b\"}]}"
#define ISSUER "https://gitlab.example"
#define CLAIMS                                                                                     \
	"{\"iss\":\"" ISSUER "\",\"aud\":\"x\",\"exp\":2,\"iat\":1,\"jti\":\"j\","                 \
	"\"sub\":\"job\",\"project_path\":\"company/myapp\",\"sha\":\"" SHA "\",\"ref\":\"main\"," \
	"\"ref_type\":\"branch\",\"pipeline_source\":\"push\",\"job_id\":\"7\",\"runner_id\":1,"   \
	"\"protected\":true,\"user_email\":\"bob@example\",\"groups\":[\"a\"],\"real\":1.5}"

static int read_body(const char *text, struct pdg_error *err)
{
	PDG_AUTO(outputs) struct pdg_outputs o = {0};

	return pdg_outputs_read(pdg_bytes_str(text), &o, err);
}

static void bodies(void)
{
	static const char *const good[] = {
		"{\"artifacts\":[" ONE "]}",
		"{\"artifacts\":[" ONE "],\"dependencies\":null}",
		BODY,
		"{\"artifacts\":[{\"name\":\"registry.example:5000/a/b-c_d.e\",\"digest\":{"
		"\"sha256\":\"" HEX "\"}}],\"builder\":\"x\",\"ref\":\"y\"}",
	};
	static const struct {
		const char *rule, *text;
	} bad[] = {
		{"JSN-1", "[]"},
		{"JSN-1", "{\"artifacts\":[" ONE "]}{}"},
		{"JSN-1", "{\"artifacts\":[" ONE "],\"artifacts\":[]}"},
		{"JSN-3", "{}"},
		{"JSN-3", "{\"artifacts\":{}}"},
		{"JSN-3", "{\"artifacts\":[{\"digest\":{\"sha256\":\"" HEX "\"}}]}"},
		{"JSN-3", "{\"artifacts\":[{\"name\":\"a\"}]}"},
		{"JSN-3", "{\"artifacts\":[" ONE "],\"commit\":7}"},
		{"JSN-4", "{\"artifacts\":[" ONE "],\"url\":\"http://x\"}"},
		{"JSN-4", "{\"artifacts\":[{\"name\":\"a\",\"digest\":{\"sha256\":\"" HEX
			  "\",\"md5\":\"x\"}}]}"},
		{"BLD-10", "{\"artifacts\":[]}"},
		{"BLD-10", "{\"artifacts\":[7]}"},
		{"BLD-10", "{\"artifacts\":[{\"name\":\"a\",\"digest\":{}}]}"},
		{"BLD-10", "{\"artifacts\":[" ONE "," ONE "]}"},
		{"BLD-10", "{\"artifacts\":[{\"name\":\"a\",\"digest\":{\"sha256\":\"AB\"}}]}"},
		{"BLD-10", "{\"artifacts\":[{\"name\":\"a\",\"digest\":{\"sha256\":7}}]}"},
		{"BLD-10", "{\"artifacts\":[" ONE "],\"dependencies\":[7]}"},
		{"BLD-10", "{\"artifacts\":[" ONE "],\"dependencies\":[{\"uri\":\"\",\"digest\":{"
			   "\"sha256\":\"" HEX "\"}}]}"},
		{"BLD-10", "{\"artifacts\":[" ONE "],\"dependencies\":[{\"uri\":\"u\",\"digest\":{"
			   "\"a b\":\"x\"}}]}"},
		{"BLD-10", "{\"artifacts\":[" ONE "],\"dependencies\":[{\"uri\":\"u\",\"digest\":{"
			   "\"sha1\":\"" HEX "\"}}]}"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		pdg_test_case("%s", good[i]);
		CHECK_OK(read_body(good[i], &err), &err);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("%s", bad[i].text);
		CHECK_RULE(read_body(bad[i].text, &err), &err, bad[i].rule);
	}
	pdg_test_case(NULL);
}

/* T71 */
static void names(void)
{
	static const char *const bad[] = {
		"",	    "/etc/passwd", "../x", "a/../b",	  "a/..",	 ".",
		"a/./b",    "a//b",	   "a/",   "a\\\\b",	  "a\\u001b[2J", "a\\nb",
		"\\u202eb", "http://x/y",  "/",	   "file:///etc", "a\\u200bb",
	};
	struct pdg_error err = {0};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("'%s'", bad[i]);
		(void)snprintf(text, sizeof(text),
			       "{\"artifacts\":[{\"name\":\"%s\",\"digest\":{\"sha256\":\"" HEX
			       "\"}}]}",
			       bad[i]);
		CHECK_RULE(read_body(text, &err), &err, "BLD-10");
	}
	pdg_test_case(NULL);
}

static void counts(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	struct pdg_error err = {0};
	size_t i;

	pdg_buf_puts(&text, "{\"artifacts\":[");
	for (i = 0; i <= PDG_LIMIT_SUBJECTS; i++)
		pdg_buf_printf(&text, "%s{\"name\":\"a%zu\",\"digest\":{\"sha256\":\"" HEX "\"}}",
			       i ? "," : "", i);
	pdg_buf_puts(&text, "]}");
	CHECK_RULE(read_body(pdg_buf_cstr(&text), &err), &err, "STM-2");
	pdg_buf_reset(&text);
	pdg_buf_printf(&text,
		       "{\"artifacts\":[" ONE "],\"dependencies\":[{\"uri\":\"u\",\"digest\":{");
	for (i = 0; i <= PDG_LIMIT_DIGESTS; i++)
		pdg_buf_printf(&text, "%s\"d%zu\":\"x\"", i ? "," : "", i);
	pdg_buf_puts(&text, "}}]}");
	CHECK_RULE(read_body(pdg_buf_cstr(&text), &err), &err, "STM-2");
	pdg_buf_reset(&text);
	memset(pdg_buf_room(&text, PDG_LIMIT_OUTPUTS + 1), ' ', PDG_LIMIT_OUTPUTS + 1);
	CHECK_RULE(read_body(pdg_buf_cstr(&text), &err), &err, "JSN-2");
}

/* The statement of CLAIMS and BODY. */
static void make(struct pdg_buf *out)
{
	PDG_AUTO(json) json_t *claims = NULL;
	PDG_AUTO(outputs) struct pdg_outputs o = {0};
	PDG_AUTO(ci) struct pdg_ci ci = {0};
	struct pdg_build_oidc m = {.builder_id = "https://b", .issuer = ISSUER, .issued = 1};
	struct pdg_error err = {0};

	CHECK_OK(pdg_json_load(pdg_bytes_str(CLAIMS), 8192, &claims, &err), &err);
	CHECK_OK(pdg_outputs_read(pdg_bytes_str(BODY), &o, &err), &err);
	CHECK_OK(pdg_ci_read(ISSUER, claims, &ci, &err), &err);
	m.claims = claims;
	m.ci = &ci;
	m.outputs = &o;
	CHECK_OK(pdg_build_oidc_make(&m, out, &err), &err);
}

static void statements(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(build) struct pdg_build b = {0};
	struct pdg_build_token t = {0};
	struct pdg_error err = {0};

	make(&text);
	make(&again);
	CHECK_BYTES(pdg_buf_bytes(&text), pdg_buf_bytes(&again));
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err) ||
	    !CHECK_OK(pdg_build_read(st, &b, &err), &err) ||
	    !CHECK_OK(pdg_build_oidc_token(st, &t, &err), &err))
		return;
	CHECK(pdg_build_is_oidc(b.build_type) && !pdg_build_is_oidc(PDG_BUILD_TYPE));
	CHECK_STR(b.builder_id, "https://b");
	CHECK_STR(b.source_uri, ISSUER "/company/myapp");
	CHECK_STR(b.source_ref, "refs/heads/main");
	CHECK_STR(b.source_commit, SHA);
	CHECK_STR(b.source_from, "externalParameters.source");
	CHECK_STR(b.invocation_id, ISSUER "/company/myapp/-/jobs/7");
	CHECK_STR(t.issuer, ISSUER);
	CHECK_STR(t.event, "push");
	CHECK_UINT(pdg_json_members(t.claims), 9);
	CHECK_STR(pdg_json_str_value(pdg_json_get(t.claims, "sub")), "job");
	CHECK(!pdg_json_get(t.claims, "user_email") && !pdg_json_get(t.claims, "jti") &&
	      !pdg_json_get(t.claims, "groups") && !pdg_json_get(t.claims, "real"));
	/* A dependency of the job's that names another commit changes nothing. */
	CHECK(pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("pkg:a/b@1"), 0) != SIZE_MAX);
}

static void others_have_no_token(void)
{
	static const char text[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[" ONE
		"],\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{"
		"\"buildDefinition\":{\"externalParameters\":{\"event\":\"push\"},"
		"\"internalParameters\":{\"token\":{\"issuer\":\"x\"}}}}}";
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_build_token t = {0};
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_statement_parse(pdg_bytes_str(text), &st, &err), &err))
		CHECK_RULE(pdg_build_oidc_token(st, &t, &err), &err, "BLD-1");
}

PDG_TEST_MAIN("outputs", {"bodies", bodies}, {"names", names}, {"counts", counts},
	      {"statements", statements}, {"others have no token", others_have_no_token})
