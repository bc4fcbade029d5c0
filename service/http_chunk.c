/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks, a byte at a time but for their data. */
#include "service/http_chunk.h"

#define DIGITS_MAX 8 /* 4 GiB; what is larger than a body may be is refused by whoever takes it */

static const char not_a_chunk[] = "a chunk is not of its form: a size without leading zeros, CR "
				  "LF, its bytes, CR LF; no extensions, no trailers";

static bool is(uint8_t c, uint8_t want, struct pdg_http_chunk *k, enum pdg_chunk_state next)
{
	if (c != want)
		return false;
	k->state = next;
	return true;
}

static bool size_digit(struct pdg_http_chunk *k, uint8_t c)
{
	uint8_t lower = c | 0x20;
	uint64_t v;

	if (c >= '0' && c <= '9')
		v = (uint64_t)(c - '0');
	else if (lower >= 'a' && lower <= 'f')
		v = (uint64_t)(lower - 'a' + 10);
	else
		return false;
	/* Behind a 0 nothing follows. */
	if (k->digits == DIGITS_MAX || (k->digits && k->size == 0))
		return false;
	k->size = k->size * 16 + v;
	k->digits++;
	return true;
}

/* One byte that is no data. */
static bool step(struct pdg_http_chunk *k, uint8_t c)
{
	switch (k->state) {
	case PDG_CHUNK_SIZE:
		if (k->digits && c == '\r') {
			k->state = PDG_CHUNK_SIZE_LF;
			return true;
		}
		return size_digit(k, c);
	case PDG_CHUNK_SIZE_LF:
		return is(c, '\n', k, k->size ? PDG_CHUNK_DATA : PDG_CHUNK_LAST_CR);
	case PDG_CHUNK_DATA_CR:
		return is(c, '\r', k, PDG_CHUNK_DATA_LF);
	case PDG_CHUNK_DATA_LF:
		k->digits = 0;
		return is(c, '\n', k, PDG_CHUNK_SIZE);
	case PDG_CHUNK_LAST_CR:
		return is(c, '\r', k, PDG_CHUNK_LAST_LF);
	case PDG_CHUNK_LAST_LF:
		return is(c, '\n', k, PDG_CHUNK_END);
	case PDG_CHUNK_DATA:
	case PDG_CHUNK_END:
		break;
	}
	return false;
}

enum pdg_http_read pdg_http_chunk_next(struct pdg_http_chunk *c, struct pdg_bytes *in,
				       struct pdg_bytes *out, struct pdg_http_wrong *out_wrong)
{
	*out = pdg_bytes(in->p, 0);
	while (c->state != PDG_CHUNK_END && in->n) {
		if (c->state == PDG_CHUNK_DATA) {
			*out = pdg_bytes_head(*in, c->size < in->n ? (size_t)c->size : in->n);
			*in = pdg_bytes_from(*in, out->n);
			c->size -= out->n;
			if (c->size == 0)
				c->state = PDG_CHUNK_DATA_CR;
			return PDG_HTTP_MORE;
		}
		if (!step(c, in->p[0])) {
			out_wrong->rule = "HTP-5";
			out_wrong->text = not_a_chunk;
			return PDG_HTTP_BAD;
		}
		*in = pdg_bytes_from(*in, 1);
	}
	return c->state == PDG_CHUNK_END ? PDG_HTTP_READY : PDG_HTTP_MORE;
}
