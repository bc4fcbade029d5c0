/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build provenance in the shapes that build systems emit (ecosystem.md 7): which source it names,
 * and by which field (rules.md 3.4); what is ambiguous; what links to a source statement.
 */
#include "stage/build.h"

#include "unit/stage/stage_data.h"
#include "util/str.h"

#define V1	    "https://slsa.dev/provenance/v1"
#define V02	    "https://slsa.dev/provenance/v0.2"
#define REPO	    "https://git.example.com/team/app"
#define RUN	    "'runDetails':{'builder':{'id':'https://ci.example.com/b'}}"
#define GITHUB	    "https://actions.github.io/buildtypes/workflow/v1"
#define GITLAB	    "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/1.0/PROVENANCE.md"
#define CLOUD_BUILD "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1"
#define BUILDKIT                                                                                   \
	"https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"
#define TEKTON "https://tekton.dev/chains/v2/slsa-tekton"

/* A v1 predicate of type @t with external parameters @e and the rest of its definition @r. */
#define DEF(t, e, r)                                                                               \
	"{'buildDefinition':{'buildType':'" t "','externalParameters':" e r "}," RUN "}"
#define DEP(uri, digest) "{'uri':'" uri "','digest':{" digest "}}"
#define DEPS(d)		 ",'resolvedDependencies':[" d "]"
#define OLD(rest)	 "{'builder':{'id':'https://ci.example.com/b'}," rest "}"

struct named {
	const char *what;
	const char *type;
	const char *predicate;
	const char *ref;
	const char *commit;
	const char *sha256;
	const char *from;
};

