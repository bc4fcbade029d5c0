/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters in a few copies, one of which a thread adds to; a scrape adds them up. What seldom
 * happens (failures, by rule) has one copy.
 */
#include "service/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/rule.h"
#include "util/size.h"
#include "util/str.h"

#define COPIES	8 /* a power of two */
#define LINE	64
#define CLASSES 5 /* 1xx to 5xx */
#define BOUNDS	(sizeof(bounds) / sizeof(bounds[0]))

/* Microseconds, and as they are told. */
static const struct {
	int64_t us;
	const char *text;
} bounds[] = {
	{50, "5e-05"},	  {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},	{1000, "0.001"},
	{2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},
	{100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},	{2500000, "2.5"},
	{5000000, "5"},	  {10000000, "10"}, {30000000, "30"},
};

static const char *const methods[PDG_METHODS] = {"GET", "HEAD", "POST", "other"};

static const struct {
	const char *name, *help;
} lastings[PDG_LASTINGS] = {
	[PDG_LASTS_SUBMISSION] = {"submission_seconds", "a submission, until its answer is made"},
	[PDG_LASTS_SIGN] = {"sign_seconds", "the countersignatures of what is kept together"},
	[PDG_LASTS_COMMIT] = {"store_commit_seconds", "one transaction of the store"},
	[PDG_LASTS_LOG] = {"log_wait_seconds", "how long an answer waited for the log"},
};

/* Two kinds of one family stand beside each other. */
static const struct {
	const char *name, *help, *label;
} failings[PDG_FAILINGS] = {
	[PDG_FAILS_UNKNOWN] = {"submissions_refused_total", "submissions that were refused",
			       "sender=\"unknown\","},
	[PDG_FAILS_KNOWN] = {"submissions_refused_total", "", "sender=\"known\","},
	[PDG_FAILS_REQUEST] = {"problems_total", "answers that are problem documents", ""},
	[PDG_FAILS_LOG] = {"log_failures_total", "calls or entries that the log did not take", ""},
	[PDG_FAILS_STORE] = {"store_failures_total", "transactions that the store did not take",
			     ""},
};

static const struct {
	const char *name, *help;
} levels[PDG_LEVELS] = {
	[PDG_LEVEL_CONNECTIONS] = {"connections", "connections that are open"},
	[PDG_LEVEL_REQUESTS] = {"requests_in_flight", "requests begun and not completed"},
	[PDG_LEVEL_BODIES] = {"body_bytes_in_flight", "bytes of bodies in memory"},
	[PDG_LEVEL_ANSWERS] = {"answer_bytes_in_flight", "bytes of answers not fetched yet"},
};

static const char *const refusals[PDG_TLS_REFUSALS] = {
	[PDG_TLS_NOT_TLS] = "not-tls",
	[PDG_TLS_PARAMETERS] = "parameters",
	[PDG_TLS_CERTIFICATE] = "client-certificate",
	[PDG_TLS_REJECTED] = "rejected-by-client",
	[PDG_TLS_CLOSED] = "closed",
	[PDG_TLS_LATE] = "late",
	[PDG_TLS_ASIDES] = "key-updates",
	[PDG_TLS_OTHER] = "other",
};

const char *pdg_tls_refusal_name(enum pdg_tls_refusal why)
{
	return refusals[why];
}

struct lasting {
	atomic_uint_fast64_t bucket[BOUNDS + 1], sum;
};

struct copy {
	atomic_uint_fast64_t request[PDG_METRICS_ROUTES + 1][PDG_METHODS][CLASSES];
	struct lasting lasting[PDG_LASTINGS];
	char apart[LINE];
};

struct pdg_metrics {
	struct copy copy[COPIES];
	const atomic_size_t *level[PDG_LEVELS];
	atomic_uint_fast64_t tls[PDG_TLS_REFUSALS];
	size_t rules;
	atomic_uint_fast64_t *failed; /* by kind, then by rule; the last of each is "none" */
};

int pdg_metrics_new(struct pdg_metrics **out, struct pdg_error *err)
{
	struct pdg_metrics *m = pdg_calloc(1, sizeof(*m));

	if (!m)
		return pdg_nomem(err);
	(void)pdg_rule_table(&m->rules);
	m->failed = pdg_calloc((m->rules + 1) * PDG_FAILINGS, sizeof(*m->failed));
	if (!m->failed) {
		pdg_metrics_free(m);
		return pdg_nomem(err);
	}
	*out = m;
	return 0;
}

void pdg_metrics_free(struct pdg_metrics *m)
{
	if (!m)
		return;
	free(m->failed);
	free(m);
}

/* --- counting --- */

/* Threads keep the copy that their stack's place gives them: nobody else has to be asked. */
static struct copy *own_copy(struct pdg_metrics *m)
{
	uintptr_t at = (uintptr_t)pthread_self();

	return &m->copy[(at * UINT64_C(0x9e3779b97f4a7c15) >> 61) % COPIES];
}

static void add(atomic_uint_fast64_t *n, uint64_t more)
{
	atomic_fetch_add_explicit(n, more, memory_order_relaxed);
}

static enum pdg_metrics_method method_of(const char *method)
{
	size_t i = 0;

	while (i < PDG_METHOD_OTHER && !pdg_str_eq(methods[i], method))
		i++;
	return (enum pdg_metrics_method)i;
}

void pdg_metrics_request(struct pdg_metrics *m, size_t route, const char *method, int status)
{
	size_t class = status >= 100 && status < 600 ? (size_t)status / 100 - 1 : CLASSES - 1;

	if (!m)
		return;
	if (route > PDG_METRICS_ROUTES)
		route = PDG_METRICS_ROUTES;
	add(&own_copy(m)->request[route][method_of(method)][class], 1);
}

