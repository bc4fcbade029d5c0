/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and widths of tiles and entry bundles (C2SP tlog-tiles.md): written for storing and
 * serving, read back when somebody asks for one. A path has one spelling only; every other is
 * refused, so that what comes from outside never reaches the file system as it came.
 */
#include "tlog/tree.h"

#include <stdio.h>

#define GROUPS_MAX 7 /* of three digits: 2^64 has twenty */
#define LEVEL_MAX  63

/* "x001/x234/067" */
static void index_path(uint64_t n, char *out, size_t room)
{
	unsigned group[GROUPS_MAX];
	size_t used = 0;
	int groups = 0;

	do {
		group[groups++] = (unsigned)(n % 1000);
		n /= 1000;
	} while (n > 0);
	out[0] = '\0';
	while (groups-- > 0) {
		int len = snprintf(out + used, room - used, "%s%03u%s", groups ? "x" : "",
				   group[groups] % 1000, groups ? "/" : "");

		if (len < 0 || (size_t)len >= room - used)
			return;
		used += (size_t)len;
	}
}

static void finish(const char *prefix, uint64_t n, unsigned width, char out[PDG_TILE_PATH_MAX])
{
	char index[PDG_TILE_PATH_MAX / 2];

	index_path(n, index, sizeof(index));
	if (width < PDG_TILE_WIDTH)
		(void)snprintf(out, PDG_TILE_PATH_MAX, "tile/%.8s/%s.p/%u", prefix, index, width);
	else
		(void)snprintf(out, PDG_TILE_PATH_MAX, "tile/%.8s/%s", prefix, index);
}

void pdg_tile_path(unsigned level, uint64_t n, unsigned width, char out[PDG_TILE_PATH_MAX])
{
	char prefix[16];

	(void)snprintf(prefix, sizeof(prefix), "%u", level);
	finish(prefix, n, width, out);
}

void pdg_tile_entries_path(uint64_t n, unsigned width, char out[PDG_TILE_PATH_MAX])
{
	finish("entries", n, width, out);
}

unsigned pdg_tile_width(uint64_t size, unsigned level, uint64_t n)
{
	uint64_t hashes = level < PDG_TILE_LEVELS ? size >> (8 * level) : 0;
	uint64_t tiles = hashes / PDG_TILE_WIDTH;

	if (n < tiles)
		return PDG_TILE_WIDTH;
	return n == tiles ? (unsigned)(hashes % PDG_TILE_WIDTH) : 0;
}

static bool three_digits(struct pdg_bytes b, unsigned *out)
{
	unsigned v = 0;
	size_t i;

	if (b.n != 3)
		return false;
	for (i = 0; i < 3; i++) {
		if (b.p[i] < '0' || b.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(b.p[i] - '0');
	}
	*out = v;
	return true;
}

/* One element of a path: what stands before the next slash; *@rest is what stands behind it. */
static bool element(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	size_t slash;

	if (!rest->p)
		return false;
	slash = pdg_bytes_find_byte(*rest, '/', 0);
	if (slash == SIZE_MAX) {
		*out = *rest;
		*rest = pdg_bytes(NULL, 0);
		return true;
	}
	*out = pdg_bytes_head(*rest, slash);
	*rest = pdg_bytes_from(*rest, slash + 1);
	return true;
}

static bool push_group(uint64_t *n, unsigned group)
{
	return !__builtin_mul_overflow(*n, 1000, n) && !__builtin_add_overflow(*n, group, n);
}

/* "x001/x234/067", the last element with ".p" when a width follows. */
static bool parse_index(struct pdg_bytes *rest, uint64_t *out_n, bool *out_partial)
{
	struct pdg_bytes e;
	uint64_t n = 0;
	unsigned group;
	bool first = true;

	while (element(rest, &e)) {
		bool more = pdg_bytes_starts(e, "x");

		*out_partial = pdg_bytes_ends(e, ".p");
		if (more)
			e = pdg_bytes_from(e, 1);
		else if (*out_partial)
			e = pdg_bytes_head(e, e.n - 2);
		if (!three_digits(e, &group) || !push_group(&n, group))
			return false;
		if (!more) {
			*out_n = n;
			return true;
		}
		if (first && group == 0)
			return false;
		first = false;
	}
	return false;
}

bool pdg_tile_path_parse(struct pdg_bytes in, bool *out_entries, unsigned *out_level,
			 uint64_t *out_n, unsigned *out_width)
{
	struct pdg_bytes e;
	uint64_t level = 0;
	uint64_t width = PDG_TILE_WIDTH;
	uint64_t n;
	bool entries;
	bool partial;

	if (!element(&in, &e))
		return false;
	entries = pdg_bytes_eq_str(e, "entries");
	if (!entries && !pdg_bytes_u64(e, LEVEL_MAX, &level))
		return false;
	if (!parse_index(&in, &n, &partial))
		return false;
	if (partial &&
	    (!element(&in, &e) || !pdg_bytes_u64(e, PDG_TILE_WIDTH - 1, &width) || width == 0))
		return false;
	if (in.p)
		return false;
	*out_entries = entries;
	*out_level = (unsigned)level;
	*out_n = n;
	*out_width = (unsigned)width;
	return true;
}

bool pdg_tile_path_element(const char *name, bool first)
{
	struct pdg_bytes b = pdg_bytes_str(name);
	uint64_t v;
	unsigned group;

	if (first)
		return pdg_bytes_eq_str(b, "entries") || pdg_bytes_u64(b, LEVEL_MAX, &v);
	if (pdg_bytes_u64(b, PDG_TILE_WIDTH - 1, &v) && v > 0)
		return true;
	if (pdg_bytes_starts(b, "x"))
		b = pdg_bytes_from(b, 1);
	else if (pdg_bytes_ends(b, ".p"))
		b = pdg_bytes_head(b, b.n - 2);
	return three_digits(b, &group);
}
