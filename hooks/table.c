/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-hook: all hooks. */
#include "table.h"

const struct pdg_hook pdg_hooks[] = {
	PDG_HOOKS_AROUND_A_COMMIT,
	{"pre-push", false, true, true, pdg_hook_pre_push},
	{"pre-receive", true, true, true, pdg_hook_pre_receive},
	{"post-receive", true, false, true, pdg_hook_post_receive},
	{NULL, false, false, false, NULL},
};
