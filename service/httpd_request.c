/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request: what can be refused before its body is, what the body may take, who answers. It is
 * judged on its connection's thread where that waits for nobody (SQLite), else on one that may; the
 * writer and the log do their part on theirs, and whoever has the answer puts it into the loop's
 * mail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/time.h"

/* --- beginning and end --- */

static void finish(struct pdg_request *rq);

static void answered(struct pdg_mail *mail)
{
	struct pdg_exchange *x = PDG_MAIL_OF(mail, struct pdg_exchange, mail);
	struct pdg_link *l = x->link;

	x->busy = false;
	if (!l->dead && pdg_reply_send(l))
		pdg_link_next(l);
	pdg_link_settle(l);
}

static void finish(struct pdg_request *rq)
{
	struct pdg_exchange *x = (struct pdg_exchange *)rq;
	struct pdg_loop *loop = x->link->loop;

	x->answered = pdg_monotonic_us();
	pdg_reply_admit(x);
	if (pthread_equal(loop->thread, pthread_self()) && x->inside)
		x->done = true;
	else
		pdg_mail_put(loop, &x->mail);
}

static const char *known_method(const char *method, enum pdg_method *out)
{
	static const char *const others[] = {"PUT",   "DELETE",	 "PATCH",
					     "TRACE", "OPTIONS", "CONNECT"};
	size_t i;

	*out = PDG_OTHER;
	if (strcmp(method, "POST") == 0) {
		*out = PDG_POST;
		return "POST";
	}
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
		*out = PDG_GET;
		return method[0] == 'G' ? "GET" : "HEAD";
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(method, others[i]) == 0)
			return others[i];
	}
	return "";
}

/* "Bearer" 1*SP token (RFC 6750 2.1); the token is whoever's to read that believes in it. */
static const char *bearer_of(const char *authorization)
{
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	return authorization + 7 + strspn(authorization + 7, " ");
}

struct pdg_exchange *pdg_exchange_new(struct pdg_link *l, const struct pdg_http_head *h)
{
	struct pdg_loop *loop = l->loop;
	struct pdg_exchange *x = pdg_calloc(1, sizeof(*x));
	struct pdg_request *rq;

	if (!x)
		return NULL;
	rq = &x->rq;
	x->link = l;
	x->mail.deliver = answered;
	x->began = pdg_monotonic_us();
	x->method = known_method(h->method, &rq->method);
	x->head_only = x->method[0] == 'H';
	x->last = h->close;
	x->has_body = pdg_http_has_body(h);
	x->chunked = h->chunked;
	x->left = h->length;
	x->waits = h->waits;
	pdg_buf_init(&x->body, PDG_LIMIT_BODY);
	pdg_buf_init(&rq->reply.body, PDG_LIMIT_RECORD);
	rq->core = loop->httpd->core;
	rq->path = h->target ? h->target : "";
	rq->content_type = h->content_type;
	rq->content_encoding = h->content_encoding;
	rq->prefer = h->prefer;
	rq->finish = finish;
	(void)snprintf(rq->id, sizeof(rq->id), "%08x-%x-%llx", loop->httpd->id_base,
		       loop->index % PDG_LOOPS_MAX, (unsigned long long)loop->next_id++);
	rq->caller = (struct pdg_caller){
		.bearer = bearer_of(h->authorization),
		.certificate = l->proof.names.n ? &l->proof.names : NULL,
		.address = l->address,
		.request_id = rq->id,
	};
	atomic_fetch_add_explicit(&loop->httpd->active, 1, memory_order_relaxed);
	return x;
}

static void drop_body(struct pdg_exchange *x)
{
	pdg_budget_give(&x->link->loop->httpd->bodies, x->counted);
	x->counted = 0;
	pdg_buf_done(&x->body);
}

void pdg_exchange_free(struct pdg_exchange *x)
{
	struct pdg_httpd *h = x->link->loop->httpd;

	x->link->x = NULL;
	drop_body(x);
	pdg_budget_give(&h->answers, x->waiting);
	pdg_reply_done(&x->rq.reply);
	free(x->kept);
	free(x);
	atomic_fetch_sub_explicit(&h->active, 1, memory_order_release);
}

/* --- strings that outlive the bytes they were read from --- */

