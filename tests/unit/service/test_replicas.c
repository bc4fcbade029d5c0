/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two services over one PostgreSQL (tests/unit/store/postgres_world.h), of one configuration: the
 * journal and "one countersignature for each reference" hold over both, a newer policy of one stops
 * the other, and what was acknowledged outlives the database's death under load. The log is one
 * that is never there: what is about logging is tests/e2e/replicas.sh.
 */
#include <libpq-fe.h>
#include <stdatomic.h>

#include "service/core_impl.h"
#include "support/fakehttp.h"
#include "unit/service/core_world.h"
#include "unit/store/postgres_world.h"
#include "util/json.h"
#include "util/time.h"

/* Two services; @w is the first, and the folder of both. */
struct pair {
	struct world w;
	struct world b;
	char *url;
};

static void pair_config(struct pair *p, unsigned version)
{
	PDG_AUTO(mem)
	char *store = pdg_str_printf("store = %s\n\tjournalKey = journal.pem", p->url);
	PDG_AUTO(mem)
	char *log = pdg_str_printf("type = rekor-v2\n\tkey = stranger.pub\n"
				   "\turl = http://127.0.0.1:%u",
				   fake_http_dead_port());

	world_configure(&p->w, version, NULL);
	world_reconfigure(&p->w, "store = sqlite:p.db", store);
	world_reconfigure(&p->w, "directory = log", log);
}

static void pair_open(struct pair *p)
{
	struct pdg_error err = {0};
	struct pdg_key *journal;

	p->url = postgresql_new_database();
	world_init(&p->w);
	journal = world_make_key(&p->w, "journal");
	pdg_key_free(journal);
	pair_config(p, 1);
	world_open(&p->w);
	p->b = p->w;
	p->b.core = NULL;
	p->b.cfg = NULL;
	if (!CHECK_OK(world_try_open(&p->b, &err), &err))
		abort();
}

static void pair_done(struct pair *p)
{
	world_close(&p->b);
	world_done(&p->w);
	free(p->url);
}

/* pedigreed --fsck, beside both. */
static void pair_is_sound(struct pair *p)
{
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_fsck_counts counts = {0};
	struct pdg_core *core = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_core_open_to_check(p->w.cfg, &p->w.clock, &core, &err), &err))
		return;
	if (!CHECK_OK(pdg_core_fsck(core, fsck_line, NULL, &lines, &counts, &err), &err))
		(void)fprintf(stderr, "%s\n", pdg_buf_cstr(&lines));
	CHECK_UINT(counts.faults, 0);
	CHECK(counts.attestations > 0);
	CHECK(pdg_core_close(core));
}

static void build_no_body(struct pair *p, unsigned artifact, struct pdg_buf *out)
{
	struct build_of b = build_no(artifact);

	build_body(&p->w, CI, &b, out);
}

static int send_build(struct pair *p, struct world *to, unsigned artifact, struct got *g)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	build_no_body(p, artifact, &body);
	submit(to, pdg_buf_bytes(&body), 0, g);
	return g->status;
}

static void the_source_is_known(struct pair *p)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;

	source_body(&p->w, SERVER, &app_main, &body);
	submit(&p->w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 202);
}

static void one_journal(void)
{
	struct pair p;
	unsigned i;

	pair_open(&p);
	the_source_is_known(&p);
	for (i = 1; i <= 20; i++) {
		PDG_AUTO(got) struct got g;
		PDG_AUTO(got) struct got again;

		/* The other one knows it at once, by the same reference. */
		CHECK_INT(send_build(&p, i % 2 ? &p.w : &p.b, i, &g), 202);
		CHECK_INT(send_build(&p, i % 2 ? &p.b : &p.w, i, &again), 202);
		CHECK_STR(again.reference, g.reference);
	}
	CHECK_INT(postgresql_ask(p.url, "SELECT count(*) FROM attestation"), 21);
	CHECK_INT(postgresql_ask(p.url, "SELECT size FROM journal_state"), 21);
	pair_is_sound(&p);
	pair_done(&p);
}

struct sender {
	struct pair *p;
	struct world *to;
	unsigned n;
	bool endless; /* until it is told */
	atomic_bool *stop;
	atomic_uint kept, turned_away, other;
	char kept_references[4096][PDG_REFERENCE_LEN];
};

