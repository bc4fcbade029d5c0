/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a policy the store keeps: its version, the digest of its file, and the signing keys with
 * it. All of that or nothing, at a start and at a reload: half of it would speak of a policy that
 * never was in force.
 */
#include <sqlite3.h>

#include "service/core_impl.h"
#include "service/meta.h"
#include "store/sqlite.h"
#include "unit/service/core_log.h"

/* The policy file alone, with @more at its end. */
static void write_policy(struct world *w, unsigned version, const char *more)
{
	PDG_AUTO(mem)
	char *text = pdg_str_printf(
		"[policy]\n\tversion = %u\n[repository \"" APP "\"]\n\tprotect = " MAIN "\n"
		"\tsshAllowedSigners = " PDG_TEST_DATA "/commits/allowed_signers\n"
		"\tsourceFrom = server\n\tserverKey = server.pub\n%s",
		version, more);

	free(pdg_test_file(w->dir, "policy", pdg_bytes_str(text)));
}

#define BY_CI "[builder \"" BUILDER "\"]\n\trepository = " APP "\n\tkey = ci.pub\n\tslsaLevel = 3\n"

#define OWN_FILE(policy, version)                                                                  \
	"[service]\n\tstore = sqlite:p.db\n\tsigningKey = signing.pem\n" policy                    \
	"[log]\n\tdirectory = log\n\torigin = localhost\n" version
#define INSIDE(version)                                                                            \
	"[policy]\n\tversion = " version "\n[repository \"" APP "\"]\n\tprotect = " MAIN "\n"      \
	"\tsshAllowedSigners = " PDG_TEST_DATA "/commits/allowed_signers\n"                        \
	"\tsourceFrom = server\n\tserverKey = server.pub\n" BY_CI
#define IN_FILE OWN_FILE("\tpolicy = policy\n", "")

/* A service whose policy is a file of its own, of version 1. */
static void policy_world(struct world *w)
{
	world_init(w);
	free(w->config);
	w->config = pdg_test_file(w->dir, "pedigreed.conf", pdg_bytes_str(IN_FILE));
	write_policy(w, 1, BY_CI);
	world_open(w);
}

/* The disk is full when value @name is to be written; NULL: it is not any more. */
static void disk_full_at(struct world *w, const char *name)
{
	PDG_AUTO(mem)
	char *sql = name ? pdg_str_printf("CREATE TRIGGER full BEFORE INSERT ON meta WHEN NEW.name "
					  "= '%s' BEGIN SELECT RAISE(ABORT, 'full'); END;"
					  "UPDATE meta SET value = value",
					  name)
			 : pdg_str_dup("DROP TRIGGER full; UPDATE meta SET value = value");

	world_sql(w, sql);
}

static const char *const values[] = {PDG_META_POLICY_VERSION, PDG_META_POLICY_DIGEST,
				     PDG_META_SERVICE_KEYS};
enum { VALUES = sizeof(values) / sizeof(values[0]) };

struct kept {
	char *v[VALUES];
};

static void kept_done(struct kept *k)
{
	size_t i;

	for (i = 0; i < VALUES; i++)
		free(k->v[i]);
}
PDG_AUTO_DEFINE_VALUE(kept, struct kept, kept_done)

static void read_kept(struct pdg_store *s, struct kept *out)
{
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < VALUES; i++)
		CHECK_OK(pdg_store_meta(s, values[i], &out->v[i], &err), &err);
}

/* The same of a service that does not run. */
static void read_kept_of(const struct world *w, struct kept *out)
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new;

	if (!CHECK_OK(pdg_sqlite_open(path, &s, &is_new, &err), &err))
		return;
	read_kept(s, out);
	pdg_store_close(s);
}

/* A reload with another key: whichever value cannot be kept, none of them is. */
static void a_reload_that_stops_half_way(void)
{
	size_t i;

	for (i = 0; i < VALUES; i++) {
		PDG_AUTO(kept) struct kept before = {0};
		PDG_AUTO(kept) struct kept between = {0};
		PDG_AUTO(kept) struct kept after = {0};
		PDG_AUTO(key) struct pdg_key *second = NULL;
		struct pdg_error err = {0};
		struct world w;
		size_t k;

		pdg_test_case("%s", values[i]);
		policy_world(&w);
		second = world_make_key(&w, "second");
		read_kept(w.core->store, &before);
		CHECK_STR(before.v[0], "1");
		world_copy(&w, "second.pem", "signing.pem");
		write_policy(&w, 2, "");
		disk_full_at(&w, values[i]);
		CHECK_OK(pdg_core_turn_key(w.core, w.cfg, &err), &err);
		CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "STO-4");
		disk_full_at(&w, NULL);
		read_kept(w.core->store, &between);
		for (k = 0; k < VALUES; k++)
			CHECK_STR(between.v[k], before.v[k]);
		CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
		CHECK_INT(submit_build(&w, CI, &app_build), 201);
		/* That file never was in force: it may be mended under the same number. */
		write_policy(&w, 2, BY_CI);
		CHECK_OK(pdg_core_turn_key(w.core, w.cfg, &err), &err);
		CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
		CHECK_OK(pdg_core_ready(w.core, &err), &err);
		read_kept(w.core->store, &after);
		CHECK_STR(after.v[0], "2");
		CHECK(strncmp(after.v[1], "2 sha256:", 9) == 0);
		CHECK(strcmp(after.v[2], before.v[2]) != 0);
		world_done(&w);
	}
	pdg_test_case(NULL);
}

