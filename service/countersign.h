/* SPDX-License-Identifier: Apache-2.0 */
/* From an accepted submission to the row that is kept: the service's own signature is made here,
 * once. */
#ifndef PDG_SERVICE_COUNTERSIGN_H
#define PDG_SERVICE_COUNTERSIGN_H

#include "service/job.h"
#include "service/metrics.h"

/**
 * Make job->row, all but the signature, which @key is to make, and job->digest. The submission's
 * payload and commit move into the row.
 */
int pdg_countersign_row(struct pdg_job *job, const struct pdg_key *key,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Mark those of these jobs' rows and of those that come along that are kept already: nothing is
 * signed for them. Where the store has no known(), or cannot say, none is. On the writer's thread.
 */
void pdg_countersign_look(struct pdg_store *store, struct pdg_job **jobs, size_t n);

/**
 * Sign what is not signed yet of these jobs' rows and of those that come along, by the keys in
 * whose force they were judged, and all that one key signs at once. Who goes without says why in
 * its err. Whoever finds the reference kept already discards the row.
 */
void pdg_countersign(struct pdg_job **jobs, size_t n, struct pdg_metrics *m);
/** Has @job what it needs of that? */
bool pdg_countersigned(const struct pdg_job *job);

/**
 * Leave of the envelope what is kept of it, append its JSON to @out, and set job->envelope_digest,
 * which is of that. Once.
 */
int pdg_envelope_as_kept(struct pdg_job *job, struct pdg_buf *out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** SHA-256 of the PAE of a statement: what a log is given. */
int pdg_signed_digest(struct pdg_bytes payload, uint8_t out[32],
		      struct pdg_error *err) PDG_MUST_CHECK;

#endif
