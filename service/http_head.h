/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only reader of a request's head (RFC 9112): request line and header fields, as narrow as
 * clients write them. What two readers could read in two ways is refused, never repaired. Pure: no
 * sockets, no memory of its own.
 */
#ifndef PDG_SERVICE_HTTP_HEAD_H
#define PDG_SERVICE_HTTP_HEAD_H

#include <stdbool.h>

#include "util/bytes.h"

enum pdg_http_read {
	PDG_HTTP_MORE,	/* so far so good */
	PDG_HTTP_READY, /* whole */
	PDG_HTTP_BAD,	/* of no form that is read here: the connection ends */
};

/* Why something is refused. Both static; NULL: it is not. */
struct pdg_http_wrong {
	const char *rule; /* HTP-5, HTP-12, HTP-13 */
	const char *text;
};

/* How far a head was looked through. Zeroed is its beginning. */
struct pdg_http_find {
	size_t seen; /* bytes */
	size_t line; /* where the line begins that is not complete */
	size_t end;  /* READY: bytes of the head with the empty line behind it */
};

/**
 * Where does the head end that @in begins with? @in grows from call to call.
 * READY: @f->end. BAD: *@out_wrong.
 */
enum pdg_http_read pdg_http_head_find(struct pdg_http_find *f, struct pdg_bytes in,
				      struct pdg_http_wrong *out_wrong);

/* A head. The strings lie in the bytes that it was read from, with a NUL put behind each. */
struct pdg_http_head {
	const char *method;
	char *target; /* plain characters and escapes that stand for such; not empty */
	bool old;     /* HTTP/1.0 */
	bool close;   /* the client wants no further request on this connection */
	bool chunked;
	bool has_length;
	uint64_t length;  /* of Content-Length, 0 without */
	bool waits;	  /* Expect: 100-continue */
	const char *host; /* these are NULL where there is no such field */
	const char *content_type, *content_encoding;
	const char *prefer; /* the first, where there are several */
	const char *authorization;
};

/**
 * Read a head of @n bytes as pdg_http_head_find() gave it; @in is written to.
 * True, or false and *@out_wrong.
 */
bool pdg_http_head_read(char *in, size_t n, struct pdg_http_head *out,
			struct pdg_http_wrong *out_wrong);

/** Does a body follow? */
static inline bool pdg_http_has_body(const struct pdg_http_head *h)
{
	return h->chunked || h->length;
}

/**
 * Split @target at its first ?, take scheme and authority off one in absolute form, then decode
 * both parts where they lie. *@out_path: what is no target of either form stays one that does not
 * begin with a slash. *@out_query: NULL without. False: an escape is none, or stands for a
 * separator, a space, a control or a NUL; no output is written.
 */
bool pdg_http_target_split(char *target, char **out_path, char **out_query);

#endif
