/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSHSIG: the vector of formats.md 9.4, signatures that ssh-keygen made, and then whatever is not
 * exactly one of them. Every changed bit of blob and message must fail.
 */
#include <openssl/err.h>

#include "crypto/sshsig.h"
#include "ssh_data.h"
#include "util/codec.h"
#include "util/limits.h"

#define BEGIN  "-----BEGIN SSH SIGNATURE-----\n"
#define END    "-----END SSH SIGNATURE-----\n"
#define LINE_1 "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgA6EHv/POEL4dcN0Y50vAmWfk1j\n"
#define LINE_2 "CbpQ1fHdyGZBJVMbgAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5\n"
#define LINE_3 "AAAAQBmTXcE4n/AWY05tfKtYeryjW8oxepEBBmQoPa2BfdQcLw609qxyLql533wDvf6lSd\n"
#define LINE_4 "XQ500xwZdu2Rrq4HJCiQY=\n"
#define BODY   LINE_1 LINE_2 LINE_3 LINE_4
#define VECTOR BEGIN BODY END

/* Parse @armor and verify it; what fails first is told. */
static int judge(struct pdg_bytes armor, const char *namespace_, struct pdg_bytes msg,
		 struct pdg_error *err)
{
	PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
	int rc = pdg_sshsig_parse(armor, &sig, err);

	return rc < 0 ? rc : pdg_sshsig_verify(sig, namespace_, msg, err);
}

static int judge_blob(struct pdg_bytes blob, struct pdg_bytes msg, struct pdg_error *err)
{
	PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
	int rc = pdg_sshsig_parse_blob(blob, &sig, err);

	return rc < 0 ? rc : pdg_sshsig_verify(sig, "git", msg, err);
}

/* The blob inside the armored file @name.git.sig. */
static void read_sig_blob(const char *name, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes body;

	ssh_read(name, ".git.sig", &text);
	body = pdg_bytes_from(pdg_buf_bytes(&text), strlen(BEGIN));
	body.n -= strlen(END);
	CHECK_OK(pdg_unbase64(body, PDG_BASE64_LINES, out, NULL), NULL);
}

static void the_vector_verifies(void)
{
	static const uint8_t raw[] = {0x03, 0xa1, 0x07, 0xbf};
	PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
	struct pdg_error err = {0};
	const struct pdg_sshkey *key;

	if (!CHECK_OK(pdg_sshsig_parse(pdg_bytes_str(VECTOR), &sig, &err), &err))
		return;
	key = pdg_sshsig_key(sig);
	CHECK_STR(pdg_sshkey_fingerprint(key),
		  "SHA256:lbmsoA0yIEcEiVDRnMWuzm+nV+3ZEEpVIURqFoeSspg");
	CHECK_BYTES(pdg_bytes_head(pdg_bytes_from(pdg_sshkey_blob(key), 19), 4), pdg_bytes(raw, 4));
	CHECK_OK(pdg_sshsig_verify(sig, "git", pdg_bytes_str("hello\n"), &err), &err);
	CHECK_RULE(pdg_sshsig_verify(sig, "git", pdg_bytes_str("hello"), &err), &err, "SIG-1");
	CHECK_RULE(pdg_sshsig_verify(sig, "git", pdg_bytes(NULL, 0), &err), &err, "SIG-1");
	CHECK_RULE(pdg_sshsig_verify(sig, "file", pdg_bytes_str("hello\n"), &err), &err, "SSH-4");
	CHECK_RULE(pdg_sshsig_verify(sig, "", pdg_bytes_str("hello\n"), &err), &err, "SSH-4");
	CHECK_RULE(pdg_sshsig_verify(sig, "gi", pdg_bytes_str("hello\n"), &err), &err, "SSH-4");
	CHECK_RULE(pdg_sshsig_verify(sig, "Git", pdg_bytes_str("hello\n"), &err), &err, "SSH-4");
}

static void ssh_keygens_signatures_verify(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);

	ssh_read("message", "", &msg);
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_bytes m = pdg_buf_bytes(&msg);
		struct pdg_error err = {0};

		pdg_test_case("%s", ssh_names[i]);
		ssh_read(ssh_names[i], ".git.sig", &armor);
		CHECK_OK(judge(pdg_buf_bytes(&armor), "git", m, &err), &err);
		CHECK_RULE(judge(pdg_buf_bytes(&armor), "file", m, &err), &err, "SSH-4");
		CHECK_RULE(judge(pdg_buf_bytes(&armor), "git", pdg_bytes_head(m, m.n - 1), &err),
			   &err, "SIG-1");
	}
}

