/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts from many threads add up, what cannot be counted is counted as "other" or "none", and
 * every route has its place. (That /metrics is of its form is tests/e2e/metrics.sh.)
 */
#include <pthread.h>
#include <string.h>

#include "service/http.h"
#include "support/check.h"
#include "util/limits.h"

#define THREADS 8
#define TIMES	5000

static void *count(void *ctx)
{
	struct pdg_metrics *m = ctx;
	int i;

	for (i = 0; i < TIMES; i++) {
		pdg_metrics_request(m, 0, "POST", 201);
		pdg_metrics_lasted(m, PDG_LASTS_SIGN, i % 2 ? 60 : 40000000);
		pdg_metrics_failed(m, PDG_FAILS_LOG, i % 2 ? "LOG-13" : "");
	}
	return NULL;
}

static void written(struct pdg_metrics *m, struct pdg_buf *out)
{
	struct pdg_error err = {0};

	pdg_metrics_write(m, pdg_route_name, out);
	CHECK_OK(pdg_buf_check(out, &err), &err);
}

static void add_up(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(metrics) struct pdg_metrics *m = NULL;
	struct pdg_error err = {0};
	pthread_t t[THREADS];
	size_t i;

	if (!CHECK_OK(pdg_metrics_new(&m, &err), &err))
		return;
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_create(&t[i], NULL, count, m) == 0);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	written(m, &out);
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_requests_total{route=\"/api/v1/attestations\","
				      "method=\"POST\",status=\"2xx\"} 40000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_sign_seconds_bucket{le=\"5e-05\"} 0\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_sign_seconds_bucket{le=\"0.0001\"} 20000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_sign_seconds_bucket{le=\"30\"} 20000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_sign_seconds_bucket{le=\"+Inf\"} 40000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_sign_seconds_sum 800001.200000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_log_failures_total{rule=\"LOG-13\"} 20000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_log_failures_total{rule=\"none\"} 20000\n");
	CHECK_UINT(pdg_metrics_failures(m, PDG_FAILS_LOG), 40000);
	CHECK_UINT(pdg_metrics_failures(m, PDG_FAILS_STORE), 0);
}

/* T77: whatever is sent falls into a label that is there. */
static void closed_labels(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(metrics) struct pdg_metrics *m = NULL;
	atomic_size_t one = 7;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_metrics_new(&m, &err), &err))
		return;
	pdg_metrics_request(m, PDG_METRICS_NO_ROUTE, "GET\"} 1\n", 1234);
	pdg_metrics_request(m, PDG_METRICS_ROUTES + 7, "get", -1);
	pdg_metrics_failed(m, PDG_FAILS_UNKNOWN, "EVIL-1");
	pdg_metrics_lasted(m, PDG_LASTS_COMMIT, -5);
	pdg_metrics_watch(m, PDG_LEVEL_CONNECTIONS, &one);
	written(m, &out);
	CHECK_HAS(pdg_buf_cstr(&out),
		  "pedigree_requests_total{route=\"none\",method=\"other\",status=\"5xx\"} 2\n");
	CHECK_HAS(pdg_buf_cstr(&out),
		  "pedigree_submissions_refused_total{sender=\"unknown\",rule=\"none\"} 1\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_store_commit_seconds_sum 0.000000\n");
	CHECK_HAS(pdg_buf_cstr(&out), "pedigree_connections 7\n");
	CHECK(strstr(pdg_buf_cstr(&out), "EVIL") == NULL);
	/* Nobody counts for nobody. */
	pdg_metrics_request(NULL, 0, "GET", 200);
	pdg_metrics_lasted(NULL, PDG_LASTS_SIGN, 1);
	pdg_metrics_failed(NULL, PDG_FAILS_LOG, "LOG-13");
	pdg_metrics_watch(NULL, PDG_LEVEL_BODIES, &one);
}

static void routes_have_room(void)
{
	size_t n = 0;

	while (pdg_route_name(n))
		n++;
	CHECK(n > 10);
	CHECK(n <= PDG_METRICS_ROUTES);
	CHECK(pdg_route_name(PDG_METRICS_ROUTES) == NULL);
}

PDG_TEST_MAIN("service.metrics", {"counts of many threads add up", add_up},
	      {"labels are closed", closed_labels}, {"every route has a place", routes_have_room})
