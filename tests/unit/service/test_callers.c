/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who calls (rules.md 3.5, 5.6), past the judgement of the token itself: which section means whom,
 * what the service writes for a CI, what a certificate or an account may submit, and what is kept
 * of it. The tokens are what pedigree-relay says of them; e2e.oidc has real ones.
 */
#include <sqlite3.h>
#include <string.h>

#include "service/core_impl.h"
#include "service/job.h"
#include "stage/build_oidc.h"
#include "tlog/journal.h"
#include "unit/service/core_world.h"

#define REPO	"https://git.example.com/company/app"
#define ISSUER	"https://git.example.com/_services/token"
#define K8S	"https://k8s.example.com"
#define ACTIONS "https://ci.example.com/actions"
#define CERT	"https://ci.example.com/certificate"
#define ACCOUNT "https://ci.example.com/account"
#define BODY	"{\"artifacts\":[{\"name\":\"app\",\"digest\":{\"sha256\":\"%064x\"}}]%s}"

static const struct source_of repo_main = {REPO, "ssh-good.raw", MAIN, NULL, false};
static const char *const cert_names[] = {"CN=ci,O=Company", "ci.example.com"};

/* @more: further sections. */
static void configure(struct world *w, unsigned version, const char *more)
{
	PDG_AUTO(mem)
	char *extra = pdg_str_printf(
		"[repository \"" REPO "\"]\n\tprotect = " MAIN "\n\tprotect = refs/heads/side\n"
		"\tsshAllowedSigners = %s/commits/allowed_signers\n\tsourceFrom = server\n"
		"\tserverKey = server.pub\n"
		"[builder \"" ACTIONS "\"]\n\trepository = https://git.example.com/company/*\n"
		"\toidcIssuer = " ISSUER
		"\n\toidcAudience = pedigree\n\toidcClaim = owner=company\n"
		"[builder \"" ACTIONS "/twin\"]\n\trepository = " REPO "\n"
		"\toidcIssuer = " ISSUER "\n\toidcAudience = twin\n\toidcClaim = owner=company\n"
		"\tevent = schedule\n"
		"[builder \"" ACTIONS "/triplet\"]\n\trepository = " REPO "\n"
		"\toidcIssuer = " ISSUER "\n\toidcAudience = twin\n\toidcClaim = owner=company\n"
		"[builder \"" CERT "\"]\n\trepository = https://git.example.com/company/*\n"
		"\tclientCertificate = ci.example.com\n"
		"[builder \"" ACCOUNT "\"]\n\trepository = https://git.example.com/company/*\n"
		"\toidcIssuer = " K8S "\n\toidcAudience = pedigree\n\toidcClaim = sub=account\n"
		"[producer \"robot\"]\n\trepository = https://git.example.com/*\n\tstage = sbom\n"
		"\tclientCertificate = CN=ci,O=Company\n%s",
		PDG_TEST_DATA, more);

	world_configure(w, version, extra);
}

static void open_world(struct world *w)
{
	world_init(w);
	configure(w, 1, "");
	world_open(w);
}

/* The name of the commit that builds are of. */
static const char *oid(void)
{
	static char name[PDG_OID_HEX];
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_error err = {0};

	commit_read("ssh-good.raw", &raw);
	CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, name, &err), &err);
	return name;
}

/* What a test changes of the usual token; NULL: nothing. */
struct token_of {
	const char *id; /* one hex digit: the token's own name */
	const char *audience, *owner, *repository, *ref, *event;
	bool account; /* of K8S instead */
	const char *subject;
};

static void token(const struct token_of *t, struct pdg_buf *out)
{
	const char *audience = t->audience ? t->audience : "pedigree";
	size_t i;

	pdg_buf_printf(out, "{\"issuer\":\"%s\",\"audience\":\"%s\",\"issued\":%lld,",
		       t->account ? K8S : ISSUER, audience, (long long)NOW);
	pdg_buf_printf(out, "\"expires\":%lld,\"name\":\"", (long long)NOW + 300);
	for (i = 0; i < 64; i++)
		pdg_buf_puts(out, t->id ? t->id : "1");
	if (t->account) {
		pdg_buf_printf(out, "\",\"claims\":{\"sub\":\"%s\",\"kubernetes.io\":{}}}",
			       t->subject ? t->subject : "account");
		return;
	}
	pdg_buf_printf(out,
		       "\",\"claims\":{\"sub\":\"job\",\"owner\":\"%s\",\"repository\":\"%s\","
		       "\"sha\":\"%s\",\"ref\":\"%s\",\"event_name\":\"%s\",\"run_id\":\"1\","
		       "\"run_attempt\":\"1\"}}",
		       t->owner ? t->owner : "company",
		       t->repository ? t->repository : "company/app", oid(), t->ref ? t->ref : MAIN,
		       t->event ? t->event : "push");
}

