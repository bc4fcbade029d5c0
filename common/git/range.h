/* SPDX-License-Identifier: Apache-2.0 */
/* Which commits are to be judged: a push's (rules.md 2.2), or a REVRANGE as git rev-list takes. */
#ifndef PDG_GIT_RANGE_H
#define PDG_GIT_RANGE_H

#include "git/repo.h"

/*
 * Commits, newest first, each once. What is kept of each is its name, date and parents; the commits
 * themselves only while PDG_LIMIT_WALK_KEPT has room for them, so that most are read once.
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
 * --branches, --tags, --not. But --all leaves out refs/notes/ and refs/stash. Returns 0,
 * PDG_E_USAGE (GIT-4), PDG_E_IO (GIT-3: a name, or ref, whose object is not here).
 */
int pdg_walk_range(struct pdg_walk *w, const char *arg, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The next commit. @out_raw: the raw commit is appended; NULL: only its name is wanted.
 * Returns 0, PDG_E_NOTFOUND at the end (no text), PDG_E_IO (GIT-3; the boundary of a shallow clone
 * ends a line of history and is no failure), PDG_E_LIMIT (COM-6: with @out_raw, the commit @out is
 * beyond a limit; it has to be refused, for what is behind it is not walked. The walk goes on).
 */
int pdg_walk_next(struct pdg_walk *w, char out[PDG_GIT_HEX], struct pdg_buf *out_raw,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Look for the walk's commits, before the first is asked for, until all are found or there are more
 * than @most. More can be left out after it, also once commits have been given: see
 * pdg_walk_shows().
 */
int pdg_walk_find(struct pdg_walk *w, size_t most, bool *out_all,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** Is @hex, which the walk gave or will give, still of it, by all that is left out by now? */
int pdg_walk_shows(struct pdg_walk *w, const char *hex, bool *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is somebody answerable for @parent, of a commit that the walk gave: the walk, which shows it, or
 * whoever said what to leave out? Not where A^! or A^- leaves out parents, for that only asks for A
 * alone; nor for what is not in the repository.
 */
int pdg_walk_answers(struct pdg_walk *w, const char *parent, bool *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** How many commits the walk has; 0 while that is not known (it is once something is left out). */
size_t pdg_walk_total(const struct pdg_walk *w);

/**
 * Is @ancestor reachable from @tip (or the same)? As pdg_repo_reachable(), but what is read is not
 * read again by the walk. PDG_E_LIMIT (COM-6): it was not found, and a commit beyond a limit ended
 * the search.
 */
int pdg_walk_reaches(struct pdg_walk *w, const char *ancestor, const char *tip, bool *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * At how many commits did the walk so far end a line of history, of what it shows, because this is
 * the boundary of a shallow clone? More than none: what is behind them cannot be judged here.
 */
size_t pdg_walk_cut(const struct pdg_walk *w);

/** Did the walk fail for want of a parent, where no shallow boundary is known? */
bool pdg_walk_missing(const struct pdg_walk *w);

#endif
