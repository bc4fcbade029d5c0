/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each address has, and until when a connection must have done its part. Knows
 * addresses and time, neither sockets nor HTTP.
 */
#ifndef PDG_SERVICE_PEERS_H
#define PDG_SERVICE_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "util/error.h"

struct pdg_peers;
struct pdg_peer;

/** @out: the 4 bytes of @from's IPv4 address, also where a socket of both kinds writes it as one of
 * IPv6 (::ffff:192.0.2.1, RFC 4291 2.5.5.2). False: it has none. */
bool pdg_peers_ipv4(const struct sockaddr *from, uint8_t out[4]);

/** @per_address: connections from one address (IPv6: one /64), 0: any number. */
int pdg_peers_new(size_t per_address, struct pdg_peers **out, struct pdg_error *err) PDG_MUST_CHECK;
/** From now on so many; those that are there stay. Any thread. */
void pdg_peers_allow(struct pdg_peers *p, size_t per_address);
/** Nothing that was counted is left. NULL is allowed. */
void pdg_peers_free(struct pdg_peers *p);

/**
 * Count a connection from @from; any thread. Loopback and local sockets are never counted: a proxy
 * may stand there. False: too many from there, or out of memory. *@out: to be given back, or NULL.
 */
bool pdg_peers_take(struct pdg_peers *p, const struct sockaddr *from, struct pdg_peer **out);
/** It ended; any thread. NULL is allowed. */
void pdg_peers_give(struct pdg_peers *p, struct pdg_peer *peer);

enum pdg_phase {
	PDG_PHASE_FIRST,  /* accepted: the first request's headers are awaited */
	PDG_PHASE_HEAD,	  /* the next request's */
	PDG_PHASE_BODY,	  /* its body is being received */
	PDG_PHASE_WORK,	  /* ours to answer: no deadline */
	PDG_PHASE_ANSWER, /* the answer is being sent */
	PDG_PHASE_LINGER, /* refused: the client is to see it and to stop sending */
};

/* pdg_monotonic_ms() at which a connection is late; INT64_MAX: never. */
typedef int64_t pdg_deadline;

/** The deadline of @phase, entered at @now. @bytes: of the answer; else 0. */
pdg_deadline pdg_deadline_of(enum pdg_phase phase, size_t bytes, int64_t now);
/** @bytes more of a body came: the deadline moves by the time that they may take. */
pdg_deadline pdg_deadline_moved(pdg_deadline d, size_t bytes);

#endif
