/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the commands that sign anew. That they work is shown by tests/e2e/push_mend.sh. */
#include <string.h>

#include "commit/resign.h"
#include "support/check.h"
#include "util/str.h"

#define TREE   "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
#define PARENT "parent 0123456789012345678901234567890123456789\n"
#define WHO    "author A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\n"

static void without_a_message(void)
{
	static const struct {
		const char *message;
		bool wordless;
	} rows[] = {
		{"", true},
		{"\n \t\n", true},
		{"Signed-off-by: A <a@example.com>\n", true},
		{"\nSigned-off-by: A <a@example.com>\n\n", true},
		{"text", false},
		{"Signed-off-by: A <a@example.com>\n.\n", false},
		{"signed-off-by: A\n", false},
		{"# no comment when amended\n", false},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(mem) char *raw = pdg_str_printf(TREE WHO "\n%s", rows[i].message);

		pdg_test_case("\"%s\"", rows[i].message);
		CHECK(pdg_resign_wordless(pdg_bytes_str(raw)) == rows[i].wordless);
	}
	pdg_test_case(NULL);
	CHECK(pdg_resign_wordless(pdg_bytes_str(TREE WHO)));
	CHECK(pdg_resign_wordless(pdg_bytes_str("")));
}

/* What is owed to the owner of the key: an address, when it can be pasted. */
static void the_address(void)
{
	static const struct {
		const char *signer;
		const char *address;
	} rows[] = {
		{"A <a@example.com>", "a@example.com"},
		{"a@example.com,b@example.com", "a@example.com"},
		{"A <a;rm@example.com>", ""},
		{"A <-a@example.com>", ""},
		{"nobody", ""},
		{"A <$(x)@example.com>", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(verdict) struct pdg_verdict v = {.format = PDG_SIG_NONE};
		struct pdg_resign how;

		pdg_verdict_init(&v);
		pdg_buf_puts(&v.signer, rows[i].signer);
		memcpy(v.why.rule, "SGN-9", sizeof("SGN-9"));
		pdg_resign_look(pdg_bytes_str(TREE WHO "\nm\n"), &v, &how);
		CHECK_STR(how.address, rows[i].address);
		CHECK(how.own && !how.wordless && !how.empty);
	}
}

static void commands(void)
{
	const struct pdg_resign plain = {.own = false};
	const struct pdg_resign all = {.own = true, .empty = true, .wordless = true};
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(4096);

	pdg_resign_amend(&plain, &b);
	CHECK_STR(pdg_buf_cstr(&b), "git commit --amend --no-edit -S");
	b.n = 0;
	pdg_resign_amend(&all, &b);
	CHECK_STR(
		pdg_buf_cstr(&b),
		"git commit --amend --no-edit --reset-author --allow-empty --allow-empty-message -S");
	b.n = 0;
	pdg_resign_onwards(&plain, pdg_bytes_str(TREE PARENT WHO "\nm\n"), &b);
	CHECK_STR(pdg_buf_cstr(&b), "git rebase --rebase-merges --exec "
				    "'git commit --amend --no-edit --allow-empty -S' 012345678901");
	b.n = 0;
	pdg_resign_onwards(&plain, pdg_bytes_str(TREE WHO "\nm\n"), &b);
	CHECK(pdg_str_ends(pdg_buf_cstr(&b), "' --root"));
	b.n = 0;
	pdg_resign_onwards(&plain, pdg_bytes_str("no commit"), &b);
	CHECK_STR(pdg_buf_cstr(&b), "git commit --amend --no-edit -S");
	b.n = 0;
	pdg_resign_tag("v1", "v1", false, &b);
	CHECK_STR(pdg_buf_cstr(&b), "git tag -s -f v1 'v1^{}'");
	b.n = 0;
	pdg_resign_tag("v1;x", "012345678901", true, &b);
	CHECK_STR(pdg_buf_cstr(&b), "git tag -s -f -m 'v1;x' 'v1;x' '012345678901^{}'");
}

/* Every result that is not good is mended by something. */
static void what_comes_before(void)
{
	static const struct {
		enum pdg_result result;
		const char *rule;
		const char *begins;
	} rows[] = {
		{PDG_RESULT_UNSIGNED, "SGN-2", ""},
		{PDG_RESULT_BAD_SIGNATURE, "SGN-4", ""},
		{PDG_RESULT_EXPIRED_SIGNATURE, "SGN-7", ""},
		{PDG_RESULT_BAD_SIGNATURE, "TSA-4", ""},
		{PDG_RESULT_BAD_SIGNATURE, "TSA-7", "have the log or authority added"},
		{PDG_RESULT_BAD_SIGNATURE, "LOG-8", "have the log or authority added"},
		{PDG_RESULT_MALFORMED, "COM-1", ""},
		{PDG_RESULT_MALFORMED, "CMS-1", "let another program sign"},
		{PDG_RESULT_MALFORMED, "CMS-4", "let the program leave out"},
		{PDG_RESULT_MALFORMED, "PGP-2", "let another program sign"},
		{PDG_RESULT_MALFORMED, "SSH-1", "let another program sign"},
		{PDG_RESULT_UNKNOWN_KEY, "SGN-3", "set user.signingKey"},
		{PDG_RESULT_REVOKED_KEY, "SGN-5", "set user.signingKey"},
		{PDG_RESULT_EXPIRED_KEY, "SGN-6", "set user.signingKey"},
		{PDG_RESULT_UNSUPPORTED, "SGN-10", "set user.signingKey"},
		{PDG_RESULT_NOT_ALLOWED, "SGN-8", "set user.signingKey"},
		{PDG_RESULT_NOT_ALLOWED, "SGN-9", "set user.email"},
		{PDG_RESULT_NOT_ALLOWED, "SGN-12", "set the clock right"},
	};
	const struct pdg_resign how = {.own = false};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1024);

		pdg_test_case("%s", rows[i].rule);
		pdg_resign_before(&how, rows[i].result, rows[i].rule, &b);
		CHECK(pdg_str_starts(pdg_buf_cstr(&b), rows[i].begins));
		CHECK_INT(b.n > 0, rows[i].begins[0] != '\0');
		CHECK(pdg_resign_alone(rows[i].result) ==
		      (!rows[i].begins[0] || rows[i].result == PDG_RESULT_MALFORMED ||
		       rows[i].result == PDG_RESULT_BAD_SIGNATURE));
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("resign", {"without a message", without_a_message}, {"the address", the_address},
	      {"commands", commands}, {"what comes before", what_comes_before})
