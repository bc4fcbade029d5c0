/* SPDX-License-Identifier: Apache-2.0 */
/* A clone's settings and policy: pedigree.* of its configuration, and where design 5 looks further.
 */
#include <stdlib.h>
#include <string.h>

#include "hook.h"
#include "util/fs.h"
#include "util/str.h"

int pdg_hook_configure(struct pdg_hook_run *h, struct pdg_error *err)
{
	const char *env = getenv("PEDIGREE_SERVICE");
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	const char *named = env && env[0] ? env : NULL;
	const char *service;
	int rc = pdg_repo_way(h->repo, named, &c, err);

	if (rc < 0)
		return rc;
	service = named ? named : c.service;
	pdg_way_complete(&h->settings.way, &c.way);
	h->settings.service = pdg_str_dup(service);
	if (service && !h->settings.service)
		rc = pdg_nomem(err);
	if (rc == 0)
		rc = pdg_repo_config(h->repo, "pedigree.deadline", &h->settings.deadline, err);
	if (rc == 0 && !h->settings.deadline) {
		h->settings.deadline = pdg_str_dup(PDG_HOOK_DEADLINE);
		rc = h->settings.deadline ? 0 : pdg_nomem(err);
	}
	return rc;
}

/* The clone has said which repository it is; without that, no section can be its. */
static int names_repository(const struct pdg_hook_run *h, bool *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *uri = NULL;
	int rc = pdg_repo_config(h->repo, "pedigree.repository", &uri, err);

	if (rc == 0)
		*out = uri != NULL;
	return rc;
}

int pdg_hook_policy(struct pdg_hook_run *h, bool *out_known, struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	bool named = false;
	int rc = names_repository(h, &named, err);

	if (rc < 0)
		return rc;
	*out_known = false;
	rc = pdg_place_find(&h->place, h->repo, NULL, NULL, &why);
	if (rc < 0 &&
	    (strcmp(why.rule, "POL-9") == 0 || (strcmp(why.rule, "PSH-1") == 0 && !named)))
		return 0;
	if (rc == 0)
		rc = pdg_fs_private_dir(h->place.state, &why);
	if (rc == 0)
		rc = pdg_place_load_signers(&h->place, h->place.keys, &why);
	if (rc < 0) {
		if (err)
			*err = why;
		return rc;
	}
	*out_known = true;
	return 0;
}
