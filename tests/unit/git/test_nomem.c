/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The n-th allocation fails, for every n, in what reads git's configuration without libgit2: never
 * is that a configuration with other values, or one that goes beyond a limit.
 */
#include <stdlib.h>

#include "git/files.h"
#include "support/failalloc.h"
#include "support/gitrepo.h"
#include "unit/git/opened.h"
#include "util/fs.h"
#include "util/str.h"

static char *path;

static int load(struct pdg_error *err)
{
	PDG_AUTO(gitconfig_values) struct pdg_gitconfig_values values = {NULL, 0, 0};
	PDG_AUTO(repo) struct pdg_repo *r = pdg_repo_new();
	int rc;

	if (!r)
		return pdg_nomem(err);
	r->gitdir = pdg_path_join(path, ".git");
	r->commondir = pdg_path_join(path, ".git");
	if (!r->gitdir || !r->commondir)
		return pdg_nomem(err);
	rc = pdg_gitconfig_load(r, PDG_GITCONFIG_AS_GIT | PDG_GITCONFIG_WITH_LOCAL, &values, err);
	if (rc == 0) {
		const struct pdg_gitconfig_value *v = pdg_gitconfig_last(&values, "many.last");

		CHECK(v != NULL && v->value != NULL);
	}
	return rc;
}

/* More values than an array has room for at first. */
static void configuration(void)
{
	char *dir = resolved_dir();
	size_t i;

	own_configuration();
	path = pdg_test_repo(dir, "r");
	for (i = 0; i < 20; i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf("many.a%zu", i);

		pdg_test_git(path, "config", name, "value", NULL);
	}
	pdg_test_git(path, "config", "many.last", "value", NULL);
	pdg_failalloc_run("configuration", load);
	free(path);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("nomem", {"configuration", configuration})
