/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the service, asking it, and reading its refusals (RFC 9457). */
#include "net/service.h"

#include <stdlib.h>
#include <string.h>

#include "common/check_option.h"
#include "common/settings.h"
#include "crypto/key.h"
#include "util/limits.h"
#include "util/problem.h"
#include "util/rule.h"
#include "util/str.h"
#include "util/time.h"

/* What is configured, which only adds to what options say: where they name the service, one that
 * cannot be read, such as a folder of somebody else's, is for later to tell. */
static int read_settings(const struct pdg_args *args, const char *named,
			 struct pdg_settings *settings, struct pdg_service_client *out,
			 struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int rc = pdg_args_has(args, PDG_WAY_GIVEN) ? 0 : pdg_settings_load(named, settings, &why);

	out->unread = rc < 0 && rc != PDG_E_NOMEM && pdg_args_has(args, "service");
	if (rc == 0 || out->unread)
		return 0;
	if (err)
		*err = why;
	return rc;
}

/* The service by --service, the environment or the configuration, and the way by all of them. */
static int find_service(const struct pdg_args *args, struct pdg_settings *settings,
			struct pdg_service_client *out, const char **out_url,
			struct pdg_way *out_way, struct pdg_error *err)
{
	const char *env = getenv("PEDIGREE_SERVICE");
	int rc = pdg_way_of_args(args, out_way, err);

	*out_url = pdg_args_get(args, "service");
	if (!*out_url && env && env[0])
		*out_url = env;
	if (rc == 0)
		rc = read_settings(args, *out_url, settings, out, err);
	if (rc < 0)
		return rc;
	if (!*out_url)
		*out_url = settings->net.service;
	pdg_way_complete(out_way, &settings->net.way);
	if (!*out_url) {
		rc = pdg_reject(err, "CLI-2", "no service is named");
		pdg_fix(err,
			"give --service URL, set PEDIGREE_SERVICE, or git config pedigree.service URL");
		return rc;
	}
	return pdg_check_service_url(pdg_args_has(args, "service") ? "--service"
				     : env && env[0]		   ? "PEDIGREE_SERVICE"
								   : "pedigree.service",
				     *out_url, err);
}

/* What the files of the way are, read as far as it is ours to. */
static int open_way(const struct pdg_way *way, struct pdg_http **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf key = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	const char *ca = way->v[PDG_WAY_CA];
	const char *cert = way->v[PDG_WAY_CLIENT_CERT];
	struct pdg_http_options opt = {
		.proxy = way->v[PDG_WAY_PROXY], .ca_file = ca, .client_cert = cert};
	int rc = pdg_way_check(way, err);

	if (rc == 0 && ca)
		rc = pdg_check_in_file(ca, "--ca", err);
	if (rc == 0 && cert)
		rc = pdg_check_in_file(cert, "--client-cert", err);
	if (rc == 0 && cert)
		rc = pdg_key_private_bytes(way->v[PDG_WAY_CLIENT_KEY], &key, err);
	opt.client_key = pdg_buf_bytes(&key);
	return rc < 0 ? rc : pdg_http_new(&opt, out, err);
}

int pdg_service_open(const struct pdg_args *args, struct pdg_service_client *out,
		     struct pdg_error *err)
{
	PDG_AUTO(settings) struct pdg_settings settings = {0};
	PDG_AUTO(http) struct pdg_http *http = NULL;
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	const char *url;
	char *copy;
	size_t n;
	int rc;

	rc = find_service(args, &settings, out, &url, &way, err);
	if (rc == 0)
		rc = open_way(&way, &http, err);
	if (rc < 0)
		return rc;
	copy = pdg_str_dup(url);
	if (!copy)
		return pdg_nomem(err);
	if (!way.v[PDG_WAY_CLIENT_CERT]) {
		out->configured.withheld = PDG_TAKE(settings.net.withheld);
		out->configured.withheld_here = settings.net.withheld_here;
	}
	out->configured.ca_passed = !way.v[PDG_WAY_CA] && settings.net.ca_passed;
	for (n = strlen(copy); n && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	out->url = copy;
	out->http = PDG_TAKE(http);
	return 0;
}

int pdg_service_deadline(const struct pdg_args *args, struct pdg_service_client *s,
			 struct pdg_error *err)
{
	const char *text = pdg_args_get(args, "deadline");
	int64_t seconds = 0;
	int rc = text ? pdg_check_deadline("--deadline", text, &seconds, err) : 0;

