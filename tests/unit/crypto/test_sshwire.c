/* SPDX-License-Identifier: Apache-2.0 */
/* SSH's data types: RFC 4251 5's examples of mpint, and what is none. */
#include "crypto/sshwire.h"
#include "support/check.h"

static void numbers_and_strings(void)
{
	static const uint8_t bytes[] = {7, 0, 0, 1, 2, 0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0};
	struct pdg_bytes rest = pdg_bytes(bytes, sizeof(bytes));
	struct pdg_bytes s = {0};
	uint32_t v = 0;
	uint8_t b = 0;

	CHECK(pdg_sshwire_u8(&rest, &b) && b == 7);
	CHECK(pdg_sshwire_u32(&rest, &v) && v == 258);
	CHECK(pdg_sshwire_string(&rest, &s));
	CHECK_BYTES_STR(s, "ab");
	CHECK(pdg_sshwire_string(&rest, &s) && s.n == 0);
	CHECK(rest.n == 0);
	CHECK(!pdg_sshwire_u8(&rest, &b) && !pdg_sshwire_u32(&rest, &v) &&
	      !pdg_sshwire_string(&rest, &s));
	CHECK(b == 7 && v == 258);
}

static void a_failure_takes_nothing(void)
{
	static const char *const rows[] = {"\0\0\0\3ab", "\xff\xff\xff\xffzz", "\0\0\1\0ab",
					   "\0\0\0"};
	static const size_t sizes[] = {6, 6, 6, 3};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pdg_bytes rest = pdg_bytes(rows[i], sizes[i]);
		struct pdg_bytes s = pdg_bytes_str("before");

		pdg_test_case("row %zu", i);
		CHECK(!pdg_sshwire_string(&rest, &s));
		CHECK(!pdg_sshwire_mpint(&rest, &s));
		CHECK_UINT(rest.n, sizes[i]);
		CHECK_BYTES_STR(s, "before");
	}
}

static void mpints_are_positive_and_minimal(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		size_t magnitude; /* 0: refused */
	} rows[] = {
		{"\0\0\0\1\1", 5, 1},
		{"\0\0\0\1\x7f", 5, 1},
		{"\0\0\0\2\0\x80", 6, 1},
		{"\0\0\0\x8\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", 12, 8},
		{"\0\0\0\0", 4, 0},	/* zero */
		{"\0\0\0\1\0", 5, 0},	/* zero, not minimal */
		{"\0\0\0\1\x80", 5, 0}, /* negative */
		{"\0\0\0\5\xff\x21\x52\x41\x11", 9, 0},
		{"\0\0\0\2\0\x7f", 6, 0}, /* a zero too many */
		{"\0\0\0\3\0\0\x80", 7, 0},
		{"\0\0\0\2\1", 5, 0}, /* cut */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_bytes rest = pdg_bytes(rows[i].bytes, rows[i].n);
		struct pdg_bytes v = {0};

		pdg_test_case("row %zu", i);
		CHECK(pdg_sshwire_mpint(&rest, &v) == (rows[i].magnitude > 0));
		CHECK_UINT(v.n, rows[i].magnitude);
		CHECK_UINT(rest.n, rows[i].magnitude ? 0 : rows[i].n);
	}
}

static void what_is_put_comes_back(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(64);
	struct pdg_bytes rest;
	struct pdg_bytes s;

	pdg_sshwire_put_string(&out, pdg_bytes_str("abc"));
	pdg_sshwire_put_string(&out, pdg_bytes(NULL, 0));
	CHECK_OK(pdg_buf_check(&out, NULL), NULL);
	rest = pdg_buf_bytes(&out);
	CHECK_UINT(rest.n, 11);
	CHECK(pdg_sshwire_string(&rest, &s) && s.n == 3 && pdg_sshwire_string(&rest, &s) &&
	      s.n == 0);
}

PDG_TEST_MAIN("sshwire", {"numbers and strings", numbers_and_strings},
	      {"a failure takes nothing", a_failure_takes_nothing},
	      {"mpints are positive and minimal", mpints_are_positive_and_minimal},
	      {"what is put comes back", what_is_put_comes_back})
