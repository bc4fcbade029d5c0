/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where build systems write the source (ecosystem.md 7): which place decides (rules.md 3.4), what
 * in it is ambiguous, and that what is there decides even where it cannot be read.
 */
#include "unit/stage/build_data.h"

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
	{"null is not there", V1,
	 DEF(GITHUB, "{'workflow':null,'source':null}",
	     DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A "'"))),
	 NULL, COMMIT_A, NULL, "the only git dependency"},
	{"Cloud Build, nothing else to build", V1,
	 DEF(CLOUD_BUILD,
	     "{'sourceToBuild':null,'buildConfigSource':{'repository':'" REPO "','ref':'" COMMIT_A
	     "'}}",
	     ",'internalParameters':null"),
	 NULL, COMMIT_A, NULL, "externalParameters.buildConfigSource"},
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

#define GIT_DEP	  DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A "'"))
#define BEHIND(e) DEF("https://example.com/t", e, GIT_DEP)

/* What stands in a place decides although it cannot be read; a good dependency stands behind it. */
static void what_is_there_decides(void)
{
	static const struct refused cases[] = {
		{"BLD-3", BEHIND("{'source':{}}")},
		{"BLD-3", BEHIND("{'source':''}")},
		{"BLD-3", BEHIND("{'source':{'uri':''}}")},
		{"BLD-3", BEHIND("{'source':{'uri':null}}")},
		{"BLD-3", BEHIND("{'source':{'digest':{'gitCommit':'" COMMIT_A "'}}}")},
		{"BLD-3", BEHIND("{'source':{'uri':'https://git.example.com/none'}}")},
		{"BLD-1", BEHIND("{'source':[]}")},
		{"BLD-1", BEHIND("{'source':7}")},
		{"BLD-1", BEHIND("{'source':{'uri':7}}")},
		{"BLD-1", BEHIND("{'source':{'uri':'" REPO "','ref':7}}")},
		{"BLD-1", BEHIND("{'source':{'uri':'" REPO "','digest':[]}}")},
		{"BLD-1",
		 SOURCE("{'uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "','sha512':7}}")},
		{"BLD-3", DEF(GITHUB, "{'workflow':{},'source':'" REPO "'}", GIT_DEP)},
		{"BLD-3", DEF(GITHUB, "{'workflow':{'ref':'refs/heads/main'}}", GIT_DEP)},
		{"BLD-1", DEF(GITHUB, "{'workflow':'w.yml','source':'" REPO "'}", GIT_DEP)},
		{"BLD-1", DEF(GITHUB, "{'workflow':{'repository':[]}}", GIT_DEP)},
		{"BLD-1", DEF(GITHUB, "{'workflow':{'repository':'" REPO "','ref':[]}}", GIT_DEP)},
		{"BLD-3", DEF(BUILDKIT, "{'configSource':{'path':'Dockerfile'}}", GIT_DEP)},
		{"BLD-1", DEF(BUILDKIT, "{'configSource':'" REPO "'}", GIT_DEP)},
		{"BLD-3", DEF(CLOUD_BUILD,
			      "{'sourceToBuild':{},'buildConfigSource':{'repository':'" REPO "'}}",
			      GIT_DEP)},
		{"BLD-3", DEF(CLOUD_BUILD, "{'buildConfigSource':{'path':'x'}}", GIT_DEP)},
		{"BLD-1",
		 DEF(CLOUD_BUILD,
		     "{'sourceToBuild':7,'buildConfigSource':{'repository':'" REPO "'}}", GIT_DEP)},
		{"BLD-1", DEF(CLOUD_BUILD, "{'buildConfigSource':{'repository':'" REPO "'}}",
			      GIT_DEP ",'internalParameters':{'systemSubstitutions':[]}")},
		{"BLD-1", DEF(CLOUD_BUILD, "{'buildConfigSource':{'repository':'" REPO "'}}",
			      GIT_DEP ",'internalParameters':{'systemSubstitutions':"
				      "{'COMMIT_SHA':7}}")},
		{"BLD-3",
		 DEF(TEKTON, "{'source':{'uri':'" REPO "@" COMMIT_A "'}}",
		     DEPS("{'name':'inputs/result','digest':{'gitCommit':'" COMMIT_A "'}}"))},
		{"BLD-1", DEF(TEKTON, "{'source':{'uri':'" REPO "@" COMMIT_A "'}}",
			      DEPS("{'name':'inputs/result','uri':'git+https://a b'}"))},
		{"BLD-1", DEF(TEKTON, "{'source':{'uri':'" REPO "@" COMMIT_A "'}}",
			      DEPS("{'name':'inputs/result','uri':['git+" REPO "']}"))},
		{"BLD-1", DEF(TEKTON, "{}", DEPS("{'name':7,'uri':'git+" REPO "'}"))},
		{"BLD-3", OLD("'invocation':{'configSource':{'entryPoint':'x'}},'materials':[" DEP(
				  "git+" REPO, "'sha1':'" COMMIT_A "'") "]")},
		{"BLD-1", OLD("'invocation':{'configSource':{'uri':7}},'materials':[" DEP(
				  "git+" REPO, "'sha1':'" COMMIT_A "'") "]")},
		{"BLD-1", OLD("'invocation':{'configSource':'" REPO
			      "'},'materials':[" DEP("git+" REPO, "'sha1':'" COMMIT_A "'") "]")},
		{"BLD-4",
		 DEF("https://example.com/t", "{}",
		     DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A
					   "'") ",{'digest':{'gitCommit':'" COMMIT_B "'}}"))},
		{"BLD-1",
		 DEF("https://example.com/t", "{}",
		     DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A "'") ",'git+" REPO "'"))},
		{"BLD-1", DEF("https://example.com/t", "{}",
			      DEPS(DEP("git+" REPO, "'gitCommit':'" COMMIT_A
						    "'") ",{'uri':'git+https://a b'}"))},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

PDG_TEST_MAIN("build places", {"sources are found", sources_are_found},
	      {"ambiguous sources are refused", ambiguous_sources_are_refused},
	      {"what is there decides", what_is_there_decides})
