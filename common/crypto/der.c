/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature that can be written in two ways is two signatures to whoever compares bytes, so what
 * comes in DER is held to it before OpenSSL, which takes BER in most places, reads it; and what CMS
 * keeps outside its signature is held by form alone.
 */
#include "crypto/der.h"

#define DEPTH_MAX    32
#define CLASS	     0xc0U /* 0: universal */
#define CONSTRUCTED  0x20U
#define NUMBER	     0x1fU /* all ones: a tag of several bytes, which nothing here has */
#define LONG_LENGTH  0x80U
#define TAG_EOC	     0x00U
#define TAG_SEQUENCE 0x10U
#define TAG_SET	     0x11U

/* The length behind the tag, and how many bytes it takes. False: not in its shortest form. */
static bool read_length(struct pdg_bytes in, size_t *out_len, size_t *out_taken)
{
	size_t n;
	size_t len = 0;
	size_t i;

	if (in.n == 0)
		return false;
	*out_taken = 1;
	if (in.p[0] < LONG_LENGTH) {
		*out_len = in.p[0];
		return true;
	}
	n = in.p[0] & ~LONG_LENGTH;
	/* 0 is BER's indefinite length; four bytes are more than any limit allows. */
	if (n == 0 || n > 4 || n >= in.n || in.p[1] == 0)
		return false;
	for (i = 1; i <= n; i++)
		len = len << 8 | in.p[i];
	if (len < LONG_LENGTH)
		return false;
	*out_len = len;
	*out_taken += n;
	return true;
}

bool pdg_der_next(struct pdg_bytes *in, struct pdg_der *out)
{
	size_t len;
	size_t head;

	if (in->n < 2 || (in->p[0] & NUMBER) == NUMBER ||
	    !read_length(pdg_bytes_from(*in, 1), &len, &head))
		return false;
	head++;
	if (len > in->n - head)
		return false;
	out->tag = in->p[0];
	out->whole = pdg_bytes_head(*in, head + len);
	out->body = pdg_bytes_from(out->whole, head);
	*in = pdg_bytes_from(*in, head + len);
	return true;
}

bool pdg_der_is(struct pdg_bytes in, uint8_t tag)
{
	return in.n > 0 && in.p[0] == tag;
}

bool pdg_der_take(struct pdg_bytes *in, uint8_t tag, struct pdg_der *out)
{
	return pdg_der_is(*in, tag) && pdg_der_next(in, out);
}

bool pdg_der_only(struct pdg_bytes in, uint8_t tag, struct pdg_der *out)
{
	return pdg_der_take(&in, tag, out) && in.n == 0;
}

/* As octet strings: no value is the beginning of another, for its length says where it ends. */
static bool stands_before(struct pdg_bytes a, struct pdg_bytes b)
{
	return memcmp(a.p, b.p, a.n < b.n ? a.n : b.n) < 0;
}

bool pdg_der_sorted(struct pdg_bytes set)
{
	struct pdg_bytes last = {0};
	struct pdg_der v;

	while (set.n) {
		if (!pdg_der_next(&set, &v) || (last.n && !stands_before(last, v.whole)))
			return false;
		last = v.whole;
	}
	return true;
}

bool pdg_der_integer(struct pdg_bytes body)
{
	if (body.n < 2)
		return body.n == 1;
	return !(body.p[0] == 0 && body.p[1] < 0x80) && !(body.p[0] == 0xff && body.p[1] >= 0x80);
}

/* Among the universal types exactly SEQUENCE and SET are made of other values (X.690, 10.2). */
static bool tag_ok(uint8_t tag)
{
	unsigned number = tag & NUMBER;
	bool made = number == TAG_SEQUENCE || number == TAG_SET;

	if ((tag & CLASS) != 0)
		return true;
	return number != TAG_EOC && made == ((tag & CONSTRUCTED) != 0);
}

bool pdg_der_strict(struct pdg_bytes in)
{
	struct pdg_bytes left[DEPTH_MAX + 1] = {in}; /* of each value that we are inside of */
	size_t depth = 0;

	do {
		struct pdg_der v;

		if (!pdg_der_next(&left[depth], &v) || !tag_ok(v.tag))
			return false;
		if (v.tag & CONSTRUCTED) {
			if (depth == DEPTH_MAX)
				return false;
			left[++depth] = v.body;
		}
		while (depth > 0 && left[depth].n == 0)
			depth--;
	} while (depth > 0);
	return left[0].n == 0;
}
