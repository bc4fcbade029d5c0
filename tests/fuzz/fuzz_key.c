/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys, PEM or DER: any bytes are a key with one encoding, or an error with a rule.
 *
 * Covers: common/crypto/key_pem.c common/crypto/key.c
 */
#include "crypto/key.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(key) struct pdg_key *pem = NULL;
	PDG_AUTO(key) struct pdg_key *der = NULL;
	struct pdg_error err = {0};
	int rc;

	rc = pdg_key_public_pem(pdg_bytes(data, size), &pem, &err);
	MUST((rc == 0) == (pem != NULL));
	MUST(rc == 0 || (err.code == rc && (rc == PDG_E_NOMEM || err.rule[0] != '\0')));
	rc = pdg_key_public_der(pdg_bytes(data, size), &der, &err);
	MUST((rc == 0) == (der != NULL));
	MUST(rc == 0 || (err.code == rc && (rc == PDG_E_NOMEM || err.rule[0] != '\0')));
	if (der)
		MUST(pdg_bytes_eq(pdg_key_spki(der), pdg_bytes(data, size)));
	return 0;
}
