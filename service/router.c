/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of the service in one table (design 7), and how a path finds its own. */
#include <string.h>
#include <strings.h>

#include "service/http.h"
#include "util/str.h"

/* As api_chains.c reads them. */
static const char *const of_subjects[] = {"after", "stage", NULL};

const struct pdg_route pdg_routes[] = {
	{PDG_POST, "/api/v1/attestations", pdg_api_attestation_post, true, false, false, NULL},
	{PDG_POST, "/api/v1/builds", pdg_api_build_post, true, false, false, NULL},
	{PDG_GET, "/api/v1/attestations/", pdg_api_attestation_get, false, true, false, NULL},
	{PDG_GET, "/api/v1/subjects/", pdg_api_subjects, false, true, false, of_subjects},
	{PDG_GET, "/api/v1/chains/", pdg_api_chains, false, true, false, NULL},
	{PDG_GET, "/checkpoint", pdg_api_log_checkpoint, false, true, false, NULL},
	{PDG_GET, "/tile/", pdg_api_log_tile, false, true, false, NULL},
	{PDG_GET, "/api/v2/checkpoint", pdg_api_log_checkpoint, false, true, false, NULL},
	{PDG_GET, "/api/v2/tile/", pdg_api_log_tile, false, true, false, NULL},
	{PDG_GET, "/journal/checkpoint", pdg_api_journal_checkpoint, false, true, false, NULL},
	{PDG_GET, "/journal/tile/", pdg_api_journal_tile, false, true, false, NULL},
	{PDG_GET, "/journal/api/v2/checkpoint", pdg_api_journal_checkpoint, false, true, false,
	 NULL},
	{PDG_GET, "/journal/api/v2/tile/", pdg_api_journal_tile, false, true, false, NULL},
	{PDG_GET, "/.well-known/pedigree/trusted-root.json", pdg_api_trusted_root, false, false,
	 false, NULL},
	{PDG_GET, "/.well-known/pedigree/keys.json", pdg_api_keys, false, false, false, NULL},
	{PDG_GET, "/healthz", pdg_api_health, false, false, true, NULL},
	{PDG_GET, "/readyz", pdg_api_ready, false, true, true, NULL},
	{PDG_GET, "/metrics", pdg_api_metrics, false, true, false, NULL},
	{PDG_GET, "/openapi.json", pdg_api_openapi, false, false, false, NULL},
	{PDG_GET, NULL, NULL, false, false, false, NULL},
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

/* Does @path lead somewhere but for the slash at its end? */
static bool slash_too_many(const char *path)
{
	const struct pdg_route *r;
	size_t n = strlen(path);

	for (r = pdg_routes; n > 1 && path[n - 1] == '/' && r->path; r++) {
		if (strlen(r->path) == n - 1 && strncmp(r->path, path, n - 1) == 0)
			return true;
	}
	return false;
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
			rq->route = r;
			return r;
		}
		allow = r->method == PDG_GET ? "GET, HEAD" : "POST";
	}
	if (allow) {
		pdg_reply_rule(rq, "HTP-2", "this resource does not take that method",
			       "the Allow header names those that it takes");
		rq->reply.allow = allow;
	} else if (slash_too_many(rq->path)) {
		pdg_reply_rule(rq, "HTP-1", "there is no such resource",
			       "leave out the slash at the end");
	} else {
		pdg_reply_rule(rq, "HTP-1", "there is no such resource",
			       "docs/OPERATIONS.md lists those that there are");
	}
	return NULL;
}

const char *pdg_route_name(size_t i)
{
	return i < sizeof(pdg_routes) / sizeof(pdg_routes[0]) ? pdg_routes[i].path : NULL;
}

void pdg_request_done(const struct pdg_request *rq, const char *method)
{
	pdg_metrics_request(pdg_core_metrics(rq->core),
			    rq->route ? (size_t)(rq->route - pdg_routes) : PDG_METRICS_NO_ROUTE,
			    method, rq->reply.status);
}

bool pdg_route_takes_type(struct pdg_request *rq)
{
	size_t i, n;

	if (rq->content_encoding && strcasecmp(rq->content_encoding, "identity") != 0) {
		pdg_reply_rule(rq, "HTP-4", "a compressed body is not read here",
			       "send it without Content-Encoding");
		return false;
	}
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
