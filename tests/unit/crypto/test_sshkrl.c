/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KRLs: those that ssh-keygen made (tests/data/ssh_certs), and then lists put together by hand,
 * whose answers are compared with what was put in. What is not exactly a KRL is SSH-6.
 */
#include "crypto/digest.h"
#include "crypto/sshkrl.h"
#include "ssh_data.h"
#include "util/limits.h"

static void read_text(const char *name, const char *suffix, struct pdg_buf *out)
{
	char *path = pdg_str_printf("%s/ssh_certs/%s%s", PDG_TEST_DATA, name, suffix);

	if (CHECK(path != NULL))
		pdg_test_read(path, out);
	free(path);
}

static void read_blob(const char *file, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes rest;
	struct pdg_bytes line;
	struct pdg_error err = {0};

	read_text(file, "", &text);
	rest = pdg_buf_bytes(&text);
	if (CHECK(pdg_bytes_line(&rest, &line)))
		CHECK_OK(pdg_sshkey_line(line, out, &err), &err);
}

static struct pdg_sshcert *cert_of(const char *file)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_sshcert *cert = NULL;
	struct pdg_error err = {0};

	read_blob(file, &blob);
	if (!CHECK_OK(pdg_sshcert_parse(pdg_buf_bytes(&blob), &cert, &err), &err))
		abort();
	return cert;
}

static struct pdg_sshkrl *krl_of(struct pdg_bytes in)
{
	struct pdg_sshkrl *krl = NULL;
	struct pdg_error err = {0};

	CHECK(pdg_sshkrl_is(in));
	if (!CHECK_OK(pdg_sshkrl_parse(in, &krl, &err), &err))
		abort();
	return krl;
}

/* What the list says: of the certificate, or with @alone of its key by itself. */
static const char *ask(const struct pdg_sshkrl *krl, const struct pdg_sshcert *cert, bool alone)
{
	const char *what = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_sshkrl_find(krl, cert->key, alone ? NULL : cert, &what, &err), &err);
	return what;
}

static void ssh_keygens_lists_are_read(void)
{
	static const struct {
		const char *name;
		bool cert; /* revokes good-cert.pub */
		bool key;  /* revokes its key also by itself */
	} rows[] = {
		{"serial", true, false},
		{"serial-any", true, false},
		{"serials", true, false},
		{"range", true, false},
		{"bitmap", true, false},
		{"id", true, false},
		{"id-any", true, false},
		{"ids", true, false},
		{"cert", true, false},
		{"authority", true, false},
		{"authority-sha256", true, false},
		{"key", true, true},
		{"explicit", true, true},
		{"sha1", true, true},
		{"sha256", true, true},
		{"hash", true, true},
		{"others", false, false},
		{"other-serials", false, false},
		{"other-bitmap", false, false},
		{"other-ca", false, false},
	};
	PDG_AUTO(sshcert) struct pdg_sshcert *good = cert_of("good-cert.pub");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;

		pdg_test_case("%s", rows[i].name);
		read_text(rows[i].name, ".krl", &text);
		krl = krl_of(pdg_buf_bytes(&text));
		CHECK((ask(krl, good, false) != NULL) == rows[i].cert);
		CHECK((ask(krl, good, true) != NULL) == rows[i].key);
	}
	pdg_test_case(NULL);
}

/* An empty list of what is revoked looks like one that lost its contents. */
static void an_empty_list_is_refused(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_sshkrl *krl = NULL;
	struct pdg_error err = {0};

	read_text("empty", ".krl", &text);
	CHECK_RULE(pdg_sshkrl_parse(pdg_buf_bytes(&text), &krl, &err), &err, "SSH-6");
	/* It lacks nothing else: with a section of one fingerprint it is taken. */
	pdg_buf_putc(&text, 5);
	pdg_buf_u32be(&text, 4 + PDG_SHA256_LEN);
	pdg_buf_u32be(&text, PDG_SHA256_LEN);
	for (size_t i = 0; i < PDG_SHA256_LEN; i++)
		pdg_buf_putc(&text, 'x');
	if (CHECK_OK(pdg_sshkrl_parse(pdg_buf_bytes(&text), &krl, &err), &err))
		pdg_sshkrl_free(krl);
}

