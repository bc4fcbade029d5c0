/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes for tables whose keys somebody else chooses: under a secret that is drawn for each table,
 * nobody outside can choose keys that meet in one slot (SipHash; Aumasson and Bernstein, 2012).
 */
#ifndef PDG_UTIL_KEYED_H
#define PDG_UTIL_KEYED_H

#include <stdint.h>

#include "util/bytes.h"
#include "util/error.h"

struct pdg_keyed {
	uint64_t k[2];
};

/** Draw a secret from the system. Returns 0, PDG_E_IO. */
int pdg_keyed_init(struct pdg_keyed *k, struct pdg_error *err) PDG_MUST_CHECK;

/** SipHash-1-3 of @b: one round a word, three at the end, as tables need it. */
uint64_t pdg_keyed_hash(const struct pdg_keyed *k, struct pdg_bytes b);

#endif