static void *send_all(void *ctx)
{
	struct sender *s = ctx;
	unsigned i;

	for (i = 1; i <= s->n && !(s->stop && atomic_load(s->stop)); i++) {
		PDG_AUTO(got) struct got g;
		int status = send_build(s->p, s->to, i, &g);

		if (status == 202) {
			memcpy(s->kept_references[atomic_fetch_add(&s->kept, 1)], g.reference,
			       PDG_REFERENCE_LEN);
		} else if (status == 503) {
			atomic_fetch_add(&s->turned_away, 1);
			CHECK(g.retry_after > 0);
		} else {
			(void)fprintf(stderr, "%d %s %s\n", status, g.rule, g.text);
			atomic_fetch_add(&s->other, 1);
		}
	}
	return NULL;
}

/* Who waits at one is answered when the other put it into the log. */
static void the_other_one_logs_it(void)
{
	struct pair p;
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got g;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	int64_t start;

	pair_open(&p);
	the_source_is_known(&p);
	CHECK_INT(send_build(&p, &p.w, 1, &first), 202);
	build_no_body(&p, 1, &body);
	got_init(&g);
	start = pdg_monotonic_ms();
	pdg_core_submit(p.b.core, NULL, pdg_buf_bytes(&body), 60000, got_answer, &g);
	(void)postgresql_ask(p.url,
			     "INSERT INTO bundle SELECT id, '{\"logged\":1}' FROM attestation"
			     " WHERE stage = 'build'");
	(void)pthread_mutex_lock(&g.mutex);
	while (g.times == 0)
		(void)pthread_cond_wait(&g.cond, &g.mutex);
	(void)pthread_mutex_unlock(&g.mutex);
	CHECK_INT(g.status, 200);
	CHECK_HAS(pdg_buf_cstr(&g.body), "\"bundle\":{\"logged\":1}");
	CHECK(pdg_monotonic_ms() - start < 30000);
	pair_done(&p);
}

/* The same statements to both at the same time: each is kept once. */
static void the_same_to_both(void)
{
	static struct sender a, b;
	struct pair p;
	pthread_t t;

	pair_open(&p);
	the_source_is_known(&p);
	a.p = b.p = &p;
	a.to = &p.w;
	b.to = &p.b;
	a.n = b.n = 60;
	CHECK_INT(pthread_create(&t, NULL, send_all, &a), 0);
	(void)send_all(&b);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_UINT(atomic_load(&a.kept), 60);
	CHECK_UINT(atomic_load(&b.kept), 60);
	CHECK_INT(postgresql_ask(p.url, "SELECT count(*) FROM attestation"), 61);
	CHECK_INT(postgresql_ask(p.url, "SELECT count(*) FROM journal_leaf"), 61);
	pair_is_sound(&p);
	pair_done(&p);
}

