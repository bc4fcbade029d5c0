/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that the service listens on. */
#ifndef PDG_SERVICE_LISTEN_H
#define PDG_SERVICE_LISTEN_H

#include <sys/types.h>

#include "service/config.h"
#include "util/auto.h"
#include "util/limits.h"

#define PDG_LISTEN_BACKLOG 1024

struct pdg_listening {
	int fd;	    /* -1: somebody else's now */
	bool local; /* a unix socket */
	char *name; /* for people: its address or path */
};

struct pdg_listeners {
	struct pdg_listening v[PDG_LIMIT_LISTENERS];
	size_t n;
	char *path; /* of a unix socket that was made here, or NULL: removed at the end, if it is */
	dev_t dev;  /* still this one */
	ino_t ino;
};

/**
 * The sockets that a service manager handed over (LISTEN_PID, LISTEN_FDS: sd_listen_fds(3)) and
 * nothing else; where there are none, those that @cfg names: every "address:port" or "[v6]:port",
 * no names, of listen, and socket. All are listening. CFG-1 (also: one address twice, what was
 * handed over is no listening stream socket), HTP-8, PDG_E_IO.
 *
 * To be called before anything else opens a descriptor that stays open.
 */
int pdg_listen_open(const struct pdg_service_config *cfg, struct pdg_listeners *out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Close those that are left. */
void pdg_listeners_done(struct pdg_listeners *l);
PDG_AUTO_DEFINE_VALUE(listeners, struct pdg_listeners, pdg_listeners_done)

/**
 * How many connections each of @listeners may take: PDG_LIMIT_CONNECTIONS, or fewer where the
 * process may not open so many files. Raises the soft limit. What is fewer is logged.
 */
unsigned pdg_listen_capacity(size_t listeners);

/* Kinds of them, each appending to @l (service/listen_*.c). */

/** What was handed over; nothing: @l stays empty. Takes the variables out of the environment. */
int pdg_listen_handed(struct pdg_listeners *l, struct pdg_error *err) PDG_MUST_CHECK;
/** A unix socket at @path that its owner alone may connect to (mode 0600). */
int pdg_listen_local(const char *path, struct pdg_listeners *l,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Append @fd, which is the list's from then on. PDG_E_NOMEM. */
int pdg_listeners_add(struct pdg_listeners *l, int fd, bool local, const char *name,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What kept us from listening on @text, by @error: somebody listens there, or the address may still
 * come (HTP-8, PDG_E_IO: starting again may help), or it cannot be (CFG-1).
 */
int pdg_listen_failed(const char *key, const char *text, int error, struct pdg_error *err);

#endif
