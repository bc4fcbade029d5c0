/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets from a service manager, by the protocol of sd_listen_fds(3): LISTEN_FDS of them from
 * descriptor 3 on, for the process LISTEN_PID. What they are is asked of themselves.
 */
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/listen.h"
#include "util/bytes.h"
#include "util/log.h"

#define FIRST 3

/* How many are for this process, as it is written; NULL: none are. */
static const char *number_for_us(void)
{
	const char *pid = getenv("LISTEN_PID");
	uint64_t whose = 0;

	return pid && pdg_bytes_u64(pdg_bytes_str(pid), INT32_MAX, &whose) &&
			       whose == (uint64_t)getpid()
		       ? getenv("LISTEN_FDS")
		       : NULL;
}

static int option(int fd, int name)
{
	int value = 0;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &n) == 0 ? value : -1;
}

/* A listening stream socket of a family that is served; its address as text. */
static bool is_listener(int fd, bool *out_local, char name[128])
{
	struct sockaddr_storage own = {0};
	socklen_t n = sizeof(own);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (option(fd, SO_TYPE) != SOCK_STREAM || option(fd, SO_ACCEPTCONN) != 1 ||
	    getsockname(fd, (struct sockaddr *)&own, &n) != 0)
		return false;
	*out_local = own.ss_family == AF_UNIX;
	if (*out_local) {
		struct sockaddr_un un = {0};

		memcpy(&un, &own, sizeof(un));
		(void)snprintf(name, 128, "%.107s", un.sun_path[0] ? un.sun_path : "a socket");
		return true;
	}
	if ((own.ss_family != AF_INET && own.ss_family != AF_INET6) ||
	    getnameinfo((struct sockaddr *)&own, n, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	(void)snprintf(name, 128, own.ss_family == AF_INET6 ? "[%.64s]:%.8s" : "%.64s:%.8s", host,
		       port);
	return true;
}

static int take_one(int fd, struct pdg_listeners *l, struct pdg_error *err)
{
	char name[128];
	bool local;
	int flags;

	if (!is_listener(fd, &local, name))
		return pdg_reject(
			err, "CFG-1",
			"descriptor %d that was handed over is no listening stream socket", fd);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return pdg_fail(err, PDG_E_IO, "descriptor %d cannot be set up", fd);
	return pdg_listeners_add(l, fd, local, name, err);
}

int pdg_listen_handed(struct pdg_listeners *l, struct pdg_error *err)
{
	const char *number = number_for_us();
	uint64_t n = 0, i;
	int rc = 0;

	if (!number)
		return 0;
	if (!pdg_bytes_u64(pdg_bytes_str(number), PDG_LIMIT_LISTENERS, &n)) {
		rc = pdg_reject(err, "CFG-1", "LISTEN_FDS is '%.32s', not 0 to %d sockets", number,
				PDG_LIMIT_LISTENERS);
		pdg_fix(err, "have the service manager hand over fewer, or none");
		return rc;
	}
	/* Not for the programs that we start. */
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	for (i = 0; rc == 0 && i < n; i++)
		rc = take_one(FIRST + (int)i, l, err);
	return rc;
}
