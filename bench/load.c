/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load for pedigreed, on loopback: build envelopes are made and signed before the clock starts,
 * then sent over keep-alive connections, one request at a time on each. Every answer has to be 201
 * (logged), or with --wait 0 201 or 202 (durable, the log to follow); another one ends the run with
 * status 1.
 *
 * It prints one line: rate, percentiles of the latency, and the CPU time of the service (all
 * threads of that process and of its children, by the kernel's clocks) and of this program for each
 * request, and what OpenSSL needed for the two signatures meanwhile. With --as the same statements
 * go to a Rekor instead, in the form that it takes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "attest/dsse.h"
#include "figures.h"
#include "load.h"
#include "load_floor.h"
#include "stage/build.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/opt.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"

#define REQUESTS_MAX 1000000
#define CLIENTS_MAX  1024
#define SILENCE_MS   30000 /* nothing from the service for so long ends the run */

static const struct pdg_opt options[] = {
	{"port", "N", "where pedigreed listens on 127.0.0.1", false},
	{"pid", "N", "its process id; its children's time counts too", false},
	{"as", "KIND", "pedigree (default), rekor-v2 or rekor-v1", false},
	{"clients", "N", "connections", false},
	{"requests", "N", "submissions to measure", false},
	{"warm", "N", "submissions before them (default 100)", false},
	{"wait", "SECONDS", "Prefer: wait=N (default 10)", false},
	{"key", "PEM", "the builder's private key", false},
	{"builder", "ID", "the builder's id", false},
	{"repository", "URI", "the source's repository", false},
	{"commit", "HEX", "the source's commit", false},
	{"sha256", "HEX", "its sha256", false},
	{"public", "PEM", "the builder's public key, as Rekor is told of it", false},
	{0},
};

struct request {
	uint8_t *p; /* head and body */
	size_t n;
};

struct conn {
	int fd;
	size_t request; /* which one is under way */
	size_t sent;
	bool busy;
	double from;
	struct pdg_buf in;
};

struct load {
	const struct pdg_args *args;
	uint64_t pid, clients, n, warm;
	struct request *requests; /* warm, then n */
	struct conn *conns;
	double *latency; /* ms, one a measured request */
	size_t next, end, answered;
	uint64_t logged, pending;
	int epoll;
	struct bench_target target;
};

static double now_s(clockid_t clock)
{
	return bench_us(clock) / 1e6;
}

/* --- what is sent ------------------------------------------------------------------------ */

static int make_request(struct load *l, const struct pdg_key *key, const char *artifact,
			struct request *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf statement = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf whole = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_build_artifact subject = {.name = "artifact", .sha256 = artifact};
	const struct pdg_build_make m = {
		.builder_id = pdg_args_get(l->args, "builder"),
		.source_uri = pdg_args_get(l->args, "repository"),
		.source_commit = pdg_args_get(l->args, "commit"),
		.source_sha256 = pdg_args_get(l->args, "sha256"),
		.artifacts = &subject,
		.n_artifacts = 1,
	};
	int rc = pdg_build_make(&m, &statement, err);

	if (rc == 0)
		rc = pdg_envelope_sign(pdg_buf_bytes(&statement), key, &e, err);
	if (rc == 0)
		rc = bench_request(&l->target, e, &whole, err);
	if (rc < 0)
		return rc;
	out->p = malloc(whole.n);
	if (!out->p)
		return pdg_nomem(err);
	memcpy(out->p, whole.p, whole.n);
	out->n = whole.n;
	return 0;
}

/* Artifacts that no run had before: random digits, then a count. */
static int make_requests(struct load *l, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	char digest[2 * 32 + 1];
	uint8_t seed[32];
	size_t i;
	int rc = pdg_key_private_file(pdg_args_get(l->args, "key"), &key, err);

	if (rc == 0 && getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		rc = pdg_fail(err, PDG_E_IO, "no random numbers");
	for (i = 0; rc == 0 && i < l->warm + l->n; i++) {
		seed[0] = (uint8_t)(i >> 24);
		seed[1] = (uint8_t)(i >> 16);
		seed[2] = (uint8_t)(i >> 8);
		seed[3] = (uint8_t)i;
		pdg_hex(pdg_bytes(seed, sizeof(seed)), digest);
		rc = make_request(l, key, digest, &l->requests[i], err);
	}
	return rc;
}

/* --- what is answered --------------------------------------------------------------------- */

static int take_answer(struct load *l, struct conn *c, uint64_t status, struct pdg_error *err)
{
	double ms = (now_s(CLOCK_MONOTONIC) - c->from) * 1e3;

	if (status != 201 && !(status == 202 && l->target.wait == 0))
		return pdg_fail(err, PDG_E_IO, "request %zu was answered %u: %s", c->request,
				(unsigned)status, pdg_buf_cstr(&c->in));
	if (c->request >= l->warm) {
		l->latency[c->request - l->warm] = ms;
		l->logged += status == 201;
		l->pending += status == 202;
	}
	l->answered++;
	c->busy = false;
	pdg_buf_reset(&c->in);
	return 0;
}

/* --- connections -------------------------------------------------------------------------- */

static int send_more(struct load *l, struct conn *c, struct pdg_error *err)
{
	const struct request *r = &l->requests[c->request];
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	while (c->sent < r->n) {
		ssize_t n = send(c->fd, r->p + c->sent, r->n - c->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return pdg_fail(err, PDG_E_IO, "send: %s", strerror(errno));
		c->sent += (size_t)n;
	}
	if (c->sent < r->n)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		return pdg_fail(err, PDG_E_IO, "epoll_ctl: %s", strerror(errno));
	return 0;
}

static int start_next(struct load *l, struct conn *c, struct pdg_error *err)
{
	if (l->next == l->end)
		return 0;
	c->request = l->next++;
	c->sent = 0;
	c->busy = true;
	c->from = now_s(CLOCK_MONOTONIC);
	return send_more(l, c, err);
}

static int receive(struct load *l, struct conn *c, struct pdg_error *err)
{
	uint8_t *room = pdg_buf_room(&c->in, PDG_LIMIT_KIB(16));
	uint64_t status = 0;
	size_t whole = 0;
	ssize_t n;
	int done;

	if (!room)
		return pdg_buf_check(&c->in, err);
	n = recv(c->fd, room, PDG_LIMIT_KIB(16), 0);
	c->in.n -= PDG_LIMIT_KIB(16) - (n > 0 ? (size_t)n : 0);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return pdg_fail(err, PDG_E_IO, "the service closed a connection%s%s",
				n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
	done = bench_answer(pdg_buf_bytes(&c->in), &status, &whole);
	if (done < 0 || (done > 0 && (whole != c->in.n || !c->busy)))
		return pdg_fail(err, PDG_E_FORMAT,
				"an answer that is no HTTP, or was not asked for");
	if (done == 0)
		return 0;
	done = take_answer(l, c, status, err);
	return done < 0 ? done : start_next(l, c, err);
}

static int connect_one(struct load *l, struct conn *c, struct pdg_error *err)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)l->target.port)};
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		return pdg_fail(err, PDG_E_IO, "127.0.0.1:%u: %s", (unsigned)l->target.port,
				strerror(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pdg_buf_init(&c->in, PDG_LIMIT_RECORD);
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		return pdg_fail(err, PDG_E_IO, "epoll_ctl: %s", strerror(errno));
	return 0;
}

/* Send the requests from l->next up to @end over all connections; returns when all are answered. */
static int run(struct load *l, size_t end, struct pdg_error *err)
{
	struct epoll_event ev[64];
	size_t i;
	int rc = 0;

	l->end = end;
	for (i = 0; rc == 0 && i < l->clients; i++)
		rc = start_next(l, &l->conns[i], err);
	while (rc == 0 && l->answered < end) {
		int n = epoll_wait(l->epoll, ev, 64, SILENCE_MS);

		if (n <= 0)
			return pdg_fail(err, PDG_E_IO, "no answer for %d s", SILENCE_MS / 1000);
		for (i = 0; rc == 0 && i < (size_t)n; i++) {
			struct conn *c = ev[i].data.ptr;

			if (ev[i].events & EPOLLOUT)
				rc = send_more(l, c, err);
			if (rc == 0 && (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
				rc = receive(l, c, err);
		}
	}
	return rc;
}

/* --- the whole ---------------------------------------------------------------------------- */

static int measure(struct load *l, struct pdg_error *err)
{
	struct bench_beside *beside = NULL;
	double wall, service, own, floor;
	size_t i, n = (size_t)l->n;
	int rc = 0;

	for (i = 0; rc == 0 && i < l->clients; i++)
		rc = connect_one(l, &l->conns[i], err);
	if (rc == 0)
		rc = run(l, (size_t)l->warm, err);
	if (rc == 0)
		rc = bench_beside_start(&beside, err);
	if (rc < 0)
		return rc;
	wall = now_s(CLOCK_MONOTONIC);
	service = bench_family_us((pid_t)l->pid) / 1e6;
	own = now_s(CLOCK_PROCESS_CPUTIME_ID);
	rc = run(l, (size_t)(l->warm + l->n), err);
	wall = now_s(CLOCK_MONOTONIC) - wall;
	service = bench_family_us((pid_t)l->pid) / 1e6 - service;
	own = now_s(CLOCK_PROCESS_CPUTIME_ID) - own;
	floor = bench_beside_end(beside);
	if (rc < 0)
		return rc;
	qsort(l->latency, n, sizeof(*l->latency), bench_compare);
	printf("clients %u requests %zu logged %u pending %u seconds %.2f rate %.0f p50 %.2f p95 %.2f p99 %.2f "
	       "max %.2f cpu %.1f own %.1f floor %.1f\n",
	       (unsigned)l->clients, n, (unsigned)l->logged, (unsigned)l->pending, wall,
	       (double)n / wall, l->latency[n / 2], l->latency[n * 95 / 100],
	       l->latency[n * 99 / 100], l->latency[n - 1], service / (double)n * 1e6,
	       own / (double)n * 1e6, floor);
	return 0;
}

static int number(const struct pdg_args *args, const char *name, uint64_t otherwise, uint64_t max,
		  uint64_t *out, struct pdg_error *err)
{
	const char *text = pdg_args_get(args, name);

	*out = otherwise;
	if ((!text && otherwise != UINT64_MAX) ||
	    (text && pdg_bytes_u64(pdg_bytes_str(text), max, out)))
		return 0;
	return pdg_reject(err, "CLI-1", "--%s needs a number up to %ju", name, (uintmax_t)max);
}

static int read_options(struct load *l, struct pdg_error *err)
{
	static const char *const needed[] = {"key", "builder", "repository", "commit", "sha256"};
	size_t i;
	int rc = number(l->args, "port", UINT64_MAX, UINT16_MAX, &l->target.port, err);

	if (rc == 0)
		rc = number(l->args, "pid", 0, INT32_MAX, &l->pid, err);
	if (rc == 0)
		rc = number(l->args, "clients", 1, CLIENTS_MAX, &l->clients, err);
	if (rc == 0)
		rc = number(l->args, "requests", 1000, REQUESTS_MAX, &l->n, err);
	if (rc == 0)
		rc = number(l->args, "warm", 100, REQUESTS_MAX, &l->warm, err);
	if (rc == 0)
		rc = number(l->args, "wait", 10, PDG_LIMIT_WAIT_SECONDS, &l->target.wait, err);
	for (i = 0; rc == 0 && i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!pdg_args_has(l->args, needed[i]))
			rc = pdg_reject(err, "CLI-1", "--%s is missing", needed[i]);
	}
	if (rc == 0 && (l->clients == 0 || l->n == 0))
		rc = pdg_reject(err, "CLI-1", "no clients, or no requests");
	return rc < 0 ? rc
		      : bench_target_init(&l->target, pdg_args_get(l->args, "as"),
					  pdg_args_get(l->args, "public"), err);
}

static int prepare(struct load *l, struct pdg_error *err)
{
	int rc = read_options(l, err);

	if (rc < 0)
		return rc;
	l->requests = pdg_calloc((size_t)(l->warm + l->n), sizeof(*l->requests));
	l->conns = pdg_calloc((size_t)l->clients, sizeof(*l->conns));
	l->latency = pdg_calloc((size_t)l->n, sizeof(*l->latency));
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!l->requests || !l->conns || !l->latency || l->epoll < 0)
		return pdg_nomem(err);
	return make_requests(l, err);
}

static void load_done(struct load *l)
{
	size_t i;

	for (i = 0; l->conns && i < l->clients; i++) {
		if (l->conns[i].fd > 0)
			(void)close(l->conns[i].fd);
		pdg_buf_done(&l->conns[i].in);
	}
	for (i = 0; l->requests && i < l->warm + l->n; i++)
		free(l->requests[i].p);
	free(l->conns);
	free(l->requests);
	free(l->latency);
	pdg_buf_done(&l->target.key);
	if (l->epoll >= 0)
		(void)close(l->epoll);
}

int main(int argc, char **argv)
{
	struct pdg_args args = {.table = NULL};
	struct load l = {.args = &args, .epoll = -1};
	struct pdg_error err = {.code = 0};
	int rc = pdg_args_parse(options, argc - 1, argv + 1, &args, &err);

	if (rc == 0)
		rc = prepare(&l, &err);
	if (rc == 0)
		rc = measure(&l, &err);
	load_done(&l);
	pdg_args_done(&args);
	if (rc < 0)
		pdg_out_error("bench-load", &err);
	return rc < 0 ? 1 : 0;
}
