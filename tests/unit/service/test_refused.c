/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service does not accept, each with its rule and status: and after each of them nothing
 * is kept but, once somebody is known to have sent it, a leaf of the journal (rules.md 5.3).
 */
#include "store/sqlite.h"
#include "unit/service/core_world.h"
#include "util/codec.h"

#define PLAIN "https://git.example.com/plain"

static const struct source_of app_main = {APP, "ssh-good.raw", MAIN, NULL, false};
static const struct build_of app_build = {NULL, APP, "ssh-good.raw", MAIN, 1, 0};

struct counted {
	uint64_t accepted, before, after, leaves;
};

static struct counted count(struct world *w)
{
	struct pdg_core_stats s;

	pdg_core_stats(w->core, &s);
	return (struct counted){s.accepted, s.refused_before_identity, s.refused_after_identity,
				journal_size(w)};
}

/* Refused by @rule, and counted: @known, somebody is known to have sent it; @leaf, it became one.
 */
static void refused_counted(struct world *w, struct pdg_bytes body, const char *rule, int status,
			    bool known, bool leaf)
{
	struct counted was = count(w);
	struct counted is;

	refused(w, body, rule, status);
	is = count(w);
	CHECK_UINT(is.accepted, was.accepted);
	CHECK_UINT(is.before, was.before + (known ? 0 : 1));
	CHECK_UINT(is.after, was.after + (known ? 1 : 0));
	CHECK_UINT(is.leaves, was.leaves + (leaf ? 1 : 0));
}

/* The first time: @on_record says whether it became a leaf. */
static void refused_and(struct world *w, struct pdg_bytes body, const char *rule, int status,
			bool on_record)
{
	refused_counted(w, body, rule, status, on_record, on_record);
}

/* One that is on record already: counted, and no leaf more. */
static void refused_again(struct world *w, struct pdg_bytes body, const char *rule, int status)
{
	refused_counted(w, body, rule, status, true, false);
}

static void refused_text(struct world *w, const char *text, const char *rule, int status)
{
	pdg_test_case("%.60s", text);
	refused_and(w, pdg_bytes_str(text), rule, status, false);
	pdg_test_case(NULL);
}

static void refused_source(struct world *w, enum who who, const struct source_of *s,
			   const char *rule, int status, bool on_record)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	pdg_test_case("source of %s %s by %s, %s", s->uri, s->commit, who_names[who], rule);
	source_body(w, who, s, &body);
	refused_and(w, pdg_buf_bytes(&body), rule, status, on_record);
	pdg_test_case(NULL);
}

static void refused_build(struct world *w, enum who who, const struct build_of *b, const char *rule,
			  int status, bool on_record)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	pdg_test_case("build of %s %s by %s, %s", b->uri, b->commit, who_names[who], rule);
	build_body(w, who, b, &body);
	refused_and(w, pdg_buf_bytes(&body), rule, status, on_record);
	pdg_test_case(NULL);
}

static void not_a_submission(void)
{
	struct world w;

	world_init(&w);
	world_open(&w);
	refused_text(&w, "", "JSN-1", 400);
	refused_text(&w, "[]", "JSN-1", 400);
	refused_text(&w, "{\"payload\":\"e30=\",\"payload\":\"e30=\"}", "JSN-1", 400);
	refused_text(&w, "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\"",
		     "JSN-1", 400);
	refused_text(&w,
		     "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\","
		     "\"signatures\":[]}",
		     "ENV-3", 403);
	refused_text(&w,
		     "{\"payload\":\"e30=\",\"payloadType\":\"text/plain\","
		     "\"signatures\":[{\"sig\":\"AAAA\"}]}",
		     "ENV-4", 400);
	refused_text(&w,
		     "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\","
		     "\"signatures\":[{\"sig\":\"AAAA\"}]}",
		     "IDN-1", 403);
	refused_text(&w, "{\"attestation\":{},\"other\":1}", "JSN-4", 400);
	refused_text(&w, "{\"attestation\":[]}", "JSN-3", 400);
	CHECK_UINT(journal_size(&w), 0);
	world_done(&w);
}

