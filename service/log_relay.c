/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each item is one question, answered when the log has it: a new one waits behind none. The relay
 * holds a log's tree against those before; which those are it is told with each question, for it
 * may have been started anew meanwhile.
 */
#include "service/log_relay.h"

#include <pthread.h>
#include <stdatomic.h>

#include "util/error_json.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/time.h"

#define TIMEOUT_MS 60000 /* the relay's own times are shorter */

struct log_relay {
	struct pdg_log log;
	struct pdg_log_ops ops;
	struct pdg_relay *relay;
	const struct pdg_root *root;
	atomic_bool told;      /* that times are not kept, since one was */
	pthread_mutex_t mutex; /* guards what follows */
	struct pdg_log_head head;
	struct pdg_log_head other; /* of another service, to be held against it; size 0: none */
};

struct call {
	struct log_relay *l;
	struct pdg_log_head other; /* that was asked about along with it */
	struct pdg_log_item *item;
	void (*done)(void *ctx, struct pdg_log_item *item);
	void *ctx;
};

static void get_head(struct pdg_log *log, struct pdg_log_head *out)
{
	struct log_relay *l = (struct log_relay *)log;

	(void)pthread_mutex_lock(&l->mutex);
	*out = l->head;
	(void)pthread_mutex_unlock(&l->mutex);
}

static void keep_head(struct log_relay *l, const struct pdg_log_head *head)
{
	(void)pthread_mutex_lock(&l->mutex);
	if (head->size > l->head.size)
		l->head = *head;
	(void)pthread_mutex_unlock(&l->mutex);
}

static void learn(struct pdg_log *log, const struct pdg_log_head *head)
{
	struct log_relay *l = (struct log_relay *)log;

	/* One that could not be held against ours yet stays until it was: the relay has the newer
	 * ones from the log itself. */
	(void)pthread_mutex_lock(&l->mutex);
	if (l->other.size == 0 && !pdg_log_head_eq(head, &l->head))
		l->other = *head;
	(void)pthread_mutex_unlock(&l->mutex);
}

static void get_other(struct log_relay *l, struct pdg_log_head *out)
{
	(void)pthread_mutex_lock(&l->mutex);
	*out = l->other;
	(void)pthread_mutex_unlock(&l->mutex);
}

static void held(struct log_relay *l, const struct pdg_log_head *other)
{
	(void)pthread_mutex_lock(&l->mutex);
	if (other->size > l->head.size)
		l->head = *other;
	if (pdg_log_head_eq(other, &l->other))
		l->other.size = 0;
	(void)pthread_mutex_unlock(&l->mutex);
}

static void write_head(struct pdg_jw *w, const char *key, const struct pdg_log_head *head)
{
	if (head->size == 0)
		return;
	pdg_jw_kobj(w, key);
	pdg_jw_ku64(w, "size", head->size);
	pdg_jw_key(w, "root");
	pdg_jw_base64(w, pdg_bytes(head->root.b, PDG_HASH_LEN));
	pdg_jw_end(w);
}

static void write_question(struct log_relay *l, const struct call *c, struct pdg_buf *out)
{
	const struct pdg_log_item *item = c->item;
	struct pdg_log_head known;
	struct pdg_jw w;

	get_head(&l->log, &known);
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "digest");
	pdg_jw_base64(&w, pdg_bytes(item->digest, sizeof(item->digest)));
	pdg_jw_key(&w, "sig");
	pdg_jw_base64(&w, item->sig);
	pdg_jw_key(&w, "key");
	pdg_jw_base64(&w, pdg_key_spki(item->key));
	if (l->ops.payload) {
		pdg_jw_key(&w, "payload");
		pdg_jw_base64(&w, item->payload);
	}
	write_head(&w, "known", &known);
	write_head(&w, "other", &c->other);
	pdg_jw_end(&w);
}

/* {"error":{"rule","code",…},"retryAfter"}: what the log answered, as the relay's client judged it.
 */
static int read_refusal(const json_t *e, struct pdg_log_item *item)
{
	uint64_t retry = 0;
	int rc = pdg_error_json_read(e, &item->err, &item->err);

	if (rc == 0)
		rc = pdg_json_opt_u64(e, "retryAfter", 0, &retry, &item->err);
	if (rc < 0)
		return rc;
	item->retry_after = retry < PDG_DEADLINE_MAX ? (int)retry : PDG_DEADLINE_MAX;
	return item->err.code;
}

/*
 * The log's time lies before the statement was received: one of the clocks is wrong. Kept, it would
 * be refused for ever by whoever verifies; waited for, it would never be another one, for a log
 * that has an entry answers with that. So the entry is kept without its time and its promise: it
 * is in the log, by its proof (without one it is refused all the same: LOG-10), and dates nothing.
 */
static int forget_time(struct log_relay *l, struct pdg_entry *e,
		       const struct pdg_entry_claim *claim, struct pdg_entry_shown *shown,
		       struct pdg_error *err)
{
	char when[PDG_TIME_TEXT];

