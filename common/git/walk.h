/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct pdg_walk, shared by walk.c and range.c. */
#ifndef PDG_GIT_WALK_H
#define PDG_GIT_WALK_H

#include "git/graph.h"
#include "git/range.h"

struct pdg_walk {
	const struct pdg_repo *repo; /* borrowed */
	struct pdg_graph graph;
	struct pdg_queue queue;
	size_t shown_queued; /* nodes in the queue that are not hidden */
	bool any_hidden;
	bool limited;			   /* found[] is complete */
	const struct pdg_node *last_shown; /* that was found */
	bool negated;			   /* --not stands before what comes next */
	bool aside;			   /* what is hidden next is so for A^! or A^- */
	struct pdg_node *
		*found; /* with something hidden: in order, hidden ones to be passed over */
	size_t n_found, cap_found, next_found;
	git_oid *boundary; /* of a shallow clone, sorted; read when first needed */
	size_t n_boundary;
	bool boundary_read;
	const struct pdg_node **cut; /* shown when their parents were not here, at the boundary */
	size_t n_cut, cap_cut;
	bool missing; /* a parent is not here, and at no boundary */
};

/** Push, or when @hide hide, the commit behind @oid. An absent one that is to be hidden is ignored.
 */
int pdg_walk_start(struct pdg_walk *w, const git_oid *oid, bool hide,
		   struct pdg_error *err) PDG_MUST_CHECK;

#endif
