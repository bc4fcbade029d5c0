/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait for the log, found by their rows' ids when it comes. */
#include "service/waiting.h"

#include <string.h>

#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

/* An answer of more than this is made from the store. */
#define LIGHT PDG_LIMIT_KIB(16)
/* In a shared store: how often it is asked for what another pedigreed logged, and after how many.
 */
#define LOOK_MS 500
#define LOOK_AT 32

static struct pdg_job **bucket(struct pdg_waiting *w, int64_t id)
{
	return &w->bucket[(uint64_t)id % PDG_WAITING_BUCKETS];
}

static void link_in(struct pdg_waiting *w, struct pdg_job *job)
{
	struct pdg_job **peers = bucket(w, job->id);

	job->before = NULL;
	job->next = w->first;
	if (w->first)
		w->first->before = job;
	w->first = job;
	job->peer = *peers;
	*peers = job;
	if (w->n++ == 0 || job->to.deadline < w->next)
		w->next = job->to.deadline;
}

static void unlink_from_all(struct pdg_waiting *w, struct pdg_job *job)
{
	struct pdg_job **at = bucket(w, job->id);

	while (*at != job)
		at = &(*at)->peer;
	*at = job->peer;
	job->peer = NULL;
	if (job->before)
		job->before->next = job->next;
	else
		w->first = job->next;
	if (job->next)
		job->next->before = job->before;
	job->before = NULL;
	job->next = NULL;
	w->held -= pdg_job_bytes(job);
	w->n--;
}

bool pdg_waiting_add(struct pdg_waiting *w, struct pdg_job *job)
{
	size_t light = pdg_job_bytes_light(job);
	bool keeps = job->row && !job->known && light <= LIGHT;
	size_t n = keeps ? light : pdg_job_bytes_stripped(job);

	if (n > PDG_LIMIT_WAITING_BYTES - w->held)
		return false;
	job->id = pdg_job_row(job)->id;
	if (keeps)
		pdg_job_lighten(job);
	else
		pdg_job_strip(job);
	w->held += pdg_job_bytes(job);
	job->waited = pdg_monotonic_us();
	link_in(w, job);
	return true;
}

int64_t pdg_waiting_next(const struct pdg_waiting *w)
{
	if (w->n == 0)
		return -1;
	return w->store->ops->shared && w->look < w->next ? w->look : w->next;
}

/* --- answers --- */

static void take(struct pdg_waiting *w, struct pdg_job *job, struct pdg_job ***last)
{
	unlink_from_all(w, job);
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
static void answer_from_store(struct pdg_waiting *w, struct pdg_job *due)
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

/* By the row that @job has kept, and the bundle that was just kept with it. */
static void answer_logged(struct pdg_job *job, const struct pdg_job *logged)
{
	struct pdg_stored row = *job->row; /* all of it borrowed */

	row.bundle = logged->bundle;
	row.logged = true;
	pdg_job_answer_row(job, &row);
	pdg_job_free(job);
}

void pdg_waiting_late(struct pdg_waiting *w, int64_t now)
{
	struct pdg_job *due = NULL;
	struct pdg_job **last = &due;
	struct pdg_job *job, *next;

	if (w->n == 0 || now < w->next)
		return;
	w->next = INT64_MAX;
	for (job = w->first; job; job = next) {
		next = job->next;
		if (job->to.deadline <= now)
			take(w, job, &last);
		else if (job->to.deadline < w->next)
			w->next = job->to.deadline;
	}
	answer_from_store(w, due);
}

void pdg_waiting_look(struct pdg_waiting *w, int64_t now)
{
	struct pdg_job *due = NULL;
	struct pdg_job **last = &due;
	struct pdg_job *job, *next;
	size_t at = 0;

	if (w->n == 0 || !w->store->ops->shared || now < w->look)
		return;
	w->look = now + LOOK_MS;
	for (job = w->first; job && at < w->looked + LOOK_AT; job = next) {
		PDG_AUTO(stored) struct pdg_stored *row = NULL;

		next = job->next;
		/* What is this process's own to publish is told by pdg_waiting_logged(). */
		if (job->row || at++ < w->looked)
			continue;
		if (w->store->ops->get(w->store, job->reference, &row, NULL) == 0 && row->logged)
			take(w, job, &last);
	}
	/* The next look goes on behind these, and then begins again. */
	w->looked = job ? at : 0;
	answer_from_store(w, due);
}

void pdg_waiting_logged(struct pdg_waiting *w, const struct pdg_job *logged)
{
	struct pdg_job *due = NULL;
	struct pdg_job **last = &due;
	struct pdg_job *job, *next;

	for (job = *bucket(w, logged->id); job; job = next) {
		next = job->peer;
		if (job->id != logged->id || !pdg_str_eq(job->reference, logged->reference))
			continue;
		/* Of one that was logged before, what was kept then is the answer. */
		if (!job->row || logged->known) {
			take(w, job, &last);
			continue;
		}
		unlink_from_all(w, job);
		answer_logged(job, logged);
	}
	answer_from_store(w, due);
}
