/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait for the log, and the row of each read from the store when its turn came. */
#include "service/waiting.h"

#include <string.h>

#include "util/limits.h"
#include "util/str.h"

bool pdg_waiting_add(struct pdg_waiting *w, struct pdg_job *job)
{
	size_t n = pdg_job_bytes_stripped(job);

	if (n > PDG_LIMIT_WAITING_BYTES - w->held)
		return false;
	pdg_job_strip(job);
	w->held += n;
	w->n++;
	job->next = w->first;
	w->first = job;
	return true;
}

int64_t pdg_waiting_next(const struct pdg_waiting *w)
{
	const struct pdg_job *job;
	int64_t t = -1;

	for (job = w->first; job; job = job->next) {
		if (t < 0 || job->deadline < t)
			t = job->deadline;
	}
	return t;
}

/* --- answers --- */

/* Take @at's job out, to the end of @due, which *@last is. */
static void take(struct pdg_waiting *w, struct pdg_job **at, struct pdg_job ***last)
{
	struct pdg_job *job = *at;

	*at = job->next;
	job->next = NULL;
	w->held -= pdg_job_bytes(job);
	w->n--;
	**last = job;
	*last = &job->next;
}

/* Answer all of @due that are about @reference by @row; NULL: by @err. What is left of @due. */
static struct pdg_job *answer_one_row(struct pdg_job *due, const char *reference,
				      const struct pdg_stored *row, const struct pdg_error *err)
{
	struct pdg_job *left = NULL;
	struct pdg_job **last = &left;

	while (due) {
		struct pdg_job *job = due;

		due = job->next;
		job->next = NULL;
		if (!pdg_str_eq(job->reference, reference)) {
			*last = job;
			last = &job->next;
			continue;
		}
		if (row)
			pdg_job_answer_row(job, row);
		else
			pdg_job_answer_error(job, err);
		pdg_job_free(job);
	}
	return left;
}

/*
 * Many may wait for one reference, so its row is read once for all of them, and one row is held at
 * a time.
 */
static void answer(struct pdg_waiting *w, struct pdg_job *due)
{
	while (due) {
		PDG_AUTO(stored) struct pdg_stored *row = NULL;
		struct pdg_error err = {0};
		char reference[PDG_REFERENCE_LEN];

		memcpy(reference, due->reference, sizeof(reference));
		if (w->store->ops->get(w->store, reference, &row, &err) < 0)
			row = NULL;
		due = answer_one_row(due, reference, row, &err);
	}
}

void pdg_waiting_late(struct pdg_waiting *w, int64_t now)
{
	struct pdg_job **at = &w->first;
	struct pdg_job *due = NULL;
	struct pdg_job **last = &due;

	while (*at) {
		if ((*at)->deadline <= now)
			take(w, at, &last);
		else
			at = &(*at)->next;
	}
	answer(w, due);
}

void pdg_waiting_logged(struct pdg_waiting *w, const char *reference)
{
	struct pdg_job **at = &w->first;
	struct pdg_job *due = NULL;
	struct pdg_job **last = &due;

	while (*at) {
		if (pdg_str_eq((*at)->reference, reference))
			take(w, at, &last);
		else
			at = &(*at)->next;
	}
	answer(w, due);
}