static const struct named named[] = {
	{"GitHub", V1,
	 DEF(GITHUB,
	     "{'workflow':{'repository':'" REPO "','ref':'refs/heads/main','path':'w.yml'}}",
	     DEPS(DEP("git+" REPO "@refs/heads/main", "'gitCommit':'" COMMIT_A "'"))),
	 "refs/heads/main", COMMIT_A, NULL, "externalParameters.workflow"},
	{"GitHub, other dependencies besides", V1,
	 DEF(GITHUB, "{'workflow':{'repository':'" REPO "','ref':'refs/heads/main'}}",
	     DEPS(DEP("git+https://git.example.com/lib@refs/heads/x",
		      "'gitCommit':'" COMMIT_B
		      "'") "," DEP("git+" REPO ".git@refs/heads/main",
				   "'gitCommit':'" COMMIT_A
				   "'") "," DEP("pkg:npm/x@1", "'sha256':'" SHA_B "'"))),
	 "refs/heads/main", COMMIT_A, NULL, "externalParameters.workflow"},
	{"GitHub's type without its field", V1,
	 DEF(GITHUB, "{'source':{'uri':'" REPO "','digest':{'sha1':'" COMMIT_A "'}}}", ""), NULL,
	 COMMIT_A, NULL, "externalParameters.source"},
	{"GitLab, commit under sha256", V1,
	 DEF(GITLAB, "{'source':'" REPO "','entryPoint':'job'}",
	     DEPS(DEP(REPO, "'sha256':'" COMMIT_A "'"))),
	 NULL, COMMIT_A, NULL, "externalParameters.source"},
	{"GitLab v0.2", V02,
	 OLD("'buildType':'" GITLAB "','invocation':{'configSource':{'uri':'" REPO
	     "','digest':{'sha256':'" COMMIT_A "'},'entryPoint':'job'}}"),
	 NULL, COMMIT_A, NULL, "invocation.configSource"},
	{"Cloud Build", V1,
	 DEF(CLOUD_BUILD,
	     "{'buildConfigSource':{'repository':'git+" REPO "','ref':'refs/tags/v1'}}",
	     ",'internalParameters':{'systemSubstitutions':{'COMMIT_SHA':'" COMMIT_A "'}}"),
	 "refs/tags/v1", COMMIT_A, NULL, "externalParameters.buildConfigSource"},
	{"Cloud Build, configuration from elsewhere", V1,
	 DEF(CLOUD_BUILD,
	     "{'buildConfigSource':{'repository':'https://git.example.com/config','ref':'refs/heads/c'},"
	     "'sourceToBuild':{'repository':'" REPO "','ref':'refs/heads/main'}}",
	     DEPS(DEP("git+" REPO "@refs/heads/main", "'gitCommit':'" COMMIT_A "'") "," DEP(
		     "git+https://git.example.com/config", "'gitCommit':'" COMMIT_B "'"))),
	 "refs/heads/main", COMMIT_A, NULL, "externalParameters.buildConfigSource"},
	{"Cloud Build, a commit for a ref", V1,
	 DEF(CLOUD_BUILD, "{'buildConfigSource':{'repository':'" REPO "','ref':'" COMMIT_A "'}}",
	     ""),
	 NULL, COMMIT_A, NULL, "externalParameters.buildConfigSource"},
	{"BuildKit", V1,
	 DEF(BUILDKIT,
	     "{'configSource':{'uri':'" REPO ".git#refs/heads/main:sub','digest':{'sha1':'" COMMIT_A
	     "'},'path':'Dockerfile'}}",
	     ""),
	 "refs/heads/main", COMMIT_A, NULL, "externalParameters.configSource"},
	{"Tekton", V1,
	 DEF(TEKTON,
	     "{'buildConfigSource':{'repository':'https://git.example.com/tasks','ref':'sha1:" COMMIT_B
	     "'}}",
	     DEPS("{'name':'inputs/result','uri':'git+" REPO ".git','digest':{'sha1':'" COMMIT_A
		  "'}}," DEP("git+https://git.example.com/tasks", "'sha1':'" COMMIT_B "'"))),
	 NULL, COMMIT_A, NULL, "resolvedDependencies inputs/result"},
	{"Tekton v0.2", V02,
	 OLD("'buildType':'tekton.dev/v1beta1/TaskRun','invocation':{'configSource':{'uri':"
	     "'git+https://git.example.com/tasks','digest':{'sha1':'" COMMIT_B
	     "'}}},'materials':[" DEP("git+" REPO ".git", "'sha1':'" COMMIT_A "'") "," DEP(
		     "oci://img", "'sha256':'" SHA_A "'") "]"),
	 NULL, COMMIT_A, NULL, "materials"},
	{"the seed's hybrid", V02,
	 "{'buildDefinition':{'externalParameters':{'source':{'uri':'" REPO
	 "','digest':{'sha256':'" SHA_A
	 "'},'entrypoint':'Dockerfile'}},'resolvedDependencies':[{'uri':'npm://x@5','digest':"
	 "{'npm':'sha512:y'}}]},'runDetails':{'builder':{'id':'https://ci.example.com/b'},"
	 "'byproducts':[]}}",
	 NULL, NULL, SHA_A, "externalParameters.source"},
	{"slsa-github-generator v0.2", V02,
	 OLD("'buildType':'https://github.com/slsa-framework/slsa-github-generator/generic@v1',"
	     "'invocation':{'configSource':{'uri':'git+" REPO
	     "@refs/tags/v1','digest':{'sha1':'" COMMIT_A
	     "'}}},'materials':[" DEP("git+" REPO "@refs/tags/v1", "'sha1':'" COMMIT_A "'") "]"),
	 "refs/tags/v1", COMMIT_A, NULL, "invocation.configSource"},
	{"both digests, and a ref of its own", V1,
	 DEF("https://example.com/t",
	     "{'source':{'uri':'" REPO "','ref':'main','digest':{'gitCommit':'" COMMIT_A
	     "','sha256':'" SHA_A "'}}}",
	     ""),
	 "main", COMMIT_A, SHA_A, "externalParameters.source"},
	{"commit in the URI", V1,
	 DEF("https://example.com/t", "{'source':'git+" REPO "@" COMMIT_A "'}", ""), NULL, COMMIT_A,
	 NULL, "externalParameters.source"},
	{"the first place decides, the rest is not read", V1,
	 DEF("https://example.com/t",
	     "{'source':{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "'}}}",
	     DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_B "'"))),
	 NULL, COMMIT_A, NULL, "externalParameters.source"},
	{"the only git dependency", V1,
	 DEF("https://example.com/t", "{}",
	     DEPS(DEP("pkg:npm/x@1", "'sha1':'" COMMIT_B "'") "," DEP(
		     "https://example.com/file.tar",
		     "'sha1':'" COMMIT_B "'") "," DEP(REPO, "'gitCommit':'" COMMIT_A "'"))),
	 NULL, COMMIT_A, NULL, "the only git dependency"},
	{"Cloud Build v0.1, commit in the path", "https://slsa.dev/provenance/v0.1",
	 OLD("'recipe':{'type':'x'},'materials':[{'uri':'" REPO "/commit/" COMMIT_A "'}]"), NULL,
	 COMMIT_A, NULL, "the only git dependency"},
	{"Cloud Build v0.1, digest", "https://slsa.dev/provenance/v0.1",
	 OLD("'recipe':{'type':'x'},'materials':[" DEP(REPO, "'sha1':'" COMMIT_A "'") "]"), NULL,
	 COMMIT_A, NULL, "the only git dependency"},
};

