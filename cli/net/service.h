/* SPDX-License-Identifier: Apache-2.0 */
/* One pedigreed over HTTP: where it is, and its requests (design 7). */
#ifndef PDG_CLI_NET_SERVICE_H
#define PDG_CLI_NET_SERVICE_H

#include "http/client.h"
#include "util/opt.h"
#include "util/way.h"

struct pdg_service_client {
	struct pdg_http *http;
	char *url;   /* without trailing slash */
	bool unread; /* git's configuration, which might have said more of the way */
	struct pdg_way_configured configured; /* what of it does not count here: withheld, … */
	int64_t end_ms; /* pdg_monotonic_ms() after which nothing is waited for; 0: no such time */
};

#define PDG_CALL_MS 20000 /* how long one answer is waited for */
#define PDG_PING_MS 8000  /* less than doctor waits for us */

/**
 * The service named by --service, else $PEDIGREE_SERVICE, else pedigree.service of git's
 * configuration; the way to it by options, completed by what that configuration says of the way to
 * this service (pdg_repo_way()). Returns 0 or PDG_E_USAGE (CLI-2: none named, half a pair; CLI-3,
 * KEY-2, KEY-3: its files).
 */
int pdg_service_open(const struct pdg_args *args, struct pdg_service_client *out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_service_done(struct pdg_service_client *s);
PDG_AUTO_DEFINE_VALUE(service_client, struct pdg_service_client, pdg_service_done)

/** One request; a failure of the network says what to look at. */
int pdg_service_call(struct pdg_service_client *s, const struct pdg_http_request *r, size_t max,
		     struct pdg_http_answer *out, struct pdg_error *err) PDG_MUST_CHECK;

/** GET @path below the service. An answer of 400 and more becomes an error (pdg_service_problem).
 */
int pdg_service_get(struct pdg_service_client *s, const char *path, size_t max,
		    struct pdg_http_answer *out, struct pdg_error *err) PDG_MUST_CHECK;

/** --deadline, a time such as 5s, as the end of all calls to come; not given: none. CLI-2. */
int pdg_service_deadline(const struct pdg_args *args, struct pdg_service_client *s,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Turn an answer that is no success into an error: the service's rule, detail and fix where it is
 * a problem document, else the status. The code, and with it the exit status, is that of the rule,
 * as if it had been found here; but PDG_E_IO for what the same bytes may not meet again: 429, 5xx
 * but 501, and 424 with Retry-After. Where it was about who asked, and a certificate was withheld
 * from this service, the remedy says so.
 */
int pdg_service_problem(const struct pdg_service_client *s, const struct pdg_http_answer *a,
			struct pdg_error *err);

#endif
