/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes: comparing, finding, lines, numbers, UTF-8; with NULL and nothing everywhere. */
#include <stdlib.h>

#include "support/check.h"
#include "util/auto.h"
#include "util/utf8.h"

static const struct pdg_bytes none = {0};

static struct pdg_bytes text(const char *s)
{
	return pdg_bytes_str(s);
}

static void nothing_is_harmless(void)
{
	struct pdg_bytes rest = none;
	struct pdg_bytes line;
	char *copy = NULL;
	uint64_t v;

	CHECK(pdg_bytes_eq(none, none));
	CHECK(pdg_bytes_eq(none, text("")));
	CHECK(!pdg_bytes_eq(none, text("a")));
	CHECK(pdg_bytes_eq_str(none, ""));
	CHECK(pdg_bytes_eq_str(none, NULL));
	CHECK(pdg_bytes_starts(none, ""));
	CHECK(!pdg_bytes_starts(none, "a"));
	CHECK(pdg_bytes_ends(none, ""));
	CHECK(!pdg_bytes_ends(none, "a"));
	CHECK_UINT(pdg_bytes_find(none, none, 0), 0);
	CHECK_UINT(pdg_bytes_find(none, text("a"), 0), SIZE_MAX);
	CHECK_UINT(pdg_bytes_find_byte(none, 'a', 0), SIZE_MAX);
	CHECK(pdg_bytes_from(none, 5).n == 0 && pdg_bytes_from(none, 5).p == NULL);
	CHECK_UINT(pdg_bytes_head(none, 5).n, 0);
	CHECK(!pdg_bytes_line(&rest, &line));
	CHECK(pdg_bytes_utf8(none));
	CHECK(!pdg_bytes_u64(none, 9, &v));
	copy = pdg_bytes_dup(none);
	CHECK_STR(copy, "");
	free(copy);
}

static void parts(void)
{
	struct pdg_bytes b = text("pedigree");

	CHECK_BYTES_STR(pdg_bytes_from(b, 4), "gree");
	CHECK_BYTES_STR(pdg_bytes_from(b, 8), "");
	CHECK_BYTES_STR(pdg_bytes_from(b, SIZE_MAX), "");
	CHECK_BYTES_STR(pdg_bytes_head(b, 4), "pedi");
	CHECK_BYTES_STR(pdg_bytes_head(b, SIZE_MAX), "pedigree");
	CHECK(pdg_bytes_starts(b, "pedi") && pdg_bytes_starts(b, "pedigree"));
	CHECK(!pdg_bytes_starts(b, "pedigrees") && !pdg_bytes_starts(b, "edi"));
	CHECK(pdg_bytes_ends(b, "gree") && !pdg_bytes_ends(b, "apedigree") &&
	      !pdg_bytes_ends(b, "gre"));
	CHECK(!pdg_bytes_eq_str(pdg_bytes("a\0b", 3), "a"));
}

static void finding(void)
{
	struct pdg_bytes b = pdg_bytes("ab\0abc", 6);

	CHECK_UINT(pdg_bytes_find(b, text("abc"), 0), 3);
	CHECK_UINT(pdg_bytes_find(b, text("ab"), 0), 0);
	CHECK_UINT(pdg_bytes_find(b, text("ab"), 1), 3);
	CHECK_UINT(pdg_bytes_find(b, text("ab"), 4), SIZE_MAX);
	CHECK_UINT(pdg_bytes_find(b, text("abcd"), 3), SIZE_MAX);
	CHECK_UINT(pdg_bytes_find(b, none, 6), 6);
	CHECK_UINT(pdg_bytes_find(b, none, 7), SIZE_MAX);
	CHECK_UINT(pdg_bytes_find_byte(b, 0, 0), 2);
	CHECK_UINT(pdg_bytes_find_byte(b, 'c', 5), 5);
	CHECK_UINT(pdg_bytes_find_byte(b, 'c', 6), SIZE_MAX);
}

static void lines(void)
{
	struct pdg_bytes rest = text("one\n\nthree\r\nfour");
	struct pdg_bytes line;

	CHECK(pdg_bytes_line(&rest, &line));
	CHECK_BYTES_STR(line, "one");
	CHECK(pdg_bytes_line(&rest, &line));
	CHECK_BYTES_STR(line, "");
	CHECK(pdg_bytes_line(&rest, &line));
	CHECK_BYTES_STR(line, "three\r");
	CHECK(pdg_bytes_line(&rest, &line));
	CHECK_BYTES_STR(line, "four");
	CHECK(!pdg_bytes_line(&rest, &line));
	rest = text("end\n");
	CHECK(pdg_bytes_line(&rest, &line));
	CHECK(!pdg_bytes_line(&rest, &line));
}

