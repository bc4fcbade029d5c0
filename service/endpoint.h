/* SPDX-License-Identifier: Apache-2.0 */
/* What `listen =` may say. */
#ifndef PDG_SERVICE_ENDPOINT_H
#define PDG_SERVICE_ENDPOINT_H

#include <netdb.h>

#include "util/error.h"

/**
 * The address and port of "ADDRESS:PORT" or "[V6]:PORT", in numbers, for a stream's socket; to be
 * freed with freeaddrinfo(). Returns 0, PDG_E_FORMAT (it is none), PDG_E_NOMEM; no text.
 */
int pdg_endpoint_split(const char *text, struct addrinfo **out) PDG_MUST_CHECK;

#endif