static void who_may_not(void)
{
	static const struct source_of unprotected = {APP, "ssh-good.raw", "refs/heads/topic", NULL,
						     false};
	static const struct source_of unknown_repository = {"https://git.example.com/none",
							    "ssh-good.raw", MAIN, NULL, false};
	static const struct source_of app_clone = {APP, "ssh-good.raw", NULL, NULL, false};
	static const struct source_of of_lib = {LIB, "ssh-good.raw", MAIN, NULL, false};
	static const struct build_of another_name = {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0};
	static const struct build_of near_name = {BUILDER "/", APP, "ssh-good.raw", MAIN, 1, 0};
	static const struct build_of not_his = {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0};
	static const struct build_of no_section = {
		NULL, "https://git.example.com/none", "ssh-good.raw", NULL, 1, 0};
	static const struct source_of plain = {PLAIN, "ssh-good.raw", MAIN, NULL, false};
	static const struct build_of of_plain = {NULL, PLAIN, "ssh-good.raw", NULL, 1, 0};
	struct world w;

	world_init(&w);
	/* A section for hooks alone: it does not say where its sources come from. */
	world_configure(&w, 1,
			"[repository \"" PLAIN "\"]\n\tprotect = " MAIN
			"\n\tsshAllowedSigners = " PDG_TEST_DATA "/commits/allowed_signers\n");
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	refused_source(&w, SERVER, &plain, "SRC-8", 403, true);
	refused_source(&w, CLONE, &plain, "SRC-8", 403, false);
	refused_build(&w, CI, &of_plain, "SRC-8", 403, true);
	/* Nobody known */
	refused_build(&w, STRANGER, &app_build, "IDN-1", 403, false);
	/* A builder under another builder's name, or one that is only nearly his */
	refused_build(&w, CI, &another_name, "IDN-2", 403, true);
	refused_build(&w, CI, &near_name, "IDN-2", 403, true);
	refused_build(&w, OTHER_CI, &not_his, "IDN-3", 403, true);
	refused_build(&w, CI, &no_section, "IDN-5", 403, true);
	/* Roles */
	refused_build(&w, SERVER, &app_build, "IDN-4", 403, true);
	refused_build(&w, SCANNER, &app_build, "IDN-4", 403, true);
	/* A source by the server of another repository */
	refused_source(&w, SERVER, &of_lib, "IDN-6", 403, true);
	refused_source(&w, SERVER, &unknown_repository, "IDN-5", 403, true);
	refused_source(&w, SERVER, &unprotected, "SRC-5", 422, true);
	/* Its server's sources alone: a clone's commit is no evidence of a protected ref */
	refused_source(&w, CLONE, &app_clone, "SRC-7", 403, false);
	refused_source(&w, CI, &app_clone, "SRC-7", 403, false);
	/* A git server that signs with another key than the policy knows is told that */
	refused_source(&w, CLONE, &app_main, "IDN-1", 403, false);
	refused_source(&w, CI, &app_main, "IDN-4", 403, false);
	fsck_is_clean(&w);
	world_done(&w);
}

static void commits_that_are_not_good(void)
{
	static const struct source_of unsigned_ = {APP, "unsigned.raw", MAIN, NULL, false};
	static const struct source_of unknown = {APP, "ssh-unknown.raw", MAIN, NULL, false};
	static const struct source_of other = {APP, "ssh-other-committer.raw", MAIN, NULL, false};
	static const struct source_of lib_unsigned = {LIB, "unsigned.raw", NULL, NULL, false};
	static const struct source_of lib_ref = {LIB, "ssh-good.raw", MAIN, NULL, false};
	static const struct source_of squash = {APP, "ssh-forge-squash.raw", MAIN, NULL, false};
	static const struct source_of early = {APP, "ssh-good.raw", MAIN, NULL, false};
	struct world w;

	world_init(&w);
	world_open(&w);
	refused_source(&w, SERVER, &unsigned_, "SGN-2", 422, true);
	refused_source(&w, SERVER, &unknown, "SGN-3", 422, true);
	refused_source(&w, SERVER, &other, "SGN-9", 422, true);
	refused_source(&w, SERVER, &squash, "SGN-11", 422, true);
	/* Of a clone nobody is known: who signed the commit did not sign the statement. */
	refused_source(&w, CLONE, &lib_unsigned, "SGN-2", 422, false);
	refused_source(&w, CLONE, &lib_ref, "SRC-4", 422, false);
	atomic_store(&w.now, NOW - 4000 - 3600);
	refused_source(&w, SERVER, &early, "TIM-4", 400, true);
	world_done(&w);
}

/*
 * The server's statement with other bytes of a commit, or none. Anybody could send that who has the
 * statement: nothing of it is on the server's record.
 */
