/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature that can be written in two ways is two signatures to whoever compares bytes, so what
 * comes in DER is held to it before OpenSSL, which takes BER in most places, reads it.
 */
#include "crypto/der.h"

#define DEPTH_MAX    32
#define CLASS	     0xc0 /* 0: universal */
#define CONSTRUCTED  0x20
#define NUMBER	     0x1f /* all ones: a tag of several bytes, which nothing here has */
#define TAG_EOC	     0x00
#define TAG_SEQUENCE 0x10
#define TAG_SET	     0x11

/* Among the universal types exactly SEQUENCE and SET are made of other values (X.690, 10.2). */
static bool tag_ok(uint8_t tag)
{
	uint8_t number = tag & NUMBER;
	bool made = number == TAG_SEQUENCE || number == TAG_SET;

	if (number == NUMBER)
		return false;
	if ((tag & CLASS) != 0)
		return true;
	return number != TAG_EOC && made == ((tag & CONSTRUCTED) != 0);
}

/* Take tag and length of the value at *@at, which must end by @end. */
static bool take_head(struct pdg_bytes in, size_t end, size_t *at, uint8_t *out_tag, size_t *out_n)
{
	size_t left = end - *at;
	size_t len = 0;
	size_t n;
	size_t i;

	if (left < 2)
		return false;
	*out_tag = in.p[*at];
	n = in.p[*at + 1];
	*at += 2;
	left -= 2;
	if (n & 0x80) {
		n &= 0x7f;
		if (n == 0 || n > sizeof(len) || n > left)
			return false;
		for (i = 0; i < n; i++)
			len = len << 8 | in.p[*at + i];
		if (in.p[*at] == 0 || len < 0x80)
			return false;
		*at += n;
		left -= n;
	} else {
		len = n;
	}
	*out_n = len;
	return tag_ok(*out_tag) && len <= left;
}

bool pdg_der_strict(struct pdg_bytes in)
{
	size_t ends[DEPTH_MAX];
	size_t depth = 0;
	size_t at = 0;
	uint8_t tag;
	size_t n;

	do {
		if (!take_head(in, depth ? ends[depth - 1] : in.n, &at, &tag, &n))
			return false;
		if (tag & CONSTRUCTED) {
			if (depth == DEPTH_MAX)
				return false;
			ends[depth++] = at + n;
		} else {
			at += n;
		}
		while (depth > 0 && at == ends[depth - 1])
			depth--;
	} while (depth > 0);
	return at == in.n;
}
