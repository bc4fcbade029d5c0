/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of libmicrohttpd: counted and given deadlines from the first byte (service/conns.c).
 */
#include <stdlib.h>

#include "service/httpd_impl.h"
#include "util/size.h"
#include "util/time.h"

void pdg_httpd_on_connection(void *ctx, struct MHD_Connection *conn, void **slot,
			     enum MHD_ConnectionNotificationCode what)
{
	struct pdg_httpd *h = ctx;
	struct pdg_link *link = *slot;
	const union MHD_ConnectionInfo *fd, *from;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (link)
			pdg_conn_close(h->conns, link->conn);
		free(link);
		*slot = NULL;
		return;
	}
	fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	from = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	link = pdg_calloc(1, sizeof(*link));
	if (!link || !fd) {
		free(link);
		return;
	}
	link->conn = pdg_conn_open(h->conns, fd->connect_fd, from ? from->client_addr : NULL,
				   pdg_monotonic_ms());
	*slot = link;
}

/* NULL: the connection was not taken in, or it was shut down at once. */
struct pdg_link *pdg_link_of(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct pdg_link *link = info ? info->socket_context : NULL;

	return link && link->conn ? link : NULL;
}

/* The only look at the target as it was sent: what comes later is decoded and cut at a NUL. */
void *pdg_httpd_on_target(void *ctx, const char *target, struct MHD_Connection *conn)
{
	struct pdg_link *link = pdg_link_of(conn);

	(void)ctx;
	if (link) {
		link->framing = (struct pdg_framing){0};
		pdg_framing_target(&link->framing, target);
	}
	return NULL;
}

void pdg_link_enter(const struct pdg_link *link, enum pdg_conn_phase phase, size_t bytes)
{
	pdg_conn_enter(link->conn, phase, bytes, pdg_monotonic_ms());
}
