/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed, read-only run of bytes. Never NUL-terminated, may hold NUL. */
#ifndef PDG_UTIL_BYTES_H
#define PDG_UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pdg_bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct pdg_bytes pdg_bytes(const void *p, size_t n)
{
	return (struct pdg_bytes){.p = p, .n = n};
}

/** The characters of @s without its NUL; none for NULL. */
static inline struct pdg_bytes pdg_bytes_str(const char *s)
{
	return pdg_bytes(s, s ? strlen(s) : 0);
}

/** @b from byte @from (clamped) to its end. */
static inline struct pdg_bytes pdg_bytes_from(struct pdg_bytes b, size_t from)
{
	if (from > b.n)
		from = b.n;
	return pdg_bytes(b.p ? b.p + from : NULL, b.n - from);
}

/** The first @n (clamped) bytes of @b. */
static inline struct pdg_bytes pdg_bytes_head(struct pdg_bytes b, size_t n)
{
	return pdg_bytes(b.p, n < b.n ? n : b.n);
}

bool pdg_bytes_eq(struct pdg_bytes a, struct pdg_bytes b);
bool pdg_bytes_eq_str(struct pdg_bytes a, const char *s);
bool pdg_bytes_starts(struct pdg_bytes a, const char *prefix);
bool pdg_bytes_ends(struct pdg_bytes a, const char *suffix);

/** Where @needle first stands in @hay at or after @from, or SIZE_MAX. */
size_t pdg_bytes_find(struct pdg_bytes hay, struct pdg_bytes needle, size_t from);

/** Where byte @c first stands in @hay at or after @from, or SIZE_MAX. */
size_t pdg_bytes_find_byte(struct pdg_bytes hay, uint8_t c, size_t from);

/** Take one line off *@rest (without its \n; the last may lack one). False at the end. */
bool pdg_bytes_line(struct pdg_bytes *rest, struct pdg_bytes *out_line);

/** @b without the bytes of @set that it begins and ends with. */
struct pdg_bytes pdg_bytes_trim(struct pdg_bytes b, const char *set);

/** Is @b well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF)? */
bool pdg_bytes_utf8(struct pdg_bytes b);

/** A NUL-terminated copy, owned by the caller (free()); NULL when @b holds NUL or memory ends. */
char *pdg_bytes_dup(struct pdg_bytes b);

/** Read a plain decimal number: digits only, no leading zero but "0", at most @max. */
bool pdg_bytes_u64(struct pdg_bytes b, uint64_t max, uint64_t *out);

#endif
