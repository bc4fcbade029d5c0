/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that some commits reach, for whoever asks of many others whether they are among it: history
 * is read once for all questions, newest first, and only as far as these make it necessary.
 */
#ifndef PDG_GIT_LINEAGE_H
#define PDG_GIT_LINEAGE_H

#include "git/repo.h"

struct pdg_lineage;

int pdg_lineage_new(const struct pdg_repo *r, struct pdg_lineage **out,
		    struct pdg_error *err) PDG_MUST_CHECK;
void pdg_lineage_free(struct pdg_lineage *l);
PDG_AUTO_DEFINE(lineage, struct pdg_lineage *, pdg_lineage_free)

/**
 * Take in the commit @hex (or behind the tag), and all that it reaches. One that is not here, or
 * beyond a limit, reaches nothing. Returns 0, PDG_E_USAGE (GIT-4: it is no commit), PDG_E_IO
 * (GIT-3).
 */
int pdg_lineage_add(struct pdg_lineage *l, const char *hex, struct pdg_error *err) PDG_MUST_CHECK;

/** Is the commit @hex one of them? */
int pdg_lineage_has(struct pdg_lineage *l, const char *hex, bool *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
