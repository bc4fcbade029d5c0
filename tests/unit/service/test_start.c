/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service does not start with: a configuration that does not fit what was kept, a log or a
 * key that is another's, a policy that went back; and what it makes of a policy that changes.
 */
#include <unistd.h>

#include "service/meta.h"
#include "store/sqlite.h"
#include "tlog/embedded.h"
#include "unit/service/core_world.h"
#include "util/fs.h"

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

static bool is_there(struct world *w, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, name);

	return pdg_fs_exists(path);
}

/* A second journal beside one log: the store is another one, or was lost. Nothing is made of it. */
static void another_store(void)
{
	struct world w;

	world_started_once(&w);
	pdg_test_case("another path");
	world_reconfigure(&w, "sqlite:p.db", "sqlite:other.db");
	world_refuses_to_open(&w, "CFG-6");
	CHECK(!is_there(&w, "other.db") && !is_there(&w, "other.db-lock"));
	CHECK(!is_there(&w, "other.db.journal-key.pem"));
	world_reconfigure(&w, "sqlite:other.db", "sqlite:p.db");

	pdg_test_case("the database is gone");
	world_move(&w, "p.db", "away");
	world_refuses_to_open(&w, "CFG-6");
	CHECK(!is_there(&w, "p.db"));
	pdg_test_case("and its journal's key");
	world_move(&w, "p.db.journal-key.pem", "key-away");
	world_refuses_to_open(&w, "CFG-6");
	CHECK(!is_there(&w, "p.db"));
	pdg_test_case("and an empty file is in its place");
	free(pdg_test_file(w.dir, "p.db", pdg_bytes(NULL, 0)));
	world_refuses_to_open(&w, "CFG-6");
	pdg_test_case("the log is gone, the journal's key is not");
	world_move(&w, "log", "log-away");
	world_move(&w, "key-away", "p.db.journal-key.pem");
	world_refuses_to_open(&w, "CFG-6");
	CHECK(!is_there(&w, "log"));

	world_move(&w, "log-away", "log");
	world_move(&w, "away", "p.db");
	world_starts_again(&w);
	world_done(&w);
}

/* A store with a log of its own, that has no entries, is given one that has. */
static void a_store_of_another_log(void)
{
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	struct pdg_core *core = NULL;
	struct pdg_error err = {0};
	struct world w;

	world_started_once(&w);
	world_reconfigure(&w, "sqlite:p.db", "sqlite:other.db");
	world_move(&w, "log", "log-away");
	world_open(&w);
	world_close(&w);
	world_move(&w, "log", "log-other");
	world_move(&w, "log-away", "log");
	world_refuses_to_open(&w, "CFG-6");
	pdg_test_case("fsck");
	CHECK_OK(pdg_service_config_load(w.config, &cfg, &err), &err);
	/* By the key that lies with the log, as the start. */
	CHECK_RULE(pdg_core_open_to_check(cfg, &w.clock, &core, &err), &err, "CFG-6");
	world_reconfigure(&w, "sqlite:other.db", "sqlite:p.db");
	world_starts_again(&w);
	world_done(&w);
}

/* A store without the public halves of its keys is checked by the keys themselves. A caller who
 * does not ask why that failed is told all the same that it did. */
static void nobody_asks_why(void)
{
	PDG_AUTO(service_config) struct pdg_service_config *cfg = NULL;
	struct pdg_core *core = NULL;
	struct pdg_error err = {0};
	struct world w;

	world_started_once(&w);
	world_sql(&w, "DELETE FROM meta WHERE name = 'service-keys'");
	CHECK_OK(pdg_service_config_load(w.config, &cfg, &err), &err);
	cfg->signer_program = pdg_str_dup("/nonexistent/pedigree-signer");
	CHECK_INT(pdg_core_open_to_check(cfg, &w.clock, &core, NULL), PDG_E_IO);
	CHECK(core == NULL);
	world_done(&w);
}

/* What a crash leaves of a first start, whenever it comes, is no reason to refuse the next one. */
static void cut_off_starts(void)
{
	struct world w;

	world_init(&w);
	pdg_test_case("a log and no store");
	make_empty_log(&w);
	world_open(&w);
	world_close(&w);

	pdg_test_case("an entry of which the store has not heard");
	world_copy(&w, "p.db", "early");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	world_close(&w);
	world_move(&w, "p.db", "late");
	world_move(&w, "early", "p.db");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	fsck_is_clean(&w);
	pdg_test_case(NULL);
	world_done(&w);
}

