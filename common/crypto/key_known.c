/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in their usual spelling: bytes that are the same in every such key, and the numbers between
 * them (RFC 5480, 5958, 8410; RFC 3279 for RSA). A hook reads a handful of keys and ends: OpenSSL's
 * decoders and encoders cost half a millisecond a key, these comparisons nothing. They accept less
 * than OpenSSL does, and whatever they do not know goes to its reader (key.c, key_private.c).
 */
#include "crypto/key_known.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#define POINT_MAX   133 /* P-521, uncompressed */
#define SCALAR_P256 32
#define RSA_HEAD    33 /* all before the modulus's first byte */
#define RSA_TAIL    5  /* INTEGER 65537 */
#define RSA_MAX	    512

/* An SPKI up to its point or raw key. */
struct spelling {
	const char *group; /* NULL: Ed25519 */
	size_t n_head;
	size_t n_key;
	uint8_t head[27];
};

static const struct spelling spellings[] = {
	{"prime256v1", 26, 65, {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
				0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
				0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00}},
	{"secp384r1", 23, 97, {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86,
			       0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B,
			       0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00}},
	{"secp521r1", 25, 133, {0x30, 0x81, 0x9B, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86,
				0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81,
				0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00}},
	{NULL,
	 12,
	 PDG_KEY_ED25519_LEN,
	 {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00}},
};
#define P256	(&spellings[0])
#define ED25519 (&spellings[3])

/* PKCS#8 of a P-256 key: up to its scalar, and from there to its point. */
static const uint8_t p256_scalar[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
				      0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
				      0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
				      0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t p256_point[] = {0xA1, 0x44, 0x03, 0x42, 0x00};
static const uint8_t ed25519_seed[] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
				       0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

/* What OpenSSL made no key of is for its reader to refuse, unless there was no memory for it. */
static int made(EVP_PKEY *pkey, EVP_PKEY **out, struct pdg_error *err)
{
	*out = pkey;
	if (pkey)
		return 0;
	return pdg_ossl_reject(err, "KEY-1", "is no key") == PDG_E_NOMEM ? PDG_E_NOMEM : 0;
}

static int from_params(const char *type, OSSL_PARAM *params, int selection, EVP_PKEY **out,
		       struct pdg_error *err)
{
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
		pkey = NULL;
	return made(pkey, out, err);
}

/* @priv: the scalar in this machine's order, or NULL. */
static int on_curve(const struct spelling *s, struct pdg_bytes point, uint8_t *priv, EVP_PKEY **out,
		    struct pdg_error *err)
{
	char group[16];
	uint8_t pub[POINT_MAX];
	OSSL_PARAM params[4];
	size_t n = 0;

	/* OSSL_PARAM takes no const, though nothing is written through it. */
	(void)snprintf(group, sizeof(group), "%s", s->group);
	memcpy(pub, point.p, point.n);
	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, pub, point.n);
	if (priv)
		params[n++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, priv, SCALAR_P256);
	params[n] = OSSL_PARAM_construct_end();
	return from_params("EC", params, priv ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, out, err);
}

/* Any other form of a point has another spelling as an SPKI; hybrid ones have this length too. */
static bool is_point(struct pdg_bytes point)
{
	return point.p[0] == POINT_CONVERSION_UNCOMPRESSED;
}

/* All before the modulus, for one of @n_mod bytes whose first bit is set. */
static void rsa_head(size_t n_mod, uint8_t out[RSA_HEAD])
{
	static const uint8_t form[RSA_HEAD] = {0x30, 0x82, 0,	 0,    0x30, 0x0D, 0x06, 0x09, 0x2A,
					       0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05,
					       0x00, 0x03, 0x82, 0,    0,    0x00, 0x30, 0x82, 0,
					       0,    0x02, 0x82, 0,    0,    0x00};
	const struct {
		size_t at;
		size_t value;
	} lengths[] = {
		{2, n_mod + RSA_HEAD + RSA_TAIL - 4},
		{21, n_mod + RSA_HEAD + RSA_TAIL - 23},
		{26, n_mod + RSA_HEAD + RSA_TAIL - 28},
		{30, n_mod + 1},
	};

	memcpy(out, form, RSA_HEAD);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		out[lengths[i].at] = (uint8_t)(lengths[i].value >> 8);
		out[lengths[i].at + 1] = (uint8_t)lengths[i].value;
	}
}