static void sources_are_found(void)
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const struct named *n = &named[i];
		PDG_AUTO(statement) struct pdg_statement *st = statement(n->type, n->predicate);
		PDG_AUTO(build) struct pdg_build b = {0};
		struct pdg_error err = {0};

		pdg_test_case("%s", n->what);
		if (!CHECK_OK(pdg_build_read(st, &b, &err), &err))
			continue;
		CHECK_STR(b.builder_id, "https://ci.example.com/b");
		CHECK_STR(b.source_ref, n->ref);
		CHECK_STR(b.source_commit, n->commit);
		CHECK_STR(b.source_sha256, n->sha256);
		CHECK_STR(b.source_from, n->from);
		CHECK(strstr(b.source_uri, "git.example.com/team/app") != NULL);
	}
	pdg_test_case(NULL);
}

struct refused {
	const char *rule;
	const char *predicate;
};

static void check_refused(const struct refused *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		PDG_AUTO(statement) struct pdg_statement *st = statement(V1, cases[i].predicate);
		PDG_AUTO(build) struct pdg_build b = {0};
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].predicate);
		CHECK_RULE(pdg_build_read(st, &b, &err), &err, cases[i].rule);
		CHECK(b.builder_id == NULL && b.source_uri == NULL);
	}
	pdg_test_case(NULL);
}

#define SOURCE(s) DEF("https://example.com/t", "{'source':" s "}", "")

static void ambiguous_sources_are_refused(void)
{
	static const struct refused cases[] = {
		{"BLD-4", SOURCE("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A
				 "','sha1':'" COMMIT_B "'}}")},
		{"BLD-4",
		 SOURCE("{'uri':'" REPO "@" COMMIT_B "','digest':{'gitCommit':'" COMMIT_A "'}}")},
		{"BLD-4", SOURCE("{'uri':'" REPO "@refs/heads/a','ref':'refs/heads/b','digest':"
				 "{'gitCommit':'" COMMIT_A "'}}")},
		{"BLD-4", SOURCE("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A
				 "','sha256':'" COMMIT_B "'}}")},
		{"BLD-4",
		 DEF(GITHUB, "{'workflow':{'repository':'" REPO "','ref':'refs/heads/main'}}",
		     DEPS(DEP("git+" REPO "@refs/heads/main", "'gitCommit':'" COMMIT_A "'") "," DEP(
			     "git+" REPO "@refs/heads/main", "'gitCommit':'" COMMIT_B "'")))},
		{"BLD-4",
		 DEF(GITHUB, "{'workflow':{'repository':'" REPO "','ref':'refs/heads/main'}}",
		     DEPS(DEP("git+" REPO "@refs/heads/other", "'gitCommit':'" COMMIT_A "'")))},
		{"BLD-4",
		 DEF(CLOUD_BUILD,
		     "{'buildConfigSource':{'repository':'" REPO "','ref':'" COMMIT_A "'}}",
		     ",'internalParameters':{'systemSubstitutions':{'COMMIT_SHA':'" COMMIT_B
		     "'}}")},
		{"BLD-4",
		 DEF("https://example.com/t", "{}",
		     DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A "'") "," DEP(
			     "git+https://git.example.com/lib", "'gitCommit':'" COMMIT_A "'")))},
		{"BLD-4", DEF("https://example.com/t", "{}",
			      DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A "'") "," DEP(
				      "git+" REPO, "'gitCommit':'" COMMIT_B "'")))},
		{"BLD-4",
		 DEF(TEKTON, "{}",
		     DEPS("{'name':'inputs/result','uri':'git+" REPO "','digest':{'sha1':'" COMMIT_A
			  "'}},{'name':'inputs/result','uri':'git+" REPO
			  "2','digest':{'sha1':'" COMMIT_A "'}}"))},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

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

PDG_TEST_MAIN("build", {"sources are found", sources_are_found},
	      {"ambiguous sources are refused", ambiguous_sources_are_refused},
	      {"unreadable provenance is refused", unreadable_provenance_is_refused},
	      {"builds have numbers", builds_have_numbers}, {"links are judged", links_are_judged},
	      {"empty build links to nothing", empty_build_links_to_nothing},
	      {"what is made is read", what_is_made_is_read},
	      {"bad builds are not made", bad_builds_are_not_made})
