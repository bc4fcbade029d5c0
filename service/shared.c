/* SPDX-License-Identifier: Apache-2.0 */
/* Several pedigreed over one store; see shared.h. With a store of our own nothing is asked. */
#include "service/shared.h"

#include <inttypes.h>
#include <string.h>

#include "util/size.h"
#include "util/str.h"

/* The number that the value @name begins with ("12", "12 abcd…"); 0 without one. */
static int number(struct pdg_store *s, const char *name, uint64_t *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_error why = {0};
	size_t n;
	int rc = s->ops->meta_get(s, name, &text, &why);

	*out = 0;
	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc < 0) {
		if (err)
			*err = why;
		return rc;
	}
	n = strcspn(text, " ");
	if (!pdg_bytes_u64(pdg_bytes(text, n), UINT64_MAX, out))
		return pdg_reject(err, "STO-3", "the store's %s is '%.64s', no number", name, text);
	return 0;
}

int pdg_shared_catch_up(struct pdg_batch *b, struct pdg_error *err)
{
	int rc;

	if (!b->store->ops->shared)
		return 0;
	rc = number(b->store, "policy-version", &b->policy_version, err);
	if (rc == 0)
		rc = number(b->store, "log-size", &b->log_size, err);
	return rc < 0 ? rc : number(b->store, "log-head", &b->head_size, err);
}

int pdg_shared_check_policy(const struct pdg_batch *b, const struct pdg_job *job,
			    struct pdg_error *err)
{
	uint64_t version = job->force ? job->force->policy->version : UINT64_MAX;
	int rc;

	if (!b->store->ops->shared || version >= b->policy_version)
		return 0;
	/* Judged a moment before a reload: it is over, or its version is kept just now. */
	if (b->policy_version <= pdg_policy_box_newest(job->force->box))
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

/* Another one may have put it there since it was compared. */
static int check_digest(const struct pdg_batch *b, const struct pdg_job *job, struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	struct pdg_error why = {0};
	int rc = b->store->ops->meta_get(b->store, job->name, &was, &why);

	if (rc < 0 && rc != PDG_E_NOTFOUND) {
		if (err)
			*err = why;
		return rc;
	}
	return pdg_shared_same_policy(was, job->value, err);
}

int pdg_shared_check_meta(const struct pdg_batch *b, const struct pdg_job *job,
			  struct pdg_error *err)
{
	uint64_t version = 0;

	if (!b->store->ops->shared)
		return 0;
	if (pdg_str_eq(job->name, "policy-digest"))
		return check_digest(b, job, err);
	if (!pdg_str_eq(job->name, "policy-version"))
		return 0;
	if (pdg_bytes_u64(pdg_bytes_str(job->value), UINT64_MAX, &version) &&
	    version >= b->policy_version)
		return 0;
	return pdg_reject(err, "POL-11",
			  "policy version %" PRIu64 " is in force by another pedigreed, this is "
			  "version %.24s",
			  b->policy_version, job->value);
}
