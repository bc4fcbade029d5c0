/* SPDX-License-Identifier: Apache-2.0 */
/* Work with GnuPG in processes that leave nothing behind, however they end. */
#ifndef PDG_CLI_PGP_GUARD_H
#define PDG_CLI_PGP_GUARD_H

#include "util/error.h"

struct guarded {
	int (*work)(void *arg, const char *home);   /* returns an exit status */
	int (*report)(const struct pdg_error *err); /* of failures around it; the same */
	void *arg;
};

/**
 * Do @g->work in a private GNUPGHOME that is gone when this returns. Returns the exit status.
 *
 * Three processes: this one waits; one makes the folder, waits and removes it; one works, in a
 * group of its own with the gpg that it runs. When the first is killed (also by SIGKILL, as the
 * library does when time is up), the second hears of it, ends the third, and cleans up.
 */
int guard_run(const struct guarded *g);

#endif