static void commit_and_statement_differ(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	world_init(&w);
	world_open(&w);
	source_statement(&w, &app_main, &raw, &payload);
	commit_read("ssh-team.raw", &other);
	envelope_of(w.key[SERVER], pdg_buf_bytes(&payload), pdg_buf_bytes(&other), &body);
	refused_and(&w, pdg_buf_bytes(&body), "SRC-2", 422, false);
	pdg_buf_reset(&body);
	envelope_of(w.key[SERVER], pdg_buf_bytes(&payload), pdg_bytes(NULL, 0), &body);
	refused_and(&w, pdg_buf_bytes(&body), "SRC-9", 400, false);
	pdg_buf_reset(&body);
	envelope_of(w.key[SERVER], pdg_buf_bytes(&payload), pdg_bytes_str("no commit"), &body);
	refused_and(&w, pdg_buf_bytes(&body), "SRC-2", 422, false);
	/* A commit with a build has no use. */
	pdg_buf_reset(&body);
	pdg_buf_reset(&payload);
	build_statement(&app_build, &payload);
	envelope_of(w.key[CI], pdg_buf_bytes(&payload), pdg_buf_bytes(&raw), &body);
	refused_and(&w, pdg_buf_bytes(&body), "SUB-1", 400, false);
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
	PDG_AUTO(buf) struct pdg_buf conf = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(buf) struct pdg_buf eased = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	struct pdg_error err = {0};
	size_t at;

	world_init(&w);
	pdg_test_read(w.config, &conf);
	at = pdg_bytes_find(pdg_buf_bytes(&conf), pdg_bytes_str("sourceFrom = server"), 0);
	CHECK(at != SIZE_MAX);
	pdg_buf_put(&eased, pdg_bytes_head(pdg_buf_bytes(&conf), at));
	pdg_buf_puts(&eased, "sourceFrom = clone");
	pdg_buf_put(&eased,
		    pdg_bytes_from(pdg_buf_bytes(&conf), at + strlen("sourceFrom = server")));
	free(w.config);
	w.config = pdg_test_file(w.dir, "pedigreed.conf", pdg_buf_bytes(&eased));
	world_open(&w);
	CHECK_INT(submit_source(&w, CLONE, &clone), 201);
	world_configure(&w, 2, NULL);
	CHECK_OK(pdg_core_reload(w.core, &err), &err);
	refused_build(&w, CI, &build, "BLD-7", 422, true);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	CHECK_INT(submit_build(&w, CI, &build), 201);
	world_done(&w);
}

static void foreign_statements(void)
{
	static const char sbom[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"a\",\"digest\":"
		"{\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}],"
		"\"predicateType\":\"https://spdx.dev/Document\",\"predicate\":{}}";
	static const char nothing[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"a\",\"digest\":"
		"{\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}],"
		"\"predicateType\":\"https://example.com/mine\",\"predicate\":{}}";
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	world_init(&w);
	world_open(&w);
	envelope_of(w.key[SCANNER], pdg_bytes_str(sbom), pdg_bytes(NULL, 0), &body);
	refused_and(&w, pdg_buf_bytes(&body), "STG-2", 501, true);
	pdg_buf_reset(&body);
	envelope_of(w.key[CI], pdg_bytes_str(sbom), pdg_bytes(NULL, 0), &body);
	refused_and(&w, pdg_buf_bytes(&body), "IDN-4", 403, true);
	pdg_buf_reset(&body);
	envelope_of(w.key[CI], pdg_bytes_str(nothing), pdg_bytes(NULL, 0), &body);
	refused_and(&w, pdg_buf_bytes(&body), "STG-1", 501, true);
	pdg_buf_reset(&body);
	envelope_of(w.key[CI], pdg_bytes_str("{}"), pdg_bytes(NULL, 0), &body);
	refused_and(&w, pdg_buf_bytes(&body), "STM-1", 400, true);
	fsck_is_clean(&w);
	world_done(&w);
}

/* One bit of payload or signature, and the key that it names did not make it. */
static void damaged_signatures(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	size_t i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_statement(&app_build, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &e, &err), &err);
	for (i = 0; i < e->sigs[0].sig.n; i += 7) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

		pdg_test_case("byte %zu", i);
		e->sigs[0].sig.p[i] ^= 1;
		CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
		e->sigs[0].sig.p[i] ^= 1;
		refused_and(&w, pdg_buf_bytes(&body), "ENV-5", 403, false);
	}
	pdg_test_case(NULL);
	{
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

		/* The key id of another enrolled key: a hint, and the right key is found all the
		 * same. */
		free(e->sigs[0].keyid);
		e->sigs[0].keyid = pdg_str_dup(pdg_key_hint(w.key[SERVER]));
		CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
		CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	}
	world_done(&w);
}

