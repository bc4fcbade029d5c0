/* SPDX-License-Identifier: Apache-2.0 */
/* The strict load: what JSON is taken and what is refused, by rule (attacks 36, 37, 38). */
#include <string.h>

#include "support/check.h"
#include "util/json.h"
#include "util/json_scan.h"
#include "util/limits.h"

#define MAX PDG_LIMIT_MIB(1)

/* Load @in; the document is released at once, for only the verdict counts here. */
static int load(struct pdg_bytes in, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	int rc = pdg_json_load(in, MAX, &j, err);

	CHECK((rc == 0) == (j != NULL));
	return rc;
}

static void good_texts(void)
{
	static const char *const rows[] = {
		"{}",
		" \t\r\n{ \t\r\n} \t\r\n",
		"{\"\":\"\"}",
		"{\"a\":1,\"A\":2,\"a \":3}",
		"{\"a\":[],\"b\":[[]],\"c\":{},\"d\":[{},{}]}",
		"{\"a\" : [ 1 , 2 , { \"b\" : null } ] , \"c\" : true , \"d\" : false }",
		"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\uD83D\\uDD11\"}",
		"{\"a\":\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x94\x91 \x7F\"}",
		"{\"a\":0,\"b\":-1,\"c\":9223372036854775807,\"d\":-9223372036854775808}",
		"{\"a\":0.0,\"b\":-0.0,\"c\":1.5e308,\"d\":1E-400,\"e\":1e+2,\"f\":0e0,\"g\":0.5E1}",
		"{\"a\":1.0000000000000000000000000000000000000000000000000000000000000001}",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i]);
		CHECK_OK(load(pdg_bytes_str(rows[i]), &err), &err);
	}
	pdg_test_case(NULL);
}

static void bad_texts(void)
{
	static const char *const rows[] = {
		/* not an object, or not alone */
		"",
		" ",
		"[]",
		"1",
		"\"a\"",
		"null",
		"nothing",
		"{",
		"}",
		"{}}",
		"{}{}",
		"{} {}",
		"{}x",
		"{},",
		"[{}]",
		"{}//",
		"//\n{}",
		"/**/{}",
		"\xEF\xBB\xBF{}",
		"{}\xEF\xBB\xBF",
		"\xFF\xFE{}",
		"\f{}",
		"\v{}",
		"\xC2\xA0{}",
		/* objects and arrays */
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,\"a\":1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":1,,\"b\":2}",
		"{a:1}",
		"{'a':1}",
		"{1:1}",
		"{\"a\":1",
		"{\"a\":[1,]}",
		"{\"a\":[,1]}",
		"{\"a\":[1 2]}",
		"{\"a\":[}",
		"{\"a\":[1}}",
		"{\"a\":{]}",
		"{\"a\":[1",
		"{\"a\" 1}",
		"{\"a\"::1}",
		"{\"a\":,}",
		"{null:1}",
		"{\"a\":1]",
		/* words */
		"{\"a\":True}",
		"{\"a\":tru}",
		"{\"a\":truex}",
		"{\"a\":NULL}",
		"{\"a\":nul",
		"{\"a\":undefined}",
		"{\"a\":NaN}",
		"{\"a\":Infinity}",
		"{\"a\":-Infinity}",
		/* numbers */
		"{\"a\":01}",
		"{\"a\":-01}",
		"{\"a\":+1}",
		"{\"a\":.5}",
		"{\"a\":5.}",
		"{\"a\":-}",
		"{\"a\":--1}",
		"{\"a\":1e}",
		"{\"a\":1e+}",
		"{\"a\":1.e1}",
		"{\"a\":0x10}",
		"{\"a\":1_0}",
		"{\"a\":1 0}",
		"{\"a\":9223372036854775808}",
		"{\"a\":-9223372036854775809}",
		"{\"a\":99999999999999999999999999}",
		"{\"a\":1e400}",
		"{\"a\":-1e400}",
		"{\"a\":1.8e308}",
		"{\"a\":-0}",
		"{\"a\":[-0]}",
		/* strings */
		"{\"a\":\"",
		"{\"a\":\"b}",
		"{\"a\":\"\\\"}",
		"{\"a\":\"\\x41\"}",
		"{\"a\":\"\\u12\"}",
		"{\"a\":\"\\u12G4\"}",
		"{\"a\":\"\\U0041\"}",
		"{\"a\":\"\\'\"}",
		"{\"a\":\"\\0\"}",
		"{\"a\":'b'}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\t\"}",
		"{\"a\":\"\x1f\"}",
		"{\"a\n\":1}",
		"{\"a\":\"\\\n\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\\u0000b\":1}",
		"{\"a\":\"x\\u0000y\"}",
		"{\"a\":\"\\uD83D\"}",
		"{\"a\":\"\\uDD11\"}",
		"{\"a\":\"\\uDD11\\uD83D\"}",
		"{\"a\":\"\\uD83D\\u0041\"}",
		"{\"a\":\"\\uD83Dx\"}",
		"{\"a\":\"\\uD83D\\uD83D\\uDD11\"}",
		"{\"\\uD800\":1}",
		"{\"a\":\"\xED\xA0\xBD\xED\xB4\x91\"}",
		"{\"a\":\"\xFF\"}",
		"{\"a\":\"\xC0\x80\"}",
		"{\"a\":\"\xC3\"}",
		"{\"\x80\":1}",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i]);
		CHECK_RULE(load(pdg_bytes_str(rows[i]), &err), &err, "JSN-1");
		/* Our own scan must not rest on jansson's strictness. */
		err = (struct pdg_error){0};
		CHECK_RULE(pdg_json_scan(pdg_bytes_str(rows[i]), &err), &err, "JSN-1");
	}
	pdg_test_case(NULL);
}