static void other_namespaces_and_hashes(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf sha256 = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_error err = {0};

	ssh_read("message", "", &msg);
	ssh_read("ed25519", ".sha256.sig", &sha256);
	CHECK_OK(judge(pdg_buf_bytes(&sha256), "git", pdg_buf_bytes(&msg), &err), &err);
	for (size_t i = 0; i < 6; i++) {
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);

		pdg_test_case("%s", ssh_names[i]);
		ssh_read(ssh_names[i], ".file.sig", &armor);
		CHECK_OK(judge(pdg_buf_bytes(&armor), "file", pdg_buf_bytes(&msg), &err), &err);
		CHECK_RULE(judge(pdg_buf_bytes(&armor), "git", pdg_buf_bytes(&msg), &err), &err,
			   "SSH-4");
	}
}

static void what_is_not_judged_is_refused(void)
{
	static const struct {
		const char *name;
		const char *suffix;
		const char *rule;
	} rows[] = {
		{"dsa", ".git.sig", "SSH-3"},
		{"rsa1024", ".git.sig", "SSH-1"},
		{"sk-ed25519", ".untouched.sig", "SIG-1"},
		{"sk-ecdsa", ".untouched.sig", "SIG-1"},
	};
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);

	ssh_read("message", "", &msg);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_error err = {0};

		pdg_test_case("%s%s", rows[i].name, rows[i].suffix);
		ssh_read(rows[i].name, rows[i].suffix, &armor);
		CHECK_RULE(judge(pdg_buf_bytes(&armor), "git", pdg_buf_bytes(&msg), &err), &err,
			   rows[i].rule);
	}
}

/* The vector's blob in lines of @width characters; @odd moves one character of the first line. */
static int judge_broken(size_t width, bool odd, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes rest = pdg_bytes_str(BODY);
	struct pdg_bytes line;
	size_t n = width - odd;

	while (pdg_bytes_line(&rest, &line))
		pdg_buf_put(&text, line);
	pdg_buf_puts(&armor, BEGIN);
	for (rest = pdg_buf_bytes(&text); rest.n; n = width) {
		pdg_buf_put(&armor, pdg_bytes_head(rest, n));
		pdg_buf_putc(&armor, '\n');
		rest = pdg_bytes_from(rest, n);
	}
	pdg_buf_puts(&armor, END);
	return judge(pdg_buf_bytes(&armor), "git", pdg_bytes_str("hello\n"), err);
}

/* Each other way to break the lines would be one more name for the same signed commit. */
static void lines_are_broken_evenly(void)
{
	static const size_t known[] = {64, 70, 76};
	struct pdg_error err = {0};
	size_t width;

	for (width = 0; width < sizeof(known) / sizeof(known[0]); width++) {
		CHECK_OK(judge_broken(known[width], false, &err), &err);
		CHECK_RULE(judge_broken(known[width], true, &err), &err, "SSH-1");
	}
	for (width = 1; width < 400; width++) {
		if (width == 64 || width == 70 || width == 76)
			continue;
		pdg_test_case("%zu", width);
		CHECK_RULE(judge_broken(width, false, &err), &err, "SSH-1");
	}
	pdg_test_case(NULL);
}

static void armor_is_exact(void)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{VECTOR, true},
		{BEGIN BODY "-----END SSH SIGNATURE-----", true},
		{"", false},
		{BEGIN, false},
		{END, false},
		{BEGIN END, false},
		{BEGIN "\n" END, false},
		{"\n" VECTOR, false},
		{" " VECTOR, false},
		{"x\n" VECTOR, false},
		{VECTOR "\n", false},
		{VECTOR "x", false},
		{VECTOR VECTOR, false},
		{BEGIN BODY, false},
		{BEGIN "\n" BODY END, false},
		{BEGIN BODY "\n" END, false},
		{BEGIN LINE_1 "\n" LINE_2 LINE_3 LINE_4 END, false},
		{BEGIN LINE_1 " " LINE_2 LINE_3 LINE_4 END, false},
		{BEGIN "Comment: x\n" BODY END, false},
		{BEGIN LINE_1 LINE_2 LINE_3 "XQ500xwZdu2Rrq4HJCiQY=" END, false},
		{BEGIN LINE_1 LINE_2 LINE_3 "XQ500xwZdu2Rrq4HJCiQY\n" END, false},
		{BEGIN LINE_1 LINE_2 LINE_3 "XQ500xwZdu2Rrq4HJCiQY=\r\n" END, false},
		{BEGIN LINE_1 LINE_2 LINE_3 "XQ500xwZdu2Rrq4HJCiQZ=\n" END, false},
		{"-----BEGIN SSH SIGNATURE-----\r\n" BODY END, false},
		{"-----BEGIN PGP SIGNATURE-----\n" BODY END, false},
		{BEGIN BODY "-----END PGP SIGNATURE-----\n", false},
		{BEGIN BODY "-----END SSH SIGNATURE----\n", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int rc = judge(pdg_bytes_str(rows[i].text), "git", pdg_bytes_str("hello\n"), &err);

		pdg_test_case("row %zu", i);
		if (rows[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "SSH-1");
	}
}

