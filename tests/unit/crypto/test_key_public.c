/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: which are loaded, from which bytes and under which names, and that no other form of
 * them is. */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "crypto/key.h"
#include "support/check.h"
#include "unit/crypto/key_made.h"
#include "util/codec.h"

#define ED25519_BODY "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define BEGIN_PUBLIC "-----BEGIN PUBLIC KEY-----\n"
#define END_PUBLIC   "-----END PUBLIC KEY-----\n"
#define ED25519_PEM  BEGIN_PUBLIC ED25519_BODY "\n" END_PUBLIC

/* A public key of @bits bits; its modulus is any odd number, which nothing here can know. */
static EVP_PKEY *rsa_public(int bits, unsigned long e, bool even)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_new();
	BIGNUM *exponent = BN_new();
	OSSL_PARAM *params;
	EVP_PKEY *pkey = NULL;

	CHECK(BN_rand(n, bits, BN_RAND_TOP_ONE, even ? BN_RAND_BOTTOM_ANY : BN_RAND_BOTTOM_ODD) ==
	      1);
	if (even)
		CHECK(BN_clear_bit(n, 0) == 1);
	CHECK(BN_set_word(exponent, e) == 1);
	CHECK(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1);
	CHECK(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent) == 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	CHECK(EVP_PKEY_fromdata_init(ctx) == 1);
	CHECK(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(exponent);
	return pkey;
}

/* Load @pkey's public PEM; @pkey is consumed. */
static int load_public(EVP_PKEY *pkey, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(TEXT_MAX);

	put_pem(pkey, SPKI, &pem);
	EVP_PKEY_free(pkey);
	return pdg_key_public_pem(pdg_buf_bytes(&pem), out, err);
}

static void every_type_is_named(void)
{
	const struct {
		EVP_PKEY *pkey;
		enum pdg_key_type type;
		const char *details;
	} rows[] = {
		{ec_key("P-256"), PDG_KEY_ECDSA_P256, "PKIX_ECDSA_P256_SHA_256"},
		{ec_key("P-384"), PDG_KEY_ECDSA_P384, "PKIX_ECDSA_P384_SHA_384"},
		{ec_key("P-521"), PDG_KEY_ECDSA_P521, "PKIX_ECDSA_P521_SHA_512"},
		{rsa_public(2048, 65537, false), PDG_KEY_RSA, "PKIX_RSA_PKCS1V15_2048_SHA256"},
		{rsa_public(3072, 3, false), PDG_KEY_RSA, "PKIX_RSA_PKCS1V15_3072_SHA256"},
		{rsa_public(4096, 65537, false), PDG_KEY_RSA, "PKIX_RSA_PKCS1V15_4096_SHA256"},
		{rsa_public(2056, 65537, false), PDG_KEY_RSA, "PUBLIC_KEY_DETAILS_UNSPECIFIED"},
		{EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PDG_KEY_ED25519, "PKIX_ED25519"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(key) struct pdg_key *key = NULL;
		PDG_AUTO(key) struct pdg_key *again = NULL;
		PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(TEXT_MAX);
		struct pdg_error err = {0};

		pdg_test_case("row %zu", i);
		if (!CHECK_OK(load_public(rows[i].pkey, &key, &err), &err))
			continue;
		CHECK(pdg_key_type(key) == rows[i].type);
		CHECK_STR(pdg_key_details(key), rows[i].details);
		CHECK(!pdg_key_is_private(key));
		CHECK_UINT(pdg_key_ed25519_raw(key).n, rows[i].type == PDG_KEY_ED25519 ? 32 : 0);
		CHECK_OK(pdg_key_public_text(key, &pem, &err), &err);
		if (CHECK_OK(pdg_key_public_pem(pdg_buf_bytes(&pem), &again, &err), &err))
			CHECK(pdg_key_same(key, again));
	}
}

static void what_is_not_used_is_refused(void)
{
	EVP_PKEY *const rows[] = {
		ec_key("P-224"),
		ec_key("secp256k1"),
		ec_key("SM2"),
		rsa_public(2047, 65537, false),
		rsa_public(4097, 65537, false),
		rsa_public(8192, 65537, false),
		rsa_public(2048, 1, false),
		rsa_public(2048, 65536, false),
		rsa_public(2048, 65537, true),
		EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED448"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_key *key = NULL;
		struct pdg_error err = {0};

		pdg_test_case("row %zu", i);
		CHECK_RULE(load_public(rows[i], &key, &err), &err, "KEY-1");
		CHECK(key == NULL);
	}
}

/* One key has one SPKI: other encodings of it would be other keys to whoever compares bytes. */
static void other_encodings_are_refused(void)
{
	static const struct {
		const char *param;
		const char *value;
	} rows[] = {
		{OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"},
		{OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "hybrid"},
		{OSSL_PKEY_PARAM_EC_ENCODING, "explicit"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *pkey = ec_key("P-256");
		struct pdg_key *key = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i].value);
		CHECK(EVP_PKEY_set_utf8_string_param(pkey, rows[i].param, rows[i].value) == 1);
		CHECK_RULE(load_public(pkey, &key, &err), &err, "KEY-1");
	}
}

static void der_is_exact(void)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(1024);
	struct pdg_key *none = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err))
		return;
	pdg_buf_put(&spki, pdg_key_spki(key));
	for (size_t n = 0; n < spki.n; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		pdg_test_case("first %zu bytes", n);
		if (!CHECK(cut != NULL))
			return;
		memcpy(cut, spki.p, n);
		CHECK_RULE(pdg_key_public_der(pdg_bytes(cut, n), &none, &err), &err, "KEY-1");
		free(cut);
	}
	pdg_test_case("a byte more");
	pdg_buf_putc(&spki, 0);
	CHECK_RULE(pdg_key_public_der(pdg_buf_bytes(&spki), &none, &err), &err, "KEY-1");
	pdg_test_case("BER length");
	pdg_buf_reset(&spki);
	pdg_buf_put(&spki, pdg_bytes("\x30\x81", 2));
	pdg_buf_put(&spki, pdg_bytes_from(pdg_key_spki(key), 1));
	CHECK_RULE(pdg_key_public_der(pdg_buf_bytes(&spki), &none, &err), &err, "KEY-1");
}