static int known_rsa(struct pdg_bytes spki, EVP_PKEY **out, struct pdg_error *err)
{
	static const uint8_t tail[RSA_TAIL] = {0x02, 0x03, 0x01, 0x00, 0x01};
	const size_t n_mod = spki.n > RSA_HEAD + RSA_TAIL ? spki.n - RSA_HEAD - RSA_TAIL : 0;
	PDG_AUTO(bignum) BIGNUM *n = NULL;
	uint8_t head[RSA_HEAD];
	uint8_t native[RSA_MAX];
	unsigned int e = 65537;
	OSSL_PARAM params[3];

	if ((n_mod != 256 && n_mod != 384 && n_mod != RSA_MAX) || !(spki.p[RSA_HEAD] & 0x80))
		return 0;
	rsa_head(n_mod, head);
	if (memcmp(spki.p, head, RSA_HEAD) != 0 ||
	    memcmp(spki.p + RSA_HEAD + n_mod, tail, RSA_TAIL) != 0)
		return 0;
	n = BN_bin2bn(spki.p + RSA_HEAD, (int)n_mod, NULL);
	if (!n || BN_bn2nativepad(n, native, (int)n_mod) != (int)n_mod)
		return pdg_nomem(err);
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native, n_mod);
	params[1] = OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &e);
	params[2] = OSSL_PARAM_construct_end();
	return from_params("RSA", params, EVP_PKEY_PUBLIC_KEY, out, err);
}

int pdg_key_known_public(struct pdg_bytes spki, EVP_PKEY **out, struct pdg_error *err)
{
	*out = NULL;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const struct spelling *s = &spellings[i];
		struct pdg_bytes key;

		if (spki.n != s->n_head + s->n_key || memcmp(spki.p, s->head, s->n_head) != 0)
			continue;
		key = pdg_bytes_from(spki, s->n_head);
		if (!s->group)
			return made(
				EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.p, key.n),
				out, err);
		return is_point(key) ? on_curve(s, key, NULL, out, err) : 0;
	}
	return known_rsa(spki, out, err);
}

static void put_spki(const struct spelling *s, struct pdg_bytes key, struct pdg_buf *out)
{
	pdg_buf_put(out, pdg_bytes(s->head, s->n_head));
	pdg_buf_put(out, key);
}

static int known_p256(struct pdg_bytes pkcs8, EVP_PKEY **out, struct pdg_buf *out_spki,
		      struct pdg_error *err)
{
	const size_t point_at = sizeof(p256_scalar) + SCALAR_P256 + sizeof(p256_point);
	PDG_AUTO(bignum) BIGNUM *scalar = NULL;
	uint8_t priv[SCALAR_P256];
	int rc;

	if (pkcs8.n != point_at + P256->n_key ||
	    memcmp(pkcs8.p, p256_scalar, sizeof(p256_scalar)) != 0 ||
	    memcmp(pkcs8.p + point_at - sizeof(p256_point), p256_point, sizeof(p256_point)) != 0 ||
	    !is_point(pdg_bytes_from(pkcs8, point_at)))
		return 0;
	scalar = BN_secure_new();
	if (!scalar || !BN_bin2bn(pkcs8.p + sizeof(p256_scalar), SCALAR_P256, scalar) ||
	    BN_bn2nativepad(scalar, priv, SCALAR_P256) != SCALAR_P256)
		return pdg_nomem(err);
	BN_clear(scalar);
	rc = on_curve(P256, pdg_bytes_from(pkcs8, point_at), priv, out, err);
	OPENSSL_cleanse(priv, sizeof(priv));
	if (*out)
		put_spki(P256, pdg_bytes_from(pkcs8, point_at), out_spki);
	return rc;
}

static int known_ed25519(struct pdg_bytes pkcs8, EVP_PKEY **out, struct pdg_buf *out_spki,
			 struct pdg_error *err)
{
	uint8_t pub[PDG_KEY_ED25519_LEN];
	size_t n = sizeof(pub);
	PDG_AUTO(evp_pkey) EVP_PKEY *pkey = NULL;

	if (pkcs8.n != sizeof(ed25519_seed) + PDG_KEY_ED25519_LEN ||
	    memcmp(pkcs8.p, ed25519_seed, sizeof(ed25519_seed)) != 0)
		return 0;
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, pkcs8.p + sizeof(ed25519_seed),
					    PDG_KEY_ED25519_LEN);
	if (pkey && EVP_PKEY_get_raw_public_key(pkey, pub, &n) == 1) {
		put_spki(ED25519, pdg_bytes(pub, n), out_spki);
		return made(PDG_TAKE(pkey), out, err);
	}
	return made(NULL, out, err);
}

int pdg_key_known_private(struct pdg_bytes pkcs8, EVP_PKEY **out, struct pdg_buf *out_spki,
			  struct pdg_error *err)
{
	int rc;

	*out = NULL;
	rc = known_p256(pkcs8, out, out_spki, err);
	if (rc == 0 && !*out)
		rc = known_ed25519(pkcs8, out, out_spki, err);
	if (rc == 0)
		rc = pdg_buf_check(out_spki, err);
	if (rc < 0)
		EVP_PKEY_free(PDG_TAKE(*out));
	return rc;
}
