/* SPDX-License-Identifier: Apache-2.0 */
/* How far long work has come, on the terminal that stderr is; elsewhere nothing is shown. */
#ifndef PDG_CLI_REPO_PROGRESS_H
#define PDG_CLI_REPO_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct pdg_progress {
	bool wanted; /* somebody may look at it */
	bool shown;
	struct timespec began, last;
};

/** Where stdout is a terminal too, its lines tell how far the work is: no more is shown then. */
void pdg_progress_begin(struct pdg_progress *p);

/** Is it time to show it again? Then call pdg_progress_show(). */
bool pdg_progress_due(struct pdg_progress *p);

/** "checked 12345 of 100000, 21000 a second". @of 0: how many there are is not known. */
void pdg_progress_show(struct pdg_progress *p, size_t n, size_t of);

/** Erase what is shown, before anything else is said and at the end. */
void pdg_progress_end(struct pdg_progress *p);

#endif
