/* SPDX-License-Identifier: Apache-2.0 */
/* What timestamp.c (the token) and tsa.c (whose it is) know of one another. Private to this folder.
 */
#ifndef PDG_CRYPTO_TIMESTAMP_IMPL_H
#define PDG_CRYPTO_TIMESTAMP_IMPL_H

#include <openssl/pkcs7.h>

#include "crypto/ossl.h"
#include "crypto/timestamp.h"

/**
 * Did @tsa sign @token, whose only signer is @si and whose time is @at? Returns 0, PDG_E_REJECTED
 * (TSA-6 to TSA-9), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_tsa_signed(const struct pdg_tsa *tsa, PKCS7 *token, PKCS7_SIGNER_INFO *si, int64_t at,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * *@out_known becomes true where @der is a certificate of the authority's chain, *@out_signer where
 * @sid (IssuerAndSerialNumber, its body) is of one of them. Returns 0, PDG_E_FORMAT (CMS-1: a
 * certificate of the chain is none that a CMS signature could bring), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_tsa_has(const struct pdg_tsa *tsa, struct pdg_bytes der, struct pdg_bytes sid,
		bool *out_known, bool *out_signer, struct pdg_error *err) PDG_MUST_CHECK;

#endif
