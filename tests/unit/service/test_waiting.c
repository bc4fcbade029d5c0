/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held while somebody waits: for the log, which may be away for hours and needs no key to
 * be waited for, and for the store. Not the statements, however large and however many wait.
 */
#include <semaphore.h>

#include "service/core_impl.h"
#include "service/waiting.h"
#include "unit/service/core_log.h"
#include "util/size.h"
#include "util/time.h"

#define LARGE	PDG_LIMIT_MIB(1)
#define WAITERS 12

/* A build with a megabyte of parameters. */
static void large_build(struct pdg_buf *payload)
{
	PDG_AUTO(mem) char *pad = pdg_calloc(1, LARGE + 1);
	PDG_AUTO(mem) char *wide = NULL;
	PDG_AUTO(mem) char *old = NULL;
	const char *at;

	memset(pad, 'x', LARGE);
	build_statement(&app_build, payload);
	old = pdg_bytes_dup(pdg_buf_bytes(payload));
	at = strstr(old, "\"externalParameters\":{");
	if (!CHECK(at != NULL))
		return;
	at += strlen("\"externalParameters\":{");
	wide = pdg_str_printf("%.*s\"pad\":\"%s\"%s%s", (int)(at - old), old, pad,
			      *at == '}' ? "" : ",", at);
	pdg_buf_reset(payload);
	pdg_buf_puts(payload, wide);
}

static void large_body(struct world *w, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);

	large_build(&payload);
	envelope_of(w->key[CI], pdg_buf_bytes(&payload), pdg_bytes(NULL, 0), out);
}

/* Wait until @n answers wait for the log. */
static struct pdg_writer_stats waiting_soon(struct world *w, uint64_t n)
{
	struct pdg_writer_stats s = {0};
	int i;

	for (i = 0; i < 1000; i++) {
		pdg_writer_stats(w->core->writer, &s);
		if (s.waiting == n)
			break;
		pause_ms(20);
	}
	CHECK_UINT(s.waiting, n);
	return s;
}

/* With the statement, and a proof that holds. */
static void answer_is_whole(struct world *w, const struct got *g)
{
	PDG_AUTO(json) json_t *root = NULL;
	PDG_AUTO(journal_proof) struct pdg_journal_proof *proof = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	const json_t *o = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_json_load(pdg_buf_bytes(&g->body), PDG_LIMIT_RECORD, &root, &err), &err))
		return;
	CHECK_OK(pdg_json_obj(root, "journal", &o, &err), &err);
	if (CHECK_OK(pdg_journal_proof_read(o, &proof, &err), &err))
		CHECK_OK(pdg_journal_proof_verify(proof, w->core->journal_key, &err), &err);
	CHECK_OK(pdg_json_obj(root, "envelope", &o, &err), &err);
	if (CHECK_OK(pdg_envelope_read(o, &e, &err), &err)) {
		CHECK_STR(e->reference, g->reference);
		CHECK(e->payload.n > LARGE);
	}
}

/* Retries of one large statement: each holds kilobytes, and each has the whole answer. */
static void waiting_holds_no_statement(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct got g[WAITERS];
	struct pdg_writer_stats s;
	size_t i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "log", "log-away");
	large_body(&w, &body);
	for (i = 1; i < WAITERS; i++) {
		got_init(&g[i]);
		pdg_core_submit(w.core, NULL, pdg_buf_bytes(&body), 30000, got_answer, &g[i]);
	}
	submit(&w, pdg_buf_bytes(&body), 500, &g[0]);
	s = waiting_soon(&w, WAITERS - 1);
	CHECK(s.waiting_bytes > 0);
	CHECK(s.waiting_bytes < WAITERS * PDG_LIMIT_KIB(16));
	CHECK_INT(g[0].status, 202);

	world_move(&w, "log-away", "log");
	CHECK(all_logged_soon(&w));
	s = waiting_soon(&w, 0);
	CHECK_UINT(s.waiting_bytes, 0);
	CHECK(pdg_core_stop(w.core));
	for (i = 0; i < WAITERS; i++) {
		answer_is_whole(&w, &g[i]);
		CHECK_UINT(g[i].times, 1);
		CHECK_INT(g[i].status, i == 0 ? 202 : i == 1 ? 201 : 200);
		CHECK_HAS(pdg_buf_cstr(&g[i].body),
			  i == 0 ? "\"state\":\"pending-log\"" : "\"state\":\"logged\"");
		got_done(&g[i]);
	}
	world_done(&w);
}

/* --- bounds --- */

