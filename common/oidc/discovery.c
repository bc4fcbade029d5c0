/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a pinned issuer to its keys. What it answers is outside bytes: bounded in size and time, of
 * the type that was asked for, about itself, and never a reason to ask anybody else
 * (CVE-2026-22772, CVE-2026-49478).
 */
#include "oidc/discovery.h"

#include "trust/issuer.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define DOCUMENT "/.well-known/openid-configuration"

int pdg_discovery_read(struct pdg_bytes in, const char *issuer, char **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *root = NULL;
	const char *named = NULL;
	const char *uri = NULL;
	int rc = pdg_json_load(in, PDG_LIMIT_ISSUER_ANSWER, &root, err);

	if (rc == 0)
		rc = pdg_json_str(root, "issuer", &named, err);
	if (rc == 0)
		rc = pdg_json_str(root, "jwks_uri", &uri, err);
	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0)
		return pdg_reject(err, "ISS-5",
				  "no discovery document: issuer or jwks_uri is missing");
	if (!pdg_str_eq(named, issuer))
		return pdg_reject(err, "ISS-3", "the discovery document is that of %s", named);
	if (pdg_issuer_fault(uri) || !pdg_issuer_same_origin(uri, issuer))
		return pdg_reject(err, "ISS-3", "the keys are said to be elsewhere, at %s", uri);
	*out = pdg_str_dup(uri);
	return *out ? 0 : pdg_nomem(err);
}

static bool is_json(const char *type)
{
	return pdg_str_eq(type, "application/json") || pdg_str_eq(type, "application/jwk-set+json");
}

/* What a call that got no answer is called here. */
static int unasked(int rc, struct pdg_error *why, const char *url, struct pdg_error *err)
{
	if (rc == PDG_E_LIMIT)
		return pdg_reject(err, "ISS-4", "%s: the answer is too large", url);
	if (rc == PDG_E_IO || rc == PDG_E_USAGE)
		return pdg_reject(err, "ISS-1", "%s: %s", url, why->text);
	if (err)
		*err = *why;
	return rc;
}

static int get(struct pdg_http *h, const char *url, struct pdg_http_answer *out,
	       struct pdg_error *err)
{
	static const char *const headers[] = {"Accept: application/json, application/jwk-set+json",
					      NULL};
	const struct pdg_http_request rq = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.timeout_ms = PDG_LIMIT_ISSUER_SECONDS * 1000,
	};
	struct pdg_error why = {0};
	int rc = pdg_http_call(h, &rq, PDG_LIMIT_ISSUER_ANSWER, out, &why);

	if (rc < 0)
		return unasked(rc, &why, url, err);
	if (out->status >= 300 && out->status < 400)
		return pdg_reject(err, "ISS-2",
				  "%s: sends elsewhere (HTTP %d), which is not followed", url,
				  out->status);
	if (out->status != 200)
		return pdg_reject(err, "ISS-1", "%s: HTTP %d", url, out->status);
	if (!is_json(out->content_type))
		return pdg_reject(err, "ISS-5", "%s: the answer is no JSON", url);
	return 0;
}

static int find_keys(struct pdg_http *h, const char *issuer, char **out_uri, struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(mem) char *url = NULL;
	int n = (int)strlen(issuer);
	int rc;

	if (pdg_str_ends(issuer, "/"))
		n--;
	url = pdg_str_printf("%.*s" DOCUMENT, n, issuer);
	if (!url)
		return pdg_nomem(err);
	rc = get(h, url, &a, err);
	return rc < 0 ? rc : pdg_discovery_read(pdg_buf_bytes(&a.body), issuer, out_uri, err);
}

int pdg_discovery_keys(const struct pdg_http_options *opt, const char *issuer, struct pdg_jwks *out,
		       struct pdg_error *err)
{
	PDG_AUTO(http) struct pdg_http *h = NULL;
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(mem) char *uri = NULL;
	int rc = pdg_http_new(opt, &h, err);

	if (rc == 0)
		rc = find_keys(h, issuer, &uri, err);
	if (rc == 0)
		rc = get(h, uri, &a, err);
	if (rc == 0)
		rc = pdg_jwks_read(pdg_buf_bytes(&a.body), out, err);
	return rc < 0 ? pdg_context(err, rc, "issuer %s", issuer) : 0;
}
