/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: made by callers and the publisher, run by the writer, answered once. */
#include "service/job.h"

#include <string.h>

#include "service/record.h"
#include "service/status.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

struct pdg_job *pdg_job_new(enum pdg_job_kind kind)
{
	struct pdg_job *job = pdg_calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->kind = kind;
	pdg_buf_init(&job->payload, PDG_LIMIT_PAYLOAD);
	pdg_buf_init(&job->bundle, PDG_LIMIT_RECORD);
	return job;
}

int pdg_job_ask(struct pdg_job *job, struct pdg_error *err)
{
	if (job->asked)
		return 0;
	job->asked = pdg_calloc(1, sizeof(*job->asked));
	if (!job->asked)
		return pdg_nomem(err);
	pdg_buf_init(&job->asked->body, PDG_LIMIT_BODY);
	return 0;
}

void pdg_job_asked_done(struct pdg_job *job)
{
	struct pdg_asked *a = PDG_TAKE(job->asked);

	if (!a)
		return;
	pdg_proven_done(&a->proven);
	pdg_outputs_done(&a->outputs);
	pdg_buf_done(&a->body);
	if (a->bearer)
		explicit_bzero(a->bearer, strlen(a->bearer));
	free(a->bearer);
	free(a);
}

int pdg_job_value(struct pdg_job *job, const char *name, const char *value, struct pdg_error *err)
{
	PDG_AUTO(mem) char *copy = pdg_str_dup(value);

	if (!copy || pdg_array_grow(&job->values, job->n_values, &job->cap_values,
				    sizeof(*job->values), SIZE_MAX / 64) < 0)
		return pdg_nomem(err);
	job->values[job->n_values++] = (struct pdg_job_value){name, PDG_TAKE(copy)};
	return 0;
}

void pdg_job_reset(struct pdg_job *job)
{
	if (job->along)
		pdg_job_reset(job->along);
	job->rc = 0;
	job->known = false;
	job->added = false;
	pdg_stored_free(PDG_TAKE(job->kept));
	pdg_journal_proof_free(PDG_TAKE(job->proof));
}

void pdg_job_free(struct pdg_job *job)
{
	if (!job)
		return;
	pdg_job_free(PDG_TAKE(job->along));
	pdg_job_reset(job);
	pdg_decision_done(&job->d);
	pdg_job_asked_done(job);
	pdg_submission_free(job->submission);
	pdg_stored_free(job->row);
	free(job->subjects);
	pdg_buf_done(&job->payload);
	pdg_buf_done(&job->bundle);
	while (job->n_values > 0)
		free(job->values[--job->n_values].value);
	free(job->values);
	free(job->sender);
	pdg_in_force_unref(job->force);
	free(job);
}

/* --- what a job holds --- */

static size_t submission_bytes(const struct pdg_submission *s)
{
	const struct pdg_envelope *e = s ? s->envelope : NULL;
	size_t n = s ? sizeof(*s) + s->commit.cap : 0;
	size_t i;

	if (e)
		n += sizeof(*e) + e->payload.cap + e->pae.cap;
	for (i = 0; e && i < e->n_sigs; i++)
		n += sizeof(e->sigs[i]) + e->sigs[i].sig.cap;
	return s && s->source ? n + submission_bytes(s->source) : n;
}

static size_t row_bytes(const struct pdg_stored *a)
{
	return a ? sizeof(*a) + a->envelope.cap + a->payload.cap + a->countersig.cap +
			       a->bundle.cap + a->commit.cap + a->links.cap
		 : 0;
}

static size_t proof_bytes(const struct pdg_journal_proof *p)
{
	return p ? sizeof(*p) + p->leaf.cap + p->checkpoint.cap : 0;
}

size_t pdg_job_bytes_stripped(const struct pdg_job *job)
{
	return sizeof(*job) + proof_bytes(job->proof) + job->payload.cap + job->bundle.cap;
}

size_t pdg_job_bytes_light(const struct pdg_job *job)
{
	const struct pdg_stored *a = pdg_job_row(job);

	return pdg_job_bytes_stripped(job) + sizeof(*a) + a->envelope.cap + a->links.cap;
}

size_t pdg_job_bytes(const struct pdg_job *job)
{
	size_t n = pdg_job_bytes_stripped(job) + submission_bytes(job->submission) +
		   row_bytes(job->row) + row_bytes(job->kept) + job->subject_bytes;

	if (job->asked)
		n += sizeof(*job->asked) + job->asked->body.cap +
		     (job->asked->bearer ? strlen(job->asked->bearer) + 1 : 0);
	return job->along ? n + pdg_job_bytes(job->along) : n;
}

static void strip_rest(struct pdg_job *job)
{
	pdg_job_free(PDG_TAKE(job->along));
	if (!job->sender)
		job->sender = PDG_TAKE(job->d.producer);
	pdg_decision_done(&job->d);
	pdg_submission_free(PDG_TAKE(job->submission));
	pdg_in_force_unref(PDG_TAKE(job->force));
	free(PDG_TAKE(job->subjects));
	job->n_subjects = job->subject_bytes = 0;
	pdg_stored_free(PDG_TAKE(job->row));
	pdg_stored_free(PDG_TAKE(job->kept));
}

void pdg_job_strip(struct pdg_job *job)
{
	memcpy(job->reference, pdg_job_row(job)->reference, sizeof(job->reference));
	strip_rest(job);
}

void pdg_job_lighten(struct pdg_job *job)
{
	struct pdg_stored *row = PDG_TAKE(job->row);

	memcpy(job->reference, row->reference, sizeof(job->reference));
	pdg_buf_done(&row->payload);
	pdg_buf_done(&row->commit);
	pdg_buf_done(&row->countersig);
	strip_rest(job);
	job->row = row;
}

/* --- answers --- */

static struct pdg_told told_of(const struct pdg_job *job)
{
	bool known = job->d.producer_key && !job->d.loose;

	return (struct pdg_told){
		.request = job->to.request,
		.sender = job->sender ? job->sender
			  : known     ? job->d.producer
				      : NULL,
		.begun = job->to.begun,
		.waited = job->waited,
	};
}

static void answer(struct pdg_job *job, const struct pdg_answer *a)
{
	if (job->to.done)
		job->to.done(job->to.ctx, a);
	job->to.done = NULL;
}

void pdg_job_answer_error(struct pdg_job *job, const struct pdg_error *err)
{
	struct pdg_told told = told_of(job);
	struct pdg_answer a = {
		.status = pdg_status_of(err),
		.err = err,
		.retry_after = pdg_status_retry_after(err),
	};

	if (job->to.done)
		pdg_tell_refused(job->to.teller, &told, err);
	answer(job, &a);
}

void pdg_job_answer_row(struct pdg_job *job, const struct pdg_stored *row)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_told told = told_of(job);
	struct pdg_error err = {0};
	struct pdg_answer a = {0};

	if (!job->to.done)
		return;
	if (pdg_answer_write(row, job->proof, &body, &err) < 0) {
		pdg_job_answer_error(job, &err);
		return;
	}
	pdg_tell_accepted(job->to.teller, &told, row, job->known);
	a.status = row->logged ? (job->known ? 200 : 201) : 202;
	a.body = pdg_buf_bytes(&body);
	a.made = &body;
	a.reference = row->reference;
	answer(job, &a);
}

void pdg_job_answer(struct pdg_job *job)
{
	if (job->kind == PDG_JOB_META)
		answer(job, &(struct pdg_answer){.status = 200});
	else if (job->to.done)
		pdg_job_answer_row(job, pdg_job_row(job));
}
