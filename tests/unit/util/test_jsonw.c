/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: commas, escapes of RFC 8785, limits, and misuse that must not give a document.
 */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "util/json.h"
#include "util/jsonw.h"

static void one_of_each(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};
	struct pdg_jw w;

	pdg_jw_init(&w, &b);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "s", "x");
	pdg_jw_kstr(&w, "none", NULL);
	pdg_jw_ku64(&w, "u", UINT64_MAX);
	pdg_jw_kbool(&w, "t", true);
	pdg_jw_key(&w, "i");
	pdg_jw_i64(&w, INT64_MIN);
	pdg_jw_key(&w, "us");
	pdg_jw_u64_str(&w, 17);
	pdg_jw_key(&w, "a");
	pdg_jw_arr(&w);
	pdg_jw_bool(&w, false);
	pdg_jw_null(&w);
	pdg_jw_arr(&w);
	pdg_jw_end(&w);
	pdg_jw_obj(&w);
	pdg_jw_end(&w);
	pdg_jw_raw(&w, pdg_bytes_str("9.80"));
	pdg_jw_end(&w);
	pdg_jw_key(&w, "b");
	pdg_jw_base64(&w, pdg_bytes("\xfb\xff\xbf\0", 4));
	pdg_jw_key(&w, "at");
	pdg_jw_time(&w, 1795403820);
	pdg_jw_end(&w);
	CHECK_OK(pdg_buf_check(&b, &err), &err);
	CHECK_STR(pdg_buf_cstr(&b),
		  "{\"s\":\"x\",\"none\":null,\"u\":18446744073709551615,\"t\":true,"
		  "\"i\":-9223372036854775808,\"us\":\"17\",\"a\":[false,null,[],{},9.80],"
		  "\"b\":\"+/+/AA==\",\"at\":\"2026-11-23T03:17:00Z\"}");
}

static void check_string(struct pdg_bytes in, const char *want)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);
	struct pdg_jw w;

	pdg_jw_init(&w, &b);
	pdg_jw_bytes(&w, in);
	CHECK_STR(pdg_buf_cstr(&b), want);
}

static void strings(void)
{
	check_string(pdg_bytes(NULL, 0), "\"\"");
	check_string(pdg_bytes_str("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	check_string(pdg_bytes_str("\b\t\n\f\r\x01\x1f\x7f"),
		     "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\"");
	check_string(pdg_bytes("a\0b", 3), "\"a\\u0000b\"");
	check_string(pdg_bytes_str("gr\xC3\xBC\xC3\x9F \xF0\x9F\x94\x91 \xE2\x80\xA8"),
		     "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x94\x91 \xE2\x80\xA8\"");
	check_string(pdg_bytes_str("x\xFFy\xC3"), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
	check_string(pdg_bytes_str("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* Whatever string is written, a strict reader gives it back (NUL and broken UTF-8 apart). */
static void strings_come_back(void)
{
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)(i + 1);
	text[sizeof(text) - 1] = '\0';
	{
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);
		PDG_AUTO(json) json_t *j = NULL;
		struct pdg_error err = {0};
		const char *got = NULL;
		struct pdg_jw w;

		pdg_jw_init(&w, &b);
		pdg_jw_obj(&w);
		pdg_jw_kstr(&w, text, text);
		pdg_jw_end(&w);
		CHECK_OK(pdg_json_load(pdg_buf_bytes(&b), 1000, &j, &err), &err);
		CHECK_OK(pdg_json_str(j, text, &got, &err), &err);
		CHECK_STR(got, text);
	}
}

static void limit_of_the_buffer(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(9);
	struct pdg_jw w;

	pdg_jw_init(&w, &b);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "a", "xyz");
	pdg_jw_end(&w);
	CHECK_INT(pdg_buf_check(&b, NULL), PDG_E_LIMIT);
	CHECK_STR(pdg_buf_cstr(&b), "");
}

static void value_without_key(struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_u64(w, 1);
}

static void key_in_array(struct pdg_jw *w)
{
	pdg_jw_arr(w);
	pdg_jw_key(w, "a");
}

static void key_outside(struct pdg_jw *w)
{
	pdg_jw_key(w, "a");
}

static void two_keys(struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_key(w, "a");
	pdg_jw_key(w, "b");
}

static void no_key(struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_key(w, NULL);
}

static void end_after_key(struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_key(w, "a");
	pdg_jw_end(w);
}

static void end_of_nothing(struct pdg_jw *w)
{
	pdg_jw_end(w);
}

static void raw_of_nothing(struct pdg_jw *w)
{
	pdg_jw_arr(w);
	pdg_jw_raw(w, pdg_bytes(NULL, 0));
}

static void too_deep(struct pdg_jw *w)
{
	size_t i;

	for (i = 0; i <= PDG_JW_DEPTH; i++)
		pdg_jw_arr(w);
}

static void misuse_spoils(void)
{
	static void (*const rows[])(struct pdg_jw *) = {
		value_without_key, key_in_array,   key_outside,	   two_keys, no_key,
		end_after_key,	   end_of_nothing, raw_of_nothing, too_deep,
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);
		struct pdg_error err = {0};
		struct pdg_jw w;

		pdg_test_case("row %zu", i);
		pdg_jw_init(&w, &b);
		rows[i](&w);
		CHECK_CODE(pdg_buf_check(&b, &err), &err, PDG_E_INTERNAL);
		pdg_jw_str(&w, "more");
		CHECK_STR(pdg_buf_cstr(&b), "");
	}
	pdg_test_case(NULL);
}

static void full_depth_is_fine(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};
	struct pdg_jw w;
	size_t i;

	pdg_jw_init(&w, &b);
	for (i = 0; i < PDG_JW_DEPTH; i++)
		pdg_jw_arr(&w);
	for (i = 0; i < PDG_JW_DEPTH; i++)
		pdg_jw_end(&w);
	CHECK_OK(pdg_buf_check(&b, &err), &err);
	CHECK_UINT(b.n, 2 * PDG_JW_DEPTH);
}

PDG_TEST_MAIN("jsonw", {"one of each", one_of_each}, {"strings", strings},
	      {"strings come back", strings_come_back},
	      {"limit of the buffer", limit_of_the_buffer}, {"misuse spoils", misuse_spoils},
	      {"full depth is fine", full_depth_is_fine})
