/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading, identifying and writing keys. The odd ones are made here by OpenSSL, so that no private
 * key need be kept among the tests' data.
 */
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/key.h"
#include "support/check.h"
#include "util/codec.h"

#define ED25519_BODY "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define BEGIN_PUBLIC "-----BEGIN PUBLIC KEY-----\n"
#define END_PUBLIC   "-----END PUBLIC KEY-----\n"
#define ED25519_PEM  BEGIN_PUBLIC ED25519_BODY "\n" END_PUBLIC
#define TEXT_MAX     ((size_t)1 << 20)

enum form { SPKI, PKCS8, TRADITIONAL, ENCRYPTED, ENCRYPTED_TRADITIONAL };

/* Append @pkey as PEM of @form. */
static void put_pem(EVP_PKEY *pkey, enum form form, struct pdg_buf *out)
{
	unsigned char secret[] = "secret";
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;
	int ok = 0;

	switch (form) {
	case SPKI:
		ok = PEM_write_bio_PUBKEY(bio, pkey);
		break;
	case PKCS8:
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
		break;
	case TRADITIONAL:
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
		break;
	case ENCRYPTED:
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_256_cbc(), "secret", 6, NULL,
						   NULL);
		break;
	case ENCRYPTED_TRADITIONAL:
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_256_cbc(), secret, 6,
							  NULL, NULL);
		break;
	}
	CHECK(ok == 1);
	n = BIO_get_mem_data(bio, &text);
	pdg_buf_put(out, pdg_bytes(text, (size_t)n));
	BIO_free(bio);
}

static EVP_PKEY *ec_key(const char *curve)
{
	EVP_PKEY *pkey = EVP_EC_gen(curve);

	CHECK(pkey != NULL);
	return pkey;
}

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

/* Write @pem to a file of @mode in @dir and load it as a private key. */
static int load_private(const char *dir, struct pdg_bytes pem, mode_t mode, struct pdg_key **out,
			struct pdg_error *err)
{
	char *path = pdg_test_file(dir, "key.pem", pem);
	int rc;

	CHECK(chmod(path, mode) == 0);
	rc = pdg_key_private_file(path, out, err);
	CHECK(chmod(path, 0600) == 0);
	free(path);
	return rc;
}

static void private_forms_are_read(void)
{
	char *dir = pdg_test_dir();
	const struct {
		EVP_PKEY *pkey;
		enum form form;
		bool good;
	} rows[] = {
		{ec_key("P-256"), PKCS8, true},
		{ec_key("P-384"), PKCS8, true},
		{ec_key("P-521"), TRADITIONAL, true},
		{ec_key("P-256"), TRADITIONAL, true},
		{EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8, true},
		{EVP_RSA_gen(2048), PKCS8, true},
		{EVP_RSA_gen(2048), TRADITIONAL, true},
		{EVP_RSA_gen(1024), PKCS8, false},
		{ec_key("secp256k1"), PKCS8, false},
		{EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), PKCS8, false},
		{ec_key("P-256"), ENCRYPTED, false},
		{ec_key("P-256"), ENCRYPTED_TRADITIONAL, false},
		{ec_key("P-256"), SPKI, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(TEXT_MAX);
		PDG_AUTO(key) struct pdg_key *key = NULL;
		struct pdg_error err = {0};
		int rc;

		put_pem(rows[i].pkey, rows[i].form, &pem);
		EVP_PKEY_free(rows[i].pkey);
		rc = load_private(dir, pdg_buf_bytes(&pem), 0600, &key, &err);
		pdg_test_case("row %zu", i);
		if (rows[i].good) {
			CHECK_OK(rc, &err);
			CHECK(key && pdg_key_is_private(key));
		} else {
			CHECK_RULE(rc, &err, "KEY-3");
			CHECK_HAS(err.text, "key.pem: ");
		}
	}
	pdg_test_dir_remove(dir);
}

static void halves_must_fit(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(TEXT_MAX);
	EVP_PKEY *a = ec_key("P-256");
	EVP_PKEY *b = ec_key("P-256");
	unsigned char *b_der = NULL;
	int n = i2d_PrivateKey(b, &b_der);
	unsigned char *a_der = NULL;
	int a_n = i2d_PrivateKey(a, &a_der);
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	/* SEC1: the public point is the last 65 bytes of the structure. */
	if (CHECK(n == a_n && n > 65)) {
		memcpy(a_der + n - 65, b_der + n - 65, 65);
		pdg_buf_puts(&pem, "-----BEGIN EC PRIVATE KEY-----\n");
		pdg_base64(pdg_bytes(a_der, (size_t)n), &pem);
		pdg_buf_puts(&pem, "\n-----END EC PRIVATE KEY-----\n");
		CHECK_RULE(load_private(dir, pdg_buf_bytes(&pem), 0600, &key, &err), &err, "KEY-3");
	}
	OPENSSL_free(a_der);
	OPENSSL_free(b_der);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	pdg_test_dir_remove(dir);
}