static bool has_value(const struct world *w, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	PDG_AUTO(store) struct pdg_store *s = NULL;
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_error err = {0};
	bool is_new;

	if (CHECK_OK(pdg_sqlite_open(path, &s, &is_new, &err), &err))
		CHECK_OK(pdg_store_meta(s, name, &text, &err), &err);
	return text != NULL;
}

/* By which key the journal is: who begins it says so, for another one may before. */
static void cut_off_before_its_journal(void)
{
	PDG_AUTO(mem) char *keys = NULL;
	struct world w;

	world_init(&w);
	keys = pdg_test_path(w.dir, "p.db.keys");
	CHECK_INT(symlink("/", keys), 0);
	world_refuses_to_open(&w, "FIL-1");
	CHECK(has_value(&w, PDG_META_SERVICE_KEYS));
	CHECK(!has_value(&w, PDG_META_JOURNAL_KEY));
	CHECK_INT(unlink(keys), 0);
	world_open(&w);
	world_close(&w);
	CHECK(has_value(&w, PDG_META_JOURNAL_KEY));
	world_done(&w);
}

/* Folders and files that can never be: told as what they are, with what to do. */
static void places_that_cannot_be(void)
{
	static const struct {
		const char *from, *to, *rule;
	} cases[] = {
		{"sqlite:p.db", "sqlite:/proc/none/p.db", "CFG-1"},
		{"sqlite:p.db", "sqlite:ci.pem/p.db", "FIL-1"},
		{"directory = log", "directory = /proc/none", "CFG-1"},
		{"directory = log", "directory = ci.pem", "FIL-1"},
	};
	struct world w;
	size_t i;

	world_init(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].to);
		world_reconfigure(&w, cases[i].from, cases[i].to);
		CHECK_RULE(world_try_open(&w, &err), &err, cases[i].rule);
		CHECK(err.fix[0] != '\0');
		world_reconfigure(&w, cases[i].to, cases[i].from);
	}
	pdg_test_case("a log in use");
	world_open(&w);
	world_close(&w);
	{
		PDG_AUTO(mem) char *dir = pdg_test_path(w.dir, "log");
		struct pdg_embedded_options opt = {.directory = dir, .origin = "localhost"};
		struct pdg_log *log = NULL;
		struct pdg_error err = {0};

		CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err);
		world_refuses_to_open(&w, "LOG-16");
		pdg_log_free(log);
	}
	pdg_test_case(NULL);
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
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);

	/* Broken: the old one stays in force, and it is told. */
	world_configure(&w, 4, "[requires]\n");
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "POL-2");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	CHECK_INT(submit_build(&w, CI, &app_build), 201);

	/* Older */
	world_configure(&w, 2, NULL);
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "POL-11");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	world_configure(&w, 4, NULL);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
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

/* The world's revocation file: @date of the key of @who. */
static void revoke_key(struct world *w, enum who who, const char *date)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
	char name[PDG_KEY_FINGERPRINT];

	pdg_key_fingerprint(pdg_key_spki_sha256(w->key[who]), name);
	pdg_buf_printf(&text, "[key \"%s\"]\n%s\n", name, date);
	free(pdg_test_file(w->dir, "gone", pdg_buf_bytes(&text)));
}

/* Revocations are part of the policy: a reload takes in what changed, though its own file did not.
 */
static void revocations_are_reloaded(void)
{
	struct build_of second = build_no(2);
	struct build_of third = build_no(3);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error err = {0};
	struct world w;

	world_init(&w);
	revoke_key(&w, STRANGER, "revokedSince = 2020-01-01T00:00:00Z");
	world_configure(&w, 1, "[revocation]\nfile = gone\n");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);

	/* NOW is 2024-02-01T01:00:00Z. */
	revoke_key(&w, CI, "revokedSince = 2024-02-01T01:00:01Z");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_INT(submit_build(&w, CI, &second), 201);
	atomic_fetch_add(&w.now, 1);
	build_body(&w, CI, &third, &body);
	CHECK(refused(&w, pdg_buf_bytes(&body), "TIM-5", 403));
	/* What was received before it stays, in the service's own verdict too. */
	chain_is(&w, 1, "good");

	revoke_key(&w, CI, "compromisedSince = 2024-02-01T01:00:01Z");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK(refused(&w, pdg_buf_bytes(&body), "TIM-3", 403));
	chain_is(&w, 1, "refused");

	/* A file that is gone leaves the last one in force, and is told. */
	world_move(&w, "gone", "gone.away");
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "POL-5");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	CHECK(refused(&w, pdg_buf_bytes(&body), "TIM-3", 403));
	world_close(&w);
	world_refuses_to_open(&w, "POL-5");
	world_done(&w);
}

