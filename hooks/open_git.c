/* SPDX-License-Identifier: Apache-2.0 */
/* The repository of pedigree-hook: through libgit2, whatever its form. */
#include "hook.h"
#include "util/time.h"

int pdg_hook_open(struct pdg_hook_run *h, struct pdg_error *err)
{
	return pdg_repo_open(".", PDG_REPO_ENVIRONMENT, &h->repo, err);
}

int pdg_hook_head(struct pdg_hook_run *h, char out[PDG_GIT_HEX], struct pdg_error *err)
{
	return pdg_repo_resolve(h->repo, "HEAD", out, err);
}

int pdg_hook_expect(struct pdg_hook_run *h, const char *const *commits, size_t n,
		    struct pdg_error *err)
{
	(void)h;
	(void)commits;
	(void)n;
	(void)err;
	return 0;
}

int pdg_hook_read(struct pdg_hook_run *h, const char *hex, struct pdg_buf *out,
		  const char **out_type, struct pdg_error *err)
{
	return pdg_repo_read(h->repo, hex, out, out_type, err);
}

int pdg_hook_judge(struct pdg_hook_run *h, const char *hex, struct pdg_buf *out_raw,
		   struct pdg_verdict *out, struct pdg_error *err)
{
	PDG_AUTO(gate)
	struct pdg_gate g = {
		.repo = h->repo,
		.section = h->place.section,
		.signers = h->place.signers,
		.at = pdg_now(&pdg_clock_system),
	};

	return pdg_gate_commit(&g, hex, false, out_raw, out, err);
}