/* A job of @t and @body, as if the relay had answered just now; @builds 1: outputs, 0: a
 * submission, -1: not read. */
static struct pdg_job *job_of(const struct token_of *t, struct pdg_bytes body, int builds,
			      struct got *g)
{
	PDG_AUTO(buf) struct pdg_buf answer = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_job *job = pdg_job_new(PDG_JOB_ACCEPT);
	struct pdg_error err = {0};

	token(t, &answer);
	if (!CHECK(job != NULL) || !CHECK_OK(pdg_job_ask(job, &err), &err) ||
	    !CHECK_OK(pdg_proven_token(&job->asked->proven, pdg_buf_bytes(&answer), &err), &err) ||
	    !CHECK_OK(pdg_sha256(body, job->asked->proven.body, &err), &err))
		abort();
	if (builds > 0)
		CHECK_OK(pdg_outputs_read(body, &job->asked->outputs, &err), &err);
	else if (builds == 0)
		CHECK_OK(pdg_submission_parse(body, &job->submission, &err), &err);
	job->to.deadline = pdg_monotonic_ms() + WAIT_MS;
	job->to.done = got_answer;
	job->to.ctx = g;
	return job;
}

static void await(struct got *g)
{
	(void)pthread_mutex_lock(&g->mutex);
	while (g->times == 0)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	(void)pthread_mutex_unlock(&g->mutex);
}

/* "STATUS RULE" of a build of @artifact by @t, with @more members in the body. */
static const char *build(struct world *w, const struct token_of *t, unsigned artifact,
			 const char *more, struct got *g)
{
	static char said[64];
	PDG_AUTO(mem) char *body = pdg_str_printf(BODY, artifact, more);

	got_init(g);
	pdg_core_go_on(w->core, job_of(t, pdg_bytes_str(body), 1, g), 0);
	await(g);
	(void)snprintf(said, sizeof(said), "%d %s", g->status, g->rule);
	return said;
}

static const char *outcome(struct world *w, const struct token_of *t, const char *more)
{
	PDG_AUTO(got) struct got g;

	return build(w, t, 1, more, &g);
}

/* The leaf of the answer in @g: "producer|producerKey". Owned by the caller. */
static char *leaf_of(const struct got *g)
{
	PDG_AUTO(json) json_t *o = NULL;
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	const json_t *journal = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_json_load(pdg_buf_bytes(&g->body), PDG_LIMIT_RECORD, &o, &err), &err) ||
	    !CHECK_OK(pdg_json_obj(o, "journal", &journal, &err), &err) ||
	    !CHECK_OK(pdg_json_base64(journal, "leaf", &raw, &err), &err) ||
	    !CHECK_OK(pdg_journal_leaf_parse(pdg_buf_bytes(&raw), &leaf, &err), &err))
		abort();
	return pdg_str_printf("%s|%s", leaf->producer, leaf->producer_key);
}

static void the_service_writes(void)
{
	struct world w;
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got again;
	PDG_AUTO(mem) char *leaf = NULL;
	PDG_AUTO(mem) char *was = NULL;
	const struct token_of t = {0};
	const struct token_of other = {.id = "2"};

	open_world(&w);
	CHECK_STR(build(&w, &t, 1, "", &first), "424 BLD-6");
	got_done(&first);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	CHECK_STR(build(&w, &t, 1, "", &first), "201 ");
	was = pdg_str_dup(first.reference);
	leaf = leaf_of(&first);
	CHECK_STR(leaf, "builder " ACTIONS "|oidc " ISSUER " job");
	/* T69: the same token: with the same body a retry, with another one replayed. */
	CHECK_STR(build(&w, &t, 1, "", &again), "200 ");
	CHECK_STR(again.reference, was);
	CHECK_STR(outcome(&w, &t, ",\"dependencies\":[]"), "401 TOK-12");
	CHECK_STR(outcome(&w, &other, ",\"dependencies\":[]"), "200 ");
	chain_is(&w, 1, "good");
	/* Also by what is in the store. */
	world_close(&w);
	world_open(&w);
	CHECK_STR(outcome(&w, &t, ",\"dependencies\":[]"), "401 TOK-12");
	CHECK_STR(outcome(&w, &t, ""), "200 ");
	fsck_is_clean(&w);
	world_done(&w);
}