/* Killed and started again while both take statements: what was acknowledged is there. */
static void the_database_dies_under_load(void)
{
	static struct sender s[2];
	const struct timespec tick = {.tv_nsec = 200 * 1000 * 1000};
	atomic_bool stop = false;
	struct pair p;
	pthread_t t[2];
	unsigned i, k;

	pair_open(&p);
	the_source_is_known(&p);
	for (i = 0; i < 2; i++) {
		s[i].p = &p;
		s[i].to = i ? &p.b : &p.w;
		s[i].n = 4000;
		s[i].stop = &stop;
		CHECK_INT(pthread_create(&t[i], NULL, send_all, &s[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		(void)nanosleep(&tick, NULL);
		postgresql("restart", "immediate");
	}
	(void)nanosleep(&tick, NULL);
	(void)nanosleep(&tick, NULL);
	atomic_store(&stop, true);
	for (i = 0; i < 2; i++) {
		CHECK_INT(pthread_join(t[i], NULL), 0);
		CHECK(atomic_load(&s[i].kept) > 0);
		CHECK_UINT(atomic_load(&s[i].other), 0);
	}
	for (i = 0; i < 2; i++) {
		for (k = 0; k < atomic_load(&s[i].kept); k++) {
			PDG_AUTO(buf) struct pdg_buf record = PDG_BUF_INIT(PDG_LIMIT_RECORD);
			bool pending = false;
			struct pdg_error err = {0};

			CHECK_OK(pdg_core_record(p.b.core, s[i].kept_references[k], &record,
						 &pending, &err),
				 &err);
		}
	}
	pair_is_sound(&p);
	pair_done(&p);
}

/* While the database is away nothing is taken, and it is said; then everything goes on. */
static void the_database_is_away(void)
{
	struct pair p;
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got again;
	struct pdg_error err = {0};
	const struct timespec tick = {.tv_nsec = 600 * 1000 * 1000};

	pair_open(&p);
	the_source_is_known(&p);
	postgresql("stop", "immediate");
	CHECK_INT(send_build(&p, &p.w, 1, &g), 503);
	CHECK(strncmp(g.rule, "STO-", 4) == 0);
	CHECK_RULE(pdg_core_ready(p.w.core, &err), &err, "RDY-5");
	postgresql("start", NULL);
	(void)nanosleep(&tick, NULL);
	CHECK_INT(send_build(&p, &p.w, 1, &again), 202);
	CHECK_OK(pdg_core_ready(p.w.core, &err), &err);
	CHECK_OK(pdg_core_ready(p.b.core, &err), &err);
	pair_is_sound(&p);
	pair_done(&p);
}

static void await(struct got *g)
{
	(void)pthread_mutex_lock(&g->mutex);
	while (g->times == 0)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	(void)pthread_mutex_unlock(&g->mutex);
}

/* Whoever hands submissions over does not wait for a database that does not answer, and they are as
 * many as may wait. */
static void a_frozen_database(void)
{
	enum { MANY = PDG_LIMIT_DECIDERS + PDG_LIMIT_DECIDERS_WAITING + 3 };
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	static struct got g[MANY];
	unsigned kept = 0, turned_away = 0, i;
	struct pair p;
	int64_t began;

	pair_open(&p);
	the_source_is_known(&p);
	build_no_body(&p, 1, &body);
	postgresql("freeze", NULL);
	began = pdg_monotonic_ms();
	for (i = 0; i < MANY; i++) {
		got_init(&g[i]);
		pdg_core_submit(p.w.core, NULL, pdg_buf_bytes(&body), 0, got_answer, &g[i]);
		/* Each thread has one by then, or will: the rest wait. */
		if (i == PDG_LIMIT_DECIDERS)
			(void)usleep(200000);
	}
	CHECK(pdg_monotonic_ms() - began < 3000);
	postgresql("thaw", NULL);
	for (i = 0; i < MANY; i++) {
		await(&g[i]);
		kept += g[i].status == 202;
		if (g[i].status != 503)
			continue;
		CHECK_STR(g[i].rule, "SVC-1");
		turned_away++;
	}
	CHECK_UINT(kept, MANY - turned_away);
	CHECK(turned_away >= 3 && turned_away < 3 + PDG_LIMIT_DECIDERS);
	for (i = 0; i < MANY; i++)
		got_done(&g[i]);
	pair_is_sound(&p);
	pair_done(&p);
}

static int keep_and_send(void *ctx, const struct pdg_policy *policy, struct pdg_error *err)
{
	struct pair *p = ctx;
	PDG_AUTO(got) struct got own;
	PDG_AUTO(got) struct got others;
	int rc = world_keep_version(&p->w, policy, err);

	CHECK_INT(send_build(p, &p->w, 1, &own), 202);
	CHECK_INT(send_build(p, &p->b, 2, &others), 503);
	CHECK_STR(others.rule, "RDY-3");
	return rc;
}

/* What comes into force is in the store a moment before: nobody is told to reload for that. */
static void a_newer_policy_of_its_own(void)
{
	struct pair p;
	struct pdg_error err = {0};
	PDG_AUTO(got) struct got after;

	pair_open(&p);
	the_source_is_known(&p);
	pair_config(&p, 2);
	CHECK_OK(pdg_policy_box_reload(p.w.core->policy, p.w.cfg, NULL, keep_and_send, &p, &err),
		 &err);
	CHECK_INT(send_build(&p, &p.w, 3, &after), 202);
	pair_is_sound(&p);
	pair_done(&p);
}

/* rules.md 5.8: a replica on a lower policy version is not ready, and decides nothing. */
static void a_newer_policy_of_the_other(void)
{
	struct pair p;
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got refused_one;
	PDG_AUTO(got) struct got after;
	struct pdg_error err = {0};
	int64_t leaves;

	pair_open(&p);
	the_source_is_known(&p);
	pair_config(&p, 2);
	CHECK_OK(pdg_core_reload(p.w.core, p.w.cfg, &err), &err);
	CHECK_OK(pdg_core_ready(p.w.core, &err), &err);
	leaves = postgresql_ask(p.url, "SELECT size FROM journal_state");
	CHECK_INT(send_build(&p, &p.b, 1, &g), 503);
	CHECK_STR(g.rule, "RDY-3");
	CHECK(g.retry_after > 0);
	CHECK_RULE(pdg_core_ready(p.b.core, &err), &err, "RDY-3");
	/* Nor does it write down who was refused by a policy that is over. */
	{
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		struct build_of b = app_build;

		build_body(&p.w, OTHER_CI, &b, &body);
		submit(&p.b, pdg_buf_bytes(&body), 0, &refused_one);
		CHECK_STR(refused_one.rule, "RDY-3");
	}
	CHECK_INT(postgresql_ask(p.url, "SELECT size FROM journal_state"), leaves);
	CHECK_INT(postgresql_ask(p.url, "SELECT count(*) FROM attestation"), 1);
	CHECK_OK(pdg_core_reload(p.b.core, p.b.cfg, &err), &err);
	CHECK_OK(pdg_core_ready(p.b.core, &err), &err);
	CHECK_INT(send_build(&p, &p.b, 1, &after), 202);
	/* The first goes on to 4: the second can go to 3 no more, nor start with it. */
	pair_config(&p, 4);
	CHECK_OK(pdg_core_reload(p.w.core, p.w.cfg, &err), &err);
	pair_config(&p, 3);
	CHECK_RULE(pdg_core_reload(p.b.core, p.b.cfg, &err), &err, "POL-11");
	world_close(&p.b);
	p.b.config = p.w.config;
	CHECK_RULE(world_try_open(&p.b, &err), &err, "POL-11");
	CHECK_INT(postgresql_ask(p.url, "SELECT value::int FROM meta WHERE name = "
					"'policy-version'"),
		  4);
	pair_done(&p);
}

/* Ask of the database what holds up every batch until @*out is closed. */
static void hold_batches(const struct pair *p, PGconn **out)
{
	PGresult *r;

	*out = PQconnectdb(p->url);
	r = PQexec(*out, "BEGIN; LOCK TABLE pedigree_schema IN SHARE UPDATE EXCLUSIVE MODE");
	CHECK(PQresultStatus(r) == PGRES_COMMAND_OK);
	PQclear(r);
}

/* Until @n batches wait. */
static void await_held(const struct pair *p, int n)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (postgresql_ask(p->url, "SELECT count(*) FROM pg_locks WHERE NOT granted") == n)
			return;
		(void)usleep(20000);
	}
	CHECK(false);
}

struct reloading {
	struct world *w;
	int rc;
	struct pdg_error err;
};

static void *reload_it(void *ctx)
{
	struct reloading *r = ctx;

	r->rc = pdg_core_reload(r->w->core, r->w->cfg, &r->err);
	return NULL;
}

/* What is judged by version 1 of @to, and is the writer's when @to reloads; how it is answered. */
static void sent_before_a_reload(struct pair *p, struct world *to, unsigned artifact, struct got *g)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct reloading r = {.w = to};
	struct pdg_core_stats stats = {0};
	PGconn *held = NULL;
	pthread_t t;
	int i;

	build_no_body(p, artifact, &body);
	got_init(g);
	hold_batches(p, &held);
	pdg_core_submit(to->core, NULL, pdg_buf_bytes(&body), 0, got_answer, g);
	await_held(p, 1);
	CHECK_INT(pthread_create(&t, NULL, reload_it, &r), 0);
	for (i = 0; i < 500 && stats.queued < 1; i++) {
		(void)usleep(20000);
		pdg_core_stats(to->core, &stats);
	}
	CHECK_UINT(stats.queued, 1);
	PQfinish(held);
	CHECK_INT(pthread_join(t, NULL), 0);
	CHECK_OK(r.rc, &r.err);
	await(g);
}

