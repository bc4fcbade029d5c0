/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenPGP key in its certificate, and what has become of it at a time. Private to this folder.
 */
#ifndef PDG_COMMIT_PLACE_PGP_H
#define PDG_COMMIT_PLACE_PGP_H

#include "crypto/pgp.h"

/* Where a key stands. Borrowed. */
struct pdg_pgp_place {
	const struct pdg_pgp_ring *ring;
	const struct pdg_pgp_cert *cert;
	const struct pdg_pgp_key *key; /* NULL: nowhere */
};

/** Was the key, or its certificate, revoked or had expired at @at (rules.md 1)? */
bool pdg_pgp_place_revoked(const struct pdg_pgp_place *p, int64_t at);
bool pdg_pgp_place_expired(const struct pdg_pgp_place *p, int64_t at);
bool pdg_pgp_cert_revoked(const struct pdg_pgp_cert *cert, int64_t at);

/** Was @expires (0: never) over at @at? */
bool pdg_pgp_passed(int64_t expires, int64_t at);

#endif
