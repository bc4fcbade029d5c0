/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are begun from anywhere: each ends by itself, none waits for another's. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/pump.h"
#include "support/check.h"
#include "support/fakehttp.h"
#include "util/str.h"
#include "util/time.h"

#define CALLS 300

struct result {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	unsigned ended, good;
	char rule[PDG_ERROR_RULE_MAX];
	int64_t first_at; /* when the first ended */
};

static struct result result = {.mutex = PTHREAD_MUTEX_INITIALIZER,
			       .cond = PTHREAD_COND_INITIALIZER};

static void reset(void)
{
	result.ended = result.good = 0;
	result.rule[0] = '\0';
	result.first_at = 0;
}

static void on_done(void *ctx, int rc, struct pdg_http_answer *a, const struct pdg_error *err)
{
	const char *want = ctx;

	(void)pthread_mutex_lock(&result.mutex);
	if (result.ended++ == 0)
		result.first_at = pdg_monotonic_ms();
	result.good += rc == 0 && pdg_bytes_eq_str(pdg_buf_bytes(&a->body), want);
	if (rc < 0)
		(void)snprintf(result.rule, sizeof(result.rule), "%s", err->rule);
	(void)pthread_cond_signal(&result.cond);
	(void)pthread_mutex_unlock(&result.mutex);
}

static void wait_for(unsigned n)
{
	(void)pthread_mutex_lock(&result.mutex);
	while (result.ended < n)
		(void)pthread_cond_wait(&result.cond, &result.mutex);
	(void)pthread_mutex_unlock(&result.mutex);
}

/* "/hang" never answers; everything else answers with its path. */
static void answer(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	(void)ctx;
	if (pdg_str_eq(req->path, "/hang"))
		reply->way = FAKE_HANG;
	else
		fake_reply_http(reply, 200, "text/plain", NULL, pdg_bytes_str(req->path));
}

static struct pdg_http_pump *pump(unsigned parallel)
{
	const struct pdg_http_options opt = {0};
	struct pdg_http_pump *p = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_http_pump_new(&opt, parallel, 1000, &p, &err), &err);
	return p;
}

static void many(void)
{
	struct fake_http *f = fake_http_start(answer, NULL);
	PDG_AUTO(http_pump) struct pdg_http_pump *p = pump(16);
	PDG_AUTO(mem) char *url = pdg_url_join(fake_http_url(f), "x");
	const struct pdg_http_request r = {.method = "GET", .url = url, .timeout_ms = 20000};
	static char want[] = "/x";
	unsigned i;

	reset();
	for (i = 0; i < CALLS; i++)
		CHECK_OK(pdg_http_pump_begin(p, &r, on_done, want, NULL), NULL);
	wait_for(CALLS);
	CHECK_UINT(result.good, CALLS);
	fake_http_stop(f);
}

/* One that hangs holds up nobody, and ends by its own time. */
static void none_waits(void)
{
	struct fake_http *f = fake_http_start(answer, NULL);
	PDG_AUTO(http_pump) struct pdg_http_pump *p = pump(2);
	PDG_AUTO(mem) char *url = pdg_url_join(fake_http_url(f), "x");
	PDG_AUTO(mem) char *hang = pdg_url_join(fake_http_url(f), "hang");
	const struct pdg_http_request good = {.method = "GET", .url = url, .timeout_ms = 20000};
	const struct pdg_http_request bad = {.method = "GET", .url = hang, .timeout_ms = 2000};
	static char want[] = "/x";
	int64_t begun = pdg_monotonic_ms();
	unsigned i;

	reset();
	CHECK_OK(pdg_http_pump_begin(p, &bad, on_done, want, NULL), NULL);
	for (i = 0; i < 20; i++)
		CHECK_OK(pdg_http_pump_begin(p, &good, on_done, want, NULL), NULL);
	wait_for(20);
	CHECK(pdg_monotonic_ms() - begun < 1900);
	CHECK_UINT(result.good, 20);
	wait_for(21);
	CHECK_STR(result.rule, "NET-2");
	fake_http_stop(f);
}

/* A call that cannot even begin ends like the others; so do all at the end. */
static void failures(void)
{
	struct fake_http *f = fake_http_start(answer, NULL);
	PDG_AUTO(http_pump) struct pdg_http_pump *p = pump(1);
	PDG_AUTO(mem) char *hang = pdg_url_join(fake_http_url(f), "hang");
	const struct pdg_http_request none = {.method = "GET", .url = "ftp://x/", .timeout_ms = 1};
	const struct pdg_http_request bad = {.method = "GET", .url = hang, .timeout_ms = 60000};
	static char want[] = "";
	unsigned i;

	reset();
	CHECK_OK(pdg_http_pump_begin(p, &none, on_done, want, NULL), NULL);
	wait_for(1);
	CHECK_UINT(result.good, 0);
	for (i = 0; i < 5; i++)
		CHECK_OK(pdg_http_pump_begin(p, &bad, on_done, want, NULL), NULL);
	(void)nanosleep(&(const struct timespec){.tv_nsec = 100000000}, NULL);
	pdg_http_pump_free(PDG_TAKE(p));
	CHECK_UINT(result.ended, 6);
	CHECK_STR(result.rule, "NET-3");
	fake_http_stop(f);
}

PDG_TEST_MAIN("pump", {"many calls", many}, {"none waits for another", none_waits},
	      {"failures", failures})
