/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd's callbacks become struct pdg_request. A request is judged on the thread of its
 * connection and suspended while the store and the log do their part. Limits come first: framing,
 * method, declared length, then the bytes as they arrive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"

#define DISCARD_MAX                                                                                \
	(16 * PDG_LIMIT_BODY) /* of a body already refused, before the connection is cut */

static const char *header(struct MHD_Connection *conn, const char *name)
{
	return MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
}

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
				 size_t name_n, const char *value, size_t value_n)
{
	(void)kind;
	pdg_framing_header(ctx, pdg_bytes(name, name_n), pdg_bytes(value, value ? value_n : 0));
	return MHD_YES;
}

/* libmicrohttpd lets much through that a proxy before us may read otherwise. */
static bool framing_is_plain(struct pdg_exchange *x, const char *method, const char *version)
{
	struct pdg_framing *f = &x->link->framing;
	const union MHD_ConnectionInfo *size;

	pdg_framing_line(f, method, version);
	(void)MHD_get_connection_values_n(x->conn, MHD_HEADER_KIND, on_header, f);
	size = MHD_get_connection_info(x->conn, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	if (pdg_framing_ok(f, size ? size->header_size : 0, x->rq.method != PDG_GET))
		return true;
	pdg_reply_rule(&x->rq, "HTP-5", f->wrong, NULL);
	x->rq.reply.close = true;
	return false;
}

static bool length_fits(struct pdg_exchange *x)
{
	if (x->link->framing.length <= PDG_LIMIT_BODY)
		return true;
	pdg_reply_rule(&x->rq, "HTP-3", "the body is larger than 8 MiB",
		       "submit the statement in smaller parts");
	return false;
}

static void make_id(struct pdg_httpd *h, char out[PDG_REQUEST_ID])
{
	(void)snprintf(out, PDG_REQUEST_ID, "%08x-%llx", h->id_base,
		       (unsigned long long)atomic_fetch_add(&h->next_id, 1));
}

static void finish_later(struct pdg_request *rq)
{
	struct pdg_exchange *x = (struct pdg_exchange *)rq;

	pdg_exchange_admit(x);
	atomic_store(&x->done, true);
	MHD_resume_connection(x->conn);
}

static void finish_now(struct pdg_request *rq)
{
	(void)rq;
}

static enum pdg_method method_of(const char *method)
{
	if (strcmp(method, "POST") == 0)
		return PDG_POST;
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? PDG_GET : PDG_OTHER;
}

static struct pdg_exchange *exchange_new(struct pdg_httpd *h, struct MHD_Connection *conn,
					 const char *method, const char *path)
{
	struct pdg_link *link = pdg_link_of(conn);
	struct pdg_exchange *x = link ? pdg_calloc(1, sizeof(*x)) : NULL;

	if (!x)
		return NULL;
	x->httpd = h;
	x->conn = conn;
	x->link = link;
	x->rq.core = h->core;
	x->rq.path = path;
	x->rq.method = method_of(method);
	x->rq.content_type = header(conn, "Content-Type");
	x->rq.content_encoding = header(conn, "Content-Encoding");
	x->rq.prefer = header(conn, "Prefer");
	x->rq.query_after = MHD_lookup_connection_value(conn, MHD_GET_ARGUMENT_KIND, "after");
	x->rq.finish = finish_now;
	pdg_buf_init(&x->body, PDG_LIMIT_BODY);
	pdg_buf_init(&x->rq.reply.body, PDG_LIMIT_RECORD);
	make_id(h, x->rq.id);
	atomic_fetch_add(&h->active, 1);
	return x;
}

/* The first call: all that can be refused before a byte of the body is. */
static void open_request(struct pdg_exchange *x, const char *method, const char *version)
{
	if (atomic_load(&x->httpd->stopping)) {
		pdg_reply_rule(&x->rq, "SVC-2", "the service is stopping", NULL);
		return;
	}
	if (!framing_is_plain(x, method, version))
		return;
	x->route = pdg_route_find(&x->rq);
	if (!x->route || !length_fits(x))
		return;
	if (x->route->body)
		(void)pdg_route_takes_type(&x->rq);
}

/*
 * May a refusal go out before the body came in? Who waits for 100 Continue is spared the upload;
 * who sends at once would be reset while sending, and often never see the answer.
 */
static bool goes_out_early(const struct pdg_exchange *x)
{
	const struct pdg_framing *f = &x->link->framing;

	return x->rq.reply.close || !pdg_framing_has_body(f) || f->length > DISCARD_MAX ||
	       header(x->conn, "Expect");
}

static void drop_body(struct pdg_exchange *x)
{
	pdg_budget_give(&x->httpd->bodies, x->counted);
	x->counted = 0;
	pdg_buf_done(&x->body);
}

/* More of the body. What is refused already is read and thrown away, up to a bound. */
static enum MHD_Result take_body(struct pdg_exchange *x, const char *data, size_t *n)
{
	size_t whole = x->body.n + *n;

	pdg_conn_received(x->link->conn, *n);
	if (!x->rq.reply.status && whole > PDG_LIMIT_BODY) {
		pdg_reply_rule(&x->rq, "HTP-3", "the body is larger than 8 MiB",
			       "submit the statement in smaller parts");
		drop_body(x);
	}
	if (!x->rq.reply.status && !pdg_budget_take(&x->httpd->bodies, *n, whole)) {
		pdg_reply_rule(&x->rq, "HTP-6", "too many large bodies at once",
			       "try again in a second");
		drop_body(x);
	}
	if (x->rq.reply.status) {
		x->discarded += *n;
	} else {
		x->counted += *n;
		pdg_buf_put(&x->body, pdg_bytes(data, *n));
	}
	*n = 0;
	return x->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* Suspended before anybody else sees it: the answer may come from another thread at once. */
static void suspend(struct pdg_exchange *x)
{
	x->rq.finish = finish_later;
	MHD_suspend_connection(x->conn);
}

/*
 * The body is the handler's while it runs and nobody's afterwards: an answer that waits for the log
 * holds no bytes. It is taken off the exchange first, which may be resumed and freed before the
 * handler is back.
 */
static void run_handler(struct pdg_exchange *x)
{
	PDG_AUTO(buf) struct pdg_buf body = x->body;
	struct pdg_httpd *h = x->httpd;
	const struct pdg_route *route = x->route;
	size_t counted = x->counted;
	struct pdg_error err = {0};

	x->body = (struct pdg_buf)PDG_BUF_INIT(0);
	x->counted = 0;
	x->started = true;
	x->rq.body = pdg_buf_bytes(&body);
	pdg_link_enter(x->link, PDG_CONN_WORK, 0);
	if (pdg_buf_check(&body, &err) < 0) {
		pdg_reply_error(&x->rq, &err);
		atomic_store(&x->done, true);
	} else if (route->heavy) {
		suspend(x);
		if (!pdg_reads_put(h->reads, route, &x->rq))
			finish_later(&x->rq);
	} else if (route->method == PDG_POST) {
		suspend(x);
		if (route->handle(&x->rq) == PDG_HANDLED)
			finish_later(&x->rq);
	} else {
		(void)route->handle(&x->rq);
		pdg_exchange_admit(x);
		atomic_store(&x->done, true);
	}
	pdg_budget_give(&h->bodies, counted);
}

enum MHD_Result pdg_httpd_on_request(void *ctx, struct MHD_Connection *conn, const char *path,
				     const char *method, const char *version, const char *data,
				     size_t *n, void **slot)
{
	struct pdg_httpd *h = ctx;
	struct pdg_exchange *x = *slot;

	if (!x) {
		x = exchange_new(h, conn, method, path);
		if (!x)
			return MHD_NO;
		*slot = x;
		open_request(x, method, version);
		if (x->rq.reply.status && goes_out_early(x))
			return pdg_exchange_send(x);
		pdg_link_enter(x->link, PDG_CONN_BODY, 0);
		return MHD_YES;
	}
	if (*n)
		return take_body(x, data, n);
	if (!x->rq.reply.status && !x->started)
		run_handler(x);
	if (x->started && !atomic_load(&x->done))
		return MHD_YES;
	if (x->started || x->rq.reply.status)
		return pdg_exchange_send(x);
	return MHD_YES;
}

void pdg_httpd_on_completed(void *ctx, struct MHD_Connection *conn, void **slot,
			    enum MHD_RequestTerminationCode why)
{
	struct pdg_httpd *h = ctx;
	struct pdg_exchange *x = *slot;
	char status[16];

	(void)conn;
	(void)why;
	if (!x)
		return;
	(void)snprintf(status, sizeof(status), "%d", x->rq.reply.status);
	pdg_log(PDG_LOG_DEBUG, "request", "id", x->rq.id, "path", x->rq.path, "status", status,
		NULL);
	drop_body(x);
	pdg_budget_give(&h->answers, x->waiting);
	atomic_fetch_sub(&h->active, 1);
	pdg_link_enter(x->link, PDG_CONN_HEAD, 0);
	pdg_reply_done(&x->rq.reply);
	free(x);
	*slot = NULL;
}