static void a_start_that_stops_half_way(void)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		PDG_AUTO(kept) struct kept before = {0};
		PDG_AUTO(kept) struct kept after = {0};
		struct world w;

		pdg_test_case("%s", values[i]);
		policy_world(&w);
		read_kept(w.core->store, &before);
		disk_full_at(&w, values[i]);
		world_close(&w);
		write_policy(&w, 2, "");
		world_refuses_to_open(&w, "STO-4");
		read_kept_of(&w, &after);
		CHECK_STR(after.v[0], before.v[0]);
		CHECK_STR(after.v[1], before.v[1]);
		disk_full_at(&w, NULL);
		write_policy(&w, 2, BY_CI);
		world_open(&w);
		world_done(&w);
	}
	pdg_test_case(NULL);
}

/* Another pedigreed over the store puts version 9 in force while this one starts. */
static int64_t the_other_goes_on(void *ctx)
{
	struct world *w = ctx;
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	sqlite3 *db = NULL;

	/* Inside of a transaction it waits for its turn. */
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db,
			 "UPDATE meta SET value = '9' WHERE name = 'policy-version';"
			 "UPDATE meta SET value = '9 sha256:00' WHERE name = 'policy-digest'",
			 NULL, NULL, NULL) == SQLITE_OK)
		atomic_fetch_add(&w->now, 1);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	return atomic_load(&w->now);
}

static void a_start_with_a_lower_version(void)
{
	PDG_AUTO(kept) struct kept k = {0};
	struct pdg_clock clock;
	struct world w;

	policy_world(&w);
	world_close(&w);
	write_policy(&w, 2, BY_CI);
	clock = w.clock;
	w.clock = (struct pdg_clock){the_other_goes_on, &w};
	world_refuses_to_open(&w, "POL-11");
	CHECK(atomic_load(&w.now) > NOW);
	w.clock = clock;
	read_kept_of(&w, &k);
	CHECK_STR(k.v[0], "9");
	CHECK_STR(k.v[1], "9 sha256:00");
	world_done(&w);
}

/* A file that is half written is a policy too, often: with less in it, and of the same version. */
static void other_contents_under_one_version(void)
{
	struct pdg_error err = {0};
	struct world w;

	policy_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	/* The same again is taken in: what it names may have changed. */
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	write_policy(&w, 1, "");
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "POL-11");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	/* Over a restart too. */
	world_close(&w);
	world_refuses_to_open(&w, "POL-11");
	write_policy(&w, 2, BY_CI);
	world_open(&w);
	write_policy(&w, 3, BY_CI "[require]\n\tstage = source\n");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	write_policy(&w, 3, BY_CI);
	CHECK_RULE(pdg_core_reload(w.core, w.cfg, &err), &err, "POL-11");
	/* Another service over the store put another file of this version in force. */
	write_policy(&w, 3, BY_CI "[require]\n\tstage = source\n");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	world_sql(&w, "UPDATE meta SET value = '3 sha256:00' WHERE name = 'policy-digest'");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	world_done(&w);
}

/* A SIGHUP: what the daemon's file says now. */
static int reload_file(struct world *w, const char *text, struct pdg_error *err)
{
	PDG_AUTO(service_config) struct pdg_service_config *now = NULL;
	int rc;

	free(w->config);
	w->config = pdg_test_file(w->dir, "pedigreed.conf", pdg_bytes_str(text));
	rc = pdg_service_config_load(w->config, &now, err);
	return rc < 0 ? rc : pdg_core_reload(w->core, now, err);
}

/* What is asked of a policy goes by where it was read, and not by where the start's was. */
static void a_policy_that_moves(void)
{
	struct pdg_error err = {0};
	struct world w;

	/* Begun inside the daemon's file, then in one of its own: that is held by its contents. */
	world_init(&w);
	free(w.config);
	w.config = pdg_test_file(w.dir, "pedigreed.conf", pdg_bytes_str(OWN_FILE("", INSIDE("1"))));
	world_open(&w);
	write_policy(&w, 2, BY_CI);
	CHECK_OK(reload_file(&w, IN_FILE, &err), &err);
	write_policy(&w, 2, "");
	CHECK_RULE(reload_file(&w, IN_FILE, &err), &err, "POL-11");
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-3");
	write_policy(&w, 2, BY_CI);
	CHECK_OK(reload_file(&w, IN_FILE, &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	world_close(&w);

	/* Begun in one of its own, then inside: other sections of that file may change. */
	world_open(&w);
	CHECK_OK(reload_file(&w, OWN_FILE("", INSIDE("3")), &err), &err);
	CHECK_OK(reload_file(&w, OWN_FILE("\tlogLevel = debug\n", INSIDE("3")), &err), &err);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	CHECK_RULE(reload_file(&w, OWN_FILE("", INSIDE("2")), &err), &err, "POL-11");
	/* And back: the file is held again, by its version. */
	write_policy(&w, 3, BY_CI);
	CHECK_OK(reload_file(&w, IN_FILE, &err), &err);
	write_policy(&w, 3, "");
	CHECK_RULE(reload_file(&w, IN_FILE, &err), &err, "POL-11");
	world_done(&w);
}

PDG_TEST_MAIN("in_force", {"other contents under one version", other_contents_under_one_version},
	      {"a policy that moves", a_policy_that_moves},
	      {"a start with a lower version", a_start_with_a_lower_version},
	      {"a reload that stops half way", a_reload_that_stops_half_way},
	      {"a start that stops half way", a_start_that_stops_half_way})
