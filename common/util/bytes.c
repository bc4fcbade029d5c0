/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading from borrowed bytes. Every parser of outside data stands on these; a run of
 * zero bytes may have a NULL pointer, which C's own memory functions must not be given.
 */
#include "util/bytes.h"

#include <stdlib.h>

#include "util/utf8.h"

bool pdg_bytes_eq(struct pdg_bytes a, struct pdg_bytes b)
{
	if (a.n != b.n)
		return false;
	return a.n == 0 || memcmp(a.p, b.p, a.n) == 0;
}

bool pdg_bytes_eq_str(struct pdg_bytes a, const char *s)
{
	return pdg_bytes_eq(a, pdg_bytes_str(s));
}

bool pdg_bytes_starts(struct pdg_bytes a, const char *prefix)
{
	struct pdg_bytes p = pdg_bytes_str(prefix);

	return a.n >= p.n && pdg_bytes_eq(pdg_bytes_head(a, p.n), p);
}

bool pdg_bytes_ends(struct pdg_bytes a, const char *suffix)
{
	struct pdg_bytes s = pdg_bytes_str(suffix);

	return a.n >= s.n && pdg_bytes_eq(pdg_bytes_from(a, a.n - s.n), s);
}

size_t pdg_bytes_find(struct pdg_bytes hay, struct pdg_bytes needle, size_t from)
{
	struct pdg_bytes rest = pdg_bytes_from(hay, from);
	const uint8_t *at;

	if (from > hay.n || needle.n > rest.n)
		return SIZE_MAX;
	if (needle.n == 0)
		return from;
	at = memmem(rest.p, rest.n, needle.p, needle.n);
	return at ? (size_t)(at - hay.p) : SIZE_MAX;
}

size_t pdg_bytes_find_byte(struct pdg_bytes hay, uint8_t c, size_t from)
{
	return pdg_bytes_find(hay, pdg_bytes(&c, 1), from);
}

bool pdg_bytes_line(struct pdg_bytes *rest, struct pdg_bytes *out_line)
{
	size_t end;

	if (rest->n == 0)
		return false;
	end = pdg_bytes_find_byte(*rest, '\n', 0);
	if (end == SIZE_MAX) {
		*out_line = *rest;
		*rest = pdg_bytes_from(*rest, rest->n);
		return true;
	}
	*out_line = pdg_bytes_head(*rest, end);
	*rest = pdg_bytes_from(*rest, end + 1);
	return true;
}

static bool is_in(const char *set, uint8_t c)
{
	return c && strchr(set, c);
}

struct pdg_bytes pdg_bytes_trim(struct pdg_bytes b, const char *set)
{
	while (b.n && is_in(set, b.p[0]))
		b = pdg_bytes_from(b, 1);
	while (b.n && is_in(set, b.p[b.n - 1]))
		b.n--;
	return b;
}

bool pdg_bytes_utf8(struct pdg_bytes b)
{
	size_t at = 0;
	uint32_t c;

	while (at < b.n) {
		size_t n = pdg_utf8_next(b, at, &c);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

char *pdg_bytes_dup(struct pdg_bytes b)
{
	char *s;

	if (b.n == SIZE_MAX || pdg_bytes_find_byte(b, 0, 0) != SIZE_MAX)
		return NULL;
	s = malloc(b.n + 1);
	if (!s)
		return NULL;
	if (b.n)
		memcpy(s, b.p, b.n);
	s[b.n] = '\0';
	return s;
}

bool pdg_bytes_u64(struct pdg_bytes b, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (b.n == 0 || (b.n > 1 && b.p[0] == '0'))
		return false;
	for (i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];

		if (c < '0' || c > '9')
			return false;
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(c - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}
