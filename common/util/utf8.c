/* SPDX-License-Identifier: Apache-2.0 */
/* One UTF-8 sequence, by the table of RFC 3629 section 4: the second byte's range depends on the
 * first. */
#include "util/utf8.h"

struct lead {
	uint8_t first, last; /* range of first bytes */
	uint8_t low, high;   /* range of the second byte */
	uint8_t length;
	uint8_t bits; /* of the first byte that belong to the code point */
};

static const struct lead leads[] = {
	{0xC2, 0xDF, 0x80, 0xBF, 2, 0x1F}, {0xE0, 0xE0, 0xA0, 0xBF, 3, 0x0F},
	{0xE1, 0xEC, 0x80, 0xBF, 3, 0x0F}, {0xED, 0xED, 0x80, 0x9F, 3, 0x0F},
	{0xEE, 0xEF, 0x80, 0xBF, 3, 0x0F}, {0xF0, 0xF0, 0x90, 0xBF, 4, 0x07},
	{0xF1, 0xF3, 0x80, 0xBF, 4, 0x07}, {0xF4, 0xF4, 0x80, 0x8F, 4, 0x07},
};

static const struct lead *find_lead(uint8_t c)
{
	size_t i;

	for (i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (c >= leads[i].first && c <= leads[i].last)
			return &leads[i];
	}
	return NULL;
}

size_t pdg_utf8_next(struct pdg_bytes b, size_t at, uint32_t *out)
{
	const uint8_t *p = b.p + at;
	const struct lead *l;
	uint32_t c;
	size_t i;

	if (p[0] < 0x80) {
		*out = p[0];
		return 1;
	}
	l = find_lead(p[0]);
	if (!l || b.n - at < l->length || p[1] < l->low || p[1] > l->high)
		return 0;
	c = (uint32_t)(p[0] & l->bits);
	for (i = 1; i < l->length; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (uint32_t)(p[i] & 0x3F);
	}
	*out = c;
	return l->length;
}
