/* SPDX-License-Identifier: Apache-2.0 */
/* Signature packets written by hand: every field and subpacket out of form (attacks.md 8 to 10). */
#include "crypto/pgp.h"

#include "support/check.h"

#define CREATED	    "\x05\x02\x65\xBA\xDF\x00"
#define KEYID_BYTES "\x11\x22\x33\x44\x55\x66\x77\x88"
#define KEYID	    "\x09\x10" KEYID_BYTES
#define OTHER_KEYID "\x09\x10\x11\x22\x33\x44\x55\x66\x77\x89"
#define FPR	    "\x16\x21\x04\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C" KEYID_BYTES
#define FPR_OTHER   "\x16\x21\x04\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0D" KEYID_BYTES
#define FPR_FOREIGN                                                                                \
	"\x16\x21\x04\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x11\x22\x33\x44\x55\x66\x77\x89"
#define FPR_V5                                                                                     \
	"\x22\x21\x05"                                                                             \
	"\1\2\3\4\5\6\7\x10\1\2\3\4\5\6\7\x10\1\2\3\4\5\6\7\x10\1\2\3\4\5\6\7\x10"
#define ONE_MPI	 "\x00\x08\xFF"
#define TWO_MPIS ONE_MPI ONE_MPI

struct area {
	const char *p;
	size_t n;
};
#define AREA(s)                                                                                    \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}

struct row {
	const char *what;
	const char *rule; /* NULL: is read */
	uint8_t version;
	uint8_t type;
	uint8_t algo;
	uint8_t hash;
	struct area hashed;
	struct area unhashed;
	struct area mpis;
};

