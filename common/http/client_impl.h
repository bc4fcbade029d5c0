/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client's memory, shared by its files: client.c (one call, waited for), pump.c (calls
 * that are begun at any time), transfer.c (one call: its options, its limits, its result). Private
 * to this folder.
 */
#ifndef PDG_HTTP_CLIENT_IMPL_H
#define PDG_HTTP_CLIENT_IMPL_H

#include <curl/curl.h>

#include "http/client.h"

struct pdg_http {
	CURLM *multi;
	char *proxy;
	char *ca_file;
	char *client_cert;
	struct pdg_buf client_key;
	char *agent;
	const atomic_bool *given_up; /* or NULL */
};

/* One call on its way. */
struct pdg_http_transfer {
	const struct pdg_http_request *request;
	void *owner; /* whose it is, where that is not client.c */
	CURL *easy;
	struct curl_slist *headers;
	struct pdg_http_answer answer;
	size_t header_bytes;
	bool head_whole; /* the empty line behind the headers came */
	bool too_large;
	bool shows;   /* a client certificate */
	bool proxied; /* every connection of it is one to the proxy */
	bool no_memory;
	char why[CURL_ERROR_SIZE];
};

/** Add the call that @t->request describes to @h. Nothing of @t may be moved until it has ended. */
int pdg_http_transfer_start(struct pdg_http *h, struct pdg_http_transfer *t, size_t max_body,
			    struct pdg_error *err) PDG_MUST_CHECK;

/** The result of a call that libcurl ended with @code; on success the answer is in @t->answer. */
int pdg_http_transfer_result(struct pdg_http_transfer *t, CURLcode code,
			     struct pdg_error *err) PDG_MUST_CHECK;

void pdg_http_transfer_done(struct pdg_http_transfer *t);

#endif
