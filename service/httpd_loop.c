/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread with an event loop, its connections, and a list of what other threads leave for it: a
 * lock-free stack, so that a writer that answers a batch of submissions neither waits nor wakes the
 * loop more than once.
 */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

#define SWEEP_SECONDS 1

void pdg_mail_put(struct pdg_loop *loop, struct pdg_mail *mail)
{
	const uint64_t one = 1;
	struct pdg_mail *first = atomic_load_explicit(&loop->mail, memory_order_relaxed);

	do {
		mail->next = first;
	} while (!atomic_compare_exchange_weak_explicit(
		&loop->mail, &first, mail, memory_order_release, memory_order_relaxed));
	/* Whoever put the first wakes for all that come until the loop looks. */
	if (!first && write(loop->wake_fd, &one, sizeof(one)) < 0)
		pdg_log(PDG_LOG_ERROR, "loop-not-woken", NULL);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	struct pdg_loop *loop = ctx;
	struct pdg_mail *all, *in_order = NULL;
	uint64_t count;

	(void)what;
	/* First: what is put from now on wakes again. */
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	all = atomic_exchange_explicit(&loop->mail, NULL, memory_order_acquire);
	while (all) {
		struct pdg_mail *mail = all;

		all = mail->next;
		mail->next = in_order;
		in_order = mail;
	}
	while (in_order) {
		struct pdg_mail *mail = in_order;

		in_order = mail->next;
		mail->deliver(mail);
	}
}

/* Connections that are late are closed; they never hear why, for they do not listen or do not
 * speak. */
static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct pdg_loop *loop = ctx;
	struct pdg_link *l, *next;
	int64_t now = pdg_monotonic_ms();
	size_t n = 0;

	(void)fd;
	(void)what;
	for (l = loop->links; l; l = next) {
		next = l->next;
		if (l->deadline > now)
			continue;
		n += !l->lingers && !l->over;
		if (l->handshaking)
			pdg_log_tls(l, &(struct pdg_tls_refused){.why = PDG_TLS_LATE});
		l->dead = true;
		pdg_link_settle(l);
	}
	if (n)
		pdg_log(PDG_LOG_DEBUG, "slow-connections", NULL);
}

void pdg_loop_add(struct pdg_loop *loop, struct pdg_link *l)
{
	const struct timeval period = {.tv_sec = SWEEP_SECONDS};

	if (!loop->links)
		(void)event_add(loop->tick, &period);
	l->next = loop->links;
	if (l->next)
		l->next->previous = l;
	loop->links = l;
	l->listed = true;
}

void pdg_loop_remove(struct pdg_loop *loop, struct pdg_link *l)
{
	if (l->next)
		l->next->previous = l->previous;
	if (l->previous)
		l->previous->next = l->next;
	else
		loop->links = l->next;
	l->listed = false;
	if (!loop->links)
		(void)event_del(loop->tick);
}

static void *run(void *ctx)
{
	struct pdg_loop *loop = ctx;

	(void)event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static void halt(struct pdg_mail *mail)
{
	struct pdg_loop *loop = PDG_MAIL_OF(mail, struct pdg_loop, halt);

	(void)event_base_loopbreak(loop->base);
}

/* One thread uses it at a time, and its own clock is not asked at each event. */
static struct event_base *new_base(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base = NULL;

	if (cfg && event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK) == 0 &&
	    event_config_set_flag(cfg, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(cfg);
	if (cfg)
		event_config_free(cfg);
	return base;
}

static bool make(struct pdg_loop *loop)
{
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	loop->base = new_base();
	loop->scratch = pdg_calloc(1, PDG_SCRATCH);
	pdg_buf_init(&loop->head, PDG_LIMIT_KIB(64));
	if (loop->wake_fd < 0 || !loop->base || !loop->scratch)
		return false;
	loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
	loop->tick = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
	return loop->wake && loop->tick && event_add(loop->wake, NULL) == 0;
}

int pdg_loop_prepare(struct pdg_httpd *h, struct pdg_loop *loop, struct pdg_error *err)
{
	loop->httpd = h;
	loop->wake_fd = -1;
	loop->dated = -1;
	loop->halt.deliver = halt;
	return make(loop) ? 0 : pdg_fail(err, PDG_E_IO, "no event loop for connections");
}

int pdg_loop_start(struct pdg_loop *loop, struct pdg_error *err)
{
	loop->running = pthread_create(&loop->thread, NULL, run, loop) == 0;
	return loop->running ? 0 : pdg_fail(err, PDG_E_IO, "no thread for connections");
}

void pdg_loop_halt(struct pdg_loop *loop)
{
	if (!loop->running)
		return;
	pdg_mail_put(loop, &loop->halt);
	(void)pthread_join(loop->thread, NULL);
	loop->running = false;
}

/* What was put and never delivered: connections alone, for all requests are answered. */
static void drop_mail(struct pdg_loop *loop)
{
	struct pdg_mail *mail = atomic_exchange(&loop->mail, NULL);

	while (mail) {
		struct pdg_mail *next = mail->next;

		if (mail->deliver == pdg_link_delivered)
			pdg_link_free((struct pdg_link *)mail);
		else if (mail->deliver != halt)
			mail->deliver(mail);
		mail = next;
	}
}

void pdg_loop_done(struct pdg_loop *loop)
{
	while (loop->links) {
		loop->links->dead = true;
		pdg_link_settle(loop->links);
	}
	drop_mail(loop);
	if (loop->wake)
		event_free(loop->wake);
	if (loop->tick)
		event_free(loop->tick);
	if (loop->base)
		event_base_free(loop->base);
	if (loop->wake_fd >= 0)
		(void)close(loop->wake_fd);
	pdg_buf_done(&loop->head);
	free(loop->scratch);
}
