/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that take memory are answered a few at a time and refused beyond a bound. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/reads.h"
#include "support/check.h"
#include "util/limits.h"

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned running, most, finished;
	bool open;
} gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static enum pdg_handled wait_at_gate(struct pdg_request *rq)
{
	(void)pthread_mutex_lock(&gate.mutex);
	if (++gate.running > gate.most)
		gate.most = gate.running;
	(void)pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		(void)pthread_cond_wait(&gate.changed, &gate.mutex);
	gate.running--;
	(void)pthread_mutex_unlock(&gate.mutex);
	rq->reply.status = 200;
	return PDG_HANDLED;
}

static void count_finished(struct pdg_request *rq)
{
	(void)rq;
	(void)pthread_mutex_lock(&gate.mutex);
	gate.finished++;
	(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.mutex);
}

/* Until @running run and @finished are finished. */
static void gate_until(unsigned running, unsigned finished)
{
	(void)pthread_mutex_lock(&gate.mutex);
	while (gate.running < running || gate.finished < finished)
		(void)pthread_cond_wait(&gate.changed, &gate.mutex);
	(void)pthread_mutex_unlock(&gate.mutex);
}

static void gate_open(bool open)
{
	(void)pthread_mutex_lock(&gate.mutex);
	gate.open = open;
	(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.mutex);
}

#define QUESTIONS (PDG_LIMIT_READERS + PDG_LIMIT_READERS_WAITING)

static const struct pdg_route route = {.method = PDG_GET, .path = "/", .handle = wait_at_gate};

static void questions_init(struct pdg_request *rq, size_t n)
{
	gate.running = gate.most = gate.finished = 0;
	gate.open = false;
	for (; n; n--, rq++) {
		*rq = (struct pdg_request){.id = "1", .route = &route, .finish = count_finished};
		pdg_buf_init(&rq->reply.body, 1 << 16);
	}
}

static void reads_are_bounded(void)
{
	static struct pdg_request rq[QUESTIONS + 1];
	struct pdg_reads *r = NULL;
	struct pdg_error err = {0};
	size_t i;

	questions_init(rq, QUESTIONS + 1);
	if (!CHECK_OK(pdg_reads_new(&r, &err), &err))
		return;
	for (i = 0; i < PDG_LIMIT_READERS; i++)
		CHECK(pdg_reads_put(r, &rq[i]));
	gate_until(PDG_LIMIT_READERS, 0);
	for (; i < QUESTIONS; i++)
		CHECK(pdg_reads_put(r, &rq[i]));
	/* One too many: refused at once, with when to come again. */
	CHECK(!pdg_reads_put(r, &rq[i]));
	CHECK_INT(rq[i].reply.status, 503);
	CHECK_INT(rq[i].reply.retry_after, 1);
	CHECK_HAS(pdg_buf_cstr(&rq[i].reply.body), "\"rule\":\"HTP-7\"");
	gate_open(true);
	gate_until(0, QUESTIONS);
	CHECK_UINT(gate.most, PDG_LIMIT_READERS);
	for (i = 0; i < QUESTIONS; i++)
		CHECK_INT(rq[i].reply.status, 200);
	pdg_reads_free(r);
	pdg_reply_done(&rq[QUESTIONS].reply);
}

static void *open_soon(void *ctx)
{
	(void)ctx;
	(void)usleep(100000);
	gate_open(true);
	return NULL;
}

/* What runs is finished, what waits is told that the service stops; nobody is forgotten. */
static void reads_stop(void)
{
	static struct pdg_request rq[PDG_LIMIT_READERS + 3];
	const size_t n = sizeof(rq) / sizeof(rq[0]);
	struct pdg_reads *r = NULL;
	struct pdg_error err = {0};
	pthread_t opener;
	size_t i;

	questions_init(rq, n);
	if (!CHECK_OK(pdg_reads_new(&r, &err), &err))
		return;
	for (i = 0; i < n - 1; i++)
		CHECK(pdg_reads_put(r, &rq[i]));
	gate_until(PDG_LIMIT_READERS, 0);
	if (!CHECK(pthread_create(&opener, NULL, open_soon, NULL) == 0))
		abort();
	pdg_reads_stop(r);
	(void)pthread_join(opener, NULL);
	CHECK_UINT(gate.finished, n - 1);
	for (i = 0; i < n - 1; i++)
		CHECK_INT(rq[i].reply.status, i < PDG_LIMIT_READERS ? 200 : 503);
	CHECK_HAS(pdg_buf_cstr(&rq[n - 2].reply.body), "SVC-2");
	CHECK(!pdg_reads_put(r, &rq[n - 1]));
	CHECK_HAS(pdg_buf_cstr(&rq[n - 1].reply.body), "SVC-2");
	pdg_reads_free(r);
	for (i = 0; i < n; i++)
		pdg_reply_done(&rq[i].reply);
}

PDG_TEST_MAIN("reads", {"reads are bounded", reads_are_bounded}, {"reads stop", reads_stop})
