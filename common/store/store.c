/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of store shares: the release of what it hands out, and how it spells keys. */
#include "store/store.h"

#include <string.h>

#include "store/shared.h"
#include "util/codec.h"
#include "util/str.h"

bool pdg_store_reference(const char *reference, uint8_t out[32])
{
	struct pdg_bytes b = pdg_bytes_str(reference);

	return pdg_bytes_starts(b, "sha256:") &&
	       pdg_unhex(pdg_bytes_from(b, strlen("sha256:")), out, 32);
}

char *pdg_store_reference_text(struct pdg_bytes raw)
{
	char hex[2 * 32 + 1] = "";

	if (raw.n == 32)
		pdg_hex(raw, hex);
	return pdg_str_printf("sha256:%s", hex);
}

int64_t pdg_store_tile_key(unsigned level, uint64_t n)
{
	/* A tree of 2^63 leaves has 8 levels of tiles, and less than 2^55 tiles on the lowest. */
	return (int64_t)((uint64_t)level << 56 | n);
}

int64_t pdg_store_limit(size_t max)
{
	return max > INT32_MAX ? INT32_MAX : (int64_t)max;
}

void pdg_stored_free(struct pdg_stored *a)
{
	if (!a)
		return;
	free(a->reference);
	free(a->stage);
	free(a->service_key);
	free(a->repository);
	free(a->git_commit);
	free(a->grade);
	pdg_buf_done(&a->envelope);
	pdg_buf_done(&a->payload);
	pdg_buf_done(&a->countersig);
	pdg_buf_done(&a->bundle);
	pdg_buf_done(&a->commit);
	pdg_buf_done(&a->links);
	free(a);
}

void pdg_stored_list_done(struct pdg_stored **v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		pdg_stored_free(v[i]);
	free(v);
}

void pdg_listed_done(struct pdg_listed *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(v[i].stage);
		free(v[i].repository);
		free(v[i].git_commit);
	}
	free(v);
}
