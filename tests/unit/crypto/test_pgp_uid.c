/* SPDX-License-Identifier: Apache-2.0 */
/* Which address a user id has: one, or none. */
#include "crypto/pgp_uid.h"

#include "support/check.h"

static const struct {
	const char *uid;
	const char *want;
} rows[] = {
	{"Alice Example <alice@example.com>", "alice@example.com"},
	{"Alice (work) <alice@example.com>", "alice@example.com"},
	{"<alice@example.com>", "alice@example.com"},
	{"alice@example.com", "alice@example.com"},
	{"Alice <Alice@Example.COM>", "Alice@Example.COM"},
	{"Zo\xC3\xAB <zo\xC3\xAB@example.com>", "zo\xC3\xAB@example.com"},
	{"49699333+dependabot[bot]", ""},
	{"Alice", ""},
	{"", ""},
	{"Alice <>", ""},
	{"Alice <alice>", ""},
	{"Alice <@example.com>", ""},
	{"Alice <alice@>", ""},
	{"Alice <a@b@c>", ""},
	{"Alice <alice@example.com> ", ""},
	{"Alice <alice@example.com> x", ""},
	{"<alice@example.com> <mallory@example.com>", ""},
	{"Alice <<alice@example.com>>", ""},
	{"Alice <alice@example.com", ""},
	{"Alice alice@example.com", ""},
	{"Alice <alice @example.com>", ""},
	{"Alice <alice@example.com\n>", ""},
	{"Alice <\"a b\"@example.com>", ""},
	{"Alice <alice@example.com\xFF>", ""},
	{"<", ""},
	{">", ""},
	{"<>", ""},
};

static void addresses(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("%s", rows[i].uid);
		CHECK_BYTES_STR(pdg_pgp_uid_address(pdg_bytes_str(rows[i].uid)), rows[i].want);
	}
}

static void longest(void)
{
	char uid[300];

	memset(uid, 'a', sizeof(uid));
	uid[0] = '<';
	uid[100] = '@';
	uid[1 + 254] = '>';
	CHECK_UINT(pdg_pgp_uid_address(pdg_bytes(uid, 1 + 254 + 1)).n, 254);
	uid[1 + 254] = 'a';
	uid[1 + 255] = '>';
	CHECK_UINT(pdg_pgp_uid_address(pdg_bytes(uid, 1 + 255 + 1)).n, 0);
	CHECK_UINT(pdg_pgp_uid_address(pdg_bytes(NULL, 0)).n, 0);
}

PDG_TEST_MAIN("crypto.pgp_uid", {"addresses", addresses}, {"the longest address", longest})
