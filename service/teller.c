/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions as log lines, counts and times. A refusal of somebody whom nobody knows has the HTTP
 * side's line (service/httpd_log.c), of which there is a bounded number a second; its words are for
 * the debug level.
 */
#include "service/teller.h"

#include <stdio.h>

#include "service/status.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/time.h"

static void lasted(struct pdg_teller *t, const struct pdg_told *told)
{
	int64_t now = pdg_monotonic_us();

	pdg_metrics_lasted(t->metrics, PDG_LASTS_SUBMISSION, now - told->begun);
	if (told->waited)
		pdg_metrics_lasted(t->metrics, PDG_LASTS_LOG, now - told->waited);
}

void pdg_teller_init(struct pdg_teller *t)
{
	(void)pthread_mutex_init(&t->mutex, NULL);
}

void pdg_teller_done(struct pdg_teller *t)
{
	(void)pthread_mutex_destroy(&t->mutex);
}

static void say_missing(const char *what, unsigned number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", number);
	if (number)
		pdg_log(PDG_LOG_WARN, "decisions-not-written", "what", what, "number", text, NULL);
}

/*
 * May one more line be written in this second of a statement that was kept before? Those who hear
 * such answers need not be those whom the line names. Where two threads begin a second at once a
 * few lines more or less are written.
 */
static bool room_for_known(struct pdg_teller *t)
{
	int64_t now = pdg_monotonic_ms() / 1000;

	if (atomic_exchange(&t->second, now) != now) {
		atomic_store(&t->written, 0);
		say_missing("known", atomic_exchange(&t->unwritten, 0));
	}
	if (atomic_fetch_add(&t->written, 1) < PDG_LIMIT_DECISIONS_LOGGED)
		return true;
	atomic_fetch_add(&t->unwritten, 1);
	return false;
}

/* May one more refusal of @sender be written in this minute? */
static bool room_for_refusal(struct pdg_teller *t, const char *sender)
{
	int64_t now = pdg_monotonic_ms() / 1000;
	unsigned missing = 0;
	bool room;

	(void)pthread_mutex_lock(&t->mutex);
	if (t->minute != now / 60) {
		t->minute = now / 60;
		missing = t->refused_unwritten;
		t->refused_unwritten = 0;
	}
	room = pdg_limiter_take(&t->refusals, sender, now);
	t->refused_unwritten += !room;
	(void)pthread_mutex_unlock(&t->mutex);
	say_missing("refused", missing);
	return room;
}

void pdg_tell_accepted(struct pdg_teller *t, const struct pdg_told *told,
		       const struct pdg_stored *row, bool known)
{
	if (!t)
		return;
	lasted(t, told);
	if (known && !(pdg_log_wants(PDG_LOG_INFO) && room_for_known(t)))
		return;
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
	if (told->sender && !(pdg_log_wants(PDG_LOG_INFO) && room_for_refusal(t, told->sender)))
		return;
	pdg_log(told->sender ? PDG_LOG_INFO : PDG_LOG_DEBUG,
		pdg_status_is_refusal(err->code) ? "refused" : "failed", "id", told->request,
		"sender", told->sender, "rule", err->rule[0] ? err->rule : NULL, "error", err->text,
		NULL);
}
