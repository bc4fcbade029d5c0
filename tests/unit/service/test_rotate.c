/* SPDX-License-Identifier: Apache-2.0 */
/* One signing key after another: what the former one signed is logged, checked and served, and a
 * new one that is none changes nothing. */
#include "crypto/key.h"
#include "service/core_impl.h"
#include "unit/service/core_log.h"

/* Put the key of the file @name into the place of the signing key, keeping the one that was as
 * @kept. */
static void replace_key(struct world *w, const char *name, const char *kept)
{
	world_move(w, "signing.pem", kept);
	world_copy(w, name, "signing.pem");
}

static void turn(struct world *w)
{
	struct pdg_error err = {0};

	CHECK_OK(pdg_core_turn_key(w->core, w->cfg, &err), &err);
	CHECK_OK(pdg_core_reload(w->core, w->cfg, &err), &err);
}

static void submit_builds(struct world *w, unsigned first, unsigned n, int status)
{
	unsigned i;

	for (i = first; i < first + n; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;
		struct build_of b = build_no(i);

		build_body(w, CI, &b, &body);
		submit(w, pdg_buf_bytes(&body), status == 201 ? WAIT_MS : 0, &g);
		CHECK_INT(g.status, status);
	}
}

static void keys_json(struct world *w, struct pdg_buf *out)
{
	struct pdg_error err = {0};

	pdg_buf_reset(out);
	CHECK_OK(pdg_core_keys(w->core, out, &err), &err);
}

static void pending_under_the_old_key_is_logged(void)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_key *second;
	struct pdg_error err = {0};
	struct world w;
	unsigned i;

	world_init(&w);
	second = world_make_key(&w, "second");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "log", "log-away");
	submit_builds(&w, 1, 5, 202);
	replace_key(&w, "second.pem", "first.pem");
	atomic_fetch_add(&w.now, 60);
	turn(&w);
	submit_builds(&w, 6, 5, 202);
	CHECK_UINT(pending_count(&w), 10);

	keys_json(&w, &json);
	CHECK_HAS(pdg_buf_cstr(&json), pdg_key_hint(second));
	/* The former one ends when the other began; that one has no end. */
	CHECK_HAS(pdg_buf_cstr(&json), "\"validUntil\":\"2024-02-01T01:01:00Z\"");
	CHECK_HAS(pdg_buf_cstr(&json),
		  "\"validFrom\":\"2024-02-01T01:01:00Z\",\"validUntil\":null");

	/* Over a restart too, and although no policy names either. */
	world_close(&w);
	world_move(&w, "log-away", "log");
	world_open(&w);
	CHECK(all_logged_soon(&w));
	for (i = 1; i <= 10; i++)
		chain_is(&w, i, "good");
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);

	/* And back to the first: it is the one in use again. */
	replace_key(&w, "first.pem", "gone.pem");
	turn(&w);
	submit_builds(&w, 11, 1, 201);
	for (i = 1; i <= 11; i++)
		chain_is(&w, i, "good");
	keys_json(&w, &json);
	CHECK_HAS(pdg_buf_cstr(&json), pdg_key_hint(second));
	fsck_is_clean(&w);
	pdg_key_free(second);
	world_done(&w);
}

static void a_key_that_is_none_changes_nothing(void)
{
	static const struct {
		const char *name, *rule;
	} rows[] = {
		{"server.pub", "KEY-3"}, /* a public one */
		{"p.db.journal-key.pem", "CFG-3"},
		{"log/key.pem", "CFG-3"},
		{"server.pem", "CFG-3"}, /* of the policy: found when that is taken in */
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("%s", rows[i].name);
		replace_key(&w, rows[i].name, "first.pem");
		rc = pdg_core_turn_key(w.core, w.cfg, &err);
		if (rc == 0)
			rc = pdg_core_reload(w.core, w.cfg, &err);
		CHECK_RULE(rc, &err, rows[i].rule);
		pdg_core_reloaded(w.core, PDG_RELOAD_KEY, &err);
		CHECK(pdg_core_ready(w.core, &err) < 0);
		world_move(&w, "first.pem", "signing.pem");
		CHECK_OK(pdg_core_turn_key(w.core, w.cfg, &err), &err);
		CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
		pdg_core_reloaded(w.core, NULL, NULL);
		CHECK_OK(pdg_core_ready(w.core, &err), &err);
		submit_builds(&w, (unsigned)i + 1, 1, 201);
	}
	pdg_test_case(NULL);
	fsck_is_clean(&w);
	world_done(&w);
}

