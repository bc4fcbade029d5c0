/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA keys whose numbers are none: that OpenSSL takes e = 1, by which anybody signs, and that no
 * reader of keys takes it, or an even exponent. Ed25519 of small order: test_ed25519.c.
 */
#include "crypto/weak.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "crypto/key.h"
#include "crypto/pgp_material.h"
#include "crypto/sshkey.h"
#include "crypto/timestamp.h"
#include "support/check.h"
#include "unit/crypto/x509_place.h"

#define MODULUS 256 /* bytes */

/* The public key of the modulus @n and @e. */
static EVP_PKEY *key_of(const BIGNUM *n, BN_ULONG e)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *exponent = BN_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	pki_must(bld && ctx && exponent && BN_set_word(exponent, e) == 1 &&
			 OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
			 OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent) == 1,
		 "describe an RSA key");
	params = OSSL_PARAM_BLD_to_param(bld);
	pki_must(params && EVP_PKEY_fromdata_init(ctx) == 1 &&
			 EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1,
		 "take an RSA key");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(exponent);
	return key;
}

static BIGNUM *modulus(EVP_PKEY **out_key)
{
	BIGNUM *n = NULL;

	*out_key = pki_key("RSA");
	pki_must(EVP_PKEY_get_bn_param(*out_key, OSSL_PKEY_PARAM_RSA_N, &n) == 1, "take a modulus");
	return n;
}

/* PKCS #1 v1.5's padded digest (RFC 8017 9.2), which is its own signature where e = 1. */
static void anybody_signs_with_them(void)
{
	static const uint8_t head[] = {0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1,
				       0x65, 3,	   4,	 2,    1, 5, 0,	   4,	 0x20};
	struct pdg_bytes msg = pdg_bytes_str("any message");
	uint8_t padded[MODULUS] = {0, 1};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct pdg_error err = {0};
	EVP_PKEY *honest = NULL;
	BIGNUM *n = modulus(&honest);
	EVP_PKEY *one = key_of(n, 1);

	memset(padded + 2, 0xff, MODULUS - 2);
	padded[MODULUS - 52] = 0;
	memcpy(padded + MODULUS - 51, head, sizeof(head));
	CHECK_OK(pdg_sha256(msg, padded + MODULUS - 32, &err), &err);
	CHECK_INT(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, one), 1);
	CHECK_INT(EVP_DigestVerify(ctx, padded, MODULUS, msg.p, msg.n), 1);
	CHECK_RULE(pdg_weak_check(one, "CMS-2", &err), &err, "CMS-2");
	CHECK_OK(pdg_weak_check(honest, "CMS-2", &err), &err);
	CHECK_OK(pdg_weak_check(NULL, "CMS-2", &err), &err);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(one);
	EVP_PKEY_free(honest);
	BN_free(n);
}

static void number_of(BN_ULONG e, uint8_t out[4])
{
	out[0] = (uint8_t)(e >> 24);
	out[1] = (uint8_t)(e >> 16);
	out[2] = (uint8_t)(e >> 8);
	out[3] = (uint8_t)e;
}

/* The bytes of @e that are not 0 in front. */
static struct pdg_bytes shortest(const uint8_t e[4])
{
	size_t at;

	for (at = 0; at < 4 && e[at] == 0; at++)
		;
	return pdg_bytes(e + at, 4 - at);
}

static int read_ssh(struct pdg_bytes n, struct pdg_bytes e, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(1024);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;

	pdg_buf_u32be(&blob, 7);
	pdg_buf_puts(&blob, "ssh-rsa");
	pdg_buf_u32be(&blob, (uint32_t)e.n);
	pdg_buf_put(&blob, e);
	pdg_buf_u32be(&blob, (uint32_t)n.n + 1);
	pdg_buf_putc(&blob, 0);
	pdg_buf_put(&blob, n);
	return pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, err);
}

static int read_pgp(struct pdg_bytes n, struct pdg_bytes e, struct pdg_error *err)
{
	static const uint8_t head[] = {4, 0x65, 0, 0, 0, 1};
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(1024);
	PDG_AUTO(pgp_material) struct pdg_pgp_material *m = NULL;
	size_t bits = e.n * 8;

	for (; e.n && !(e.p[0] >> (7 - (e.n * 8 - bits))); bits--)
		;
	pdg_buf_put(&body, pdg_bytes(head, sizeof(head)));
	pdg_buf_u16be(&body, MODULUS * 8);
	pdg_buf_put(&body, n);
	pdg_buf_u16be(&body, (uint16_t)bits);
	pdg_buf_put(&body, e);
	return pdg_pgp_material_new(pdg_buf_bytes(&body), &m, err);
}

static int read_own(EVP_PKEY *pkey, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(pkey, &der);
	int rc;

	pki_must(n > 0, "write a key");
	rc = pdg_key_public_der(pdg_bytes(der, (size_t)n), &key, err);
	OPENSSL_free(der);
	return rc;
}

static void check_certificate(EVP_PKEY *pkey, bool good)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(x509) struct pdg_x509 *x = NULL;
	PDG_AUTO(tsa) struct pdg_tsa *tsa = NULL;
	struct pdg_error err = {0};
	struct pdg_bytes whole;
	struct x509_place p;

	x509_place_init(&p);
	p.leaf.same_key = pkey;
	p.leaf.extended = "critical,timeStamping";
	x509_place_make(&p);
	pki_der(&p.certs[2], &der);
	whole = pdg_buf_bytes(&der);
	if (good) {
		CHECK_OK(pdg_x509_parse(whole, &x, &err), &err);
		CHECK_OK(pdg_tsa_new(&whole, 1, 0, 0, &tsa, &err), &err);
	} else {
		CHECK_RULE(pdg_x509_parse(whole, &x, &err), &err, "CMS-2");
		CHECK_RULE(pdg_tsa_new(&whole, 1, 0, 0, &tsa, &err), &err, "TSA-1");
	}
	x509_place_done(&p);
}

static void no_reader_takes_one(void)
{
	static const struct {
		BN_ULONG e;
		bool good;
	} rows[] = {{65537, true}, {3, true},  {5, true},      {0, false},
		    {1, false},	   {2, false}, {65536, false}, {0x10000002, false}};
	EVP_PKEY *honest = NULL;
	BIGNUM *n = modulus(&honest);
	uint8_t bytes[MODULUS];
	size_t i;

	pki_must(BN_bn2binpad(n, bytes, MODULUS) == MODULUS, "write a modulus");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *key = key_of(n, rows[i].e);
		struct pdg_bytes mod = pdg_bytes(bytes, MODULUS);
		const char *rules[] = {"SSH-1", "PGP-4", "KEY-1"};
		struct pdg_error err[3] = {{0}};
		int rc[3];
		uint8_t e[4];
		size_t k;

		pdg_test_case("e = %lu", (unsigned long)rows[i].e);
		number_of(rows[i].e, e);
		rc[0] = read_ssh(mod, shortest(e), &err[0]);
		rc[1] = read_pgp(mod, shortest(e), &err[1]);
		rc[2] = read_own(key, &err[2]);
		for (k = 0; k < 3; k++) {
			if (rows[i].good)
				CHECK_OK(rc[k], &err[k]);
			else
				CHECK_RULE(rc[k], &err[k], rules[k]);
		}
		check_certificate(key, rows[i].good);
		pdg_test_case(NULL);
		EVP_PKEY_free(key);
	}
	EVP_PKEY_free(honest);
	BN_free(n);
}

PDG_TEST_MAIN("weak", {"anybody signs with them", anybody_signs_with_them},
	      {"no reader takes one", no_reader_takes_one})
