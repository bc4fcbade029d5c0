/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan that every JSON text passes before jansson sees it: a strict reader of RFC 8259
 * that allocates nothing and counts as it goes. Used by json.c alone.
 */
#ifndef PDG_UTIL_JSON_SCAN_H
#define PDG_UTIL_JSON_SCAN_H

#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

/**
 * Is @in one JSON object and nothing else?
 *
 * Refused beyond the RFC: a byte order mark, \u0000 and lone surrogates in strings (jansson
 * or C strings would cut or change them), an integer outside int64, a number outside the
 * range of double, and the integer -0, which readers turn into 0 or -0.0 as they like.
 *
 * Returns 0, PDG_E_FORMAT (JSN-1), PDG_E_LIMIT (JSN-2: depth, values, digits of a number).
 */
int pdg_json_scan(struct pdg_bytes in, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What the string says whose opening quote is at *@at of @in, which pdg_json_scan() has accepted:
 * *@out lies in @in, or where it has escapes in @room, until that is used again. *@at is behind it
 * then. False when @room cannot hold it.
 */
bool pdg_json_scan_text(struct pdg_bytes in, size_t *at, struct pdg_buf *room,
			struct pdg_bytes *out);

/**
 * The value of the outermost object's member @name in @in, which pdg_json_scan() has accepted,
 * without white space around it. False when there is no such member.
 */
bool pdg_json_scan_member(struct pdg_bytes in, const char *name, struct pdg_bytes *out);

#endif