/* /readyz names the key, and not the policy, when it is the key. */
static void readiness_says_which(void)
{
	struct pdg_error err = {0}, why = {0};
	struct world w;

	world_init(&w);
	world_open(&w);
	world_move(&w, "signing.pem", "first.pem");
	CHECK_RULE(pdg_core_turn_key(w.core, w.cfg, &why), &why, "KEY-3");
	pdg_core_reloaded(w.core, PDG_RELOAD_KEY, &why);
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-7");
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "first.pem", "signing.pem");
	turn(&w);
	pdg_core_reloaded(w.core, NULL, NULL);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_done(&w);
}

/* The store does not hear of the key, so it does not come into force; not at the next reload, which
 * has no key to take in, either. */
static void a_key_that_was_not_kept_signs_nothing(void)
{
	struct world w;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	pdg_key_free(world_make_key(&w, "second"));
	replace_key(&w, "second.pem", "first.pem");
	CHECK_OK(pdg_core_turn_key(w.core, w.cfg, &err), &err);
	world_move(&w, "p.db", "p.gone");
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "STO-3");
	world_move(&w, "p.gone", "p.db");
	world_move(&w, "signing.pem", "second.away");
	CHECK_RULE(pdg_core_turn_key(w.core, w.cfg, &err), &err, "KEY-3");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	submit_builds(&w, 1, 1, 201);
	world_close(&w);
	world_move(&w, "first.pem", "signing.pem");
	world_open(&w);
	fsck_is_clean(&w);
	world_done(&w);
}

/* --- one countersignature for a statement, ever: none by a key that nobody trusts --- */

#define MINE "[trust \"mine\"]\n\tserviceKey = "

/* Not ready, and what would be signed is for later; what is refused, and what is known, is still
 * told so. */
static void signs_nothing(struct world *w, unsigned artifact)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf bad = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct build_of b = build_no(artifact);
	struct pdg_error err = {0};
	uint64_t leaves = journal_size(w);

	CHECK_RULE(pdg_core_ready(w->core, &err), &err, "RDY-1");
	CHECK(err.fix[0]);
	build_body(w, CI, &b, &body);
	CHECK(refused(w, pdg_buf_bytes(&body), "RDY-8", 503));
	CHECK_UINT(journal_size(w), leaves);
	build_body(w, STRANGER, &b, &bad);
	CHECK(refused(w, pdg_buf_bytes(&bad), "IDN-1", 403));
	CHECK_INT(submit_source(w, SERVER, &app_main), 200);
}

static void signs_again(struct world *w, unsigned artifact)
{
	struct pdg_error err = {0};

	CHECK_OK(pdg_core_ready(w->core, &err), &err);
	submit_builds(w, artifact, 1, 201);
	chain_is(w, artifact, "good");
}

/* A reload that failed stops nothing: what does is told before it. */
static void what_stops_submissions_comes_first(void)
{
	struct pdg_error err = {0}, why = {0};
	struct world w;

	world_init(&w);
	world_configure(&w, 1, MINE "signing.pub\n\tvalidBefore = 2024-02-01T02:00:00Z\n");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_move(&w, "signing.pem", "first.pem");
	CHECK_RULE(pdg_core_turn_key(w.core, w.cfg, &why), &why, "KEY-3");
	pdg_core_reloaded(w.core, PDG_RELOAD_KEY, &why);
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-7");
	atomic_store(&w.now, NOW + 3601);
	signs_nothing(&w, 1);
	world_move(&w, "first.pem", "signing.pem");
	world_done(&w);
}

static void open_with_a_second_key(struct world *w)
{
	world_init(w);
	pdg_key_free(world_make_key(w, "second"));
	world_configure(w, 1, MINE "signing.pub\n");
	world_open(w);
	CHECK_INT(submit_source(w, SERVER, &app_main), 201);
}