/* Late with a version is late: that it is taken in a moment later makes nothing of it good. What
 * was judged by the policy that this reload alone took out of force is. */
static void judged_before_a_reload(void)
{
	struct pair p;
	PDG_AUTO(got) struct got own;
	PDG_AUTO(got) struct got late;
	PDG_AUTO(got) struct got after;

	pair_open(&p);
	the_source_is_known(&p);
	pair_config(&p, 2);
	sent_before_a_reload(&p, &p.w, 1, &own);
	CHECK_INT(own.status, 202);
	sent_before_a_reload(&p, &p.b, 2, &late);
	CHECK_INT(late.status, 503);
	CHECK_STR(late.rule, "RDY-3");
	CHECK_INT(send_build(&p, &p.b, 2, &after), 202);
	pair_is_sound(&p);
	pair_done(&p);
}

/* Of a database that was put back nothing is signed a second time. */
static void a_journal_that_went_back(void)
{
	struct pair p;
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got h;

	pair_open(&p);
	the_source_is_known(&p);
	(void)postgresql_ask(p.url, "CREATE TABLE old_state AS TABLE journal_state");
	CHECK_INT(send_build(&p, &p.w, 1, &g), 202);
	(void)postgresql_ask(p.url, "DELETE FROM journal_state;"
				    "INSERT INTO journal_state SELECT * FROM old_state");
	CHECK_INT(send_build(&p, &p.w, 2, &h), 503);
	CHECK_STR(h.rule, "STO-5");
	pair_done(&p);
}

