/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before the first thing is made: everything that somebody wrote by hand is read once. A log and a
 * journal bear the name that they were begun with for ever, so none is begun by a start that fails
 * by a file that is missing; and nobody is told of a new store that the next start does not make.
 */
#include "service/core_impl.h"
#include "util/str.h"

/* The keys that files are named for; those that the service makes itself are not there yet. */
static int try_keys(struct pdg_core *core, struct pdg_error *err)
{
	int rc = core->cfg->journal_key ? pdg_core_open_journal_key(core, err) : 0;

	if (rc == 0)
		rc = pdg_core_try_log(core, err);
	if (rc == 0)
		rc = pdg_core_keys_differ(core, err);
	return rc;
}

static int try_policy(struct pdg_core *core, struct pdg_error *err)
{
	const struct pdg_own_trust own = {
		.service = core->signing_key,
		.journal = core->journal_key,
		.log = core->cfg->log == PDG_LOG_EMBEDDED ? core->log_key : NULL,
	};
	struct pdg_policy_box *box = NULL;
	int rc = pdg_policy_box_new(core->cfg, &own, NULL, &core->clock, 0, &box, err);

	pdg_policy_box_free(box);
	return rc;
}

int pdg_core_look_first(struct pdg_core *core, struct pdg_error *err)
{
	int rc = try_keys(core, err);

	if (rc == 0)
		rc = try_policy(core, err);
	/* They are opened where they belong once there is a store. */
	pdg_key_free(PDG_TAKE(core->journal_key));
	pdg_key_free(PDG_TAKE(core->log_key));
	free(PDG_TAKE(core->journal_origin));
	return rc;
}
