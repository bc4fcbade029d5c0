/* SPDX-License-Identifier: Apache-2.0 */
/* Entry bundles of a tile log: each entry behind its length, uint16 big-endian (formats.md 6.3). */
#ifndef PDG_TLOG_ENTRIES_H
#define PDG_TLOG_ENTRIES_H

#include "util/buf.h"
#include "util/limits.h"

/* A bundle of 256 entries of the largest size. */
#define PDG_ENTRIES_MAX (256 * (PDG_LIMIT_LOG_ENTRY + 2))

/** Append one entry of at most PDG_LIMIT_LOG_ENTRY bytes. */
void pdg_entries_put(struct pdg_buf *bundle, struct pdg_bytes entry);

/** Take one entry off *@rest. False at the end, and when what stands there is no whole entry. */
bool pdg_entries_next(struct pdg_bytes *rest, struct pdg_bytes *out_entry);

/** The bytes of the first @width entries of @bundle. False when it has fewer. */
bool pdg_entries_cut(struct pdg_bytes bundle, unsigned width, struct pdg_bytes *out);

#endif
