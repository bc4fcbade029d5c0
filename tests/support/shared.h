/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real evidence of other projects that stands beside the source tree, not in it: ../shared, or the
 * folder that PEDIGREE_SHARED names. A test that needs it ends with PDG_TEST_SKIPPED where there
 * is none, which tests/run under CI takes for a failure.
 */
#ifndef PDG_TESTS_SUPPORT_SHARED_H
#define PDG_TESTS_SUPPORT_SHARED_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/check.h"

#define PDG_TEST_SKIPPED 77

/* Path of @name in that folder, to be freed; NULL, and a line about it, when it is not there. */
static inline char *pdg_test_shared(const char *name)
{
	const char *set = getenv("PEDIGREE_SHARED");
	char *path = pdg_test_path(set && set[0] ? set : PDG_TEST_SOURCE "/../shared", name);

	if (access(path, R_OK) == 0)
		return path;
	(void)fprintf(stderr, "skipped: %s is not there (PEDIGREE_SHARED names its folder)\n",
		      path);
	free(path);
	return NULL;
}

#endif