static void duplicate_members(void)
{
	static const char *const rows[] = {
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"b\":2,\"a\":3}",
		"{\"x\":{\"a\":1,\"a\":2}}",
		"{\"x\":[[{\"a\":1,\"a\":2}]]}",
		"{\"a\":1,\"\\u0061\":1}",
		"{\"\":1,\"\":2}",
		"{\"subject\":[{\"digest\":{\"sha256\":\"a\",\"sha256\":\"b\"}}]}",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i]);
		CHECK_RULE(load(pdg_bytes_str(rows[i]), &err), &err, "JSN-1");
	}
	pdg_test_case(NULL);
}

static void nul_bytes(void)
{
	static const struct {
		const char *p;
		size_t n;
	} rows[] = {
		{"{}\0", 3},	     {"\0{}", 3},	    {"{\"a\":\"x\0y\"}", 11},
		{"{\"a\0b\":1}", 9}, {"{\"a\":1}\0{}", 10},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("row %zu", i);
		CHECK_RULE(load(pdg_bytes(rows[i].p, rows[i].n), &err), &err, "JSN-1");
	}
	pdg_test_case(NULL);
	CHECK_INT(load(pdg_bytes(NULL, 0), NULL), PDG_E_FORMAT);
}

/* Every proper beginning of a good text is refused. */
static void truncations(void)
{
	static const char text[] =
		"{\"a\":[1,-2.5e3,true,null,\"x\\n\\uD83D\\uDD11\"],\"b\":{\"c\":false}}";
	struct pdg_error err = {0};
	size_t n;

	CHECK_OK(load(pdg_bytes_str(text), &err), &err);
	for (n = 0; n < sizeof(text) - 1; n++) {
		pdg_test_case("first %zu bytes", n);
		CHECK_RULE(load(pdg_bytes(text, n), &err), &err, "JSN-1");
	}
	pdg_test_case(NULL);
}

static void put_times(struct pdg_buf *b, size_t n, const char *s)
{
	while (n-- > 0)
		pdg_buf_puts(b, s);
}

/* @depth levels in all, of arrays in an object. */
static void nest(struct pdg_buf *b, size_t depth, const char *open, const char *close)
{
	pdg_buf_puts(b, "{\"a\":");
	put_times(b, depth - 1, open);
	pdg_buf_puts(b, "1");
	put_times(b, depth - 1, close);
	pdg_buf_puts(b, "}");
}

static void depth(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	struct pdg_error err = {0};

	nest(&b, PDG_LIMIT_JSON_DEPTH, "[", "]");
	CHECK_OK(load(pdg_buf_bytes(&b), &err), &err);
	pdg_buf_reset(&b);
	nest(&b, PDG_LIMIT_JSON_DEPTH + 1, "[", "]");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
	pdg_buf_reset(&b);
	nest(&b, PDG_LIMIT_JSON_DEPTH + 1, "{\"a\":", "}");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
	/* Depth is a matter of what is open, not of how many were. */
	pdg_buf_reset(&b);
	pdg_buf_puts(&b, "{\"a\":[");
	put_times(&b, 1000, "[[]],");
	pdg_buf_puts(&b, "1]}");
	CHECK_OK(load(pdg_buf_bytes(&b), &err), &err);
	/* A million, never closed. */
	pdg_buf_reset(&b);
	pdg_buf_puts(&b, "{\"a\":");
	put_times(&b, 1000000, "[");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
}

/* The object, the array and @n elements. */
static void many(struct pdg_buf *b, size_t n, const char *element)
{
	pdg_buf_reset(b);
	pdg_buf_puts(b, "{\"a\":[");
	put_times(b, n - 1, element);
	pdg_buf_puts(b, "1]}");
}