	if (!atomic_exchange(&l->told, true)) {
		pdg_time_text(shown->time, when);
		pdg_log(PDG_LOG_WARN, "log-time-not-kept", "log", shown->log->host, "time", when,
			"error", "the log's time lies before the statement was received", "fix",
			"see that this machine's clock is right, and the log's", NULL);
	}
	e->integrated_time = 0;
	pdg_buf_reset(&e->set);
	return pdg_entry_judge(e, l->root, claim, shown, err);
}

static int judge(const struct call *c, const json_t *entry, struct pdg_entry **out,
		 struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	const struct pdg_entry_claim claim = {
		.digest = c->item->digest,
		.payload = c->item->payload,
		.sig = c->item->sig,
		.key = c->item->key,
		.latest = pdg_now(&pdg_clock_system),
	};
	struct pdg_entry_shown shown;
	bool timed = c->l->ops.payload;
	int rc = pdg_entry_read(entry, &e, err);

	if (rc == 0)
		rc = pdg_entry_judge(e, c->l->root, &claim, &shown, err);
	if (rc == 0 && shown.time && shown.time < c->item->received - PDG_TIME_TOLERANCE) {
		rc = forget_time(c->l, e, &claim, &shown, err);
		timed = false;
	} else if (rc == 0 && shown.time) {
		atomic_store(&c->l->told, false);
	}
	if (rc == 0)
		rc = pdg_entry_whole(e, &shown, timed, err);
	if (rc < 0)
		return rc;
	/* One that the relay could not compare does not take the place of one that it could: the
	 * next relay, after a restart as well, holds later trees against what is kept here. */
	if (c->item->continues)
		keep_head(c->l,
			  &(struct pdg_log_head){.size = e->proof_size, .root = e->proof_root});
	*out = PDG_TAKE(e);
	return 0;
}

static int read_answer(const struct call *c, struct pdg_bytes answer, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	const json_t *entry = NULL;
	const json_t *refusal = NULL;
	bool was_held = false;
	int rc = pdg_json_load(answer, PDG_LIMIT_RELAY_MESSAGE, &j, err);

	if (rc == 0)
		rc = pdg_json_opt_obj(j, "error", &refusal, err);
	if (rc == 0 && refusal)
		return read_refusal(refusal, c->item);
	if (rc == 0)
		rc = pdg_json_obj(j, "entry", &entry, err);
	if (rc == 0)
		rc = pdg_json_opt_bool(j, "continues", false, &c->item->continues, err);
	if (rc == 0)
		rc = pdg_json_opt_bool(j, "held", false, &was_held, err);
	if (rc == 0 && was_held && c->other.size > 0)
		held(c->l, &c->other);
	return rc < 0 ? rc : judge(c, entry, &c->item->entry, err);
}

static void on_answer(void *ctx, int rc, struct pdg_bytes answer, const struct pdg_error *err)
{
	struct call *c = ctx;

	c->item->rc = rc;
	if (rc < 0)
		c->item->err = *err;
	else
		c->item->rc = read_answer(c, answer, &c->item->err);
	c->done(c->ctx, c->item);
	free(c);
}

static int start(struct pdg_log *log, struct pdg_log_item *item,
		 void (*done)(void *ctx, struct pdg_log_item *item), void *ctx,
		 struct pdg_error *err)
{
	struct log_relay *l = (struct log_relay *)log;
	PDG_AUTO(mem) struct call *c = pdg_calloc(1, sizeof(*c));
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);
	struct pdg_relay_request req = {
		.kind = "log-add", .timeout_ms = TIMEOUT_MS, .done = on_answer};
	int rc;

	if (!c)
		return pdg_nomem(err);
	*c = (struct call){.l = l, .item = item, .done = done, .ctx = ctx};
	item->entry = NULL;
	item->continues = false;
	item->retry_after = 0;
	item->err = (struct pdg_error){0};
	get_other(l, &c->other);
	write_question(l, c, &body);
	rc = pdg_buf_check(&body, err);
	if (rc < 0)
		return pdg_under_rule(err, rc, "LOG-15");
	req.body = pdg_buf_bytes(&body);
	req.ctx = c;
	rc = pdg_relay_begin(l->relay, &req, err);
	if (rc < 0)
		return rc;
	c = NULL; /* the answer's */
	return 0;
}

static void give_up(struct pdg_log *log)
{
	pdg_relay_stop(((struct log_relay *)log)->relay);
}

static void free_log(struct pdg_log *log)
{
	struct log_relay *l = (struct log_relay *)log;

	(void)pthread_mutex_destroy(&l->mutex);
	free(l);
}

int pdg_log_relay_open(const struct pdg_log_relay_options *opt, struct pdg_log **out,
		       struct pdg_error *err)
{
	struct log_relay *l = pdg_calloc(1, sizeof(*l));

	if (!l)
		return pdg_nomem(err);
	l->ops = (struct pdg_log_ops){
		.name = opt->payload ? "rekor-v1" : "rekor-v2",
		.start = start,
		.head = get_head,
		.learn = learn,
		.batch = PDG_LIMIT_LOG_CALLS,
		.payload = opt->payload,
		.give_up = give_up,
		.free = free_log,
	};
	l->log.ops = &l->ops;
	l->relay = opt->relay;
	l->root = opt->root;
	l->head = opt->known;
	(void)pthread_mutex_init(&l->mutex, NULL);
	*out = &l->log;
	return 0;
}
