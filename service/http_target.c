/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's target, decoded once and in one place: an escape may stand for a visible character
 * that separates nothing, so that what is routed is what everybody before us saw.
 */
#include <strings.h>

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

/*
 * The path of a target in absolute form, which RFC 9112 3.2.2 demands to be taken; the authority
 * stands for the Host header, which nothing here looks at. Any other target as it is. Looked for
 * before anything is decoded: an escaped "http" is no scheme to anybody before us (RFC 3986 3.1).
 */
static char *path_of(char *target)
{
	char *at = target;
	size_t n;

	if (strncasecmp(at, "http://", 7) == 0)
		at += 7;
	else if (strncasecmp(at, "https://", 8) == 0)
		at += 8;
	else
		return target;
	n = strcspn(at, "/@%");
	return n > 0 && at[n] == '/' ? at + n : target;
}

bool pdg_http_target_split(char *target, char **out_path, char **out_query)
{
	char *query = strchr(target, '?');
	char *path;

	if (query)
		*query++ = '\0';
	path = path_of(target);
	if (!decode(path) || (query && !decode(query)))
		return false;
	*out_path = path;
	*out_query = query;
	return true;
}
