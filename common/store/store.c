/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of store shares: the release of what it hands out. */
#include "store/store.h"

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
