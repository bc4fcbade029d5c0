/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused for what it says, though who sent it may speak: commits that are not good or not
 * the ones spoken of, builds without the source that they claim.
 */
#include "store/sqlite.h"
#include "unit/service/core_refusal.h"

static void commits_that_are_not_good(void)
{
	static const struct source_refusal cases[] = {
		{SERVER, {APP, "unsigned.raw", MAIN, NULL, false}, "SGN-2", 422, true},
		{SERVER, {APP, "ssh-unknown.raw", MAIN, NULL, false}, "SGN-3", 422, true},
		{SERVER, {APP, "ssh-other-committer.raw", MAIN, NULL, false}, "SGN-9", 422, true},
		{SERVER, {APP, "ssh-forge-squash.raw", MAIN, NULL, false}, "SGN-11", 422, true},
		/* Of a clone nobody is known: who signed the commit did not sign the statement. */
		{CLONE, {LIB, "unsigned.raw", NULL, NULL, false}, "SGN-2", 422, false},
		{CLONE, {LIB, "ssh-good.raw", MAIN, NULL, false}, "SRC-4", 422, false},
	};
	struct world w;

	world_init(&w);
	world_open(&w);
	refused_sources(&w, cases, sizeof(cases) / sizeof(cases[0]));
	atomic_store(&w.now, NOW - 4000 - 3600);
	refused_source(&w, SERVER, &app_main, "TIM-4", 400, true);
	world_done(&w);
}

/*
 * The server's statement with other bytes of a commit, or none. Anybody could send that who has the
 * statement: nothing of it is on the server's record.
 */
static void commit_and_statement_differ(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf source = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf build = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

	world_init(&w);
	world_open(&w);
	source_statement(&w, &app_main, &raw, &source);
	commit_read("ssh-team.raw", &other);
	refused_payload(&w, SERVER, pdg_buf_bytes(&source), pdg_buf_bytes(&other), "SRC-2", 422,
			false);
	refused_payload(&w, SERVER, pdg_buf_bytes(&source), pdg_bytes(NULL, 0), "SRC-9", 400,
			false);
	refused_payload(&w, SERVER, pdg_buf_bytes(&source), pdg_bytes_str("no commit"), "SRC-2",
			422, false);
	/* A commit with a build has no use. */
	build_statement(&app_build, &build);
	refused_payload(&w, CI, pdg_buf_bytes(&build), pdg_buf_bytes(&raw), "SUB-1", 400, false);
	world_done(&w);
}

static void builds_without_their_source(void)
{
	static const struct source_of on_release = {APP, "ssh-good.raw", "refs/heads/release/1",
						    NULL, false};
	static const struct source_of lib_clone = {LIB, "ssh-good.raw", NULL, NULL, false};
	static const struct build_of lib_build = {NULL, LIB, "ssh-team.raw", NULL, 2, 0};
	static const struct build_of future = {NULL, APP, "ssh-good.raw", MAIN, 1, NOW + 301};
	static const struct build_of other_commit = {NULL, APP, "ssh-team.raw", NULL, 1, 0};
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct world w;

	world_init(&w);
	world_open(&w);
	build_body(&w, CI, &app_build, &body);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	CHECK_INT(g.status, 424);
	CHECK_STR(g.rule, "BLD-6");
	CHECK(g.retry_after > 0);
	/* Attested in another repository, or for another commit, is not attested. */
	CHECK_INT(submit_source(&w, CLONE, &lib_clone), 201);
	refused_again(&w, pdg_buf_bytes(&body), "BLD-6", 424);
	refused_build(&w, CI, &lib_build, "BLD-6", 424, true);
	/* On another ref than the build names */
	CHECK_INT(submit_source(&w, SERVER, &on_release), 201);
	refused_build(&w, CI, &app_build, "BLD-5", 422, true);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	refused_build(&w, CI, &other_commit, "BLD-6", 424, true);
	refused_build(&w, CI, &future, "TIM-4", 400, true);
	CHECK_INT(submit_build(&w, CI, &app_build), 201);
	world_done(&w);
}