static void nul_bytes_are_no_armor(void)
{
	static const char text[] = VECTOR "\0";
	struct pdg_error err = {0};

	CHECK_RULE(judge(pdg_bytes(text, sizeof(text) - 1), "git", pdg_bytes_str("hello\n"), &err),
		   &err, "SSH-1");
}

/* The fields of a signature, to put together again with one of them changed. */
struct fields {
	uint32_t version;
	struct pdg_bytes key;
	struct pdg_bytes namespace_;
	struct pdg_bytes reserved;
	struct pdg_bytes hash;
	struct pdg_bytes algorithm;
	struct pdg_bytes sig;
	struct pdg_bytes after_sig; /* inside the inner blob */
	struct pdg_bytes after;
};

static bool take_apart(struct pdg_bytes blob, struct fields *f)
{
	struct pdg_bytes inner;

	*f = (struct fields){0};
	blob = pdg_bytes_from(blob, 6);
	return CHECK(pdg_sshwire_u32(&blob, &f->version) && pdg_sshwire_string(&blob, &f->key) &&
		     pdg_sshwire_string(&blob, &f->namespace_) &&
		     pdg_sshwire_string(&blob, &f->reserved) &&
		     pdg_sshwire_string(&blob, &f->hash) && pdg_sshwire_string(&blob, &inner) &&
		     pdg_sshwire_string(&inner, &f->algorithm) &&
		     pdg_sshwire_string(&inner, &f->sig));
}

static void put_together(const struct fields *f, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf inner = PDG_BUF_INIT(SSH_DATA_MAX);

	pdg_sshwire_put_string(&inner, f->algorithm);
	pdg_sshwire_put_string(&inner, f->sig);
	pdg_buf_put(&inner, f->after_sig);
	pdg_buf_puts(out, "SSHSIG");
	pdg_buf_u32be(out, f->version);
	pdg_sshwire_put_string(out, f->key);
	pdg_sshwire_put_string(out, f->namespace_);
	pdg_sshwire_put_string(out, f->reserved);
	pdg_sshwire_put_string(out, f->hash);
	pdg_sshwire_put_string(out, pdg_buf_bytes(&inner));
	pdg_buf_put(out, f->after);
}

enum change {
	NOTHING,
	VERSION_0,
	VERSION_2,
	NO_NAMESPACE,
	OTHER_NAMESPACE,
	RESERVED,
	SHA1,
	SHA256,
	NO_HASH,
	OTHER_ALGORITHM,
	NO_ALGORITHM,
	EMPTY_SIG,
	SHORT_SIG,
	AFTER_SIG,
	AFTER,
	CHANGES
};

static void change_one(struct fields *f, enum change c)
{
	switch (c) {
	case NOTHING:
	case CHANGES:
		break;
	case VERSION_0:
		f->version = 0;
		break;
	case VERSION_2:
		f->version = 2;
		break;
	case NO_NAMESPACE:
		f->namespace_ = pdg_bytes(NULL, 0);
		break;
	case OTHER_NAMESPACE:
		f->namespace_ = pdg_bytes("git\0", 4);
		break;
	case RESERVED:
		f->reserved = pdg_bytes_str("x");
		break;
	case SHA1:
		f->hash = pdg_bytes_str("sha1");
		break;
	case SHA256:
		f->hash = pdg_bytes_str("sha256");
		break;
	case NO_HASH:
		f->hash = pdg_bytes(NULL, 0);
		break;
	case OTHER_ALGORITHM:
		f->algorithm = pdg_bytes_str("ssh-dss");
		break;
	case NO_ALGORITHM:
		f->algorithm = pdg_bytes(NULL, 0);
		break;
	case EMPTY_SIG:
		f->sig = pdg_bytes(NULL, 0);
		break;
	case SHORT_SIG:
		f->sig.n--;
		break;
	case AFTER_SIG:
		f->after_sig = pdg_bytes("\0", 1);
		break;
	case AFTER:
		f->after = pdg_bytes("\0", 1);
		break;
	}
}

