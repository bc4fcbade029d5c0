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

/** How the members of one form of an entry are read into @e. 0, PDG_E_NOMEM or why not. */
typedef int pdg_entry_members(const json_t *object, struct pdg_entry *e, struct pdg_error *err);

/** Read an entry by @members. What is wrong is LOG-6, or LOG-15 beyond a limit. */
int pdg_entry_read_by(pdg_entry_members *members, const json_t *object, struct pdg_entry **out,
		      struct pdg_error *err) PDG_MUST_CHECK;

#endif
