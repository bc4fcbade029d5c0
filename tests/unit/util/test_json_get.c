/* SPDX-License-Identifier: Apache-2.0 */
/* Reading members: each getter against every type, absent and null, and the walk over members. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "util/json.h"

/* One member of each type; "absent" is not there. */
static const char document[] =
	"{\"str\":\"x\",\"obj\":{\"k\":1},\"arr\":[1,\"two\",[]],\"yes\":true,\"no\":false,"
	"\"null\":null,\"int\":17,\"zero\":0,\"neg\":-1,\"real\":1.0,"
	"\"numstr\":\"18446744073709551615\",\"badnum\":\"017\","
	"\"b64\":\"-_-_\",\"bad64\":\"Zh==\",\"empty\":\"\"}";

static json_t *doc(void)
{
	json_t *j = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_json_load(pdg_bytes_str(document), sizeof(document), &j, &err), &err);
	return j;
}

/* Does the required getter of @kind take member @name? */
static int need(const json_t *o, const char *kind, const char *name, struct pdg_error *err)
{
	const json_t *node = NULL;
	const char *str = NULL;
	bool b = false;
	uint64_t u = 0;

	switch (kind[0]) {
	case 's':
		return pdg_json_str(o, name, &str, err);
	case 'o':
		return pdg_json_obj(o, name, &node, err);
	case 'a':
		return pdg_json_arr(o, name, &node, err);
	case 'b':
		return pdg_json_bool(o, name, &b, err);
	default:
		return pdg_json_u64(o, name, &u, err);
	}
}

static int opt(const json_t *o, const char *kind, const char *name, struct pdg_error *err)
{
	const json_t *node = NULL;
	const char *str = NULL;
	bool b = false;
	uint64_t u = 0;

	switch (kind[0]) {
	case 's':
		return pdg_json_opt_str(o, name, &str, err);
	case 'o':
		return pdg_json_opt_obj(o, name, &node, err);
	case 'a':
		return pdg_json_opt_arr(o, name, &node, err);
	case 'b':
		return pdg_json_opt_bool(o, name, true, &b, err);
	default:
		return pdg_json_opt_u64(o, name, 9, &u, err);
	}
}

static void every_getter_against_every_type(void)
{
	static const struct {
		const char *kind;
		const char *takes; /* names, each between spaces */
	} rows[] = {
		{"str", " str numstr badnum b64 bad64 empty "},
		{"obj", " obj "},
		{"arr", " arr "},
		{"bool", " yes no "},
		{"u64", " int zero numstr "},
	};
	static const char *const names[] = {"str", "obj",   "arr",   "yes",   "no",	"null",
					    "int", "zero",  "neg",   "real",  "numstr", "badnum",
					    "b64", "bad64", "empty", "absent"};
	PDG_AUTO(json) json_t *j = doc();
	size_t i;
	size_t k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			struct pdg_error err = {0};
			char spaced[32];
			bool taken;
			int rc;

			(void)snprintf(spaced, sizeof(spaced), " %s ", names[k]);
			taken = strstr(rows[i].takes, spaced) != NULL;
			pdg_test_case("%s as %s", names[k], rows[i].kind);
			rc = need(j, rows[i].kind, names[k], &err);
			if (taken)
				CHECK_OK(rc, &err);
			else
				CHECK_RULE(rc, &err, "JSN-3");
			rc = opt(j, rows[i].kind, names[k], &err);
			if (taken || strstr(" null absent ", spaced))
				CHECK_OK(rc, &err);
			else
				CHECK_RULE(rc, &err, "JSN-3");
		}
	}
	pdg_test_case(NULL);
}

