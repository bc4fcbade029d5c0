/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH keys from their blobs: those that ssh-keygen made, with the fingerprints it printed, and
 * every way in which a blob is not one. Signatures are in test_sshsig.c.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "ssh_data.h"
#include "util/codec.h"
#include "util/limits.h"

static struct pdg_bytes first_line(struct pdg_buf *text)
{
	struct pdg_bytes rest = pdg_buf_bytes(text);
	struct pdg_bytes line = {0};

	CHECK(pdg_bytes_line(&rest, &line));
	return line;
}

static void fingerprints_are_ssh_keygens(void)
{
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf print = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", ssh_names[i]);
		ssh_read(ssh_names[i], ".fingerprint", &print);
		ssh_read_blob(ssh_names[i], &blob);
		if (!CHECK_OK(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err))
			continue;
		CHECK_BYTES_STR(first_line(&print), pdg_sshkey_fingerprint(key));
		CHECK_BYTES(pdg_sshkey_blob(key), pdg_buf_bytes(&blob));
	}
}

static void cut_and_lengthened_blobs_are_none(void)
{
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_sshkey *key = NULL;
		struct pdg_error err = {0};

		ssh_read_blob(ssh_names[i], &blob);
		for (size_t n = 0; n < blob.n; n++) {
			uint8_t *cut = ssh_exact(pdg_buf_bytes(&blob), n);

			pdg_test_case("%s, first %zu bytes", ssh_names[i], n);
			CHECK_RULE(pdg_sshkey_parse(pdg_bytes(cut, n), &key, &err), &err, "SSH-1");
			free(cut);
		}
		pdg_test_case("%s, a byte more", ssh_names[i]);
		pdg_buf_putc(&blob, 0);
		CHECK_RULE(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err, "SSH-1");
		CHECK(key == NULL && ERR_peek_error() == 0);
	}
}

/* A changed blob is no key or another one; nothing of it is overlooked. */
static void changed_blobs_are_other_keys(void)
{
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;

		ssh_read_blob(ssh_names[i], &blob);
		if (!CHECK_OK(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, NULL), NULL))
			continue;
		for (size_t bit = 0; bit < 8 * blob.n; bit++) {
			PDG_AUTO(sshkey) struct pdg_sshkey *other = NULL;

			pdg_test_case("%s, bit %zu", ssh_names[i], bit);
			blob.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			if (pdg_sshkey_parse(pdg_buf_bytes(&blob), &other, NULL) == 0)
				CHECK(!pdg_bytes_eq(pdg_sshkey_blob(other), pdg_sshkey_blob(key)));
			blob.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		CHECK(ERR_peek_error() == 0);
	}
}

static void types_that_are_not_judged(void)
{
	static const char *const types[] = {
		"ssh-dss",     "ssh-ed448", "ssh-rsa-cert-v01@openssh.com", "ecdsa-sha2-nistp224",
		"SSH-ED25519", "x"};
	static const char *const files[] = {"dsa", "certificate"};
	struct pdg_sshkey *key = NULL;
	struct pdg_error err = {0};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		pdg_test_case("%s", files[i]);
		ssh_read_blob(files[i], &blob);
		CHECK_RULE(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err, "SSH-3");
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		pdg_test_case("%s", types[i]);
		ssh_put(&blob, types[i]);
		ssh_put(&blob, "anything");
		CHECK_RULE(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err, "SSH-3");
		CHECK_HAS(err.text, types[i]);
	}
}

static void check_whole(struct pdg_buf *blob, const char *what)
{
	struct pdg_error err = {0};

	pdg_test_case("%s", what);
	CHECK_OK(pdg_sshkey_complete(pdg_buf_bytes(blob), &err), &err);
	for (size_t n = 0; n < blob->n; n++) {
		uint8_t *cut = ssh_exact(pdg_buf_bytes(blob), n);

		pdg_test_case("%s, first %zu bytes", what, n);
		CHECK_RULE(pdg_sshkey_complete(pdg_bytes(cut, n), &err), &err, "SSH-1");
		free(cut);
	}
	pdg_test_case("%s, more", what);
	pdg_buf_putc(blob, 0);
	CHECK_RULE(pdg_sshkey_complete(pdg_buf_bytes(blob), &err), &err, "SSH-1");
	pdg_buf_put(blob, pdg_bytes("\0\0\0\1x", 5));
	CHECK_RULE(pdg_sshkey_complete(pdg_buf_bytes(blob), &err), &err, "SSH-1");
}

