/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of judging a push share. Private to this folder. */
#ifndef PDG_GATE_IMPL_H
#define PDG_GATE_IMPL_H

#include "gate/enforce.h"

/** One more object was judged: count it, and tell whoever listens. */
void pdg_gate_tell(struct pdg_gate *g, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v);

/**
 * Check the refs of @push; the new values of protected ones go into @w. *@out_any: set when a
 * protected ref gains something. Returns as pdg_gate_push().
 */
int pdg_gate_take_updates(struct pdg_gate *g, const struct pdg_push *push, struct pdg_walk *w,
			  bool *out_any, struct pdg_error *err) PDG_MUST_CHECK;

/** Leave out of @w what @hex reaches; what is no commit, and leads to none, reaches none. */
int pdg_gate_hide_commit(struct pdg_walk *w, const char *hex, struct pdg_error *err) PDG_MUST_CHECK;

/** Leave out of @w what the protected refs reach now. */
int pdg_gate_hide_present(const struct pdg_gate *g, struct pdg_walk *w,
			  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Leave out of @w the baseline, and what the protected refs reach now; *@out_all: of all of them.
 * Else a few commits may be left that stand on some ref which was not looked at: they are good or
 * pdg_gate_hide_present() has to be asked.
 */
int pdg_gate_hide_near(const struct pdg_gate *g, struct pdg_walk *w, bool *out_all,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * As pdg_gate_walk(). @all: @w leaves out all that stands; else it may show more, and what is
 * not good is looked for on every protected ref before it is told.
 */
int pdg_gate_judge_all(struct pdg_gate *g, struct pdg_walk *w, bool within_push, bool all,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
