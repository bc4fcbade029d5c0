/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small HTTP server on loopback that answers what a test wants, byte for byte: also what no
 * server should. A thread of its own for each connection; the test's handler is called by one
 * of them at a time.
 */
#ifndef PDG_TESTS_SUPPORT_FAKEHTTP_H
#define PDG_TESTS_SUPPORT_FAKEHTTP_H

#include <stdbool.h>

#include "util/buf.h"

struct fake_http;

struct fake_request {
	const char *method;
	const char *path;      /* with query */
	struct pdg_bytes head; /* request line and headers */
	struct pdg_bytes body;
	unsigned number; /* from 1, over all connections */
};

enum fake_way {
	FAKE_KEEP,    /* send @raw, wait for the next request */
	FAKE_CLOSE,   /* send @raw, close */
	FAKE_DRIP,    /* send @raw, a byte each tenth of a second */
	FAKE_HANG,    /* send @raw, then nothing, but keep the connection */
	FAKE_ENDLESS, /* send @raw, then "x" for ever */
};

struct fake_reply {
	struct pdg_buf raw;
	enum fake_way way; /* FAKE_KEEP unless set */
};

typedef void fake_handler(void *ctx, const struct fake_request *req, struct fake_reply *reply);

/** Listen on a free port of 127.0.0.1. Ends the program on failure. */
struct fake_http *fake_http_start(fake_handler *handler, void *ctx);

/** Stop, join all threads, free. NULL is fine. */
void fake_http_stop(struct fake_http *f);

/** Between these two no handler runs: to change what it will answer while a call may hang. */
void fake_http_lock(struct fake_http *f);
void fake_http_unlock(struct fake_http *f);

unsigned fake_http_port(const struct fake_http *f);

/** "http://127.0.0.1:PORT", borrowed. */
const char *fake_http_url(const struct fake_http *f);

/** Write a whole answer with Content-Length. @headers: lines ending in \r\n, or NULL. */
void fake_reply_http(struct fake_reply *reply, int status, const char *type, const char *headers,
		     struct pdg_bytes body);

/** A port of 127.0.0.1 on which nobody listens. */
unsigned fake_http_dead_port(void);

#endif
