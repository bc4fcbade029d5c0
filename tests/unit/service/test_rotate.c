/* SPDX-License-Identifier: Apache-2.0 */
/* One signing key after another: what the former one signed is logged, checked and served, and a
 * new one that is none changes nothing. */
#include "crypto/key.h"
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
	CHECK_OK(pdg_core_turn_key(w.core, &err), &err);
	world_move(&w, "p.db", "p.gone");
	CHECK_RULE(pdg_core_reload(w.core, &err), &err, "STO-3");
	world_move(&w, "p.gone", "p.db");
	world_move(&w, "signing.pem", "second.away");
	CHECK_RULE(pdg_core_turn_key(w.core, &err), &err, "KEY-3");
	CHECK_OK(pdg_core_reload(w.core, &err), &err);
	submit_builds(&w, 1, 1, 201);
	world_close(&w);
	world_move(&w, "first.pem", "signing.pem");
	world_open(&w);
	fsck_is_clean(&w);
	world_done(&w);
}

PDG_TEST_MAIN("rotate",
	      {"a key that was not kept signs nothing", a_key_that_was_not_kept_signs_nothing},
	      {"pending under the old key is logged", pending_under_the_old_key_is_logged},
	      {"a key that is none changes nothing", a_key_that_is_none_changes_nothing},
	      {"readiness says which", readiness_says_which})
