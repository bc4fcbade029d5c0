/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of judging a push share. Private to this folder. */
#ifndef PDG_GATE_IMPL_H
#define PDG_GATE_IMPL_H

#include "gate/enforce.h"

/** One more object was judged: count it, and tell whoever listens. */
void pdg_gate_tell(struct pdg_gate *g, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v);

/**
 * Read a commit and judge its bytes: the half of a judgement that any thread can do. Also returns
 * PDG_E_NOTFOUND, PDG_E_LIMIT (COM-6).
 */
int pdg_gate_look(struct pdg_gate *g, const char *hex, struct pdg_buf *out_raw,
		  struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The other half, which takes the repository: a good verdict by a forge's key stays good only for a
 * merge as rules.md 2.3 has it (GIT-6).
 *
 * @w            the commit is of this walk, which answers for parents that it shows or leaves out;
 *               NULL: it stands alone
 * @within_push  all parents are answered for: they are judged with it, or stand on a protected ref
 */
int pdg_gate_finish(struct pdg_gate *g, struct pdg_walk *w, bool within_push, struct pdg_bytes raw,
		    struct pdg_verdict *v, struct pdg_error *err) PDG_MUST_CHECK;

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
