/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, and that no outside text can move a terminal (attack 18). */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "util/str.h"

static void comparing(void)
{
	CHECK(pdg_str_eq("a", "a") && pdg_str_eq("", "") && pdg_str_eq(NULL, NULL));
	CHECK(!pdg_str_eq("a", "b") && !pdg_str_eq("a", NULL) && !pdg_str_eq(NULL, "") &&
	      !pdg_str_eq("a", "ab"));
	CHECK(pdg_str_starts("refs/heads/main", "refs/heads/") && pdg_str_starts("a", ""));
	CHECK(!pdg_str_starts("refs", "refs/") && !pdg_str_starts(NULL, ""));
	CHECK(pdg_str_ends("myapp.git", ".git") && pdg_str_ends("", ""));
	CHECK(!pdg_str_ends("git", ".git") && !pdg_str_ends("myapp.gitx", ".git") &&
	      !pdg_str_ends(NULL, ""));
}

static void copies(void)
{
	char *s = pdg_str_printf("%s-%d", "a", 7);
	char *t = pdg_str_dup(s);

	CHECK_STR(s, "a-7");
	CHECK_STR(t, "a-7");
	CHECK(pdg_str_dup(NULL) == NULL);
	free(s);
	free(t);
}

static void printable(void)
{
	static const struct {
		const char *in, *out, *why;
	} rows[] = {
		{"", "", "nothing"},
		{"plain ~ text", "plain ~ text", "ASCII"},
		{"gr\xC3\xBC\xC3\x9F \xE2\x9C\x93 \xF0\x9F\x94\x91",
		 "gr\xC3\xBC\xC3\x9F \xE2\x9C\x93 \xF0\x9F\x94\x91", "letters and signs"},
		{"\033[31mred\033[0m", "\\x1b[31mred\\x1b[0m", "ANSI escape"},
		{"a\nb\rc\td", "a\\x0ab\\x0dc\\x09d", "line ends and tab"},
		{"\b\x7f", "\\x08\\x7f", "backspace and DEL"},
		{"\xC2\x9B"
		 "31m",
		 "\\u{009b}31m", "C1 CSI"},
		{"\xC2\x85", "\\u{0085}", "C1 NEL"},
		{"\x9B"
		 "31m",
		 "\\x9b31m", "CSI as a raw byte"},
		{"\xE2\x80\xAE"
		 "gpj.exe",
		 "\\u{202e}gpj.exe", "right-to-left override"},
		{"\xE2\x81\xA6x\xE2\x81\xA9", "\\u{2066}x\\u{2069}", "bidi isolates"},
		{"\xD8\x9C", "\\u{061c}", "arabic letter mark"},
		{"a\xE2\x80\x8B"
		 "b\xE2\x80\x8D"
		 "c",
		 "a\\u{200b}b\\u{200d}c", "zero width"},
		{"\xEF\xBB\xBFx", "\\u{feff}x", "byte order mark"},
		{"a\xE2\x80\xA8"
		 "b\xE2\x80\xA9",
		 "a\\u{2028}b\\u{2029}", "line and paragraph separators"},
		{"\xC2\xADx", "\\u{00ad}x", "soft hyphen"},
		{"\xF3\xA0\x81\x81", "\\u{e0041}", "tag character"},
		{"\xE3\x85\xA4", "\\u{3164}", "hangul filler"},
		{"\xFF\xC3(", "\\xff\\xc3(", "no UTF-8"},
		{"\xED\xA0\x80", "\\xed\\xa0\\x80", "surrogate"},
		{"\xE2\x80", "\\xe2\\x80", "cut sequence"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(1000);

		pdg_test_case("%s", rows[i].why);
		pdg_str_printable(pdg_bytes_str(rows[i].in), &b);
		CHECK_STR(pdg_buf_cstr(&b), rows[i].out);
	}
	pdg_test_case(NULL);
}

/* Every single byte and every pair: what comes out is UTF-8 without controls. */
static void printable_of_any_bytes(void)
{
	unsigned wrong = 0;
	unsigned v;

	for (v = 0; v < 0x10000; v++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100);
		uint8_t in[2] = {(uint8_t)(v >> 8), (uint8_t)v};
		size_t i;

		pdg_str_printable(pdg_bytes(in, 2), &b);
		wrong += !pdg_bytes_utf8(pdg_buf_bytes(&b)) || b.n < 2;
		for (i = 0; i < b.n; i++)
			wrong += b.p[i] < 0x20 || b.p[i] == 0x7F;
	}
	CHECK_UINT(wrong, 0);
}

static void words_for_sh(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100);

	pdg_str_sh_word(&b, "a b$(c)`d`\"\\");
	CHECK_STR(pdg_buf_cstr(&b), "'a b$(c)`d`\"\\'");
	pdg_buf_reset(&b);
	pdg_str_sh_word(&b, "it's");
	CHECK_STR(pdg_buf_cstr(&b), "'it'\\''s'");
	pdg_buf_reset(&b);
	pdg_str_sh_word(&b, "");
	CHECK_STR(pdg_buf_cstr(&b), "''");
}

static void nearest(void)
{
	static const char *const words[] = {"protect",	   "path",	"pusherFrom",
					    "openpgpKeys", "serverKey", NULL};
	static const char *const none[] = {NULL};
	char longest[66];

	CHECK_STR(pdg_str_nearest("protct", words), "protect");
	CHECK_STR(pdg_str_nearest("Path", words), "path");
	CHECK_STR(pdg_str_nearest("openPgpKey", words), "openpgpKeys");
	CHECK_STR(pdg_str_nearest("serverKeys", words), "serverKey");
	CHECK_STR(pdg_str_nearest("path", words), "path");
	CHECK(pdg_str_nearest("colour", words) == NULL);
	CHECK(pdg_str_nearest("xy", words) == NULL);
	CHECK(pdg_str_nearest("", words) == NULL);
	CHECK(pdg_str_nearest("path", none) == NULL);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK(pdg_str_nearest(longest, words) == NULL);
}

PDG_TEST_MAIN("str", {"comparing", comparing}, {"copies", copies}, {"words for sh", words_for_sh},
	      {"printable", printable}, {"printable of any bytes", printable_of_any_bytes},
	      {"nearest", nearest})
