/* SPDX-License-Identifier: Apache-2.0 */
/* Many clients at once: each is answered, the same statement is taken once; and more of them than
 * the service can take are told so. */
#include "unit/service/core_log.h"

/* --- many at once --- */

#define THREADS 8
#define BUILDS	12

struct client {
	struct world *w;
	struct pdg_buf body[2 * BUILDS]; /* made before: checks belong to one thread */
	unsigned first, known;		 /* answers 201, 200 */
	char references[BUILDS][PDG_REFERENCE_LEN];
	pthread_t thread;
};

/* Everybody sends the same statements, and each his own besides. */
static void client_init(struct client *c, struct world *w, unsigned no)
{
	unsigned i;

	c->w = w;
	for (i = 0; i < 2 * BUILDS; i++) {
		struct build_of b = build_no(i % 2 ? 1000 * (no + 1) + i : 1 + i / 2);

		pdg_buf_init(&c->body[i], PDG_LIMIT_BODY);
		build_body(w, CI, &b, &c->body[i]);
	}
}

static void *client_main(void *ctx)
{
	struct client *c = ctx;
	unsigned i;

	for (i = 0; i < 2 * BUILDS; i++) {
		PDG_AUTO(got) struct got g;

		submit(c->w, pdg_buf_bytes(&c->body[i]), WAIT_MS, &g);
		c->first += g.status == 201;
		c->known += g.status == 200;
		if (i % 2 == 0)
			memcpy(c->references[i / 2], g.reference, sizeof(g.reference));
		pdg_buf_done(&c->body[i]);
	}
	return NULL;
}

static void many_at_once(void)
{
	struct world w;
	struct client *c = calloc(THREADS, sizeof(*c));
	struct pdg_core_stats stats;
	unsigned i, k, first = 0, known = 0;

	if (!c)
		abort();
	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < THREADS; i++) {
		client_init(&c[i], &w, i);
		CHECK_INT(pthread_create(&c[i].thread, NULL, client_main, &c[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(c[i].thread, NULL), 0);
		first += c[i].first;
		known += c[i].known;
		for (k = 0; k < BUILDS; k++)
			CHECK_STR(c[i].references[k], c[0].references[k]);
	}
	/* The same statement is new to one of them alone. */
	CHECK_UINT(first, BUILDS + THREADS * BUILDS);
	CHECK_UINT(known, (THREADS - 1) * BUILDS);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 1 + BUILDS + THREADS * BUILDS);
	CHECK_UINT(stats.logged, stats.accepted);
	CHECK_UINT(journal_size(&w), stats.accepted);
	CHECK(stats.commits < stats.accepted * 2);
	CHECK_UINT(pending_count(&w), 0);
	fsck_is_clean(&w);
	world_done(&w);
	free(c);
}

/* --- more than it can take --- */

#define FLOOD 1100

struct flood {
	pthread_mutex_t gate; /* held: the writer waits in its first answer */
	atomic_uint answers, kept, overloaded;
};

static void flood_answer(void *ctx, const struct pdg_answer *a)
{
	struct flood *f = ctx;

	if (a->status == 503) {
		CHECK_STR(a->err->rule, "SVC-1");
		CHECK(a->retry_after > 0);
		atomic_fetch_add(&f->overloaded, 1);
	} else {
		(void)pthread_mutex_lock(&f->gate);
		(void)pthread_mutex_unlock(&f->gate);
		atomic_fetch_add(&f->kept, a->status == 202);
	}
	atomic_fetch_add(&f->answers, 1);
}

static void flood_one(struct world *w, unsigned no, struct flood *f)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct build_of b = build_no(no);

	build_body(w, CI, &b, &body);
	pdg_core_submit(w->core, NULL, pdg_buf_bytes(&body), 0, flood_answer, f);
}

static void more_than_it_can_take(void)
{
	struct world w;
	struct flood f = {.answers = 0};
	struct pdg_core_stats stats;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	(void)pthread_mutex_init(&f.gate, NULL);
	(void)pthread_mutex_lock(&f.gate);
	for (i = 1; i <= FLOOD; i++)
		flood_one(&w, i, &f);
	CHECK(atomic_load(&f.overloaded) > 0);
	(void)pthread_mutex_unlock(&f.gate);
	for (i = 0; i < 1000 && atomic_load(&f.answers) < FLOOD; i++)
		pause_ms(20);
	/* Each was answered, and what was not refused is there. */
	CHECK_UINT(atomic_load(&f.answers), FLOOD);
	CHECK_UINT(atomic_load(&f.kept) + atomic_load(&f.overloaded), FLOOD);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 1 + atomic_load(&f.kept));
	CHECK(all_logged_soon(&w));
	fsck_is_clean(&w);
	world_done(&w);
	(void)pthread_mutex_destroy(&f.gate);
}