static void put_u64(struct pdg_buf *out, uint64_t v)
{
	pdg_buf_u32be(out, (uint32_t)(v >> 32));
	pdg_buf_u32be(out, (uint32_t)v);
}

static void put_header(struct pdg_buf *out)
{
	pdg_buf_put(out, pdg_bytes("SSHKRL\n\0\0\0\0\1", 12));
	put_u64(out, 1);
	put_u64(out, 2);
	put_u64(out, 0);
	ssh_put(out, "");
	ssh_put(out, "a comment");
}

static void put_section(struct pdg_buf *out, uint8_t type, struct pdg_bytes body)
{
	pdg_buf_putc(out, type);
	pdg_sshwire_put_string(out, body);
}

/* A list with one section, for certificates of any authority, with one section in that. */
static void put_certs(struct pdg_buf *out, uint8_t type, struct pdg_bytes body)
{
	PDG_AUTO(buf) struct pdg_buf section = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);

	ssh_put(&section, "");
	ssh_put(&section, "");
	put_section(&section, type, body);
	put_header(out);
	put_section(out, 1, pdg_buf_bytes(&section));
}

static bool has_serial(const struct pdg_sshkrl *krl, uint64_t serial)
{
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = cert_of("good-cert.pub");

	cert->serial = serial;
	return ask(krl, cert, false) != NULL;
}

/* Ranges that overlap, touch, repeat, contain one another, in no order. */
static void serials_are_those_put_in(void)
{
	static const struct {
		uint64_t first, last;
	} ranges[] = {
		{40, 50},
		{1, 1},
		{3, 5},
		{6, 6},
		{10, 20},
		{12, 14},
		{15, 30},
		{3, 4},
		{60, 60},
		{62, 62},
		{61, 61},
		{90, 90},
		{80, 95},
		{UINT64_MAX - 2, UINT64_MAX},
		{UINT64_MAX, UINT64_MAX},
	};
	const size_t n = sizeof(ranges) / sizeof(ranges[0]);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(buf) struct pdg_buf section = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;

	ssh_put(&section, "");
	ssh_put(&section, "");
	for (size_t i = 0; i < n; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(64);

		put_u64(&body, ranges[i].first);
		if (ranges[i].first != ranges[i].last)
			put_u64(&body, ranges[i].last);
		put_section(&section, ranges[i].first == ranges[i].last ? 0x20 : 0x21,
			    pdg_buf_bytes(&body));
	}
	put_header(&text);
	put_section(&text, 1, pdg_buf_bytes(&section));
	krl = krl_of(pdg_buf_bytes(&text));
	for (uint64_t at = 0; at < 110; at++) {
		uint64_t serial = at < 100 ? at : UINT64_MAX - (at - 100);
		bool want = false;

		for (size_t i = 0; i < n; i++)
			want = want || (serial >= ranges[i].first && serial <= ranges[i].last);
		pdg_test_case("serial %llu", (unsigned long long)serial);
		CHECK(has_serial(krl, serial) == want);
	}
	pdg_test_case(NULL);
}

static void bitmaps_are_counted_from_their_offset(void)
{
	static const uint8_t map[] = {0x00, 0x91, 0x00, 0xC5}; /* 23 20 16, 7 6 2 0 */
	static const uint64_t offsets[] = {1, 1000, UINT64_MAX - 23};
	const uint32_t bits = 0x9100C5;

	for (size_t i = 0; i < 3; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(64);
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
		PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;

		put_u64(&body, offsets[i]);
		pdg_sshwire_put_string(&body, pdg_bytes(map, sizeof(map)));
		put_certs(&text, 0x22, pdg_buf_bytes(&body));
		krl = krl_of(pdg_buf_bytes(&text));
		for (unsigned bit = 0; bit < 24; bit++) {
			pdg_test_case("offset %zu, bit %u", i, bit);
			CHECK(has_serial(krl, offsets[i] + bit) == ((bits >> bit & 1) != 0));
		}
		CHECK(!has_serial(krl, offsets[i] - 1));
		CHECK(!has_serial(krl, offsets[i] + 24));
		CHECK(!has_serial(krl, 0));
	}
	pdg_test_case(NULL);
}