/* Attested while the repository took clones' word; then the policy demands the server's. */
static void grade_is_too_low(void)
{
	static const struct source_of clone = {APP, "ssh-good.raw", NULL, NULL, false};
	static const struct build_of build = {NULL, APP, "ssh-good.raw", NULL, 1, 0};
	struct world w;
	struct pdg_error err = {0};

	world_init(&w);
	world_reconfigure(&w, "sourceFrom = server", "sourceFrom = clone");
	world_open(&w);
	CHECK_INT(submit_source(&w, CLONE, &clone), 201);
	world_configure(&w, 2, NULL);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	refused_build(&w, CI, &build, "BLD-7", 422, true);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &build), 201);
	world_done(&w);
}

/* A public build beside a public source that is not its own, or no git server's. */
static void sources_beside_are_nobodys(void)
{
	static const struct source_of other = {APP, "ssh-team.raw", MAIN, NULL, false};
	static const struct source_of clone = {LIB, "ssh-good.raw", NULL, NULL, false};
	static const struct source_of unprotected = {APP, "ssh-good.raw", "refs/heads/topic", NULL,
						     false};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	world_init(&w);
	world_open(&w);
	body_with_source(&w, SERVER, &other, &app_build, &body);
	refused_and(&w, pdg_buf_bytes(&body), "BLD-5", 422, false);
	pdg_buf_reset(&body);
	body_with_source(&w, CLONE, &clone, &app_build, &body);
	refused_and(&w, pdg_buf_bytes(&body), "SUB-1", 400, false);
	/* Refused for what the server itself signed: his, once */
	pdg_buf_reset(&body);
	body_with_source(&w, SERVER, &unprotected, &app_build, &body);
	refused_and(&w, pdg_buf_bytes(&body), "SRC-5", 422, true);
	refused_again(&w, pdg_buf_bytes(&body), "SRC-5", 422);
	world_done(&w);
}

/* A commit kept under one name with other bytes, as only a collision of SHA-1 could make it. */
static void two_commits_of_one_name(void)
{
	struct world w;
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(stored) struct pdg_stored *a = calloc(1, sizeof(*a));
	struct pdg_store *s = NULL;
	struct pdg_store_subject subject = {"gitCommit", NULL};
	struct pdg_error err = {0};
	char oid[PDG_OID_HEX];
	bool is_new;

	world_init(&w);
	world_open(&w); /* its journal is begun */
	world_close(&w);
	path = pdg_test_path(w.dir, "p.db");
	commit_read("ssh-good.raw", &raw);
	CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, oid, &err), &err);
	if (!a || !CHECK_OK(pdg_sqlite_open(path, &s, &is_new, &err), &err))
		abort();
	a->reference = pdg_str_printf("sha256:%064x", 99U);
	a->stage = pdg_str_dup("source");
	a->service_key = pdg_str_dup("nobody");
	pdg_buf_init(&a->commit, 64);
	pdg_buf_puts(&a->commit, "another commit");
	subject.value = oid;
	CHECK_OK(s->ops->begin(s, &err), &err);
	CHECK_OK(s->ops->insert(s, a, &subject, 1, &err), &err);
	CHECK_OK(s->ops->commit(s, &err), &err);
	pdg_store_close(s);

	world_open(&w);
	source_body(&w, SERVER, &app_main, &body);
	refused_and(&w, pdg_buf_bytes(&body), "SRC-6", 409, true);
	world_done(&w);
}

PDG_TEST_MAIN("refused_content", {"commits that are not good", commits_that_are_not_good},
	      {"commit and statement differ", commit_and_statement_differ},
	      {"builds without their source", builds_without_their_source},
	      {"grade is too low", grade_is_too_low},
	      {"sources beside are nobody's", sources_beside_are_nobodys},
	      {"two commits of one name", two_commits_of_one_name})
