/* SPDX-License-Identifier: Apache-2.0 */
/* A log elsewhere for tests: a Rekor of their own, the real relay, and the service's side of both.
 */
#ifndef PDG_TESTS_SERVICE_LOG_RELAY_MADE_H
#define PDG_TESTS_SERVICE_LOG_RELAY_MADE_H

#include <signal.h>
#include <time.h>

#include "service/log_relay.h"
#include "service/relay_impl.h"
#include "unit/tlog/fake_rekor.h"
#include "unit/tlog/fake_rekor1.h"

enum generation { V1 = 1, V2 };

struct elsewhere {
	enum generation generation;
	struct rekor v2;
	struct rekor1_fake v1;
	struct pdg_root *root;
	struct pdg_relay *relay;
	struct pdg_log *log;
	int64_t received; /* what is asked about was; 0: it is not said */
};

/* One item and its answer. */
struct asked {
	struct pdg_log_item item;
	uint8_t sig[71];
	char payload[32];
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool over;
};

static inline struct pdg_relay *relay_of(const char *program, struct pdg_bytes setup)
{
	const struct pdg_relay_options opt = {.program = program, .setup = setup};
	struct pdg_relay *r = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_relay_start(&opt, &r, &err), &err))
		abort();
	return r;
}

static inline void elsewhere_init(struct elsewhere *e, enum generation g)
{
	PDG_AUTO(buf) struct pdg_buf setup = PDG_BUF_INIT(65536);
	PDG_AUTO(mem) char *read_url = NULL;
	struct pdg_log_relay_options opt = {.payload = g == V1};
	const struct pdg_key *key;
	struct pdg_error err = {0};
	struct pdg_jw w;

	*e = (struct elsewhere){.generation = g};
	if (g == V1) {
		rekor1_fake_init(&e->v1);
		key = e->v1.key;
		e->root = rekor1_root(key, 0);
	} else {
		rekor_init(&e->v2);
		key = pdg_embedded_key(e->v2.log);
		e->root = root_of_log(ORIGIN, key);
		read_url = pdg_url_join(fake_http_url(e->v2.http), "read");
	}
	pdg_jw_init(&w, &setup);
	pdg_jw_obj(&w);
	pdg_jw_kobj(&w, "log");
	pdg_jw_kstr(&w, "type", g == V1 ? "rekor-v1" : "rekor-v2");
	pdg_jw_kstr(&w, "url", fake_http_url(g == V1 ? e->v1.http : e->v2.http));
	if (read_url)
		pdg_jw_kstr(&w, "readUrl", read_url);
	pdg_jw_kstr(&w, "origin", ORIGIN); /* of both */
	pdg_jw_key(&w, "key");
	pdg_jw_base64(&w, pdg_key_spki(key));
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	e->relay = relay_of(PDG_TEST_BIN "/pedigree-relay", pdg_buf_bytes(&setup));
	opt.relay = e->relay;
	opt.root = e->root;
	CHECK_OK(pdg_log_relay_open(&opt, &e->log, &err), &err);
}

static inline void elsewhere_done(struct elsewhere *e)
{
	pdg_relay_free(e->relay);
	pdg_log_free(e->log);
	pdg_root_free(e->root);
	if (e->generation == V1)
		rekor1_fake_done(&e->v1);
	else
		rekor_done(&e->v2);
}

static inline struct fake_http *http_of(const struct elsewhere *e)
{
	return e->generation == V1 ? e->v1.http : e->v2.http;
}

/* Every POST is answered with @raw; NULL: as the log does. */
static inline void set_raw(struct elsewhere *e, const char *raw, enum fake_way way)
{
	fake_http_lock(http_of(e));
	e->v1.raw = e->v2.raw = raw;
	e->v1.way = e->v2.way = way;
	fake_http_unlock(http_of(e));
}

/* What the test changed of its log before is what the log's threads see, and the other way. */
static inline void settle(const struct elsewhere *e)
{
	if (!http_of(e))
		return;
	fake_http_lock(http_of(e));
	fake_http_unlock(http_of(e));
}

static inline void asked_answer(void *ctx, struct pdg_log_item *item)
{
	struct asked *a = ctx;

	(void)item;
	(void)pthread_mutex_lock(&a->mutex);
	a->over = true;
	(void)pthread_cond_signal(&a->cond);
	(void)pthread_mutex_unlock(&a->mutex);
}

/* Item @number is the same whenever it is asked about. */
static inline void ask(struct elsewhere *e, struct asked *a, unsigned number)
{
	int rc;

	*a = (struct asked){.item.key = e->generation == V1 ? e->v1.signer : e->v2.key};
	(void)pthread_mutex_init(&a->mutex, NULL);
	(void)pthread_cond_init(&a->cond, NULL);
	(void)snprintf(a->payload, sizeof(a->payload), "{\"n\":%u}", number);
	memset(a->sig, (int)(number % 251), sizeof(a->sig));
	memcpy(a->item.digest, &number, sizeof(number));
	memcpy(a->sig, &number, sizeof(number));
	a->item.sig = pdg_bytes(a->sig, sizeof(a->sig));
	a->item.payload = pdg_bytes_str(a->payload);
	a->item.received = e->received;
	rc = e->log->ops->start(e->log, &a->item, asked_answer, a, &a->item.err);
	if (rc < 0) {
		a->item.rc = rc;
		a->over = true;
	}
}

static inline void asked_wait(struct asked *a)
{
	(void)pthread_mutex_lock(&a->mutex);
	while (!a->over)
		(void)pthread_cond_wait(&a->cond, &a->mutex);
	(void)pthread_mutex_unlock(&a->mutex);
}

static inline void asked_done(struct asked *a)
{
	pdg_entry_free(a->item.entry);
	(void)pthread_cond_destroy(&a->cond);
	(void)pthread_mutex_destroy(&a->mutex);
}

static inline void a_moment(void)
{
	(void)nanosleep(&(const struct timespec){.tv_nsec = 20000000}, NULL);
}

#endif
