/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire: libmicrohttpd's callbacks become struct pdg_request. A request is judged on the thread
 * of its connection and suspended while the store and the log do their part. Limits come first:
 * method, declared length, bodies in flight, then the bytes as they arrive.
 */
#include "service/httpd.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "service/http.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"

#define IDLE_SECONDS	    30
#define POOL_PER_CONNECTION (8 * 1024) /* 32 KiB cost 37 MB at 1,000 connections */
#define LISTEN_MAX	    16
#define BACKLOG		    1024
#define DISCARD_MAX                                                                                \
	(16 * PDG_LIMIT_BODY) /* of a body already refused, before the connection is cut */

struct pdg_httpd {
	struct MHD_Daemon *daemon[LISTEN_MAX];
	size_t n;
	struct pdg_core *core;
	atomic_bool stopping;
	atomic_size_t in_flight; /* bytes of all bodies being held */
	atomic_size_t active;	 /* requests begun and not completed */
	atomic_uint_fast64_t next_id;
	uint32_t id_base;
};

/* One request on its connection. */
struct exchange {
	struct pdg_request rq; /* first: finish() gets this address */
	struct pdg_httpd *httpd;
	struct MHD_Connection *conn;
	const struct pdg_route *route;
	struct pdg_buf body;
	size_t counted; /* bytes of in_flight that are ours */
	size_t discarded;
	atomic_bool done; /* a later reply is complete */
	bool started;	  /* the handler was called */
};

static const char *header(struct MHD_Connection *conn, const char *name)
{
	return MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
}

/* --- replies ------------------------------------------------------------------------------ */

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
	if (r->retry_after > 0) {
		(void)snprintf(seconds, sizeof(seconds), "%d", r->retry_after);
		(void)MHD_add_response_header(response, "Retry-After", seconds);
	}
}

static enum MHD_Result send_reply(struct exchange *x)
{
	struct pdg_reply *r = &x->rq.reply;
	struct MHD_Response *response;
	enum MHD_Result sent;