static size_t room_for(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static const char *moved(char **at, const char *s)
{
	size_t n = room_for(s);
	char *to = *at;

	if (!s)
		return NULL;
	memcpy(to, s, n);
	*at += n;
	return to;
}

bool pdg_exchange_keep(struct pdg_exchange *x)
{
	struct pdg_request *rq = &x->rq;
	size_t rest = rq->rest ? (size_t)(rq->rest - rq->path) : 0;
	size_t n = room_for(rq->path) + room_for(rq->query) + room_for(rq->prefer) +
		   room_for(rq->content_type) + room_for(rq->caller.bearer);
	char *at;

	if (x->kept)
		return true;
	x->kept = at = pdg_calloc(n, 1);
	if (!at)
		return false;
	rq->path = moved(&at, rq->path);
	rq->rest = rq->rest ? rq->path + rest : NULL;
	rq->query = moved(&at, rq->query);
	rq->prefer = moved(&at, rq->prefer);
	rq->content_type = moved(&at, rq->content_type);
	rq->content_encoding = NULL; /* looked at already */
	rq->caller.bearer = moved(&at, rq->caller.bearer);
	return true;
}

/* --- what is refused at once --- */

static bool may_read(const struct pdg_exchange *x)
{
	return x->rq.method != PDG_GET || x->rq.route->open ||
	       pdg_terms_may_read(x->link->loop->httpd, &x->rq.caller);
}

/* False: the answer is there. */
static bool find_route(struct pdg_exchange *x, char *target)
{
	char *path = NULL;
	char *query = NULL;

	if (!pdg_http_target_split(target, &path, &query)) {
		pdg_reply_rule(&x->rq, "HTP-5",
			       "the path or query holds an escape that is none, or stands for a "
			       "separator, a control or a NUL",
			       NULL);
		x->rq.reply.close = true;
		return false;
	}
	x->rq.path = path;
	x->rq.query = query;
	if (pdg_route_find(&x->rq) && pdg_query_taken(&x->rq) && x->rq.method == PDG_GET &&
	    x->has_body)
		pdg_reply_rule(&x->rq, "HTP-5", "a body with a request that takes none",
			       "send it without a body");
	x->rq.reply.close |= x->rq.method == PDG_GET && x->has_body;
	return !x->rq.reply.status;
}

/* A connection may outlive what was proven at its beginning. False: the answer is there. */
static bool still_proven(struct pdg_exchange *x)
{
	struct pdg_link *l = x->link;

	if (!l->proof.names.n || pdg_tls_proves(l->loop->httpd->tls, l->tls, &l->proof))
		return true;
	x->rq.caller.certificate = NULL;
	pdg_reply_rule(&x->rq, "HTP-16",
		       "the client certificate of this connection has ended, or no authority in "
		       "force vouches for it",
		       NULL);
	x->rq.reply.close = true;
	return false;
}

static void too_large(struct pdg_exchange *x)
{
	pdg_reply_rule(&x->rq, "HTP-3", "the body is larger than 8 MiB",
		       "send a smaller statement: what a statement may be is in docs/FORMATS.md");
}

static void refuse_early(struct pdg_exchange *x, const struct pdg_http_head *h)
{
	if (atomic_load_explicit(&x->link->loop->httpd->stopping, memory_order_relaxed))
		pdg_reply_rule(&x->rq, "SVC-2", "the service is stopping", NULL);
	else if (!still_proven(x) || !find_route(x, h->target))
		return;
	else if (!may_read(x))
		pdg_reply_rule(&x->rq, "HTP-15",
			       "reading is for those whom the service's configuration names", NULL);
	else if (h->length > PDG_LIMIT_BODY)
		too_large(x);
	else if (x->rq.route->body)
		(void)pdg_route_takes_type(&x->rq);
}

/*
 * A refusal goes out before the body came in where the client waits for 100 Continue, or would send
 * more than is thrown away. Whoever sends at once would be reset while sending, and often never see
 * the answer.
 */
void pdg_exchange_open(struct pdg_exchange *x, const struct pdg_http_head *h)
{
	struct pdg_httpd *httpd = x->link->loop->httpd;

	pdg_terms_hold(httpd);
	refuse_early(x, h);
	pdg_terms_release(httpd);
	if (x->rq.reply.status && x->has_body && (h->waits || h->length > PDG_LIMIT_DISCARDED))
		x->rq.reply.close = true;
}

void pdg_exchange_body(struct pdg_exchange *x, struct pdg_bytes data)
{
	struct pdg_httpd *h = x->link->loop->httpd;
	size_t whole = x->body.n + data.n;

	if (!x->rq.reply.status && whole > PDG_LIMIT_BODY) {
		too_large(x);
		drop_body(x);
	}
	if (!x->rq.reply.status && !pdg_budget_take(&h->bodies, data.n, whole)) {
		pdg_reply_rule(&x->rq, "HTP-6", "too many large bodies at once",
			       "try again in a second");
		drop_body(x);
	}
	if (x->rq.reply.status) {
		x->discarded += data.n;
		x->link->dead |= x->discarded > PDG_LIMIT_DISCARDED;
	} else {
		x->counted += data.n;
		pdg_buf_put(&x->body, data);
	}
}

/* --- who answers --- */

static void hand_over(struct pdg_exchange *x)
{
	struct pdg_reads *reads = x->link->loop->httpd->reads;

	if (!pdg_exchange_keep(x)) {
		struct pdg_error err = {0};

		(void)pdg_nomem(&err);
		pdg_reply_error(&x->rq, &err);
		finish(&x->rq);
	} else if (!pdg_reads_put(reads, &x->rq)) {
		finish(&x->rq);
	}
}

static void handle(struct pdg_exchange *x)
{
	struct pdg_error err = {0};

	if (pdg_buf_check(&x->body, &err) < 0) {
		pdg_reply_error(&x->rq, &err);
		finish(&x->rq);
	} else if (x->rq.route->heavy) {
		hand_over(x);
	} else if (x->rq.route->handle(&x->rq) == PDG_HANDLED) {
		finish(&x->rq);
	}
}

/*
 * The body is the handler's while it runs and nobody's afterwards: an answer that waits for the log
 * holds no bytes. Of a path that is no route's own name nothing is left either, unless it is kept.
 */
void pdg_exchange_run(struct pdg_exchange *x, struct pdg_bytes in_place)
{
	pdg_link_enter(x->link, PDG_PHASE_WORK, 0);
	x->run = pdg_monotonic_us();
	x->allowed = PDG_LIMIT_SLOW_SECONDS * (int64_t)1000000;
	if (x->rq.route->method == PDG_POST)
		x->allowed += pdg_prefer_wait_ms(x->rq.prefer) * (int64_t)1000;
	x->rq.body = x->body.n ? pdg_buf_bytes(&x->body) : in_place;
	x->inside = true;
	x->busy = true;
	handle(x);
	x->inside = false;
	x->busy = !x->done;
	drop_body(x);
	if (x->busy && !x->kept) {
		x->rq.path = x->rq.route->path;
		x->rq.rest = x->rq.query = x->rq.prefer = NULL;
		x->rq.content_type = x->rq.content_encoding = NULL;
		x->rq.caller.bearer = NULL;
	}
}
