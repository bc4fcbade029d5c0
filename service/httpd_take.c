/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to requests, one after the other: head, body, answer. A request that came whole is
 * read and judged where it lies; one that did not leaves a copy of what it has.
 */
#include "service/httpd_impl.h"
#include "util/limits.h"

/* Keep the bytes for later. */
static void pack(struct pdg_link *l, const uint8_t *p, size_t n)
{
	pdg_buf_put(&l->in, pdg_bytes(p, n));
	if (l->in.failed)
		l->dead = true;
}

/* Bytes taken: the head; 0: not whole, or refused. */
static size_t take_head(struct pdg_link *l, uint8_t *p, size_t n)
{
	struct pdg_http_wrong wrong = {0};
	struct pdg_http_head h;
	size_t end;

	switch (pdg_http_head_find(&l->find, pdg_bytes(p, n), &wrong)) {
	case PDG_HTTP_MORE:
		pack(l, p, n);
		return 0;
	case PDG_HTTP_BAD:
		pdg_reply_unread(l, wrong.rule, wrong.text);
		return 0;
	case PDG_HTTP_READY:
		break;
	}
	end = l->find.end;
	l->find = (struct pdg_http_find){0};
	if (!pdg_http_head_read((char *)p, end, &h, &wrong)) {
		pdg_reply_unread(l, wrong.rule, wrong.text);
		return 0;
	}
	l->x = pdg_exchange_new(l, &h);
	if (!l->x) {
		l->dead = true;
		return 0;
	}
	pdg_exchange_open(l->x, &h);
	return end;
}

/* More of a chunked body. The whole of it, and bytes taken. */
static bool take_chunks(struct pdg_exchange *x, struct pdg_bytes in, size_t *out_taken)
{
	struct pdg_bytes rest = in, data;
	struct pdg_http_wrong wrong;
	enum pdg_http_read r;

	do {
		r = pdg_http_chunk_next(&x->chunk, &rest, &data, &wrong);
		if (data.n)
			pdg_exchange_body(x, data);
	} while (r == PDG_HTTP_MORE && data.n);
	*out_taken = in.n - rest.n;
	if (r != PDG_HTTP_BAD)
		return r == PDG_HTTP_READY;
	pdg_reply_rule(&x->rq, wrong.rule, wrong.text, NULL);
	x->rq.reply.close = true;
	return true;
}

/* The whole body is there: taken, or in *@in_place. */
static bool take_body(struct pdg_exchange *x, struct pdg_bytes in, struct pdg_bytes *in_place,
		      size_t *out_taken)
{
	size_t n = x->left < in.n ? (size_t)x->left : in.n;

	*in_place = pdg_bytes(NULL, 0);
	*out_taken = 0;
	if (!x->has_body || x->rq.reply.close)
		return true;
	if (x->chunked)
		return take_chunks(x, in, out_taken);
	*out_taken = n;
	if (n == x->left && x->body.n == 0 && !x->rq.reply.status) {
		*in_place = pdg_bytes_head(in, n);
		x->left = 0;
		return true;
	}
	x->left -= n;
	if (n)
		pdg_exchange_body(x, pdg_bytes_head(in, n));
	return x->left == 0;
}

static void say_continue(struct pdg_link *l)
{
	static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec v = {.iov_base = text, .iov_len = sizeof(text) - 1};

	/* Nothing else is on its way: what does not fit now never will. */
	if (pdg_link_write(l, &v, 1) != sizeof(text) - 1)
		l->dead = true;
}

/* The rest of the body is awaited. */
static void wait_for_body(struct pdg_link *l, size_t more)
{
	struct pdg_exchange *x = l->x;

	if (l->phase != PDG_PHASE_BODY) {
		pdg_link_enter(l, PDG_PHASE_BODY, 0);
		if (!pdg_exchange_keep(x))
			l->dead = true;
		if (x->waits && !more && !x->rq.reply.status)
			say_continue(l);
	}
	l->deadline = pdg_deadline_moved(l->deadline, more);
}

void pdg_link_take(struct pdg_link *l, size_t n)
{
	uint8_t *p = l->loop->scratch;

	while (!l->dead && !l->lingers) {
		struct pdg_bytes body;
		size_t taken;

		if (!l->x) {
			taken = n ? take_head(l, p, n) : 0;
			if (!taken)
				return;
			p += taken;
			n -= taken;
		}
		if (!take_body(l->x, pdg_bytes(p, n), &body, &taken)) {
			wait_for_body(l, taken);
			return;
		}
		p += taken;
		n -= taken;
		l->x->unread = n > 0 || l->x->rq.reply.close;
		if (!l->x->rq.reply.status)
			pdg_exchange_run(l->x, body);
		if (l->x->busy || !pdg_reply_send(l)) {
			if (n && !l->dead && !l->lingers)
				pack(l, p, n);
			return;
		}
	}
}