static void values(void)
{
	PDG_AUTO(json) json_t *j = doc();
	struct pdg_error err = {0};
	const char *s = "before";
	const json_t *node = NULL;
	uint64_t u = 0;
	bool b = false;

	CHECK_OK(pdg_json_str(j, "str", &s, &err), &err);
	CHECK_STR(s, "x");
	CHECK_OK(pdg_json_obj(j, "obj", &node, &err), &err);
	CHECK_OK(pdg_json_u64(node, "k", &u, &err), &err);
	CHECK_UINT(u, 1);
	CHECK_OK(pdg_json_u64(j, "numstr", &u, &err), &err);
	CHECK_UINT(u, UINT64_MAX);
	CHECK_OK(pdg_json_u64(j, "int", &u, &err), &err);
	CHECK_UINT(u, 17);
	CHECK_OK(pdg_json_bool(j, "yes", &b, &err), &err);
	CHECK(b);
	CHECK_OK(pdg_json_bool(j, "no", &b, &err), &err);
	CHECK(!b);
}

static void defaults(void)
{
	static const char *const names[] = {"absent", "null"};
	PDG_AUTO(json) json_t *j = doc();
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < 2; i++) {
		const char *s = "before";
		const json_t *node = j;
		uint64_t u = 0;
		bool b = false;

		CHECK_OK(pdg_json_opt_str(j, names[i], &s, &err), &err);
		CHECK(s == NULL);
		CHECK_OK(pdg_json_opt_obj(j, names[i], &node, &err), &err);
		CHECK(node == NULL);
		node = j;
		CHECK_OK(pdg_json_opt_arr(j, names[i], &node, &err), &err);
		CHECK(node == NULL);
		CHECK_OK(pdg_json_opt_u64(j, names[i], 42, &u, &err), &err);
		CHECK_UINT(u, 42);
		CHECK_OK(pdg_json_opt_bool(j, names[i], true, &b, &err), &err);
		CHECK(b);
	}
}

/* A failed getter leaves its output alone. */
static void outputs_stay(void)
{
	PDG_AUTO(json) json_t *j = doc();
	const char *s = "before";
	const json_t *node = j;
	uint64_t u = 42;
	bool b = true;

	CHECK_INT(pdg_json_str(j, "int", &s, NULL), PDG_E_FORMAT);
	CHECK_INT(pdg_json_opt_str(j, "int", &s, NULL), PDG_E_FORMAT);
	CHECK_STR(s, "before");
	CHECK_INT(pdg_json_obj(j, "int", &node, NULL), PDG_E_FORMAT);
	CHECK_INT(pdg_json_opt_arr(j, "int", &node, NULL), PDG_E_FORMAT);
	CHECK(node == j);
	CHECK_INT(pdg_json_u64(j, "badnum", &u, NULL), PDG_E_FORMAT);
	CHECK_INT(pdg_json_opt_u64(j, "neg", 1, &u, NULL), PDG_E_FORMAT);
	CHECK_UINT(u, 42);
	CHECK_INT(pdg_json_opt_bool(j, "int", false, &b, NULL), PDG_E_FORMAT);
	CHECK(b);
}