/* Nothing is signed for what is kept: it is answered also while nothing may be signed. */
static void a_retry_needs_no_key(void)
{
	const struct token_of t = {0};
	const struct token_of other = {.id = "2"};
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got again;
	struct pdg_error err = {0};
	struct world w;

	open_world(&w);
	pdg_key_free(world_make_key(&w, "another"));
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	CHECK_STR(build(&w, &t, 1, "", &first), "201 ");
	configure(&w, 2, "[trust]\n\tserviceKey = another.pub\n");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_STR(build(&w, &t, 1, "", &again), "200 ");
	CHECK_STR(again.reference, first.reference);
	CHECK_STR(outcome(&w, &other, ""), "200 ");
	CHECK_STR(outcome(&w, &t, ",\"dependencies\":[]"), "401 TOK-12");
	got_done(&again);
	CHECK_STR(build(&w, &(struct token_of){.id = "3"}, 2, "", &again), "503 RDY-8");
	configure(&w, 3, "");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	got_done(&again);
	CHECK_STR(build(&w, &(struct token_of){.id = "3"}, 2, "", &again), "201 ");
	chain_is(&w, 1, "good");
	chain_is(&w, 2, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

/* The policy of @version calls ACTIONS something else. */
static void rename_builder(struct world *w, unsigned version)
{
	configure(w, version, "");
	world_reconfigure(w, "[builder \"" ACTIONS "\"]", "[builder \"" ACTIONS "/renamed\"]");
}

/* rules.md 3.5: one token and one body have one attestation, whatever the policy says by then. */
static void a_retry_after_a_reload(void)
{
	const struct token_of t = {0};
	const struct token_of other = {.id = "2"};
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got again;
	PDG_AUTO(got) struct got new_one;
	PDG_AUTO(got) struct got before;
	struct pdg_error err = {0};
	uint64_t leaves;
	struct world w;

	open_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	CHECK_STR(build(&w, &t, 1, "", &first), "201 ");
	leaves = journal_size(&w);
	rename_builder(&w, 2);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_STR(build(&w, &t, 1, "", &again), "200 ");
	CHECK_STR(again.reference, first.reference);
	CHECK_UINT(journal_size(&w), leaves);
	CHECK_STR(outcome(&w, &t, ",\"dependencies\":[]"), "401 TOK-12");
	/* Another token is another build. */
	CHECK_STR(build(&w, &other, 1, "", &new_one), "201 ");
	CHECK(strcmp(new_one.reference, first.reference) != 0);
	/* Of a token that was used before this was kept nothing is known. */
	world_sql(&w, "UPDATE token SET reference = NULL WHERE substr(hex(name), 1, 1) = '1'");
	CHECK_STR(build(&w, &t, 1, "", &before), "200 ");
	CHECK_STR(before.reference, new_one.reference);
	/* Whom the policy does not let in any more is refused. */
	configure(&w, 3, "");
	world_reconfigure(&w, "oidcClaim = owner=company\n[builder \"" ACTIONS "/twin",
			  "oidcClaim = owner=nobody\n[builder \"" ACTIONS "/twin");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_STR(outcome(&w, &t, ""), "403 IDN-7");
	configure(&w, 4, "");
	world_reconfigure(&w, "[repository \"" REPO "\"]", "[repository \"" REPO "2\"]");
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_STR(outcome(&w, &other, ""), "403 IDN-5");
	/* And what was taken out is not made a second time. */
	rename_builder(&w, 5);
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	world_sql(&w, "DELETE FROM attestation WHERE stage = 'build'");
	CHECK_STR(outcome(&w, &other, ""), "503 STO-5");
	world_done(&w);
}

static int keep_nothing(void *ctx, const struct pdg_policy *policy, struct pdg_error *err)
{
	(void)ctx;
	(void)policy;
	(void)err;
	return 0;
}

/* The same twice at once, with a reload between: each is judged when nothing is kept yet. */
static void twice_across_a_reload(void)
{
	const struct token_of t = {0};
	PDG_AUTO(mem) char *body = pdg_str_printf(BODY, 1U, "");
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got second;
	struct pdg_error err = {0};
	sqlite3 *db = NULL;
	uint64_t leaves;
	struct world w;

	open_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	leaves = journal_size(&w);
	path = pdg_test_path(w.dir, "p.db");
	rename_builder(&w, 2);
	got_init(&first);
	got_init(&second);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	pdg_core_go_on(w.core, job_of(&t, pdg_bytes_str(body), 1, &first), 0);
	CHECK_OK(pdg_policy_box_reload(w.core->policy, w.cfg, NULL, keep_nothing, NULL, &err),
		 &err);
	pdg_core_go_on(w.core, job_of(&t, pdg_bytes_str(body), 1, &second), 0);
	CHECK_INT(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
	await(&first);
	await(&second);
	CHECK_INT(first.status, 201);
	CHECK_INT(second.status, 200);
	CHECK_STR(second.reference, first.reference);
	CHECK_UINT(journal_size(&w), leaves + 1);
	fsck_is_clean(&w);
	world_done(&w);
}

/* Nobody else's signature is kept in the place of the service's own. */
static void the_service_signed_it(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_fsck_counts counts = {0};
	struct pdg_error err = {0};

	open_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	CHECK_STR(outcome(&w, &(struct token_of){0}, ""), "201 ");
	fsck_is_clean(&w);
	world_sql(&w, "UPDATE attestation SET envelope = CAST(replace(CAST(envelope AS TEXT),"
		      " '\"sig\":\"M', '\"sig\":\"N') AS BLOB) WHERE stage = 'build'");
	CHECK_RULE(pdg_core_fsck(w.core, fsck_line, NULL, &text, &counts, &err), &err, "FSK-1");
	CHECK_UINT(counts.faults, 1);
	CHECK_UINT(counts.attestations, 2);
	world_done(&w);
}

static void builds_are_refused(void)
{
	static const struct {
		const char *want;
		struct token_of t;
		const char *more;
		unsigned leaves; /* on record: once a section means him, and once for a statement */
	} cases[] = {
		{"403 IDN-7", {.audience = "another"}, "", 0},
		{"403 IDN-7", {.owner = "stranger"}, "", 0},
		{"403 IDN-7", {.repository = "stranger/app"}, "", 0},
		{"403 IDN-7", {.audience = "twin"}, "", 0},
		{"403 IDN-8", {.audience = "twin"}, ",\"builder\":\"" ACTIONS "/twin\"", 1},
		{"403 IDN-7", {0}, ",\"builder\":\"" BUILDER "\"", 0},
		{"403 IDN-8", {.event = "pull_request"}, "", 1},
		{"403 IDN-8", {.event = "workflow_run"}, "", 1},
		{"403 IDN-8", {.event = "schedule"}, "", 1},
		{"403 IDN-9", {.account = true}, "", 0},
		{"422 BLD-9", {0}, ",\"repository\":\"" APP "\"", 1},
		{"422 BLD-9", {0}, ",\"commit\":\"7fd1a60b01f91b314f59955a4e4d4e80d8edf11d\"", 0},
		{"422 BLD-9", {0}, ",\"ref\":\"main\"", 0},
		{"422 BLD-5", {.ref = "refs/heads/side"}, "", 1},
		{"403 IDN-5", {.repository = "company/unknown"}, "", 1},
	};
	struct world w;
	uint64_t before;
	size_t i;

	open_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("case %zu", i);
		before = journal_size(&w);
		CHECK_STR(outcome(&w, &cases[i].t, cases[i].more), cases[i].want);
		CHECK_UINT(journal_size(&w) - before, cases[i].leaves);
	}
	pdg_test_case(NULL);
	/* None of them used the token up. */
	CHECK_STR(outcome(&w, &(struct token_of){0}, ""), "201 ");
	CHECK_STR(outcome(&w, &(struct token_of){.id = "3", .audience = "twin"},
			  ",\"builder\":\"" ACTIONS "/triplet\""),
		  "201 ");
	fsck_is_clean(&w);
	world_done(&w);
}

/* "STATUS RULE" of @body from @caller. */
static const char *submitted(struct world *w, const struct pdg_caller *caller,
			     struct pdg_bytes body, struct got *g)
{
	static char said[64];

	got_init(g);
	pdg_core_submit(w->core, caller, body, WAIT_MS, got_answer, g);
	await(g);
	(void)snprintf(said, sizeof(said), "%d %s", g->status, g->rule);
	return said;
}

static void a_certificate_submits(void)
{
	char *names[] = {NULL, NULL};
	const struct pdg_strings list = {names, 2};
	const struct pdg_caller caller = {.certificate = &list, .address = "", .request_id = ""};
	struct build_of b = {CERT, REPO, "ssh-good.raw", MAIN, 7, 0};
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf elsewhere = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	PDG_AUTO(got) struct got h;
	PDG_AUTO(got) struct got k;
	PDG_AUTO(mem) char *leaf = NULL;
	struct world w;

	names[0] = pdg_str_dup(cert_names[0]);
	names[1] = pdg_str_dup(cert_names[1]);
	open_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	build_body(&w, STRANGER, &b, &body);
	CHECK(refused(&w, pdg_buf_bytes(&body), "IDN-1", 403));
	CHECK_STR(submitted(&w, &caller, pdg_buf_bytes(&body), &g), "201 ");
	leaf = leaf_of(&g);
	CHECK_STR(leaf, "builder " CERT "|certificate ci.example.com");
	/* His signature is nobody's: it is on the service's word, which this policy does not take.
	 */
	chain_is(&w, 7, "refused");
	b.builder = ACTIONS;
	build_body(&w, STRANGER, &b, &other);
	CHECK_STR(submitted(&w, &caller, pdg_buf_bytes(&other), &h), "403 IDN-7");
	b.builder = CERT;
	b.uri = APP;
	build_body(&w, STRANGER, &b, &elsewhere);
	CHECK_STR(submitted(&w, &caller, pdg_buf_bytes(&elsewhere), &k), "403 IDN-3");
	world_reconfigure(&w, "[require]\n", "[require]\n\tonServiceWord = true\n");
	world_close(&w);
	world_open(&w);
	chain_is(&w, 7, "good");
	fsck_is_clean(&w);
	world_done(&w);
	free(names[0]);
	free(names[1]);
}

/* "STATUS RULE" of a submission of @body by the token @t. */
static const char *by_token(struct world *w, const struct token_of *t, struct pdg_bytes body)
{
	static char said[64];
	PDG_AUTO(got) struct got g;

	got_init(&g);
	pdg_core_go_on(w->core, job_of(t, body, 0, &g), 0);
	await(&g);
	(void)snprintf(said, sizeof(said), "%d %s", g.status, g.rule);
	return said;
}

static void an_account_submits(void)
{
	struct world w;
	struct build_of b = {ACCOUNT, REPO, "ssh-good.raw", MAIN, 8, 0};
	PDG_AUTO(buf) struct pdg_buf first = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf second = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf forged = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf source = PDG_BUF_INIT(PDG_LIMIT_BODY);
	const struct token_of account = {.account = true};
	const struct token_of other = {.account = true, .subject = "other"};

	open_world(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	build_body(&w, STRANGER, &b, &first);
	b.artifact = 9;
	build_body(&w, STRANGER, &b, &second);
	b.builder = ACTIONS;
	build_body(&w, STRANGER, &b, &forged);
	CHECK_STR(by_token(&w, &other, pdg_buf_bytes(&first)), "403 IDN-7");
	CHECK_STR(by_token(&w, &account, pdg_buf_bytes(&first)), "201 ");
	/* An identity is no ticket: it lives as long as it lives. */
	CHECK_STR(by_token(&w, &account, pdg_buf_bytes(&second)), "201 ");
	CHECK_STR(by_token(&w, &account, pdg_buf_bytes(&forged)), "403 IDN-7");
	/* What the service writes from a CI's token no job may write itself. */
	CHECK_STR(by_token(&w, &(struct token_of){0}, pdg_buf_bytes(&forged)), "403 IDN-4");
	source_body(&w, STRANGER, &(struct source_of){REPO, "ssh-good.raw", NULL, NULL, false},
		    &source);
	CHECK_STR(by_token(&w, &account, pdg_buf_bytes(&source)), "403 SRC-7");
	fsck_is_clean(&w);
	world_done(&w);
}

/* Whoever has a key may not sign in the form that stands for a token. */
static void the_form_is_the_services_own(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	char hex[65];
	struct pdg_build_artifact a = {.name = "app", .sha256 = hex};
	const struct pdg_build_make m = {.builder_id = BUILDER,
					 .build_type = PDG_BUILD_TYPE_OIDC,
					 .source_uri = REPO,
					 .source_commit = oid(),
					 .artifacts = &a,
					 .n_artifacts = 1};
	struct pdg_error err = {0};

	open_world(&w);
	world_reconfigure(&w, "repository = https://git.example.com/*",
			  "repository = https://git.example.com/*\n\trepository = " REPO);
	world_close(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &repo_main), 201);
	artifact_hex(3, hex);
	CHECK_OK(pdg_build_make(&m, &payload, &err), &err);
	envelope_of(w.key[CI], pdg_buf_bytes(&payload), pdg_bytes(NULL, 0), &body);
	CHECK(refused(&w, pdg_buf_bytes(&body), "BLD-8", 403));
	world_done(&w);
}

/* "STATUS RULE" of a build by @bearer, which a real relay is asked about. */
static const char *by_bearer(struct world *w, const char *bearer)
{
	static char said[64];
	const struct pdg_caller caller = {.bearer = bearer, .address = "", .request_id = ""};
	PDG_AUTO(mem) char *body = pdg_str_printf(BODY, 1U, "");
	PDG_AUTO(got) struct got g;

	got_init(&g);
	pdg_core_build(w->core, &caller, pdg_bytes_str(body), 0, got_answer, &g);
	await(&g);
	(void)snprintf(said, sizeof(said), "%d %s", g.status, g.rule);
	return said;
}

/* {"alg":"RS256","kid":"a"} and the claims of an issuer that nobody pins, of one that is nowhere.
 */
#define HEAD "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ."
#define NOBODY                                                                                     \
	"eyJpc3MiOiJodHRwczovL25vYm9keS5leGFtcGxlIiwic3ViIjoicyIsImF1ZCI6ImEiLCJleHAiOjIsImlhdCI6MX0."

static void the_relay_is_asked(void)
{
	struct world w;

	open_world(&w);
	CHECK_STR(by_bearer(&w, "garbage"), "401 TOK-2");
	CHECK_STR(by_bearer(&w, HEAD NOBODY "c2ln"), "401 TOK-5");
	CHECK_STR(by_bearer(&w, ""), "401 TOK-2");
	/* When it stops nobody is left without an answer. */
	CHECK(pdg_core_stop(w.core));
	CHECK_STR(by_bearer(&w, "garbage"), "503 SVC-2");
	world_done(&w);
	world_init(&w); /* its policy names no issuer */
	world_open(&w);
	CHECK_STR(by_bearer(&w, HEAD NOBODY "c2ln"), "401 TOK-1");
	world_done(&w);
}

/* Nobody's body is read: what is wrong with it is heard by those whom a token proves. What waits
 * counts as what it holds. */
static void the_token_comes_first(void)
{
	static const char *const bodies[] = {"", "{", "{\"artifacts\":[]}", "[[[[[["};
	const struct pdg_caller caller = {.bearer = "garbage", .address = "", .request_id = ""};
	PDG_AUTO(job) struct pdg_job *job = pdg_job_new(PDG_JOB_ACCEPT);
	struct pdg_error err = {0};
	struct world w;
	size_t i, empty;

	open_world(&w);
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		PDG_AUTO(got) struct got g;
		PDG_AUTO(got) struct got h;

		pdg_test_case("%s", bodies[i]);
		CHECK_STR(submitted(&w, &caller, pdg_bytes_str(bodies[i]), &g), "401 TOK-2");
		got_init(&h);
		pdg_core_build(w.core, &caller, pdg_bytes_str(bodies[i]), 0, got_answer, &h);
		await(&h);
		CHECK_STR(h.rule, "TOK-2");
	}
	pdg_test_case(NULL);
	world_done(&w);
	if (!CHECK(job != NULL) || !CHECK_OK(pdg_job_ask(job, &err), &err))
		return;
	empty = pdg_job_bytes(job);
	for (i = 0; i < PDG_LIMIT_MIB(1); i += 64)
		pdg_buf_put(
			&job->asked->body,
			pdg_bytes(
				"0123456789012345678901234567890123456789012345678901234567890123",
				64));
	CHECK(pdg_job_bytes(job) - empty >= PDG_LIMIT_MIB(1));
	CHECK(pdg_job_bytes(job) - empty <= 2 * PDG_LIMIT_MIB(1));
}

/* And then the body is read, of both kinds. */
static void the_body_comes_second(void)
{
	struct world w;
	int builds;

	open_world(&w);
	for (builds = 0; builds < 2; builds++) {
		PDG_AUTO(got) struct got g;
		struct pdg_job *job = job_of(&(struct token_of){0}, pdg_bytes_str("["), -1, &g);

		got_init(&g);
		job->asked->builds = builds;
		job->asked->unread = true;
		pdg_buf_puts(&job->asked->body, "[");
		pdg_core_go_on(w.core, job, 0);
		await(&g);
		CHECK_STR(g.rule, "JSN-1");
		CHECK_INT(g.status, 400);
	}
	world_done(&w);
}

static void without_a_token(void)
{
	struct world w;
	PDG_AUTO(got) struct got g;
	PDG_AUTO(mem) char *body = pdg_str_printf(BODY, 1U, "");

	open_world(&w);
	got_init(&g);
	pdg_core_build(w.core, NULL, pdg_bytes_str(body), 0, got_answer, &g);
	await(&g);
	CHECK_INT(g.status, 401);
	CHECK_STR(g.rule, "TOK-1");
	world_done(&w);
}

/* A program that is missing is found by whoever starts the service or has it take in a policy, and
 * not by the first CI. */
static void the_relay_is_started_first(void)
{
	struct world w;
	struct pdg_core_stats stats;
	struct pdg_error err = {0};

	world_init(&w); /* its policy names no issuer */
	world_open(&w);
	w.cfg->relay_program = pdg_str_dup("/nonexistent/pedigree-relay");
	configure(&w, 2, "");
	CHECK_CODE(pdg_core_reload(w.core, w.cfg, &err), &err, PDG_E_IO);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.policy_version, 1);
	CHECK_STR(by_bearer(&w, HEAD NOBODY "c2ln"), "401 TOK-1");
	free(PDG_TAKE(w.cfg->relay_program));
	CHECK_OK(pdg_core_reload(w.core, w.cfg, &err), &err);
	CHECK_STR(by_bearer(&w, HEAD NOBODY "c2ln"), "401 TOK-5");
	world_close(&w);
	if (!CHECK_OK(pdg_service_config_load(w.config, &w.cfg, &err), &err))
		abort();
	w.cfg->relay_program = pdg_str_dup("/nonexistent/pedigree-relay");
	CHECK_CODE(pdg_core_open(w.cfg, &w.clock, &w.core, &err), &err, PDG_E_IO);
	world_done(&w);
}

PDG_TEST_MAIN("callers", {"the service writes", the_service_writes},
	      {"the service signed it", the_service_signed_it},
	      {"a retry needs no key", a_retry_needs_no_key},
	      {"a retry after a reload", a_retry_after_a_reload},
	      {"twice across a reload", twice_across_a_reload},
	      {"builds are refused", builds_are_refused},
	      {"a certificate submits", a_certificate_submits},
	      {"an account submits", an_account_submits},
	      {"the form is the service's own", the_form_is_the_services_own},
	      {"the relay is asked", the_relay_is_asked},
	      {"the relay is started first", the_relay_is_started_first},
	      {"the token comes first", the_token_comes_first},
	      {"the body comes second", the_body_comes_second},
	      {"without a token", without_a_token})
