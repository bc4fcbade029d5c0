/* SPDX-License-Identifier: Apache-2.0 */
/* DER as a whole, and value by value: every length that is not the shortest, every order that is
 * not DER's. */
#include "crypto/der.h"

#include "support/check.h"
#include "util/codec.h"

#define MAX	   64
#define B(text)	   pdg_bytes(text, sizeof(text) - 1)
#define HEAD(text) text, sizeof(text) - 1

static void forms(void)
{
	static const struct {
		bool good;
		const char *hex, *what;
	} t[] = {
		{true, "0500", "NULL"},
		{true, "3000", "an empty sequence"},
		{true, "30053003020100", "nested"},
		{true, "3006300031000500", "three values"},
		{true, "a003020100", "of a context, made of others"},
		{true, "8003020100", "of a context, a string"},
		{true,
		 "0481800000000000000000000000000000000000000000000000000000000000000000"
		 "00000000000000000000000000000000000000000000000000000000000000000000"
		 "00000000000000000000000000000000000000000000000000000000000000000000"
		 "00000000000000000000000000000000000000000000000000000000",
		 "128 bytes"},
		{false, "", "nothing"},
		{false, "05", "no length"},
		{false, "0501", "cut off"},
		{false, "050000", "a byte behind"},
		{false, "05000500", "two values"},
		{false, "048101", "a length longer than needed"},
		{false, "04817f", "a length longer than needed, cut off"},
		{false, "04820080", "a length with a zero in front"},
		{false, "0482", "half a length"},
		{false, "3080050000000000", "an indefinite length"},
		{false, "30800000", "an indefinite length of nothing"},
		{false, "04ff", "a reserved length"},
		{false, "0489010000000000000000", "a length of nine bytes"},
		{false, "0488ffffffffffffffff", "a length beyond everything"},
		{false, "2404040204ff", "a string in pieces"},
		{false, "1000", "a sequence without its mark"},
		{false, "1100", "a set without its mark"},
		{false, "2500", "NULL made of others"},
		{false, "0000", "an end of contents"},
		{false, "1f2200", "a tag of several bytes"},
		{false, "bf2200", "the same of a context"},
		{false, "3003300200", "a value beyond its sequence"},
		{false, "300205", "a sequence cut off"},
		{false, "30033001", "a sequence within, cut off"},
	};
	uint8_t raw[256];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t n = strlen(t[i].hex) / 2;

		pdg_test_case("%s", t[i].what);
		CHECK(pdg_unhex(pdg_bytes_str(t[i].hex), raw, n));
		CHECK(pdg_der_strict(pdg_bytes(raw, n)) == t[i].good);
	}
	pdg_test_case(NULL);
}

static void depth(void)
{
	uint8_t raw[2 * MAX];
	size_t n;
	size_t i;

	for (n = 1; n <= MAX; n++) {
		for (i = 0; i < n; i++) {
			raw[2 * i] = 0x30;
			raw[2 * i + 1] = (uint8_t)(2 * (n - i - 1));
		}
		pdg_test_case("%zu deep", n);
		CHECK(pdg_der_strict(pdg_bytes(raw, 2 * n)) == (n <= 32));
	}
	pdg_test_case(NULL);
}

static void values_are_taken_one_by_one(void)
{
	struct pdg_bytes in = B("\x02\x01\x05\x30\x03\x04\x01\x00\x05\x00");
	struct pdg_der v;

	CHECK(pdg_der_take(&in, PDG_DER_INTEGER, &v));
	CHECK_BYTES(v.body, B("\x05"));
	CHECK_BYTES(v.whole, B("\x02\x01\x05"));
	CHECK(!pdg_der_take(&in, PDG_DER_SET, &v));
	CHECK(pdg_der_is(in, PDG_DER_SEQUENCE));
	CHECK(pdg_der_next(&in, &v));
	CHECK_UINT(v.tag, PDG_DER_SEQUENCE);
	CHECK(pdg_der_only(v.body, PDG_DER_OCTETS, &v));
	CHECK(pdg_der_next(&in, &v));
	CHECK_UINT(in.n, 0);
	CHECK(!pdg_der_next(&in, &v));
	CHECK(!pdg_der_is(in, 0));
}

static void lengths_are_the_shortest(void)
{
	static const struct {
		const char *head;
		size_t n;
		size_t body;
		bool good;
	} cases[] = {
		{HEAD("\x04\x7f"), 0x7f, true},
		{HEAD("\x04\x81\x80"), 0x80, true},
		{HEAD("\x04\x82\x01\x00"), 0x100, true},
		{HEAD("\x04\x81\x7f"), 0x7f, false},	 /* one byte would do */
		{HEAD("\x04\x82\x00\x80"), 0x80, false}, /* a leading zero */
		{HEAD("\x04\x80"), 0x10, false},	 /* indefinite */
		{HEAD("\x04\x85\x00\x00\x00\x00\x01"), 1, false},
		{HEAD("\x04\x84\xff\xff\xff\xff"), 0x10, false}, /* more than there is */
		{HEAD("\x04\x11"), 0x10, false},
		{HEAD("\x04\x82\x01"), 0, false},
		{HEAD("\x04"), 0, false},
		{HEAD("\x1f\x01"), 1, false}, /* a tag of several bytes */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
		struct pdg_bytes in;
		struct pdg_der v;
		uint8_t *body;

		pdg_test_case("case %zu", i);
		pdg_buf_put(&text, pdg_bytes(cases[i].head, cases[i].n));
		body = pdg_buf_room(&text, cases[i].body);
		if (cases[i].body)
			memset(body, 0, cases[i].body);
		in = pdg_buf_bytes(&text);
		CHECK(pdg_der_next(&in, &v) == cases[i].good);
		CHECK_UINT(in.n, cases[i].good ? 0 : text.n);
		pdg_test_case(NULL);
	}
}

static void sets_are_sorted_and_hold_nothing_twice(void)
{
	CHECK(pdg_der_sorted(B("")));
	CHECK(pdg_der_sorted(B("\x02\x01\x05")));
	CHECK(pdg_der_sorted(B("\x02\x01\x05\x02\x01\x06\x04\x00")));
	CHECK(pdg_der_sorted(B("\x04\x01\x06\x04\x02\x00\x00"))); /* the shorter one first */
	CHECK(!pdg_der_sorted(B("\x04\x02\x00\x00\x04\x01\x06")));
	CHECK(!pdg_der_sorted(B("\x02\x01\x06\x02\x01\x05")));
	CHECK(!pdg_der_sorted(B("\x02\x01\x05\x02\x01\x05")));
	CHECK(!pdg_der_sorted(B("\x02\x01\x05\x02\x05")));
}

static void integers_are_minimal(void)
{
	CHECK(pdg_der_integer(B("\x00")));
	CHECK(pdg_der_integer(B("\xff")));
	CHECK(pdg_der_integer(B("\x00\x80")));
	CHECK(pdg_der_integer(B("\xff\x7f")));
	CHECK(!pdg_der_integer(B("")));
	CHECK(!pdg_der_integer(B("\x00\x7f")));
	CHECK(!pdg_der_integer(B("\xff\x80")));
}

PDG_TEST_MAIN("der", {"forms", forms}, {"depth", depth},
	      {"values are taken one by one", values_are_taken_one_by_one},
	      {"lengths are the shortest", lengths_are_the_shortest},
	      {"sets are sorted and hold nothing twice", sets_are_sorted_and_hold_nothing_twice},
	      {"integers are minimal", integers_are_minimal})