/* What a Rekor was seen to have is a tree, or the store is not ours. */
static void a_head_that_is_none(void)
{
	static const char *const heads[] = {"", "12", "x abab", "12 abab"};
	struct world w;
	PDG_AUTO(mem) char *path = NULL;
	size_t i;

	world_init(&w);
	world_reconfigure(&w, "directory = log",
			  "type = rekor-v2\n\tkey = stranger.pub\n\turl = http://127.0.0.1:9");
	world_open(&w);
	world_close(&w);
	path = pdg_test_path(w.dir, "p.db");
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct pdg_store *s = NULL;
		struct pdg_error err = {0};
		bool is_new;

		if (!CHECK_OK(pdg_sqlite_open(path, &s, &is_new, &err), &err))
			break;
		CHECK_OK(s->ops->begin(s, &err), &err);
		CHECK_OK(s->ops->meta_set(s, "log-head", heads[i], &err), &err);
		CHECK_OK(s->ops->commit(s, &err), &err);
		pdg_store_close(s);
		world_refuses_to_open(&w, "STO-3");
	}
	world_done(&w);
}

/* What was written by hand is read before the first thing is made. */
static void nothing_is_made_first(void)
{
	static const struct {
		const char *from, *to, *rule;
	} cases[] = {
		{"store = sqlite:p.db", "store = sqlite:p.db\n\tjournalKey = signing.pem", "CFG-3"},
		{"store = sqlite:p.db", "store = sqlite:p.db\n\tjournalKey = none.pem", "KEY-3"},
		{"origin = localhost", "origin = localhost\n\tkey = none.pem", "KEY-3"},
		{"directory = log\n\torigin = localhost",
		 "origin = localhost\n\ttype = rekor-v2\n\turl = "
		 "http://127.0.0.1:1\n\tkey = none.pub",
		 "KEY-3"},
		{"origin = localhost",
		 "origin = localhost\n\ttimestampAuthority = http://127.0.0.1:1"
		 "\n\ttimestampCertificates = none.pem",
		 "CFG-1"},
		{"serverKey = server.pub", "serverKey = none.pub", "POL-5"},
	};
	struct world w;
	size_t i;

	world_init(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].to);
		world_reconfigure(&w, cases[i].from, cases[i].to);
		world_refuses_to_open(&w, cases[i].rule);
		CHECK(!is_there(&w, "p.db") && !is_there(&w, "log"));
		CHECK(!is_there(&w, "p.db.journal-key.pem"));
		world_reconfigure(&w, cases[i].to, cases[i].from);
	}
	pdg_test_case(NULL);
	world_open(&w);
	world_done(&w);
}

/* A service that has taken nothing takes another origin and another log; then it has one. */
static void another_origin_before_anything(void)
{
	static const char other[] = "origin = other.example";
	static const char log_key[] = "origin = other.example\n\tkey = own-log.pem";
	struct world w;
	PDG_AUTO(key) struct pdg_key *key = NULL;

	world_init(&w);
	key = world_make_key(&w, "own-log");
	world_open(&w);
	world_close(&w);
	world_reconfigure(&w, "origin = localhost", other);
	world_open(&w);
	world_close(&w);
	world_reconfigure(&w, other, log_key);
	world_open(&w);
	CHECK(key != NULL);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	fsck_is_clean(&w);
	world_close(&w);
	world_reconfigure(&w, log_key, "origin = localhost");
	world_refuses_to_open(&w, "CFG-2");
	world_reconfigure(&w, "origin = localhost", other);
	world_refuses_to_open(&w, "LOG-11");
	world_reconfigure(&w, other, log_key);
	world_starts_again(&w);
	world_done(&w);
}

PDG_TEST_MAIN("start", {"a head that is none", a_head_that_is_none},
	      {"nothing is made first", nothing_is_made_first},
	      {"another origin before anything", another_origin_before_anything},
	      {"another configuration", another_configuration}, {"another log", another_log},
	      {"another store", another_store}, {"a store of another log", a_store_of_another_log},
	      {"nobody asks why", nobody_asks_why}, {"cut off starts", cut_off_starts},
	      {"cut off before its journal", cut_off_before_its_journal},
	      {"places that cannot be", places_that_cannot_be},
	      {"another journal key", another_journal_key}, {"a second one", a_second_one},
	      {"reload and versions", reload_and_versions},
	      {"revocations are reloaded", revocations_are_reloaded})
