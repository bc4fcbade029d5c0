/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for a request. What a client chose in it (the path) is visible ASCII by the time that it
 * gets here, and is escaped all the same; nothing that it chose is a label of a metric.
 */
#include <stdio.h>

#include "service/httpd_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/time.h"

/* May one more refusal be written in this second? Whoever floods us is not to fill the disk. */
static bool room_for_refusal(struct pdg_loop *loop)
{
	int64_t now = pdg_monotonic_ms() / 1000;
	char text[16];

	if (loop->log_second != now) {
		if (loop->unlogged) {
			(void)snprintf(text, sizeof(text), "%u", loop->unlogged);
			pdg_log(PDG_LOG_WARN, "refusals-not-written", "number", text, NULL);
		}
		loop->log_second = now;
		loop->logged = loop->unlogged = 0;
	}
	if (loop->logged++ < PDG_LIMIT_REFUSALS_LOGGED)
		return true;
	loop->unlogged++;
	return false;
}

static void write_line(const struct pdg_exchange *x, enum pdg_level level, const char *event)
{
	const struct pdg_reply *r = &x->rq.reply;
	int64_t took = x->answered - x->began;
	char status[16], ms[40];

	(void)snprintf(status, sizeof(status), "%d", r->status);
	(void)snprintf(ms, sizeof(ms), "%lld.%03u", (long long)(took / 1000),
		       (unsigned)(took % 1000));
	pdg_log(level, event, "id", x->rq.id, "from", x->link->address, "method", x->method, "path",
		x->rq.path, "status", status, "rule", r->rule, "ms", ms, NULL);
}

void pdg_log_tls(const struct pdg_link *l, const struct pdg_tls_refused *why)
{
	/* A probe that only looks whether the port is open goes away as well. */
	enum pdg_level level = why->why == PDG_TLS_CLOSED ? PDG_LOG_DEBUG : PDG_LOG_INFO;

	pdg_metrics_tls(pdg_core_metrics(l->loop->httpd->core), why->why);
	if (pdg_log_wants(level) && room_for_refusal(l->loop))
		pdg_log(level, "tls-refused", "from", l->address, "reason",
			pdg_tls_refusal_name(why->why), "error", why->text, NULL);
}

void pdg_log_exchange(const struct pdg_exchange *x)
{
	struct pdg_loop *loop = x->link->loop;

	pdg_request_done(&x->rq, x->method);

	if (x->run && x->answered - x->run > x->allowed)
		write_line(x, PDG_LOG_WARN, "slow-request");
	else if (x->rq.reply.status >= 400 && pdg_log_wants(PDG_LOG_INFO)) {
		if (room_for_refusal(loop))
			write_line(x, PDG_LOG_INFO, "refused-request");
	} else if (pdg_log_wants(PDG_LOG_DEBUG)) {
		write_line(x, PDG_LOG_DEBUG, "request");
	}
}
