/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over DER: every length that is not the shortest, every order that is not DER's. */
#include "crypto/derwalk.h"
#include "support/check.h"

#define B(text)	   pdg_bytes(text, sizeof(text) - 1)
#define HEAD(text) text, sizeof(text) - 1

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

PDG_TEST_MAIN("derwalk", {"values are taken one by one", values_are_taken_one_by_one},
	      {"lengths are the shortest", lengths_are_the_shortest},
	      {"sets are sorted and hold nothing twice", sets_are_sorted_and_hold_nothing_twice},
	      {"integers are minimal", integers_are_minimal})