	response = MHD_create_response_from_buffer(r->body.n, r->body.p, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	add_headers(response, r);
	if (atomic_load(&x->httpd->stopping))
		(void)MHD_add_response_header(response, "Connection", "close");
	sent = MHD_queue_response(x->conn, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return sent;
}

/* --- the parts of a request --------------------------------------------------------------- */

struct seen {
	unsigned length, host, encoding;
};

static enum MHD_Result count_header(void *ctx, enum MHD_ValueKind kind, const char *key,
				    const char *value)
{
	struct seen *seen = ctx;

	(void)kind;
	(void)value;
	seen->length += strcasecmp(key, "Content-Length") == 0;
	seen->host += strcasecmp(key, "Host") == 0;
	seen->encoding += strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* libmicrohttpd lets these through, and a proxy before us may read them otherwise. */
static bool framing_is_plain(struct exchange *x)
{
	struct seen seen = {0};

	(void)MHD_get_connection_values(x->conn, MHD_HEADER_KIND, count_header, &seen);
	if (seen.length <= 1 && seen.host <= 1 && seen.encoding <= 1 &&
	    seen.length + seen.encoding <= 1)
		return true;
	pdg_reply_rule(&x->rq, "HTP-5", "two Content-Length, Host or Transfer-Encoding headers",
		       NULL);
	return false;
}

static bool length_fits(struct exchange *x)
{
	const char *text = header(x->conn, "Content-Length");
	uint64_t n;

	if (!text)
		return true;
	if (!pdg_bytes_u64(pdg_bytes_str(text), UINT64_MAX, &n)) {
		pdg_reply_rule(&x->rq, "HTP-5", "Content-Length is no number", NULL);
		return false;
	}
	if (n <= PDG_LIMIT_BODY)
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
	struct exchange *x = (struct exchange *)rq;

	atomic_store(&x->done, true);
	MHD_resume_connection(x->conn);
}

static void finish_now(struct pdg_request *rq)
{
	(void)rq;
}

static struct exchange *exchange_new(struct pdg_httpd *h, struct MHD_Connection *conn,
				     const char *method, const char *path)
{
	struct exchange *x = pdg_calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->httpd = h;
	x->conn = conn;
	x->rq.core = h->core;
	x->rq.path = path;
	x->rq.method = strcmp(method, "POST") == 0 ? PDG_POST : PDG_GET;
	x->rq.content_type = header(conn, "Content-Type");
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
static void open_request(struct exchange *x, const char *method)
{
	if (atomic_load(&x->httpd->stopping)) {
		pdg_reply_rule(&x->rq, "SVC-2", "the service is stopping", NULL);
		return;
	}
	if (!framing_is_plain(x))
		return;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
	    strcmp(method, "POST") != 0) {
		pdg_reply_rule(&x->rq, "HTP-2", "only GET, HEAD and POST are answered here", NULL);
		x->rq.reply.allow = "GET, HEAD, POST";
		return;
	}
	x->route = pdg_route_find(&x->rq);
	if (!x->route || !length_fits(x))
		return;
	if (x->route->body)
		(void)pdg_route_takes_type(&x->rq);
}

/* More of the body. What is refused already is read and thrown away, up to a bound. */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *n)
{
	size_t now;

	if (x->rq.reply.status) {
		x->discarded += *n;
		*n = 0;
		return x->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
	}
	if (x->body.n + *n > PDG_LIMIT_BODY) {
		pdg_reply_rule(&x->rq, "HTP-3", "the body is larger than 8 MiB",
			       "submit the statement in smaller parts");
		return take_body(x, data, n);
	}
	now = atomic_fetch_add(&x->httpd->in_flight, *n) + *n;
	x->counted += *n;
	if (now > PDG_LIMIT_BODIES_IN_FLIGHT) {
		pdg_reply_rule(&x->rq, "HTP-6", "too many large bodies at once",
			       "try again in a second");
		x->rq.reply.retry_after = 1;
		return take_body(x, data, n);
	}
	pdg_buf_put(&x->body, pdg_bytes(data, *n));
	*n = 0;
	return MHD_YES;
}

/*
 * The body is the handler's while it runs and nobody's afterwards: an answer that waits for the log
 * holds no bytes. It is taken off the exchange first, which may be resumed and freed before the
 * handler is back.
 */
static void run_handler(struct exchange *x)
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
	if (pdg_buf_check(&body, &err) < 0) {
		pdg_reply_error(&x->rq, &err);
		atomic_store(&x->done, true);
	} else if (route->method == PDG_POST) {
		/* Suspended before the core sees it: its answer may come from another thread at
		 * once. */
		x->rq.finish = finish_later;
		MHD_suspend_connection(x->conn);
		if (route->handle(&x->rq) == PDG_HANDLED)
			finish_later(&x->rq);
	} else {
		(void)route->handle(&x->rq);
		atomic_store(&x->done, true);
	}
	atomic_fetch_sub(&h->in_flight, counted);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *conn, const char *path,
				  const char *method, const char *version, const char *data,
				  size_t *n, void **slot)
{
	struct pdg_httpd *h = ctx;
	struct exchange *x = *slot;

	(void)version;
	if (!x) {
		x = exchange_new(h, conn, method, path);
		if (!x)
			return MHD_NO;
		*slot = x;
		open_request(x, method);
		/* Answered before the body is sent: nobody uploads 100 MB to hear that it is too
		 * large. */
		return x->rq.reply.status ? send_reply(x) : MHD_YES;
	}
	if (*n)
		return take_body(x, data, n);
	if (!x->rq.reply.status && !x->started)
		run_handler(x);
	if (x->started && !atomic_load(&x->done))
		return MHD_YES;
	if (x->started || x->rq.reply.status)
		return send_reply(x);
	return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *conn, void **slot,
			 enum MHD_RequestTerminationCode why)
{
	struct pdg_httpd *h = ctx;
	struct exchange *x = *slot;
	char status[16];

