/* SPDX-License-Identifier: Apache-2.0 */
/* Repositories for this folder's tests, with nothing of this machine's configuration in them. */
#ifndef PDG_TESTS_UNIT_GIT_OPENED_H
#define PDG_TESTS_UNIT_GIT_OPENED_H

#include <stdlib.h>

#include "git/repo.h"
#include "support/check.h"

/* A new folder for a program's repositories, resolved; to be freed. */
static inline char *resolved_dir(void)
{
	char *made = pdg_test_dir();
	char *dir = realpath(made, NULL);

	free(made);
	return dir;
}

/* No configuration but the repository's. */
static inline void own_configuration(void)
{
	(void)setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
}

static inline struct pdg_repo *opened(const char *path)
{
	struct pdg_error err = {0};
	struct pdg_repo *r = NULL;

	if (!CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err))
		exit(EXIT_FAILURE);
	return r;
}

/* What a name is in a repository that was just opened; to be freed. */
static inline char *value_of(const char *path, const char *name)
{
	PDG_AUTO(repo) struct pdg_repo *r = opened(path);
	struct pdg_error err = {0};
	char *value = NULL;

	CHECK_OK(pdg_repo_config(r, name, &value, &err), &err);
	return value;
}

#endif
