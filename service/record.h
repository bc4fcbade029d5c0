/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of what is kept: the answer to a submission, the record, listings (rules.md 8). */
#ifndef PDG_SERVICE_RECORD_H
#define PDG_SERVICE_RECORD_H

#include "chain/evidence.h"
#include "store/store.h"
#include "util/jsonw.h"

/** Append {"reference","state","envelope","bundle","journal","links"}; "bundle" is null while
 * pending. */
int pdg_answer_write(const struct pdg_stored *a, const struct pdg_journal_proof *proof,
		     struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

/** One of a row's links, as it is kept and answered. */
void pdg_row_link_write(const char *stage, const char *reference, struct pdg_jw *w);

/** Append the record of @a, with a proof to the journal's last checkpoint. */
int pdg_stored_record(struct pdg_store *store, const struct pdg_stored *a, struct pdg_buf *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Append {"digest","attestations":[…],"next"}: a page of what is known of a subject. */
int pdg_subjects_write(struct pdg_store *store, const char *algorithm, const char *value,
		       const char *stage, int64_t after, struct pdg_buf *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * All that the store knows of the artifact @sha256, and the sources of the commits that its builds
 * name. PDG_E_LIMIT (HTP-10) beyond PDG_LIMIT_CHAIN_STATEMENTS or PDG_LIMIT_CHAIN_EVIDENCE.
 */
int pdg_stored_evidence(struct pdg_store *store, const char *sha256, struct pdg_evidence **out,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
