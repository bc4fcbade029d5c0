/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection: what it waits for, until when, and its bytes. Between requests it holds nothing but
 * itself: what is read lies in the loop's scratch, what is written goes straight to the socket, and
 * only what does not fit is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/time.h"

void pdg_link_enter(struct pdg_link *l, enum pdg_phase phase, size_t bytes)
{
	l->phase = phase;
	l->deadline = pdg_deadline_of(phase, bytes, pdg_monotonic_ms());
}

/* --- its end --- */

void pdg_link_free(struct pdg_link *l)
{
	if (l->tls)
		pdg_tls_end(l->tls);
	if (l->fd >= 0)
		(void)close(l->fd);
	pdg_peers_give(l->loop->httpd->peers, l->peer);
	if (l->over)
		atomic_fetch_sub(&l->loop->httpd->over, 1);
	else
		atomic_fetch_sub(&l->listener->n, 1);
	atomic_fetch_sub(&l->loop->n, 1);
	atomic_fetch_sub(&l->loop->httpd->connections, 1);
	pdg_buf_done(&l->in);
	pdg_buf_done(&l->out);
	pdg_tls_proof_done(&l->proof);
	free(l);
}

void pdg_link_settle(struct pdg_link *l)
{
	if (!l->dead)
		return;
	pdg_link_arm(l, 0);
	if (l->listed)
		pdg_loop_remove(l->loop, l);
	/* Whoever answers it still has its request: pdg_exchange's mail comes, and then nobody. */
	if (l->x && l->x->busy)
		return;
	if (l->x)
		pdg_exchange_free(l->x);
	pdg_link_free(l);
}

void pdg_link_end(struct pdg_link *l, bool clean)
{
	if (l->tls)
		pdg_tls_close(l->tls);
	if (clean || l->at_end) {
		l->dead = true;
		return;
	}
	/* A close with bytes unread resets the connection, and the client may never see why. */
	(void)shutdown(l->fd, SHUT_WR);
	l->lingers = true;
	pdg_buf_done(&l->in);
	pdg_link_enter(l, PDG_PHASE_LINGER, 0);
	pdg_link_arm(l, EV_READ);
}

/* --- events --- */

static void on_event(evutil_socket_t fd, short what, void *ctx);

void pdg_link_arm(struct pdg_link *l, short what)
{
	if (l->armed == what)
		return;
	if (l->armed)
		(void)event_del(&l->event);
	l->armed = what;
	if (!what)
		return;
	(void)event_assign(&l->event, l->loop->base, l->fd, (short)(what | EV_PERSIST), on_event,
			   l);
	if (event_add(&l->event, NULL) < 0) {
		l->armed = 0;
		l->dead = true;
	}
}

static void greet(struct pdg_link *l)
{
	if (l->over)
		pdg_reply_unread(l, "HTP-14", l->why);
	else
		pdg_link_arm(l, EV_READ);
}

/*
 * There will be no TLS here. The client, who may have sent on, is to see why: the alert is out, and
 * who speaks plain HTTP hears so in that.
 */
static void give_up_tls(struct pdg_link *l, const struct pdg_tls_refused *why)
{
	pdg_log_tls(l, why);
	if (why->why == PDG_TLS_CLOSED || (why->why == PDG_TLS_NOT_TLS && !why->http)) {
		l->dead = true;
		return;
	}
	pdg_tls_end(l->tls);
	l->tls = NULL;
	l->handshaking = false;
	if (why->http)
		pdg_reply_unread(l, "HTP-17", "plain HTTP was sent to a port that speaks TLS");
	else
		pdg_link_end(l, false);
}

static void handshake(struct pdg_link *l)
{
	struct pdg_tls_refused why;
	short wait = EV_READ;

	switch (pdg_tls_handshake(l->tls, &l->asides, &wait, &why)) {
	case PDG_HTTP_MORE:
		pdg_link_arm(l, wait);
		return;
	case PDG_HTTP_BAD:
		give_up_tls(l, &why);
		return;
	case PDG_HTTP_READY:
		break;
	}
	l->handshaking = false;
	if (!pdg_tls_prove(l->loop->httpd->tls, l->tls, &l->proof)) {
		l->dead = true;
		return;
	}
	greet(l);
	if (!l->dead && pdg_tls_pending(l->tls))
		pdg_link_readable(l);
}

