/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that the service listens on. */
#ifndef PDG_SERVICE_LISTEN_H
#define PDG_SERVICE_LISTEN_H

#include "util/error.h"

/** Bind "host:port" or "[v6]:port" and listen. The caller closes *@out. CFG-1, HTP-8, PDG_E_IO. */
int pdg_listen_on(const char *text, int *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * How many connections each of @listeners may take: PDG_LIMIT_CONNECTIONS, or fewer where the
 * process may not open so many files. Raises the soft limit. What is fewer is logged.
 */
unsigned pdg_listen_capacity(size_t listeners);

#endif
