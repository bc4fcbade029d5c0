/* SPDX-License-Identifier: Apache-2.0 */
/* What GnuPG says of a key file, as JSON. */
#ifndef PDG_CLI_PGP_DESCRIBE_H
#define PDG_CLI_PGP_DESCRIBE_H

#include "keyfile.h"

/**
 * Import @f into the empty GNUPGHOME @home and append the description (docs/FORMATS.md).
 *
 * Returns 0, PDG_E_FORMAT (PGP-4: GnuPG does not accept a certificate of the file), PDG_E_NOMEM,
 * PDG_E_LIMIT, PDG_E_IO (GnuPG is missing or fails).
 */
int describe(const struct keyfile *f, const char *home, struct pdg_buf *out,
	     struct pdg_error *err) PDG_MUST_CHECK;

#endif
