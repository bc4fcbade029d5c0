/* SPDX-License-Identifier: Apache-2.0 */
/* util/error_json.c: what is written is read again; a code or a member that is none is refused. */
#include "util/error_json.h"

#include "support/check.h"
#include "util/limits.h"

static int read_text(const char *text, struct pdg_error *out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;

	CHECK_INT(pdg_json_load(pdg_bytes_str(text), PDG_LIMIT_KIB(4), &j, NULL), 0);
	return pdg_error_json_read(j, out, err);
}

static void there_and_back(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	struct pdg_error sent = {0}, got = {0}, err = {0};
	struct pdg_jw w;
	int rc = pdg_reject(&sent, "RLY-4", "a message of %d \"bytes\"", 17);

	pdg_fix(&sent, "send less");
	pdg_jw_init(&w, &text);
	pdg_jw_obj(&w);
	pdg_error_json_write(rc, &sent, &w);
	pdg_jw_end(&w);
	CHECK_INT(read_text(pdg_buf_cstr(&text), &got, &err), 0);
	CHECK_INT(got.code, rc);
	CHECK_STR(got.rule, sent.rule);
	CHECK_STR(got.text, sent.text);
	CHECK_STR(got.fix, sent.fix);
}

static void what_is_none(void)
{
	static const struct {
		const char *text;
		const char *rule;
	} rows[] = {
		{"{\"code\":0,\"text\":\"x\"}", "RLY-3"},
		{"{\"code\":10,\"text\":\"x\"}", "RLY-3"},
		{"{\"code\":7}", "JSN-3"},
		{"{\"text\":\"x\"}", "JSN-3"},
		{"{\"code\":7,\"text\":\"x\",\"rule\":1}", "JSN-3"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error got = {.code = 42}, err = {0};

		pdg_test_case("%s", rows[i].text);
		CHECK_INT(read_text(rows[i].text, &got, &err), PDG_E_FORMAT);
		CHECK_STR(err.rule, rows[i].rule);
		CHECK_INT(got.code, 42);
	}
	pdg_test_case(NULL);
}

static void a_rule_that_nobody_knows(void)
{
	struct pdg_error got = {0}, err = {0};

	CHECK_INT(read_text("{\"code\":7,\"rule\":\"ZZZ-1\",\"text\":\"x\"}", &got, &err), 0);
	CHECK_INT(got.code, PDG_E_IO);
	CHECK_STR(got.rule, "");
	CHECK_STR(got.fix, "");
}

PDG_TEST_MAIN("error_json", {"there and back", there_and_back}, {"what is none", what_is_none},
	      {"a rule that nobody knows", a_rule_that_nobody_knows})
