/* SPDX-License-Identifier: Apache-2.0 */
/* Hex and base64: the vectors of RFC 4648, and every loose form refused (attack 41). */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "util/codec.h"

static void hex(void)
{
	char out[9];
	uint8_t back[4];

	pdg_hex(pdg_bytes("\x00\x1f\xab\xff", 4), out);
	CHECK_STR(out, "001fabff");
	CHECK(pdg_unhex(pdg_bytes_str(out), back, 4));
	CHECK_BYTES(pdg_bytes(back, 4), pdg_bytes("\x00\x1f\xab\xff", 4));
	pdg_hex_upper(pdg_bytes("\x00\x1f\xab\xff", 4), out);
	CHECK_STR(out, "001FABFF");
	pdg_hex(pdg_bytes(NULL, 0), out);
	CHECK_STR(out, "");
}

static void hex_is_strict(void)
{
	static const char *const bad[] = {"",	  "0",	  "00f",  "00ff0", "00FF",
					  "00fg", " 0ff", "0x00", "00f:",  "00f/"};
	uint8_t out[2] = {7, 7};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("hex \"%s\"", bad[i]);
		CHECK(!pdg_unhex(pdg_bytes_str(bad[i]), out, 2));
		CHECK(!pdg_is_hex(pdg_bytes_str(bad[i]), 4));
	}
	pdg_test_case(NULL);
	CHECK(out[0] == 7 && out[1] == 7);
	CHECK(pdg_is_hex(pdg_bytes_str("00ff"), 4) && !pdg_is_hex(pdg_bytes_str("00ff"), 2));
	CHECK(pdg_unhex(pdg_bytes(NULL, 0), out, 0));
	CHECK(!pdg_unhex(pdg_bytes_str("00"), out, SIZE_MAX / 2 + 2));
}

static void base64_of_a_digest(void)
{
	static const char good[] = "uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7Ws";
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(100);
	char text[45] = {0};
	unsigned last = 0;
	unsigned c;

	CHECK(pdg_is_base64_sha256(pdg_bytes_str(good)));
	CHECK(!pdg_is_base64_sha256(pdg_bytes(good, 42)) &&
	      !pdg_is_base64_sha256(pdg_bytes(NULL, 0)));
	for (c = 0; c < 256; c++) {
		memcpy(text, good, sizeof(good));
		text[42] = (char)c;
		last += pdg_is_base64_sha256(pdg_bytes(text, 43));
		memcpy(text, good, sizeof(good));
		text[41] = (char)c;
		/* Elsewhere it is the alphabet's matter, as the decoder has it. */
		pdg_buf_reset(&out);
		CHECK(pdg_is_base64_sha256(pdg_bytes(text, 43)) ==
		      (c != '-' && c != '_' &&
		       pdg_unbase64(pdg_bytes(text, 43), PDG_BASE64_PROTO, &out, NULL) == 0));
		text[41] = 'W';
		text[43] = (char)c;
		CHECK(!pdg_is_base64_sha256(pdg_bytes(text, 44)));
	}
	CHECK_UINT(last, 16);
}

static void rfc4648_vectors(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(100);
		PDG_AUTO(buf) struct pdg_buf back = PDG_BUF_INIT(100);
		PDG_AUTO(buf) struct pdg_buf bare = PDG_BUF_INIT(100);
		struct pdg_error err = {0};
		size_t n = strcspn(rows[i][1], "=");

		pdg_test_case("\"%s\"", rows[i][0]);
		pdg_base64(pdg_bytes_str(rows[i][0]), &text);
		CHECK_BYTES_STR(pdg_buf_bytes(&text), rows[i][1]);
		CHECK_OK(pdg_unbase64(pdg_buf_bytes(&text), PDG_BASE64_STD, &back, &err), &err);
		CHECK_BYTES_STR(pdg_buf_bytes(&back), rows[i][0]);
		pdg_base64_nopad(pdg_bytes_str(rows[i][0]), &bare);
		CHECK_BYTES(pdg_buf_bytes(&bare), pdg_bytes(rows[i][1], n));
		pdg_buf_reset(&back);
		CHECK_OK(pdg_unbase64(pdg_buf_bytes(&bare), PDG_BASE64_PROTO, &back, &err), &err);
		CHECK_BYTES_STR(pdg_buf_bytes(&back), rows[i][0]);
	}
	pdg_test_case(NULL);
}

#define STD   1
#define PROTO 2
#define URL   4
#define LINES 8

