/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a refused push is told: a line for each object that is not good, the first twenty, each with
 * the command that mends it. Which command that is, only the whole push shows: so the verdicts are
 * collected while it is judged, and told when it was.
 */
#ifndef PDG_GATE_MEND_H
#define PDG_GATE_MEND_H

#include "gate/enforce.h"

#define PDG_MEND_LINES 20

struct pdg_mend;

/** @push, @repo  borrowed until the end. @out is owned by the caller, free with pdg_mend_free() */
int pdg_mend_new(const struct pdg_repo *repo, const struct pdg_push *push, struct pdg_mend **out,
		 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_mend_free(struct pdg_mend *m);
PDG_AUTO_DEFINE(mend, struct pdg_mend *, pdg_mend_free)

/** One verdict of the gate, good or not: struct pdg_gate's judged(), with a struct pdg_mend. */
void pdg_mend_take(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v);

/** How many were not good. */
size_t pdg_mend_n(const struct pdg_mend *m);

/** The line of the @i-th of the first twenty: what, why, and in its fix the command. */
void pdg_mend_line(const struct pdg_mend *m, size_t i, struct pdg_error *out);

#endif
