/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `pedigree init` and `hooks install` change in a repository's configuration, so that it can
 * be taken back.
 */
#ifndef PDG_CLI_REPO_INIT_H
#define PDG_CLI_REPO_INIT_H

#include "gate/place.h"

/** Set a value, say so, and remember that it was us. What is so already stays as it is. */
int pdg_init_set(struct pdg_repo *r, const char *name, const char *value,
		 struct pdg_error *err) PDG_MUST_CHECK;

/** Unset @name if it was set that way. */
int pdg_init_unset(struct pdg_repo *r, const char *name, struct pdg_error *err) PDG_MUST_CHECK;

/** Say what this clone's hooks will not do for want of a policy or a service. May load a policy. */
void pdg_init_warn(const struct pdg_repo *r, struct pdg_place *p);

/** Unset all that was set that way, and only that. */
int pdg_init_undo(struct pdg_repo *r, struct pdg_error *err) PDG_MUST_CHECK;

#endif
