/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tile paths have one spelling; entry bundles are cut at entries only.
 *
 * Covers: common/tlog/tree.c
 */
#include <string.h>

#include "fuzz.h"
#include "tlog/entries.h"
#include "tlog/tree.h"

static void path(struct pdg_bytes in)
{
	char again[PDG_TILE_PATH_MAX];
	bool entries;
	unsigned level;
	unsigned width;
	uint64_t n;

	if (!pdg_tile_path_parse(in, &entries, &level, &n, &width))
		return;
	MUST(width >= 1 && width <= PDG_TILE_WIDTH && level <= 63);
	if (entries)
		pdg_tile_entries_path(n, width, again);
	else
		pdg_tile_path(level, n, width, again);
	MUST(pdg_bytes_eq_str(in, again + strlen("tile/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdg_bytes in = pdg_bytes(data, size);
	struct pdg_bytes rest = in;
	struct pdg_bytes entry;
	struct pdg_bytes head;
	unsigned n = 0;

	path(in);
	while (n < PDG_TILE_WIDTH && pdg_entries_next(&rest, &entry)) {
		n++;
		MUST(pdg_entries_cut(in, n, &head));
		MUST(head.n == size - rest.n);
	}
	if (n < PDG_TILE_WIDTH)
		MUST(!pdg_entries_cut(in, n + 1, &head));
	return 0;
}
