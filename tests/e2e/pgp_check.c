/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgp_check KEYFILE CACHE|- SIGNATURE MESSAGE: the whole way from a key file to the mathematics of
 * one signature, for tests/e2e/pgp.sh. Says nothing about whether the key may sign.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/pgp_gnupg.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"

static int check(char **arg, struct pdg_error *err)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *gnupg = NULL;
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *sig = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	const struct pdg_pgp_cert *cert = NULL;
	const struct pdg_pgp_key *key;
	int rc;

	rc = pdg_pgp_gnupg_new(&gnupg, err);
	if (rc == 0)
		rc = pdg_pgp_ring_load(arg[1], strcmp(arg[2], "-") == 0 ? NULL : arg[2], &ring,
				       err);
	if (rc == 0)
		rc = pdg_fs_read(arg[3], &text, err);
	if (rc == 0)
		rc = pdg_fs_read(arg[4], &msg, err);
	if (rc == 0)
		rc = pdg_pgp_sig_parse(pdg_buf_bytes(&text), &sig, err);
	if (rc < 0)
		return rc;
	rc = pdg_pgp_sig_find(sig, ring, &cert, &key, err);
	if (rc < 0)
		return rc;
	if (!key)
		return pdg_fail(err, PDG_E_REJECTED, "no key in the ring is the issuer");
	if (pdg_pgp_sig_here(sig, key))
		rc = pdg_pgp_sig_verify(sig, key, pdg_buf_bytes(&msg), err);
	else
		rc = pdg_pgp_gnupg_verify(gnupg, sig, ring, cert, key, pdg_buf_bytes(&msg), err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "good %s %s\n", key->fingerprint, cert->fingerprint);
	return 0;
}

int main(int argc, char **argv)
{
	struct pdg_error err = {0};

	if (argc != 5) {
		(void)fputs("usage: pgp_check KEYFILE CACHE|- SIGNATURE MESSAGE\n", stderr);
		return 2;
	}
	if (check(argv, &err) == 0)
		return 0;
	pdg_out_error("pgp_check", &err);
	return pdg_exit_status(err.code);
}
