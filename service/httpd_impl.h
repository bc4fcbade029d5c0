/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the HTTP server share, and nobody else sees:
 *
 *	httpd.c          listening, starting, stopping
 *	httpd_conn.c     a connection, from its acceptance to its end
 *	httpd_request.c  a request, from its first line to its completion
 *	httpd_reply.c    an answer on its way out
 */
#ifndef PDG_SERVICE_HTTPD_IMPL_H
#define PDG_SERVICE_HTTPD_IMPL_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "service/budget.h"
#include "service/conns.h"
#include "service/framing.h"
#include "service/http.h"
#include "service/httpd.h"
#include "service/reads.h"

struct pdg_httpd {
	struct MHD_Daemon *daemon[PDG_LISTEN_MAX];
	size_t n;
	struct pdg_core *core;
	struct pdg_conns *conns;
	struct pdg_reads *reads;
	struct pdg_budget bodies;  /* being received or judged */
	struct pdg_budget answers; /* made and not fetched yet */
	atomic_bool stopping;
	atomic_size_t active; /* requests begun and not completed */
	atomic_uint_fast64_t next_id;
	uint32_t id_base;
};

/* One connection, from its acceptance to its end. */
struct pdg_link {
	struct pdg_conn *conn;
	struct pdg_framing framing; /* of the request being read */
};

/* One request on its connection. */
struct pdg_exchange {
	struct pdg_request rq; /* first: finish() gets this address */
	struct pdg_httpd *httpd;
	struct MHD_Connection *conn;
	struct pdg_link *link;
	const struct pdg_route *route;
	struct pdg_buf body;
	size_t counted; /* bytes of httpd->bodies that are ours */
	size_t waiting; /* bytes of httpd->answers that are ours */
	size_t discarded;
	atomic_bool done; /* a later reply is complete */
	bool started;	  /* the handler was called */
};

/* libmicrohttpd's callbacks; @ctx is the struct pdg_httpd. */
void pdg_httpd_on_connection(void *ctx, struct MHD_Connection *conn, void **slot,
			     enum MHD_ConnectionNotificationCode what);
void *pdg_httpd_on_target(void *ctx, const char *target, struct MHD_Connection *conn);
enum MHD_Result pdg_httpd_on_request(void *ctx, struct MHD_Connection *conn, const char *path,
				     const char *method, const char *version, const char *data,
				     size_t *n, void **slot);
void pdg_httpd_on_completed(void *ctx, struct MHD_Connection *conn, void **slot,
			    enum MHD_RequestTerminationCode why);

/** NULL: the connection was not taken in: it is shut down already. */
struct pdg_link *pdg_link_of(struct MHD_Connection *conn);
/** The connection is in @phase now; @bytes of an answer. */
void pdg_link_enter(const struct pdg_link *link, enum pdg_conn_phase phase, size_t bytes);

/** Count the answer that was made; one that does not fit becomes HTP-7. */
void pdg_exchange_admit(struct pdg_exchange *x);
enum MHD_Result pdg_exchange_send(struct pdg_exchange *x);

#endif
