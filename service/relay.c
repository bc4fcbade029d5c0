/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the relay: each is a frame to be written and an entry among those who wait. */
#include "service/relay.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proc/frame.h"
#include "service/relay_impl.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define GRACE_MS 2000 /* by which the relay's own deadline comes first */

static void write_call(struct pdg_buf *out, uint64_t id, const char *kind, struct pdg_bytes body)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_ku64(&w, "id", id);
	pdg_jw_kstr(&w, "kind", kind);
	pdg_jw_key(&w, "body");
	pdg_jw_raw(&w, body);
	pdg_jw_end(&w);
}

static void wake(struct pdg_relay *r)
{
	const uint64_t one = 1;

	(void)!write(r->wake, &one, sizeof(one));
}

/* May one more call of @n bytes be taken? With the mutex held. */
static int admit(const struct pdg_relay *r, size_t n, struct pdg_error *err)
{
	if (!r->up)
		return pdg_reject(err, "RLY-1", "pedigree-relay is not running just now");
	if (r->n_waiting >= PDG_LIMIT_RELAY_CALLS)
		return pdg_reject(err, "SVC-1", "%d calls to other servers are under way already",
				  PDG_LIMIT_RELAY_CALLS);
	if (r->out.n > 0 && n > PDG_LIMIT_RELAY_BYTES - r->out.n)
		return pdg_reject(err, "SVC-1", "calls to other servers wait to be made already");
	return 0;
}

/* With the mutex held; @w is in the list when it returns 0. */
static int queue(struct pdg_relay *r, const struct pdg_relay_request *req,
		 struct pdg_relay_waiting *w, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);
	int rc;

	w->id = r->last_id + 1;
	write_call(&message, w->id, req->kind, req->body);
	if (message.failed == PDG_E_LIMIT)
		return pdg_reject(err, "RLY-4", "a question of %zu bytes for pedigree-relay",
				  req->body.n);
	rc = pdg_buf_check(&message, err);
	if (rc == 0)
		rc = admit(r, message.n + PDG_FRAME_HEAD, err);
	if (rc < 0)
		return rc;
	pdg_frame_put(&r->out, pdg_buf_bytes(&message));
	/* What was to be written before is lost with it; all of those calls fail in time. */
	rc = pdg_buf_check(&r->out, err);
	if (rc < 0)
		return rc;
	r->last_id = w->id;
	w->next = r->waiting;
	r->waiting = w;
	r->n_waiting++;
	return 0;
}

int pdg_relay_begin(struct pdg_relay *r, const struct pdg_relay_request *req, struct pdg_error *err)
{
	struct pdg_relay_waiting *w = pdg_calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return pdg_nomem(err);
	w->begun = pdg_monotonic_ms();
	w->deadline = w->begun + req->timeout_ms + GRACE_MS;
	w->done = req->done;
	w->ctx = req->ctx;
	(void)pthread_mutex_lock(&r->mutex);
	rc = queue(r, req, w, err);
	(void)pthread_mutex_unlock(&r->mutex);
	if (rc < 0)
		free(w);
	else
		wake(r);
	return rc;
}

/* --- and wait --- */

struct wait {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool over;
	int rc;
	struct pdg_buf *out;
	struct pdg_error *err;
};

static void on_done(void *ctx, int rc, struct pdg_bytes answer, const struct pdg_error *err)
{
	struct wait *w = ctx;

	(void)pthread_mutex_lock(&w->mutex);
	w->rc = rc;
	if (rc < 0 && w->err)
		*w->err = *err;
	if (rc == 0) {
		pdg_buf_put(w->out, answer);
		w->rc = pdg_buf_check(w->out, w->err);
	}
	w->over = true;
	(void)pthread_cond_signal(&w->cond);
	(void)pthread_mutex_unlock(&w->mutex);
}

int pdg_relay_call(struct pdg_relay *r, const char *kind, struct pdg_bytes json, int timeout_ms,
		   struct pdg_buf *out_json, struct pdg_error *err)
{
	struct wait w = {.out = out_json, .err = err};
	const struct pdg_relay_request req = {
		.kind = kind, .body = json, .timeout_ms = timeout_ms, .done = on_done, .ctx = &w};
	int rc;

	(void)pthread_mutex_init(&w.mutex, NULL);
	(void)pthread_cond_init(&w.cond, NULL);
	rc = pdg_relay_begin(r, &req, err);
	if (rc == 0) {
		(void)pthread_mutex_lock(&w.mutex);
		while (!w.over)
			(void)pthread_cond_wait(&w.cond, &w.mutex);
		(void)pthread_mutex_unlock(&w.mutex);
		rc = w.rc;
	}
	(void)pthread_cond_destroy(&w.cond);
	(void)pthread_mutex_destroy(&w.mutex);
	return rc;
}

/* --- life --- */

static int describe(struct pdg_relay *r, const struct pdg_relay_options *opt, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);

	pdg_buf_init(&r->setup, PDG_LIMIT_RELAY_MESSAGE + PDG_FRAME_HEAD);
	pdg_buf_init(&r->out, PDG_LIMIT_RELAY_MESSAGE + PDG_LIMIT_RELAY_BYTES);
	pdg_buf_init(&r->in, PDG_LIMIT_RELAY_MESSAGE + 2 * PDG_LIMIT_SMALL);
	write_call(&message, 0, "setup", opt->setup);
	pdg_frame_put(&r->setup, pdg_buf_bytes(&message));
	if (message.failed || r->setup.failed)
		return pdg_buf_check(message.failed ? &message : &r->setup, err);
	if (!opt->program)
		return pdg_program_path("pedigree-relay", &r->program, err);
	r->program = pdg_str_dup(opt->program);
	return r->program ? 0 : pdg_nomem(err);
}

int pdg_relay_start(const struct pdg_relay_options *opt, struct pdg_relay **out,
		    struct pdg_error *err)
{
	PDG_AUTO(relay) struct pdg_relay *r = pdg_calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&r->mutex, NULL);
	r->peer = (struct pdg_peer)PDG_PEER_NONE;
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->wake < 0)
		return pdg_fail(err, PDG_E_IO, "cannot make an eventfd: %s", strerror(errno));
	rc = describe(r, opt, err);
	if (rc == 0)
		rc = pdg_relay_spawn(r, err);
	if (rc < 0)
		return rc;
	if (pthread_create(&r->thread, NULL, pdg_relay_main, r) != 0)
		return pdg_fail(err, PDG_E_IO, "cannot start the relay's thread");
	r->threaded = true;
	*out = PDG_TAKE(r);
	return 0;
}

uint64_t pdg_relay_restarts(struct pdg_relay *r)
{
	uint64_t n;

	(void)pthread_mutex_lock(&r->mutex);
	n = r->restarts;
	(void)pthread_mutex_unlock(&r->mutex);
	return n;
}

void pdg_relay_stop(struct pdg_relay *r)
{
	(void)pthread_mutex_lock(&r->mutex);
	r->stopping = true;
	r->up = false;
	(void)pthread_mutex_unlock(&r->mutex);
	wake(r);
}

void pdg_relay_free(struct pdg_relay *r)
{
	if (!r)
		return;
	if (r->threaded) {
		pdg_relay_stop(r);
		(void)pthread_join(r->thread, NULL);
	}
	(void)pdg_peer_end(&r->peer, 0);
	if (r->wake >= 0)
		(void)close(r->wake);
	pdg_buf_done(&r->setup);
	pdg_buf_done(&r->out);
	pdg_buf_done(&r->in);
	free(r->program);
	(void)pthread_mutex_destroy(&r->mutex);
	free(r);
}
