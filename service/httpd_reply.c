/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers on their way out: head and body leave in one call where the socket takes them, and the
 * memory of those that wait is bounded.
 */
#include <stdio.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/time.h"

#define TLS_RECORD ((size_t)16384) /* what leaves in one, RFC 8446 5.1 */

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} v[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{424, "Failed Dependency"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if (v[i].status == status)
			return v[i].reason;
	}
	return "";
}

/* The date, made once a second (RFC 9110 6.6.1). */
static const char *date_of(struct pdg_loop *loop)
{
	int64_t now = pdg_now(&pdg_clock_system);

	if (loop->dated != now) {
		loop->dated = now;
		pdg_time_http(now, loop->date);
	}
	return loop->date;
}

static void field(struct pdg_buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	pdg_buf_puts(b, name);
	pdg_buf_puts(b, value);
	pdg_buf_puts(b, "\r\n");
}

static void make_head(struct pdg_exchange *x, struct pdg_buf *b)
{
	const struct pdg_reply *r = &x->rq.reply;

	pdg_buf_reset(b);
	pdg_buf_printf(b, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", r->status,
		       reason_of(r->status), r->body.n);
	field(b, "Date: ", date_of(x->link->loop));
	field(b, "Content-Type: ", r->content_type);
	field(b, "X-Content-Type-Options: ", "nosniff");
	field(b,
	      "Cache-Control: ", r->immutable ? "public, max-age=31536000, immutable" : "no-store");
	field(b, "X-Request-Id: ", x->rq.id);
	field(b, "Allow: ", r->allow);
	field(b, "Location: ", r->location);
	if (r->retry_after > 0)
		pdg_buf_printf(b, "Retry-After: %d\r\n", r->retry_after);
	if (r->status == 401)
		field(b, "WWW-Authenticate: ", "Bearer");
	if (x->last)
		field(b, "Connection: ", "close");
	pdg_buf_puts(b, "\r\n");
}

/*
 * Every answer waits in memory until it is fetched: those that are large are bounded. One that does
 * not fit is not lost, for it can be asked for again.
 */
void pdg_reply_admit(struct pdg_exchange *x)
{
	struct pdg_reply *r = &x->rq.reply;

	if (pdg_budget_take(&x->link->loop->httpd->answers, r->body.n, r->body.n)) {
		x->waiting = r->body.n;
		return;
	}
	pdg_reply_done(r);
	r->immutable = false;
	pdg_reply_rule(&x->rq, "HTP-7", "too many answers wait to be fetched",
		       "try again in a second");
}

/* It is out: the connection goes on, or ends. */
static void complete(struct pdg_link *l)
{
	struct pdg_exchange *x = l->x;
	bool last = x->last, clean = !x->unread;

	pdg_log_exchange(x);
	pdg_exchange_free(x);
	pdg_buf_done(&l->out);
	l->out_sent = l->sent = 0;
	if (last)
		pdg_link_end(l, clean);
	else
		pdg_link_enter(l, PDG_PHASE_HEAD, 0);
}

/* The parts of head and body that are still to be sent. */
static int parts(const struct pdg_link *l, struct pdg_bytes head, struct iovec v[2])
{
	const struct pdg_exchange *x = l->x;
	const struct pdg_buf *body = &x->rq.reply.body;
	int n = 0;

	if (l->out_sent < head.n)
		v[n++] = (struct iovec){(uint8_t *)(uintptr_t)head.p + l->out_sent,
					head.n - l->out_sent};
	if (!x->head_only && l->sent < body->n)
		v[n++] = (struct iovec){body->p + l->sent, body->n - l->sent};
	return n;
}

static void count_sent(struct pdg_link *l, size_t head, size_t n)
{
	size_t of_head = head - l->out_sent < n ? head - l->out_sent : n;

	l->out_sent += of_head;
	l->sent += n - of_head;
}

/* True: all of it is out. */
static bool send_parts(struct pdg_link *l, struct pdg_bytes head)
{
	struct iovec v[2] = {{0}};
	int n;

	while ((n = parts(l, head, v)) > 0) {
		size_t put = pdg_link_write(l, v, n);

		if (put == 0)
			return false;
		count_sent(l, head.n, put);
	}
	return true;
}

/* A TLS record holds both: one of them is one write. */
static void join(struct pdg_link *l, struct pdg_buf *head)
{
	struct pdg_buf *body = &l->x->rq.reply.body;

	if (l->tls && !l->x->head_only && body->n && head->n + body->n <= TLS_RECORD) {
		pdg_buf_put(head, pdg_buf_bytes(body));
		l->sent = body->n;
	}
}

static void begin(struct pdg_link *l, struct pdg_buf *head)
{
	struct pdg_exchange *x = l->x;

	if (!x->answered)
		x->answered = pdg_monotonic_us();
	x->last |= x->rq.reply.close ||
		   atomic_load_explicit(&l->loop->httpd->stopping, memory_order_relaxed);
	make_head(x, head);
	join(l, head);
}

bool pdg_reply_send(struct pdg_link *l)
{
	struct pdg_buf *head = &l->loop->head;
	bool begun = l->phase == PDG_PHASE_ANSWER;

	if (begun) {
		head = &l->out;
	} else {
		begin(l, head);
		if (head->failed)
			l->dead = true;
		l->phase = PDG_PHASE_ANSWER;
	}
	if (l->dead)
		return false;
	if (send_parts(l, pdg_buf_bytes(head))) {
		complete(l);
		return !l->dead;
	}
	if (l->dead)
		return false;
	if (!begun) {
		pdg_link_enter(l, PDG_PHASE_ANSWER, l->x->rq.reply.body.n);
		pdg_buf_put(&l->out, pdg_buf_bytes(head));
		l->dead |= l->out.failed != 0 || !pdg_exchange_keep(l->x);
	}
	pdg_link_arm(l, EV_WRITE);
	return false;
}

void pdg_reply_unread(struct pdg_link *l, const char *rule, const char *text)
{
	static const struct pdg_http_head nothing = {.method = "", .close = true};

	l->x = pdg_exchange_new(l, &nothing);
	if (!l->x) {
		l->dead = true;
		return;
	}
	pdg_reply_rule(&l->x->rq, rule, text, NULL);
	l->x->unread = true;
	(void)pdg_reply_send(l);
}
