/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenSSL takes for a key and we do not, of every certificate that is read; see weak.h. */
#include "crypto/weak.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "crypto/ed25519.h"
#include "crypto/ossl.h"

bool pdg_weak_rsa(const BIGNUM *n, const BIGNUM *e)
{
	return !BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e);
}

static int check_rsa(const EVP_PKEY *key, const char *rule, struct pdg_error *err)
{
	PDG_AUTO(bignum) BIGNUM *n = NULL;
	PDG_AUTO(bignum) BIGNUM *e = NULL;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return pdg_ossl_fail(err, "read an RSA key");
	if (pdg_weak_rsa(n, e))
		return pdg_reject(err, rule,
				  "the numbers of the certificate's RSA key are none of an RSA "
				  "key: anybody could sign by them");
	return 0;
}

static int check_ed25519(const EVP_PKEY *key, const char *rule, struct pdg_error *err)
{
	uint8_t raw[PDG_ED25519_LEN];
	size_t n = sizeof(raw);

	if (EVP_PKEY_get_raw_public_key(key, raw, &n) != 1)
		return pdg_ossl_fail(err, "read an Ed25519 key");
	if (pdg_ed25519_small(pdg_bytes(raw, n)))
		return pdg_reject(
			err, rule,
			"the certificate's Ed25519 key is a point of small order: anybody "
			"could sign by it");
	return 0;
}

int pdg_weak_check(const EVP_PKEY *key, const char *rule, struct pdg_error *err)
{
	if (!key) {
		/* It cannot be decoded, so nothing verifies by it; OpenSSL's reasons are not ours.
		 */
		ERR_clear_error();
		return 0;
	}
	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		return check_rsa(key, rule, err);
	return EVP_PKEY_is_a(key, "ED25519") ? check_ed25519(key, rule, err) : 0;
}