static void private_files_are_private(void)
{
	static const struct {
		mode_t mode;
		bool good;
	} rows[] = {{0600, true},  {0400, true},  {0700, true},	 {0640, false},
		    {0604, false}, {0620, false}, {0644, false}, {0666, false}};
	char *dir = pdg_test_dir();
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(TEXT_MAX);
	EVP_PKEY *pkey = ec_key("P-256");
	struct pdg_error err = {0};

	put_pem(pkey, PKCS8, &pem);
	EVP_PKEY_free(pkey);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(key) struct pdg_key *key = NULL;
		int rc = load_private(dir, pdg_buf_bytes(&pem), rows[i].mode, &key, &err);

		pdg_test_case("mode %04o", (unsigned)rows[i].mode);
		if (rows[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "KEY-2");
	}
	/* What is no private key is none, however it lies there. */
	for (size_t i = 0; i < 2; i++) {
		static const char *const said[] = {"is a public key", "is not PEM"};
		PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(TEXT_MAX);
		struct pdg_key *key = NULL;
		EVP_PKEY *public = ec_key("P-256");

		if (i == 0)
			put_pem(public, SPKI, &other);
		EVP_PKEY_free(public);
		pdg_test_case("%s", said[i]);
		CHECK_RULE(load_private(dir, pdg_buf_bytes(&other), 0644, &key, &err), &err,
			   "KEY-3");
		CHECK_HAS(err.text, said[i]);
	}
	if (geteuid() == 0) {
		char *path = pdg_test_file(dir, "foreign.pem", pdg_buf_bytes(&pem));
		struct pdg_key *key = NULL;

		pdg_test_case("another user's");
		CHECK(chmod(path, 0600) == 0 && chown(path, 65534, 65534) == 0);
		CHECK_RULE(pdg_key_private_file(path, &key, &err), &err, "KEY-2");
		free(path);
	}
	pdg_test_dir_remove(dir);
}

static void what_cannot_be_read_is_no_key(void)
{
	char *dir = pdg_test_dir();
	char *missing = pdg_test_path(dir, "missing.pem");
	char *fifo = pdg_test_path(dir, "fifo");
	PDG_AUTO(buf) struct pdg_buf big = PDG_BUF_INIT(TEXT_MAX);
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};
	uint8_t *p = pdg_buf_room(&big, TEXT_MAX);
	char *big_path;

	if (p)
		memset(p, '\n', TEXT_MAX);
	big_path = pdg_test_file(dir, "big.pem", pdg_buf_bytes(&big));
	CHECK(mkfifo(fifo, 0600) == 0 && chmod(big_path, 0600) == 0);
	CHECK_RULE(pdg_key_private_file(missing, &key, &err), &err, "KEY-3");
	CHECK_RULE(pdg_key_public_file(missing, &key, &err), &err, "KEY-3");
	CHECK_RULE(pdg_key_private_file(dir, &key, &err), &err, "KEY-3");
	CHECK_RULE(pdg_key_public_file(dir, &key, &err), &err, "KEY-3");
	CHECK_RULE(pdg_key_private_file(fifo, &key, &err), &err, "KEY-3");
	CHECK_RULE(pdg_key_private_file(big_path, &key, &err), &err, "KEY-3");
	CHECK_RULE(pdg_key_public_file(big_path, &key, &err), &err, "KEY-3");
	CHECK(key == NULL);
	free(missing);
	free(fifo);
	free(big_path);
	pdg_test_dir_remove(dir);
}

static void saved_keys_come_back(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ECDSA_P256, PDG_KEY_ED25519};
	char *dir = pdg_test_dir();

	for (size_t i = 0; i < 2; i++) {
		char *path = pdg_test_path(dir, i ? "ed25519.pem" : "p256.pem");
		char *public_path;
		PDG_AUTO(key) struct pdg_key *key = NULL;
		PDG_AUTO(key) struct pdg_key *again = NULL;
		PDG_AUTO(key) struct pdg_key *public = NULL;
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(TEXT_MAX);
		struct pdg_error err = {0};
		struct stat st;

		CHECK_OK(pdg_key_generate(types[i], &key, &err), &err);
		CHECK_OK(pdg_key_private_save(key, path, &err), &err);
		CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
		CHECK_OK(pdg_key_private_file(path, &again, &err), &err);
		CHECK(again && pdg_key_same(key, again) && pdg_key_is_private(again));
		CHECK_CODE(pdg_key_private_save(key, path, &err), &err, PDG_E_USAGE);
		CHECK_OK(pdg_key_public_text(key, &text, &err), &err);
		public_path = pdg_test_file(dir, "public.pem", pdg_buf_bytes(&text));
		CHECK_OK(pdg_key_public_file(public_path, &public, &err), &err);
		CHECK(public && pdg_key_same(key, public));
		CHECK_CODE(pdg_key_private_save(public, path, &err), &err, PDG_E_USAGE);
		CHECK_RULE(pdg_key_public_file(path, &public, &err), &err, "KEY-3");
		free(path);
		free(public_path);
	}
	pdg_test_dir_remove(dir);
}

static void only_two_types_are_made(void)
{
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(pdg_key_generate(PDG_KEY_RSA, &key, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_key_generate(PDG_KEY_ECDSA_P384, &key, &err), &err, PDG_E_USAGE);
	CHECK(key == NULL);
}

PDG_TEST_MAIN("key", {"every type is named", every_type_is_named},
	      {"what is not used is refused", what_is_not_used_is_refused},
	      {"other encodings are refused", other_encodings_are_refused},
	      {"DER is exact", der_is_exact}, {"PEM is one block", pem_is_one_block},
	      {"names of a known key", names_of_a_known_key},
	      {"a private key in public is refused by name",
	       a_private_key_in_public_is_refused_by_name},
	      {"private forms are read", private_forms_are_read},
	      {"halves must fit", halves_must_fit},
	      {"private files are private", private_files_are_private},
	      {"what cannot be read is no key", what_cannot_be_read_is_no_key},
	      {"saved keys come back", saved_keys_come_back},
	      {"only two types are made", only_two_types_are_made})
