/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-net over a log: proofs, lies about entries, trees that went back; and verify, which
 * fetches by it. */
#include "unit/cli/net_data.h"

/* --- log --- */

struct logged {
	struct net net;
	struct pdg_world world;
	struct pdg_made build, other;
	struct pdg_buf record; /* what is answered as the build's */
};

static void logged_done(struct logged *l)
{
	/* The server first: it reads the world's log. */
	fake_http_stop(l->net.http);
	l->net.http = NULL;
	net_done(&l->net);
	pdg_buf_done(&l->record);
	pdg_made_done(&l->build);
	pdg_made_done(&l->other);
	pdg_world_done(&l->world);
}
PDG_AUTO_DEFINE_VALUE(logged, struct logged, logged_done)

static void serve_record(struct logged *l, const struct pdg_made *made)
{
	pdg_buf_reset(&l->record);
	pdg_made_record(made, &l->record);
	SERVE(&l->net, {"/api/v1/attestations/", 200, JSON, NULL, pdg_buf_cstr(&l->record), 0});
}

static void logged_init(struct logged *l)
{
	size_t i;

	memset(l, 0, sizeof(*l));
	net_init(&l->net);
	pdg_world_init(&l->world, NULL);
	pdg_buf_init(&l->record, PDG_LIMIT_RECORD);
	pdg_world_build(&l->world, &(struct pdg_make){0}, &l->build);
	for (i = 0; i < 3; i++) {
		pdg_made_done(&l->other);
		pdg_world_build(&l->world, &(struct pdg_make){.invocation = "2"}, &l->other);
	}
	l->net.world = &l->world;
	l->net.run.dir = l->world.dir;
	serve_record(l, &l->build);
}

#define LOG(...) pdg_program_run(&l.net.run, "log", __VA_ARGS__)
#define FROM	 "--service", fake_http_url(l.net.http)

static void an_attestation_is_proven_in_the_log(void)
{
	PDG_AUTO(logged) struct logged l;

	logged_init(&l);
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", l.build.reference, NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&l.net.run.out),
		  " is entry 0 of log.example.com, in the tree of 4 entries");
	CHECK_INT(LOG("prove", FROM, "--trusted-root", "keys/root.json", l.build.reference, NULL),
		  0);
	CHECK_HAS(pdg_buf_cstr(&l.net.run.out), "which no policy was asked about");
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", "sha256:short", NULL), 2);
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", NULL), 2);
}

/* attacks.md 59: the service answers with an entry that is in the log, and is of something else. */
static void the_entry_of_another_proves_nothing(void)
{
	PDG_AUTO(logged) struct logged l;
	PDG_AUTO(bundle) struct pdg_bundle *own = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *foreign = NULL;

	logged_init(&l);
	if (!CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&l.build.bundle), &own, NULL), NULL) ||
	    !CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&l.other.bundle), &foreign, NULL), NULL))
		return;
	pdg_buf_reset(&l.build.bundle);
	CHECK_OK(pdg_bundle_write(
			 &(struct pdg_bundle_parts){
				 .key = l.world.key[WORLD_SERVICE],
				 .entry = foreign->entries[0],
				 .payload = pdg_buf_bytes(&own->envelope->payload),
				 .sig = pdg_buf_bytes(&own->envelope->sigs[0].sig)},
			 &l.build.bundle, NULL),
		 NULL);
	serve_record(&l, &l.build);
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", l.build.reference, NULL), 1);
	pdg_program_error(&l.net.run, "LOG-7");
	CHECK_INT(LOG("prove", FROM, "--trusted-root", "keys/root.json", l.build.reference, NULL),
		  1);
	pdg_program_error(&l.net.run, "LOG-7");
	/* Another statement than was asked for. */
	serve_record(&l, &l.other);
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", l.build.reference, NULL), 3);
	pdg_program_error(&l.net.run, "REC-1");
}

static void an_old_checkpoint_is_proven(void)
{
	PDG_AUTO(logged) struct logged l;
	PDG_AUTO(mem) char *kept = NULL;

	logged_init(&l);
	CHECK_INT(LOG("checkpoint", FROM, "--policy", "policy", NULL), 0);
	CHECK(pdg_str_starts(pdg_buf_cstr(&l.net.run.out), "log.example.com\n4\n"));
	CHECK_HAS(pdg_buf_cstr(&l.net.run.err), "signature verified: log.example.com");
	kept = pdg_test_file(l.world.dir, "old", pdg_buf_bytes(&l.net.run.out));
	pdg_made_done(&l.other);
	pdg_world_build(&l.world, &(struct pdg_make){.invocation = "5"}, &l.other);
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", "--checkpoint", "old", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&l.net.run.out),
		  "the tree of 4 entries of log.example.com is a part of today's, of 5");
	/* The journal is not this log, and is not served here. */
	CHECK_INT(
		LOG("prove", FROM, "--policy", "policy", "--journal", "--checkpoint", "old", NULL),
		1);
	pdg_program_error(&l.net.run, "LOG-4");
	/* Without a key to trust there is nothing to prove. */
	CHECK_INT(LOG("checkpoint", FROM, "--policy", "policy", "--journal", NULL), 3);
	pdg_world_policy(&l.world, WORLD_REPOSITORIES WORLD_BUILDERS WORLD_REQUIRE);
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", "--checkpoint", "old", NULL), 2);
	pdg_program_error(&l.net.run, "CLI-2");
	CHECK_INT(LOG("checkpoint", FROM, "--policy", "policy", NULL), 0);
	CHECK_HAS(pdg_buf_cstr(&l.net.run.err), "signature not checked");
}

