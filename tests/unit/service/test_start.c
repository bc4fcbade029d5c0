/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service does not start with: a configuration that does not fit what was kept, a log or a
 * key that is another's, a policy that went back; and what it makes of a policy that changes.
 */
#include "tlog/embedded.h"
#include "unit/service/core_world.h"

/* A service that has run once and was closed. */
static void world_started_once(struct world *w)
{
	world_init(w);
	world_open(w);
	CHECK_INT(submit_source(w, SERVER, &app_main), 201);
	world_close(w);
}

/* With everything in its place again it starts, and has what it had. */
static void world_starts_again(struct world *w)
{
	pdg_test_case("all as it was");
	world_open(w);
	CHECK_INT(submit_source(w, SERVER, &app_main), 200);
	fsck_is_clean(w);
	pdg_test_case(NULL);
}

static void another_configuration(void)
{
	static const struct {
		const char *name, *from, *to, *rule;
	} cases[] = {
		{"another origin", "origin = localhost", "origin = other.example", "CFG-2"},
		{"signing key is a builder's", "signingKey = signing.pem", "signingKey = ci.pem",
		 "CFG-3"},
		{"an Ed25519 signing key", "signingKey = signing.pem",
		 "signingKey = p.db.journal-key.pem", "CFG-1"},
	};
	struct world w;
	size_t i;

	world_started_once(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].name);
		world_reconfigure(&w, cases[i].from, cases[i].to);
		world_refuses_to_open(&w, cases[i].rule);
		world_reconfigure(&w, cases[i].to, cases[i].from);
	}
	world_starts_again(&w);
	world_done(&w);
}

static void make_empty_log(struct world *w)
{
	PDG_AUTO(mem) char *dir = pdg_test_path(w->dir, "log");
	struct pdg_embedded_options opt = {
		.directory = dir, .origin = "localhost", .may_create = true};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err);
	pdg_log_free(log);
}

static void another_log(void)
{
	struct world w;

	world_started_once(&w);
	pdg_test_case("no log");
	world_move(&w, "log", "log-away");
	world_refuses_to_open(&w, "CFG-5");

	pdg_test_case("another log");
	make_empty_log(&w);
	world_refuses_to_open(&w, "CFG-2");
	world_move(&w, "log", "log-other");
	world_move(&w, "log-away", "log");

	pdg_test_case("a log that went back");
	world_copy(&w, "log", "log-old");
	world_open(&w);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	world_close(&w);
	world_move(&w, "log", "log-new");
	world_move(&w, "log-old", "log");
	world_refuses_to_open(&w, "CFG-5");
	world_move(&w, "log", "log-old");
	world_move(&w, "log-new", "log");
	world_starts_again(&w);
	world_done(&w);
}

static void another_journal_key(void)
{
	struct world w;
	PDG_AUTO(key) struct pdg_key *key = NULL;

	world_started_once(&w);
	pdg_test_case("no journal key");
	world_move(&w, "p.db.journal-key.pem", "key-away");
	world_refuses_to_open(&w, "CFG-4");

	pdg_test_case("another journal key");
	key = world_make_key(&w, "p.db.journal-key");
	world_refuses_to_open(&w, "CFG-4");
	world_move(&w, "key-away", "p.db.journal-key.pem");
	world_starts_again(&w);
	world_done(&w);
}

static void a_second_one(void)
{
	struct world w;
	struct pdg_core *second = NULL;
	struct pdg_error err = {0};

	world_started_once(&w);
	world_starts_again(&w);
	CHECK_RULE(pdg_core_open(w.cfg, &w.clock, &second, &err), &err, "STO-2");
	world_done(&w);
}

static void reload_and_versions(void)
{
	struct world w;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_configure(&w, 3, NULL);
	CHECK_OK(pdg_core_reload(w.core, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);

	/* Broken: the old one stays in force, and it is told. */
	world_configure(&w, 4, "[requires]\n");
	CHECK_RULE(pdg_core_reload(w.core, &err), &err, "POL-2");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	CHECK_INT(submit_build(&w, CI, &app_build), 201);

	/* Older */
	world_configure(&w, 2, NULL);
	CHECK_RULE(pdg_core_reload(w.core, &err), &err, "POL-11");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	world_configure(&w, 4, NULL);
	CHECK_OK(pdg_core_reload(w.core, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_close(&w);

	/* And it is remembered. */
	world_configure(&w, 3, NULL);
	world_refuses_to_open(&w, "POL-11");
	world_configure(&w, 4, NULL);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 200);
	world_done(&w);
}

PDG_TEST_MAIN("start", {"another configuration", another_configuration},
	      {"another log", another_log}, {"another journal key", another_journal_key},
	      {"a second one", a_second_one}, {"reload and versions", reload_and_versions})