/* The reloads of a rotation the wrong way round: the key before its policy. */
static void a_key_that_the_policy_does_not_name(void)
{
	struct pdg_error err = {0};
	struct world w;

	open_with_a_second_key(&w);
	replace_key(&w, "second.pem", "first.pem");
	world_configure(&w, 2, MINE "signing.pub\n[require]\n\tlog = true\n");
	CHECK_OK(pdg_core_turn_key(w.core, w.cfg, &err), &err);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_RULE(pdg_core_key_taken(w.core, &err), &err, "RDY-8");
	pdg_core_reloaded(w.core, PDG_RELOAD_KEY, &err);
	/* The policy is in force, and the key before signs. */
	{
		struct pdg_core_stats stats;
		struct pdg_error ready = {0};

		pdg_core_stats(w.core, &stats);
		CHECK_UINT(stats.policy_version, 2);
		CHECK_RULE(pdg_core_ready(w.core, &ready), &ready, "RDY-7");
	}
	submit_builds(&w, 1, 1, 201);
	chain_is(&w, 1, "good");
	world_configure(&w, 3, MINE "signing.pub\n\tserviceKey = second.pub\n");
	turn(&w);
	CHECK_OK(pdg_core_key_taken(w.core, &err), &err);
	pdg_core_reloaded(w.core, NULL, NULL);
	signs_again(&w, 2);
	chain_is(&w, 1, "good");
	/* By a start it is in use, and signs nothing. */
	world_close(&w);
	world_configure(&w, 4, MINE "signing.pub\n");
	world_open(&w);
	signs_nothing(&w, 3);
	world_configure(&w, 5, MINE "signing.pub\n\tserviceKey = second.pub\n");
	turn(&w);
	signs_again(&w, 3);
	fsck_is_clean(&w);
	world_done(&w);
}

static void a_key_outside_its_window(void)
{
	struct pdg_error err = {0};
	struct world w;

	world_init(&w);
	pdg_key_free(world_make_key(&w, "second"));
	world_configure(&w, 1,
			MINE "signing.pub\n\tvalidAfter = 2023-06-01T00:00:00Z\n"
			     "\tvalidBefore = 2024-02-01T02:00:00Z\n"
			     "[trust \"next\"]\n\tserviceKey = second.pub\n"
			     "\tvalidAfter = 2024-02-01T01:30:00Z\n");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	/* The next one, before its time: by a reload it is not taken. */
	replace_key(&w, "second.pem", "first.pem");
	turn(&w);
	CHECK_RULE(pdg_core_key_taken(w.core, &err), &err, "RDY-8");
	signs_again(&w, 1);
	/* The first one's time passes while it runs. */
	atomic_store(&w.now, NOW + 3601);
	signs_nothing(&w, 2);
	turn(&w);
	CHECK_OK(pdg_core_key_taken(w.core, &err), &err);
	signs_again(&w, 2);
	/* The clock goes back: before the key's time it signs nothing. */
	atomic_store(&w.now, NOW + 60);
	signs_nothing(&w, 3);
	atomic_store(&w.now, NOW + 3700);
	signs_again(&w, 3);
	fsck_is_clean(&w);
	world_done(&w);
}

static void a_key_that_is_revoked(void)
{
	static const char *const words[] = {"compromisedSince", "revokedSince"};
	size_t i;

	for (i = 0; i < 4; i++) {
		PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
		PDG_AUTO(mem) char *file = NULL;
		PDG_AUTO(mem) char *path = NULL;
		char name[PDG_KEY_FINGERPRINT];
		struct pdg_error err = {0};
		struct world w;
		bool named = i >= 2;

		pdg_test_case("%s, the policy %s", words[i % 2], named ? "names it" : "names none");
		world_init(&w);
		world_configure(&w, 1, named ? MINE "signing.pub\n" : NULL);
		world_open(&w);
		CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
		submit_builds(&w, 1, 1, 201);
		pdg_key_fingerprint(pdg_key_spki_sha256(w.core->signing_key), name);
		file = pdg_str_printf("[key \"%s\"]\n\t%s = 2024-01-31T00:00:00Z\n", name,
				      words[i % 2]);
		path = pdg_test_file(w.dir, "revoked", pdg_bytes_str(file));
		world_configure(&w, 2,
				named ? "[revocation]\n\tfile = revoked\n" MINE "signing.pub\n"
				      : "[revocation]\n\tfile = revoked\n");
		turn(&w);
		signs_nothing(&w, 2);
		keys_json(&w, &json);
		CHECK_HAS(pdg_buf_cstr(&json), "\"validUntil\":\"2024-01-31T00:00:00Z\"");
		/* Another one is made, and is good. */
		pdg_key_free(world_make_key(&w, "second"));
		replace_key(&w, "second.pem", "first.pem");
		world_configure(&w, 3,
				named ? "[revocation]\n\tfile = revoked\n" MINE
					"signing.pub\n\tserviceKey = second.pub\n"
				      : "[revocation]\n\tfile = revoked\n");
		turn(&w);
		CHECK_OK(pdg_core_ready(w.core, &err), &err);
		submit_builds(&w, 2, 1, 201);
		world_done(&w);
	}
	pdg_test_case(NULL);
}

