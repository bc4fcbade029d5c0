/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one path of a chain (rules.md 4.2): of all builds of an artifact and all sources of their
 * commits the two that belong together and stand best. Private to chain/.
 *
 * The choice is a total order over what the evidence says, never over the order in which it came: a
 * statement that is refused cannot push out one that stands (attacks.md 47).
 */
#ifndef PDG_CHAIN_PATH_H
#define PDG_CHAIN_PATH_H

#include "chain/assess.h"

struct pdg_assessed_list {
	struct pdg_assessed **v; /* owned */
	size_t n, cap;
};

struct pdg_path {
	struct pdg_assessed_list builds;  /* all of the artifact */
	struct pdg_assessed_list sources; /* all of a commit that one of the builds names */
	const struct pdg_assessed *build; /* the chosen ones; NULL: none is there */
	const struct pdg_assessed *source;
	struct pdg_error link; /* why the source, which stands, is not the build's; code 0: it is */
};

void pdg_path_done(struct pdg_path *p);
PDG_AUTO_DEFINE_VALUE(path, struct pdg_path, pdg_path_done)

/**
 * Assess what is about @sha256 and choose. @out is empty before.
 * Returns 0 whatever stands, PDG_E_* when something could not be assessed at all.
 */
int pdg_path_find(struct pdg_judge *j, const struct pdg_evidence *e, const char *sha256,
		  struct pdg_path *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Does this source claim to be of the commit that @b names, whatever else it says? */
bool pdg_path_about(const struct pdg_assessed *source, const struct pdg_build *b);

#endif
