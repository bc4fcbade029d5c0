/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifiers of Rekor v1 and v2 entries share. Private to this folder. */
#ifndef PDG_TLOG_ENTRY_IMPL_H
#define PDG_TLOG_ENTRY_IMPL_H

#include "tlog/entry.h"
#include "tlog/note.h"

/**
 * Does the entry's proof lead from @body to the root of @c, which is verified? 0 or PDG_E_REJECTED
 * (LOG-1).
 */
int pdg_entry_included(const struct pdg_entry *e, struct pdg_bytes body,
		       const struct pdg_checkpoint *c, struct pdg_error *err) PDG_MUST_CHECK;

#endif
