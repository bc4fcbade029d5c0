/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of plain keys: the vectors of RFC 6979 A.2 (message "sample"), of formats.md 1.2 for
 * Ed25519, one of `openssl dgst -sign` for RSA; then every changed bit must fail (style.md 1, row
 * 8).
 */
#include <pthread.h>

#include "crypto/key.h"
#include "crypto/ossl.h"
#include "support/check.h"
#include "util/codec.h"

#define PEM(body) "-----BEGIN PUBLIC KEY-----\n" body "\n-----END PUBLIC KEY-----\n"

static const struct vector {
	const char *name;
	const char *pem;
	const char *msg;
	const char *sig; /* base64 */
} vectors[] = {
	{"P-256",
	 PEM("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
	     "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ=="),
	 "sample",
	 "MEYCIQDv1IsqrLao/RFA3ZzUXoHWnSyHe1aq+ZHDTQ6oTq83FgIhAPfLHJQtZXxB1DbHobbin2Xz6QDbua/0Bk3Eqy+E"
	 "Os2o"},
	{"P-384",
	 PEM("MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7DpOQVtOGaRWhhgCn0J/pdqai8SukuAu\n"
	     "BqrlKGswDGTe+PDqkFWGYGSiVFFUgLwTgBXZty19VyROqO+awMYhiWcIpZNn+d+5\n"
	     "9UyoSz8cnbEoiyMcOuDU/nNE/SUzJkcg"),
	 "sample",
	 "MGYCMQCU7buSpey4qtRzblbGkZFrP4gUBmbOn6c9ZMTqla0TPIGmSBUuRKz5bjbdHoD6vkYCMQCZ70rrFfF4zqH+QNsm"
	 "AxOPEw50ChliRSYgO2NR0KOpT6MpwUV4bmeee4LHGjhiisg="},
	{"P-521",
	 PEM("MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBiUVQ0HhZMuAOqiO2lPIT+MMSH4bc\n"
	     "l6BOWnFn205bzTcRI9RuRdtrXVNwp/IPtjMVXTj/oW0r12HcrEdLmi9QI6QASTEB\n"
	     "yWLNTS/d94IoXmRYQTnC+RtH+H/4I1TWYw90aiig2yV0G1s0qCgAiyKswj+ST6r7\n"
	     "1NM/gepmlW3+qiv9/PU="),
	 "sample",
	 "MIGHAkIAwyj6/L153XeFA3DEYyXZh8tSVWn7Y8XTvFOVDm1MXxdOJaHukBe11FBgat0VK1NJMdfU6EVcyR+bFb8F7Dbj"
	 "d/oCQWF8znz1BkgGxGf2eNO0CA1vHMUK8myiCUFzCCgbaK8oJiPqpj5bXAcj2LjDf/B3exog+Myx3MxDmX8e4ORNpKZ6"},
	{"RSA",
	 PEM("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAs7tyvleim9I6wB8Nvv8C\n"
	     "IroTVqF3G5Pxn5MP6SF+Fj5XT7nlWSTTsC48wM9UJbkIEYrca+7DqGSKITYbUgp0\n"
	     "ggPos1EA1Y4YKq6QswSfHkyxDZZcoKUNUtG7uxT7fXuJC1yW9X3NNzuQqzmrvVXk\n"
	     "yrIjE1UT72suPmpcLStFZYx4E+XuYiZ/JDs2EnCyBOHlAOglPROhMYfhHSLqyqPe\n"
	     "7T075/xOSRhsLZvXr9iOyAwjLGu3uciDwZkX339OBK7bMhYAjGDCWUE92FmlhPUw\n"
	     "vzuUQiGOFGGyQsCCwBfYNNt7cNawdbRCL4y18XsW40ynDrG6d+L6fTB9Co2sNhgC\n"
	     "GwIDAQAB"),
	 "sample",
	 "kemKrkXH9kpAAQtYf2YQR8xOXBwK4kvyDHFAhHrpqET+M7EUXfVt6nqt96q0YK3jmfnrX9/iY3c/sysQcTzZSHCR6/Qg"
	 "k09sZ108WE8GOfT5G7QHI6FI3VwkHKMKYVXcTt33ajI09InJ9MJspWOwdgWKnVImePhtJpV9EWseibys2wjy9ZqEdfeO"
	 "CPjRhLojz3W5PVEgxoSY5EHGszKZSnRJkasqtSpamB8iuLMDlY3L5TMm6DWmyNUDusE8J1xMWQWQTT11vEx3gST6emUu"
	 "kz3d2hzmRRon1SiGgca4EMBrjyfFcxOYWTKC1Kb0DKdnuPnz08c4hYVTF3ktkUSjug=="},
	{"Ed25519", PEM("MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="),
	 "DSSEv1 28 application/vnd.in-toto+json 2 {}",
	 "dWG98CPWh3lAzt/mxzJ7Nc6Avgf2tjap4msM5gNmMV9Lpu+TWkZMk3lP/u6Su450zcqkLQw21MTZfwU07XgjCw=="},
};

