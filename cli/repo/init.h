/* SPDX-License-Identifier: Apache-2.0 */
/* What `pedigree init` changed in a clone's configuration, so that it can be taken back. */
#ifndef PDG_CLI_REPO_INIT_H
#define PDG_CLI_REPO_INIT_H

#include "git/repo.h"

/** Unset what init set, and only that. */
int pdg_init_undo(struct pdg_repo *r, struct pdg_error *err) PDG_MUST_CHECK;

#endif