static void base64(void)
{
	PDG_AUTO(json) json_t *j = doc();
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(3);
	struct pdg_error err = {0};

	CHECK_OK(pdg_json_base64(j, "b64", &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "\xfb\xff\xbf");
	pdg_buf_reset(&b);
	CHECK_OK(pdg_json_base64(j, "empty", &b, &err), &err);
	CHECK_UINT(b.n, 0);
	CHECK_RULE(pdg_json_base64(j, "bad64", &b, &err), &err, "ENC-1");
	CHECK_HAS(err.text, "\"bad64\"");
	CHECK_RULE(pdg_json_base64(j, "int", &b, &err), &err, "JSN-3");
	CHECK_RULE(pdg_json_base64(j, "absent", &b, &err), &err, "JSN-3");
	pdg_buf_puts(&b, "x");
	CHECK_CODE(pdg_json_base64(j, "b64", &b, &err), &err, PDG_E_LIMIT);
}

static void arrays(void)
{
	PDG_AUTO(json) json_t *j = doc();
	const json_t *a = pdg_json_get(j, "arr");

	CHECK(pdg_json_is_arr(a) && !pdg_json_is_obj(a) && !pdg_json_is_str(a));
	CHECK_UINT(pdg_json_len(a), 3);
	CHECK_STR(pdg_json_str_value(pdg_json_at(a, 1)), "two");
	CHECK(pdg_json_str_value(pdg_json_at(a, 0)) == NULL);
	CHECK(pdg_json_at(a, 3) == NULL);
	CHECK_UINT(pdg_json_len(j), 0);
	CHECK_UINT(pdg_json_len(NULL), 0);
	CHECK(pdg_json_at(j, 0) == NULL);
	CHECK(pdg_json_str_value(NULL) == NULL);
	CHECK(pdg_json_get(a, "x") == NULL);
	CHECK(pdg_json_get(NULL, "x") == NULL);
	CHECK(!pdg_json_is_obj(NULL) && !pdg_json_is_arr(NULL) && !pdg_json_is_str(NULL));
}

/* What a string says, wherever its escapes stand, as a value and as a name. */
static void strings_say(void)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{"", ""},
		{"plain", "plain"},
		{"\\n", "\n"},
		{"\\\"", "\""},
		{"a\\\\", "a\\"},
		{"\\/b", "/b"},
		{"a\\tb\\tc", "a\tb\tc"},
		{"\\b\\f\\r", "\b\f\r"},
		{"\\u0041\\u00e9\\u20AC", "A\xC3\xA9\xE2\x82\xAC"},
		{"\\u007f\\u0080\\u07ff\\u0800\\uffff",
		 "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"},
		{"\\ud83d\\uDD11\\uDBFF\\uDFFF", "\xF0\x9F\x94\x91\xF4\x8F\xBF\xBF"},
		{"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
		{"\\u00fc\xC3\xBC", "\xC3\xBC\xC3\xBC"},
		{"{[,:]}", "{[,:]}"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(json) json_t *j = NULL;
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1000);
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i].json);
		pdg_buf_printf(&text, "{ \"list\" : [ \"%s\" , {\"%s\" : \"%s\"} ] , \"z\":-12 }",
			       rows[i].json, rows[i].json, rows[i].json);
		CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), 1000, &j, &err), &err);
		CHECK_UINT(pdg_json_len(pdg_json_get(j, "list")), 2);
		CHECK_STR(pdg_json_str_value(pdg_json_at(pdg_json_get(j, "list"), 0)),
			  rows[i].says);
		CHECK_STR(pdg_json_str_value(pdg_json_get(pdg_json_at(pdg_json_get(j, "list"), 1),
							  rows[i].says)),
			  rows[i].says);
	}
	pdg_test_case(NULL);
}

static void members_in_order(void)
{
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(buf) struct pdg_buf seen = PDG_BUF_INIT(100);
	struct pdg_error err = {0};
	const char *name = NULL;
	const json_t *value = NULL;
	void *iter = NULL;

	CHECK_OK(pdg_json_load(pdg_bytes_str("{\"z\":\"1\",\"a\":\"2\",\"m\":\"3\",\"b\":\"4\"}"),
			       100, &j, &err),
		 &err);
	while ((iter = pdg_json_next(j, iter, &name, &value)))
		pdg_buf_printf(&seen, "%s%s ", name, pdg_json_str_value(value));
	CHECK_STR(pdg_buf_cstr(&seen), "z1 a2 m3 b4 ");
	CHECK_UINT(pdg_json_members(j), 4);
	CHECK(pdg_json_next(NULL, NULL, &name, &value) == NULL);
	CHECK_UINT(pdg_json_members(NULL), 0);
}

static void only_known_members(void)
{
	static const char *const all[] = {"k", "l", NULL};
	static const char *const none[] = {NULL};
	PDG_AUTO(json) json_t *j = doc();
	const json_t *o = pdg_json_get(j, "obj");
	struct pdg_error err = {0};

	CHECK_OK(pdg_json_only(o, all, &err), &err);
	CHECK_RULE(pdg_json_only(o, none, &err), &err, "JSN-4");
	CHECK_RULE(pdg_json_only(j, all, &err), &err, "JSN-4");
}

PDG_TEST_MAIN("json_get", {"every getter against every type", every_getter_against_every_type},
	      {"values", values}, {"defaults", defaults}, {"outputs stay", outputs_stay},
	      {"base64", base64}, {"arrays", arrays}, {"strings say", strings_say},
	      {"members in order", members_in_order}, {"only known members", only_known_members})
