/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-commit: the hooks around a commit, which never need more than its own bytes. */
#include "table.h"

const struct pdg_hook pdg_hooks[] = {
	PDG_HOOKS_AROUND_A_COMMIT,
	{NULL, false, false, false, NULL},
};
