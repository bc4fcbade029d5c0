/* SPDX-License-Identifier: Apache-2.0 */
/* Items of the publisher: from the store's row to what a log is given, and from its entry to the
 * bundle. */
#include "service/item.h"

#include <string.h>

#include "attest/bundle.h"
#include "service/countersign.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

struct pdg_item *pdg_item_new(struct pdg_stored *row, const uint8_t *digest)
{
	PDG_AUTO(item) struct pdg_item *it = pdg_calloc(1, sizeof(*it));

	if (!it)
		return NULL;
	it->id = row->id;
	it->received = row->received;
	it->reference = pdg_str_dup(row->reference);
	it->service_key = pdg_str_dup(row->service_key);
	pdg_buf_move(&it->sig, &row->countersig);
	pdg_buf_move(&it->payload, &row->payload);
	pdg_buf_init(&it->token, PDG_LIMIT_TIMESTAMP);
	if (digest)
		memcpy(it->digest, digest, sizeof(it->digest));
	else if (pdg_signed_digest(pdg_buf_bytes(&it->payload), it->digest, NULL) < 0)
		return NULL;
	if (!it->reference || !it->service_key)
		return NULL;
	return PDG_TAKE(it);
}

void pdg_item_free(struct pdg_item *it)
{
	if (!it)
		return;
	free(it->reference);
	free(it->service_key);
	pdg_buf_done(&it->sig);
	pdg_buf_done(&it->payload);
	pdg_buf_done(&it->token);
	pdg_in_force_unref(it->force);
	free(it->log);
	free(it);
}

int pdg_item_logged(struct pdg_item *it, const struct pdg_entry *entry, struct pdg_log *log,
		    struct pdg_job **out, struct pdg_error *err)
{
	PDG_AUTO(job) struct pdg_job *job = pdg_job_new(PDG_JOB_LOGGED);
	int rc;

	if (!job)
		return pdg_nomem(err);
	rc = pdg_bundle_write(&(struct pdg_bundle_parts){.key = it->key,
							 .entry = entry,
							 .timestamp = pdg_buf_bytes(&it->token),
							 .payload = pdg_buf_bytes(&it->payload),
							 .sig = pdg_buf_bytes(&it->sig)},
			      &job->bundle, err);
	if (rc < 0)
		return rc;
	memcpy(job->reference, it->reference, strlen(it->reference) + 1);
	pdg_buf_move(&job->payload, &it->payload);
	job->id = it->id;
	job->sent = it->begun;
	job->log_size = entry->proof_size;
	job->head = (struct pdg_log_head){.size = entry->proof_size, .root = entry->proof_root};
	if (log->ops->head)
		log->ops->head(log, &job->head);
	*out = PDG_TAKE(job);
	return 0;
}