/* Which of the four forms take a text, and what it means there. */
static const struct form_row {
	const char *in;
	const char *out;
	unsigned taken;
	const char *why;
} form_rows[] = {
	{"+/+/", "\xfb\xff\xbf", STD | PROTO | LINES, "standard alphabet"},
	{"-_-_", "\xfb\xff\xbf", PROTO | URL, "URL-safe alphabet"},
	{"+_+_", NULL, 0, "both alphabets"},
	{"Zg==", "f", STD | PROTO | LINES, "padded"},
	{"Zg", "f", PROTO | URL, "no padding"},
	{"Zg=", NULL, 0, "half the padding"},
	{"Zg===", NULL, 0, "too much padding"},
	{"Zm9v=", NULL, 0, "padding where none belongs"},
	{"Zm9v====", NULL, 0, "a whole group of padding"},
	{"=", NULL, 0, "padding alone"},
	{"====", NULL, 0, "padding alone"},
	{"Z", NULL, 0, "one symbol"},
	{"Z===", NULL, 0, "one symbol, padded"},
	{"Zm9vY", NULL, 0, "one symbol too many"},
	{"Zh==", NULL, 0, "spare bits set, one byte"},
	{"Zi==", NULL, 0, "spare bit 2 set, one byte"},
	{"Zk==", NULL, 0, "spare bit 3 set, one byte"},
	{"Zo==", NULL, 0, "spare bit 4 set, one byte"},
	{"Zh", NULL, 0, "spare bits set, one byte, no padding"},
	{"Zm9=", NULL, 0, "spare bits set, two bytes"},
	{"Zm+=", NULL, 0, "spare bit 2 set, two bytes"},
	{"Zm9", NULL, 0, "spare bits set, two bytes, no padding"},
	{"Zg==Zg==", NULL, 0, "padding inside"},
	{"Z=g=", NULL, 0, "padding inside"},
	{" Zm9v", NULL, 0, "space before"},
	{"Zm9v ", NULL, 0, "space behind"},
	{"Zm\t9v", NULL, 0, "tab"},
	{"Zm9v\n", "foo", LINES, "line end behind"},
	{"Zm\n9v", "foo", LINES, "line end inside"},
	{"Zm\r\n9v\r\n", "foo", LINES, "CRLF"},
	{"Zm\r9v", NULL, 0, "lone CR"},
	{"Zm9v\r", NULL, 0, "CR behind"},
	{"\n\nZg\n=\n=\n", "f", LINES, "lines within the padding"},
	{"Zg=\n=\nZg==", NULL, 0, "symbols behind the padding"},
	{"Zm9v.", NULL, 0, "foreign character"},
	{"Zm9\xC3\xBC", NULL, 0, "not ASCII"},
	{"", "", STD | PROTO | URL | LINES, "nothing"},
};

static void try_form(const struct form_row *row, enum pdg_base64_form form)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(20);
	struct pdg_error err = {0};
	int rc;

	pdg_test_case("%s, form %u", row->why, (unsigned)form);
	pdg_buf_puts(&out, "before:");
	rc = pdg_unbase64(pdg_bytes_str(row->in), form, &out, &err);
	if (row->taken & 1U << (unsigned)form) {
		CHECK_OK(rc, &err);
		CHECK_BYTES_STR(pdg_bytes_from(pdg_buf_bytes(&out), 7), row->out);
	} else {
		CHECK_RULE(rc, &err, "ENC-1");
		CHECK_BYTES_STR(pdg_buf_bytes(&out), "before:");
	}
	pdg_test_case(NULL);
}

static void forms(void)
{
	size_t i;

	for (i = 0; i < sizeof(form_rows) / sizeof(form_rows[0]); i++) {
		try_form(&form_rows[i], PDG_BASE64_STD);
		try_form(&form_rows[i], PDG_BASE64_PROTO);
		try_form(&form_rows[i], PDG_BASE64_URL);
		try_form(&form_rows[i], PDG_BASE64_LINES);
	}
}

static void nul_is_foreign(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(20);
	struct pdg_error err = {0};

	CHECK_RULE(pdg_unbase64(pdg_bytes("Zm9v\0", 5), PDG_BASE64_STD, &out, &err), &err, "ENC-1");
	CHECK_RULE(pdg_unbase64(pdg_bytes("Zm\0\0", 4), PDG_BASE64_PROTO, &out, &err), &err,
		   "ENC-1");
}

static void round_trips(void)
{
	uint8_t raw[256];
	size_t n;

	for (n = 0; n < sizeof(raw); n++)
		raw[n] = (uint8_t)(n * 167 + 13);
	for (n = 0; n <= sizeof(raw); n++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1000);
		PDG_AUTO(buf) struct pdg_buf back = PDG_BUF_INIT(sizeof(raw));
		struct pdg_error err = {0};

		pdg_test_case("%zu bytes", n);
		pdg_base64(pdg_bytes(raw, n), &text);
		CHECK_OK(pdg_unbase64(pdg_buf_bytes(&text), PDG_BASE64_STD, &back, &err), &err);
		CHECK_BYTES(pdg_buf_bytes(&back), pdg_bytes(raw, n));
	}
	pdg_test_case(NULL);
}

static void limit_of_the_buffer(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(2);
	struct pdg_error err = {0};

	CHECK_CODE(pdg_unbase64(pdg_bytes_str("Zm9v"), PDG_BASE64_STD, &out, &err), &err,
		   PDG_E_LIMIT);
	pdg_buf_reset(&out);
	CHECK_OK(pdg_unbase64(pdg_bytes_str("Zm8="), PDG_BASE64_STD, &out, &err), &err);
}

PDG_TEST_MAIN("codec", {"base64 of a digest", base64_of_a_digest}, {"hex", hex},
	      {"hex is strict", hex_is_strict}, {"RFC 4648 vectors", rfc4648_vectors},
	      {"forms", forms}, {"NUL is foreign", nul_is_foreign}, {"round trips", round_trips},
	      {"limit of the buffer", limit_of_the_buffer})
