/* SPDX-License-Identifier: Apache-2.0 */
/* While writing fails the readiness check and the publisher try one now and then. */
#include "service/trial.h"

#include <string.h>

#include "util/limits.h"
#include "util/size.h"

/* Of a submission's size: a few bytes fit where nothing else does. */
#define TRIAL_BYTES PDG_LIMIT_KIB(16)

void pdg_trial_write(struct pdg_writer *w)
{
	PDG_AUTO(job) struct pdg_job *job = pdg_job_new(PDG_JOB_META);
	PDG_AUTO(mem) char *text = pdg_calloc(TRIAL_BYTES + 1, 1);

	if (!job || !text)
		return;
	memset(text, '.', TRIAL_BYTES);
	if (pdg_job_value(job, "try", text, NULL) == 0 && pdg_writer_put(w, job, NULL) == 0)
		job = NULL; /* the writer's now */
}
