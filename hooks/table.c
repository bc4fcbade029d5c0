/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-hook: all hooks. */
#include "hook.h"

const struct pdg_hook pdg_hooks[] = {
	{"pre-commit", false, true, false, pdg_hook_pre_commit},
	{"pre-merge-commit", false, true, false, pdg_hook_pre_commit},
	{"post-commit", false, false, false, pdg_hook_post_commit},
	{"post-rewrite", false, false, true, pdg_hook_post_rewrite},
	{"pre-push", false, true, true, pdg_hook_pre_push},
	{"pre-receive", true, true, true, pdg_hook_pre_receive},
	{"post-receive", true, false, true, pdg_hook_post_receive},
	{NULL, false, false, false, NULL},
};