static const char *const tables[] = {"attestation",  "bundle",	     "pending",
				     "subject",	     "meta",	     "journal_leaf",
				     "journal_tile", "journal_state"};

static void keep_tables(const struct pair *p)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		PDG_AUTO(mem)
		char *sql = pdg_str_printf("CREATE TABLE old_%s AS TABLE %s", tables[i], tables[i]);

		(void)postgresql_ask(p->url, sql);
	}
}

static void put_tables_back(const struct pair *p)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		PDG_AUTO(mem)
		char *sql = pdg_str_printf("DELETE FROM %s; INSERT INTO %s SELECT * FROM old_%s",
					   tables[i], tables[i], tables[i]);

		(void)postgresql_ask(p->url, sql);
	}
}

/* The same, and another service made it longer than what this one has signed: it is another tree.
 */
static void a_journal_that_went_back_and_grew(void)
{
	struct pair p;
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got second;
	PDG_AUTO(got) struct got third;
	PDG_AUTO(got) struct got fork;
	struct pdg_error err = {0};

	pair_open(&p);
	the_source_is_known(&p);
	keep_tables(&p);
	CHECK_INT(send_build(&p, &p.w, 1, &first), 202);
	world_close(&p.b);
	put_tables_back(&p);
	p.b.config = p.w.config;
	if (!CHECK_OK(world_try_open(&p.b, &err), &err))
		return;
	CHECK_INT(send_build(&p, &p.b, 2, &second), 202);
	CHECK_INT(send_build(&p, &p.b, 3, &third), 202);
	CHECK_INT(send_build(&p, &p.w, 4, &fork), 503);
	CHECK_STR(fork.rule, "STO-5");
	pair_done(&p);
}

/* A log of its own, or keys of its own, beside the other's. */
static void started_with_something_else(void)
{
	struct pair p;
	struct pdg_key *other;

	pair_open(&p);
	world_close(&p.b);
	other = world_make_key(&p.w, "journal2");
	pdg_key_free(other);
	world_reconfigure(&p.w, "journalKey = journal.pem", "journalKey = journal2.pem");
	p.b.config = p.w.config;
	world_refuses_to_open(&p.b, "CFG-4");
	world_reconfigure(&p.w, "journalKey = journal2.pem", "journalKey = journal.pem");
	world_reconfigure(&p.w, "key = stranger.pub", "key = ci2.pub");
	p.b.config = p.w.config;
	world_refuses_to_open(&p.b, "CFG-2");
	world_configure(&p.w, 1, NULL);
	{
		PDG_AUTO(mem)
		char *store = pdg_str_printf("store = %s\n\tjournalKey = journal.pem", p.url);

		world_reconfigure(&p.w, "store = sqlite:p.db", store);
	}
	p.b.config = p.w.config;
	world_refuses_to_open(&p.b, "CFG-2");
	pair_done(&p);
}

PDG_TEST_MAIN("replicas", {"one journal", one_journal},
	      {"the other one logs it", the_other_one_logs_it},
	      {"the same to both", the_same_to_both},
	      {"the database dies under load", the_database_dies_under_load},
	      {"the database is away", the_database_is_away},
	      {"a frozen database", a_frozen_database},
	      {"a newer policy of the other", a_newer_policy_of_the_other},
	      {"a newer policy of its own", a_newer_policy_of_its_own},
	      {"judged before a reload", judged_before_a_reload},
	      {"a journal that went back", a_journal_that_went_back},
	      {"a journal that went back and grew", a_journal_that_went_back_and_grew},
	      {"started with something else", started_with_something_else})
