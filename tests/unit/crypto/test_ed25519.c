/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of small order: which encodings they are (solved here from the curve's equation), that
 * OpenSSL takes signatures by them that nobody made, and that no reader of keys takes one.
 */
#include "crypto/ed25519.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/key.h"
#include "crypto/pgp_material.h"
#include "crypto/sshkey.h"
#include "support/check.h"

#define MESSAGES 64
#define MAX_KEYS 32

struct encodings {
	uint8_t v[MAX_KEYS][PDG_ED25519_LEN];
	size_t n;
};

static BIGNUM *number(const char *hex)
{
	BIGNUM *out = NULL;

	if (BN_hex2bn(&out, hex) == 0)
		abort();
	return out;
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* y and, where it is below 2^255, y + p, each with either sign. */
static void put(struct encodings *e, const BIGNUM *y, const BIGNUM *p)
{
	BIGNUM *v = BN_dup(y);
	unsigned sign;

	for (; v && BN_num_bits(v) <= 255; must(BN_add(v, v, p) == 1)) {
		for (sign = 0; sign < 2; sign++) {
			uint8_t *out = e->v[e->n++];

			must(e->n < MAX_KEYS && BN_bn2lebinpad(v, out, PDG_ED25519_LEN) > 0);
			out[PDG_ED25519_LEN - 1] |= (uint8_t)(sign << 7);
		}
	}
	BN_free(v);
}

/* d y^4 + 2 y^2 - 1 = 0: y^2 = (-1 +- sqrt(1 + d)) / d; one of the two is a square. */
static void put_order_eight(struct encodings *e, const BIGNUM *p, BN_CTX *ctx)
{
	BIGNUM *d = number("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
	BIGNUM *root = BN_dup(d);
	BIGNUM *y = BN_new();
	size_t before = e->n;
	int i;

	must(root && y && BN_add_word(root, 1) == 1 && BN_mod_sqrt(root, root, p, ctx) &&
	     BN_mod_inverse(d, d, p, ctx));
	for (i = 0; i < 2; i++) {
		must(BN_copy(y, root) && BN_sub_word(y, 1) == 1 &&
		     BN_mod_mul(y, y, d, p, ctx) == 1);
		if (BN_kronecker(y, p, ctx) == 1) {
			must(BN_mod_sqrt(y, y, p, ctx) != NULL);
			put(e, y, p);
			must(BN_sub(y, p, y) == 1);
			put(e, y, p);
		}
		must(BN_sub(root, p, root) == 1);
	}
	CHECK_UINT(e->n - before, 4);
	BN_free(d);
	BN_free(root);
	BN_free(y);
}

static void solve(struct encodings *e)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
	BIGNUM *y = BN_new();

	must(ctx && y);
	BN_zero(y);
	*e = (struct encodings){0};
	put(e, y, p);
	must(BN_one(y) == 1);
	put(e, y, p);
	must(BN_sub(y, p, y) == 1);
	put(e, y, p);
	put_order_eight(e, p, ctx);
	BN_free(p);
	BN_free(y);
	BN_CTX_free(ctx);
}

/* Over how many of @MESSAGES messages is @value right by @key, for OpenSSL? */
static unsigned right_over(const uint8_t *key, const uint8_t value[64])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, PDG_ED25519_LEN);
	unsigned n = 0;
	uint8_t i;

	for (i = 0; k && i < MESSAGES; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		n += EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) == 1 &&
		     EVP_DigestVerify(ctx, value, 64, &i, 1) == 1;
		EVP_MD_CTX_free(ctx);
	}
	EVP_PKEY_free(k);
	return n;
}

/* R one of the points, S = 0: right wherever R = -kA, and that is a matter of the message. */
static unsigned forged_by(const struct encodings *e, const uint8_t *key)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < e->n; i++) {
		uint8_t value[64] = {0};

		memcpy(value, e->v[i], PDG_ED25519_LEN);
		n += right_over(key, value);
	}
	return n;
}

