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
#include <sys/stat.h>
#include <unistd.h>

#include "service/endpoint.h"
#include "util/auto.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

#define FILES_OF_US 256 /* store, log, connections to a log, and to spare */

static bool is_any(const char *host)
{
	return pdg_str_eq(host, "0.0.0.0") || pdg_str_eq(host, "::");
}

/* Is it one of those that we listen on ourselves, or one of all that such a one stands for? */
static bool is_ours(const struct pdg_listeners *ours, const struct addrinfo *wanted)
{
	char host[NI_MAXHOST], port[NI_MAXSERV], own_host[NI_MAXHOST], own_port[NI_MAXSERV];
	const int flags = NI_NUMERICHOST | NI_NUMERICSERV;
	size_t i;

	if (getnameinfo(wanted->ai_addr, wanted->ai_addrlen, host, sizeof(host), port, sizeof(port),
			flags) != 0)
		return false;
	for (i = 0; i < ours->n; i++) {
		struct sockaddr_storage own = {0};
		struct sockaddr *at = (struct sockaddr *)&own;
		socklen_t n = sizeof(own);

		if (getsockname(ours->v[i].fd, at, &n) != 0 || at->sa_family != wanted->ai_family ||
		    getnameinfo(at, n, own_host, sizeof(own_host), own_port, sizeof(own_port),
				flags) != 0 ||
		    !pdg_str_eq(port, own_port))
			continue;
		if (pdg_str_eq(host, own_host) || is_any(host) || is_any(own_host))
			return true;
	}
	return false;
}

int pdg_listen_failed(const char *key, const char *text, int error, struct pdg_error *err)
{
	bool later = error == EADDRINUSE || error == EADDRNOTAVAIL;
	int rc = pdg_reject(err, later ? "HTP-8" : "CFG-1", "cannot listen on %s: %s", text,
			    strerror(error));

	if (error == EADDRINUSE)
		pdg_fix(err, "stop what listens there, or choose another %s =", key);
	else if (error == EADDRNOTAVAIL)
		pdg_fix(err, "this machine does not have that address: choose another %s =", key);
	else if (error == EACCES || error == EPERM)
		pdg_fix(err, "choose a %s = that the service's user may use", key);
	else if (error == ENOENT || error == ENOTDIR)
		pdg_fix(err, "make its folder, which the service's user may write to");
	else
		pdg_fix(err, "choose another %s =", key);
	return rc;
}

static int bind_one(const struct addrinfo *a, const char *text, const struct pdg_listeners *ours,
		    int *out, struct pdg_error *err)
{
	PDG_AUTO(fd)
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, rc;

	if (fd < 0)
		return pdg_fail(err, PDG_E_IO, "no socket for %s: %s", text, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, PDG_LISTEN_BACKLOG) < 0) {
		if (errno == EADDRINUSE && is_ours(ours, a)) {
			rc = pdg_reject(err, "CFG-1",
					"listen = '%s' is an address that another listen = has",
					text);
			pdg_fix(err, "name each address once");
			return rc;
		}
		return pdg_listen_failed("listen", text, errno, err);
	}
	*out = fd;
	fd = -1;
	return 0;
}

static int listen_on_one(const char *text, struct pdg_listeners *l, struct pdg_error *err)
{
	struct addrinfo *found = NULL;
	int fd = -1;
	int rc = pdg_endpoint_split(text, &found);

	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	/* It was one when the file was read: of an interface, say, that is gone. */
	if (rc < 0)
		return pdg_listen_failed("listen", text, EADDRNOTAVAIL, err);
	rc = bind_one(found, text, l, &fd, err);
	freeaddrinfo(found);
	return rc < 0 ? rc : pdg_listeners_add(l, fd, false, text, err);
}

int pdg_listeners_add(struct pdg_listeners *l, int fd, bool local, const char *name,
		      struct pdg_error *err)
{
	char *copy = pdg_str_dup(name);

	if (!copy) {
		(void)close(fd);
		return pdg_nomem(err);
	}
	l->v[l->n++] = (struct pdg_listening){.fd = fd, .local = local, .name = copy};
	return 0;
}

void pdg_listeners_done(struct pdg_listeners *l)
{
	struct stat st;
	size_t i;

	for (i = 0; i < l->n; i++) {
		pdg_auto_fd(&l->v[i].fd);
		free(l->v[i].name);
	}
	l->n = 0;
	/* Another daemon's by now? */
	if (l->path && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		(void)unlink(l->path);
	free(l->path);
	l->path = NULL;
}

static int open_named(const struct pdg_service_config *cfg, struct pdg_listeners *l,
		      struct pdg_error *err)
{
	size_t named = cfg->listen.n + (cfg->socket ? 1 : 0);
	size_t i;
	int rc = 0;

	if (named == 0 || named > PDG_LIMIT_LISTENERS)
		return pdg_reject(err, "CFG-1", "%zu addresses to listen on; 1 to %d are possible",
				  named, PDG_LIMIT_LISTENERS);
	for (i = 0; rc == 0 && i < cfg->listen.n; i++)
		rc = listen_on_one(cfg->listen.v[i], l, err);
	if (rc == 0 && cfg->socket)
		rc = pdg_listen_local(cfg->socket, l, err);
	return rc;
}

int pdg_listen_open(const struct pdg_service_config *cfg, struct pdg_listeners *out,
		    struct pdg_error *err)
{
	struct pdg_listeners l = {.n = 0};
	int rc = pdg_listen_handed(&l, err);

	if (rc == 0 && l.n == 0)
		rc = open_named(cfg, &l, err);
	if (rc < 0)
		pdg_listeners_done(&l);
	else
		*out = l;
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
