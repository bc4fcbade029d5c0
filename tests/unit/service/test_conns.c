/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that dawdle are shut down, and one address does not take them all; questions that
 * take memory are answered a few at a time and refused beyond a bound.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "service/conns.h"
#include "service/reads.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/time.h"

#define S 1000 /* a second */

struct pair {
	int ours, theirs;
	struct pdg_conn *conn;
};

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(&out, &in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&out, &in6, sizeof(in6));
	else
		abort();
	return out;
}

static struct pair accepted(struct pdg_conns *c, const char *from, int64_t now)
{
	struct sockaddr_storage a = address(from);
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
		abort();
	return (struct pair){fd[0], fd[1],
			     pdg_conn_open(c, fd[0], (const struct sockaddr *)&a, now)};
}

static void ended(struct pdg_conns *c, struct pair *p)
{
	pdg_conn_close(c, p->conn);
	(void)close(p->ours);
	(void)close(p->theirs);
}

static bool is_cut(const struct pair *p)
{
	char c;

	return recv(p->theirs, &c, 1, MSG_DONTWAIT) == 0;
}

/* Far in the future: the thread, which looks at the real clock, has nothing to do in these tests.
 */
static int64_t later(void)
{
	return pdg_monotonic_ms() + 1000000 * (int64_t)S;
}

static struct pdg_conns *conns(size_t per_address)
{
	struct pdg_conns *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_conns_new(per_address, &c, &err), &err))
		abort();
	return c;
}

static void slow_headers(void)
{
	struct pdg_conns *c = conns(0);
	int64_t t = later();
	struct pair p = accepted(c, "127.0.0.1", t);

	CHECK_UINT(pdg_conns_sweep(c, t + 9 * S), 0);
	CHECK(!is_cut(&p));
	CHECK_UINT(pdg_conns_sweep(c, t + 10 * S), 1);
	CHECK(is_cut(&p));
	CHECK_UINT(pdg_conns_sweep(c, t + 11 * S), 0);
	ended(c, &p);
	pdg_conns_free(c);
}

static void slow_bodies(void)
{
	struct pdg_conns *c = conns(0);
	int64_t t = later();
	struct pair slow = accepted(c, "127.0.0.1", t), good = accepted(c, "127.0.0.1", t);

	pdg_conn_enter(slow.conn, PDG_CONN_BODY, 0, t);
	pdg_conn_enter(good.conn, PDG_CONN_BODY, 0, t);
	pdg_conn_received(slow.conn, 100);
	pdg_conn_received(good.conn, 640000);
	CHECK_UINT(pdg_conns_sweep(c, t + 11 * S), 1);
	CHECK(is_cut(&slow));
	CHECK(!is_cut(&good));
	/* Being judged it has no deadline, then the client has to fetch the answer. */
	pdg_conn_enter(good.conn, PDG_CONN_WORK, 0, t + 11 * S);
	CHECK_UINT(pdg_conns_sweep(c, t + 1000 * S), 0);
	pdg_conn_enter(good.conn, PDG_CONN_ANSWER, 6400000, t + 1000 * S);
	CHECK_UINT(pdg_conns_sweep(c, t + 1129 * S), 0);
	CHECK_UINT(pdg_conns_sweep(c, t + 1130 * S), 1);
	ended(c, &slow);
	ended(c, &good);
	pdg_conns_free(c);
}

static void idle_between_requests(void)
{
	struct pdg_conns *c = conns(0);
	int64_t t = later();
	struct pair p = accepted(c, "::1", t);

	pdg_conn_enter(p.conn, PDG_CONN_HEAD, 0, t);
	CHECK_UINT(pdg_conns_sweep(c, t + 29 * S), 0);
	CHECK_UINT(pdg_conns_sweep(c, t + 30 * S), 1);
	ended(c, &p);
	pdg_conns_free(c);
}

/* Two of @from are taken in, a third is not. */
static void two_of(const char *from, const char *third, bool taken)
{
	struct pdg_conns *c = conns(2);
	int64_t t = later();
	struct pair a = accepted(c, from, t), b = accepted(c, from, t), x, y;

	CHECK(a.conn && b.conn);
	x = accepted(c, third, t);
	CHECK((x.conn != NULL) == taken);
	CHECK(is_cut(&x) == !taken);
	ended(c, &x);
	/* There is room again when one ends. */
	ended(c, &a);
	y = accepted(c, third, t);
	CHECK(y.conn != NULL);
	ended(c, &y);
	ended(c, &b);
	pdg_conns_free(c);
}

static void few_from_one_address(void)
{
	two_of("192.0.2.1", "192.0.2.1", false);
	two_of("192.0.2.1", "192.0.2.2", true);
	two_of("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", false);
	two_of("2001:db8:1:2::1", "2001:db8:1:3::1", true);
	two_of("127.0.0.1", "127.0.0.1", true);
	two_of("::1", "::1", true);
}

static void the_thread_looks(void)
{
	struct pdg_conns *c = conns(0);
	struct pair p = accepted(c, "127.0.0.1", pdg_monotonic_ms() - 10 * S);
	char byte;

	CHECK(recv(p.theirs, &byte, 1, 0) == 0);
	ended(c, &p);
	pdg_conns_free(c);
}

/* --- reads --- */

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
		*rq = (struct pdg_request){.id = "1", .finish = count_finished};
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
		CHECK(pdg_reads_put(r, &route, &rq[i]));
	gate_until(PDG_LIMIT_READERS, 0);
	for (; i < QUESTIONS; i++)
		CHECK(pdg_reads_put(r, &route, &rq[i]));
	/* One too many: refused at once, with when to come again. */
	CHECK(!pdg_reads_put(r, &route, &rq[i]));
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
		CHECK(pdg_reads_put(r, &route, &rq[i]));
	gate_until(PDG_LIMIT_READERS, 0);
	if (!CHECK(pthread_create(&opener, NULL, open_soon, NULL) == 0))
		abort();
	pdg_reads_stop(r);
	(void)pthread_join(opener, NULL);
	CHECK_UINT(gate.finished, n - 1);
	for (i = 0; i < n - 1; i++)
		CHECK_INT(rq[i].reply.status, i < PDG_LIMIT_READERS ? 200 : 503);
	CHECK_HAS(pdg_buf_cstr(&rq[n - 2].reply.body), "SVC-2");
	CHECK(!pdg_reads_put(r, &route, &rq[n - 1]));
	CHECK_HAS(pdg_buf_cstr(&rq[n - 1].reply.body), "SVC-2");
	pdg_reads_free(r);
	for (i = 0; i < n; i++)
		pdg_reply_done(&rq[i].reply);
}

PDG_TEST_MAIN("conns", {"slow headers", slow_headers}, {"slow bodies", slow_bodies},
	      {"idle between requests", idle_between_requests},
	      {"few from one address", few_from_one_address},
	      {"the thread looks", the_thread_looks}, {"reads are bounded", reads_are_bounded},
	      {"reads stop", reads_stop})
