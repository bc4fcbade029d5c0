/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of store have in common. Private to store/ and its tests. */
#ifndef PDG_STORE_SHARED_H
#define PDG_STORE_SHARED_H

#include "store/store.h"

/** The 32 bytes of "sha256:<hex>". False for anything else. */
bool pdg_store_reference(const char *reference, uint8_t out[32]);
/** And back; NULL: no memory. "sha256:" alone for anything but 32 bytes. */
char *pdg_store_reference_text(struct pdg_bytes raw);

/** Key of a journal tile. */
int64_t pdg_store_tile_key(unsigned level, uint64_t n);

/** @max as a LIMIT. */
int64_t pdg_store_limit(size_t max);

#endif
