/* SPDX-License-Identifier: Apache-2.0 */
/* What a judgement rests on besides the evidence: policy, log keys, commit signers. */
#include <pthread.h>

#include "chain/verify.h"
#include "util/size.h"

struct judge_box {
	struct pdg_judge judge; /* first: the two addresses are the same */
	pthread_mutex_t lock;	/* guards judge.signers */
};

int pdg_judge_new(const struct pdg_policy *policy, const char *key_cache,
		  const struct pdg_clock *clock, struct pdg_judge **out, struct pdg_error *err)
{
	struct judge_box *box = pdg_calloc(1, sizeof(*box));
	PDG_AUTO(judge) struct pdg_judge *j = NULL;
	int rc;

	if (!box)
		return pdg_nomem(err);
	if (pthread_mutex_init(&box->lock, NULL) != 0) {
		free(box);
		return pdg_nomem(err);
	}
	j = &box->judge;
	j->policy = policy;
	j->key_cache = key_cache;
	j->clock = clock;
	if (policy->n_repositories) {
		j->signers = pdg_calloc(policy->n_repositories, sizeof(*j->signers));
		if (!j->signers)
			return pdg_nomem(err);
	}
	if (policy->trusted_root) {
		rc = pdg_root_load(policy->trusted_root, &j->root, err);
		if (rc < 0)
			return pdg_context(err, rc, "trustedRoot");
	}
	*out = PDG_TAKE(j);
	return 0;
}

void pdg_judge_free(struct pdg_judge *j)
{
	struct judge_box *box = (struct judge_box *)j;
	size_t i;

	if (!j)
		return;
	for (i = 0; j->signers && i < j->policy->n_repositories; i++)
		pdg_signers_free(j->signers[i]);
	free(j->signers);
	pdg_root_free(j->root);
	pthread_mutex_destroy(&box->lock);
	free(box);
}

int pdg_judge_signers(struct pdg_judge *j, const struct pdg_policy_repository *repo,
		      const struct pdg_signers **out, struct pdg_error *err)
{
	struct judge_box *box = (struct judge_box *)j;
	size_t i = (size_t)(repo - j->policy->repositories);
	int rc = 0;

	(void)pthread_mutex_lock(&box->lock);
	if (!j->signers[i])
		rc = pdg_signers_load(repo, j->key_cache, &j->signers[i], err);
	if (rc == 0)
		*out = j->signers[i];
	(void)pthread_mutex_unlock(&box->lock);
	return rc;
}