/* A list of keys may name those that are not judged, and nothing that is a part of one. */
static void complete_keys_of_every_type(void)
{
	static const char *const others[][5] = {
		{"ssh-xmss@openssh.com", "XMSS_SHA2_256_W16_H10", "key"},
		{"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", "point", "ssh:"},
		{"ssh-dss", "\1", "\2", "\3", "\4"},
		{"ssh-rsa", "\3", "\x55\x55\x55"}, /* small */
		{"ssh-from-another-year", "key"},
	};

	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		ssh_read_blob(ssh_names[i], &blob);
		check_whole(&blob, ssh_names[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		for (size_t k = 0; k < 5 && others[i][k]; k++)
			ssh_put(&blob, others[i][k]);
		check_whole(&blob, others[i][0]);
	}
	pdg_test_case(NULL);
}

static void incomplete_keys(void)
{
	static const char *const t[][4] = {
		/* of judged types, with a field of another length; ssh-rsa in more than one way */
		{"ssh-ed25519", "thirty bytes are not enough..."},
		{"ssh-rsa", "\3", ""},
		{"ssh-rsa", "\3", "\xff\x55"},
		{"sk-ssh-ed25519@openssh.com", "thirty-two bytes of a public key"},
		{"ssh-from-another-year"},
		{"a type with blanks"},
		{""},
	};
	struct pdg_error err = {0};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		pdg_test_case("row %zu", i);
		for (size_t k = 0; k < 4 && t[i][k]; k++)
			ssh_put(&blob, t[i][k]);
		CHECK_RULE(pdg_sshkey_complete(pdg_buf_bytes(&blob), &err), &err, "SSH-1");
	}
	pdg_test_case(NULL);
}

static void names_that_are_no_types(void)
{
	static const char *const types[] = {
		"",
		"a b",
		"a\nb",
		"\x1b[31m",
		"caf\xc3\xa9",
		"a-name-that-is-longer-than-any-key-type-is-ever-going-to-be-xxxxx"};
	struct pdg_sshkey *key = NULL;
	struct pdg_error err = {0};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);

		pdg_test_case("row %zu", i);
		ssh_put(&blob, types[i]);
		CHECK_RULE(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err, "SSH-1");
	}
}

static void too_large_is_said(void)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_sshkey *key = NULL;
	struct pdg_error err = {0};
	uint8_t *p = pdg_buf_room(&blob, PDG_LIMIT_SSH_BLOB + 1);

	if (!CHECK(p != NULL))
		return;
	memset(p, 0, blob.n);
	CHECK_RULE(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err, "SSH-1");
}

/* An RSA key whose modulus has @n_bytes bytes, the first being @top. */
static int parse_rsa(size_t n_bytes, uint8_t top, bool odd, struct pdg_bytes e,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	size_t pad = top & 0x80 ? 1 : 0;
	uint8_t *p;

	ssh_put(&blob, "ssh-rsa");
	pdg_sshwire_put_string(&blob, e);
	pdg_buf_u32be(&blob, (uint32_t)(n_bytes + pad));
	p = pdg_buf_room(&blob, n_bytes + pad);
	if (!CHECK(p != NULL))
		return PDG_E_NOMEM;
	memset(p, 0x55, n_bytes + pad);
	p[0] = 0;
	p[pad] = top;
	p[n_bytes + pad - 1] = odd ? 1 : 2;
	return pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, err);
}

