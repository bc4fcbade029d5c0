/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the log gave back, in the writer's transaction: each bundle, and once for all of them how
 * far the log is known.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/batch.h"
#include "service/meta.h"
#include "service/shared.h"
#include "util/codec.h"
#include "util/log.h"

int pdg_batch_head(struct pdg_store *s, struct pdg_log_head *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_bytes size, root;
	struct pdg_log_head head;
	const char *blank;
	int rc = pdg_store_meta(s, PDG_META_LOG_HEAD, &text, err);

	if (rc < 0 || !text)
		return rc;
	blank = strchr(text, ' ');
	size = pdg_bytes(text, blank ? (size_t)(blank - text) : 0);
	root = pdg_bytes_str(blank ? blank + 1 : "");
	if (!pdg_bytes_u64(size, PDG_TREE_MAX, &head.size) ||
	    !pdg_unhex(root, head.root.b, PDG_HASH_LEN))
		return pdg_reject(err, "STO-3", "the store's log-head is '%.100s', no tree", text);
	*out = head;
	return 0;
}

/* What the log is held against at the next start. */
static int keep_head(struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	char hex[2 * PDG_HASH_LEN + 1];
	char text[sizeof(hex) + 24];

	pdg_hex(pdg_bytes(job->head.root.b, PDG_HASH_LEN), hex);
	(void)snprintf(text, sizeof(text), "%" PRIu64 " %s", job->head.size, hex);
	return b->store->ops->meta_set(b->store, PDG_META_LOG_HEAD, text, err);
}

int pdg_batch_logged(struct pdg_batch *b, struct pdg_job *job, struct pdg_error *err)
{
	int rc;

	job->rc = pdg_shared_check_head(b, job, &job->err);
	if (job->rc < 0)
		return 0;
	rc = b->store->ops->set_logged(b->store, job->id, job->reference,
				       pdg_buf_bytes(&job->payload), pdg_buf_bytes(&job->bundle),
				       err);
	job->known = rc == 1;
	return rc < 0 ? rc : 0;
}

void pdg_batch_tell_unlogged(struct pdg_job *const *jobs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (jobs[i]->kind != PDG_JOB_LOGGED || jobs[i]->rc == 0)
			continue;
		pdg_log_error(PDG_LOG_WARN, "not-logged", &jobs[i]->err);
		return;
	}
}

struct pdg_newest pdg_newest_of(const struct pdg_batch *b, struct pdg_job *const *jobs, size_t n)
{
	struct pdg_newest out = {.log_size = b->log_size};
	uint64_t head_size = b->head.size;
	size_t i;

	for (i = 0; i < n; i++) {
		if (jobs[i]->kind != PDG_JOB_LOGGED || jobs[i]->rc < 0)
			continue;
		if (jobs[i]->log_size > out.log_size)
			out.log_size = jobs[i]->log_size;
		if (jobs[i]->head.size > head_size) {
			out.head = jobs[i];
			head_size = out.head->head.size;
		}
	}
	return out;
}

int pdg_batch_newest(struct pdg_batch *b, const struct pdg_newest *newest, struct pdg_error *err)
{
	char text[24];
	int rc = newest->head ? keep_head(b, newest->head, err) : 0;

	if (rc < 0 || newest->log_size <= b->log_size)
		return rc;
	(void)snprintf(text, sizeof(text), "%" PRIu64, newest->log_size);
	return b->store->ops->meta_set(b->store, PDG_META_LOG_SIZE, text, err);
}
