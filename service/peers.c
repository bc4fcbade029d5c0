/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections counted by address, in a table of lists; what is counted is few and short-lived
 * against what is done on it, so one mutex does. Deadlines: whoever sends a byte every half minute
 * is as late as whoever sends none.
 */
#include "service/peers.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "util/limits.h"
#include "util/size.h"

#define BUCKETS	 256
#define KEY_SIZE 9 /* family, then an IPv4 address or an IPv6 /64 */

struct pdg_peer {
	struct pdg_peer *next;
	size_t n;
	uint8_t key[KEY_SIZE];
};

struct pdg_peers {
	pthread_mutex_t mutex; /* guards the lists and what is counted in them */
	atomic_size_t per_address;
	struct pdg_peer *bucket[BUCKETS];
};

bool pdg_peers_ipv4(const struct sockaddr *from, uint8_t out[4])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (from->sa_family == AF_INET) {
		memcpy(&in, from, sizeof(in));
		memcpy(out, &in.sin_addr, 4);
		return true;
	}
	if (from->sa_family != AF_INET6)
		return false;
	memcpy(&in6, from, sizeof(in6));
	if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return false;
	memcpy(out, (const uint8_t *)&in6.sin6_addr + 12, 4);
	return true;
}

/* What is counted together. False: an address that is not counted. */
static bool key_of(const struct sockaddr *from, uint8_t key[KEY_SIZE])
{
	memset(key, 0, KEY_SIZE);
	if (from && pdg_peers_ipv4(from, key + 1)) {
		key[0] = 4;
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

/* The entry of @key, made where there is none; NULL: no memory. */
static struct pdg_peer *entry_of(struct pdg_peers *p, const uint8_t key[KEY_SIZE])
{
	struct pdg_peer **list = &p->bucket[bucket_of(key)];
	struct pdg_peer *e = *list;

	while (e && memcmp(e->key, key, KEY_SIZE) != 0)
		e = e->next;
	if (e)
		return e;
	e = pdg_calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	memcpy(e->key, key, KEY_SIZE);
	e->next = *list;
	*list = e;
	return e;
}

bool pdg_peers_take(struct pdg_peers *p, const struct sockaddr *from, struct pdg_peer **out)
{
	uint8_t key[KEY_SIZE];
	struct pdg_peer *e;
	size_t most = atomic_load(&p->per_address);
	bool room;

	*out = NULL;
	if (!most || !key_of(from, key))
		return true;
	(void)pthread_mutex_lock(&p->mutex);
	e = entry_of(p, key);
	room = e && e->n < most;
	if (room)
		e->n++;
	(void)pthread_mutex_unlock(&p->mutex);
	*out = room ? e : NULL;
	return room;
}

void pdg_peers_give(struct pdg_peers *p, struct pdg_peer *peer)
{
	struct pdg_peer **at;

	if (!peer)
		return;
	(void)pthread_mutex_lock(&p->mutex);
	if (--peer->n == 0) {
		for (at = &p->bucket[bucket_of(peer->key)]; *at != peer; at = &(*at)->next)
			;
		*at = peer->next;
		free(peer);
	}
	(void)pthread_mutex_unlock(&p->mutex);
}

int pdg_peers_new(size_t per_address, struct pdg_peers **out, struct pdg_error *err)
{
	struct pdg_peers *p = pdg_calloc(1, sizeof(*p));

	if (!p)
		return pdg_nomem(err);
	atomic_init(&p->per_address, per_address);
	(void)pthread_mutex_init(&p->mutex, NULL);
	*out = p;
	return 0;
}

void pdg_peers_allow(struct pdg_peers *p, size_t per_address)
{
	atomic_store(&p->per_address, per_address);
}

void pdg_peers_free(struct pdg_peers *p)
{
	if (!p)
		return;
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

/* How long @bytes may take at the lowest rate that is waited for. */
static int64_t time_for(size_t bytes)
{
	return (int64_t)(bytes / (PDG_LIMIT_SLOWEST_RATE / 1000));
}

pdg_deadline pdg_deadline_of(enum pdg_phase phase, size_t bytes, int64_t now)
{
	switch (phase) {
	case PDG_PHASE_FIRST:
		return now + PDG_LIMIT_HEADER_SECONDS * 1000;
	case PDG_PHASE_HEAD:
		return now + PDG_LIMIT_IDLE_SECONDS * 1000;
	case PDG_PHASE_BODY:
		return now + PDG_LIMIT_BODY_SECONDS * 1000;
	case PDG_PHASE_ANSWER:
		return now + PDG_LIMIT_IDLE_SECONDS * 1000 + time_for(bytes);
	case PDG_PHASE_LINGER:
		return now + PDG_LIMIT_LINGER_SECONDS * 1000;
	case PDG_PHASE_WORK:
		break;
	}
	return INT64_MAX;
}

pdg_deadline pdg_deadline_moved(pdg_deadline d, size_t bytes)
{
	return d + time_for(bytes);
}
