/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: its listeners and threads, and how it begins and ends. */
#include "service/httpd.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

static unsigned pool_size(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

static int start_one(struct pdg_httpd *h, const char *text, int *fd, unsigned connections,
		     struct pdg_error *err)
{
	/* Not MHD_OPTION_STRICT_FOR_CLIENT: what it refuses gets no rule, or no answer (framing.c).
	 */
	h->daemon[h->n] = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL,
		NULL, pdg_httpd_on_request, h, MHD_OPTION_LISTEN_SOCKET, *fd,
		MHD_OPTION_THREAD_POOL_SIZE, pool_size(), MHD_OPTION_CONNECTION_LIMIT, connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PDG_LIMIT_IDLE_SECONDS,
		MHD_OPTION_NOTIFY_CONNECTION, pdg_httpd_on_connection, h,
		MHD_OPTION_URI_LOG_CALLBACK, pdg_httpd_on_target, h,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, PDG_LIMIT_HEADERS, MHD_OPTION_NOTIFY_COMPLETED,
		pdg_httpd_on_completed, h, MHD_OPTION_END);
	if (!h->daemon[h->n])
		return pdg_fail(err, PDG_E_IO, "the HTTP server on %s could not be started", text);
	*fd = -1;
	h->n++;
	pdg_log(PDG_LOG_INFO, "listening", "address", text, NULL);
	return 0;
}

static int start_all(struct pdg_httpd *h, const struct pdg_service_config *cfg,
		     struct pdg_listeners *l, struct pdg_error *err)
{
	unsigned connections = pdg_listen_capacity(l->n);
	size_t i;
	int rc;

	rc = pdg_conns_new(cfg->connections_per_address, &h->conns, err);
	if (rc == 0)
		rc = pdg_reads_new(&h->reads, err);
	for (i = 0; rc == 0 && i < l->n; i++)
		rc = start_one(h, cfg->listen.v[i], &l->fd[i], connections, err);
	return rc;
}

int pdg_httpd_start(const struct pdg_service_config *cfg, struct pdg_core *core,
		    struct pdg_listeners *listeners, struct pdg_httpd **out, struct pdg_error *err)
{
	struct pdg_httpd *h = pdg_calloc(1, sizeof(*h));
	struct timespec t;
	int rc;

	if (!h)
		return pdg_nomem(err);
	h->core = core;
	h->bodies.max = PDG_LIMIT_BODIES_IN_FLIGHT;
	h->bodies.reserved = PDG_LIMIT_BODIES_RESERVED;
	h->answers.max = PDG_LIMIT_ANSWERS;
	h->answers.reserved = PDG_LIMIT_ANSWERS_RESERVED;
	clock_gettime(CLOCK_REALTIME, &t);
	h->id_base = (uint32_t)t.tv_sec;
	rc = start_all(h, cfg, listeners, err);
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
	if (h->reads)
		pdg_reads_stop(h->reads);
	while (atomic_load(&h->active) && pdg_monotonic_ms() < end)
		nanosleep(&tick, NULL);
	for (i = 0; i < h->n; i++)
		MHD_stop_daemon(h->daemon[i]);
	pdg_reads_free(h->reads);
	pdg_conns_free(h->conns);
	free(h);
}