/* The certificates of one authority, as far as it is that one. */
static void authorities_are_told_apart(void)
{
	static const char *const files[] = {"ca.pub", "ca-ecdsa.pub"};
	PDG_AUTO(sshcert) struct pdg_sshcert *good = cert_of("good-cert.pub");

	for (size_t i = 0; i < 2; i++) {
		PDG_AUTO(buf) struct pdg_buf ca = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf section = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf ids = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;

		read_blob(files[i], &ca);
		pdg_sshwire_put_string(&section, pdg_buf_bytes(&ca));
		ssh_put(&section, "");
		ssh_put(&ids, "alice-1");
		put_section(&section, 0x23, pdg_buf_bytes(&ids));
		put_header(&text);
		put_section(&text, 1, pdg_buf_bytes(&section));
		krl = krl_of(pdg_buf_bytes(&text));
		CHECK((ask(krl, good, false) != NULL) == (i == 0));
		CHECK(ask(krl, good, true) == NULL);
	}
}

static void check_refused(const char *what, struct pdg_bytes text)
{
	struct pdg_sshkrl *krl = NULL;
	struct pdg_error err = {0};

	pdg_test_case("%s", what);
	CHECK_RULE(pdg_sshkrl_parse(text, &krl, &err), &err, "SSH-6");
	CHECK(krl == NULL);
	pdg_test_case(NULL);
}

static void bad_sections_for_certificates_are_refused(void)
{
	static const struct {
		const char *what;
		uint8_t type;
		const char *body;
		size_t n;
	} rows[] = {
#define BODY(s) (s), sizeof(s) - 1
		{"no serial", 0x20, "", 0},
		{"a serial cut short", 0x20, BODY("\0\0\0\0\0\0\1")},
		{"a serial and a half", 0x20, BODY("\0\0\0\0\0\0\0\1\0\0\0\0")},
		{"serial 0", 0x20, BODY("\0\0\0\0\0\0\0\0")},
		{"half a range", 0x21, BODY("\0\0\0\0\0\0\0\1")},
		{"a range backwards", 0x21, BODY("\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1")},
		{"a range from 0", 0x21, BODY("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")},
		{"two ranges", 0x21,
		 BODY("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4")},
		{"an empty bitmap", 0x22, BODY("\0\0\0\0\0\0\0\1\0\0\0\0")},
		{"a bitmap of zeros", 0x22, BODY("\0\0\0\0\0\0\0\1\0\0\0\1\0")},
		{"a bitmap that is not minimal", 0x22, BODY("\0\0\0\0\0\0\0\1\0\0\0\2\0\1")},
		{"a negative bitmap", 0x22, BODY("\0\0\0\0\0\0\0\1\0\0\0\1\200")},
		{"a bitmap with serial 0", 0x22, BODY("\0\0\0\0\0\0\0\0\0\0\0\1\1")},
		{"a bitmap that wraps", 0x22, BODY("\377\377\377\377\377\377\377\377\0\0\0\1\2")},
		{"a bitmap and more", 0x22, BODY("\0\0\0\0\0\0\0\1\0\0\0\1\1\0")},
		{"no key id", 0x23, "", 0},
		{"a key id cut short", 0x23, BODY("\0\0\0\3ab")},
		{"a key id of a NUL", 0x23, BODY("\0\0\0\2a\0")},
		{"a critical extension", 0x39, BODY("\0\0\0\1x\1\0\0\0\0")},
		{"an extension that is half critical", 0x39, BODY("\0\0\0\1x\2\0\0\0\0")},
		{"an extension without a name", 0x39, BODY("\0\0\0\0\0\0\0\0\0")},
		{"an extension alone", 0x39, BODY("\0\0\0\1x\0\0\0\0\1y")},
		{"an unknown section", 0x24, BODY("\0\0\0\0\0\0\0\1")},
#undef BODY
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);

		put_certs(&text, rows[i].type, pdg_bytes(rows[i].body, rows[i].n));
		check_refused(rows[i].what, pdg_buf_bytes(&text));
	}
}

