/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks around a commit, which both programs serve: the first rows of pdg_hooks. */
#ifndef PDG_HOOKS_TABLE_H
#define PDG_HOOKS_TABLE_H

#include "hook.h"

/* clang-format off */
#define PDG_HOOKS_AROUND_A_COMMIT                                                                  \
	{"pre-commit", false, true, false, pdg_hook_pre_commit},                                   \
	{"pre-merge-commit", false, true, false, pdg_hook_pre_commit},                             \
	{"post-commit", false, false, false, pdg_hook_post_commit},                                \
	{"post-rewrite", false, false, true, pdg_hook_post_rewrite}
/* clang-format on */

#endif
