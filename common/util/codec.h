/* SPDX-License-Identifier: Apache-2.0 */
/* Hex and base64, strictly. */
#ifndef PDG_UTIL_CODEC_H
#define PDG_UTIL_CODEC_H

#include <stdbool.h>

#include "util/buf.h"

/** Lower-case hex of @in with a NUL; @out has room for 2 * in.n + 1. */
void pdg_hex(struct pdg_bytes in, char *out);
void pdg_hex_upper(struct pdg_bytes in, char *out);

/** Exactly @n bytes from 2 * n lower-case hex digits. False for anything else. */
bool pdg_unhex(struct pdg_bytes in, uint8_t *out, size_t n);

/* Digits of the name of an object of git, in its two formats. */
#define PDG_OID_SHA1   40
#define PDG_OID_SHA256 64
#define PDG_OID_SHOWN  12 /* of them, in every line of ours */

/** Are all characters lower-case hex digits, and exactly @digits of them? */
bool pdg_is_hex(struct pdg_bytes in, size_t digits);

/** Are these the 43 characters of unpadded base64 (standard alphabet) that some 32 bytes have? */
bool pdg_is_base64_sha256(struct pdg_bytes in);

enum pdg_base64_form {
	PDG_BASE64_STD,	  /* standard alphabet, padded, nothing else (RFC 4648 4) */
	PDG_BASE64_PROTO, /* standard or URL-safe (not mixed), padded or not: protojson, DSSE */
	PDG_BASE64_URL,	  /* URL-safe, unpadded (JWT) */
	PDG_BASE64_LINES, /* standard, padded, with \n (or \r\n) anywhere: PEM, armor */
};

/** Append standard padded base64 of @in. */
void pdg_base64(struct pdg_bytes in, struct pdg_buf *out);
/** Does @text begin with what pdg_base64() makes of @in? */
bool pdg_base64_begins(struct pdg_bytes text, struct pdg_bytes in);
/** Of so many characters that is. */
size_t pdg_base64_length(size_t n);
/** The same without padding (OpenSSH fingerprints). */
void pdg_base64_nopad(struct pdg_bytes in, struct pdg_buf *out);

/**
 * Append the decoded bytes. Spare bits must be zero.
 * Returns 0, PDG_E_FORMAT (ENC-1), or the buffer's failure.
 */
int pdg_unbase64(struct pdg_bytes in, enum pdg_base64_form form, struct pdg_buf *out,
		 struct pdg_error *err) PDG_MUST_CHECK;

/* Base64 lines as programs break them: equal in width, but that the last may be shorter. */
struct pdg_columns {
	size_t width; /* of all lines, from the first on */
	bool last;    /* a shorter one was there */
};

/**
 * Take the next line, of @n characters; start from zeros.
 *
 * @widths  those that a first line may have when others follow, in ascending order, ended by 0
 *
 * Returns whether that line may stand there.
 */
bool pdg_columns_take(struct pdg_columns *c, const size_t *widths, size_t n);

#endif