struct reload {
	struct world *w;
	pthread_t thread;
	atomic_bool over;
	int rc;
	struct pdg_error err;
};

static void *reload_main(void *ctx)
{
	struct reload *r = ctx;

	r->rc = pdg_core_reload(r->w->core, r->w->cfg, &r->err);
	atomic_store(&r->over, true);
	return NULL;
}

/* What comes into force may take a key out of it: no flood keeps that away. */
static void a_reload_while_it_is_full(void)
{
	struct world w;
	struct flood f = {.answers = 0};
	struct reload r = {.w = &w};
	unsigned i, sent = 0;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	(void)pthread_mutex_init(&f.gate, NULL);
	(void)pthread_mutex_lock(&f.gate);
	while (atomic_load(&f.overloaded) == 0 && sent < 2 * FLOOD)
		flood_one(&w, ++sent, &f);
	CHECK(atomic_load(&f.overloaded) > 0);
	world_configure(&w, 2, NULL);
	CHECK_INT(pthread_create(&r.thread, NULL, reload_main, &r), 0);
	for (i = 0; i < 25 && !atomic_load(&r.over); i++)
		pause_ms(20);
	/* It waits its turn, and is not turned away as the others still are. */
	CHECK(!atomic_load(&r.over));
	flood_one(&w, ++sent, &f);
	CHECK_UINT(atomic_load(&f.overloaded), 2);
	(void)pthread_mutex_unlock(&f.gate);
	CHECK_INT(pthread_join(r.thread, NULL), 0);
	CHECK_OK(r.rc, &r.err);
	for (i = 0; i < 1000 && atomic_load(&f.answers) < sent; i++)
		pause_ms(20);
	CHECK_UINT(atomic_load(&f.answers), sent);
	world_done(&w);
	(void)pthread_mutex_destroy(&f.gate);
}

/* --- one statement, by everybody at once --- */

#define SAME 1000

struct same {
	struct world *w;
	struct pdg_bytes body;
	pthread_mutex_t mutex; /* guards what follows */
	unsigned answers, first;
	char reference[PDG_REFERENCE_LEN];
	bool differs;
};

static void same_answer(void *ctx, const struct pdg_answer *a)
{
	struct same *s = ctx;

	(void)pthread_mutex_lock(&s->mutex);
	s->answers++;
	s->first += a->status == 201 || a->status == 202;
	if (!a->reference || (s->reference[0] && strcmp(s->reference, a->reference) != 0))
		s->differs = true;
	else
		(void)snprintf(s->reference, sizeof(s->reference), "%s", a->reference);
	(void)pthread_mutex_unlock(&s->mutex);
}

static void *same_client(void *ctx)
{
	struct same *s = ctx;
	unsigned i;

	for (i = 0; i < SAME / THREADS; i++)
		pdg_core_submit(s->w->core, NULL, s->body, 0, same_answer, s);
	return NULL;
}

static unsigned answers_of(struct same *s)
{
	unsigned n;

	(void)pthread_mutex_lock(&s->mutex);
	n = s->answers;
	(void)pthread_mutex_unlock(&s->mutex);
	return n;
}

/* T72: kept once, with one countersignature, one leaf and one answer. */
static void one_statement_many_times_at_once(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct world w;
	struct same s = {.w = &w};
	struct pdg_core_stats stats;
	pthread_t threads[THREADS];
	uint64_t leaves;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	leaves = journal_size(&w);
	build_body(&w, CI, &app_build, &body);
	s.body = pdg_buf_bytes(&body);
	(void)pthread_mutex_init(&s.mutex, NULL);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, same_client, &s) == 0);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (i = 0; i < 1000 && answers_of(&s) < SAME; i++)
		pause_ms(20);
	CHECK_UINT(answers_of(&s), SAME);
	CHECK(!s.differs);
	CHECK(s.first >= 1);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 2);
	CHECK_UINT(stats.known, SAME - 1);
	CHECK_UINT(journal_size(&w), leaves + 1);
	CHECK(all_logged_soon(&w));
	fsck_is_clean(&w);
	world_done(&w);
	(void)pthread_mutex_destroy(&s.mutex);
}

PDG_TEST_MAIN("load", {"many at once", many_at_once},
	      {"one statement many times at once", one_statement_many_times_at_once},
	      {"more than it can take", more_than_it_can_take},
	      {"a reload while it is full", a_reload_while_it_is_full})
