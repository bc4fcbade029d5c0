/* SPDX-License-Identifier: Apache-2.0 */
/* GET /healthz, /readyz and /metrics. */
#include "service/http.h"
#include "util/time.h"

enum pdg_handled pdg_api_health(struct pdg_request *rq)
{
	pdg_buf_puts(&rq->reply.body, "{\"status\":\"alive\"}\n");
	(void)pdg_reply_result(rq, 0, "application/json", NULL);
	return PDG_HANDLED;
}

enum pdg_handled pdg_api_ready(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	int rc = pdg_core_ready(rq->core, &err);

	if (rc == 0)
		pdg_buf_puts(&rq->reply.body, "{\"status\":\"ready\"}\n");
	(void)pdg_reply_result(rq, rc, "application/json", &err);
	if (rc < 0)
		rq->reply.status = 503;
	return PDG_HANDLED;
}

static void counter(struct pdg_buf *b, const char *name, const char *help, uint64_t v)
{
	pdg_buf_printf(b, "# HELP pedigree_%s %s\n# TYPE pedigree_%s counter\npedigree_%s %llu\n",
		       name, help, name, name, (unsigned long long)v);
}

static void gauge(struct pdg_buf *b, const char *name, const char *help, uint64_t v)
{
	pdg_buf_printf(b, "# HELP pedigree_%s %s\n# TYPE pedigree_%s gauge\npedigree_%s %llu\n",
		       name, help, name, name, (unsigned long long)v);
}

enum pdg_handled pdg_api_metrics(struct pdg_request *rq)
{
	struct pdg_core_stats s;
	struct pdg_buf *b = &rq->reply.body;
	int64_t age;

	pdg_core_stats(rq->core, &s);
	age = s.oldest_pending ? pdg_now(&pdg_clock_system) - s.oldest_pending : 0;
	counter(b, "submissions_accepted_total", "attestations countersigned", s.accepted);
	counter(b, "submissions_known_total", "submissions of known statements", s.known);
	counter(b, "refused_before_identity_total", "refused before the sender was known",
		s.refused_before_identity);
	counter(b, "refused_after_identity_total", "refused by stage rules or references",
		s.refused_after_identity);
	counter(b, "logged_total", "attestations whose log proof is stored", s.logged);
	counter(b, "log_failures_total", "answers of the log that were no success", s.log_failures);
	counter(b, "store_commits_total", "store transactions", s.commits);
	counter(b, "store_failures_total", "store transactions that failed", s.store_failures);
	gauge(b, "pending", "attestations waiting for the log", s.pending);
	gauge(b, "oldest_pending_seconds", "age of the oldest of them",
	      age > 0 ? (uint64_t)age : 0);
	(void)pdg_reply_result(rq, 0, "text/plain; version=0.0.4; charset=utf-8", NULL);
	return PDG_HANDLED;
}
