/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for a terminal: the same value, and nothing in it that moves the terminal (attacks.md 18).
 */
#include "common/print_json.h"

#include "support/capture.h"
#include "support/check.h"
#include "util/json.h"
#include "util/limits.h"

static const char *printed(const char *json, struct pdg_buf *out)
{
	struct pdg_capture c = pdg_capture_begin(stdout);

	pdg_print_json(stdout, pdg_bytes_str(json));
	pdg_buf_reset(out);
	pdg_capture_end(&c, out);
	return pdg_buf_cstr(out);
}

static void plain_text_stays_as_it_is(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	CHECK_STR(printed("{\"a\":[1,\"\\u0000\\n\",null]}", &out),
		  "{\"a\":[1,\"\\u0000\\n\",null]}\n");
	CHECK_STR(printed("{\"a\":\"J\xc3\xbcrgen \xe6\x97\xa5\"}", &out),
		  "{\"a\":\"J\xc3\xbcrgen \xe6\x97\xa5\"}\n");
}

static void what_moves_a_terminal_is_escaped(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"\"\xc2\x9b\"", "\"\\u009b\"\n"},		  /* CSI, a C1 control */
		{"\"\xe2\x80\xae\"", "\"\\u202e\"\n"},		  /* right-to-left override */
		{"\"\xe2\x80\x8b\"", "\"\\u200b\"\n"},		  /* zero-width space */
		{"\"\xf3\xa0\x80\x81\"", "\"\\udb40\\udc01\"\n"}, /* a tag: two UTF-16 units */
	};
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(printed(cases[i].in, &out), cases[i].out);
}

static void the_value_is_the_same(void)
{
	static const char json[] = "{\"a\":\"x\xe2\x80\xaey\xc2\x85z\",\"b\":[\"\xe2\x80\xa8\"]}";
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	PDG_AUTO(json) json_t *is = NULL;
	const json_t *list = NULL;

	(void)printed(json, &out);
	CHECK(strstr(pdg_buf_cstr(&out), "\\u202e") != NULL);
	if (!CHECK_OK(pdg_json_load(pdg_buf_bytes(&out), PDG_LIMIT_KIB(4), &is, NULL), NULL))
		return;
	CHECK_UINT(pdg_json_members(is), 2);
	CHECK_STR(pdg_json_str_value(pdg_json_get(is, "a")), "x\xe2\x80\xaey\xc2\x85z");
	list = pdg_json_get(is, "b");
	CHECK_UINT(pdg_json_len(list), 1);
	CHECK_STR(pdg_json_str_value(pdg_json_at(list, 0)), "\xe2\x80\xa8");
}

PDG_TEST_MAIN("print_json", {"plain text stays as it is", plain_text_stays_as_it_is},
	      {"what moves a terminal is escaped", what_moves_a_terminal_is_escaped},
	      {"the value is the same", the_value_is_the_same})
