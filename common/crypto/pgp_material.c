/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where OpenPGP meets OpenSSL: pgp_ring.c makes the keys of a description once, pgp_sigbody.c asks
 * them. A key is not changed after it is made, so several threads may verify with it.
 */
#include "crypto/pgp_material.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "crypto/ed25519.h"
#include "crypto/ossl.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define RSA_BITS_MIN	      2048
#define RSA_BITS_MAX	      8192
#define RSA_EXPONENT_BITS_MAX 64
#define WIDTH_MAX	      (RSA_BITS_MAX / 8)
#define ED25519_WIDTH	      32

PDG_AUTO_DEFINE(param_bld, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
PDG_AUTO_DEFINE(params, OSSL_PARAM *, OSSL_PARAM_free)

struct pdg_pgp_material {
	EVP_PKEY *pkey;
	unsigned algo;
	size_t width; /* bytes of the modulus or of a coordinate */
	char name[PDG_PGP_FINGERPRINT_HEX];
};

struct curve {
	unsigned algo;
	const char *group; /* OpenSSL's name */
	size_t width;
	size_t oid_len;
	uint8_t oid[9];
};

static const struct curve curves[] = {
	{PDG_PGP_ECDSA, "P-256", 32, 8, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}},
	{PDG_PGP_ECDSA, "P-384", 48, 5, {0x2B, 0x81, 0x04, 0x00, 0x22}},
	{PDG_PGP_ECDSA, "P-521", 66, 5, {0x2B, 0x81, 0x04, 0x00, 0x23}},
	{PDG_PGP_EDDSA, "Ed25519", 32, 9, {0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01}},
};

static int broken(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PGP-4", "OpenPGP key: %s", what);
}

/* OpenSSL would not take a key: its memory ended, or the key is no key. */
static int no_key(struct pdg_error *err)
{
	int rc = pdg_ossl_fail(NULL, "read a key");

	return rc == PDG_E_NOMEM ? pdg_nomem(err) : broken(err, "its numbers are no public key");
}

static int take_mpi(struct pdg_bytes *rest, struct pdg_pgp_mpi *out, struct pdg_error *err)
{
	const char *why;

	if (!pdg_pgp_mpi_next(rest, out, &why))
		return pdg_reject(err, "PGP-4", "OpenPGP key: a number %s", why);
	return 0;
}

static int key_from_params(const char *type, OSSL_PARAM_BLD *bld, EVP_PKEY **out,
			   struct pdg_error *err)
{
	PDG_AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1)
		return pdg_ossl_fail(err, "prepare an OpenPGP key");
	if (EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return no_key(err);
	return 0;
}

/* @out->pkey stays NULL when the size is not judged. */
static int load_rsa(struct pdg_bytes rest, struct pdg_pgp_material *out, struct pdg_error *err)
{
	PDG_AUTO(bignum) BIGNUM *n = NULL;
	PDG_AUTO(bignum) BIGNUM *e = NULL;
	PDG_AUTO(param_bld) OSSL_PARAM_BLD *bld = NULL;
	struct pdg_pgp_mpi mpi[2];
	int rc;

	for (size_t i = 0; i < 2; i++) {
		rc = take_mpi(&rest, &mpi[i], err);
		if (rc < 0)
			return rc;
		if (!mpi[i].shortest || mpi[i].bits < 2 || !(mpi[i].v.p[mpi[i].v.n - 1] & 1))
			return broken(err, "its numbers are no RSA key");
	}
	if (rest.n > 0)
		return broken(err, "bytes stand behind the RSA numbers");
	if (mpi[0].bits < RSA_BITS_MIN || mpi[0].bits > RSA_BITS_MAX ||
	    mpi[1].bits > RSA_EXPONENT_BITS_MAX)
		return 0;
	/* At most 1024 bytes each: the casts lose nothing. */
	n = BN_bin2bn(mpi[0].v.p, (int)mpi[0].v.n, NULL);
	e = BN_bin2bn(mpi[1].v.p, (int)mpi[1].v.n, NULL);
	bld = OSSL_PARAM_BLD_new();
	if (!n || !e || !bld || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return pdg_ossl_fail(err, "prepare an OpenPGP key");
	out->width = mpi[0].v.n;
	return key_from_params("RSA", bld, &out->pkey, err);
}

static int load_ecdsa(const struct curve *curve, struct pdg_bytes point,
		      struct pdg_pgp_material *out, struct pdg_error *err)
{
	PDG_AUTO(param_bld) OSSL_PARAM_BLD *bld = NULL;

	if (point.n != 2 * curve->width + 1 || point.p[0] != 0x04)
		return broken(err, "its point is not an uncompressed one of its curve");
	bld = OSSL_PARAM_BLD_new();
	if (!bld ||
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) !=
		    1 ||
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n) != 1)
		return pdg_ossl_fail(err, "prepare an OpenPGP key");
	return key_from_params("EC", bld, &out->pkey, err);
}

