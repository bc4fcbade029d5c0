/* SPDX-License-Identifier: Apache-2.0 */
/* pre-commit and pre-merge-commit: no commit that would not be signed, said before its message is
 * typed. */
#include "gate/signing.h"
#include "hook.h"

int pdg_hook_pre_commit(struct pdg_hook_run *h, struct pdg_error *err)
{
	return pdg_signing_usable(h->repo, err);
}
