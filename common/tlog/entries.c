/* SPDX-License-Identifier: Apache-2.0 */
/* Entry bundles: what the embedded log keeps and serves, and what is fetched from a Rekor. */
#include "tlog/entries.h"

#define LENGTH_BYTES 2

void pdg_entries_put(struct pdg_buf *bundle, struct pdg_bytes entry)
{
	pdg_buf_u16be(bundle, (uint16_t)entry.n);
	pdg_buf_put(bundle, entry);
}

bool pdg_entries_next(struct pdg_bytes *rest, struct pdg_bytes *out_entry)
{
	size_t n;

	if (rest->n < LENGTH_BYTES)
		return false;
	n = (size_t)rest->p[0] << 8 | rest->p[1];
	if (rest->n - LENGTH_BYTES < n)
		return false;
	*out_entry = pdg_bytes(rest->p + LENGTH_BYTES, n);
	*rest = pdg_bytes_from(*rest, LENGTH_BYTES + n);
	return true;
}

bool pdg_entries_cut(struct pdg_bytes bundle, unsigned width, struct pdg_bytes *out)
{
	struct pdg_bytes rest = bundle;
	struct pdg_bytes entry;
	unsigned i;

	for (i = 0; i < width; i++) {
		if (!pdg_entries_next(&rest, &entry))
			return false;
	}
	*out = pdg_bytes_head(bundle, bundle.n - rest.n);
	return true;
}
