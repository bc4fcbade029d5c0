/* SPDX-License-Identifier: Apache-2.0 */
/* The line that `pedigree check` keeps on a terminal while it works; short work shows none. */
#include "repo/progress.h"

#include <stdio.h>
#include <unistd.h>

#define EVERY 0.1 /* seconds */

static double seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

void pdg_progress_begin(struct pdg_progress *p)
{
	*p = (struct pdg_progress){.wanted = isatty(STDERR_FILENO) == 1 &&
					     isatty(STDOUT_FILENO) != 1};
	if (clock_gettime(CLOCK_MONOTONIC, &p->began) != 0)
		p->wanted = false;
	p->last = p->began;
}

bool pdg_progress_due(struct pdg_progress *p)
{
	struct timespec now;

	if (!p->wanted || clock_gettime(CLOCK_MONOTONIC, &now) != 0 ||
	    seconds(&p->last, &now) < EVERY)
		return false;
	p->last = now;
	return true;
}

void pdg_progress_show(struct pdg_progress *p, size_t n, size_t of)
{
	double took = seconds(&p->began, &p->last);

	(void)fprintf(stderr, "\rchecked %zu", n);
	if (of)
		(void)fprintf(stderr, " of %zu", of);
	(void)fprintf(stderr, ", %.0f a second\033[K", took > 0 ? (double)n / took : 0.0);
	p->shown = true;
}

void pdg_progress_end(struct pdg_progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}