/* The point of EdDSA legacy is 0x40 and the native 32 bytes. */
static int load_eddsa(struct pdg_bytes point, struct pdg_pgp_material *out, struct pdg_error *err)
{
	if (point.n != ED25519_WIDTH + 1 || point.p[0] != 0x40)
		return broken(err, "its point is no Ed25519 point");
	if (pdg_ed25519_small(pdg_bytes_from(point, 1)))
		return broken(err, "its point is of small order");
	out->pkey =
		EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, point.p + 1, ED25519_WIDTH);
	return out->pkey ? 0 : no_key(err);
}

static const struct curve *find_curve(unsigned algo, struct pdg_bytes oid)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (curves[i].algo == algo &&
		    pdg_bytes_eq(oid, pdg_bytes(curves[i].oid, curves[i].oid_len)))
			return &curves[i];
	}
	return NULL;
}

/* @out->pkey stays NULL when the curve is not judged. */
static int load_curve(struct pdg_bytes rest, struct pdg_pgp_material *out, struct pdg_error *err)
{
	const struct curve *curve;
	struct pdg_pgp_mpi point;
	struct pdg_bytes oid;
	int rc;

	/* RFC 6637 9: lengths 0 and 255 of the curve's name are reserved. */
	if (rest.n == 0 || rest.p[0] == 0 || rest.p[0] == 0xFF || rest.p[0] >= rest.n)
		return broken(err, "its curve has no name");
	oid = pdg_bytes_head(pdg_bytes_from(rest, 1), rest.p[0]);
	rest = pdg_bytes_from(rest, 1 + oid.n);
	rc = take_mpi(&rest, &point, err);
	if (rc < 0)
		return rc;
	if (rest.n > 0)
		return broken(err, "bytes stand behind the point");
	curve = find_curve(out->algo, oid);
	if (!curve)
		return 0;
	out->width = curve->width;
	if (out->algo == PDG_PGP_EDDSA)
		return load_eddsa(point.v, out, err);
	return load_ecdsa(curve, point.v, out, err);
}

size_t pdg_pgp_width(struct pdg_bytes body)
{
	struct pdg_bytes rest = pdg_bytes_from(body, PDG_PGP_KEY_HEAD);
	const struct curve *curve;
	struct pdg_pgp_mpi n;
	const char *why;
	unsigned algo;

	if (body.n <= PDG_PGP_KEY_HEAD)
		return 0;
	algo = body.p[PDG_PGP_KEY_HEAD - 1];
	if (algo == PDG_PGP_RSA || algo == PDG_PGP_RSA_SIGN)
		return pdg_pgp_mpi_next(&rest, &n, &why) ? n.v.n : 0;
	if ((algo != PDG_PGP_ECDSA && algo != PDG_PGP_EDDSA) || rest.p[0] >= rest.n)
		return 0;
	curve = find_curve(algo, pdg_bytes_head(pdg_bytes_from(rest, 1), rest.p[0]));
	return curve ? curve->width : 0;
}

int pdg_pgp_material_new(struct pdg_bytes body, struct pdg_pgp_material **out,
			 struct pdg_error *err)
{
	PDG_AUTO(pgp_material) struct pdg_pgp_material *m = NULL;
	struct pdg_bytes rest = pdg_bytes_from(body, PDG_PGP_KEY_HEAD);
	int rc;

