/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repositories for tests, made by the git program in a folder of the test's own, with no
 * configuration but the test's and fixed names and dates, so that object names do not vary.
 */
#ifndef PDG_TESTS_SUPPORT_GITREPO_H
#define PDG_TESTS_SUPPORT_GITREPO_H

/** Run git in @dir with the arguments that follow, ended by NULL. A failure ends the program. */
void pdg_test_git(const char *dir, ...) __attribute__((sentinel));

/** The same; what git printed, without its last newline, to be freed. */
char *pdg_test_git_out(const char *dir, ...) __attribute__((sentinel));

/** A new repository @dir/@name with branch main, to be freed as its path. */
char *pdg_test_repo(const char *dir, const char *name);

/** An unsigned, empty commit at @when (Unix seconds) on what is checked out; its name, to be freed.
 */
char *pdg_test_commit(const char *repo, const char *message, long when);

#endif