#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct pdg_key *key_of(const char *pem)
{
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_key_public_pem(pdg_bytes_str(pem), &key, &err), &err);
	return key;
}

static void signature_of(const struct vector *v, struct pdg_buf *out)
{
	CHECK_OK(pdg_unbase64(pdg_bytes_str(v->sig), PDG_BASE64_STD, out, NULL), NULL);
}

static void known_signatures_verify(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of(vectors[i].pem);
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		struct pdg_error err = {0};

		pdg_test_case("%s", vectors[i].name);
		signature_of(&vectors[i], &sig);
		if (key)
			CHECK_OK(pdg_key_verify(key, pdg_bytes_str(vectors[i].msg),
						pdg_buf_bytes(&sig), &err),
				 &err);
	}
}

static void every_changed_bit_fails(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of(vectors[i].pem);
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(1024);
		struct pdg_error err = {0};

		pdg_buf_puts(&msg, vectors[i].msg);
		signature_of(&vectors[i], &sig);
		for (size_t bit = 0; key && bit < 8 * sig.n; bit++) {
			pdg_test_case("%s, bit %zu of the signature", vectors[i].name, bit);
			sig.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			CHECK_RULE(
				pdg_key_verify(key, pdg_buf_bytes(&msg), pdg_buf_bytes(&sig), &err),
				&err, "SIG-1");
			sig.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t bit = 0; key && bit < 8 * msg.n; bit++) {
			pdg_test_case("%s, bit %zu of the message", vectors[i].name, bit);
			msg.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			CHECK_RULE(
				pdg_key_verify(key, pdg_buf_bytes(&msg), pdg_buf_bytes(&sig), &err),
				&err, "SIG-1");
			msg.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
}

/* Most changed keys are no keys; those that are verify nothing. */
static void every_changed_bit_of_the_key_fails(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of(vectors[i].pem);
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(1024);
		size_t loaded = 0;

		if (!key)
			continue;
		signature_of(&vectors[i], &sig);
		pdg_buf_put(&spki, pdg_key_spki(key));
		for (size_t bit = 0; bit < 8 * spki.n; bit++) {
			PDG_AUTO(key) struct pdg_key *other = NULL;
			struct pdg_error err = {0};
			int rc;

			pdg_test_case("%s, bit %zu of the key", vectors[i].name, bit);
			spki.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			rc = pdg_key_public_der(pdg_buf_bytes(&spki), &other, &err);
			spki.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			if (rc < 0) {
				CHECK_RULE(rc, &err, "KEY-1");
				continue;
			}
			loaded++;
			CHECK(!pdg_key_same(key, other));
			CHECK_RULE(pdg_key_verify(other, pdg_bytes_str(vectors[i].msg),
						  pdg_buf_bytes(&sig), &err),
				   &err, "SIG-1");
		}
		pdg_test_case("%s: %zu changed keys could be loaded", vectors[i].name, loaded);
		CHECK(loaded < 8 * spki.n);
	}
}

static void cut_and_lengthened_signatures_fail(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of(vectors[i].pem);
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		struct pdg_bytes msg = pdg_bytes_str(vectors[i].msg);
		struct pdg_error err = {0};

		signature_of(&vectors[i], &sig);
		for (size_t n = 0; key && n < sig.n; n++) {
			/* A copy of exactly that size: a read beyond it is seen by the sanitizer.
			 */
			uint8_t *cut = malloc(n ? n : 1);

			pdg_test_case("%s, first %zu bytes", vectors[i].name, n);
			if (!CHECK(cut != NULL))
				return;
			memcpy(cut, sig.p, n);
			CHECK_RULE(pdg_key_verify(key, msg, pdg_bytes(cut, n), &err), &err,
				   "SIG-1");
			free(cut);
		}
		pdg_test_case("%s, one byte more", vectors[i].name);
		pdg_buf_putc(&sig, 0);
		if (key)
			CHECK_RULE(pdg_key_verify(key, msg, pdg_buf_bytes(&sig), &err), &err,
				   "SIG-1");
	}
}