	if (body.n < PDG_PGP_KEY_HEAD)
		return broken(err, "is cut short");
	if (body.p[0] != 4)
		return pdg_reject(err, "PGP-4", "OpenPGP key: version %u is not read, only 4 is",
				  body.p[0]);
	m = pdg_calloc(1, sizeof(*m));
	if (!m)
		return pdg_nomem(err);
	rc = pdg_pgp_fingerprint(body, m->name, err);
	if (rc < 0)
		return rc;
	m->algo = body.p[5];
	if (m->algo == PDG_PGP_RSA || m->algo == PDG_PGP_RSA_SIGN)
		rc = load_rsa(rest, m, err);
	else if (m->algo == PDG_PGP_ECDSA || m->algo == PDG_PGP_EDDSA)
		rc = load_curve(rest, m, err);
	if (rc < 0)
		return rc;
	*out = m->pkey ? PDG_TAKE(m) : NULL;
	return 0;
}

void pdg_pgp_material_free(struct pdg_pgp_material *m)
{
	if (!m)
		return;
	EVP_PKEY_free(m->pkey);
	free(m);
}

int pdg_pgp_fingerprint(struct pdg_bytes body, char out[PDG_PGP_FINGERPRINT_HEX],
			struct pdg_error *err)
{
	PDG_AUTO(digest_ctx) struct pdg_digest_ctx *d = NULL;
	uint8_t head[3] = {0x99, (uint8_t)(body.n >> 8 & 0xFF), (uint8_t)(body.n & 0xFF)};
	uint8_t sum[PDG_DIGEST_MAX];
	int rc;

	if (body.n > UINT16_MAX)
		return broken(err, "is too long");
	rc = pdg_digest_new(PDG_SHA1, &d, err);
	if (rc == 0)
		rc = pdg_digest_update(d, pdg_bytes(head, sizeof(head)), err);
	if (rc == 0)
		rc = pdg_digest_update(d, body, err);
	if (rc == 0)
		rc = pdg_digest_final(d, sum, err);
	if (rc < 0)
		return rc;
	pdg_hex_upper(pdg_bytes(sum, pdg_digest_len(PDG_SHA1)), out);
	return 0;
}

size_t pdg_pgp_algo_mpis(unsigned algo)
{
	switch (algo) {
	case PDG_PGP_RSA:
	case PDG_PGP_RSA_SIGN:
		return 1;
	case PDG_PGP_DSA:
	case PDG_PGP_ECDSA:
	case PDG_PGP_EDDSA:
		return 2;
	default:
		return 0;
	}
}

static int wrong(const struct pdg_pgp_material *m, struct pdg_error *err)
{
	return pdg_reject(err, "SIG-1", "a number of the signature is none of the size of key %s",
			  m->name);
}

bool pdg_pgp_width_fits(const struct pdg_pgp_mpi *mpi, size_t width)
{
	if (width > 0 && mpi->v.n > width)
		return false;
	return mpi->shortest || (width > 0 && mpi->bits == 8 * width);
}

/* A number of a signature as @width bytes. */
static bool fixed_width(const struct pdg_pgp_mpi *mpi, size_t width, uint8_t *out)
{
	if (!pdg_pgp_width_fits(mpi, width))
		return false;
	memset(out, 0, width);
	if (mpi->v.n > 0)
		memcpy(out + (width - mpi->v.n), mpi->v.p, mpi->v.n);
	return true;
}

bool pdg_pgp_material_fits(const struct pdg_pgp_material *m, const struct pdg_pgp_mpi *mpis)
{
	size_t width = m->algo == PDG_PGP_EDDSA ? ED25519_WIDTH : m->width;
	uint8_t padded[WIDTH_MAX];

	for (size_t i = 0; i < pdg_pgp_algo_mpis(m->algo); i++) {
		if (!fixed_width(&mpis[i], width, padded) ||
		    mpis[i].v.n + PDG_LIMIT_LEADING_ZEROS < width)
			return false;
	}
	return true;
}

