/* SPDX-License-Identifier: Apache-2.0 */
/* What timestamp.c (the token) and tsa.c (whose it is) know of one another. Private to this folder.
 */
#ifndef PDG_CRYPTO_TIMESTAMP_IMPL_H
#define PDG_CRYPTO_TIMESTAMP_IMPL_H

#include <openssl/pkcs7.h>

#include "crypto/ossl.h"
#include "crypto/timestamp.h"
#include "crypto/x509cert.h"

/* A token as timestamp.c has read it. */
struct pdg_ts_token {
	PKCS7 *p7;			   /* borrowed */
	PKCS7_SIGNER_INFO *si;		   /* its only one; in @p7 */
	enum pdg_x509_algorithm algorithm; /* by which that one says to have signed */
	int64_t at;
	bool bare; /* its certificates must be of one form, for no signature covers them */
};

/**
 * Did @tsa sign @token? Returns 0, PDG_E_REJECTED (TSA-5 to TSA-9), PDG_E_FORMAT (CMS-4),
 * PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_tsa_signed(const struct pdg_tsa *tsa, const struct pdg_ts_token *token,
		   struct pdg_error *err) PDG_MUST_CHECK;

#endif
