/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by the letter of RFC 3629: for bytes, json, jsonw and str. */
#ifndef PDG_UTIL_UTF8_H
#define PDG_UTIL_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

/**
 * The code point at byte @at of @b (@at < b.n).
 *
 * Returns its length, 1 to 4 bytes, with *@out set, or 0 (and *@out untouched) where no
 * well-formed sequence stands: stray or missing continuation, overlong form, surrogate, more than
 * U+10FFFF.
 */
size_t pdg_utf8_next(struct pdg_bytes b, size_t at, uint32_t *out);

#endif
