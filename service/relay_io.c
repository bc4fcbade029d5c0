/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thread between pedigreed and its relay: writes what was asked, hands out answers, ends
 * calls whose time is up, and starts the relay again when it has died, at once the first time and
 * after a growing while from then on.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/frame.h"
#include "service/relay_impl.h"
#include "util/error_json.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/time.h"

#define LIVED_MS   10000 /* one that ran so long died of something new */
#define DELAY_MS   100
#define DELAY_MOST 30000
#define PATIENCE   50

int pdg_relay_spawn(struct pdg_relay *r, struct pdg_error *err)
{
	const char *const argv[] = {"pedigree-relay", NULL};
	const struct pdg_spawn s = {.program = r->program, .argv = argv};
	int rc = pdg_peer_start(&s, &r->peer, err);

	if (rc < 0)
		return rc;
	pdg_buf_reset(&r->in);
	r->started = pdg_monotonic_ms();
	/* Nothing: a call of the same millisecond comes after it. */
	r->heard = r->started - 1;
	(void)pthread_mutex_lock(&r->mutex);
	pdg_buf_reset(&r->out);
	r->sent = 0;
	pdg_buf_put(&r->out, pdg_buf_bytes(&r->setup));
	r->up = !r->stopping && !r->out.failed;
	(void)pthread_mutex_unlock(&r->mutex);
	return 0;
}

/* --- calls that end --- */

/* Take those out of the list that are to end: all, or those whose time is up. */
static struct pdg_relay_waiting *take(struct pdg_relay *r, int64_t late_at)
{
	struct pdg_relay_waiting *taken = NULL;
	struct pdg_relay_waiting **at;

	(void)pthread_mutex_lock(&r->mutex);
	at = &r->waiting;
	while (*at) {
		struct pdg_relay_waiting *w = *at;

		if (w->deadline > late_at) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		r->n_waiting--;
		w->next = taken;
		taken = w;
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return taken;
}

static void fail_all(struct pdg_relay_waiting *taken, const struct pdg_error *err)
{
	while (taken) {
		struct pdg_relay_waiting *w = taken;

		taken = w->next;
		w->done(w->ctx, err->code, pdg_bytes(NULL, 0), err);
		free(w);
	}
}

/* The process is gone, or not to be believed any more: whoever waits for it is told. */
static void fall(struct pdg_relay *r, const struct pdg_error *why)
{
	int64_t now = pdg_monotonic_ms();
	struct pdg_error err = {0};
	char status[16];
	bool stopping;

	(void)pthread_mutex_lock(&r->mutex);
	r->up = false;
	stopping = r->stopping;
	r->restarts += !stopping;
	pdg_buf_done(&r->out);
	r->sent = 0;
	(void)pthread_mutex_unlock(&r->mutex);
	(void)snprintf(status, sizeof(status), "%d", pdg_peer_end(&r->peer, PATIENCE));
	if (stopping) {
		(void)pdg_reject(&err, "RLY-1", "the call was given up: the service is stopping");
	} else {
		(void)pdg_reject(&err, "RLY-1", "pedigree-relay ended during the call: %s",
				 why->text);
		pdg_log(PDG_LOG_ERROR, "relay-ended", "why", why->text, "status", status, NULL);
	}
	fail_all(take(r, INT64_MAX), &err);
	r->delay = now - r->started >= LIVED_MS ? 0 : r->delay ? r->delay * 2 : DELAY_MS;
	if (r->delay > DELAY_MOST)
		r->delay = DELAY_MOST;
	r->start_at = now + r->delay;
}

/* One that said nothing since a call that is late now was made does not work any more. */
static void end_late(struct pdg_relay *r)
{
	struct pdg_relay_waiting *taken = take(r, pdg_monotonic_ms());
	struct pdg_error err = {0};
	bool hung = false;
	const struct pdg_relay_waiting *w;

	for (w = taken; w; w = w->next)
		hung = hung || r->heard < w->begun;
	(void)pdg_reject(&err, "RLY-2", "pedigree-relay did not answer in time");
	if (hung && r->peer.fd >= 0)
		fall(r, &err);
	fail_all(taken, &err);
}

/* --- answers --- */

/* An answer's error has these members and no others. */
static int read_error(const json_t *e, struct pdg_error *out, struct pdg_error *err)
{
	static const char *const members[] = {"code", "rule", "text", "fix", NULL};
	int rc = pdg_json_only(e, members, err);

	return rc < 0 ? rc : pdg_error_json_read(e, out, err);
}

/* Whose answer is @id? NULL: of one that did not wait so long. RLY-3: of nobody's ever. */
static int find(struct pdg_relay *r, uint64_t id, struct pdg_relay_waiting **out,
		struct pdg_error *err)
{
	struct pdg_relay_waiting **at;
	int rc = 0;