/* attacks.md 65: a tree that is smaller than one that somebody kept, or another. */
static void a_log_that_went_back_is_found(void)
{
	PDG_AUTO(logged) struct logged l;
	PDG_AUTO(buf) struct pdg_buf now = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_hash32 root = {{1}};

	logged_init(&l);
	CHECK_OK(pdg_checkpoint_sign("log.example.com", 9, &root, pdg_embedded_key(l.world.log),
				     &now, NULL),
		 NULL);
	free(pdg_test_file(l.world.dir, "larger", pdg_buf_bytes(&now)));
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", "--checkpoint", "larger", NULL), 1);
	pdg_program_error(&l.net.run, "LOG-2");
	pdg_buf_reset(&now);
	CHECK_OK(pdg_checkpoint_sign("log.example.com", 3, &root, pdg_embedded_key(l.world.log),
				     &now, NULL),
		 NULL);
	free(pdg_test_file(l.world.dir, "other", pdg_buf_bytes(&now)));
	CHECK_INT(LOG("prove", FROM, "--policy", "policy", "--checkpoint", "other", NULL), 1);
	pdg_program_error(&l.net.run, "LOG-2");
}

/* --- verify, through pedigree-net --- */

static void a_chain_is_fetched_and_judged(void)
{
	PDG_AUTO(logged) struct logged l;
	PDG_AUTO(made) struct pdg_made source = {.stage = NULL};
	PDG_AUTO(buf) struct pdg_buf list = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	PDG_AUTO(buf) struct pdg_buf record = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(mem) char *build_path = NULL;
	PDG_AUTO(mem) char *source_path = NULL;

	logged_init(&l);
	pdg_world_source(&l.world, &(struct pdg_make){0}, &source);
	pdg_buf_printf(&l.build.links, "[{\"stage\":\"source\",\"reference\":\"%s\"}]",
		       source.reference);
	pdg_buf_reset(&l.record);
	pdg_made_record(&l.build, &l.record);
	pdg_made_record(&source, &record);
	pdg_buf_printf(&list, LIST("{\"reference\":\"%s\"}") "null}", l.build.reference);
	build_path = pdg_str_printf("/api/v1/attestations/%s", l.build.reference);
	source_path = pdg_str_printf("/api/v1/attestations/%s", source.reference);
	SERVE(&l.net, {"/api/v1/subjects/" SUBJECT, 200, JSON, NULL, pdg_buf_cstr(&list), 0},
	      {build_path, 200, JSON, NULL, pdg_buf_cstr(&l.record), 0},
	      {source_path, 200, JSON, NULL, pdg_buf_cstr(&record), 0});
	l.net.run.path = PDG_TEST_BIN "/pedigree-judge";
	CHECK_INT(pdg_program_run(&l.net.run, "verify", SUBJECT, "--from",
				  fake_http_url(l.net.http), "--policy", "policy", "--save", "kept",
				  NULL),
		  0);
	CHECK_HAS(pdg_buf_cstr(&l.net.run.out), "\nchain good\n");
	/* What was saved is a folder to verify from; the service may be gone. */
	l.net.run.no_sockets = true;
	CHECK_INT(pdg_program_run(&l.net.run, "verify", SUBJECT, "--from", "kept", "--policy",
				  "policy", NULL),
		  0);
	l.net.run.no_sockets = false;
	SERVE(&l.net, {"/", 503, PROBLEM, NULL, "{\"rule\":\"SVC-2\"}", 0});
	CHECK_INT(pdg_program_run(&l.net.run, "verify", SUBJECT, "--from",
				  fake_http_url(l.net.http), "--policy", "policy", NULL),
		  3);
	CHECK_STR(pdg_buf_cstr(&l.net.run.out), "");
}

PDG_TEST_MAIN("net_log",
	      {"an attestation is proven in the log", an_attestation_is_proven_in_the_log},
	      {"the entry of another proves nothing", the_entry_of_another_proves_nothing},
	      {"an old checkpoint is proven", an_old_checkpoint_is_proven},
	      {"a log that went back is found", a_log_that_went_back_is_found},
	      {"a chain is fetched and judged", a_chain_is_fetched_and_judged})
