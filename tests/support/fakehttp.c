/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server of the tests of what calls out; see fakehttp.h. */
#include "support/fakehttp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/size.h"

#define CONNECTIONS_MAX 256
#define REQUEST_MAX	((size_t)16 << 20)
#define DRIP_US		100000

struct connection {
	struct fake_http *server;
	pthread_t thread;
	int fd;
};

struct fake_http {
	fake_handler *handler;
	void *ctx;
	int listen_fd;
	unsigned port;
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock; /* the handler, the count, the list */
	unsigned requests;
	bool stopping;
	struct connection *list[CONNECTIONS_MAX];
	size_t n;
};

static void give_up(const char *what) __attribute__((noreturn));

static void give_up(const char *what)
{
	(void)fprintf(stderr, "fake server: ");
	perror(what);
	abort();
}

static bool send_all(int fd, struct pdg_bytes b)
{
	while (b.n > 0) {
		ssize_t n = send(fd, b.p, b.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		b = pdg_bytes_from(b, (size_t)n);
	}
	return true;
}

static void send_slowly(int fd, struct pdg_bytes b)
{
	size_t i;

	for (i = 0; i < b.n && send_all(fd, pdg_bytes(b.p + i, 1)); i++)
		(void)usleep(DRIP_US);
}

static void send_for_ever(int fd)
{
	static const char piece[8192] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	while (send_all(fd, pdg_bytes(piece, sizeof(piece))))
		;
}

/* More bytes of the connection. False at its end. */
static bool receive(int fd, struct pdg_buf *in)
{
	uint8_t piece[4096];
	ssize_t n;

	do {
		n = recv(fd, piece, sizeof(piece), 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	pdg_buf_put(in, pdg_bytes(piece, (size_t)n));
	return !in->failed;
}

static size_t content_length(struct pdg_bytes head)
{
	struct pdg_bytes line;
	uint64_t n = 0;

	while (pdg_bytes_line(&head, &line)) {
		PDG_AUTO(mem) char *s = pdg_bytes_dup(line);

		if (s && strncasecmp(s, "content-length:", 15) == 0)
			n = strtoull(s + 15, NULL, 10);
	}
	return (size_t)n;
}

/* One request off *@in: head and body. False at the end of the connection. */
static bool read_request(int fd, struct pdg_buf *in, size_t *out_head, size_t *out_all)
{
	size_t end;

	while ((end = pdg_bytes_find(pdg_buf_bytes(in), pdg_bytes_str("\r\n\r\n"), 0)) ==
	       SIZE_MAX) {
		if (!receive(fd, in))
			return false;
	}
	*out_head = end + 4;
	*out_all = *out_head + content_length(pdg_bytes_head(pdg_buf_bytes(in), *out_head));
	while (in->n < *out_all) {
		if (!receive(fd, in))
			return false;
	}
	return true;
}

static void ask_handler(struct fake_http *f, struct pdg_bytes head, struct pdg_bytes body,
			struct fake_reply *reply)
{
	size_t first = pdg_bytes_find_byte(head, ' ', 0);
	size_t second = pdg_bytes_find_byte(head, ' ', first + 1);
	PDG_AUTO(mem) char *method = pdg_bytes_dup(pdg_bytes_head(head, first));
	PDG_AUTO(mem)
	char *path = pdg_bytes_dup(pdg_bytes_from(pdg_bytes_head(head, second), first + 1));
	struct fake_request req = {.method = method, .path = path, .head = head, .body = body};

	(void)pthread_mutex_lock(&f->lock);
	req.number = ++f->requests;
	f->handler(f->ctx, &req, reply);
	(void)pthread_mutex_unlock(&f->lock);
}

/* Send the reply. True when the connection goes on. */
static bool send_reply(int fd, const struct fake_reply *reply)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	if (reply->way == FAKE_DRIP) {
		send_slowly(fd, pdg_buf_bytes(&reply->raw));
		return false;
	}
	if (!send_all(fd, pdg_buf_bytes(&reply->raw)))
		return false;
	if (reply->way == FAKE_ENDLESS)
		send_for_ever(fd);
	else if (reply->way == FAKE_HANG)
		(void)poll(&p, 1, -1);
	return reply->way == FAKE_KEEP;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(REQUEST_MAX);
	size_t head;
	size_t all;
	bool more = true;

	while (more && read_request(c->fd, &in, &head, &all)) {
		struct fake_reply reply = {.raw = PDG_BUF_INIT(REQUEST_MAX)};
		struct pdg_bytes b = pdg_buf_bytes(&in);

		ask_handler(c->server, pdg_bytes_head(b, head),
			    pdg_bytes_from(pdg_bytes_head(b, all), head), &reply);
		more = send_reply(c->fd, &reply);
		pdg_buf_done(&reply.raw);
		memmove(in.p, in.p + all, in.n - all);
		in.n -= all;
	}
	(void)shutdown(c->fd, SHUT_RDWR);
	return NULL;
}

static void *listen_on(void *arg)
{
	struct fake_http *f = arg;

	for (;;) {
		struct connection *c;
		int fd = accept(f->listen_fd, NULL, NULL);

		(void)pthread_mutex_lock(&f->lock);
		if (fd < 0 || f->stopping || f->n == CONNECTIONS_MAX)
			break;
		c = pdg_calloc(1, sizeof(*c));
		if (!c)
			give_up("memory");
		*c = (struct connection){.server = f, .fd = fd};
		if (pthread_create(&c->thread, NULL, serve, c) != 0)
			give_up("thread");
		f->list[f->n++] = c;
		(void)pthread_mutex_unlock(&f->lock);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return NULL;
}

static int bind_port(unsigned *out_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		give_up("bind");
	*out_port = ntohs(a.sin_port);
	return fd;
}

struct fake_http *fake_http_start(fake_handler *handler, void *ctx)
{
	struct fake_http *f = pdg_calloc(1, sizeof(*f));

	if (!f)
		give_up("memory");
	f->handler = handler;
	f->ctx = ctx;
	f->listen_fd = bind_port(&f->port);
	(void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u", f->port);
	(void)pthread_mutex_init(&f->lock, NULL);
	if (listen(f->listen_fd, 64) != 0)
		give_up("listen");
	if (pthread_create(&f->thread, NULL, listen_on, f) != 0)
		give_up("thread");
	return f;
}

void fake_http_stop(struct fake_http *f)
{
	size_t i;

	if (!f)
		return;
	(void)pthread_mutex_lock(&f->lock);
	f->stopping = true;
	(void)pthread_mutex_unlock(&f->lock);
	(void)shutdown(f->listen_fd, SHUT_RDWR);
	(void)pthread_join(f->thread, NULL);
	for (i = 0; i < f->n; i++) {
		(void)shutdown(f->list[i]->fd, SHUT_RDWR);
		(void)pthread_join(f->list[i]->thread, NULL);
		(void)close(f->list[i]->fd);
		free(f->list[i]);
	}
	(void)close(f->listen_fd);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}

void fake_http_lock(struct fake_http *f)
{
	(void)pthread_mutex_lock(&f->lock);
}

void fake_http_unlock(struct fake_http *f)
{
	(void)pthread_mutex_unlock(&f->lock);
}

unsigned fake_http_port(const struct fake_http *f)
{
	return f->port;
}

const char *fake_http_url(const struct fake_http *f)
{
	return f->url;
}

void fake_reply_http(struct fake_reply *reply, int status, const char *type, const char *headers,
		     struct pdg_bytes body)
{
	pdg_buf_printf(&reply->raw, "HTTP/1.1 %d Some Reason\r\n", status);
	if (type)
		pdg_buf_printf(&reply->raw, "Content-Type: %s\r\n", type);
	pdg_buf_printf(&reply->raw, "%sContent-Length: %zu\r\n\r\n", headers ? headers : "",
		       body.n);
	pdg_buf_put(&reply->raw, body);
}

unsigned fake_http_dead_port(void)
{
	unsigned port;
	int fd = bind_port(&port);

	(void)close(fd);
	return port;
}
