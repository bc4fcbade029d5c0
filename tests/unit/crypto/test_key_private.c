/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: the forms that are read, the files that they are read from, and what is written
 * comes back. */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rsa.h>

#include "crypto/key.h"
#include "support/check.h"
#include "unit/crypto/key_made.h"
#include "util/codec.h"
#include "util/str.h"

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

/* What is no private key is none, however it lies there. */
static void no_private_key_is_none(void)
{
	static const char *const said[] = {"is a public key", "is not PEM"};
	char *dir = pdg_test_dir();

	for (size_t i = 0; i < 2; i++) {
		PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(TEXT_MAX);
		struct pdg_key *key = NULL;
		struct pdg_error err = {0};
		EVP_PKEY *public = ec_key("P-256");

		if (i == 0)
			put_pem(public, SPKI, &other);
		EVP_PKEY_free(public);
		pdg_test_case("%s", said[i]);
		CHECK_RULE(load_private(dir, pdg_buf_bytes(&other), 0644, &key, &err), &err,
			   "KEY-3");
		CHECK_HAS(err.text, said[i]);
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

/* Neither a core dump nor another program of the user gives the key away. */
static void memory_is_hidden(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_str_printf("%s/key", dir);
	PDG_AUTO(key) struct pdg_key *made = NULL;
	PDG_AUTO(key) struct pdg_key *read = NULL;
	struct pdg_error err = {0};

	CHECK_INT(prctl(PR_SET_DUMPABLE, 1), 0);
	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &made, &err), &err);
	CHECK_INT(prctl(PR_GET_DUMPABLE), 0);
	CHECK_OK(pdg_key_private_save(made, path, &err), &err);
	CHECK_INT(prctl(PR_SET_DUMPABLE, 1), 0);
	CHECK_OK(pdg_key_private_file(path, &read, &err), &err);
	CHECK_INT(prctl(PR_GET_DUMPABLE), 0);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("key_private", {"memory is hidden", memory_is_hidden},
	      {"private forms are read", private_forms_are_read},
	      {"halves must fit", halves_must_fit},
	      {"private files are private", private_files_are_private},
	      {"no private key is none", no_private_key_is_none},
	      {"what cannot be read is no key", what_cannot_be_read_is_no_key},
	      {"saved keys come back", saved_keys_come_back},
	      {"only two types are made", only_two_types_are_made})