	(void)conn;
	(void)why;
	if (!x)
		return;
	(void)snprintf(status, sizeof(status), "%d", x->rq.reply.status);
	pdg_log(PDG_LOG_DEBUG, "request", "id", x->rq.id, "path", x->rq.path, "status", status,
		NULL);
	atomic_fetch_sub(&h->in_flight, x->counted);
	atomic_fetch_sub(&h->active, 1);
	pdg_buf_done(&x->body);
	pdg_reply_done(&x->rq.reply);
	free(x);
	*slot = NULL;
}

/* --- listening ---------------------------------------------------------------------------- */

/* "host:port" or "[v6]:port" into its two parts, owned by the caller. */
static int split_address(const char *text, char **host, char **port, struct pdg_error *err)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!colon || !colon[1] || n == 0)
		return pdg_reject(err, "CFG-1", "listen = '%s' is not HOST:PORT", text);
	if (text[0] == '[' && text[n - 1] == ']')
		*host = pdg_bytes_dup(pdg_bytes(text + 1, n - 2));
	else
		*host = pdg_bytes_dup(pdg_bytes(text, n));
	*port = pdg_str_dup(colon + 1);
	return *host && *port ? 0 : pdg_nomem(err);
}

static int bind_one(const struct addrinfo *a, const char *text, int *out, struct pdg_error *err)
{
	PDG_AUTO(fd)
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, rc;

	if (fd < 0)
		return pdg_fail(err, PDG_E_IO, "no socket for %s: %s", text, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		rc = pdg_reject(err, "HTP-8", "cannot listen on %s: %s", text, strerror(errno));
		pdg_fix(err, "stop what listens there, or choose another listen =");
		return rc;
	}
	*out = fd;
	fd = -1;
	return 0;
}

static int listen_on(const char *text, int *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *host = NULL;
	PDG_AUTO(mem) char *port = NULL;
	const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE,
				       .ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int rc;

	rc = split_address(text, &host, &port, err);
	if (rc < 0)
		return rc;
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0)
		return pdg_reject(err, "CFG-1", "listen = '%s': %s", text, gai_strerror(rc));
	rc = bind_one(found, text, out, err);
	freeaddrinfo(found);
	return rc;
}

static unsigned pool_size(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

static int start_one(struct pdg_httpd *h, const char *text, struct pdg_error *err)
{
	int fd = -1, rc;

	rc = listen_on(text, &fd, err);
	if (rc < 0)
		return rc;
	h->daemon[h->n] = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL,
		NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
		pool_size(), MHD_OPTION_CONNECTION_LIMIT, (unsigned)PDG_LIMIT_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_PER_CONNECTION,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_END);
	if (!h->daemon[h->n]) {
		close(fd);
		return pdg_fail(err, PDG_E_IO, "the HTTP server on %s could not be started", text);
	}
	h->n++;
	pdg_log(PDG_LOG_INFO, "listening", "address", text, NULL);
	return 0;
}

int pdg_httpd_start(const struct pdg_strings *listen, struct pdg_core *core, struct pdg_httpd **out,
		    struct pdg_error *err)
{
	struct pdg_httpd *h = pdg_calloc(1, sizeof(*h));
	struct timespec t;
	size_t i;
	int rc = 0;

	if (!h)
		return pdg_nomem(err);
	h->core = core;
	clock_gettime(CLOCK_REALTIME, &t);
	h->id_base = (uint32_t)t.tv_sec;
	if (listen->n == 0 || listen->n > LISTEN_MAX)
		rc = pdg_reject(err, "CFG-1", "%zu listen addresses; 1 to %d are possible",
				listen->n, LISTEN_MAX);
	for (i = 0; rc == 0 && i < listen->n; i++)
		rc = start_one(h, listen->v[i], err);
	if (rc < 0) {
		pdg_httpd_stop(h, 0);
		return rc;
	}
	*out = h;
	return 0;
}

void pdg_httpd_quiesce(struct pdg_httpd *h)
{
	size_t i;

	atomic_store(&h->stopping, true);
	for (i = 0; i < h->n; i++) {
		MHD_socket fd = MHD_quiesce_daemon(h->daemon[i]);

		if (fd != MHD_INVALID_SOCKET)
			close(fd);
	}
}

void pdg_httpd_stop(struct pdg_httpd *h, int ms)
{
	const struct timespec tick = {.tv_nsec = 5 * 1000 * 1000};
	int64_t end = pdg_monotonic_ms() + ms;
	size_t i;

	if (!h)
		return;
	while (atomic_load(&h->active) && pdg_monotonic_ms() < end)
		nanosleep(&tick, NULL);
	for (i = 0; i < h->n; i++)
		MHD_stop_daemon(h->daemon[i]);
	free(h);
}
