/* SPDX-License-Identifier: Apache-2.0 */
/* The outer form of DER. */
#include "crypto/der.h"

#include "support/check.h"
#include "util/codec.h"

#define MAX 64

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

PDG_TEST_MAIN("der", {"forms", forms}, {"depth", depth})