static void number_of_values(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	struct pdg_error err = {0};

	many(&b, PDG_LIMIT_JSON_VALUES - 2, "1,");
	CHECK_OK(load(pdg_buf_bytes(&b), &err), &err);
	many(&b, PDG_LIMIT_JSON_VALUES - 1, "1,");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
	many(&b, PDG_LIMIT_JSON_VALUES - 1, "[],");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
}

static void size(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(2));
	struct pdg_error err = {0};

	pdg_buf_puts(&b, "{\"a\":\"");
	put_times(&b, MAX - 8, "x");
	pdg_buf_puts(&b, "\"}");
	CHECK_OK(load(pdg_buf_bytes(&b), &err), &err);
	pdg_buf_puts(&b, " ");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
}

static void long_numbers(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};

	pdg_buf_puts(&b, "{\"a\":0.");
	put_times(&b, PDG_LIMIT_JSON_NUMBER - 2, "1");
	pdg_buf_puts(&b, "}");
	CHECK_OK(load(pdg_buf_bytes(&b), &err), &err);
	pdg_buf_reset(&b);
	pdg_buf_puts(&b, "{\"a\":0.");
	put_times(&b, PDG_LIMIT_JSON_NUMBER - 1, "1");
	pdg_buf_puts(&b, "}");
	CHECK_RULE(load(pdg_buf_bytes(&b), &err), &err, "JSN-2");
}

static int span(const char *in, const char *name, struct pdg_bytes *out, struct pdg_error *err)
{
	/* Only accepted texts have spans. */
	CHECK_OK(load(pdg_bytes_str(in), err), err);
	return pdg_json_span(pdg_bytes_str(in), name, out, err);
}

static void spans(void)
{
	static const struct {
		const char *in, *name, *want;
	} rows[] = {
		{"{\"a\":1}", "a", "1"},
		{" { \"a\" : 9.80 , \"b\" : [ 1 , {} ] } ", "a", "9.80"},
		{" { \"a\" : 9.80 , \"b\" : [ 1 , {} ] } ", "b", "[ 1 , {} ]"},
		{"{\"x\":{\"a\":1},\"a\":{\"x\":[\"}\"]}}", "a", "{\"x\":[\"}\"]}"},
		{"{\"x\":\"\\\"a\\\":1\",\"a\":\"2\"}", "a", "\"2\""},
		{"{\"p\\u0061y\":null,\"b\":1}", "pay", "null"},
		{"{\"gr\xC3\xBC\xC3\x9F\":true}", "gr\xC3\xBC\xC3\x9F", "true"},
		{"{\"\\uD83D\\uDD11\":true}", "\xF0\x9F\x94\x91", "true"},
		{"{\"aa\":1,\"a\":2}", "a", "2"},
		{"{\"a\":1,\"aa\":2}", "aa", "2"},
		{"{\"\":1}", "", "1"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		struct pdg_bytes got = {0};

		pdg_test_case("%s of %s", rows[i].name, rows[i].in);
		CHECK_OK(span(rows[i].in, rows[i].name, &got, &err), &err);
		CHECK_BYTES_STR(got, rows[i].want);
	}
	pdg_test_case(NULL);
}

static void spans_that_are_not_there(void)
{
	struct pdg_error err = {0};
	struct pdg_bytes got = {.n = 4711};

	CHECK_CODE(span("{}", "a", &got, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(span("{\"b\":{\"a\":1}}", "a", &got, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(span("{\"b\":\"a\",\"c\":2}", "a", &got, &err), &err, PDG_E_NOTFOUND);
	CHECK_UINT(got.n, 4711);
	/* Not accepted before: no verdict is promised, but no crash either. */
	CHECK_INT(pdg_json_span(pdg_bytes(NULL, 0), "a", &got, NULL), PDG_E_NOTFOUND);
	CHECK_INT(pdg_json_span(pdg_bytes_str("{\"b\":1,"), "a", &got, NULL), PDG_E_NOTFOUND);
	CHECK_INT(pdg_json_span(pdg_bytes_str("[1]"), "a", &got, NULL), PDG_E_NOTFOUND);
}

PDG_TEST_MAIN("json", {"good texts", good_texts}, {"bad texts", bad_texts},
	      {"duplicate members", duplicate_members}, {"NUL bytes", nul_bytes},
	      {"truncations", truncations}, {"depth", depth},
	      {"number of values", number_of_values}, {"size", size},
	      {"long numbers", long_numbers}, {"spans", spans},
	      {"spans that are not there", spans_that_are_not_there})
