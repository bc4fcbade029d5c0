/* SPDX-License-Identifier: Apache-2.0 */
/* Which commits are to be judged: a push's (rules.md 2.2), or a REVRANGE as git rev-list takes. */
#ifndef PDG_GIT_RANGE_H
#define PDG_GIT_RANGE_H

#include "git/repo.h"

/* Commit names, newest first, each once. Only the hex names are kept: memory bounded by the push.
 */
struct pdg_walk;

int pdg_walk_new(const struct pdg_repo *r, struct pdg_walk **out,
		 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_walk_free(struct pdg_walk *w);
PDG_AUTO_DEFINE(walk, struct pdg_walk *, pdg_walk_free)

/** Start from this commit (or a tag that points at one). */
int pdg_walk_push(struct pdg_walk *w, const char *hex, struct pdg_error *err) PDG_MUST_CHECK;
/** Leave out this commit and all it reaches. An object that is not here is ignored. */
int pdg_walk_hide(struct pdg_walk *w, const char *hex, struct pdg_error *err) PDG_MUST_CHECK;
/**
 * Add a revision or range as git rev-list reads it: A, ^A, A..B, A...B, A^!, A^@, A^-, --all,
 * --branches, --tags,
 * --not. Returns 0 or PDG_E_USAGE (GIT-4).
 */
int pdg_walk_range(struct pdg_walk *w, const char *arg, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The next commit. Returns 0, PDG_E_NOTFOUND at the end (no text), PDG_E_IO (GIT-3; the boundary of
 * a shallow clone ends a line of history and is no failure).
 */
int pdg_walk_next(struct pdg_walk *w, char out[PDG_GIT_HEX], struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Did the walk so far end a line of history at the boundary of a shallow clone? Such a push cannot
 * be judged whole.
 */
bool pdg_walk_cut(const struct pdg_walk *w);

#endif