/* Other spellings of the P-256 vector's two numbers, as hex of the whole signature. */
#define R "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define S "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static void ecdsa_has_one_spelling(void)
{
	static const struct {
		const char *what;
		const char *hex;
		bool good;
	} rows[] = {
		{"minimal DER", "3046022100" R "022100" S, true},
		{"length in two bytes", "308146022100" R "022100" S, false},
		{"length in three bytes", "30820046022100" R "022100" S, false},
		{"indefinite length", "3080022100" R "022100" S "0000", false},
		{"r padded", "304702220000" R "022100" S, false},
		{"s padded", "3047022100" R "02220000" S, false},
		{"r negative", "30450220" R "022100" S, false},
		{"integer length in two bytes", "304702812100" R "022100" S, false},
		{"bytes behind", "3046022100" R "022100" S "00", false},
		{"bytes inside", "3048022100" R "022100" S "0500", false},
		{"raw r and s", R S, false},
		{"r is zero", "3026020100022100" S, false},
		{"r is empty", "30250200022100" S, false},
		{"one number", "3023022100" R, false},
		{"a set", "3146022100" R "022100" S, false},
	};
	PDG_AUTO(key) struct pdg_key *key = key_of(vectors[0].pem);

	for (size_t i = 0; key && i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		uint8_t sig[100];
		size_t n = strlen(rows[i].hex) / 2;
		int rc;

		pdg_test_case("%s", rows[i].what);
		if (!CHECK(n <= sizeof(sig) && pdg_unhex(pdg_bytes_str(rows[i].hex), sig, n)))
			continue;
		rc = pdg_key_verify(key, pdg_bytes_str("sample"), pdg_bytes(sig, n), &err);
		if (rows[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "SIG-1");
	}
}

static void another_keys_signature_fails(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of(vectors[i].pem);

		for (size_t k = 0; key && k < VECTORS; k++) {
			PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
			struct pdg_error err = {0};

			if (k == i)
				continue;
			pdg_test_case("%s's signature, %s's key", vectors[k].name, vectors[i].name);
			signature_of(&vectors[k], &sig);
			CHECK_RULE(pdg_key_verify(key, pdg_bytes_str(vectors[k].msg),
						  pdg_buf_bytes(&sig), &err),
				   &err, "SIG-1");
		}
	}
}

static void what_is_signed_verifies(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ECDSA_P256, PDG_KEY_ED25519};
	static const char *const messages[] = {"", "x", "a longer message of some words"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) * 3; i++) {
		PDG_AUTO(key) struct pdg_key *key = NULL;
		PDG_AUTO(key) struct pdg_key *public = NULL;
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		struct pdg_bytes msg = pdg_bytes_str(messages[i % 3]);
		struct pdg_error err = {0};

		pdg_test_case("type %d, message %zu", (int)types[i / 3], i % 3);
		if (!CHECK_OK(pdg_key_generate(types[i / 3], &key, &err), &err) ||
		    !CHECK_OK(pdg_key_public_der(pdg_key_spki(key), &public, &err), &err))
			continue;
		CHECK_OK(pdg_key_sign(key, msg, &sig, &err), &err);
		CHECK_OK(pdg_key_verify(key, msg, pdg_buf_bytes(&sig), &err), &err);
		CHECK_OK(pdg_key_verify(public, msg, pdg_buf_bytes(&sig), &err), &err);
		CHECK_CODE(pdg_key_sign(public, msg, &sig, &err), &err, PDG_E_USAGE);
		CHECK(pdg_key_same(key, public));
		CHECK(pdg_key_is_private(key) && !pdg_key_is_private(public));
	}
}

static void a_full_buffer_is_said(void)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(10);
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err))
		CHECK_CODE(pdg_key_sign(key, pdg_bytes_str("x"), &sig, &err), &err, PDG_E_LIMIT);
}

