/* SPDX-License-Identifier: Apache-2.0 */
/* ASCII armor: what a signature may look like, and what a key file may (RFC 4880 6). */
#include "crypto/pgp_armor.h"

#include "support/check.h"
#include "util/str.h"

#define BEGIN	   "-----BEGIN PGP SIGNATURE-----\n"
#define END	   "-----END PGP SIGNATURE-----\n"
#define KEYS_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
#define KEYS_END   "-----END PGP PUBLIC KEY BLOCK-----\n"
#define DATA	   "aGVsbG8=\n" /* "hello" */
#define SUM	   "=R/WK\n"

/* Characters of zeros, and lines of them. */
#define A11	  "AAAAAAAAAAA"
#define A12	  A11 "A"
#define A63	  A12 A12 A12 A12 A12 "AAA"
#define A64	  A63 "A"
#define A76	  A64 A12
#define VALUE_125 "0" A76 A12 A12 A12 A12

static int decode(const char *text, struct pdg_buf *out, struct pdg_error *err)
{
	return pdg_pgp_armor_signature(pdg_bytes_str(text), out, err);
}

static const char *const good[] = {
	BEGIN "\n" DATA SUM END,
	BEGIN "\n" DATA SUM END "\n", /* GitHub's commits */
	BEGIN "\n" DATA END,	      /* RFC 9580 6.1: no checksum */
	BEGIN "Version: GnuPG v2\nComment: a b: c\n\n" DATA SUM END,
	BEGIN "Charset: UTF-8\nMessageID: 1\nComment: 1\nComment: 2\n\n" DATA SUM END,
	BEGIN "Comment: " VALUE_125 "678\n\n" DATA SUM END,
};

/* One meaning, broken as one program or another does. */
static const struct {
	const char *text;
	bool good;
} broken[] = {
	{BEGIN "\n" A64 "\n" A64 "\n" END, true},
	{BEGIN "\n" A64 "\n" A64 "\nAAAA\n" END, true},
	{BEGIN "\n" A76 "\n" A76 "\n" A64 "\n" END, true},
	{BEGIN "\n" A76 "\nAAAA\n" END, true},
	{BEGIN "\n" A12 "\n" END, true},
	{BEGIN "\n" A12 "\n" A12 "\n" END, false},
	{BEGIN "\n" A63 "\n" A63 "\nAA\n" END, false},
	{BEGIN "\n" A64 "\n" A76 "\n" END, false},
	{BEGIN "\n" A64 "\nAAAA\nAAAA\n" END, false},
	{BEGIN "\n" A64 "\nAAAA\n" A64 "\n" END, false},
	{BEGIN "\n" A64 A11 "\nA" A64 A11 "\n" END, false},
};

static void lines_are_broken_evenly(void)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
		struct pdg_error err = {0};
		int rc = decode(broken[i].text, &out, &err);

		pdg_test_case("breaks %zu", i);
		if (broken[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "PGP-1");
	}
	pdg_test_case(NULL);
}

static void good_forms(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(64);
		struct pdg_error err = {0};

		pdg_test_case("form %zu", i);
		CHECK_OK(decode(good[i], &out, &err), &err);
		CHECK_BYTES_STR(pdg_buf_bytes(&out), "hello");
	}
}

