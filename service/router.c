/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of the service in one table (design 7), and how a path finds its own. */
#include <string.h>

#include "service/http.h"
#include "util/str.h"

const struct pdg_route pdg_routes[] = {
	{PDG_POST, "/api/v1/attestations", pdg_api_attestation_post, true},
	{PDG_GET, "/api/v1/attestations/", pdg_api_attestation_get, false},
	{PDG_GET, "/api/v1/subjects/", pdg_api_subjects, false},
	{PDG_GET, "/api/v1/chains/", pdg_api_chains, false},
	{PDG_GET, "/checkpoint", pdg_api_log_checkpoint, false},
	{PDG_GET, "/tile/", pdg_api_log_tile, false},
	{PDG_GET, "/api/v2/checkpoint", pdg_api_log_checkpoint, false},
	{PDG_GET, "/api/v2/tile/", pdg_api_log_tile, false},
	{PDG_GET, "/journal/checkpoint", pdg_api_journal_checkpoint, false},
	{PDG_GET, "/journal/tile/", pdg_api_journal_tile, false},
	{PDG_GET, "/journal/api/v2/checkpoint", pdg_api_journal_checkpoint, false},
	{PDG_GET, "/journal/api/v2/tile/", pdg_api_journal_tile, false},
	{PDG_GET, "/.well-known/pedigree/trusted-root.json", pdg_api_trusted_root, false},
	{PDG_GET, "/.well-known/pedigree/keys.json", pdg_api_keys, false},
	{PDG_GET, "/healthz", pdg_api_health, false},
	{PDG_GET, "/readyz", pdg_api_ready, false},
	{PDG_GET, "/metrics", pdg_api_metrics, false},
	{PDG_GET, NULL, NULL, false},
};

static const char *const body_types[] = {
	"application/json",
	"application/vnd.dsse.envelope.v1+json",
	"application/vnd.in-toto+dsse",
	"application/vnd.dev.sigstore.bundle.v0.3+json",
	"application/vnd.dev.sigstore.bundle+json",
};

/* What stands behind the route's path, or NULL when @path is another. */
static const char *match(const char *route, const char *path)
{
	size_t n = strlen(route);

	if (strncmp(route, path, n) != 0)
		return NULL;
	if (route[n - 1] == '/')
		return path[n] ? path + n : NULL;
	return path[n] ? NULL : path + n;
}

const struct pdg_route *pdg_route_find(struct pdg_request *rq)
{
	const struct pdg_route *r;
	const char *rest, *allow = NULL;

	for (r = pdg_routes; r->path; r++) {
		rest = match(r->path, rq->path);
		if (!rest)
			continue;
		if (r->method == rq->method) {
			rq->rest = rest;
			return r;
		}
		allow = r->method == PDG_GET ? "GET" : "POST";
	}
	if (allow) {
		pdg_reply_rule(rq, "HTP-2", "this resource does not take that method", NULL);
		rq->reply.allow = allow;
	} else {
		pdg_reply_rule(rq, "HTP-1", "there is no such resource",
			       "see the list in docs/OPERATIONS.md");
	}
	return NULL;
}

bool pdg_route_takes_type(struct pdg_request *rq)
{
	size_t i, n;

	for (i = 0; rq->content_type && i < sizeof(body_types) / sizeof(body_types[0]); i++) {
		n = strlen(body_types[i]);
		/* Parameters (charset, version) may follow. */
		if (strncasecmp(rq->content_type, body_types[i], n) == 0 &&
		    strchr("; \t", rq->content_type[n]))
			return true;
	}
	pdg_reply_rule(rq, "HTP-4", "the body's Content-Type is none that is read here",
		       "send -H 'Content-Type: application/json'");
	return false;
}