/* Reloads once, in the middle of a judgement: what was judged by then is by the policy of before.
 */
static struct {
	struct world *w;
	const struct pdg_store_ops *real;
	const char *extra;
	unsigned version;
} between;

static int reload_and_get(struct pdg_store *s, const char *reference, struct pdg_stored **out,
			  struct pdg_error *err)
{
	struct world *w = between.w;

	if (w) {
		between.w = NULL;
		world_configure(w, between.version, between.extra);
		turn(w);
	}
	return between.real->get(s, reference, out, err);
}

/* Judged before a reload, and signed after it: by what is in force then. */
static void a_reload_between(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_store_ops ops;
	struct build_of b = build_no(1);
	struct world w;

	open_with_a_second_key(&w);
	between.real = w.core->store->ops;
	ops = *between.real;
	ops.get = reload_and_get;
	ops.known = NULL;
	w.core->store->ops = &ops;
	/* The key is not trusted any more. */
	between.w = &w;
	between.version = 2;
	between.extra = MINE "second.pub\n";
	build_body(&w, CI, &b, &body);
	CHECK(refused(&w, pdg_buf_bytes(&body), "RDY-8", 503));
	CHECK(!between.w);
	world_configure(&w, 3, MINE "signing.pub\n");
	turn(&w);
	signs_again(&w, 1);
	/* Another key follows it, and the one before is still trusted with what came in its time.
	 */
	replace_key(&w, "second.pem", "first.pem");
	between.w = &w;
	between.version = 4;
	between.extra = MINE "signing.pub\n\tserviceKey = second.pub\n";
	submit_builds(&w, 2, 1, 201);
	CHECK(!between.w);
	chain_is(&w, 2, "good");
	w.core->store->ops = between.real;
	signs_again(&w, 3);
	fsck_is_clean(&w);
	world_done(&w);
}

/* The journal's key likewise: its leaf is when a statement was received. */
static void a_journal_that_nobody_trusts(void)
{
	struct world w;

	world_init(&w);
	pdg_key_free(world_make_key(&w, "third"));
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_configure(&w, 2, "[trust]\n\tjournalKey = third.pub\n");
	turn(&w);
	{
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		struct build_of b = build_no(1);
		struct pdg_error err = {0};

		CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-1");
		build_body(&w, CI, &b, &body);
		CHECK(refused(&w, pdg_buf_bytes(&body), "RDY-8", 503));
	}
	world_configure(&w, 3, NULL);
	turn(&w);
	signs_again(&w, 1);
	world_done(&w);
}

PDG_TEST_MAIN("rotate",
	      {"a key that was not kept signs nothing", a_key_that_was_not_kept_signs_nothing},
	      {"a key that the policy does not name", a_key_that_the_policy_does_not_name},
	      {"a key outside its window", a_key_outside_its_window},
	      {"a key that is revoked", a_key_that_is_revoked},
	      {"a journal that nobody trusts", a_journal_that_nobody_trusts},
	      {"a reload between", a_reload_between},
	      {"pending under the old key is logged", pending_under_the_old_key_is_logged},
	      {"a key that is none changes nothing", a_key_that_is_none_changes_nothing},
	      {"readiness says which", readiness_says_which},
	      {"what stops submissions comes first", what_stops_submissions_comes_first})