static int verify_rsa(const struct pdg_pgp_material *m, enum pdg_hash hash, const uint8_t *digest,
		      const struct pdg_pgp_mpi *mpi, struct pdg_error *err)
{
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = NULL;
	const EVP_MD *md = pdg_ossl_md(hash);
	uint8_t sig[WIDTH_MAX];

	if (!fixed_width(mpi, m->width, sig))
		return wrong(m, err);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
	if (!md || !ctx || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return pdg_ossl_fail(err, "prepare an RSA check");
	return pdg_ossl_check_digest(ctx, pdg_bytes(sig, m->width),
				     pdg_bytes(digest, pdg_digest_len(hash)), m->name, err);
}

static int ecdsa_der(const struct pdg_pgp_mpi *mpis, uint8_t **out, size_t *out_n,
		     struct pdg_error *err)
{
	PDG_AUTO(ecdsa_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	PDG_AUTO(bignum) BIGNUM *r = BN_bin2bn(mpis[0].v.p, (int)mpis[0].v.n, NULL);
	PDG_AUTO(bignum) BIGNUM *s = BN_bin2bn(mpis[1].v.p, (int)mpis[1].v.n, NULL);
	int n;

	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
		return pdg_ossl_fail(err, "prepare an ECDSA signature");
	r = NULL; /* they are the signature's now */
	s = NULL;
	n = i2d_ECDSA_SIG(sig, out);
	if (n <= 0)
		return pdg_ossl_fail(err, "write an ECDSA signature");
	*out_n = (size_t)n;
	return 0;
}

static void free_der(uint8_t *der)
{
	OPENSSL_free(der);
}
PDG_AUTO_DEFINE(der, uint8_t *, free_der)

static int verify_ecdsa(const struct pdg_pgp_material *m, enum pdg_hash hash, const uint8_t *digest,
			const struct pdg_pgp_mpi *mpis, struct pdg_error *err)
{
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = NULL;
	PDG_AUTO(der) uint8_t *der = NULL;
	uint8_t padded[WIDTH_MAX];
	size_t n;
	int rc;

	if (!fixed_width(&mpis[0], m->width, padded) || !fixed_width(&mpis[1], m->width, padded))
		return wrong(m, err);
	rc = ecdsa_der(mpis, &der, &n, err);
	if (rc < 0)
		return rc;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, m->pkey, NULL);
	if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
		return pdg_ossl_fail(err, "prepare an ECDSA check");
	return pdg_ossl_check_digest(ctx, pdg_bytes(der, n),
				     pdg_bytes(digest, pdg_digest_len(hash)), m->name, err);
}

static int verify_eddsa(const struct pdg_pgp_material *m, enum pdg_hash hash, const uint8_t *digest,
			const struct pdg_pgp_mpi *mpis, struct pdg_error *err)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = NULL;
	uint8_t sig[2 * ED25519_WIDTH];

	if (!fixed_width(&mpis[0], ED25519_WIDTH, sig) ||
	    !fixed_width(&mpis[1], ED25519_WIDTH, sig + ED25519_WIDTH))
		return wrong(m, err);
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, m->pkey, NULL) != 1)
		return pdg_ossl_fail(err, "prepare an Ed25519 check");
	return pdg_ossl_check(ctx, pdg_bytes(sig, sizeof(sig)),
			      pdg_bytes(digest, pdg_digest_len(hash)), m->name, err);
}

bool pdg_pgp_material_takes(const struct pdg_pgp_material *m, enum pdg_hash hash)
{
	size_t most = pdg_digest_len(PDG_SHA512);
	size_t needed = m->width < most ? m->width : most;

	if (m->algo == PDG_PGP_RSA || m->algo == PDG_PGP_RSA_SIGN)
		return true;
	/* A digest as long as the curve, for P-521 the longest there is. */
	return pdg_digest_len(hash) >= needed;
}

int pdg_pgp_material_verify(const struct pdg_pgp_material *m, unsigned algo, enum pdg_hash hash,
			    const uint8_t *digest, const struct pdg_pgp_mpi *mpis,
			    struct pdg_error *err)
{
	if (algo != m->algo)
		return pdg_reject(err, "SIG-1",
				  "the signature names another algorithm than that of key %s",
				  m->name);
	if (!pdg_pgp_material_takes(m, hash))
		return pdg_reject(err, "PGP-3",
				  "the signature's digest of %zu bits is too short for key %s",
				  8 * pdg_digest_len(hash), m->name);
	if (m->algo == PDG_PGP_RSA || m->algo == PDG_PGP_RSA_SIGN)
		return verify_rsa(m, hash, digest, mpis, err);
	if (m->algo == PDG_PGP_EDDSA)
		return verify_eddsa(m, hash, digest, mpis, err);
	return verify_ecdsa(m, hash, digest, mpis, err);
}
