/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP signatures, armoured or not: any bytes are a signature or an error with a rule.
 *
 * Covers: common/crypto/pgp_armor.c common/crypto/pgp_packet.c
 * Covers: common/crypto/pgp_sigbody.c common/crypto/pgp_sig.c
 */
#include "crypto/pgp.h"
#include "fuzz.h"

static void judge(int rc, const struct pdg_pgp_sig *sig, const struct pdg_error *err)
{
	if (rc < 0) {
		MUST(sig == NULL);
		MUST(err->code == rc && (rc == PDG_E_NOMEM || err->rule[0] != '\0'));
		return;
	}
	MUST(sig != NULL);
	MUST(pdg_pgp_sig_created(sig) >= 0);
	MUST(pdg_pgp_sig_expires(sig) == 0 || pdg_pgp_sig_expires(sig) > pdg_pgp_sig_created(sig));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *armoured = NULL;
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *binary = NULL;
	struct pdg_error err = {0};
	int rc;

	rc = pdg_pgp_sig_parse(pdg_bytes(data, size), &armoured, &err);
	judge(rc, armoured, &err);
	rc = pdg_pgp_sig_parse_binary(pdg_bytes(data, size), &binary, &err);
	judge(rc, binary, &err);
	return 0;
}