static void on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct pdg_link *l = ctx;

	(void)fd;
	if (l->handshaking) {
		handshake(l);
	} else if (what & EV_WRITE && l->phase == PDG_PHASE_ANSWER) {
		if (pdg_reply_send(l))
			pdg_link_next(l);
	} else {
		/* EV_WRITE: reading waited for it. */
		pdg_link_arm(l, EV_READ);
		pdg_link_readable(l);
	}
	pdg_link_settle(l);
}

void pdg_link_begin(struct pdg_link *l)
{
	struct pdg_httpd *h = l->loop->httpd;

	pdg_loop_add(l->loop, l);
	if (h->tls && !l->listener->local) {
		l->tls = pdg_tls_begin(h->tls, l->fd);
		l->handshaking = true;
		if (l->tls)
			pdg_link_arm(l, EV_READ);
		else
			l->dead = true;
	} else {
		greet(l);
	}
	pdg_link_settle(l);
}

void pdg_link_delivered(struct pdg_mail *mail)
{
	pdg_link_begin((struct pdg_link *)mail);
}

/* --- bytes --- */

/* Bytes read, 0: none now; at_end or dead: none any more. One call of the system, or one record:
 * others have their turn before the next. */
static size_t read_some(struct pdg_link *l, void *p, size_t n)
{
	short what = EV_READ;
	ssize_t got = l->tls ? pdg_tls_read(l->tls, p, n, &what) : read(l->fd, p, n);

	if (l->asides > PDG_LIMIT_TLS_ASIDES) {
		pdg_log_tls(l, &(struct pdg_tls_refused){.why = PDG_TLS_ASIDES});
		l->dead = true;
		return 0;
	}
	if (got > 0)
		return (size_t)got;
	if (got == 0)
		l->at_end = true;
	else if (errno != EAGAIN && errno != EINTR)
		l->dead = true;
	else if (what != EV_READ)
		pdg_link_arm(l, what);
	return 0;
}

size_t pdg_link_write(struct pdg_link *l, struct iovec *v, int n)
{
	const struct msghdr m = {.msg_iov = v, .msg_iovlen = (size_t)n};
	ssize_t put;

	if (l->tls)
		put = pdg_tls_write(l->tls, v->iov_base, v->iov_len);
	else
		put = sendmsg(l->fd, &m, MSG_NOSIGNAL);
	if (put >= 0)
		return (size_t)put;
	if (errno != EAGAIN && errno != EINTR)
		l->dead = true;
	return 0;
}

static void discard(struct pdg_link *l)
{
	size_t n = read_some(l, l->loop->scratch, PDG_SCRATCH);

	l->discarded += n;
	if (l->at_end || l->discarded > PDG_LIMIT_DISCARDED)
		l->dead = true;
}

/* The bytes that came before stand before those that come now. */
static size_t unpack(struct pdg_link *l)
{
	size_t n = l->in.n;

	if (n)
		memcpy(l->loop->scratch, l->in.p, n);
	pdg_buf_done(&l->in);
	return n;
}

static void read_and_take(struct pdg_link *l)
{
	size_t before = unpack(l);
	size_t n = read_some(l, l->loop->scratch + before, PDG_SCRATCH - before);

	/* Who has sent half of a request and goes has no answer to hear. */
	if (l->at_end || l->dead)
		l->dead = true;
	else if (before + n)
		pdg_link_take(l, before + n);
}

void pdg_link_readable(struct pdg_link *l)
{
	do {
		if (l->lingers)
			discard(l);
		else if (l->phase == PDG_PHASE_WORK || l->phase == PDG_PHASE_ANSWER)
			/* One request at a time: the next ones wait in the socket. */
			pdg_link_arm(l, l->phase == PDG_PHASE_WORK ? 0 : EV_WRITE);
		else
			read_and_take(l);
	} while (!l->dead && l->armed == EV_READ && l->tls && pdg_tls_pending(l->tls));
}

void pdg_link_next(struct pdg_link *l)
{
	size_t n;

	if (l->dead || l->lingers)
		return;
	pdg_link_arm(l, EV_READ);
	n = unpack(l);
	if (n)
		pdg_link_take(l, n);
	if (!l->dead && l->armed == EV_READ && l->tls && pdg_tls_pending(l->tls))
		pdg_link_readable(l);
}