static void every_field_counts(void)
{
	static const char *const rules[CHANGES] = {
		[VERSION_0] = "SSH-1",	     [VERSION_2] = "SSH-1", [NO_NAMESPACE] = "SSH-1",
		[OTHER_NAMESPACE] = "SSH-4", [RESERVED] = "SSH-1",  [SHA1] = "SSH-1",
		[SHA256] = "SIG-1",	     [NO_HASH] = "SSH-1",   [OTHER_ALGORITHM] = "SSH-1",
		[NO_ALGORITHM] = "SSH-1",    [EMPTY_SIG] = "SSH-1", [SHORT_SIG] = "SSH-1",
		[AFTER_SIG] = "SSH-1",	     [AFTER] = "SSH-1",
	};
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);

	ssh_read("message", "", &msg);
	for (size_t i = 0; i < 6; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		read_sig_blob(ssh_names[i], &blob);
		for (enum change c = NOTHING; c < CHANGES; c++) {
			PDG_AUTO(buf) struct pdg_buf changed = PDG_BUF_INIT(SSH_DATA_MAX);
			struct pdg_error err = {0};
			struct fields f;
			int rc;

			pdg_test_case("%s, change %d", ssh_names[i], (int)c);
			if (!take_apart(pdg_buf_bytes(&blob), &f))
				break;
			change_one(&f, c);
			put_together(&f, &changed);
			rc = judge_blob(pdg_buf_bytes(&changed), pdg_buf_bytes(&msg), &err);
			if (c == NOTHING)
				CHECK_OK(rc, &err);
			else if (c == SHORT_SIG && i >= 4)
				CHECK_RULE(rc, &err, "SIG-1"); /* RSA: taken as a small number */
			else
				CHECK_RULE(rc, &err, rules[c]);
		}
	}
}

/* r and s of an ECDSA signature in other writings of the same numbers. */
static void ecdsa_numbers_are_minimal(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes sig;
	struct pdg_bytes r;
	struct pdg_bytes s;
	struct fields f;

	ssh_read("message", "", &msg);
	read_sig_blob("ecdsa256", &blob);
	if (!take_apart(pdg_buf_bytes(&blob), &f))
		return;
	sig = f.sig;
	if (!CHECK(pdg_sshwire_string(&sig, &r) && pdg_sshwire_string(&sig, &s)))
		return;
	for (int row = 0; row < 5; row++) {
		PDG_AUTO(buf) struct pdg_buf changed = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf numbers = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf padded = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_error err = {0};
		int rc;

		pdg_buf_putc(&padded, 0);
		pdg_buf_put(&padded, row == 1 ? r : s);
		pdg_sshwire_put_string(&numbers, row == 1 ? pdg_buf_bytes(&padded) : r);
		pdg_sshwire_put_string(&numbers, row == 2 ? pdg_buf_bytes(&padded) : s);
		if (row == 3)
			pdg_buf_putc(&numbers, 0);
		if (row == 4)
			pdg_sshwire_put_string(&numbers, s);
		f.sig = pdg_buf_bytes(&numbers);
		put_together(&f, &changed);
		pdg_test_case("row %d", row);
		rc = judge_blob(pdg_buf_bytes(&changed), pdg_buf_bytes(&msg), &err);
		if (row == 0)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "SSH-1");
	}
}

static void another_key_does_not_verify(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf vector = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf changed = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_error err = {0};
	struct fields f;
	struct fields other;

	ssh_read("message", "", &msg);
	read_sig_blob("ed25519", &blob);
	CHECK_OK(pdg_unbase64(pdg_bytes_str(BODY), PDG_BASE64_LINES, &vector, NULL), NULL);
	if (!take_apart(pdg_buf_bytes(&blob), &f) || !take_apart(pdg_buf_bytes(&vector), &other))
		return;
	f.key = other.key;
	put_together(&f, &changed);
	CHECK_RULE(judge_blob(pdg_buf_bytes(&changed), pdg_buf_bytes(&msg), &err), &err, "SIG-1");
}

