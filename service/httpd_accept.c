/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections are taken in by the first loop and given to the one that has the fewest. Those that
 * are too many are taken in too, so that they hear 503 (HTP-14) instead of nothing, as far as there
 * is room for that; where no descriptor is left, one that was kept for it serves to say so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

#define AT_ONCE	     32	   /* from one listener, until others have their turn */
#define PAUSE_MS     100   /* without descriptors */
#define SAY_AGAIN_MS 60000 /* that there are none, or too many connections */
#define RESERVE_FILE "/dev/null"

static void address_of(const struct sockaddr *from, char out[48])
{
	struct sockaddr_in6 in6;
	uint8_t ipv4[4];

	memcpy(out, "unix", sizeof("unix"));
	if (pdg_peers_ipv4(from, ipv4)) {
		(void)inet_ntop(AF_INET, ipv4, out, 48);
	} else if (from->sa_family == AF_INET6) {
		memcpy(&in6, from, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, out, 48);
	}
}

static struct pdg_loop *least_busy(struct pdg_httpd *h)
{
	struct pdg_loop *best = &h->loop[0];
	size_t i;

	for (i = 1; i < h->n_loops; i++) {
		if (atomic_load_explicit(&h->loop[i].n, memory_order_relaxed) <
		    atomic_load_explicit(&best->n, memory_order_relaxed))
			best = &h->loop[i];
	}
	return best;
}

/* One of the connections that are only told that they are too many; NULL: of those too. */
static const char *too_many(struct pdg_httpd *h, const char *why, bool *out_room)
{
	*out_room = atomic_load(&h->over) < PDG_LIMIT_CONNECTIONS_OVER;
	if (*out_room)
		atomic_fetch_add(&h->over, 1);
	return why;
}

static void say_once_a_minute(int64_t *said, const char *event)
{
	int64_t now = pdg_monotonic_ms();

	if (*said && now - *said < SAY_AGAIN_MS)
		return;
	*said = now;
	pdg_log(PDG_LOG_WARN, event, NULL);
}

/* Count it; false: there is no room even for telling so. */
static bool admit(struct pdg_listener *ln, struct pdg_link *l, const struct sockaddr *from)
{
	struct pdg_httpd *h = ln->httpd;
	bool room = true;

	if (atomic_load(&ln->n) >= ln->capacity)
		l->why = too_many(h, "there are too many connections", &room);
	else if (!pdg_peers_take(h->peers, from, &l->peer))
		l->why = too_many(h, "there are too many connections from this address", &room);
	else
		atomic_fetch_add(&ln->n, 1);
	l->over = l->why != NULL;
	if (l->over)
		say_once_a_minute(&h->said_full, "too-many-connections");
	return room;
}

static void take_in(struct pdg_listener *ln, int fd, const struct sockaddr *from)
{
	struct pdg_link *l = pdg_calloc(1, sizeof(*l));
	const int on = 1;

	if (!l) {
		(void)close(fd);
		return;
	}
	l->fd = fd;
	l->listener = ln;
	if (!admit(ln, l, from)) {
		(void)close(fd);
		free(l);
		return;
	}
	address_of(from, l->address);
	if (!ln->local)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pdg_buf_init(&l->in, PDG_SCRATCH);
	pdg_buf_init(&l->out, PDG_LIMIT_KIB(64));
	pdg_link_enter(l, PDG_PHASE_FIRST, 0);
	l->mail.deliver = pdg_link_delivered;
	l->loop = l->over ? &ln->httpd->loop[0] : least_busy(ln->httpd);
	atomic_fetch_add(&l->loop->n, 1);
	atomic_fetch_add(&ln->httpd->connections, 1);
	if (l->loop == &ln->httpd->loop[0])
		pdg_link_begin(l);
	else
		pdg_mail_put(l->loop, &l->mail);
}

/* --- no descriptors left --- */

