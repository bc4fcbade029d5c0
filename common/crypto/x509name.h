/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a certificate can be revoked by. Its fingerprint is over all its bytes, and those of its
 * issuer's signature are not all the issuer's choice; nor is a key bound to one certificate. So
 * whoever asks whether it is revoked asks for each of these.
 */
#ifndef PDG_CRYPTO_X509NAME_H
#define PDG_CRYPTO_X509NAME_H

#include "crypto/x509cert.h"

struct pdg_x509_handles {
	char itself[PDG_X509_FINGERPRINT];
	/*
	 * Of the same certificate with its issuer's ECDSA value (r, s) as (r, n - s), which anybody
	 * can write and every verifier takes; "" where the issuer's key is of another kind.
	 */
	char twin[PDG_X509_FINGERPRINT];
	/* SHA-256 of the key's SPKI: in its canonical form (as crypto/key.h has it), and as the
	 * certificate has it. */
	uint8_t key[PDG_SHA256_LEN];
	uint8_t written[PDG_SHA256_LEN];
};

#endif
