/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP requests out (libcurl): one call, bounded in size and time, no redirects, no cookies,
 * no .netrc, no proxy from the environment, http and https only.
 */
#ifndef PDG_HTTP_CLIENT_H
#define PDG_HTTP_CLIENT_H

#include <stdatomic.h>

#include "util/auto.h"
#include "util/buf.h"

struct pdg_http; /* a connection cache; one thread at a time */

struct pdg_http_options {
	const char *proxy;	 /* NULL: none, whatever the environment says */
	const char *ca_file;	 /* the only authorities that are believed; NULL: the system's */
	const char *client_cert; /* file, PEM: shown to whoever asks; NULL: none */
	struct pdg_bytes client_key; /* its key, PEM without passphrase */
	const char *user_agent;	     /* NULL: "pedigree/<version>" */
	/* NULL, or borrowed: once it is true calls end within a fifth of a second, with NET-3. */
	const atomic_bool *given_up;
};

int pdg_http_new(const struct pdg_http_options *opt, struct pdg_http **out,
		 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_http_free(struct pdg_http *h);
PDG_AUTO_DEFINE(http, struct pdg_http *, pdg_http_free)

struct pdg_http_request {
	const char *method; /* "GET", "POST" */
	const char *url;
	const char *content_type; /* with a body */
	struct pdg_bytes body;
	const char *const *headers; /* "Name: value" lines, NULL-ended; or NULL */
	const char *const *want;    /* names of answer headers to keep, NULL-ended; or NULL */
	int timeout_ms;		    /* whole call */
	int connect_ms;		    /* 0: timeout_ms */
};

/* An answer header that was asked for by request.want. */
struct pdg_http_header {
	const char *name; /* as asked for; borrowed from the request */
	char *value;
};

struct pdg_http_answer {
	int status;
	char *content_type; /* without parameters, lower case; "" when absent */
	int retry_after;    /* seconds, -1 when absent */
	char *location;	    /* NULL when absent */
	struct pdg_http_header *headers;
	size_t n_headers;
	struct pdg_buf body;
};

/** Value of a header that was asked for, or NULL when the answer lacks it. Borrowed. */
const char *pdg_http_header(const struct pdg_http_answer *a, const char *name);

void pdg_http_answer_done(struct pdg_http_answer *a);
PDG_AUTO_DEFINE_VALUE(http_answer, struct pdg_http_answer, pdg_http_answer_done)

/**
 * Make one call. @out->body's limit is @max_body. A status of any value is an answer.
 * Returns 0, PDG_E_USAGE (the URL: http or https, a host, no password; a header with a line end),
 * PDG_E_IO (NET-1: cannot connect; NET-2: too slow; NET-3: cut or not HTTP; NET-5: a certificate,
 * theirs or ours), PDG_E_LIMIT (NET-4: body or headers too large).
 */
int pdg_http_call(struct pdg_http *h, const struct pdg_http_request *r, size_t max_body,
		  struct pdg_http_answer *out, struct pdg_error *err) PDG_MUST_CHECK;

/** "@base/@path" with exactly one slash between. Owned by the caller. */
char *pdg_url_join(const char *base, const char *path);

#endif
