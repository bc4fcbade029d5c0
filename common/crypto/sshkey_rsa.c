/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh-rsa keys (RFC 4253 6.6) with their SHA-2 signatures (RFC 8332): PKCS#1 v1.5. The algorithm
 * that is also called ssh-rsa signs SHA-1 and is not judged.
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "crypto/sshkey_impl.h"
#include "crypto/sshwire.h"
#include "crypto/weak.h"

#define BITS_MIN    2048
#define BITS_MAX    16384
#define E_BYTES_MAX 8 /* OpenSSL's own bound for large moduli: a longer one is no real key */
#define MODULUS_MAX (BITS_MAX / 8)

PDG_AUTO_DEFINE(param_bld, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
PDG_AUTO_DEFINE(params, OSSL_PARAM *, OSSL_PARAM_free)

static EVP_PKEY *key_of_numbers(const BIGNUM *n, const BIGNUM *e)
{
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	PDG_AUTO(param_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	PDG_AUTO(params) OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (!ctx || !bld || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

static int parse(struct pdg_sshkey *key, struct pdg_bytes *rest, struct pdg_error *err)
{
	PDG_AUTO(bignum) BIGNUM *bn_n = NULL;
	PDG_AUTO(bignum) BIGNUM *bn_e = NULL;
	struct pdg_bytes e;
	struct pdg_bytes n;
	int bits;

	if (!pdg_sshwire_mpint(rest, &e) || !pdg_sshwire_mpint(rest, &n))
		return pdg_reject(err, "SSH-1", "the RSA key is not two minimal numbers");
	if (n.n > MODULUS_MAX || e.n > E_BYTES_MAX)
		return pdg_reject(err, "SSH-1", "the RSA key's numbers are too large");
	bn_n = BN_bin2bn(n.p, (int)n.n, NULL);
	bn_e = BN_bin2bn(e.p, (int)e.n, NULL);
	if (!bn_n || !bn_e)
		return pdg_ossl_fail(err, "take an RSA key");
	bits = BN_num_bits(bn_n);
	if (bits < BITS_MIN)
		return pdg_reject(err, "SSH-1", "the RSA key has %d bits; %d to %d are used", bits,
				  BITS_MIN, BITS_MAX);
	if (pdg_weak_rsa(bn_n, bn_e))
		return pdg_reject(err, "SSH-1", "the RSA key's numbers are none of an RSA key");
	key->pkey = key_of_numbers(bn_n, bn_e);
	if (!key->pkey)
		return pdg_ossl_fail(err, "take an RSA key");
	return 0;
}

/* Signers may leave leading zeros out; OpenSSL wants the modulus's length. */
static int verify(const struct pdg_sshkey *key, struct pdg_bytes algorithm, struct pdg_bytes msg,
		  struct pdg_bytes sig, struct pdg_error *err)
{
	uint8_t whole[MODULUS_MAX] = {0};
	size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
	const EVP_MD *md;

	if (pdg_bytes_eq_str(algorithm, "rsa-sha2-512"))
		md = pdg_ossl_md(PDG_SHA512);
	else if (pdg_bytes_eq_str(algorithm, "rsa-sha2-256"))
		md = pdg_ossl_md(PDG_SHA256);
	else if (pdg_bytes_eq_str(algorithm, "ssh-rsa"))
		return pdg_reject(err, "SSH-3",
				  "the RSA signature is over SHA-1, which proves nothing");
	else
		return pdg_reject(err, "SSH-1",
				  "the signature's algorithm is none of an RSA key's");
	if (!md)
		return pdg_ossl_fail(err, "find a digest");
	if (sig.n == 0 || sig.n > len || len > sizeof(whole))
		return pdg_reject(err, "SSH-1", "the RSA signature has %zu bytes, its key %zu",
				  sig.n, len);
	memcpy(whole + len - sig.n, sig.p, sig.n);
	return pdg_sshkey_check(key, md, msg, pdg_bytes(whole, len), err);
}

const struct pdg_sshkey_kind pdg_sshkey_rsa[1] = {
	{.name = "ssh-rsa", .parse = parse, .verify = verify},
};
