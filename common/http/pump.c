/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, one libcurl multi handle, any number of callers. A log's answer takes a second, and
 * hundreds are waited for at once: no call waits for another's.
 */
#include "http/pump.h"

#include <pthread.h>

#include "http/client_impl.h"
#include "util/size.h"

#define POLL_MS 1000

struct call {
	struct call *next;
	struct call *previous; /* among those under way */
	struct pdg_http_transfer t;
	void (*done)(void *ctx, int rc, struct pdg_http_answer *answer,
		     const struct pdg_error *err);
	void *ctx;
};

struct pdg_http_pump {
	struct pdg_http *http;
	unsigned parallel;
	size_t max_body;
	pthread_t thread;
	bool threaded;
	pthread_mutex_t mutex; /* guards what follows */
	struct call *first;    /* not begun */
	struct call **last;
	bool stopping;

	/* the thread's own */
	struct call *under_way;
	unsigned active;
};

static void finish(struct call *c, int rc, struct pdg_error *err)
{
	c->done(c->ctx, rc, &c->t.answer, err);
	pdg_http_transfer_done(&c->t);
	free(c);
}

static void start(struct pdg_http_pump *p, struct call *c)
{
	struct pdg_error err = {0};
	int rc = pdg_http_transfer_start(p->http, &c->t, p->max_body, &err);

	if (rc < 0) {
		finish(c, rc, &err);
		return;
	}
	c->previous = NULL;
	c->next = p->under_way;
	if (c->next)
		c->next->previous = c;
	p->under_way = c;
	p->active++;
}

static void leave(struct pdg_http_pump *p, struct call *c)
{
	if (c->previous)
		c->previous->next = c->next;
	else
		p->under_way = c->next;
	if (c->next)
		c->next->previous = c->previous;
	p->active--;
	(void)curl_multi_remove_handle(p->http->multi, c->t.easy);
}

/* The next that may be begun, or NULL. *@out_stop: the end. */
static struct call *take(struct pdg_http_pump *p, bool *out_stop)
{
	struct call *c = NULL;

	(void)pthread_mutex_lock(&p->mutex);
	*out_stop = p->stopping;
	if (p->active < p->parallel && p->first && !p->stopping) {
		c = p->first;
		p->first = c->next;
		if (!p->first)
			p->last = &p->first;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	return c;
}

/* Hand out what has ended; did anything? */
static bool end_some(struct pdg_http_pump *p)
{
	bool any = false;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(p->http->multi, &left))) {
		struct pdg_http_transfer *t = NULL;
		struct pdg_error err = {0};
		struct call *c;
		int rc;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		c = t->owner;
		rc = pdg_http_transfer_result(t, msg->data.result, &err);
		leave(p, c);
		finish(c, rc, &err);
		any = true;
	}
	return any;
}

/* A name that is still being looked up is left to libcurl's thread, which would be waited for. */
static void give_up(struct pdg_http_pump *p)
{
	struct pdg_error err = {0};
	int rc = pdg_reject(&err, "NET-3", "the call was given up");

	while (p->under_way) {
		struct call *c = p->under_way;

		(void)curl_easy_setopt(c->t.easy, CURLOPT_QUICK_EXIT, 1L);
		leave(p, c);
		finish(c, rc, &err);
	}
	while (p->first) {
		struct call *c = p->first;

		p->first = c->next;
		finish(c, rc, &err);
	}
}

static void *pump_main(void *ctx)
{
	struct pdg_http_pump *p = ctx;
	bool stop = false;
	int running;

	while (!stop) {
		struct call *c;

		while ((c = take(p, &stop)))
			start(p, c);
		(void)curl_multi_perform(p->http->multi, &running);
		if (!end_some(p) && !stop)
			(void)curl_multi_poll(p->http->multi, NULL, 0, POLL_MS, NULL);
	}
	give_up(p);
	return NULL;
}

int pdg_http_pump_new(const struct pdg_http_options *opt, unsigned parallel, size_t max_body,
		      struct pdg_http_pump **out, struct pdg_error *err)
{
	PDG_AUTO(http_pump) struct pdg_http_pump *p = pdg_calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&p->mutex, NULL);
	p->last = &p->first;
	p->parallel = parallel ? parallel : 1;
	p->max_body = max_body;
	rc = pdg_http_new(opt, &p->http, err);
	if (rc < 0)
		return rc;
	/* Connections that are kept for the next call. */
	(void)curl_multi_setopt(p->http->multi, CURLMOPT_MAXCONNECTS, (long)p->parallel);
	if (pthread_create(&p->thread, NULL, pump_main, p) != 0)
		return pdg_fail(err, PDG_E_IO, "cannot start the thread of calls out");
	p->threaded = true;
	*out = PDG_TAKE(p);
	return 0;
}

int pdg_http_pump_begin(struct pdg_http_pump *p, const struct pdg_http_request *request,
			void (*done)(void *ctx, int rc, struct pdg_http_answer *answer,
				     const struct pdg_error *err),
			void *ctx, struct pdg_error *err)
{
	struct call *c = pdg_calloc(1, sizeof(*c));

	if (!c)
		return pdg_nomem(err);
	c->t.request = request;
	c->t.owner = c;
	c->done = done;
	c->ctx = ctx;
	(void)pthread_mutex_lock(&p->mutex);
	*p->last = c;
	p->last = &c->next;
	(void)pthread_mutex_unlock(&p->mutex);
	(void)curl_multi_wakeup(p->http->multi);
	return 0;
}

void pdg_http_pump_free(struct pdg_http_pump *p)
{
	if (!p)
		return;
	if (p->threaded) {
		(void)pthread_mutex_lock(&p->mutex);
		p->stopping = true;
		(void)pthread_mutex_unlock(&p->mutex);
		(void)curl_multi_wakeup(p->http->multi);
		(void)pthread_join(p->thread, NULL);
	}
	pdg_http_free(p->http);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}
