/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSHSIG, armoured or not: any bytes are a signature or an error with a rule, and none verifies.
 *
 * Covers: common/crypto/sshsig.c common/crypto/sshkey.c common/crypto/sshcert.c
 */
#include "crypto/sshsig.h"
#include "fuzz.h"

static void judge(int rc, const struct pdg_sshsig *sig, struct pdg_error *err)
{
	if (rc < 0) {
		MUST(sig == NULL);
		MUST(err->code == rc && (rc == PDG_E_NOMEM || err->rule[0] != '\0'));
		return;
	}
	MUST(sig != NULL);
	MUST(pdg_sshkey_blob(pdg_sshsig_key(sig)).n > 0);
	/* No corpus file is made for this message, and nobody can make one by chance. */
	rc = pdg_sshsig_verify(sig, "git", pdg_bytes_str("never signed by anybody"), err);
	MUST(rc < 0 && err->code == rc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(sshsig) struct pdg_sshsig *armoured = NULL;
	PDG_AUTO(sshsig) struct pdg_sshsig *binary = NULL;
	struct pdg_error err = {0};
	int rc;

	rc = pdg_sshsig_parse(pdg_bytes(data, size), &armoured, &err);
	judge(rc, armoured, &err);
	rc = pdg_sshsig_parse_blob(pdg_bytes(data, size), &binary, &err);
	judge(rc, binary, &err);
	return 0;
}
