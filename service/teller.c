/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions as log lines, counts and times. A refusal of somebody whom nobody knows has the HTTP
 * side's line (service/httpd_log.c), of which there is a bounded number a second; its words are for
 * the debug level.
 */
#include "service/teller.h"

#include "service/status.h"
#include "util/log.h"
#include "util/time.h"

static void lasted(struct pdg_teller *t, const struct pdg_told *told)
{
	int64_t now = pdg_monotonic_us();

	pdg_metrics_lasted(t->metrics, PDG_LASTS_SUBMISSION, now - told->begun);
	if (told->waited)
		pdg_metrics_lasted(t->metrics, PDG_LASTS_LOG, now - told->waited);
}

void pdg_tell_accepted(struct pdg_teller *t, const struct pdg_told *told,
		       const struct pdg_stored *row, bool known)
{
	if (!t)
		return;
	lasted(t, told);
	pdg_log(PDG_LOG_INFO, known ? "known" : "accepted", "id", told->request, "reference",
		row->reference, "stage", row->stage, "state",
		row->logged ? "logged" : "pending-log", "sender", told->sender, NULL);
}

void pdg_tell_refused(struct pdg_teller *t, const struct pdg_told *told,
		      const struct pdg_error *err)
{
	if (!t)
		return;
	lasted(t, told);
	pdg_metrics_failed(t->metrics, told->sender ? PDG_FAILS_KNOWN : PDG_FAILS_UNKNOWN,
			   err->rule);
	pdg_log(told->sender ? PDG_LOG_INFO : PDG_LOG_DEBUG,
		pdg_status_is_refusal(err->code) ? "refused" : "failed", "id", told->request,
		"sender", told->sender, "rule", err->rule[0] ? err->rule : NULL, "error", err->text,
		NULL);
}
