/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: its threads, and how it begins and ends. */
#include "service/httpd.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

/* One a core, and two at least: what one judges is not to keep all others waiting. */
static size_t loops_wanted(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 2 : n > PDG_LOOPS_MAX ? PDG_LOOPS_MAX : (size_t)n;
}

static void close_listeners(struct pdg_mail *mail)
{
	pdg_accept_done(PDG_MAIL_OF(mail, struct pdg_httpd, close_listeners));
}

static void take_listeners(struct pdg_httpd *h, struct pdg_listeners *from)
{
	unsigned capacity = pdg_listen_capacity(from->n);

	for (; h->n_listeners < from->n; h->n_listeners++) {
		struct pdg_listening *given = &from->v[h->n_listeners];
		struct pdg_listener *ln = &h->listener[h->n_listeners];

		ln->httpd = h;
		ln->fd = given->fd;
		ln->local = given->local;
		ln->capacity = capacity;
		given->fd = -1;
	}
}

static int start_loops(struct pdg_httpd *h, struct pdg_error *err)
{
	size_t wanted = loops_wanted(), i;
	int rc = 0;

	for (i = 0; rc == 0 && i < wanted; i++) {
		h->loop[i].index = (unsigned)i;
		h->n_loops++;
		rc = pdg_loop_prepare(h, &h->loop[i], err);
	}
	if (rc == 0)
		rc = pdg_accept_start(h, err);
	for (i = 0; rc == 0 && i < wanted; i++)
		rc = pdg_loop_start(&h->loop[i], err);
	return rc;
}

static void show_levels(struct pdg_httpd *h)
{
	struct pdg_metrics *m = pdg_core_metrics(h->core);

	pdg_metrics_watch(m, PDG_LEVEL_CONNECTIONS, &h->connections);
	pdg_metrics_watch(m, PDG_LEVEL_REQUESTS, &h->active);
	pdg_metrics_watch(m, PDG_LEVEL_BODIES, &h->bodies.used);
	pdg_metrics_watch(m, PDG_LEVEL_ANSWERS, &h->answers.used);
}

static int start_all(struct pdg_httpd *h, struct pdg_listeners *listeners, struct pdg_error *err)
{
	int rc;

	rc = pdg_peers_new(h->cfg->connections_per_address, &h->peers, err);
	if (rc == 0)
		rc = pdg_terms_begin(h, err);
	if (rc == 0)
		rc = pdg_reads_new(&h->reads, err);
	if (rc < 0)
		return rc;
	take_listeners(h, listeners);
	return start_loops(h, err);
}

static void say_listening(const struct pdg_httpd *h, const struct pdg_listeners *listeners)
{
	size_t i;

	for (i = 0; i < listeners->n; i++)
		pdg_log(PDG_LOG_INFO, "listening", "address", listeners->v[i].name, "tls",
			h->tls && !listeners->v[i].local ? "yes" : NULL, NULL);
}

int pdg_httpd_start(const struct pdg_service_config *cfg, struct pdg_core *core,
		    struct pdg_listeners *listeners, struct pdg_tls *tls, struct pdg_httpd **out,
		    struct pdg_error *err)
{
	struct pdg_httpd *h = pdg_calloc(1, sizeof(*h));
	struct timespec t;
	int rc;

	if (!h) {
		pdg_tls_free(tls);
		return pdg_nomem(err);
	}
	h->cfg = cfg;
	h->core = core;
	h->tls = tls;
	h->reserve = -1;
	(void)pthread_rwlock_init(&h->terms_lock, NULL);
	h->close_listeners.deliver = close_listeners;
	h->bodies.max = PDG_LIMIT_BODIES_IN_FLIGHT;
	h->bodies.reserved = PDG_LIMIT_BODIES_RESERVED;
	h->answers.max = PDG_LIMIT_ANSWERS;
	h->answers.reserved = PDG_LIMIT_ANSWERS_RESERVED;
	clock_gettime(CLOCK_REALTIME, &t);
	h->id_base = (uint32_t)t.tv_sec;
	show_levels(h);
	rc = start_all(h, listeners, err);
	if (rc < 0) {
		pdg_httpd_stop(h, 0);
		return rc;
	}
	say_listening(h, listeners);
	*out = h;
	return 0;
}

void pdg_httpd_quiesce(struct pdg_httpd *h)
{
	atomic_store(&h->stopping, true);
	pdg_mail_put(&h->loop[0], &h->close_listeners);
}

void pdg_httpd_drain(const struct pdg_httpd *h, int ms)
{
	const struct timespec tick = {.tv_nsec = 5 * 1000 * 1000};
	int64_t end = pdg_monotonic_ms() + ms;

	while (atomic_load(&h->active) && pdg_monotonic_ms() < end)
		nanosleep(&tick, NULL);
}

void pdg_httpd_stop(struct pdg_httpd *h, int ms)
{
	size_t i;

	if (!h)
		return;
	if (h->reads)
		pdg_reads_stop(h->reads);
	pdg_httpd_drain(h, ms);
	for (i = 0; i < h->n_loops; i++)
		pdg_loop_halt(&h->loop[i]);
	pdg_accept_done(h);
	for (i = 0; i < h->n_loops; i++)
		pdg_loop_done(&h->loop[i]);
	pdg_reads_free(h->reads);
	pdg_peers_free(h->peers);
	pdg_terms_end(h);
	pdg_tls_free(h->tls);
	free(h);
}