/* clang-format off */
static const struct row rows[] = {
	{"RSA", NULL, 4, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"RSA sign-only", NULL, 4, 0, 3, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"ECDSA", NULL, 4, 0, 19, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS)},
	{"EdDSA", NULL, 4, 0, 22, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS)},
	{"all signed (GitHub)", NULL, 4, 0, 1, 8, AREA(CREATED KEYID), AREA(""), AREA(ONE_MPI)},
	{"fingerprint and key id (gpg)", NULL, 4, 0, 1, 8, AREA(FPR CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"fingerprint alone", NULL, 4, 0, 1, 8, AREA(FPR CREATED), AREA(""), AREA(ONE_MPI)},
	{"fingerprint where nothing signs it", NULL, 4, 0, 1, 8, AREA(CREATED), AREA(FPR), AREA(ONE_MPI)},
	{"both where nothing signs them", NULL, 4, 0, 1, 8, AREA(CREATED), AREA(FPR KEYID), AREA(ONE_MPI)},
	{"critical ones that are known", NULL, 4, 0, 1, 8,
	 AREA("\x05\x82\x65\xBA\xDF\x00" "\x05\x83\x00\x00\x00\x01" "\x09\x90" KEYID_BYTES "\x02\x9C" "a" "\x02\x9A" "u"),
	 AREA(""), AREA(ONE_MPI)},
	{"unknown, not critical", NULL, 4, 0, 1, 8, AREA(CREATED KEYID "\x01\x64"), AREA(""), AREA(ONE_MPI)},
	{"no lifetime written as 0", NULL, 4, 0, 1, 8, AREA(CREATED KEYID "\x05\x03\x00\x00\x00\x00"), AREA(""), AREA(ONE_MPI)},

	{"version 2", "PGP-3", 2, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"version 3, of which version 4's fields are none", "PGP-2", 3, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"version 5", "PGP-3", 5, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"version 6", "PGP-3", 6, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"over a text", NULL, 4, 1, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"standalone", "PGP-3", 4, 2, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"over a user id", "PGP-3", 4, 0x13, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"over a key", "PGP-3", 4, 0x18, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"Elgamal", "PGP-3", 4, 0, 16, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS)},
	{"DSA", NULL, 4, 0, 17, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS)},
	{"Ed25519 of RFC 9580", "PGP-3", 4, 0, 27, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS)},
	{"RSA encrypt-only", "PGP-3", 4, 0, 2, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"MD5", "PGP-3", 4, 0, 1, 1, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"SHA-1", "PGP-3", 4, 0, 1, 2, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"RIPEMD-160", NULL, 4, 0, 1, 3, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"SHA3-256", "PGP-3", 4, 0, 1, 12, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"digest 0", "PGP-3", 4, 0, 1, 0, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"by a key of version 5", "PGP-3", 4, 0, 1, 8, AREA(CREATED FPR_V5), AREA(""), AREA(ONE_MPI)},

	{"no creation time", "PGP-2", 4, 0, 1, 8, AREA(KEYID), AREA(""), AREA(ONE_MPI)},
	{"creation time where nothing signs it", "PGP-2", 4, 0, 1, 8, AREA(KEYID), AREA(CREATED), AREA(ONE_MPI)},
	{"creation time in both", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID), AREA(CREATED), AREA(ONE_MPI)},
	{"two creation times", "PGP-2", 4, 0, 1, 8, AREA(CREATED CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"short creation time", "PGP-2", 4, 0, 1, 8, AREA("\x04\x02\x65\xBA\xDF"), AREA(KEYID), AREA(ONE_MPI)},
	{"long creation time", "PGP-2", 4, 0, 1, 8, AREA("\x06\x02\x65\xBA\xDF\x00\x00"), AREA(KEYID), AREA(ONE_MPI)},
	{"two lifetimes", "PGP-2", 4, 0, 1, 8, AREA(CREATED "\x05\x03\0\0\0\1" "\x05\x03\0\0\0\1"), AREA(KEYID), AREA(ONE_MPI)},
	{"lifetime where nothing signs it", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID), AREA("\x05\x03\0\0\0\1"), AREA(ONE_MPI)},
	{"no issuer", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(""), AREA(ONE_MPI)},
	{"two issuers", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID), AREA(OTHER_KEYID), AREA(ONE_MPI)},
	{"two fingerprints", "PGP-2", 4, 0, 1, 8, AREA(CREATED FPR), AREA(FPR_OTHER), AREA(ONE_MPI)},
	{"fingerprint of another key id", "PGP-2", 4, 0, 1, 8, AREA(CREATED FPR_FOREIGN), AREA(KEYID), AREA(ONE_MPI)},
	{"short key id", "PGP-2", 4, 0, 1, 8, AREA(CREATED "\x08\x10\x11\x22\x33\x44\x55\x66\x77"), AREA(""), AREA(ONE_MPI)},
	{"short fingerprint", "PGP-2", 4, 0, 1, 8, AREA(CREATED "\x09\x21\x04\x01\x02\x03\x04\x05\x06\x07"), AREA(""), AREA(ONE_MPI)},
	{"empty fingerprint", "PGP-2", 4, 0, 1, 8, AREA(CREATED "\x01\x21"), AREA(KEYID), AREA(ONE_MPI)},
	{"critical and unknown", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID "\x01\xE4"), AREA(""), AREA(ONE_MPI)},
	{"critical intended recipient", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID "\x02\xA3\x04"), AREA(""), AREA(ONE_MPI)},
	{"critical key flags", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID "\x02\x9B\x02"), AREA(""), AREA(ONE_MPI)},
	{"notation where nothing signs it", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID), AREA("\x03\x14hi"), AREA(ONE_MPI)},
	{"critical issuer where nothing signs it", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA("\x09\x90" KEYID_BYTES), AREA(ONE_MPI)},
	{"key id twice where nothing signs it", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(KEYID KEYID), AREA(ONE_MPI)},
	{"fingerprint twice where nothing signs it", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(FPR KEYID FPR), AREA(ONE_MPI)},
	{"subpacket without type", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID "\x00"), AREA(""), AREA(ONE_MPI)},
	{"subpacket longer than its area", "PGP-2", 4, 0, 1, 8, AREA(CREATED KEYID "\x02\x64"), AREA(""), AREA(ONE_MPI)},
	{"subpacket with a longer length than needed", "PGP-2", 4, 0, 1, 8,
	 AREA(CREATED KEYID "\xFF\x00\x00\x00\x01\x64"), AREA(""), AREA(ONE_MPI)},
	{"no number", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA("")},
	{"two numbers for RSA", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS)},
	{"one number for ECDSA", "PGP-2", 4, 0, 19, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI)},
	{"three numbers for EdDSA", "PGP-2", 4, 0, 22, 8, AREA(CREATED), AREA(KEYID), AREA(TWO_MPIS ONE_MPI)},
	{"number longer than it says", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA("\x00\x07\xFF")},
	{"number cut short", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA("\x00\x09\x01")},
	{"a byte behind", "PGP-2", 4, 0, 1, 8, AREA(CREATED), AREA(KEYID), AREA(ONE_MPI "\x00")},
};
/* clang-format on */

