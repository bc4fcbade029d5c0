/* SPDX-License-Identifier: Apache-2.0 */
/* pre-commit and pre-merge-commit: no commit that would not be signed, said before its message is
 * typed. */
#include "gate/signing.h"
#include "hook.h"
#include "util/time.h"

int pdg_hook_pre_commit(struct pdg_hook_run *h, struct pdg_error *err)
{
	PDG_AUTO(mem) char *key = NULL;
	struct pdg_error unread = {.code = 0};
	bool known = false;
	int rc = pdg_signing_usable(h->repo, err);

	if (rc == 0)
		rc = pdg_signing_openpgp_key(h->repo, &key, err);
	/* A policy that cannot be read stops no commit: post-commit says so, and the server judges.
	 */
	if (rc < 0 || !key || pdg_hook_policy(h, &known, &unread) < 0 || !known)
		return rc;
	return pdg_signing_fit(h->place.signers, key, pdg_now(&pdg_clock_system), err);
}
