/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the repository's own configuration, as "pedigree init" does. Reading it is config.c. */
#include "git/impl.h"

int pdg_repo_config_set(struct pdg_repo *r, const char *name, const char *value,
			struct pdg_error *err)
{
	PDG_AUTO(git_config) git_config *all = NULL;
	PDG_AUTO(git_config) git_config *local = NULL;
	int rc;

	if (git_repository_config(&all, r->git) < 0 ||
	    git_config_open_level(&local, all, GIT_CONFIG_LEVEL_LOCAL) < 0)
		return pdg_git_failed(err, "configuration of \"%s\"", r->commondir);
	rc = value ? git_config_set_string(local, name, value)
		   : git_config_delete_entry(local, name);
	/* What was read is no longer so. */
	pdg_gitconfig_cache_done(r->config);
	if (rc == GIT_ENOTFOUND && !value)
		return 0;
	if (rc < 0)
		return pdg_git_failed(err, "configuration \"%s\"", name);
	return 0;
}
