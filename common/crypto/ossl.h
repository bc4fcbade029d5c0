/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of common/crypto share of OpenSSL: release kinds, fetched digests and the way its
 * failures become ours. Private to this folder: no header outside it includes this one.
 */
#ifndef PDG_CRYPTO_OSSL_H
#define PDG_CRYPTO_OSSL_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/digest.h"

PDG_AUTO_DEFINE(evp_pkey, EVP_PKEY *, EVP_PKEY_free)
PDG_AUTO_DEFINE(evp_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
PDG_AUTO_DEFINE(evp_md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free)
PDG_AUTO_DEFINE(bignum, BIGNUM *, BN_free)
PDG_AUTO_DEFINE(ecdsa_sig, ECDSA_SIG *, ECDSA_SIG_free)
PDG_AUTO_DEFINE(p8info, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

/**
 * The digest @h, fetched once for the process: an implicit fetch costs more than hashing a short
 * message. Never freed. NULL when OpenSSL's configuration does not offer it or memory ran out, for
 * pdg_ossl_fail(); asked again it tries again. Many calls of OpenSSL take NULL for their default:
 * callers look first.
 */
const EVP_MD *pdg_ossl_md(enum pdg_hash h);

/**
 * Record that OpenSSL failed at @what, with its own reason, and drain its error queue. Returns
 * PDG_E_NOMEM when memory was the reason, else PDG_E_CRYPTO.
 */
int pdg_ossl_fail(struct pdg_error *err, const char *what);

/**
 * Refuse by @rule what OpenSSL could not decode, draining its error queue.
 * Returns PDG_E_NOMEM when memory was the reason, else the rule's code.
 */
int pdg_ossl_reject(struct pdg_error *err, const char *rule, const char *text);

/**
 * Judge what a verify call of OpenSSL gave: 1 is valid and nothing else is. Its error queue, which
 * must have been empty before the call, is drained. Returns 0, PDG_E_REJECTED (SIG-1), PDG_E_NOMEM
 * when memory ran out, or PDG_E_CRYPTO when OpenSSL came to no verdict.
 */
int pdg_ossl_verdict(int result, const char *who, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * EVP_DigestVerify() and EVP_PKEY_verify() by a context that is set up, and the verdict on it. What
 * earlier calls of this thread left in the error queue is no reason of theirs, and goes.
 */
int pdg_ossl_check(EVP_MD_CTX *ctx, struct pdg_bytes sig, struct pdg_bytes msg, const char *who,
		   struct pdg_error *err) PDG_MUST_CHECK;
int pdg_ossl_check_digest(EVP_PKEY_CTX *ctx, struct pdg_bytes sig, struct pdg_bytes digest,
			  const char *who, struct pdg_error *err) PDG_MUST_CHECK;

#endif