static void put_body(const struct row *r, struct pdg_buf *out)
{
	pdg_buf_putc(out, r->version);
	pdg_buf_putc(out, r->type);
	pdg_buf_putc(out, r->algo);
	pdg_buf_putc(out, r->hash);
	pdg_buf_u16be(out, (uint16_t)r->hashed.n);
	pdg_buf_put(out, pdg_bytes(r->hashed.p, r->hashed.n));
	pdg_buf_u16be(out, (uint16_t)r->unhashed.n);
	pdg_buf_put(out, pdg_bytes(r->unhashed.p, r->unhashed.n));
	pdg_buf_u16be(out, 0xABCD);
	pdg_buf_put(out, pdg_bytes(r->mpis.p, r->mpis.n));
}

static void put_packet(const struct row *r, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(1024);

	put_body(r, &body);
	pdg_buf_putc(out, 0x88);
	pdg_buf_putc(out, (uint8_t)body.n);
	pdg_buf_put(out, pdg_buf_bytes(&body));
}

static void fields(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(1024);
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("%s", rows[i].what);
		put_packet(&rows[i], &packet);
		rc = pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packet), &s, &err);
		if (rows[i].rule) {
			CHECK_RULE(rc, &err, rows[i].rule);
			CHECK(s == NULL);
		} else if (CHECK_OK(rc, &err)) {
			CHECK_INT(pdg_pgp_sig_created(s), 0x65BADF00);
		}
	}
}

/* The good row's body in headers of all kinds, alone and in company. */
static void packets(void)
{
	static const struct {
		const char *what;
		struct area before;
		struct area head; /* the length's last byte follows */
		bool fits;	  /* in one byte */
		struct area behind;
		bool good;
	} forms[] = {
		{"old", AREA(""), AREA("\x88"), true, AREA(""), true},
		{"new", AREA(""), AREA("\xC2"), true, AREA(""), true},
		{"old, two bytes", AREA(""), AREA("\x89\x00"), true, AREA(""), false},
		{"old, four bytes", AREA(""), AREA("\x8A\x00\x00\x00"), true, AREA(""), false},
		{"old, rest of the file", AREA(""), AREA("\x8B"), false, AREA(""), false},
		{"new, five bytes", AREA(""), AREA("\xC2\xFF\x00\x00\x00"), true, AREA(""), false},
		{"new, partial", AREA(""), AREA("\xC2\xE0"), false, AREA(""), false},
		{"marker before", AREA("\xA8\x03PGP"), AREA("\x88"), true, AREA(""), false},
		{"marker behind", AREA(""), AREA("\x88"), true, AREA("\xA8\x03PGP"), false},
		{"trust behind", AREA(""), AREA("\x88"), true, AREA("\xB0\x01\x00"), false},
		{"zero bytes behind", AREA(""), AREA("\x88"), true, AREA("\x00\x00"), false},
		{"one-pass before", AREA("\x90\x01\x03"), AREA("\x88"), true, AREA(""), false},
		{"literal before",
		 AREA("\xAC\x07"
		      "b\x00\x00\x00\x00\x00"
		      "x"),
		 AREA("\x88"), true, AREA(""), false},
		{"as a compressed packet", AREA(""), AREA("\xA0"), true, AREA(""), false},
		{"as a user id", AREA(""), AREA("\xB4"), true, AREA(""), false},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(1024);
		PDG_AUTO(buf) struct pdg_buf all = PDG_BUF_INIT(1024);
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("%s", forms[i].what);
		put_body(&rows[0], &body);
		pdg_buf_put(&all, pdg_bytes(forms[i].before.p, forms[i].before.n));
		pdg_buf_put(&all, pdg_bytes(forms[i].head.p, forms[i].head.n));
		if (forms[i].fits)
			pdg_buf_putc(&all, (uint8_t)body.n);
		pdg_buf_put(&all, pdg_buf_bytes(&body));
		pdg_buf_put(&all, pdg_bytes(forms[i].behind.p, forms[i].behind.n));
		rc = pdg_pgp_sig_parse_binary(pdg_buf_bytes(&all), &s, &err);
		if (forms[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "PGP-2");
	}
}

/* RFC 4880 5.2.2: no subpackets, five bytes that are signed. */
static void old_versions(void)
{
#define V3(version, len, type, algo, hash, mpis)                                                   \
	version len type "\x65\xBA\xDF\x00" KEYID_BYTES algo hash "\xAB\xCD" mpis
#define BODY(s) AREA(s)
	static const struct {
		const char *what;
		const char *rule;
		struct area body;
	} cases[] = {
		{"RSA", NULL, BODY(V3("\3", "\5", "\0", "\1", "\x08", ONE_MPI))},
		{"version 2", "PGP-3", BODY(V3("\2", "\5", "\0", "\1", "\x08", ONE_MPI))},
		{"text", NULL, BODY(V3("\3", "\5", "\1", "\1", "\x08", ONE_MPI))},
		{"DSA, RIPEMD-160", NULL, BODY(V3("\3", "\5", "\0", "\x11", "\3", TWO_MPIS))},
		{"Ed25519", NULL, BODY(V3("\3", "\5", "\0", "\x16", "\x0A", TWO_MPIS))},
		{"MD5", "PGP-3", BODY(V3("\3", "\5", "\0", "\1", "\1", ONE_MPI))},
		{"SHA-1", "PGP-3", BODY(V3("\3", "\5", "\0", "\1", "\2", ONE_MPI))},
		{"Elgamal", "PGP-3", BODY(V3("\3", "\5", "\0", "\x10", "\x08", TWO_MPIS))},
		{"over a key", "PGP-3", BODY(V3("\3", "\5", "\x18", "\1", "\x08", ONE_MPI))},
		{"four bytes signed", "PGP-2", BODY(V3("\3", "\4", "\0", "\1", "\x08", ONE_MPI))},
		{"six bytes signed", "PGP-2", BODY(V3("\3", "\6", "\0", "\1", "\x08", ONE_MPI))},
		{"no number", "PGP-2", BODY(V3("\3", "\5", "\0", "\1", "\x08", ""))},
		{"two numbers", "PGP-2", BODY(V3("\3", "\5", "\0", "\1", "\x08", TWO_MPIS))},
		{"cut short", "PGP-2", BODY("\3\5\0\x65\xBA\xDF\x00" KEYID_BYTES "\1\x08\xAB")},
		{"version 1", "PGP-3", BODY(V3("\1", "\5", "\0", "\1", "\x08", ONE_MPI))},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(1024);
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("version 3: %s", cases[i].what);
		pdg_buf_putc(&packet, 0x88);
		pdg_buf_putc(&packet, (uint8_t)cases[i].body.n);
		pdg_buf_put(&packet, pdg_bytes(cases[i].body.p, cases[i].body.n));
		rc = pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packet), &s, &err);
		if (cases[i].rule) {
			CHECK_RULE(rc, &err, cases[i].rule);
		} else if (CHECK_OK(rc, &err)) {
			CHECK_INT(pdg_pgp_sig_created(s), 0x65BADF00);
			CHECK_INT(pdg_pgp_sig_expires(s), 0);
		}
	}
}

