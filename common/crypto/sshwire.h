/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH's data types (RFC 4251 5), read strictly. A reader takes its item off the front of *@rest; on
 * failure *@rest and the output are untouched. Nothing is copied: what is given points into the
 * bytes read.
 */
#ifndef PDG_CRYPTO_SSHWIRE_H
#define PDG_CRYPTO_SSHWIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

bool pdg_sshwire_u8(struct pdg_bytes *rest, uint8_t *out);
bool pdg_sshwire_u32(struct pdg_bytes *rest, uint32_t *out);
bool pdg_sshwire_u64(struct pdg_bytes *rest, uint64_t *out);
bool pdg_sshwire_string(struct pdg_bytes *rest, struct pdg_bytes *out);

/**
 * An mpint that is positive, not zero and minimal; *@out is its magnitude without the leading zero
 * that a set top bit needs.
 */
bool pdg_sshwire_mpint(struct pdg_bytes *rest, struct pdg_bytes *out);

/** Append @s with its length before it. */
void pdg_sshwire_put_string(struct pdg_buf *out, struct pdg_bytes s);

#endif
