/* SPDX-License-Identifier: Apache-2.0 */
/* A forge's own merge (rules.md 2.3). Private to common/gate. */
#ifndef PDG_GATE_MERGE_H
#define PDG_GATE_MERGE_H

#include "gate/enforce.h"

/**
 * @v is a good verdict by a forge key on the raw commit: does it stay good? It becomes not-allowed
 * (GIT-6) when the commit is no merge of two, its tree is not what merging gives, or a parent is
 * not good by the same rules.
 *
 * @w, @within_push  as in pdg_gate_finish()
 */
int pdg_gate_forge_merge(struct pdg_gate *g, struct pdg_walk *w, bool within_push,
			 struct pdg_bytes raw, struct pdg_verdict *v,
			 struct pdg_error *err) PDG_MUST_CHECK;

#endif
