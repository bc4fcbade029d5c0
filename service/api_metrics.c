/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /metrics, in Prometheus' text format 0.0.4: what is counted as it happens
 * (service/metrics.c), then the core's own numbers and the process's.
 */
#include <inttypes.h>

#include "service/http.h"
#include "service/process.h"
#include "util/limits.h"
#include "util/time.h"

static void counter(struct pdg_buf *b, const char *name, const char *help, uint64_t v)
{
	pdg_metrics_family(b, name, "counter", help);
	pdg_buf_printf(b, "pedigree_%s %" PRIu64 "\n", name, v);
}

/* The log and the authority have one relay, the issuers of tokens another. */
static void write_relays(struct pdg_buf *b, const struct pdg_core_stats *s)
{
	pdg_metrics_family(b, "relay_restarts_total", "counter",
			   "starts of a pedigree-relay in the place of one that ended");
	pdg_buf_printf(b,
		       "pedigree_relay_restarts_total{relay=\"log\"} %" PRIu64
		       "\npedigree_relay_restarts_total{relay=\"token\"} %" PRIu64 "\n",
		       s->log_relay_restarts, s->token_relay_restarts);
}

static void gauge(struct pdg_buf *b, const char *name, const char *help, uint64_t v)
{
	pdg_metrics_family(b, name, "gauge", help);
	pdg_buf_printf(b, "pedigree_%s %" PRIu64 "\n", name, v);
}

static void write_core(struct pdg_buf *b, const struct pdg_core_stats *s)
{
	int64_t age = s->oldest_pending ? pdg_now(&pdg_clock_system) - s->oldest_pending : 0;
	int64_t seen = (pdg_monotonic_ms() - s->log_seen) / 1000;

	counter(b, "submissions_accepted_total", "attestations countersigned", s->accepted);
	counter(b, "submissions_known_total", "submissions of known statements", s->known);
	counter(b, "logged_total", "attestations whose log proof is stored", s->logged);
	counter(b, "store_commits_total", "store transactions", s->commits);
	write_relays(b, s);
	counter(b, "signer_restarts_total",
		"starts of pedigree-signer in the place of one that ended", s->signer_restarts);
	gauge(b, "pending", "attestations waiting for the log", s->pending);
	gauge(b, "oldest_pending_seconds", "age of the oldest of them",
	      age > 0 ? (uint64_t)age : 0);
	gauge(b, "queue", "submissions waiting to be kept", s->queued);
	gauge(b, "log_queue", "kept attestations at hand for the log", s->fresh);
	gauge(b, "log_waiters", "answers waiting for the log", s->waiting);
	gauge(b, "log_tree_size", "entries of the log that the store knows of", s->log_size);
	gauge(b, "log_checkpoint_age_seconds", "since the log took something last, or the start",
	      seen > 0 ? (uint64_t)seen : 0);
	gauge(b, "journal_tree_size", "leaves of the journal", s->journal_size);
	gauge(b, "policy_version", "of the policy in force", s->policy_version);
	pdg_metrics_family(b, "build_info", "gauge", "the program that runs");
	pdg_buf_printf(b, "pedigree_build_info{version=\"%s\"} 1\n", PEDIGREE_VERSION);
}

/* Names and units as every client library has them; without our prefix. */
static void process(struct pdg_buf *b, const char *name, const char *type, const char *help)
{
	pdg_buf_printf(b, "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s ", name, help,
		       name, type, name);
}

static void write_process(struct pdg_buf *b, const struct pdg_process_stats *s)
{
	process(b, "cpu_seconds_total", "counter", "CPU time of all threads");
	pdg_buf_printf(b, "%" PRIu64 ".%06" PRIu64 "\n", s->cpu_us / 1000000, s->cpu_us % 1000000);
	process(b, "resident_memory_bytes", "gauge", "resident memory");
	pdg_buf_printf(b, "%" PRIu64 "\n", s->resident);
	process(b, "open_fds", "gauge", "open descriptors");
	pdg_buf_printf(b, "%" PRIu64 "\n", s->descriptors);
	process(b, "max_fds", "gauge", "descriptors that may be open");
	pdg_buf_printf(b, "%" PRIu64 "\n", s->descriptors_max);
	process(b, "start_time_seconds", "gauge", "start, in Unix seconds");
	pdg_buf_printf(b, "%" PRId64 "\n", s->started);
}

enum pdg_handled pdg_api_metrics(struct pdg_request *rq)
{
	struct pdg_buf *b = &rq->reply.body;
	struct pdg_process_stats p;
	struct pdg_core_stats s;

	pdg_core_stats(rq->core, &s);
	pdg_process_stats(pdg_core_process(rq->core), &p);
	pdg_metrics_write(pdg_core_metrics(rq->core), pdg_route_name, b);
	write_core(b, &s);
	write_process(b, &p);
	(void)pdg_reply_result(rq, 0, "text/plain; version=0.0.4; charset=utf-8", NULL);
	return PDG_HANDLED;
}