static void rsa_has_bounds(void)
{
	static const struct {
		size_t n_bytes;
		uint8_t top;
		bool odd;
		const char *e;
		size_t e_n;
		bool good;
	} rows[] = {
		{256, 0x80, true, "\1\0\1", 3, true},
		{256, 0x80, true, "\3", 1, true},
		{2048, 0xff, true, "\1\0\1", 3, true},
		{256, 0x80, true, "\1\0\0\0\0\0\0\1", 8, true},
		{256, 0x7f, true, "\1\0\1", 3, false}, /* 2047 bits */
		{128, 0x80, true, "\1\0\1", 3, false},
		{2049, 0x01, true, "\1\0\1", 3, false}, /* 16385 bits */
		{256, 0x80, false, "\1\0\1", 3, false}, /* even modulus */
		{256, 0x80, true, "\1\0\0", 3, false},	/* even exponent */
		{256, 0x80, true, "\1", 1, false},
		{256, 0x80, true, "", 0, false},
		{256, 0x80, true, "\0\3", 2, false}, /* not minimal */
		{256, 0x80, true, "\xff", 1, false}, /* negative */
		{256, 0x80, true, "\1\0\0\0\0\0\0\0\1", 9, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int rc = parse_rsa(rows[i].n_bytes, rows[i].top, rows[i].odd,
				   pdg_bytes(rows[i].e, rows[i].e_n), &err);

		pdg_test_case("row %zu", i);
		if (rows[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "SSH-1");
	}
}

/* The P-256 key of the data with another curve name or another writing of its point. */
static void ecdsa_has_one_point(void)
{
	PDG_AUTO(buf) struct pdg_buf good = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_bytes point;
	struct pdg_error err = {0};

	ssh_read_blob("ecdsa256", &good);
	if (!CHECK(good.n > 65))
		return;
	point = pdg_bytes_from(pdg_buf_bytes(&good), good.n - 65);
	for (int row = 0; row < 7; row++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(buf) struct pdg_buf changed = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
		int rc;

		pdg_buf_put(&changed, point);
		if (row == 1)
			changed.p[0] = 6 | (changed.p[64] & 1); /* hybrid */
		if (row == 2) {
			changed.p[0] = 2 | (changed.p[64] & 1); /* compressed */
			changed.n = 33;
		}
		if (row == 3) {
			changed.p[0] = 0; /* infinity */
			changed.n = 1;
		}
		if (row == 4)
			changed.p[40] ^= 1; /* off the curve */
		if (row == 5)
			memset(changed.p + 1, 0xff, 32); /* x beyond the field */
		ssh_put(&blob, "ecdsa-sha2-nistp256");
		ssh_put(&blob, row == 6 ? "nistp384" : "nistp256");
		pdg_sshwire_put_string(&blob, pdg_buf_bytes(&changed));
		pdg_test_case("row %d", row);
		rc = pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err);
		if (row == 0)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "SSH-1");
		CHECK(ERR_peek_error() == 0);
	}
}

#define ED25519_B64 "AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