/* None, an empty one, and the same twice (attacks.md 8, 10, M17). */
static void counts(void)
{
	PDG_AUTO(buf) struct pdg_buf two = PDG_BUF_INIT(1024);
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_pgp_sig_parse_binary(pdg_bytes(NULL, 0), &s, &err), &err, "PGP-2");
	CHECK_RULE(pdg_pgp_sig_parse_binary(pdg_bytes("\x88\x00", 2), &s, &err), &err, "PGP-2");
	put_packet(&rows[0], &two);
	CHECK_OK(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&two), &s, &err), &err);
	pdg_pgp_sig_free(PDG_TAKE(s));
	put_packet(&rows[0], &two);
	CHECK_RULE(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&two), &s, &err), &err, "PGP-2");
}

static void lifetimes(void)
{
	static const struct row forever = {NULL,
					   NULL,
					   4,
					   0,
					   1,
					   8,
					   AREA("\x05\x02\xFF\xFF\xFF\xFF\x05\x03\xFF\xFF\xFF\xFF"),
					   AREA(KEYID),
					   AREA(ONE_MPI)};
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(1024);
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	struct pdg_error err = {0};

	put_packet(&forever, &packet);
	if (!CHECK_OK(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packet), &s, &err), &err))
		return;
	CHECK_INT(pdg_pgp_sig_created(s), INT64_C(4294967295));
	CHECK_INT(pdg_pgp_sig_expires(s), INT64_C(8589934590));
}

PDG_TEST_MAIN("crypto.pgp_sig_form", {"fields and subpackets", fields},
	      {"old versions", old_versions}, {"packets around it", packets}, {"counts", counts},
	      {"lifetimes do not wrap", lifetimes})
