/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ecdsa-sha2-nistp256, 384 and 521 (RFC 5656 3.1), and the first from a security key. OpenSSL wants
 * signatures in DER, so r and s, read strictly, are written anew.
 */
#include <openssl/core_names.h>

#include "crypto/sshkey_impl.h"
#include "crypto/sshwire.h"

/* A point that is not on the curve is no key: OpenSSL decodes none. */
static EVP_PKEY *key_of_point(const struct pdg_sshkey_kind *kind, struct pdg_bytes point)
{
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;
	/* OSSL_PARAM's pointers are not const, though these are only read. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)(uintptr_t)kind->group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						  (void *)(uintptr_t)point.p, point.n),
		OSSL_PARAM_construct_end(),
	};

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

static int parse(struct pdg_sshkey *key, struct pdg_bytes *rest, struct pdg_error *err)
{
	const struct pdg_sshkey_kind *kind = key->kind;
	struct pdg_bytes curve;
	struct pdg_bytes point;

	if (!pdg_sshwire_string(rest, &curve) || !pdg_bytes_eq_str(curve, kind->curve))
		return pdg_reject(err, "SSH-1", "the %s key names another curve", kind->name);
	if (!pdg_sshwire_string(rest, &point) || point.n != 1 + 2 * kind->field ||
	    point.p[0] != POINT_CONVERSION_UNCOMPRESSED)
		return pdg_reject(err, "SSH-1", "the %s key has no uncompressed point", kind->name);
	key->pkey = key_of_point(kind, point);
	if (!key->pkey)
		return pdg_ossl_reject(err, "SSH-1", "the ECDSA key's point is not on its curve");
	return 0;
}

/* *@out_der: freed with OPENSSL_free(). Returns its length, or -1. */
static int der_of(struct pdg_bytes r, struct pdg_bytes s, unsigned char **out_der)
{
	PDG_AUTO(ecdsa_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	PDG_AUTO(bignum) BIGNUM *bn_r = BN_bin2bn(r.p, (int)r.n, NULL);
	PDG_AUTO(bignum) BIGNUM *bn_s = BN_bin2bn(s.p, (int)s.n, NULL);

	if (!sig || !bn_r || !bn_s || ECDSA_SIG_set0(sig, bn_r, bn_s) != 1)
		return -1;
	bn_r = NULL;
	bn_s = NULL;
	return i2d_ECDSA_SIG(sig, out_der);
}

static int verify(const struct pdg_sshkey *key, struct pdg_bytes algorithm, struct pdg_bytes msg,
		  struct pdg_bytes sig, struct pdg_error *err)
{
	const struct pdg_sshkey_kind *kind = key->kind;
	const EVP_MD *md = pdg_ossl_md(kind->hash);
	unsigned char *der = NULL;
	struct pdg_bytes r;
	struct pdg_bytes s;
	int n;
	int rc;

	if (!pdg_bytes_eq_str(algorithm, kind->name))
		return pdg_reject(err, "SSH-1", "the signature's algorithm is not its key's, %s",
				  kind->name);
	if (!pdg_sshwire_mpint(&sig, &r) || !pdg_sshwire_mpint(&sig, &s) || sig.n != 0 ||
	    r.n > kind->field || s.n > kind->field)
		return pdg_reject(err, "SSH-1", "the ECDSA signature is not two minimal numbers");
	if (!md)
		return pdg_ossl_fail(err, "find a digest");
	n = der_of(r, s, &der);
	if (n <= 0)
		return pdg_ossl_fail(err, "encode an ECDSA signature");
	rc = pdg_sshkey_check(key, md, msg, pdg_bytes(der, (size_t)n), err);
	OPENSSL_free(der);
	return rc;
}

#define ECDSA(type, curve_, group_, field_, hash_, hardware_)                                      \
	{                                                                                          \
		.name = (type), .curve = (curve_), .group = (group_), .field = (field_),           \
		.hash = (hash_), .hardware = (hardware_), .parse = parse, .verify = verify,        \
	}

const struct pdg_sshkey_kind pdg_sshkey_ecdsa[4] = {
	ECDSA("ecdsa-sha2-nistp256", "nistp256", "prime256v1", 32, PDG_SHA256, false),
	ECDSA("ecdsa-sha2-nistp384", "nistp384", "secp384r1", 48, PDG_SHA384, false),
	ECDSA("ecdsa-sha2-nistp521", "nistp521", "secp521r1", 66, PDG_SHA512, false),
	ECDSA("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", "prime256v1", 32, PDG_SHA256, true),
};
