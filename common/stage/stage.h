/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The eight stages as a table: their names, the predicate types that are written and read, and what
 * makes a missing one. How one is made and read is in its files here (source*.c, build*.c); what it
 * must refer to is asked by service/decide_*.c and chain/assess_stage.c, path.c, for the two that
 * this version judges. That becomes a table with the third.
 */
#ifndef PDG_STAGE_STAGE_H
#define PDG_STAGE_STAGE_H

#include "attest/statement.h"

enum pdg_stage_id {
	PDG_STAGE_SOURCE,
	PDG_STAGE_BUILD,
	PDG_STAGE_SBOM,
	PDG_STAGE_VULNERABILITY,
	PDG_STAGE_VEX,
	PDG_STAGE_POLICY,
	PDG_STAGE_APPROVAL,
	PDG_STAGE_DEPLOYMENT,
	PDG_STAGE_COUNT,
};

struct pdg_stage {
	enum pdg_stage_id id;
	const char *name;	      /* "source", …, "policy-evaluation", … */
	const char *predicate_type;   /* written */
	const char *const *also_read; /* NULL-ended */
	bool judged;		      /* by this version */
	const char *mend; /* command that would make a missing one; words in capitals are to
			     be filled in */
};

const struct pdg_stage *pdg_stage(enum pdg_stage_id id);

/**
 * A date that the sender wrote is read for one thing (rules.md 1): it must not lie after @received,
 * but for PDG_TIME_TOLERANCE. @what names it; @text NULL: not said. Returns 0 or PDG_E_REJECTED
 * (TIM-4).
 */
int pdg_stage_date(const char *what, const char *text, int64_t received,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Which stage is this statement? By predicate type exactly, and by shape where one type
 * serves two (design 3). Returns 0 or PDG_E_REJECTED (STG-1: no stage's type).
 */
int pdg_stage_of(const struct pdg_statement *st, const struct pdg_stage **out,
		 struct pdg_error *err) PDG_MUST_CHECK;

#endif
