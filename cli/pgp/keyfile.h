/* SPDX-License-Identifier: Apache-2.0 */
/* The key file that pedigree-pgp was asked about, read before GnuPG sees it. */
#ifndef PDG_CLI_PGP_KEYFILE_H
#define PDG_CLI_PGP_KEYFILE_H

#include "crypto/digest.h"
#include "crypto/pgp_bind.h"

struct keyfile {
	char source[PDG_SHA256_HEX]; /* SHA-256 of the file's bytes */
	struct pdg_buf packets;	     /* without armor */
	struct pdg_pgp_bounds keys;  /* point into packets */
};

/**
 * Read the file @path ("-": standard input) and see that it is nothing but public certificates.
 * Returns 0, PDG_E_FORMAT (PGP-4), PDG_E_NOTFOUND, PDG_E_IO, PDG_E_LIMIT.
 */
int keyfile_read(const char *path, struct keyfile *out, struct pdg_error *err) PDG_MUST_CHECK;
void keyfile_done(struct keyfile *f);
PDG_AUTO_DEFINE_VALUE(keyfile, struct keyfile, keyfile_done)

#endif
