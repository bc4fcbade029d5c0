/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a request framed in the one way that everybody reads alike? What the HTTP library lets pass
 * and a proxy before us may read otherwise is refused (HTP-5) and its connection closed.
 */
#ifndef PDG_SERVICE_FRAMING_H
#define PDG_SERVICE_FRAMING_H

#include <stdbool.h>

#include "util/bytes.h"

/* What is known of one request. Zeroed is the beginning. */
struct pdg_framing {
	unsigned lengths, hosts, codings;
	uint64_t length;   /* of Content-Length */
	bool old;	   /* HTTP/1.0 */
	size_t accounted;  /* bytes of the header that names and values stand for */
	const char *wrong; /* what was found first; static; NULL: nothing */
};

/** The request line: its target, undecoded as it was sent; then the rest. */
void pdg_framing_target(struct pdg_framing *f, const char *target);
void pdg_framing_line(struct pdg_framing *f, const char *method, const char *version);
void pdg_framing_header(struct pdg_framing *f, struct pdg_bytes name, struct pdg_bytes value);
/**
 * All headers were seen. @size: bytes of request line and headers on the wire, 0: not known.
 * @body: does the method take one? False: f->wrong says what is wrong.
 */
bool pdg_framing_ok(struct pdg_framing *f, size_t size, bool body);

/** Does a body follow the headers? */
static inline bool pdg_framing_has_body(const struct pdg_framing *f)
{
	return f->codings || f->length;
}

#endif