	if (!text || rc < 0)
		return rc;
	s->end_ms = pdg_monotonic_ms() + seconds * 1000;
	return 0;
}

void pdg_service_done(struct pdg_service_client *s)
{
	pdg_http_free(s->http);
	free(s->url);
	pdg_way_configured_done(&s->configured);
	s->http = NULL;
	s->url = NULL;
}

/* What becomes of a refusal: as if its rule had been broken here, unless time may mend it. */
static int code_of(const struct pdg_http_answer *a, const char *id)
{
	const struct pdg_rule *rule = pdg_rule_find(id);

	if (a->status == 429 || (a->status >= 500 && a->status != 501) ||
	    (a->status == 424 && a->retry_after >= 0))
		return PDG_E_IO;
	if (rule)
		return rule->code;
	switch (a->status) {
	case 400:
	case 413:
		return PDG_E_FORMAT;
	case 404:
	case 405:
	case 415:
		return PDG_E_NOTFOUND;
	default:
		return PDG_E_REJECTED;
	}
}

/* Whoever is refused for what he is has not been told that nobody was shown who he is. */
static void tell_withheld(const struct pdg_service_client *s, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf why = PDG_BUF_INIT(PDG_ERROR_FIX_MAX);
	PDG_AUTO(mem) char *fix = NULL;

	if (!s->configured.withheld ||
	    (!pdg_str_eq(err->rule, "HTP-15") && !pdg_str_starts(err->rule, "IDN-")))
		return;
	fix = pdg_str_dup(pdg_str_eq(err->rule, "HTP-15") ? "" : pdg_error_fix(err));
	pdg_way_tell_withheld(&s->configured, &why);
	pdg_fix(err, "%s%s%.150s", pdg_buf_cstr(&why), fix && fix[0] ? "; else " : "",
		fix ? fix : "");
}

int pdg_service_problem(const struct pdg_service_client *s, const struct pdg_http_answer *a,
			struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};

	if (pdg_str_eq(a->content_type, "application/problem+json") &&
	    pdg_problem_read(pdg_buf_bytes(&a->body), PDG_E_IO, &why) == PDG_E_IO) {
		why.code = code_of(a, why.rule);
		tell_withheld(s, &why);
		if (err)
			*err = why;
		return why.code;
	}
	return pdg_reject(err, "NET-6",
			  "the service answered HTTP %d with '%s', no problem document", a->status,
			  a->content_type);
}

/* What git's configuration may have said of a CA, and did not come to count. */
static const char *passed_over(const struct pdg_service_client *s)
{
	if (s->unread)
		return "; git's configuration could not be read here, \"pedigree doctor\" says why";
	return s->configured.ca_passed
		       ? "; the pedigree.ca of this repository's configuration counts only for the "
			 "service that it names itself, and was passed over"
		       : "";
}

int pdg_service_call(struct pdg_service_client *s, const struct pdg_http_request *r, size_t max,
		     struct pdg_http_answer *out, struct pdg_error *err)
{
	struct pdg_http_request request = *r;
	int64_t left = s->end_ms - pdg_monotonic_ms();
	int rc;

	if (s->end_ms && left < request.timeout_ms)
		request.timeout_ms = left > 1 ? (int)left : 1;
	rc = pdg_http_call(s->http, &request, max, out, err);
	if (rc < 0 && err && !err->fix[0] && pdg_str_eq(err->rule, "NET-5"))
		pdg_fix(err,
			"is %s the name in its certificate? else give the CA of it: --ca FILE, or "
			"git config --global pedigree.ca FILE%s",
			s->url, passed_over(s));
	if (rc < 0 && err && !err->fix[0])
		pdg_fix(err, "is pedigreed running, and is %s its address?", s->url);
	return rc;
}

int pdg_service_get(struct pdg_service_client *s, const char *path, size_t max,
		    struct pdg_http_answer *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *url = pdg_url_join(s->url, path);
	struct pdg_http_request r = {.method = "GET", .url = url, .timeout_ms = PDG_CALL_MS};
	int rc;

	if (!url)
		return pdg_nomem(err);
	rc = pdg_service_call(s, &r, max, out, err);
	if (rc < 0)
		return rc;
	if (out->status >= 200 && out->status < 300)
		return 0;
	return pdg_service_problem(s, out, err);
}