static struct pdg_job *large_job(size_t row, size_t leaf, struct got *g)
{
	struct pdg_job *job = pdg_job_new(PDG_JOB_ACCEPT);

	job->row = pdg_calloc(1, sizeof(*job->row));
	job->row->reference =
		pdg_str_dup("sha256:"
			    "0000000000000000000000000000000000000000000000000000000000000000");
	pdg_buf_init(&job->row->envelope, row);
	(void)pdg_buf_room(&job->row->envelope, row);
	job->proof = pdg_calloc(1, sizeof(*job->proof));
	pdg_buf_init(&job->proof->leaf, leaf);
	(void)pdg_buf_room(&job->proof->leaf, leaf);
	job->to.done = got_answer;
	job->to.ctx = g;
	return job;
}

/* What finds no room keeps its row: it is answered with that at once. */
static void waiting_is_bounded(void)
{
	struct pdg_waiting w = {0};
	const size_t third = PDG_LIMIT_WAITING_BYTES / 5 * 2;
	int i;

	for (i = 0; i < 3; i++) {
		struct pdg_job *job = large_job(PDG_LIMIT_MIB(4), third, NULL);
		bool taken;

		CHECK(pdg_job_bytes(job) > PDG_LIMIT_MIB(4) + third);
		taken = pdg_waiting_add(&w, job);
		CHECK(taken == (i < 2));
		CHECK((job->row == NULL) == taken);
		if (!taken)
			pdg_job_free(job);
	}
	CHECK_UINT(w.n, 2);
	CHECK(w.held <= PDG_LIMIT_WAITING_BYTES && w.held > 2 * third);
	while (w.first) {
		struct pdg_job *job = w.first;

		w.first = job->next;
		CHECK_STR(job->reference + 7 + 60, "0000");
		pdg_job_free(job);
	}
}

/* A store that stands still, then takes nothing. */
struct stuck {
	struct pdg_store store;
	struct pdg_store_ops ops;
	atomic_bool go;
};

static int stuck_begin(struct pdg_store *s, struct pdg_error *err)
{
	struct stuck *st = (struct stuck *)s;

	while (!atomic_load(&st->go))
		pause_ms(5);
	return pdg_fail(err, PDG_E_IO, "stuck");
}

/* What waits for the store is bounded in bytes, not in submissions alone. */
static void queue_is_bounded(void)
{
	struct stuck st = {.ops = {.name = "stuck", .begin = stuck_begin}};
	struct pdg_writer *w = NULL;
	struct pdg_writer_stats s;
	struct pdg_error err = {0};
	struct pdg_job *job[3];
	PDG_AUTO(got) struct got g;
	size_t i;

	got_init(&g);
	st.store.ops = &st.ops;
	if (!CHECK_OK(pdg_writer_new(&st.store, NULL, 0, &w, &err), &err))
		return;
	for (i = 0; i < 3; i++)
		job[i] = large_job(i < 2 ? PDG_LIMIT_QUEUE_BYTES / 5 * 3 : 100, 100, &g);
	CHECK_OK(pdg_writer_put(w, job[0], &err), &err);
	CHECK_RULE(pdg_writer_put(w, job[1], &err), &err, "SVC-1");
	CHECK_OK(pdg_writer_put(w, job[2], &err), &err);
	atomic_store(&st.go, true);
	/* Once these are answered there is room again. */
	for (i = 0; i < 1000 && pdg_writer_put(w, job[1], &err) < 0; i++)
		pause_ms(5);
	CHECK(i < 1000);
	CHECK(pdg_writer_end(w, 10000));
	pdg_writer_stats(w, &s);
	CHECK_UINT(s.waiting, 0);
	CHECK_UINT(g.times, 3);
	CHECK_INT(g.status, 503);
	pdg_writer_free(w);
}

/* --- what is next --- */

/* A key that signs once for each post. */
struct slow {
	const struct pdg_key *key;
	sem_t posts;
	atomic_uint asked;
};