static const struct {
	const char *what;
	const char *text;
} bad[] = {
	{"empty", ""},
	{"no begin", DATA SUM END},
	{"text before", "x\n" BEGIN "\n" DATA SUM END},
	{"empty line before", "\n" BEGIN "\n" DATA SUM END},
	{"space behind begin", "-----BEGIN PGP SIGNATURE----- \n\n" DATA SUM END},
	{"CR", "-----BEGIN PGP SIGNATURE-----\r\n\r\naGVsbG8=\r\n-----END PGP SIGNATURE-----\r\n"},
	{"text behind", BEGIN "\n" DATA SUM END "x\n"},
	{"two empty lines behind", BEGIN "\n" DATA SUM END "\n\n"},
	{"space behind", BEGIN "\n" DATA SUM END " \n"},
	{"two blocks", BEGIN "\n" DATA SUM END BEGIN "\n" DATA SUM END},
	{"no end", BEGIN "\n" DATA SUM},
	{"end not ended", BEGIN "\n" DATA SUM "-----END PGP SIGNATURE-----"},
	{"another end", BEGIN "\n" DATA SUM "-----END PGP MESSAGE-----\n"},
	{"no empty line", BEGIN DATA SUM END},
	{"empty line of a space", BEGIN " \n" DATA SUM END},
	{"header without colon", BEGIN "Version\n\n" DATA SUM END},
	{"header without key", BEGIN ": x\n\n" DATA SUM END},
	{"header without space", BEGIN "Version:x\n\n" DATA SUM END},
	{"header with odd key", BEGIN "Ver sion: x\n\n" DATA SUM END},
	{"header with escape", BEGIN "Comment: \x1b[2J\n\n" DATA SUM END},
	{"header not UTF-8", BEGIN "Comment: \xFF\n\n" DATA SUM END},
	{"header not ASCII", BEGIN "Comment: Zo\xC3\xAB\n\n" DATA SUM END},
	{"header of another key", BEGIN "Hash: SHA256\n\n" DATA SUM END},
	{"header in small letters", BEGIN "comment: x\n\n" DATA SUM END},
	{"header of 129 characters", BEGIN "Comment: " VALUE_125 "6789\n\n" DATA SUM END},
	{"5 headers",
	 BEGIN "Comment: 1\nComment: 2\nComment: 3\nComment: 4\nComment: 5\n\n" DATA SUM END},
	{"no data", BEGIN "\n" SUM END},
	{"nothing", BEGIN "\n" END},
	{"empty data line", BEGIN "\naGVs\n\nbG8=\n" SUM END},
	{"data in URL alphabet", BEGIN "\naGV-\n" END},
	{"space in data", BEGIN "\naGVs bG8=\n" SUM END},
	{"padding missing", BEGIN "\naGVsbG8\n" END},
	{"spare bits", BEGIN "\naGVsbG9=\n" END},
	{"line of 77",
	 BEGIN "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	       "\nAAA\n" END},
	{"wrong sum", BEGIN "\n" DATA "=R/WL\n" END},
	{"wrong sum, middle byte", BEGIN "\n" DATA "=R/GK\n" END},
	{"wrong sum, first byte", BEGIN "\n" DATA "=S/WK\n" END},
	{"short sum", BEGIN "\n" DATA "=R/U=\n" END},
	{"two sums", BEGIN "\n" DATA SUM SUM END},
	{"data behind the sum", BEGIN "\naGVs\n=R/WK\nbG8=\n" END},
	{"clear-signed",
	 "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n" BEGIN "\n" DATA SUM END},
	{"message", "-----BEGIN PGP MESSAGE-----\n\n" DATA SUM "-----END PGP MESSAGE-----\n"},
	{"keys", KEYS_BEGIN "\n" DATA SUM KEYS_END},
	{"SSH", "-----BEGIN SSH SIGNATURE-----\n" DATA "-----END SSH SIGNATURE-----\n"},
};

static void bad_forms(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(256);
		struct pdg_error err = {0};

		pdg_test_case("%s", bad[i].what);
		CHECK_RULE(decode(bad[i].text, &out, &err), &err, "PGP-1");
	}
}

static void limit_is_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4);
	struct pdg_error err = {0};

	CHECK_CODE(decode(good[0], &out, &err), &err, PDG_E_LIMIT);
}

static void key_files(void)
{
	static const struct {
		const char *text;
		const char *want; /* NULL: PGP-4 */
	} rows[] = {
		{KEYS_BEGIN "\n" DATA SUM KEYS_END, "hello"},
		{"Alice's key:\n" KEYS_BEGIN "\n" DATA SUM KEYS_END "--\nBob's:\n" KEYS_BEGIN
		 "\n" DATA KEYS_END,
		 "hellohello"},
		{"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nVersion: x\r\n\r\naGVsbG8=\r\n=R/WK\r\n"
		 "-----END PGP PUBLIC KEY BLOCK-----\r\n",
		 "hello"},
		{"\x99hello", "\x99hello"},
		{"", NULL},
		{"hello\n", NULL},
		{"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" DATA
		 "-----END PGP PRIVATE KEY BLOCK-----\n",
		 NULL},
		{BEGIN "\n" DATA SUM END, NULL},
		{KEYS_BEGIN "\n" DATA SUM KEYS_END BEGIN "\n" DATA SUM END, NULL},
		{KEYS_BEGIN "\n" DATA SUM KEYS_END KEYS_BEGIN "\n" DATA, NULL},
		{KEYS_BEGIN "\n" DATA "=R/WL\n" KEYS_END, NULL},
		{KEYS_END, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(64);
		struct pdg_error err = {0};
		int rc = pdg_pgp_armor_keys(pdg_bytes_str(rows[i].text), &out, &err);

		pdg_test_case("key file %zu", i);
		if (!rows[i].want) {
			CHECK_RULE(rc, &err, "PGP-4");
			continue;
		}
		CHECK_OK(rc, &err);
		CHECK_BYTES_STR(pdg_buf_bytes(&out), rows[i].want);
	}
}

PDG_TEST_MAIN("crypto.pgp_armor", {"lines are broken evenly", lines_are_broken_evenly},
	      {"good forms", good_forms}, {"bad forms", bad_forms},
	      {"the buffer's limit is kept", limit_is_kept}, {"key files", key_files})
