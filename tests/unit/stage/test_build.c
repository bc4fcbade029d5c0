/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build provenance: what cannot be read as one, its builder and number, what links to a source
 * statement, and what is made. Which source it names: test_build_places.c.
 */
#include "unit/stage/build_data.h"
#include "util/str.h"

static void unreadable_provenance_is_refused(void)
{
	static const struct refused cases[] = {
		{"BLD-1", "{}"},
		{"BLD-1", "{'source':'" REPO "'}"},
		{"BLD-1", "{" RUN "}"},
		{"BLD-1", "{" RUN ",'buildDefinition':[]}"},
		{"BLD-1", "{" RUN ",'buildDefinition':{'externalParameters':[]}}"},
		{"BLD-1", "{" RUN ",'buildDefinition':{'buildType':7}}"},
		{"BLD-1", "{" RUN ",'buildDefinition':{},'invocation':{}}"}, /* two shapes */
		{"BLD-1", "{'runDetails':[],'buildDefinition':{}}"},
		{"BLD-1", SOURCE("{'uri':'" REPO "','digest':{'gitCommit':'XYZ'}}")},
		{"BLD-1", SOURCE("{'uri':'" REPO "','digest':{'gitCommit':7}}")},
		{"BLD-1", SOURCE("{'uri':'" REPO "','digest':'" COMMIT_A "'}")},
		{"BLD-1", SOURCE("{'uri':'" REPO "','digest':{'sha1':"
				 "'7FD1A60B01F91B314F59955A4E4D4E80D8EDF11D'}}")},
		{"BLD-1", SOURCE("'not a uri'")},
		{"BLD-2", "{'buildDefinition':{}}"},
		{"BLD-2", "{'buildDefinition':{},'runDetails':{}}"},
		{"BLD-2", "{'buildDefinition':{},'runDetails':{'builder':{}}}"},
		{"BLD-2",
		 "{'buildDefinition':{},'runDetails':{'builder':{'id':''}}}"}, /* BuildKit */
		{"BLD-2", "{'invocation':{},'builder':{'version':'1'}}"},
		{"BLD-3", "{" RUN ",'buildDefinition':{}}"},
		{"BLD-3", SOURCE("''")},
		{"BLD-3", SOURCE("{'digest':{'gitCommit':'" COMMIT_A "'}}")},
		{"BLD-3", SOURCE("'" REPO "'")},
		{"BLD-3", SOURCE("{'uri':'" REPO "','digest':{}}")},
		{"BLD-3", SOURCE("{'uri':'" REPO "','digest':{'sha512':'00'}}")},
		{"BLD-3", OLD("'materials':[" DEP("pkg:npm/x@1", "'sha1':'" COMMIT_A "'") "]")},
		/* Not git's word: a file that is fetched over https */
		{"BLD-3", OLD("'materials':[" DEP(REPO, "'sha1':'" COMMIT_A "'") "]")},
		{"BLD-3",
		 DEF(GITHUB, "{'workflow':{'repository':'" REPO "','ref':'refs/heads/main'}}",
		     DEPS(DEP("git+https://git.example.com/lib", "'gitCommit':'" COMMIT_A "'")))},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void builds_have_numbers(void)
{
	static const struct {
		const char *metadata;
		const char *want;
	} cases[] = {
		{"{'invocationId':'run/7'}", "run/7"},
		{"{'invocationID':'kit'}", "kit"},
		{"{'invocationId':4089072540}", "4089072540"},
		{"{}", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(statement) struct pdg_statement *st = NULL;
		PDG_AUTO(build) struct pdg_build b = {0};
		PDG_AUTO(mem)
		char *text = pdg_str_printf(
			"{'buildDefinition':{'externalParameters':{'source':'" REPO "@" COMMIT_A
			"'}},'runDetails':{'builder':{'id':'b'},'metadata':%s}}",
			cases[i].metadata);
		struct pdg_error err = {0};

		st = statement(V1, text);
		if (CHECK_OK(pdg_build_read(st, &b, &err), &err))
			CHECK_STR(b.invocation_id, cases[i].want);
	}
}

/* Read the build whose source is @source, and hold it against a server's or a clone's statement. */
static void check_link(const char *source, bool clone, const char *rule)
{
	const struct pdg_source s = {
		.uri = "https://git.example.com/team/app",
		.git_commit = COMMIT_A,
		.sha256 = SHA_A,
		.ref = clone ? NULL : "refs/heads/main",
	};
	PDG_AUTO(mem)
	char *text = pdg_str_printf(
		"{'buildDefinition':{'externalParameters':{'source':%s}}," RUN "}", source);
	PDG_AUTO(statement) struct pdg_statement *st = statement(V1, text);
	PDG_AUTO(build) struct pdg_build b = {0};
	struct pdg_error err = {0};
	int rc;

	pdg_test_case("%s", source);
	if (!CHECK_OK(pdg_build_read(st, &b, &err), &err))
		return;
	rc = pdg_build_links(&b, &s, &err);
	if (rule)
		CHECK_RULE(rc, &err, rule);
	else
		CHECK_OK(rc, &err);
	pdg_test_case(NULL);
}

static void links_are_judged(void)
{
	check_link("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "'}}", false, NULL);
	check_link("{'uri':'" REPO "','digest':{'sha256':'" SHA_A "'}}", false, NULL);
	check_link("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "','sha256':'" SHA_A "'}}",
		   false, NULL);
	check_link("'git+ssh://git@git.example.com/team/app.git@refs/heads/main#" COMMIT_A "'",
		   false, NULL);
	check_link("{'uri':'" REPO "','ref':'main','digest':{'gitCommit':'" COMMIT_A "'}}", false,
		   NULL);
	/* A clone's statement names no ref */
	check_link("{'uri':'" REPO "','ref':'refs/heads/x','digest':{'gitCommit':'" COMMIT_A "'}}",
		   true, NULL);

	check_link("{'uri':'https://git.example.com/team/fork','digest':{'gitCommit':'" COMMIT_A
		   "'}}",
		   false, "BLD-5"); /* T53 */
	check_link("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_B "'}}", false, "BLD-5");
	check_link("{'uri':'" REPO "','digest':{'sha256':'" SHA_B "'}}", false, "BLD-5");
	/* T40: one digest right, the other wrong */
	check_link("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "','sha256':'" SHA_B "'}}",
		   false, "BLD-5");
	check_link("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "','sha512':'00'}}", false,
		   "BLD-5");
	check_link("{'uri':'" REPO "','ref':'refs/heads/x','digest':{'gitCommit':'" COMMIT_A "'}}",
		   false, "BLD-5");
	check_link("{'uri':'" REPO "','ref':'refs/tags/main','digest':{'gitCommit':'" COMMIT_A
		   "'}}",
		   false, "BLD-5");
	check_link("{'uri':'" REPO "','ref':'heads/main','digest':{'gitCommit':'" COMMIT_A "'}}",
		   false, "BLD-5");
}

static void empty_build_links_to_nothing(void)
{
	const struct pdg_source s = {.uri = REPO, .git_commit = COMMIT_A, .sha256 = SHA_A};
	struct pdg_build b = {0};
	struct pdg_error err = {0};

	CHECK_RULE(pdg_build_links(&b, &s, &err), &err, "BLD-5");
	b.source_uri = pdg_str_dup(REPO);
	CHECK_RULE(pdg_build_links(&b, &s, &err), &err, "BLD-5");
	pdg_build_done(&b);
}

static void what_is_made_is_read(void)
{
	struct pdg_build_artifact artifacts[] = {{"app.tar", SHA_A}, {"app.sig", SHA_B}};
	struct pdg_build_make m = {
		.builder_id = "https://ci.example.com/b",
		.source_uri = REPO,
		.source_ref = "refs/heads/main",
		.source_commit = COMMIT_A,
		.source_sha256 = SHA_A,
		.invocation_id = "run 7",
		.started = 1700000000,
		.finished = 1700000060,
		.artifacts = artifacts,
		.n_artifacts = 2,
	};
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(build) struct pdg_build b = {0};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_build_make(&m, &out, &err), &err) ||
	    !CHECK_OK(pdg_build_make(&m, &again, &err), &err) ||
	    !CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) ||
	    !CHECK_OK(pdg_build_read(st, &b, &err), &err))
		return;
	CHECK_BYTES(pdg_buf_bytes(&out), pdg_buf_bytes(&again));
	CHECK_STR(st->predicate_type, V1);
	CHECK_UINT(st->n_subjects, 2);
	CHECK(pdg_statement_has_sha256(st, SHA_A) && pdg_statement_has_sha256(st, SHA_B));
	CHECK_STR(b.build_type, PDG_BUILD_TYPE);
	CHECK_STR(b.builder_id, m.builder_id);
	CHECK_STR(b.invocation_id, m.invocation_id);
	CHECK_STR(b.source_uri, REPO);
	CHECK_STR(b.source_ref, m.source_ref);
	CHECK_STR(b.source_commit, COMMIT_A);
	CHECK_STR(b.source_sha256, SHA_A);
	CHECK_HAS(pdg_buf_cstr(&out), "\"git+" REPO "@refs/heads/main\"");
	CHECK_HAS(pdg_buf_cstr(&out), "\"startedOn\":\"2023-11-14T22:13:20Z\"");
}

static void bad_builds_are_not_made(void)
{
	struct pdg_build_artifact artifact = {"app.tar", SHA_A};
	struct pdg_build_artifact wrong = {"app.tar", "abc"};
	const struct pdg_build_make good = {
		.builder_id = "b",
		.source_uri = REPO,
		.source_commit = COMMIT_A,
		.artifacts = &artifact,
		.n_artifacts = 1,
	};
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_build_make m = good;
	struct pdg_error err = {0};

	CHECK_OK(pdg_build_make(&m, &out, &err), &err);
	m.builder_id = "";
	CHECK_CODE(pdg_build_make(&m, &out, &err), &err, PDG_E_USAGE);
	m = good;
	m.n_artifacts = 0;
	CHECK_CODE(pdg_build_make(&m, &out, &err), &err, PDG_E_USAGE);
	m = good;
	m.artifacts = &wrong;
	CHECK_CODE(pdg_build_make(&m, &out, &err), &err, PDG_E_USAGE);
	m = good;
	m.source_commit = "main";
	CHECK_CODE(pdg_build_make(&m, &out, &err), &err, PDG_E_USAGE);
	m = good;
	m.source_sha256 = COMMIT_A;
	CHECK_CODE(pdg_build_make(&m, &out, &err), &err, PDG_E_USAGE);
	m = good;
	m.source_uri = "";
	CHECK_RULE(pdg_build_make(&m, &out, &err), &err, "URI-1");
}

PDG_TEST_MAIN("build", {"unreadable provenance is refused", unreadable_provenance_is_refused},
	      {"builds have numbers", builds_have_numbers}, {"links are judged", links_are_judged},
	      {"empty build links to nothing", empty_build_links_to_nothing},
	      {"what is made is read", what_is_made_is_read},
	      {"bad builds are not made", bad_builds_are_not_made})