static void pem_is_one_block(void)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ED25519_PEM, true},
		{"\n \t\r\n" ED25519_PEM "\n\n  ", true},
		{"-----BEGIN PUBLIC KEY-----\r\n" ED25519_BODY "\r\n-----END PUBLIC KEY-----\r\n",
		 true},
		{BEGIN_PUBLIC "MCowBQYDK2VwAyEAA6EHv/POEL4d\ncN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n"
			      "-----END PUBLIC KEY-----",
		 true},
		{"", false},
		{" \n", false},
		{ED25519_BODY, false},
		{"# a comment\n" ED25519_PEM, false},
		{ED25519_PEM "x", false},
		{ED25519_PEM ED25519_PEM, false},
		{BEGIN_PUBLIC ED25519_BODY "\n", false},
		{BEGIN_PUBLIC ED25519_BODY "\n-----END CERTIFICATE-----\n", false},
		{BEGIN_PUBLIC ED25519_BODY "\n-----END PUBLIC KEY----\n", false},
		{BEGIN_PUBLIC END_PUBLIC, false},
		{BEGIN_PUBLIC, false},
		{"-----BEGIN PUBLIC KEY-----", false},
		{"-----BEGIN PUBLIC KEY----- \n" ED25519_BODY "\n" END_PUBLIC, false},
		{"-----BEGIN -----\n" ED25519_BODY "\n-----END -----\n", false},
		{"-----BEGIN CERTIFICATE-----\n" ED25519_BODY "\n-----END CERTIFICATE-----\n",
		 false},
		{BEGIN_PUBLIC "Comment: x\n\n" ED25519_BODY "\n" END_PUBLIC, false},
		{BEGIN_PUBLIC
		 "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg\n" END_PUBLIC,
		 false},
		{BEGIN_PUBLIC " " ED25519_BODY "\n" END_PUBLIC, false},
		{BEGIN_PUBLIC
		 "MCowBQYDK2VwAyEAA6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n" END_PUBLIC,
		 false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(key) struct pdg_key *key = NULL;
		struct pdg_error err = {0};
		int rc = pdg_key_public_pem(pdg_bytes_str(rows[i].text), &key, &err);

		pdg_test_case("row %zu", i);
		if (rows[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "KEY-1");
	}
}

static void names_of_a_known_key(void)
{
	static const uint8_t raw_head[] = {0x03, 0xa1, 0x07, 0xbf};
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_error err = {0};
	char hex[65];

	if (!CHECK_OK(pdg_key_public_pem(pdg_bytes_str(ED25519_PEM), &key, &err), &err))
		return;
	CHECK_BYTES(pdg_bytes_head(pdg_key_ed25519_raw(key), 4), pdg_bytes(raw_head, 4));
	/* openssl pkey -pubin -outform DER | openssl dgst -sha256 */
	pdg_hex(pdg_bytes(pdg_key_spki_sha256(key), 32), hex);
	CHECK_STR(hex, "a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5");
	CHECK_STR(pdg_key_hint(key), "oFCDfYUHBYLM9zlLCYiEfMMSy4glm4lImfbyOc8XkaU=");
}

static void a_private_key_in_public_is_refused_by_name(void)
{
	static const enum form forms[] = {PKCS8, TRADITIONAL, ENCRYPTED, ENCRYPTED_TRADITIONAL};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(TEXT_MAX);
		EVP_PKEY *pkey = ec_key("P-256");
		struct pdg_key *key = NULL;
		struct pdg_error err = {0};

		pdg_test_case("form %d", (int)forms[i]);
		if (i == 0)
			put_pem(pkey, SPKI, &pem);
		put_pem(pkey, forms[i], &pem);
		EVP_PKEY_free(pkey);
		CHECK_RULE(pdg_key_public_pem(pdg_buf_bytes(&pem), &key, &err), &err, "KEY-1");
		CHECK_HAS(err.text, "private key where a public key belongs");
		CHECK(err.fix[0] != '\0');
		CHECK(strstr(err.text, "MI") == NULL && strstr(err.text, "MH") == NULL);
	}
}

PDG_TEST_MAIN("key_public", {"every type is named", every_type_is_named},
	      {"what is not used is refused", what_is_not_used_is_refused},
	      {"other encodings are refused", other_encodings_are_refused},
	      {"DER is exact", der_is_exact}, {"PEM is one block", pem_is_one_block},
	      {"names of a known key", names_of_a_known_key},
	      {"a private key in public is refused by name",
	       a_private_key_in_public_is_refused_by_name})
