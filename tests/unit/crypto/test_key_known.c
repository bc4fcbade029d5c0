/* SPDX-License-Identifier: Apache-2.0 */
/* The usual spellings of keys are read without OpenSSL's decoders: the same keys, and never one
 * that OpenSSL reads otherwise. */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/key_known.h"
#include "support/check.h"
#include "unit/crypto/key_made.h"

static struct pdg_bytes spki_of(const EVP_PKEY *pkey, uint8_t **out)
{
	int n = i2d_PUBKEY(pkey, out);

	return pdg_bytes(*out, n > 0 ? (size_t)n : 0);
}

static EVP_PKEY *by_openssl(struct pdg_bytes spki)
{
	const unsigned char *p = spki.p;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);

	if (pkey && p != spki.p + spki.n) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	ERR_clear_error();
	return pkey;
}

static EVP_PKEY *public_of(struct pdg_bytes spki)
{
	EVP_PKEY *pkey = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_key_known_public(spki, &pkey, &err), &err);
	return pkey;
}

static EVP_PKEY *private_of(struct pdg_bytes pkcs8, struct pdg_buf *out_spki)
{
	EVP_PKEY *pkey = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_key_known_private(pkcs8, &pkey, out_spki, &err), &err);
	return pkey;
}

/* Whatever is taken here is the key that OpenSSL reads, in the spelling that it writes. */
static void check_agrees(struct pdg_bytes spki, bool must_know)
{
	PDG_AUTO(evp_pkey) EVP_PKEY *known = public_of(spki);
	PDG_AUTO(evp_pkey) EVP_PKEY *theirs = NULL;
	uint8_t *written = NULL;

	CHECK(known || !must_know);
	if (!known)
		return;
	theirs = by_openssl(spki);
	if (CHECK(theirs != NULL)) {
		CHECK(EVP_PKEY_eq(known, theirs) == 1);
		CHECK_BYTES(spki_of(theirs, &written), spki);
	}
	OPENSSL_free(written);
}

/* Every bit of @spki flipped in turn, and every length. */
static void check_mutations(struct pdg_bytes spki)
{
	uint8_t copy[600];
	size_t i;

	if (!CHECK(spki.n <= sizeof(copy)))
		return;
	memcpy(copy, spki.p, spki.n);
	for (i = 0; i < spki.n * 8; i++) {
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		check_agrees(pdg_bytes(copy, spki.n), false);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (i = 0; i < spki.n; i++)
		CHECK(public_of(pdg_bytes(copy, i)) == NULL);
}

static void public_keys_of_every_type(void)
{
	const struct {
		EVP_PKEY *pkey;
		bool mutate;
	} rows[] = {
		{ec_key("P-256"), true},    {ec_key("P-384"), true},
		{ec_key("P-521"), true},    {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), true},
		{EVP_RSA_gen(2048), true},  {EVP_RSA_gen(3072), false},
		{EVP_RSA_gen(4096), false},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *der = NULL;
		struct pdg_bytes spki = spki_of(rows[i].pkey, &der);

		check_agrees(spki, true);
		if (rows[i].mutate)
			check_mutations(spki);
		OPENSSL_free(der);
		EVP_PKEY_free(rows[i].pkey);
	}
}

static void other_public_keys_are_left_to_openssl(void)
{
	EVP_PKEY *others[] = {ec_key("secp256k1"), ec_key("brainpoolP256r1"),
			      EVP_PKEY_Q_keygen(NULL, NULL, "ED448"),
			      EVP_PKEY_Q_keygen(NULL, NULL, "X25519")};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint8_t *der = NULL;

		CHECK(public_of(spki_of(others[i], &der)) == NULL);
		OPENSSL_free(der);
		EVP_PKEY_free(others[i]);
	}
}

static void check_private(EVP_PKEY *pkey)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf none = PDG_BUF_INIT(1024);
	PDG_AUTO(evp_pkey) EVP_PKEY *known = NULL;
	uint8_t *der = NULL;
	uint8_t *public = NULL;
	int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

	if (CHECK(n > 0)) {
		known = private_of(pdg_bytes(der, (size_t)n), &spki);
		if (CHECK(known != NULL))
			CHECK(EVP_PKEY_eq(known, pkey) == 1);
		CHECK_BYTES(pdg_buf_bytes(&spki), spki_of(pkey, &public));
		CHECK(private_of(pdg_bytes(der, (size_t)n - 1), &none) == NULL);
		der[1] ^= 1;
		CHECK(private_of(pdg_bytes(der, (size_t)n), &none) == NULL);
		CHECK_UINT(none.n, 0);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	OPENSSL_free(der);
	OPENSSL_free(public);
	EVP_PKEY_free(pkey);
}

static void private_keys(void)
{
	check_private(ec_key("P-256"));
	check_private(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

PDG_TEST_MAIN("key_known", {"public keys of every type", public_keys_of_every_type},
	      {"other public keys are left to OpenSSL", other_public_keys_are_left_to_openssl},
	      {"private keys", private_keys})
