/* SPDX-License-Identifier: Apache-2.0 */
/* The manager's protocol by hand: it is one datagram, and libsystemd is a library of its own. */
#include "service/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/bytes.h"
#include "util/time.h"

/* An abstract name is written with @ for its first byte, which is NUL. */
static int connect_to(const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || n >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, name, n);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0)
		pdg_auto_fd(&fd);
	return fd;
}

/* WATCHDOG_USEC counts for the process that WATCHDOG_PID names; twice as often is asked for. */
static int64_t interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t us, whose;

	if (!usec || !pdg_bytes_u64(pdg_bytes_str(usec), INT64_MAX, &us))
		return 0;
	if (pid &&
	    (!pdg_bytes_u64(pdg_bytes_str(pid), INT32_MAX, &whose) || whose != (uint64_t)getpid()))
		return 0;
	return us < 2000 ? 1 : (int64_t)(us / 2000);
}

void pdg_notify_open(struct pdg_notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET");

	n->fd = name ? connect_to(name) : -1;
	n->interval_ms = n->fd >= 0 ? interval() : 0;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

void pdg_notify_close(struct pdg_notify *n)
{
	pdg_auto_fd(&n->fd);
}

void pdg_notify_tell(const struct pdg_notify *n, const char *lines)
{
	if (n->fd >= 0)
		(void)send(n->fd, lines, strlen(lines), MSG_NOSIGNAL);
}

void pdg_notify_reloading(const struct pdg_notify *n)
{
	char lines[80];

	(void)snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		       pdg_monotonic_us());
	pdg_notify_tell(n, lines);
}