static int slow_sign(void *ctx, struct pdg_bytes msg, struct pdg_buf *out, struct pdg_error *err)
{
	struct slow *s = ctx;

	(void)atomic_fetch_add(&s->asked, 1);
	while (sem_wait(&s->posts) != 0)
		;
	return pdg_key_sign(s->key, msg, out, err);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

struct reload {
	struct world *w;
	struct pdg_error err;
	int rc;
	atomic_bool over;
};

static void *reload_main(void *ctx)
{
	struct reload *r = ctx;

	r->rc = pdg_core_reload(r->w->core, r->w->cfg, &r->err);
	atomic_store(&r->over, true);
	return NULL;
}

static uint64_t queued(const struct world *w)
{
	struct pdg_writer_stats s;

	pdg_writer_stats(w->core->writer, &s);
	return s.queued;
}

static void send_builds(struct world *w, struct got *g, unsigned from, unsigned to)
{
	unsigned i;

	for (i = from; i < to; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		struct build_of b = build_no(i + 1);

		build_body(w, CI, &b, &body);
		got_init(&g[i]);
		pdg_core_submit(w->core, NULL, pdg_buf_bytes(&body), 0, got_answer, &g[i]);
	}
}

/* So many ask for one build, and wait for a log that is away. */
static void wait_for_the_log(struct world *w, struct got *g, unsigned n)
{
	const struct build_of b = build_no(1000);
	unsigned i;

	for (i = 0; i < n; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

		got_init(&g[i]);
		build_body(w, CI, &b, &body);
		pdg_core_submit(w->core, NULL, pdg_buf_bytes(&body), 60000, got_answer, &g[i]);
	}
	(void)waiting_soon(w, n);
}

static void asked_soon(struct slow *s, unsigned n)
{
	unsigned i;

	for (i = 0; i < 1000 && atomic_load(&s->asked) < n; i++)
		pause_ms(5);
	CHECK_UINT(atomic_load(&s->asked), n);
}

/*
 * A token signs twenty times a second, and a thousand may wait for it: none of them keeps a key in
 * force that a reload takes out of it. Not either where the writer gathers more before a commit, as
 * it does while many wait for the log (@waiters).
 */
static void reload_behind(unsigned waiters)
{
	enum { BUILDS = 7 };
	static struct slow slow;
	struct world w;
	const struct pdg_key_elsewhere at = {.sign = slow_sign, .release = nothing, .ctx = &slow};
	struct reload reload = {.w = &w};
	struct pdg_in_force *force;
	struct pdg_key *own, *key = NULL;
	struct pdg_error err = {0};
	static struct got g[BUILDS], waits[WAITERS];
	pthread_t thread;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "log", "log-away");
	wait_for_the_log(&w, waits, waiters);
	atomic_store(&slow.asked, 0);
	CHECK_INT(sem_init(&slow.posts, 0, 0), 0);
	force = pdg_in_force_ref(w.core->policy);
	slow.key = own = force->signing;
	CHECK_OK(pdg_key_elsewhere(pdg_key_spki(own), &at, &key, &err), &err);
	force->signing = key;
	/* The second is signed, and taken off last before a commit; others wait behind it, and then
	 * comes the reload. */
	send_builds(&w, g, 0, 1);
	asked_soon(&slow, 1);
	send_builds(&w, g, 1, 2);
	CHECK_INT(sem_post(&slow.posts), 0);
	asked_soon(&slow, 2);
	send_builds(&w, g, 2, BUILDS);
	CHECK_UINT(queued(&w), BUILDS - 2);
	CHECK_INT(pthread_create(&thread, NULL, reload_main, &reload), 0);
	for (i = 0; i < 1000 && queued(&w) < BUILDS - 1; i++)
		pause_ms(5);
	CHECK_UINT(queued(&w), BUILDS - 1);
	CHECK_INT(sem_post(&slow.posts), 0);
	for (i = 0; i < 1000 && !atomic_load(&reload.over); i++)
		pause_ms(5);
	CHECK(atomic_load(&reload.over));
	for (i = 2; i < BUILDS; i++)
		(void)sem_post(&slow.posts);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_OK(reload.rc, &reload.err);
	CHECK(pdg_core_stop(w.core));
	for (i = 0; i < BUILDS; i++) {
		CHECK_UINT(g[i].times, 1);
		CHECK_INT(g[i].status, 202);
		got_done(&g[i]);
	}
	for (i = 0; i < waiters; i++) {
		CHECK_UINT(waits[i].times, 1);
		got_done(&waits[i]);
	}
	force->signing = own;
	pdg_in_force_unref(force);
	world_done(&w);
	pdg_key_free(key);
	(void)sem_destroy(&slow.posts);
}

static void a_reload_waits_for_one_signature(void)
{
	reload_behind(0);
}

static void a_reload_waits_for_none_that_is_gathered(void)
{
	reload_behind(WAITERS);
}

PDG_TEST_MAIN("waiting", {"waiting holds no statement", waiting_holds_no_statement},
	      {"waiting is bounded", waiting_is_bounded}, {"queue is bounded", queue_is_bounded},
	      {"a reload waits for one signature", a_reload_waits_for_one_signature},
	      {"a reload waits for none that is gathered",
	       a_reload_waits_for_none_that_is_gathered})