static void listen_again(evutil_socket_t fd, short what, void *ctx)
{
	struct pdg_httpd *h = ctx;
	size_t i;

	(void)fd;
	(void)what;
	if (h->reserve < 0)
		h->reserve = open(RESERVE_FILE, O_RDONLY | O_CLOEXEC);
	for (i = 0; i < h->n_listeners; i++) {
		if (h->listener[i].event)
			(void)event_add(h->listener[i].event, NULL);
	}
}

/* Somebody waits whom we have no descriptor for: he gets the one that was kept, and a word. */
static void tell_one(struct pdg_listener *ln)
{
	static const char body[] = "{\"type\":\"urn:pedigree:problem:overloaded\","
				   "\"title\":\"there are too many connections\",\"status\":503,"
				   "\"detail\":\"no file descriptor is left for this one\","
				   "\"rule\":\"HTP-14\"}\n";
	struct pdg_httpd *h = ln->httpd;
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "HTTP/1.1 503 Service Unavailable\r\nContent-Length: %zu\r\n"
			 "Content-Type: application/problem+json\r\nRetry-After: 1\r\n"
			 "Connection: close\r\n\r\n%s",
			 sizeof(body) - 1, body);
	int fd;

	if (h->reserve < 0)
		return;
	(void)close(h->reserve);
	fd = accept4(ln->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		if (ln->local || !h->tls)
			(void)send(fd, text, (size_t)n, MSG_NOSIGNAL);
		(void)shutdown(fd, SHUT_WR);
		(void)close(fd);
	}
	h->reserve = open(RESERVE_FILE, O_RDONLY | O_CLOEXEC);
}

static void no_descriptors(struct pdg_listener *ln)
{
	const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
	struct pdg_httpd *h = ln->httpd;
	size_t i;

	say_once_a_minute(&h->said_descriptors, "no-descriptors");
	tell_one(ln);
	for (i = 0; i < h->n_listeners; i++) {
		if (h->listener[i].event)
			(void)event_del(h->listener[i].event);
	}
	(void)event_add(h->accept_again, &pause);
}

static void on_accept(evutil_socket_t listening, short what, void *ctx)
{
	struct pdg_listener *ln = ctx;
	int i;

	(void)what;
	for (i = 0; i < AT_ONCE; i++) {
		struct sockaddr_storage from = {0};
		socklen_t n = sizeof(from);
		int fd = accept4(listening, (struct sockaddr *)&from, &n,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			take_in(ln, fd, (struct sockaddr *)&from);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			no_descriptors(ln);
		if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

/* --- beginning and end --- */

int pdg_accept_start(struct pdg_httpd *h, struct pdg_error *err)
{
	struct event_base *base = h->loop[0].base;
	size_t i;

	h->accept_again = event_new(base, -1, 0, listen_again, h);
	h->reserve = open(RESERVE_FILE, O_RDONLY | O_CLOEXEC);
	if (!h->accept_again || h->reserve < 0)
		return pdg_fail(err, PDG_E_IO, "nothing to accept connections with");
	for (i = 0; i < h->n_listeners; i++) {
		struct pdg_listener *ln = &h->listener[i];

		ln->event = event_new(base, ln->fd, EV_READ | EV_PERSIST, on_accept, ln);
		if (!ln->event || event_add(ln->event, NULL) < 0)
			return pdg_fail(err, PDG_E_IO, "nothing to accept connections with");
	}
	return 0;
}

void pdg_accept_done(struct pdg_httpd *h)
{
	size_t i;

	for (i = 0; i < h->n_listeners; i++) {
		struct pdg_listener *ln = &h->listener[i];

		if (ln->event)
			event_free(ln->event);
		if (ln->fd >= 0)
			(void)close(ln->fd);
		ln->event = NULL;
		ln->fd = -1;
	}
	if (h->accept_again)
		event_free(h->accept_again);
	h->accept_again = NULL;
	if (h->reserve >= 0)
		(void)close(h->reserve);
	h->reserve = -1;
}
