/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of connections. libmicrohttpd has one time-out, of inactivity: a byte every half minute
 * keeps a connection, and the body it holds, for ever. A deadline is written by the connection's
 * thread and read by the sweeper; the list is changed under the mutex, before a descriptor is
 * closed, so that no other connection's is ever shut down.
 */
#include "service/conns.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

#define BUCKETS	 256
#define SWEEP_MS 1000
#define KEY_SIZE 9 /* family, then an IPv4 address or an IPv6 /64 */

struct pdg_conn {
	struct pdg_conn *next, *previous;
	int fd;
	bool counted;
	bool cut;
	uint8_t key[KEY_SIZE];
	atomic_int_fast64_t deadline; /* pdg_monotonic_ms(); INT64_MAX: none */
};

struct pdg_conns {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stop;
	size_t per_address;
	struct pdg_conn *bucket[BUCKETS];
};

/* What is counted together. False: an address that is not counted. */
static bool key_of(const struct sockaddr *from, uint8_t key[KEY_SIZE])
{
	memset(key, 0, KEY_SIZE);
	if (from && from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		key[0] = 4;
		memcpy(key + 1, &in.sin_addr, 4);
		return key[1] != 127;
	}
	if (from && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		key[0] = 6;
		memcpy(key + 1, &in6.sin6_addr, 8);
		return !IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

static size_t bucket_of(const uint8_t key[KEY_SIZE])
{
	uint32_t h = UINT32_C(2166136261);
	size_t i;

	for (i = 0; i < KEY_SIZE; i++)
		h = (h ^ key[i]) * UINT32_C(16777619);
	return h % BUCKETS;
}

static size_t count_of(const struct pdg_conn *list, const uint8_t key[KEY_SIZE])
{
	size_t n = 0;

	for (; list; list = list->next)
		n += list->counted && memcmp(list->key, key, KEY_SIZE) == 0;
	return n;
}

struct pdg_conn *pdg_conn_open(struct pdg_conns *c, int fd, const struct sockaddr *from,
			       int64_t now)
{
	struct pdg_conn *conn = pdg_calloc(1, sizeof(*conn));
	struct pdg_conn **list;
	bool full;

	if (!conn) {
		(void)shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	conn->fd = fd;
	conn->counted = key_of(from, conn->key) && c->per_address;
	atomic_store(&conn->deadline, now + PDG_LIMIT_HEADER_SECONDS * 1000);
	list = &c->bucket[bucket_of(conn->key)];
	(void)pthread_mutex_lock(&c->mutex);
	full = conn->counted && count_of(*list, conn->key) >= c->per_address;
	if (!full) {
		conn->next = *list;
		if (*list)
			(*list)->previous = conn;
		*list = conn;
	}
	(void)pthread_mutex_unlock(&c->mutex);
	if (!full)
		return conn;
	(void)shutdown(fd, SHUT_RDWR);
	free(conn);
	return NULL;
}

void pdg_conn_close(struct pdg_conns *c, struct pdg_conn *conn)
{
	if (!conn)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	if (conn->next)
		conn->next->previous = conn->previous;
	if (conn->previous)
		conn->previous->next = conn->next;
	else
		c->bucket[bucket_of(conn->key)] = conn->next;
	(void)pthread_mutex_unlock(&c->mutex);
	free(conn);
}

/* How long @bytes may take at the lowest rate that is waited for. */
static int64_t time_for(size_t bytes)
{
	return (int64_t)(bytes / (PDG_LIMIT_SLOWEST_RATE / 1000));
}

void pdg_conn_enter(struct pdg_conn *conn, enum pdg_conn_phase phase, size_t bytes, int64_t now)
{
	int64_t deadline = INT64_MAX;

	switch (phase) {
	case PDG_CONN_HEAD:
		deadline = now + PDG_LIMIT_IDLE_SECONDS * 1000;
		break;
	case PDG_CONN_BODY:
		deadline = now + PDG_LIMIT_BODY_SECONDS * 1000;
		break;
	case PDG_CONN_ANSWER:
		deadline = now + PDG_LIMIT_IDLE_SECONDS * 1000 + time_for(bytes);
		break;
	case PDG_CONN_WORK:
		break;
	}
	atomic_store(&conn->deadline, deadline);
}

void pdg_conn_received(struct pdg_conn *conn, size_t bytes)
{
	atomic_fetch_add(&conn->deadline, time_for(bytes));
}

size_t pdg_conns_sweep(struct pdg_conns *c, int64_t now)
{
	struct pdg_conn *conn;
	size_t i, n = 0;

	(void)pthread_mutex_lock(&c->mutex);
	for (i = 0; i < BUCKETS; i++) {
		for (conn = c->bucket[i]; conn; conn = conn->next) {
			if (conn->cut || atomic_load(&conn->deadline) > now)
				continue;
			/* Its own thread sees the end and closes it. */
			(void)shutdown(conn->fd, SHUT_RDWR);
			conn->cut = true;
			n++;
		}
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return n;
}

static void *sweeper(void *ctx)
{
	struct pdg_conns *c = ctx;
	struct timespec t;

	(void)pthread_mutex_lock(&c->mutex);
	while (!c->stop) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_sec += SWEEP_MS / 1000;
		(void)pthread_cond_timedwait(&c->wake, &c->mutex, &t);
		if (c->stop)
			break;
		(void)pthread_mutex_unlock(&c->mutex);
		if (pdg_conns_sweep(c, pdg_monotonic_ms()))
			pdg_log(PDG_LOG_DEBUG, "slow-connections", NULL);
		(void)pthread_mutex_lock(&c->mutex);
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return NULL;
}

int pdg_conns_new(size_t per_address, struct pdg_conns **out, struct pdg_error *err)
{
	struct pdg_conns *c = pdg_calloc(1, sizeof(*c));
	pthread_condattr_t monotonic;

	if (!c)
		return pdg_nomem(err);
	c->per_address = per_address;
	(void)pthread_mutex_init(&c->mutex, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	c->running = pthread_create(&c->thread, NULL, sweeper, c) == 0;
	if (!c->running) {
		pdg_conns_free(c);
		return pdg_fail(err, PDG_E_IO, "no thread for the connections' deadlines");
	}
	*out = c;
	return 0;
}

void pdg_conns_free(struct pdg_conns *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	c->stop = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->mutex);
	if (c->running)
		(void)pthread_join(c->thread, NULL);
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_mutex_destroy(&c->mutex);
	free(c);
}
