/* SPDX-License-Identifier: Apache-2.0 */
/* What verify.c (states and verdict) and notes.c (what is said beside them) share. Private to
 * chain/. */
#ifndef PDG_CHAIN_WALK_H
#define PDG_CHAIN_WALK_H

#include "chain/path.h"

struct pdg_chain_walk {
	struct pdg_judge *judge;
	const struct pdg_evidence *evidence;
	const char *sha256;
	struct pdg_path path;
	struct pdg_chain_report *report; /* borrowed */
};

static inline bool pdg_chain_walk_requires(const struct pdg_chain_walk *w, enum pdg_stage_id stage)
{
	return (w->judge->policy->require.stages & (1u << (unsigned)stage)) != 0;
}

/** A note of several parts. As pdg_report_note(). */
int pdg_chain_walk_note(struct pdg_chain_walk *w, struct pdg_error *err, const char *fmt, ...)
	PDG_PRINTF(3, 4) PDG_MUST_CHECK;

/** Everything that was skipped, taken on another's word, or set aside; and report->newest. */
int pdg_chain_walk_notes(struct pdg_chain_walk *w, struct pdg_error *err) PDG_MUST_CHECK;

#endif
