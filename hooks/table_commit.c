/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-commit: the hooks around a commit, which never need more than its own bytes. */
#include "hook.h"

const struct pdg_hook pdg_hooks[] = {
	{"pre-commit", false, true, false, pdg_hook_pre_commit},
	{"pre-merge-commit", false, true, false, pdg_hook_pre_commit},
	{"post-commit", false, false, false, pdg_hook_post_commit},
	{"post-rewrite", false, false, true, pdg_hook_post_rewrite},
	{NULL, false, false, false, NULL},
};
