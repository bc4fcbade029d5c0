/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: any bytes are a head and a body, less than one, or refused by a rule, and what they are
 * does not depend on the pieces that they come in. The first byte is the length of the pieces.
 *
 * Covers: service/http_head.c, service/http_target.c, service/http_chunk.c
 */
#include <stdlib.h>

#include "fuzz.h"
#include "service/http_chunk.h"
#include "util/limits.h"

struct outcome {
	enum pdg_http_read head, body;
	bool read;
	struct pdg_http_head h;
	size_t end, body_n, rest;
};

static void check_string(const char *s, const char *in, size_t n)
{
	if (s)
		MUST(s >= in && s < in + n && memchr(s, '\0', n - (size_t)(s - in)));
}

static void check_head(const struct pdg_http_head *h, char *in, size_t n)
{
	const char *c;

	check_string(h->method, in, n);
	check_string(h->target, in, n);
	check_string(h->host, in, n);
	check_string(h->content_type, in, n);
	check_string(h->content_encoding, in, n);
	check_string(h->prefer, in, n);
	check_string(h->authorization, in, n);
	MUST(h->method[0] && h->target[0]);
	MUST(h->old || h->host);
	MUST(!(h->chunked && h->has_length));
	MUST(h->has_length || h->length == 0);
	for (c = h->target; *c; c++)
		MUST(*c > ' ' && *c < 0x7f);
}

static void take_body(struct pdg_bytes in, size_t step, struct outcome *o)
{
	struct pdg_http_chunk chunk = {0};
	struct pdg_http_wrong wrong = {0};
	size_t at = 0;

	o->body = PDG_HTTP_MORE;
	while (o->body == PDG_HTTP_MORE && at < in.n) {
		struct pdg_bytes piece = pdg_bytes_head(pdg_bytes_from(in, at), step), data;
		size_t n = piece.n;

		do {
			o->body = pdg_http_chunk_next(&chunk, &piece, &data, &wrong);
			o->body_n += data.n;
		} while (o->body == PDG_HTTP_MORE && data.n);
		at += n - piece.n;
		MUST(o->body != PDG_HTTP_BAD || (wrong.rule && wrong.text));
	}
	o->rest = o->body == PDG_HTTP_READY ? in.n - at : 0;
	MUST(o->body_n <= in.n);
}

static void run(const uint8_t *data, size_t size, size_t step, struct outcome *o)
{
	char *bytes = malloc(size + 1);
	struct pdg_http_find f = {0};
	struct pdg_http_wrong wrong = {0};
	char *path = NULL;
	char *query = NULL;
	size_t n = 0;

	if (!bytes)
		return;
	memcpy(bytes, data, size);
	do {
		n = size - n < step ? size : n + step;
		o->head = pdg_http_head_find(&f, pdg_bytes(bytes, n), &wrong);
	} while (o->head == PDG_HTTP_MORE && n < size);
	MUST(o->head != PDG_HTTP_MORE || size <= PDG_LIMIT_HEADERS);
	MUST(o->head != PDG_HTTP_BAD || (wrong.rule && wrong.text));
	if (o->head == PDG_HTTP_READY) {
		o->end = f.end;
		MUST(f.end >= 4 && f.end <= size && f.end <= PDG_LIMIT_HEADERS + 2);
		o->read = pdg_http_head_read(bytes, f.end, &o->h, &wrong);
		MUST(o->read == !wrong.rule);
		if (o->read) {
			check_head(&o->h, bytes, f.end);
			if (pdg_http_target_split(o->h.target, &path, &query))
				check_string(path, bytes, f.end);
			check_string(query, bytes, f.end);
		}
		if (o->read && o->h.chunked)
			take_body(pdg_bytes(data + f.end, size - f.end), step, o);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = {0}, pieces = {0};
	size_t step;

	if (size < 2)
		return 0;
	step = (size_t)data[0] % 64 + 1;
	run(data + 1, size - 1, size, &whole);
	run(data + 1, size - 1, step, &pieces);
	/* What is refused may be so sooner, or by another limit; never read otherwise. */
	MUST((whole.head == PDG_HTTP_BAD) == (pieces.head == PDG_HTTP_BAD));
	MUST(whole.head == PDG_HTTP_BAD || whole.head == pieces.head);
	MUST(whole.end == pieces.end && whole.read == pieces.read);
	if (whole.read) {
		MUST(whole.h.length == pieces.h.length && whole.h.close == pieces.h.close);
		MUST(whole.body == pieces.body && whole.rest == pieces.rest);
		MUST(whole.body == PDG_HTTP_BAD || whole.body_n == pieces.body_n);
	}
	return 0;
}
