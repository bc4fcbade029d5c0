/* SPDX-License-Identifier: Apache-2.0 */
/* Answers on their way out: their memory is handed over, not copied, and bounded while it waits. */
#include <stdio.h>
#include <stdlib.h>

#include "service/httpd_impl.h"

static void add_headers(struct MHD_Response *response, const struct pdg_reply *r)
{
	char seconds[16];

	if (r->content_type)
		(void)MHD_add_response_header(response, "Content-Type", r->content_type);
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(response, "Cache-Control",
				      r->immutable ? "public, max-age=31536000, immutable"
						   : "no-store");
	if (r->allow)
		(void)MHD_add_response_header(response, "Allow", r->allow);
	if (r->location)
		(void)MHD_add_response_header(response, "Location", r->location);
	if (r->close)
		(void)MHD_add_response_header(response, "Connection", "close");
	if (r->retry_after > 0) {
		(void)snprintf(seconds, sizeof(seconds), "%d", r->retry_after);
		(void)MHD_add_response_header(response, "Retry-After", seconds);
	}
}

/*
 * Every answer waits in memory until it is fetched: those that are large are bounded. One that does
 * not fit is not lost, for it can be asked for again.
 */
void pdg_exchange_admit(struct pdg_exchange *x)
{
	struct pdg_reply *r = &x->rq.reply;

	if (pdg_budget_take(&x->httpd->answers, r->body.n, r->body.n)) {
		x->waiting = r->body.n;
		return;
	}
	pdg_reply_done(r);
	r->immutable = false;
	pdg_reply_rule(&x->rq, "HTP-7", "too many answers wait to be fetched",
		       "try again in a second");
}

/* The body's memory becomes the response's. */
static struct MHD_Response *make_response(struct pdg_reply *r)
{
	static char nothing[] = "";
	struct MHD_Response *response;

	if (!r->body.n)
		return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	response = MHD_create_response_from_buffer_with_free_callback(r->body.n, r->body.p, free);
	if (response)
		r->body = (struct pdg_buf)PDG_BUF_INIT(0);
	return response;
}

enum MHD_Result pdg_exchange_send(struct pdg_exchange *x)
{
	struct pdg_reply *r = &x->rq.reply;
	struct MHD_Response *response;
	enum MHD_Result sent;

	r->close |= atomic_load(&x->httpd->stopping);
	pdg_link_enter(x->link, PDG_CONN_ANSWER, r->body.n);
	response = make_response(r);
	if (!response)
		return MHD_NO;
	add_headers(response, r);
	sent = MHD_queue_response(x->conn, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return sent;
}