static void nobody_signs_with_them(void)
{
	static const uint8_t honest[PDG_ED25519_LEN] = {
		0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
		0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
		0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a}; /* RFC 8032 7.1 */
	static const uint8_t neutral[PDG_ED25519_LEN] = {1};
	struct encodings e;
	uint8_t value[64] = {[32] = 1}; /* R = B, S = 1 */
	size_t i;

	solve(&e);
	CHECK_UINT(e.n, 14);
	for (i = 0; i < e.n; i++) {
		pdg_test_case("encoding %zu", i);
		CHECK(pdg_ed25519_small(pdg_bytes(e.v[i], PDG_ED25519_LEN)));
		CHECK(forged_by(&e, e.v[i]) > MESSAGES / 2);
	}
	pdg_test_case(NULL);
	memset(value, 0x66, PDG_ED25519_LEN);
	value[0] = 0x58;
	CHECK_UINT(right_over(neutral, value), MESSAGES);
	CHECK(!pdg_ed25519_small(pdg_bytes(honest, sizeof(honest))));
	CHECK_UINT(forged_by(&e, honest), 0);
	CHECK_UINT(right_over(honest, value), 0);
	/* The base point itself, and a key of another length. */
	CHECK(!pdg_ed25519_small(pdg_bytes(value, PDG_ED25519_LEN)));
	CHECK(!pdg_ed25519_small(pdg_bytes(neutral, 31)));
	CHECK(!pdg_ed25519_small(pdg_bytes(NULL, 0)));
}

static void check_ssh(const char *type, bool hardware, const uint8_t *raw)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(256);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	struct pdg_error err = {0};

	pdg_buf_u32be(&blob, (uint32_t)strlen(type));
	pdg_buf_puts(&blob, type);
	pdg_buf_u32be(&blob, PDG_ED25519_LEN);
	pdg_buf_put(&blob, pdg_bytes(raw, PDG_ED25519_LEN));
	if (hardware) {
		pdg_buf_u32be(&blob, 4);
		pdg_buf_puts(&blob, "ssh:");
	}
	CHECK_RULE(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err, "SSH-1");
}

static void check_pgp(const uint8_t *raw)
{
	static const uint8_t head[] = {4,    0x65, 0,	 0,    0,    22,   9,	 0x2B, 0x06, 0x01,
				       0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01, 0x01, 0x07, 0x40};
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(256);
	PDG_AUTO(pgp_material) struct pdg_pgp_material *m = NULL;
	struct pdg_error err = {0};

	pdg_buf_put(&body, pdg_bytes(head, sizeof(head)));
	pdg_buf_put(&body, pdg_bytes(raw, PDG_ED25519_LEN));
	CHECK_RULE(pdg_pgp_material_new(pdg_buf_bytes(&body), &m, &err), &err, "PGP-4");
}

static void no_reader_takes_one(void)
{
	static const uint8_t head[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
				       0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
	struct encodings e;
	size_t i;

	solve(&e);
	for (i = 0; i < e.n; i++) {
		PDG_AUTO(key) struct pdg_key *key = NULL;
		struct pdg_error err = {0};
		uint8_t spki[sizeof(head) + PDG_ED25519_LEN];

		pdg_test_case("encoding %zu", i);
		memcpy(spki, head, sizeof(head));
		memcpy(spki + sizeof(head), e.v[i], PDG_ED25519_LEN);
		CHECK_RULE(pdg_key_public_der(pdg_bytes(spki, sizeof(spki)), &key, &err), &err,
			   "KEY-1");
		check_ssh("ssh-ed25519", false, e.v[i]);
		check_ssh("sk-ssh-ed25519@openssh.com", true, e.v[i]);
		check_pgp(e.v[i]);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("ed25519", {"nobody signs with them", nobody_signs_with_them},
	      {"no reader takes one", no_reader_takes_one})