static const char print20[] = "\0\0\0\24 0123456789012345678";

/* A list with that section, behind one of the right form unless it is @alone. */
static void check_section(const char *what, uint8_t type, struct pdg_bytes body, bool alone)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);

	put_header(&text);
	if (!alone)
		put_section(&text, 3, pdg_bytes(print20, 24));
	put_section(&text, type, body);
	check_refused(what, pdg_buf_bytes(&text));
}

static void bad_sections_are_refused(void)
{
	static const char reserved[] = "\0\0\0\0\0\0\0\1x\40\0\0\0\10\0\0\0\0\0\0\0\1";

	check_section("an empty section", 2, pdg_bytes(NULL, 0), false);
	check_section("a key cut short", 2, pdg_bytes("\0\0\0\2x", 5), false);
	check_section("a key without a type", 2, pdg_bytes("\0\0\0\1x", 5), false);
	check_section("a SHA-256 print of 20", 5, pdg_bytes(print20, 24), false);
	check_section("a SHA-1 print of 21", 3, pdg_bytes("\0\0\0\25 01234567890123456789", 25),
		      false);
	check_section("certificates of nothing", 1, pdg_bytes("\0\0\0\0\0\0\0\0", 8), false);
	check_section("a reserved field", 1, pdg_bytes(reserved, sizeof(reserved) - 1), false);
	check_section("a signature", 4, pdg_bytes("x", 1), false);
	check_section("an unknown section", 6, pdg_bytes("x", 1), false);
	check_section("a critical extension", 255, pdg_bytes("\0\0\0\1x\1\0\0\0\0", 10), false);
	check_section("an extension and more", 255, pdg_bytes("\0\0\0\1x\0\0\0\0\0x", 11), false);
	check_section("an extension alone", 255, pdg_bytes("\0\0\0\1x\0\0\0\0\0", 10), true);
}

/* A certificate is neither a key to revoke nor an authority. */
static void certificates_are_no_keys(void)
{
	PDG_AUTO(buf) struct pdg_buf cert = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(SSH_DATA_MAX);

	read_blob("good-cert.pub", &cert);
	pdg_sshwire_put_string(&body, pdg_buf_bytes(&cert));
	check_section("a certificate as a key", 2, pdg_buf_bytes(&body), false);
	pdg_buf_put(&body, pdg_bytes("\0\0\0\0\40\0\0\0\10\0\0\0\0\0\0\0\1", 17));
	check_section("certificates of a certificate", 1, pdg_buf_bytes(&body), false);
}

/* Extensions that are not critical are passed over, in the list and in a section. */
static void extensions_may_be_passed_over(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf section = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;

	ssh_put(&section, "");
	ssh_put(&section, "");
	put_section(&section, 0x39, pdg_bytes("\0\0\0\1x\0\0\0\0\1y", 11));
	put_section(&section, 0x20, pdg_bytes("\0\0\0\0\0\0\0\7", 8));
	put_header(&text);
	put_section(&text, 255, pdg_bytes("\0\0\0\1x\0\0\0\0\1y", 11));
	put_section(&text, 1, pdg_buf_bytes(&section));
	krl = krl_of(pdg_buf_bytes(&text));
	CHECK(has_serial(krl, 7));
	CHECK(!has_serial(krl, 8));
}

