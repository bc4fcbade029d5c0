/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chunked coding (RFC 9112 7.1) in its plainest form: sizes in hexadecimal without leading
 * zeros, no extensions, no trailers. Pure: it points into the bytes that it is given.
 */
#ifndef PDG_SERVICE_HTTP_CHUNK_H
#define PDG_SERVICE_HTTP_CHUNK_H

#include "service/http_head.h"

enum pdg_chunk_state {
	PDG_CHUNK_SIZE,
	PDG_CHUNK_SIZE_LF,
	PDG_CHUNK_DATA,
	PDG_CHUNK_DATA_CR,
	PDG_CHUNK_DATA_LF,
	PDG_CHUNK_LAST_CR,
	PDG_CHUNK_LAST_LF,
	PDG_CHUNK_END,
};

/* Zeroed is the beginning. */
struct pdg_http_chunk {
	enum pdg_chunk_state state;
	uint64_t size; /* of the chunk, as far as it is read; then what is left of it */
	unsigned digits;
};

/**
 * Take the next piece of data off *@in.
 * MORE with data in *@out: call again; MORE without: *@in is used up. READY: the body is whole,
 * *@in begins with what stands behind it. BAD: *@out_wrong.
 */
enum pdg_http_read pdg_http_chunk_next(struct pdg_http_chunk *c, struct pdg_bytes *in,
				       struct pdg_bytes *out, struct pdg_http_wrong *out_wrong);

#endif
