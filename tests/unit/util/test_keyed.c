/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3: held against its definition, and that its secret counts. */
#include <string.h>

#include "support/check.h"
#include "util/keyed.h"

/* The keys and texts of the paper's appendix; what comes out was computed apart, in Python. */
static void known_answers(void)
{
	static const uint64_t want[] = {
		UINT64_C(0xabac0158050fc4dc), UINT64_C(0xc9f49bf37d57ca93),
		UINT64_C(0x82cb9b024dc7d44d), UINT64_C(0x8bf80ab8e7ddf7fb),
		UINT64_C(0xcf75576088d38328), UINT64_C(0xdef9d52f49533b67),
		UINT64_C(0xc50d2b50c59f22a7), UINT64_C(0xd3927d989bb11140),
		UINT64_C(0x369095118d299a8e),
	};
	struct pdg_keyed k = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
	uint8_t text[32];
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		pdg_test_case("%zu bytes", i);
		CHECK(pdg_keyed_hash(&k, pdg_bytes(text, i)) == want[i]);
	}
	pdg_test_case("20 bytes");
	CHECK(pdg_keyed_hash(&k, pdg_bytes(text, 20)) == UINT64_C(0xc0dc2f46a6cce040));
	pdg_test_case(NULL);
}

static void secrets(void)
{
	struct pdg_keyed a;
	struct pdg_keyed b;
	struct pdg_error err = {0};

	CHECK_OK(pdg_keyed_init(&a, &err), &err);
	CHECK_OK(pdg_keyed_init(&b, &err), &err);
	CHECK(memcmp(&a, &b, sizeof(a)) != 0);
	CHECK(pdg_keyed_hash(&a, pdg_bytes_str("x")) != pdg_keyed_hash(&b, pdg_bytes_str("x")));
	CHECK(pdg_keyed_hash(&a, pdg_bytes_str("x")) == pdg_keyed_hash(&a, pdg_bytes_str("x")));
}

PDG_TEST_MAIN("keyed", {"known answers", known_answers}, {"secrets", secrets})
