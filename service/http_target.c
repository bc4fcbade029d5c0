/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's target, decoded once and in one place: an escape may stand for a visible character
 * that separates nothing, so that what is routed is what everybody before us saw.
 */
#include "service/http_head.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The character that the escape at @at stands for; -1: none that it may. */
static int escaped(const char *at)
{
	int high = hex_digit(at[1]);
	int low = high < 0 ? -1 : hex_digit(at[2]);
	int c = high * 16 + low;

	if (low < 0 || c <= ' ' || c >= 0x7f || strchr("/\\%?#&=", c))
		return -1;
	return c;
}

static bool decode(char *text)
{
	const char *from = text;
	char *to = text;

	while (*from) {
		int c = *from == '%' ? escaped(from) : *from;

		if (c < 0)
			return false;
		from += *from == '%' ? 3 : 1;
		*to++ = (char)c;
	}
	*to = '\0';
	return true;
}

bool pdg_http_target_split(char *target, char **out_query)
{
	char *query = strchr(target, '?');

	if (query)
		*query++ = '\0';
	if (!decode(target) || (query && !decode(query)))
		return false;
	*out_query = query;
	return true;
}
