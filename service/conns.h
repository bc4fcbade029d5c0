/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open connections: how many from one address, and until when each must have done its part.
 * A thread looks once a second and shuts down those that are late. Knows sockets, not HTTP.
 */
#ifndef PDG_SERVICE_CONNS_H
#define PDG_SERVICE_CONNS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "util/error.h"

struct pdg_conns;
struct pdg_conn;

enum pdg_conn_phase {
	PDG_CONN_HEAD,	 /* the next request's headers are awaited */
	PDG_CONN_BODY,	 /* its body is being received */
	PDG_CONN_WORK,	 /* ours to answer: no deadline */
	PDG_CONN_ANSWER, /* the answer is being sent */
};

/** @per_address: connections from one address (IPv6: one /64), 0: any number. */
int pdg_conns_new(size_t per_address, struct pdg_conns **out, struct pdg_error *err) PDG_MUST_CHECK;
/** Ends the thread. No connection is open any more. */
void pdg_conns_free(struct pdg_conns *c);

/**
 * A connection was accepted. Loopback and local sockets are never counted: a proxy may stand
 * there. NULL: too many from @from, or out of memory; the socket is shut down then.
 */
struct pdg_conn *pdg_conn_open(struct pdg_conns *c, int fd, const struct sockaddr *from,
			       int64_t now);
/** Before its descriptor is closed. NULL is allowed. */
void pdg_conn_close(struct pdg_conns *c, struct pdg_conn *conn);

/** Enter @phase at @now (pdg_monotonic_ms()). @bytes: of the answer; else 0. */
void pdg_conn_enter(struct pdg_conn *conn, enum pdg_conn_phase phase, size_t bytes, int64_t now);
/** @bytes more of a body came: the deadline moves by the time that they may take. */
void pdg_conn_received(struct pdg_conn *conn, size_t bytes);

/** Shut down what is late at @now; the number of them. (What the thread does once a second.) */
size_t pdg_conns_sweep(struct pdg_conns *c, int64_t now);

#endif
