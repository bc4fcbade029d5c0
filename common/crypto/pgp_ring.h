/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer, the reader and the cache of key descriptions share. */
#ifndef PDG_CRYPTO_PGP_RING_H
#define PDG_CRYPTO_PGP_RING_H

#include "crypto/pgp.h"

/* Raised when a description says more or other things than before: old cache entries then count
 * as damaged. */
#define PDG_PGP_DESCRIPTION_VERSION 1

/**
 * Read the description that pedigree-pgp prints: a JSON object {"version":1,"source":"<sha256 of
 * the key file>","certs":[…]} (docs/FORMATS.md). It must be that of the key file whose SHA-256 is
 * @source (hex; NULL: of any).
 * Returns 0, PDG_E_FORMAT (PGP-4; also: another source, no certificate at all), PDG_E_LIMIT.
 */
int pdg_pgp_ring_of(struct pdg_bytes description, const char *source, struct pdg_pgp_ring **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
