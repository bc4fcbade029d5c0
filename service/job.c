/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: made by callers and the publisher, run by the writer, answered once. */
#include "service/job.h"

#include "service/record.h"
#include "service/status.h"
#include "util/limits.h"
#include "util/size.h"

struct pdg_job *pdg_job_new(enum pdg_job_kind kind)
{
	struct pdg_job *job = pdg_calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->kind = kind;
	pdg_buf_init(&job->bundle, PDG_LIMIT_RECORD);
	return job;
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
	pdg_submission_free(job->submission);
	pdg_stored_free(job->row);
	pdg_buf_done(&job->bundle);
	free(job->value);
	pdg_in_force_unref(job->force);
	free(job);
}

static void answer(struct pdg_job *job, const struct pdg_answer *a)
{
	if (job->done)
		job->done(job->ctx, a);
	job->done = NULL;
}

void pdg_job_answer_error(struct pdg_job *job, const struct pdg_error *err)
{
	struct pdg_answer a = {
		.status = pdg_status_of(err),
		.err = err,
		.retry_after = pdg_status_retry_after(err),
	};

	answer(job, &a);
}

void pdg_job_answer(struct pdg_job *job)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	const struct pdg_stored *row = pdg_job_row(job);
	struct pdg_error err = {0};
	struct pdg_answer a = {0};

	if (!job->done)
		return;
	if (job->kind == PDG_JOB_META) {
		answer(job, &(struct pdg_answer){.status = 200});
		return;
	}
	if (pdg_answer_write(row, job->proof, &body, &err) < 0) {
		pdg_job_answer_error(job, &err);
		return;
	}
	a.status = row->logged ? (job->known ? 200 : 201) : 202;
	a.body = pdg_buf_bytes(&body);
	a.reference = row->reference;
	answer(job, &a);
}
