/* SPDX-License-Identifier: Apache-2.0 */
/* Several pedigreed over one store; see shared.h. With a store of our own nothing is asked. */
#include "service/shared.h"

#include <inttypes.h>
#include <string.h>

#include "service/meta.h"
#include "util/size.h"
#include "util/str.h"

/* What is there and this one did not put there is another's. */
static int catch_up_head(struct pdg_batch *b, struct pdg_error *err)
{
	struct pdg_log_head head = {.size = 0};
	int rc = pdg_batch_head(b->store, &head, err);

	if (rc < 0 || pdg_log_head_eq(&head, &b->head))
		return rc;
	b->head = b->others = head;
	return 0;
}

int pdg_shared_catch_up(struct pdg_batch *b, struct pdg_error *err)
{
	int rc;

	if (!b->store->ops->shared)
		return 0;
	b->fresh = (struct pdg_put_policy){0};
	rc = pdg_store_meta_number(b->store, PDG_META_POLICY_VERSION, &b->policy_version, err);
	if (rc == 0)
		rc = pdg_store_meta_number(b->store, PDG_META_LOG_SIZE, &b->log_size, err);
	return rc < 0 ? rc : catch_up_head(b, err);
}

int pdg_shared_check_head(const struct pdg_batch *b, const struct pdg_job *job,
			  struct pdg_error *err)
{
	int rc;

	if (!b->store->ops->shared || job->head.size == 0 || job->head.size != b->head.size ||
	    pdg_log_head_eq(&job->head, &b->head))
		return 0;
	rc = pdg_reject(err, "LOG-2",
			"the log showed another pedigreed another tree of %" PRIu64 " entries",
			b->head.size);
	pdg_fix(err, "keep what both have of it, ask who runs the log, and run pedigreed --fsck");
	return rc;
}

int pdg_shared_check_policy(const struct pdg_batch *b, const struct pdg_job *job,
			    struct pdg_error *err)
{
	uint64_t version = job->force ? job->force->policy->version : UINT64_MAX;
	int rc;

	if (!b->store->ops->shared || version >= b->policy_version)
		return 0;
	/* Judged a moment before a reload of this service, by what was in force until that reload
	 * and no other's: whoever is late with a version does not make up for it by taking it in.
	 */
	if (b->policy_version == b->ours.version && version >= b->ours.over)
		return 0;
	rc = pdg_reject(err, "RDY-3",
			"policy version %" PRIu64 " is in force by another pedigreed, this one has "
			"version %" PRIu64,
			b->policy_version, version);
	pdg_fix(err, "reload this one too (SIGHUP), then send it again");
	return rc;
}

int pdg_shared_same_policy(const char *was, const char *digest, struct pdg_error *err)
{
	size_t n = strcspn(digest, " ");
	int rc;

	if (!was || !digest[0] || strncmp(was, digest, n + 1) != 0 || pdg_str_eq(was, digest))
		return 0;
	rc = pdg_reject(err, "POL-11",
			"the policy file has other contents than were in force as version %.*s",
			(int)n, digest);
	pdg_fix(err, "see that the file is whole, and raise its version with every change");
	return rc;
}

/* Another one may have put something there since it was compared. *@put: a policy's version that
 * is put there now, and by nobody else. */
static int check_value(const struct pdg_batch *b, const struct pdg_job_value *v, uint64_t *put,
		       struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	uint64_t version = 0;
	int rc;

	if (pdg_str_eq(v->name, PDG_META_POLICY_DIGEST)) {
		rc = pdg_store_meta(b->store, v->name, &was, err);
		return rc < 0 ? rc : pdg_shared_same_policy(was, v->value, err);
	}
	if (!pdg_str_eq(v->name, PDG_META_POLICY_VERSION))
		return 0;
	if (pdg_bytes_u64(pdg_bytes_str(v->value), UINT64_MAX, &version) &&
	    version >= b->policy_version) {
		if (version > b->policy_version)
			*put = version;
		return 0;
	}
	return pdg_reject(err, "POL-11",
			  "policy version %" PRIu64 " is in force by another pedigreed, this is "
			  "version %.24s",
			  b->policy_version, v->value);
}

int pdg_shared_check_meta(struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	uint64_t put = 0;
	size_t i;
	int rc = 0;

	for (i = 0; b->store->ops->shared && rc == 0 && i < job->n_values; i++)
		rc = check_value(b, &job->values[i], &put, err);
	if (rc == 0 && put) {
		b->fresh.version = put;
		b->fresh.over = b->policy_version && b->policy_version == b->ours.version
					? b->ours.over
					: b->policy_version;
	}
	return rc;
}
