/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies around a repository and not in it: a hooks folder that others use too, the policy and
 * its key files, which decide about every push and which nobody else may change.
 */
#ifndef PDG_CLI_REPO_AROUND_H
#define PDG_CLI_REPO_AROUND_H

#include "gate/place.h"

/** Say on standard error that hooks in @dir are not those of @r alone, if that is so. */
void pdg_around_tell_shared(const struct pdg_repo *r, const char *dir);

/**
 * The policy of a server must lie where no push, no commit and nobody else can change it, or put
 * another in its place: outside of the repository, it and its folder owned by root or us, writable
 * by no group and not by all. PDG_E_USAGE: HOK-3, HOK-4, POL-9.
 */
int pdg_around_outside(const struct pdg_repo *r, const char *policy,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Nobody but its owner (and a group of his) may write to the policy of @p, to its revocation files
 * or to a file that the section names. One that is not there is said by whoever reads it.
 * Returns 0, PDG_E_USAGE (HOK-3).
 */
int pdg_around_guarded(const struct pdg_place *p, struct pdg_error *err) PDG_MUST_CHECK;

#endif
