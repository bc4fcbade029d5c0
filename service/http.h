/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request and its reply, free of any HTTP library: what the api_* files see. One resource, one
 * file; service/router.c has the table, service/httpd.c the wire.
 */
#ifndef PDG_SERVICE_HTTP_H
#define PDG_SERVICE_HTTP_H

#include <stdbool.h>

#include "service/core.h"
#include "service/metrics.h"

enum pdg_method { PDG_GET, PDG_POST, PDG_OTHER }; /* GET: also HEAD */

struct pdg_reply {
	int status;		  /* 0: none yet */
	const char *content_type; /* static */
	struct pdg_buf body;
	int retry_after;   /* seconds, 0: none */
	const char *allow; /* for 405; static */
	const char *rule;  /* of a refusal; static; NULL: it is none */
	char *location;	   /* owned */
	bool immutable;	   /* never changes: may be cached for ever */
	bool close;	   /* the connection ends with it */
};

struct pdg_request {
	enum pdg_method method;
	const char *path;	       /* decoded by nobody: only plain characters are routed */
	const char *rest;	       /* what stands behind the route's prefix */
	const struct pdg_route *route; /* set by pdg_route_find(); NULL: none for this method */
	const char *query;	       /* behind the ?, decoded; or NULL: see pdg_query_value() */
	const char *content_type;      /* or NULL */
	const char *content_encoding;  /* or NULL */
	const char *prefer;	       /* Prefer header, or NULL */
	struct pdg_bytes body;
	char id[PDG_REQUEST_ID];
	struct pdg_caller caller; /* its request_id is @id */
	struct pdg_core *core;
	struct pdg_reply reply;
	void (*finish)(struct pdg_request *rq); /* a later reply is complete; any thread */
};

/* How a handler leaves: the reply is there, or finish() will be called (or was). */
enum pdg_handled { PDG_HANDLED, PDG_LATER };

struct pdg_route {
	enum pdg_method method;
	const char *path; /* exact, or with a final "/" a prefix whose rest is not empty */
	enum pdg_handled (*handle)(struct pdg_request *rq);
	bool body; /* takes one of the media types of rules.md 8 */
	/*
	 * Answered by service/reads.c. Every handler that reads a file or reaches the core's store
	 * must be, but the two that hand over a body: a loop waits for neither, and the core knows
	 * where a submission may.
	 */
	bool heavy;
	bool open;		  /* answered whoever asks, whatever readers = says */
	const char *const *query; /* parameters that it takes, ended by NULL; NULL: none */
};

/** The table, ended by a NULL path. */
extern const struct pdg_route pdg_routes[];

/**
 * Find the route of @rq->path and @rq->method, set @rq->rest. NULL: a 404 or 405 is in the reply
 * already.
 */
const struct pdg_route *pdg_route_find(struct pdg_request *rq);

/** Place @i of the table as a label of /metrics: its path, NULL beyond the end. Static. */
const char *pdg_route_name(size_t i);

/**
 * The answer to @rq is on its way or given up: count it. @method as it stood in the request line.
 * Once a request, by the server.
 */
void pdg_request_done(const struct pdg_request *rq, const char *method);

/** Does the route's body type admit @rq's Content-Type and -Encoding? False: a 415 is in the reply.
 */
bool pdg_route_takes_type(struct pdg_request *rq);

/** The reply for an error: a problem document (RFC 9457; rules.md 8). Replaces what was in it. */
void pdg_reply_error(struct pdg_request *rq, const struct pdg_error *err);
/** A refusal of the HTTP layer itself, by rule. */
void pdg_reply_rule(struct pdg_request *rq, const char *rule, const char *text, const char *fix);
/**
 * 200 with @type, unless @rc is an error, or the body in rq->reply.body could not be built: then
 * that. True: it is the 200.
 */
bool pdg_reply_result(struct pdg_request *rq, int rc, const char *type,
		      const struct pdg_error *err);

/**
 * The value of @name in rq->query. False when it is there twice: a 400 is in the reply. *@out stays
 * NULL with 0 bytes when there is none.
 */
bool pdg_query_value(struct pdg_request *rq, const char *name, struct pdg_bytes *out);

/**
 * Does @rq->route take every parameter of rq->query? False: a 400 is in the reply. What a mistyped
 * one asked for would not be what is answered.
 */
bool pdg_query_taken(struct pdg_request *rq);

/** How long @prefer (RFC 7240, or NULL) lets an answer wait for the log, in milliseconds. */
int pdg_prefer_wait_ms(const char *prefer);

void pdg_reply_done(struct pdg_reply *r);

/** api_attestations.c: pdg_core_submit()'s and pdg_core_build()'s @done, with the request. */
void pdg_api_answered(void *ctx, const struct pdg_answer *answer);

/* Handlers, by file. */
enum pdg_handled pdg_api_attestation_post(struct pdg_request *rq);
enum pdg_handled pdg_api_build_post(struct pdg_request *rq);
enum pdg_handled pdg_api_attestation_get(struct pdg_request *rq);
enum pdg_handled pdg_api_subjects(struct pdg_request *rq);
enum pdg_handled pdg_api_chains(struct pdg_request *rq);
enum pdg_handled pdg_api_log_checkpoint(struct pdg_request *rq);
enum pdg_handled pdg_api_log_tile(struct pdg_request *rq);
enum pdg_handled pdg_api_journal_checkpoint(struct pdg_request *rq);
enum pdg_handled pdg_api_journal_tile(struct pdg_request *rq);
enum pdg_handled pdg_api_trusted_root(struct pdg_request *rq);
enum pdg_handled pdg_api_keys(struct pdg_request *rq);
enum pdg_handled pdg_api_health(struct pdg_request *rq);
enum pdg_handled pdg_api_ready(struct pdg_request *rq);
enum pdg_handled pdg_api_metrics(struct pdg_request *rq);
enum pdg_handled pdg_api_openapi(struct pdg_request *rq);

#endif
