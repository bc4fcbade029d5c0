/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern lists, as ssh_config(5) PATTERNS describes them. */
#include "crypto/sshpattern.h"
#include "support/check.h"

static void lists_match_as_in_ssh(void)
{
	static const struct {
		const char *list;
		const char *text;
		bool want;
	} rows[] = {
		{"dev@example.com", "dev@example.com", true},
		{"dev@example.com", "Dev@example.com", false},
		{"dev@example.com", "dev@example.co", false},
		{"dev@example.com", "dev@example.comm", false},
		{"dev@example.com", "", false},
		{"*", "", true},
		{"*", "anything/at,all", true},
		{"*@example.com", "dev@example.com", true},
		{"*@example.com", "@example.com", true},
		{"*@example.com", "dev@example.com.evil", false},
		{"*@example.com", "dev@xexample.com", false},
		{"dev@*", "dev@", true},
		{"d?v@example.com", "dev@example.com", true},
		{"d?v@example.com", "dv@example.com", false},
		{"?", "", false},
		{"a*b*c", "axxbyybzc", true},
		{"a*b*c", "axxbyybz", false},
		{"*a*", "bab", true},
		{"**", "x", true},
		{"a**", "a", true},
		{"*.*", "x", false},
		{"a,b", "b", true},
		{"a,b", "a,b", false},
		{"*,!bob", "alice", true},
		{"*,!bob", "bob", false},
		{"!bob,*", "bob", false},
		{"!bob", "alice", false},
		{"!*", "alice", false},
		{"bob,!*", "bob", false},
		{"[ab]", "a", false},
		{"a.b", "axb", false},
		{"!!bob", "!bob", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("\"%s\" and \"%s\"", rows[i].list, rows[i].text);
		CHECK(pdg_sshpattern_list_match(pdg_bytes_str(rows[i].list),
						pdg_bytes_str(rows[i].text)) == rows[i].want);
	}
}

static void empty_elements_are_invalid(void)
{
	static const struct {
		const char *list;
		bool want;
	} rows[] = {{"a", true},  {"a,b", true},   {"!a", true},  {"*", true},
		    {"", false},  {",", false},	   {"a,", false}, {",a", false},
		    {"!", false}, {"a,,b", false}, {"a,!", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("\"%s\"", rows[i].list);
		CHECK(pdg_sshpattern_list_valid(pdg_bytes_str(rows[i].list)) == rows[i].want);
	}
}

/* Many stars cost no more than pattern times text: a backtracking matcher would not end. */
static void stars_do_not_explode(void)
{
	PDG_AUTO(buf) struct pdg_buf pattern = PDG_BUF_INIT(4096);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(4096);

	for (size_t i = 0; i < 1000; i++) {
		pdg_buf_puts(&pattern, "*a");
		pdg_buf_puts(&text, "aa");
	}
	pdg_buf_puts(&pattern, "b");
	CHECK(!pdg_sshpattern_list_match(pdg_buf_bytes(&pattern), pdg_buf_bytes(&text)));
	pdg_buf_puts(&text, "b");
	CHECK(pdg_sshpattern_list_match(pdg_buf_bytes(&pattern), pdg_buf_bytes(&text)));
}

PDG_TEST_MAIN("sshpattern", {"lists match as in ssh", lists_match_as_in_ssh},
	      {"empty elements are invalid", empty_elements_are_invalid},
	      {"stars do not explode", stars_do_not_explode})