static void every_changed_bit_fails(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);

	ssh_read("message", "", &msg);
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_error err = {0};

		read_sig_blob(ssh_names[i], &blob);
		pdg_test_case("%s", ssh_names[i]);
		CHECK_OK(judge_blob(pdg_buf_bytes(&blob), pdg_buf_bytes(&msg), &err), &err);
		for (size_t bit = 0; bit < 8 * blob.n; bit++) {
			pdg_test_case("%s, bit %zu of the blob", ssh_names[i], bit);
			blob.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			CHECK(judge_blob(pdg_buf_bytes(&blob), pdg_buf_bytes(&msg), NULL) < 0);
			blob.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * msg.n; bit++) {
			pdg_test_case("%s, bit %zu of the message", ssh_names[i], bit);
			msg.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			CHECK_RULE(judge_blob(pdg_buf_bytes(&blob), pdg_buf_bytes(&msg), &err),
				   &err, "SIG-1");
			msg.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		CHECK(ERR_peek_error() == 0);
	}
}

static void every_changed_bit_of_the_armor_fails(void)
{
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes msg = pdg_bytes_str("hello\n");

	pdg_buf_puts(&armor, VECTOR);
	for (size_t bit = 0; bit < 8 * armor.n; bit++) {
		pdg_test_case("bit %zu", bit);
		armor.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(judge(pdg_buf_bytes(&armor), "git", msg, NULL) < 0);
		armor.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void every_cut_fails(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(SSH_DATA_MAX);

	ssh_read("message", "", &msg);
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_error err = {0};

		read_sig_blob(ssh_names[i], &blob);
		ssh_read(ssh_names[i], ".git.sig", &armor);
		for (size_t n = 0; n < blob.n; n++) {
			uint8_t *cut = ssh_exact(pdg_buf_bytes(&blob), n);

			pdg_test_case("%s, first %zu bytes of the blob", ssh_names[i], n);
			CHECK_RULE(judge_blob(pdg_bytes(cut, n), pdg_buf_bytes(&msg), &err), &err,
				   "SSH-1");
			free(cut);
		}
		/* All but the last, which is a newline that may be missing. */
		for (size_t n = 0; n + 1 < armor.n; n++) {
			uint8_t *cut = ssh_exact(pdg_buf_bytes(&armor), n);

			pdg_test_case("%s, first %zu bytes of the armor", ssh_names[i], n);
			CHECK_RULE(judge(pdg_bytes(cut, n), "git", pdg_buf_bytes(&msg), &err), &err,
				   "SSH-1");
			free(cut);
		}
	}
}

static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_sshsig *sig = NULL;
	struct pdg_error err = {0};

	/* Within the armor's limit, decoded beyond the blob's. */
	pdg_buf_puts(&text, BEGIN);
	while (text.n < PDG_LIMIT_SSH_BLOB / 3 * 4 + 200)
		pdg_buf_puts(&text, LINE_1 LINE_2);
	pdg_buf_puts(&text, END);
	CHECK(text.n < PDG_LIMIT_COMMIT_SIGNATURE);
	CHECK_RULE(pdg_sshsig_parse(pdg_buf_bytes(&text), &sig, &err), &err, "SSH-1");
	text.n -= strlen(END);
	while (text.n < PDG_LIMIT_COMMIT_SIGNATURE)
		pdg_buf_puts(&text, LINE_1 LINE_2);
	pdg_buf_puts(&text, END);
	CHECK_RULE(pdg_sshsig_parse(pdg_buf_bytes(&text), &sig, &err), &err, "SSH-1");
	CHECK_RULE(pdg_sshsig_parse_blob(pdg_buf_bytes(&text), &sig, &err), &err, "SSH-1");
	CHECK(sig == NULL);
}

PDG_TEST_MAIN("sshsig", {"the vector verifies", the_vector_verifies},
	      {"ssh-keygen's signatures verify", ssh_keygens_signatures_verify},
	      {"other namespaces and hashes", other_namespaces_and_hashes},
	      {"what is not judged is refused", what_is_not_judged_is_refused},
	      {"armor is exact", armor_is_exact},
	      {"lines are broken evenly", lines_are_broken_evenly},
	      {"NUL bytes are no armor", nul_bytes_are_no_armor},
	      {"every field counts", every_field_counts},
	      {"ECDSA numbers are minimal", ecdsa_numbers_are_minimal},
	      {"another key does not verify", another_key_does_not_verify},
	      {"every changed bit fails", every_changed_bit_fails},
	      {"every changed bit of the armor fails", every_changed_bit_of_the_armor_fails},
	      {"every cut fails", every_cut_fails}, {"limits are kept", limits_are_kept})
