/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs of issuers, read strictly: a host that two parsers see differently is how tokens get checked
 * with keys of somebody else (CVE-2026-22772).
 */
#include "trust/issuer.h"

#include <string.h>

#include "util/bytes.h"
#include "util/limits.h"
#include "util/str.h"

static const char https[] = "https://";
static const char http[] = "http://";

struct parts {
	bool tls;
	struct pdg_bytes host; /* with the brackets of an IPv6 address */
	uint64_t port;
	size_t path; /* where it begins */
};

static bool all_of(struct pdg_bytes b, const char *chars)
{
	size_t i;

	for (i = 0; i < b.n; i++) {
		if (b.p[i] == '\0' || !strchr(chars, b.p[i]))
			return false;
	}
	return b.n > 0;
}

static bool is_host(struct pdg_bytes h)
{
	if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		return all_of(pdg_bytes(h.p + 1, h.n - 2), "0123456789abcdef:.");
	return all_of(h, "abcdefghijklmnopqrstuvwxyz0123456789-.") && h.p[0] != '.' &&
	       h.p[h.n - 1] != '.' && pdg_bytes_find(h, pdg_bytes_str(".."), 0) == SIZE_MAX;
}

/* Four numbers and nothing else, the first of them 127. */
static bool is_loopback_v4(struct pdg_bytes h)
{
	size_t dots = 0;
	size_t i;

	for (i = 0; i < h.n; i++)
		dots += h.p[i] == '.';
	return dots == 3 && pdg_bytes_starts(h, "127.") && all_of(h, "0123456789.");
}

static bool is_loopback(struct pdg_bytes h)
{
	return is_loopback_v4(h) || pdg_bytes_eq_str(h, "localhost") ||
	       pdg_bytes_eq_str(h, "[::1]");
}

static bool split(const char *url, struct parts *out)
{
	struct pdg_bytes all = pdg_bytes_str(url);
	size_t from;
	size_t n;
	size_t colon;

	out->tls = pdg_str_starts(url, https);
	if (!out->tls && !pdg_str_starts(url, http))
		return false;
	from = out->tls ? strlen(https) : strlen(http);
	n = strcspn(url + from, "/");
	out->path = from + n;
	out->host = pdg_bytes(all.p + from, n);
	out->port = out->tls ? 443 : 80;
	for (colon = n; colon > 0 && url[from + colon - 1] != ':' && url[from + colon - 1] != ']';)
		colon--;
	if (colon > 0 && url[from + colon - 1] == ':') {
		out->host.n = colon - 1;
		if (!pdg_bytes_u64(pdg_bytes(all.p + from + colon, n - colon), 65535, &out->port) ||
		    out->port == 0)
			return false;
	}
	return is_host(out->host);
}

/* Segments of plain characters, none of them "." or "..". */
static bool is_path(const char *path)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "-._~!$&'()*+,;=:@/";
	const char *at = path;

	if (path[strspn(path, chars)])
		return false;
	while (*at) {
		size_t n = strcspn(++at, "/");

		if ((n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += n;
	}
	return true;
}

const char *pdg_issuer_fault(const char *url)
{
	struct parts p = {0};

	if (strlen(url) > PDG_LIMIT_ISSUER)
		return "a URL of at most 1024 bytes";
	if (!split(url, &p) || !is_path(url + p.path))
		return "an https URL of a host in lower case, with a path at most: no user, no "
		       "query, no fragment";
	if (!p.tls && !is_loopback(p.host))
		return "an https URL: http is for an issuer on loopback alone";
	return NULL;
}

bool pdg_issuer_same_origin(const char *a, const char *b)
{
	struct parts x = {0};
	struct parts y = {0};

	return split(a, &x) && split(b, &y) && x.tls == y.tls && x.port == y.port &&
	       pdg_bytes_eq(x.host, y.host);
}