	*out = NULL;
	(void)pthread_mutex_lock(&r->mutex);
	if (id > r->last_id)
		rc = pdg_reject(err, "RLY-3", "an answer to a call that was not made");
	for (at = &r->waiting; rc == 0 && *at; at = &(*at)->next) {
		if ((*at)->id != id)
			continue;
		*out = *at;
		*at = (*at)->next;
		r->n_waiting--;
		break;
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static void answer(struct pdg_relay_waiting *w, uint64_t id, const struct pdg_error *failed,
		   struct pdg_bytes body)
{
	if (!w && id == 0 && failed)
		pdg_log_error(PDG_LOG_ERROR, "relay-setup", failed);
	if (!w)
		return;
	w->done(w->ctx, failed ? failed->code : 0, body, failed);
	free(w);
}

/* One message: {"id","body"} or {"id","error"}. A failure here ends the relay. */
static int take_message(struct pdg_relay *r, struct pdg_bytes message, struct pdg_error *err)
{
	static const char *const members[] = {"id", "body", "error", NULL};
	PDG_AUTO(json) json_t *j = NULL;
	struct pdg_relay_waiting *w = NULL;
	struct pdg_error failed = {0};
	struct pdg_bytes body = {0};
	const json_t *e = NULL;
	const json_t *b = NULL;
	uint64_t id = 0;
	int rc = pdg_json_load(message, PDG_LIMIT_RELAY_MESSAGE, &j, err);

	if (rc == 0)
		rc = pdg_json_only(j, members, err);
	if (rc == 0)
		rc = pdg_json_u64(j, "id", &id, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(j, "error", &e, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(j, "body", &b, err);
	if (rc == 0 && !e == !b)
		rc = pdg_reject(err, "RLY-3", "an answer needs a body or an error");
	if (rc == 0 && e)
		rc = read_error(e, &failed, err);
	if (rc == 0 && b)
		rc = pdg_json_span(message, "body", &body, err);
	if (rc == 0)
		rc = find(r, id, &w, err);
	if (rc == 0)
		answer(w, id, e ? &failed : NULL, body);
	return rc;
}

/* --- the socket --- */

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int read_some(struct pdg_relay *r, struct pdg_error *err)
{
	ssize_t n = pdg_frame_fill(r->peer.fd, &r->in);
	size_t at = 0;

	if (r->in.failed)
		return pdg_buf_check(&r->in, err);
	if (n == 0)
		return pdg_fail(err, PDG_E_IO, "it closed its end");
	if (n < 0)
		return again() ? 0 : pdg_fail(err, PDG_E_IO, "it cannot be read from");
	r->heard = pdg_monotonic_ms();
	for (;;) {
		struct pdg_bytes message = {0};
		bool there = false;
		int rc = pdg_frame_find(pdg_bytes_from(pdg_buf_bytes(&r->in), at),
					PDG_LIMIT_RELAY_MESSAGE, &there, &message, err);

		if (rc == 0 && there)
			rc = take_message(r, message, err);
		if (rc < 0)
			return rc;
		if (!there)
			break;
		at += PDG_FRAME_HEAD + message.n;
	}
	if (at)
		pdg_frame_drop(&r->in, at);
	return 0;
}

/* A peer that does not read makes nobody wait: what does not go out now goes out later. */
static int write_some(struct pdg_relay *r, struct pdg_error *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&r->mutex);
	if (r->out.failed) {
		rc = pdg_buf_check(&r->out, err);
	} else if (r->out.n > 0) {
		ssize_t n = send(r->peer.fd, r->out.p + r->sent, r->out.n - r->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			r->sent += (size_t)n;
		else if (n < 0 && !again())
			rc = pdg_fail(err, PDG_E_IO, "it cannot be written to");
		if (r->sent > r->out.n / 2) {
			pdg_frame_drop(&r->out, r->sent);
			r->sent = 0;
		}
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

/* What the thread waits for, and until when. */
static int wait_ms(struct pdg_relay *r, short *out_events, bool *out_stop)
{
	int64_t next = r->peer.fd < 0 ? r->start_at : INT64_MAX;
	const struct pdg_relay_waiting *w;
	int64_t left;

	(void)pthread_mutex_lock(&r->mutex);
	for (w = r->waiting; w; w = w->next)
		next = w->deadline < next ? w->deadline : next;
	*out_events = r->out.n > 0 || r->out.failed ? POLLIN | POLLOUT : POLLIN;
	*out_stop = r->stopping;
	(void)pthread_mutex_unlock(&r->mutex);
	if (next == INT64_MAX)
		return -1;
	left = next - pdg_monotonic_ms();
	return left <= 0 ? 0 : left < INT32_MAX ? (int)left + 1 : INT32_MAX;
}

static void attend(struct pdg_relay *r, const struct pollfd *p)
{
	struct pdg_error err = {0};
	uint64_t n;
	int rc = 0;

	if (p[0].revents)
		(void)!read(r->wake, &n, sizeof(n));
	if (r->peer.fd >= 0 && (p[1].revents & (POLLIN | POLLHUP | POLLERR)))
		rc = read_some(r, &err);
	if (rc == 0 && r->peer.fd >= 0)
		rc = write_some(r, &err);
	if (rc < 0)
		fall(r, &err);
	end_late(r);
	if (r->peer.fd < 0 && pdg_monotonic_ms() >= r->start_at && pdg_relay_spawn(r, &err) < 0)
		fall(r, &err);
}

void *pdg_relay_main(void *relay)
{
	struct pdg_relay *r = relay;
	const struct pdg_error why = {.code = PDG_E_IO};

	for (;;) {
		struct pollfd p[2] = {{.fd = r->wake, .events = POLLIN}, {.fd = r->peer.fd}};
		bool stop = false;
		int ms = wait_ms(r, &p[1].events, &stop);

		if (stop)
			break;
		/* poll() passes over a negative descriptor. */
		if (poll(p, 2, ms) >= 0)
			attend(r, p);
	}
	fall(r, &why);
	return NULL;
}