static void headers_are_exact(void)
{
	/* Where each field of a list's header begins, and a byte that spoils it there. */
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} rows[] = {
		{"magic", 0, 's'},   {"magic's NUL", 7, 1},
		{"format 0", 11, 0}, {"format 2", 11, 2},
		{"flags", 35, 1},    {"reserved", 39, 1},
		{"comment", 44, 0},  {"comment's length", 43, 200},
	};
	PDG_AUTO(buf) struct pdg_buf good = PDG_BUF_INIT(SSH_DATA_MAX);

	put_certs(&good, 0x20, pdg_bytes("\0\0\0\0\0\0\0\7", 8));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);

		pdg_buf_put(&text, pdg_buf_bytes(&good));
		text.p[rows[i].at] = rows[i].value;
		check_refused(rows[i].what, pdg_buf_bytes(&text));
	}
	pdg_buf_putc(&good, 0);
	check_refused("a byte behind", pdg_buf_bytes(&good));
}

/* Cut between two sections a list is whole, and revokes less: OpenSSH cannot tell either. */
static void every_other_cut_is_refused(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);

	read_text("bitmap", ".krl", &text);
	for (size_t n = 0; n < text.n; n++) {
		uint8_t *cut = ssh_exact(pdg_buf_bytes(&text), n);

		check_refused("cut", pdg_bytes(cut, n));
		free(cut);
	}
}

static void entries_are_bounded(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(sshkrl) struct pdg_sshkrl *krl = NULL;
	struct pdg_sshkrl *none = NULL;
	struct pdg_error err = {0};

	/* The section itself is one of the entries. */
	for (size_t i = 1; i < PDG_LIMIT_KRL_ENTRIES; i++)
		put_u64(&body, 2 * (uint64_t)i);
	put_certs(&text, 0x20, pdg_buf_bytes(&body));
	krl = krl_of(pdg_buf_bytes(&text));
	CHECK(has_serial(krl, 2 * (uint64_t)(PDG_LIMIT_KRL_ENTRIES - 1)));
	CHECK(!has_serial(krl, 3));
	put_u64(&body, 1);
	pdg_buf_reset(&text);
	put_certs(&text, 0x20, pdg_buf_bytes(&body));
	CHECK_CODE(pdg_sshkrl_parse(pdg_buf_bytes(&text), &none, &err), &err, PDG_E_LIMIT);
	CHECK(none == NULL);
}

static void large_bitmaps_are_refused(void)
{
	PDG_AUTO(buf) struct pdg_buf map = PDG_BUF_INIT(SSH_DATA_MAX);

	memset(pdg_buf_room(&map, 2048), 0x7F, 2048);
	for (size_t i = 0; i < 2; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);

		put_u64(&body, 1);
		pdg_sshwire_put_string(&body, pdg_buf_bytes(&map));
		put_certs(&text, 0x22, pdg_buf_bytes(&body));
		if (i == 0)
			pdg_sshkrl_free(krl_of(pdg_buf_bytes(&text)));
		else
			check_refused("2049 bytes", pdg_buf_bytes(&text));
		pdg_buf_putc(&map, 0x7F);
	}
}

PDG_TEST_MAIN("sshkrl", {"ssh-keygen's lists are read", ssh_keygens_lists_are_read},
	      {"an empty list is refused", an_empty_list_is_refused},
	      {"serials are those put in", serials_are_those_put_in},
	      {"bitmaps are counted from their offset", bitmaps_are_counted_from_their_offset},
	      {"authorities are told apart", authorities_are_told_apart},
	      {"bad sections for certificates are refused",
	       bad_sections_for_certificates_are_refused},
	      {"bad sections are refused", bad_sections_are_refused},
	      {"certificates are no keys", certificates_are_no_keys},
	      {"extensions may be passed over", extensions_may_be_passed_over},
	      {"headers are exact", headers_are_exact},
	      {"every other cut is refused", every_other_cut_is_refused},
	      {"entries are bounded", entries_are_bounded},
	      {"large bitmaps are refused", large_bitmaps_are_refused})
