/* SPDX-License-Identifier: Apache-2.0 */
/* See endpoint.h. The daemon's file is refused by it, and its sockets are bound by it. */
#include "service/endpoint.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/auto.h"
#include "util/bytes.h"

static bool has_shape(const char *text, const char *colon)
{
	struct pdg_bytes b = pdg_bytes_str(text);
	uint64_t port;
	size_t host;

	if (!colon || !pdg_bytes_u64(pdg_bytes_str(colon + 1), UINT16_MAX, &port))
		return false;
	host = (size_t)(colon - text);
	if (host == 0 || strpbrk(text, " \t/@"))
		return false;
	if (text[0] == '[')
		return host > 2 && text[host - 1] == ']';
	return pdg_bytes_find_byte(pdg_bytes_head(b, host), ':', 0) == SIZE_MAX;
}

/* A name has several addresses, and other ones tomorrow: which are served is said by number. */
int pdg_endpoint_split(const char *text, struct addrinfo **out)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				       .ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(text, ':');
	size_t v6 = text[0] == '[' ? 1 : 0;
	PDG_AUTO(mem) char *host = NULL;
	int rc;

	if (!has_shape(text, colon))
		return PDG_E_FORMAT;
	host = pdg_bytes_dup(pdg_bytes(text + v6, (size_t)(colon - text) - 2 * v6));
	if (!host)
		return PDG_E_NOMEM;
	rc = getaddrinfo(host, colon + 1, &hints, out);
	return rc == 0 ? 0 : rc == EAI_MEMORY ? PDG_E_NOMEM : PDG_E_FORMAT;
}
