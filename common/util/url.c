/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as people write them into options and files; libcurl reads them again when they are
 * called. */
#include "util/url.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/bytes.h"
#include "util/str.h"

/* Printable ASCII alone, and neither a query nor a fragment: paths are put behind it. */
static bool plain(const char *url)
{
	for (; *url; url++) {
		if (*url <= ' ' || *url > '~' || strchr("?#\"<>\\^`{|}", *url))
			return false;
	}
	return true;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT; nobody's name and password. */
static bool host_is_good(const char *host)
{
	size_t n = strcspn(host, "/");
	struct pdg_bytes all = pdg_bytes(host, n);
	struct pdg_bytes port;
	uint64_t number;
	size_t end = 0;

	if (pdg_bytes_starts(all, "[")) {
		end = pdg_bytes_find_byte(all, ']', 0);
		if (end == SIZE_MAX || end == 1)
			return false;
		end++;
	} else {
		end = pdg_bytes_find_byte(all, ':', 0);
		if (end == SIZE_MAX)
			end = n;
	}
	if (end == 0 || pdg_bytes_find_byte(all, '@', 0) != SIZE_MAX)
		return false;
	port = pdg_bytes_from(all, end);
	if (port.n == 0)
		return true;
	return port.p[0] == ':' && pdg_bytes_u64(pdg_bytes_from(port, 1), 65535, &number) &&
	       number > 0;
}

bool pdg_url_is_http(const char *url, bool user)
{
	const char *host = pdg_str_starts(url, "http://")    ? url + strlen("http://")
			   : pdg_str_starts(url, "https://") ? url + strlen("https://")
							     : NULL;
	size_t at;

	if (!host || !plain(url))
		return false;
	at = strcspn(host, "@/");
	if (user && host[at] == '@')
		host += at + 1;
	return host_is_good(host);
}

struct server {
	bool tls;
	struct pdg_bytes host; /* with its brackets */
	uint64_t port;
};

static bool server_of(const char *url, struct server *out)
{
	const char *host = strstr(url, "://");
	struct pdg_bytes all, port;
	size_t end;

	if (!pdg_url_is_http(url, false) || !host)
		return false;
	host += strlen("://");
	all = pdg_bytes(host, strcspn(host, "/"));
	end = pdg_bytes_starts(all, "[") ? pdg_bytes_find_byte(all, ']', 0) : 0;
	end = pdg_bytes_find_byte(all, ':', end);
	if (end == SIZE_MAX)
		end = all.n;
	port = pdg_bytes_from(all, end);
	out->tls = pdg_str_starts(url, "https://");
	out->host = pdg_bytes(all.p, end);
	out->port = out->tls ? 443 : 80;
	return port.n == 0 || pdg_bytes_u64(pdg_bytes_from(port, 1), 65535, &out->port);
}

bool pdg_url_same_server(const char *a, const char *b)
{
	struct server x, y;

	return server_of(a, &x) && server_of(b, &y) && x.tls == y.tls && x.port == y.port &&
	       x.host.n == y.host.n &&
	       strncasecmp((const char *)x.host.p, (const char *)y.host.p, x.host.n) == 0;
}