static void trimming(void)
{
	CHECK_BYTES_STR(pdg_bytes_trim(text(" \ta b\t "), " \t"), "a b");
	CHECK_BYTES_STR(pdg_bytes_trim(text("\ra\n"), " \n"), "\ra");
	CHECK_UINT(pdg_bytes_trim(text("  \t "), " \t").n, 0);
	CHECK_UINT(pdg_bytes_trim(text(""), " ").n, 0);
	/* The end of the set is none of it. */
	CHECK_UINT(pdg_bytes_trim(pdg_bytes("\0a\0", 3), " ").n, 3);
}

static void copies(void)
{
	char *s = pdg_bytes_dup(text("abc"));

	CHECK_STR(s, "abc");
	free(s);
	CHECK(pdg_bytes_dup(pdg_bytes("a\0b", 3)) == NULL);
}

static void numbers(void)
{
	static const struct {
		const char *in;
		uint64_t max;
		bool good;
		uint64_t v;
	} rows[] = {
		{"0", 0, true, 0},
		{"7", 7, true, 7},
		{"8", 7, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999999", UINT64_MAX, false, 0},
		{"007", 99, false, 0},
		{"00", 99, false, 0},
		{"+1", 99, false, 0},
		{"-1", 99, false, 0},
		{" 1", 99, false, 0},
		{"1 ", 99, false, 0},
		{"0x1", 99, false, 0},
		{"1e1", 99, false, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t v = 4711;

		pdg_test_case("number \"%s\"", rows[i].in);
		CHECK(pdg_bytes_u64(text(rows[i].in), rows[i].max, &v) == rows[i].good);
		CHECK_UINT(v, rows[i].good ? rows[i].v : 4711);
	}
	pdg_test_case(NULL);
}

/* The edges of RFC 3629's table: the last code point of each length and what lies beyond. */
static void utf8(void)
{
	static const struct {
		const char *in;
		bool good;
		const char *why;
	} rows[] = {
		{"gr\xC3\xBC\xC3\x9F", true, "two bytes"},
		{"\xC2\x80", true, "U+0080"},
		{"\xDF\xBF", true, "U+07FF"},
		{"\xE0\xA0\x80", true, "U+0800"},
		{"\xED\x9F\xBF", true, "U+D7FF"},
		{"\xEE\x80\x80", true, "U+E000"},
		{"\xEF\xBF\xBF", true, "U+FFFF"},
		{"\xF0\x90\x80\x80", true, "U+10000"},
		{"\xF4\x8F\xBF\xBF", true, "U+10FFFF"},
		{"\x80", false, "stray continuation"},
		{"\xC0\x80", false, "overlong NUL"},
		{"\xC1\xBF", false, "overlong DEL"},
		{"\xE0\x9F\xBF", false, "overlong, three bytes"},
		{"\xF0\x8F\xBF\xBF", false, "overlong, four bytes"},
		{"\xED\xA0\x80", false, "surrogate"},
		{"\xED\xBF\xBF", false, "surrogate"},
		{"\xF4\x90\x80\x80", false, "U+110000"},
		{"\xF5\x80\x80\x80", false, "first byte F5"},
		{"\xFF", false, "FF"},
		{"\xC3", false, "cut after one"},
		{"\xE2\x82", false, "cut after two"},
		{"\xF0\x9F\x94", false, "cut after three"},
		{"\xC3(", false, "no continuation"},
		{"\xF0\x9F\x94(", false, "no last continuation"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("%s", rows[i].why);
		CHECK(pdg_bytes_utf8(text(rows[i].in)) == rows[i].good);
	}
	pdg_test_case(NULL);
}

/* Every code point, written by the definition and read back. */
static void utf8_code_points(void)
{
	uint32_t wrong = 0;
	uint32_t c;

	for (c = 0x80; c <= 0x10FFFF; c++) {
		uint8_t b[4];
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		uint32_t got = 0;
		size_t i;

		for (i = n; i-- > 1;)
			b[i] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
		b[0] = (uint8_t)((0xF00U >> n) | c >> 6 * (n - 1));
		if (c >= 0xD800 && c <= 0xDFFF)
			wrong += pdg_utf8_next(pdg_bytes(b, n), 0, &got) != 0;
		else
			wrong += pdg_utf8_next(pdg_bytes(b, n), 0, &got) != n || got != c;
	}
	CHECK_UINT(wrong, 0);
}

PDG_TEST_MAIN("bytes", {"nothing is harmless", nothing_is_harmless}, {"parts", parts},
	      {"trimming", trimming}, {"finding", finding}, {"lines", lines}, {"copies", copies},
	      {"numbers", numbers}, {"UTF-8", utf8}, {"UTF-8 code points", utf8_code_points})
