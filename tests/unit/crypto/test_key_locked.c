/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted private keys and the files of their passphrases; keys whose private half is elsewhere.
 */
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/key.h"
#include "crypto/key_impl.h"
#include "support/check.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define WORD "correct horse"

/* @key's PKCS#8, encrypted by @cipher and @word, in a file of 0600. Freed by the caller. */
static char *locked_file(const char *dir, const struct pdg_key *key, const EVP_CIPHER *cipher,
			 const char *word)
{
	char *path = pdg_test_path(dir, "locked.pem");
	FILE *f = fopen(path, "w");

	CHECK(f && PEM_write_PKCS8PrivateKey(f, key->pkey, cipher, word, (int)strlen(word), NULL,
					     NULL) == 1);
	if (f)
		(void)fclose(f);
	CHECK(chmod(path, 0600) == 0);
	return path;
}

static char *word_file(const char *dir, const char *text, mode_t mode)
{
	char *path = pdg_test_file(dir, "word", pdg_bytes_str(text));

	CHECK(chmod(path, mode) == 0);
	return path;
}

static void the_passphrase_opens_it(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ECDSA_P256, PDG_KEY_ED25519};
	static const char *const words[] = {WORD, WORD "\n", WORD "\r\n", WORD "\nsecond line\n"};
	char *dir = pdg_test_dir();
	size_t i, k;

	for (i = 0; i < 2; i++) {
		struct pdg_error err = {0};
		struct pdg_key *key = NULL;
		char *path;

		if (!CHECK_OK(pdg_key_generate(types[i], &key, &err), &err))
			break;
		path = locked_file(dir, key, EVP_aes_256_cbc(), WORD);
		for (k = 0; k < 4; k++) {
			char *word = word_file(dir, words[k], 0600);
			struct pdg_key *got = NULL;
			bool locked = false;

			if (CHECK_OK(pdg_key_private_file_locked(path, word, &got, &locked, &err),
				     &err))
				CHECK(pdg_key_same(key, got) && pdg_key_is_private(got) && locked);
			pdg_key_free(got);
			free(word);
		}
		free(path);
		pdg_key_free(key);
	}
	pdg_test_dir_remove(dir);
}

static void a_plain_key_needs_none(void)
{
	char *dir = pdg_test_dir();
	char *path = pdg_test_path(dir, "plain.pem");
	struct pdg_key *key = NULL, *got = NULL;
	struct pdg_error err = {0};
	bool locked = true;

	if (CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err) &&
	    CHECK_OK(pdg_key_private_save(key, path, &err), &err) &&
	    CHECK_OK(pdg_key_private_file_locked(path, "/nowhere", &got, &locked, &err), &err))
		CHECK(pdg_key_same(key, got) && !locked);
	pdg_key_free(got);
	got = NULL;
	CHECK_OK(pdg_key_private_file_locked(path, NULL, &got, NULL, &err), &err);
	pdg_key_free(got);
	CHECK(chmod(path, 0640) == 0);
	CHECK_RULE(pdg_key_private_file_locked(path, NULL, &got, NULL, &err), &err, "KEY-2");
	pdg_key_free(key);
	free(path);
	pdg_test_dir_remove(dir);
}

static void without_it_nothing_is_opened(void)
{
	static const struct {
		const char *word; /* NULL: no file */
		mode_t mode;
		const char *rule;
	} rows[] = {
		{"wrong\n", 0600, "KEY-4"},  {"", 0600, "KEY-4"},	 {"\n" WORD, 0600, "KEY-4"},
		{WORD " \n", 0600, "KEY-4"}, {WORD "\n", 0640, "KEY-2"}, {NULL, 0, "KEY-3"},
	};
	char *dir = pdg_test_dir();
	struct pdg_error err = {0};
	struct pdg_key *key = NULL, *got = NULL;
	char *path;
	size_t i;

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err))
		return;
	path = locked_file(dir, key, EVP_aes_256_cbc(), WORD);
	CHECK_RULE(pdg_key_private_file_locked(path, NULL, &got, NULL, &err), &err, "KEY-4");
	CHECK_RULE(pdg_key_private_file(path, &got, &err), &err, "KEY-3");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *word = rows[i].word ? word_file(dir, rows[i].word, rows[i].mode)
					  : pdg_test_path(dir, "no-such-file");

		pdg_test_case("row %zu", i);
		CHECK_RULE(pdg_key_private_file_locked(path, word, &got, NULL, &err), &err,
			   rows[i].rule);
		CHECK(strstr(err.text, WORD) == NULL);
		free(word);
	}
	pdg_test_case(NULL);
	pdg_key_free(key);
	free(path);
	pdg_test_dir_remove(dir);
}