/* P-256 and RSA sign SHA-256 of the message; the others cannot be checked without the message. */
static void a_digest_stands_for_the_message(void)
{
	for (size_t i = 0; i < VECTORS; i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of(vectors[i].pem);
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		struct pdg_error err = {0};
		uint8_t sum[PDG_SHA256_LEN];
		int rc;

		pdg_test_case("%s", vectors[i].name);
		signature_of(&vectors[i], &sig);
		CHECK_OK(pdg_sha256(pdg_bytes_str(vectors[i].msg), sum, &err), &err);
		if (!key)
			continue;
		rc = pdg_key_verify_sha256(key, sum, pdg_buf_bytes(&sig), &err);
		if (i != 0 && i != 3) {
			CHECK_RULE(rc, &err, "SIG-2");
			continue;
		}
		CHECK_OK(rc, &err);
		for (size_t bit = 0; bit < 8 * sizeof(sum); bit++) {
			pdg_test_case("%s, bit %zu of the digest", vectors[i].name, bit);
			sum[bit / 8] ^= (uint8_t)(1U << bit % 8);
			CHECK_RULE(pdg_key_verify_sha256(key, sum, pdg_buf_bytes(&sig), &err), &err,
				   "SIG-1");
			sum[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t n = 0; n < sig.n; n++) {
			pdg_test_case("%s, first %zu bytes", vectors[i].name, n);
			CHECK_RULE(pdg_key_verify_sha256(key, sum, pdg_bytes(sig.p, n), &err), &err,
				   "SIG-1");
		}
	}
}

/* OpenSSL answers 1, 0 and negative numbers; only the first is a valid signature. */
static void only_one_is_valid(void)
{
	static const int results[] = {0, -1, -2, 2, 256};
	struct pdg_error err = {0};

	CHECK_OK(pdg_ossl_verdict(1, "x", &err), &err);
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		pdg_test_case("%d", results[i]);
		CHECK_RULE(pdg_ossl_verdict(results[i], "x", &err), &err, "SIG-1");
	}
}

#define THREADS 4
#define ROUNDS	40

struct worker {
	pthread_t thread;
	const struct pdg_key *key;
	size_t good;
};

static void *sign_and_verify(void *arg)
{
	struct worker *w = arg;

	for (size_t i = 0; i < ROUNDS; i++) {
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
		struct pdg_bytes msg = pdg_bytes(&i, sizeof(i));

		if (pdg_key_sign(w->key, msg, &sig, NULL) == 0 &&
		    pdg_key_verify(w->key, msg, pdg_buf_bytes(&sig), NULL) == 0)
			w->good++;
	}
	return NULL;
}

static void threads_share_a_key(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ECDSA_P256, PDG_KEY_ED25519};

	for (size_t t = 0; t < 2; t++) {
		PDG_AUTO(key) struct pdg_key *key = NULL;
		struct worker workers[THREADS];

		if (!CHECK_OK(pdg_key_generate(types[t], &key, NULL), NULL))
			return;
		for (size_t i = 0; i < THREADS; i++) {
			workers[i] = (struct worker){.key = key};
			CHECK(pthread_create(&workers[i].thread, NULL, sign_and_verify,
					     &workers[i]) == 0);
		}
		for (size_t i = 0; i < THREADS; i++) {
			CHECK(pthread_join(workers[i].thread, NULL) == 0);
			CHECK_UINT(workers[i].good, ROUNDS);
		}
	}
}

PDG_TEST_MAIN("key_sign", {"known signatures verify", known_signatures_verify},
	      {"every changed bit fails", every_changed_bit_fails},
	      {"every changed bit of the key fails", every_changed_bit_of_the_key_fails},
	      {"cut and lengthened signatures fail", cut_and_lengthened_signatures_fail},
	      {"ecdsa has one spelling", ecdsa_has_one_spelling},
	      {"another key's signature fails", another_keys_signature_fails},
	      {"what is signed verifies", what_is_signed_verifies},
	      {"a full buffer is said", a_full_buffer_is_said},
	      {"a digest stands for the message", a_digest_stands_for_the_message},
	      {"only 1 is valid", only_one_is_valid}, {"threads share a key", threads_share_a_key})