void pdg_metrics_lasted(struct pdg_metrics *m, enum pdg_lasting what, int64_t microseconds)
{
	struct lasting *l;
	size_t i = 0;

	if (!m)
		return;
	l = &own_copy(m)->lasting[what];
	while (i < BOUNDS && microseconds > bounds[i].us)
		i++;
	add(&l->bucket[i], 1);
	add(&l->sum, microseconds > 0 ? (uint64_t)microseconds : 0);
}

void pdg_metrics_failed(struct pdg_metrics *m, enum pdg_failing what, const char *rule)
{
	const struct pdg_rule *r = pdg_rule_find(rule);
	size_t n, at;

	if (!m)
		return;
	at = r ? (size_t)(r - pdg_rule_table(&n)) : m->rules;
	add(&m->failed[(size_t)what * (m->rules + 1) + at], 1);
}

void pdg_metrics_tls(struct pdg_metrics *m, enum pdg_tls_refusal why)
{
	if (m)
		add(&m->tls[why], 1);
}

void pdg_metrics_watch(struct pdg_metrics *m, enum pdg_level_of what, const atomic_size_t *v)
{
	if (m)
		m->level[what] = v;
}

/* --- telling --- */

static uint64_t get(const atomic_uint_fast64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

uint64_t pdg_metrics_failures(const struct pdg_metrics *m, enum pdg_failing what)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i <= m->rules; i++)
		sum += get(&m->failed[(size_t)what * (m->rules + 1) + i]);
	return sum;
}

void pdg_metrics_family(struct pdg_buf *out, const char *name, const char *type, const char *help)
{
	pdg_buf_printf(out, "# HELP pedigree_%s %s\n# TYPE pedigree_%s %s\n", name, help, name,
		       type);
}

static uint64_t sum_requests(const struct pdg_metrics *m, size_t route, size_t method, size_t class)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < COPIES; i++)
		sum += get(&m->copy[i].request[route][method][class]);
	return sum;
}

/* Of what never happened there is no series. */
static void write_requests(const struct pdg_metrics *m, const char *(*route)(size_t i),
			   struct pdg_buf *out)
{
	size_t r, method, class;

	pdg_metrics_family(out, "requests_total", "counter", "requests that were answered");
	for (r = 0; r <= PDG_METRICS_ROUTES; r++) {
		const char *name = r < PDG_METRICS_ROUTES ? route(r) : NULL;

		for (method = 0; method < PDG_METHODS; method++) {
			for (class = 0; class < CLASSES; class ++) {
				uint64_t n = sum_requests(m, r, method, class);

				if (n)
					pdg_buf_printf(out,
						       "pedigree_requests_total{route=\"%s\","
						       "method=\"%s\",status=\"%zuxx\"} %" PRIu64
						       "\n",
						       name ? name : "none", methods[method],
						       class + 1, n);
			}
		}
	}
}

static void write_lasting(const struct pdg_metrics *m, size_t what, struct pdg_buf *out)
{
	const char *name = lastings[what].name;
	uint64_t count = 0, sum = 0;
	size_t i, j;

	pdg_metrics_family(out, name, "histogram", lastings[what].help);
	for (i = 0; i <= BOUNDS; i++) {
		for (j = 0; j < COPIES; j++)
			count += get(&m->copy[j].lasting[what].bucket[i]);
		pdg_buf_printf(out, "pedigree_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
			       i < BOUNDS ? bounds[i].text : "+Inf", count);
	}
	for (j = 0; j < COPIES; j++)
		sum += get(&m->copy[j].lasting[what].sum);
	pdg_buf_printf(out,
		       "pedigree_%s_sum %" PRIu64 ".%06" PRIu64 "\npedigree_%s_count %" PRIu64 "\n",
		       name, sum / 1000000, sum % 1000000, name, count);
}

static void write_failing(const struct pdg_metrics *m, size_t what, struct pdg_buf *out)
{
	const struct pdg_rule *table;
	size_t i, n;

	if (failings[what].help[0])
		pdg_metrics_family(out, failings[what].name, "counter", failings[what].help);
	table = pdg_rule_table(&n);
	for (i = 0; i <= n; i++) {
		uint64_t count = get(&m->failed[what * (n + 1) + i]);

		if (count)
			pdg_buf_printf(out, "pedigree_%s{%srule=\"%s\"} %" PRIu64 "\n",
				       failings[what].name, failings[what].label,
				       i < n ? table[i].id : "none", count);
	}
}

static void write_tls(const struct pdg_metrics *m, struct pdg_buf *out)
{
	size_t i;

	pdg_metrics_family(out, "tls_refused_total", "counter",
			   "connections given up by TLS, their handshake mostly");
	for (i = 0; i < PDG_TLS_REFUSALS; i++)
		pdg_buf_printf(out, "pedigree_tls_refused_total{reason=\"%s\"} %" PRIu64 "\n",
			       refusals[i], get(&m->tls[i]));
}

void pdg_metrics_write(const struct pdg_metrics *m, const char *(*route)(size_t i),
		       struct pdg_buf *out)
{
	size_t i;

	write_requests(m, route, out);
	for (i = 0; i < PDG_LASTINGS; i++)
		write_lasting(m, i, out);
	for (i = 0; i < PDG_FAILINGS; i++)
		write_failing(m, i, out);
	write_tls(m, out);
	for (i = 0; i < PDG_LEVELS; i++) {
		pdg_metrics_family(out, levels[i].name, "gauge", levels[i].help);
		pdg_buf_printf(out, "pedigree_%s %zu\n", levels[i].name,
			       m->level[i] ? atomic_load(m->level[i]) : 0);
	}
}
