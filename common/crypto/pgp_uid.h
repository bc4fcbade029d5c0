/* SPDX-License-Identifier: Apache-2.0 */
/* The mail address in an OpenPGP user id, for comparison with a committer's. */
#ifndef PDG_CRYPTO_PGP_UID_H
#define PDG_CRYPTO_PGP_UID_H

#include "util/bytes.h"

/**
 * "alice@example.com" in "Alice <alice@example.com>", or the whole of a user id that is nothing but
 * an address. One address or none: a user id that could be read in two ways has none. Its bytes
 * are as they stand (no case is changed), UTF-8, without spaces, controls, quotes and brackets.
 * Points into @uid; empty when it has none.
 */
struct pdg_bytes pdg_pgp_uid_address(struct pdg_bytes uid);

#endif
