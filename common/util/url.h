/* SPDX-License-Identifier: Apache-2.0 */
/* Is an address one at all: asked where it is written, so that a typing error shows there. */
#ifndef PDG_UTIL_URL_H
#define PDG_UTIL_URL_H

#include <stdbool.h>

/**
 * Is @url http or https, with a host, perhaps a port, and nothing behind the path, all in printable
 * ASCII? @user: it may have a name and password before the host, as a proxy's.
 */
bool pdg_url_is_http(const char *url, bool user);

/** Have both the same scheme, host and port? Addresses as pdg_url_is_http() says. */
bool pdg_url_same_server(const char *a, const char *b);

#endif
