/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From `listen =` to a listening socket, and how many connections the process has descriptors for:
 * where they run out nothing else works either, neither the store nor the log.
 */
#include "service/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/bytes.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

#define BACKLOG	    1024
#define FILES_OF_US 256 /* store, log, connections to a log, and to spare */

/* "host:port" or "[v6]:port" into its two parts, owned by the caller. */
static int split_address(const char *text, char **host, char **port, struct pdg_error *err)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!colon || !colon[1] || n == 0)
		return pdg_reject(err, "CFG-1", "listen = '%s' is not HOST:PORT", text);
	if (text[0] == '[' && text[n - 1] == ']')
		*host = pdg_bytes_dup(pdg_bytes(text + 1, n - 2));
	else
		*host = pdg_bytes_dup(pdg_bytes(text, n));
	*port = pdg_str_dup(colon + 1);
	return *host && *port ? 0 : pdg_nomem(err);
}

static int bind_one(const struct addrinfo *a, const char *text, int *out, struct pdg_error *err)
{
	PDG_AUTO(fd)
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, rc;

	if (fd < 0)
		return pdg_fail(err, PDG_E_IO, "no socket for %s: %s", text, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		rc = pdg_reject(err, "HTP-8", "cannot listen on %s: %s", text, strerror(errno));
		pdg_fix(err, "stop what listens there, or choose another listen =");
		return rc;
	}
	*out = fd;
	fd = -1;
	return 0;
}

int pdg_listen_on(const char *text, int *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *host = NULL;
	PDG_AUTO(mem) char *port = NULL;
	const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE,
				       .ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int rc;

	rc = split_address(text, &host, &port, err);
	if (rc < 0)
		return rc;
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0)
		return pdg_reject(err, "CFG-1", "listen = '%s': %s", text, gai_strerror(rc));
	rc = bind_one(found, text, out, err);
	freeaddrinfo(found);
	return rc;
}

unsigned pdg_listen_capacity(size_t listeners)
{
	const rlim_t want = (rlim_t)listeners * PDG_LIMIT_CONNECTIONS + FILES_OF_US;
	struct rlimit files;
	unsigned each;
	PDG_AUTO(mem) char *text = NULL;

	if (listeners == 0 || getrlimit(RLIMIT_NOFILE, &files) < 0)
		return PDG_LIMIT_CONNECTIONS;
	if (files.rlim_cur < want) {
		files.rlim_cur = files.rlim_max < want ? files.rlim_max : want;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= want)
		return PDG_LIMIT_CONNECTIONS;
	each = files.rlim_cur > 2 * FILES_OF_US
		       ? (unsigned)((files.rlim_cur - FILES_OF_US) / listeners)
		       : (unsigned)(files.rlim_cur / 2 / listeners);
	each = each ? each : 1;
	text = pdg_str_printf("%u", each);
	pdg_log(PDG_LOG_WARN, "few-descriptors", "connections", text ? text : "", NULL);
	return each;
}
