/* SPDX-License-Identifier: Apache-2.0 */
/* refs/notes/attestations: a copy of attestations that nothing is judged from (design 6). */
#ifndef PDG_GIT_NOTES_H
#define PDG_GIT_NOTES_H

#include "git/repo.h"

#define PDG_NOTES_REF "refs/notes/attestations"

struct pdg_note_item {
	const char *commit; /* hex */
	struct pdg_bytes text;
};

/**
 * Add notes in one commit on PDG_NOTES_REF, fanned out two hex digits deep ("ab/cdef…"); an
 * existing note of a commit is replaced. Nothing is written when nothing changes.
 */
int pdg_notes_add(struct pdg_repo *r, const struct pdg_note_item *items, size_t n,
		  struct pdg_error *err) PDG_MUST_CHECK;

#endif
