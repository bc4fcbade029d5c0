/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that the service listens on. */
#ifndef PDG_SERVICE_LISTEN_H
#define PDG_SERVICE_LISTEN_H

#include "service/config.h"
#include "util/auto.h"

#define PDG_LISTEN_MAX 16

struct pdg_listeners {
	int fd[PDG_LISTEN_MAX]; /* -1: somebody else's now */
	size_t n;
};

/**
 * Bind every "address:port" or "[v6]:port", no names, of @listen, and listen. CFG-1 (also: one
 * address twice), HTP-8, PDG_E_IO.
 */
int pdg_listen_on(const struct pdg_strings *listen, struct pdg_listeners *out,
		  struct pdg_error *err) PDG_MUST_CHECK;
/** Close those that are left. */
void pdg_listeners_done(struct pdg_listeners *l);
PDG_AUTO_DEFINE_VALUE(listeners, struct pdg_listeners, pdg_listeners_done)

/**
 * How many connections each of @listeners may take: PDG_LIMIT_CONNECTIONS, or fewer where the
 * process may not open so many files. Raises the soft limit. What is fewer is logged.
 */
unsigned pdg_listen_capacity(size_t listeners);

#endif