static void damaged_ones_are_refused(void)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	char *dir = pdg_test_dir();
	char *word = word_file(dir, WORD "\n", 0600);
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;
	char *path;
	size_t i;

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err))
		return;
	path = locked_file(dir, key, EVP_aes_128_cbc(), WORD);
	pdg_test_read(path, &pem);
	for (i = 0; i < pem.n; i += 7) {
		struct pdg_key *got = NULL;
		char *changed;

		pem.p[i] ^= 1;
		changed = pdg_test_file(dir, "changed.pem", pdg_buf_bytes(&pem));
		CHECK(chmod(changed, 0600) == 0);
		/* Its public half stands in it: what opens at all is the key or none. */
		if (pdg_key_private_file_locked(changed, word, &got, NULL, &err) == 0)
			CHECK(pdg_key_same(got, key));
		else
			CHECK(err.code == PDG_E_USAGE && err.rule[0]);
		pdg_key_free(got);
		free(changed);
		pem.p[i] ^= 1;
	}
	pdg_key_free(key);
	free(path);
	free(word);
	pdg_test_dir_remove(dir);
}

struct elsewhere {
	struct pdg_key *key;
	unsigned signed_, released;
};

static int sign_there(void *ctx, struct pdg_bytes msg, struct pdg_buf *out, struct pdg_error *err)
{
	struct elsewhere *e = ctx;

	e->signed_++;
	return pdg_key_sign(e->key, msg, out, err);
}

static void release_there(void *ctx)
{
	struct elsewhere *e = ctx;

	e->released++;
}

static void a_key_may_be_elsewhere(void)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	struct elsewhere e = {.key = NULL};
	struct pdg_key_elsewhere at = {.sign = sign_there, .release = release_there, .ctx = &e};
	struct pdg_bytes msg = pdg_bytes_str("message");
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &e.key, &err), &err))
		return;
	CHECK_RULE(pdg_key_elsewhere(pdg_bytes_str("no key"), &at, &key, &err), &err, "KEY-1");
	CHECK_UINT(e.released, 0);
	if (CHECK_OK(pdg_key_elsewhere(pdg_key_spki(e.key), &at, &key, &err), &err)) {
		CHECK(pdg_key_is_private(key));
		CHECK_OK(pdg_key_sign(key, msg, &sig, &err), &err);
		CHECK_OK(pdg_key_verify(key, msg, pdg_buf_bytes(&sig), &err), &err);
		CHECK_CODE(pdg_key_private_save(key, "/nowhere/at/all", &err), &err, PDG_E_USAGE);
		CHECK(pdg_key_share(key) == key);
		pdg_key_free(key);
		CHECK_UINT(e.released, 0);
		pdg_key_free(key);
	}
	CHECK_UINT(e.signed_, 1);
	CHECK_UINT(e.released, 1);
	pdg_key_free(e.key);
}

PDG_TEST_MAIN("key_locked", {"the passphrase opens it", the_passphrase_opens_it},
	      {"a plain key needs none", a_plain_key_needs_none},
	      {"without it nothing is opened", without_it_nothing_is_opened},
	      {"damaged ones are refused", damaged_ones_are_refused},
	      {"a key may be elsewhere", a_key_may_be_elsewhere})