/* More signatures than are tried: the right one is found only when its keyid says so. */
static void trials_are_bounded(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf named = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf unnamed = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(envelope) struct pdg_envelope *good = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_statement(&app_build, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[STRANGER], &e, &err), &err);
	free(e->sigs[0].keyid);
	e->sigs[0].keyid = pdg_str_dup("");
	for (i = 1; i < PDG_LIMIT_SIGNATURES - 1; i++) {
		uint8_t sig[2] = {0x30, (uint8_t)i};

		CHECK_OK(pdg_envelope_add(e, "", pdg_bytes(sig, 2), &err), &err);
	}
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &good, &err), &err);
	CHECK_OK(pdg_envelope_add(e, "", pdg_buf_bytes(&good->sigs[0].sig), &err), &err);
	CHECK_OK(pdg_envelope_write(e, &unnamed, &err), &err);
	refused_and(&w, pdg_buf_bytes(&unnamed), "IDN-1", 403, false);
	free(e->sigs[e->n_sigs - 1].keyid);
	e->sigs[e->n_sigs - 1].keyid = pdg_str_dup(pdg_key_hint(w.key[CI]));
	CHECK_OK(pdg_envelope_write(e, &named, &err), &err);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&named)), 201);
	world_done(&w);
}

static void refusals_on_record_are_bounded(void)
{
	struct build_of another_name = {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_core_stats stats;

	world_init(&w);
	world_open(&w);
	for (; another_name.artifact <= 70; another_name.artifact++) {
		pdg_buf_reset(&body);
		build_body(&w, CI, &another_name, &body);
		refused(&w, pdg_buf_bytes(&body), "IDN-2", 403);
	}
	CHECK_UINT(journal_size(&w), 60);
	/* Somebody else's are his own; and the next minute is another one. */
	build_body(&w, SERVER, &app_build, &other);
	refused(&w, pdg_buf_bytes(&other), "IDN-4", 403);
	CHECK_UINT(journal_size(&w), 61);
	atomic_store(&w.now, NOW + 60);
	refused(&w, pdg_buf_bytes(&body), "IDN-2", 403);
	CHECK_UINT(journal_size(&w), 62);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.refused_after_identity, 72);
	world_done(&w);
}

/* What was refused is sent again by whoever has it: other signatures on it, and after a restart. */
static void refusals_are_on_record_once(void)
{
	static const struct build_of another_name = {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	unsigned i;

	world_init(&w);
	world_open(&w);
	build_statement(&another_name, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &e, &err), &err);
	for (i = 0; i < 5; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		uint8_t junk[2] = {0x30, (uint8_t)i};

		CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
		if (i == 0)
			refused_and(&w, pdg_buf_bytes(&body), "IDN-2", 403, true);
		else
			refused_again(&w, pdg_buf_bytes(&body), "IDN-2", 403);
		CHECK_OK(pdg_envelope_add(e, "", pdg_bytes(junk, 2), &err), &err);
		if (i == 3) {
			world_close(&w);
			world_open(&w);
		}
	}
	{
		/* Another of his keys is another identity, another statement another refusal. */
		PDG_AUTO(buf) struct pdg_buf second = PDG_BUF_INIT(PDG_LIMIT_BODY);

		build_body(&w, CI_2, &another_name, &second);
		refused_and(&w, pdg_buf_bytes(&second), "IDN-2", 403, true);
		refused_again(&w, pdg_buf_bytes(&second), "IDN-2", 403);
	}
	fsck_is_clean(&w);
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

PDG_TEST_MAIN("refused", {"not a submission", not_a_submission}, {"who may not", who_may_not},
	      {"commits that are not good", commits_that_are_not_good},
	      {"commit and statement differ", commit_and_statement_differ},
	      {"builds without their source", builds_without_their_source},
	      {"grade is too low", grade_is_too_low}, {"foreign statements", foreign_statements},
	      {"damaged signatures", damaged_signatures},
	      {"trials are bounded", trials_are_bounded},
	      {"refusals on record are bounded", refusals_on_record_are_bounded},
	      {"refusals are on record once", refusals_are_on_record_once},
	      {"sources beside are nobody's", sources_beside_are_nobodys},
	      {"two commits of one name", two_commits_of_one_name})