static void lines_are_read(void)
{
	static const struct {
		const char *line;
		bool good;
	} rows[] = {
		{"ssh-ed25519 " ED25519_B64, true},
		{"ssh-ed25519 " ED25519_B64 " a comment of words", true},
		{" \tssh-ed25519 \t " ED25519_B64 " ", true},
		{"", false},
		{"ssh-ed25519", false},
		{"ssh-ed25519 ", false},
		{ED25519_B64, false},
		{"ssh-rsa " ED25519_B64, false},
		{"ssh-ed25519 " ED25519_B64 "=", false},
		{"ssh-ed25519 AAAA", false},
		{"ssh-ed25519 A", false},
		{"ssh-ed25519 \"" ED25519_B64 "\"", false},
		{"ssh-ed25519," ED25519_B64, false},
		{"restrict ssh-ed25519 " ED25519_B64, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		struct pdg_error err = {0};
		int rc = pdg_sshkey_line(pdg_bytes_str(rows[i].line), &blob, &err);

		pdg_test_case("row %zu", i);
		if (rows[i].good) {
			CHECK_OK(rc, &err);
			CHECK_UINT(blob.n, 51);
		} else {
			CHECK_RULE(rc, &err, "SSH-2");
			CHECK_UINT(blob.n, 0);
		}
	}
}

/* The blob of an RSA key that OpenSSL made. */
static void put_rsa_blob(const EVP_PKEY *pkey, struct pdg_buf *blob)
{
	uint8_t number[300] = {0};
	BIGNUM *n = NULL;
	int len;

	CHECK(EVP_PKEY_get_bn_param(pkey, "n", &n) == 1);
	len = BN_bn2bin(n, number + 1);
	BN_free(n);
	ssh_put(blob, "ssh-rsa");
	pdg_sshwire_put_string(blob, pdg_bytes("\1\0\1", 3));
	pdg_sshwire_put_string(blob, pdg_bytes(number, (size_t)len + 1));
}

static void put_inner(const char *algorithm, struct pdg_bytes sig, struct pdg_buf *out)
{
	pdg_buf_reset(out);
	ssh_put(out, algorithm);
	pdg_sshwire_put_string(out, sig);
}

/* About one signature in 256 begins with a zero, which a signer may leave out (RFC 8332 3). */
static void rsa_signatures_may_lack_leading_zeros(void)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(buf) struct pdg_buf inner = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	struct pdg_error err = {0};
	uint8_t sig[257] = {0};
	uint32_t msg = 0;
	struct pdg_bytes m = pdg_bytes(&msg, sizeof(msg));

	put_rsa_blob(pkey, &blob);
	CHECK_OK(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err);
	do {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t n = 256;

		msg++;
		CHECK(EVP_DigestSignInit(ctx, NULL, EVP_sha512(), NULL, pkey) == 1 &&
		      EVP_DigestSign(ctx, sig, &n, m.p, m.n) == 1 && n == 256);
		EVP_MD_CTX_free(ctx);
	} while (sig[0] != 0 && msg < 20000);
	EVP_PKEY_free(pkey);
	if (!key || !CHECK(sig[0] == 0))
		return;
	put_inner("rsa-sha2-512", pdg_bytes(sig, 256), &inner);
	CHECK_OK(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err);
	put_inner("rsa-sha2-512", pdg_bytes(sig + 1, 255), &inner);
	CHECK_OK(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err);
	put_inner("rsa-sha2-512", pdg_bytes(sig, 257), &inner);
	CHECK_RULE(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err, "SSH-1");
	put_inner("rsa-sha2-512", pdg_bytes(sig, 0), &inner);
	CHECK_RULE(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err, "SSH-1");
	put_inner("rsa-sha2-256", pdg_bytes(sig, 256), &inner);
	CHECK_RULE(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err, "SIG-1");
	put_inner("ssh-rsa", pdg_bytes(sig, 256), &inner);
	CHECK_RULE(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err, "SSH-3");
	put_inner("rsa-sha2-384", pdg_bytes(sig, 256), &inner);
	CHECK_RULE(pdg_sshkey_verify(key, m, pdg_buf_bytes(&inner), &err), &err, "SSH-1");
	CHECK(ERR_peek_error() == 0);
}

PDG_TEST_MAIN("sshkey", {"fingerprints are ssh-keygen's", fingerprints_are_ssh_keygens},
	      {"cut and lengthened blobs are none", cut_and_lengthened_blobs_are_none},
	      {"changed blobs are other keys", changed_blobs_are_other_keys},
	      {"types that are not judged", types_that_are_not_judged},
	      {"names that are no types", names_that_are_no_types},
	      {"complete keys of every type", complete_keys_of_every_type},
	      {"incomplete keys", incomplete_keys}, {"too large is said", too_large_is_said},
	      {"RSA has bounds", rsa_has_bounds}, {"ECDSA has one point", ecdsa_has_one_point},
	      {"lines are read", lines_are_read},
	      {"RSA signatures may lack leading zeros", rsa_signatures_may_lack_leading_zeros})
