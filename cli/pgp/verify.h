/* SPDX-License-Identifier: Apache-2.0 */
/* Answering questions about signatures (crypto/pgp_wire.h). */
#ifndef PDG_CLI_PGP_VERIFY_H
#define PDG_CLI_PGP_VERIFY_H

#include "util/error.h"

/**
 * Answer what standard input asks, on standard output, until it ends. Each certificate that is
 * given gets a ring of its own below @home.
 *
 * Returns 0 at the end of the input, PDG_E_FORMAT, PDG_E_LIMIT, PDG_E_IO, PDG_E_NOMEM.
 */
int verify_serve(const char *home, struct pdg_error *err) PDG_MUST_CHECK;

#endif
