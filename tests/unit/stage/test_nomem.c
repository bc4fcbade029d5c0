/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n: a source is not overlooked for want of memory, nothing
 * leaks. */
#include <stdio.h>

#include "stage/build.h"
#include "stage/build_oidc.h"
#include "support/failalloc.h"
#include "unit/stage/stage_data.h"

#define REPO "https://git.example.com/team/app"
#define RUN  "'runDetails':{'builder':{'id':'b'},'metadata':{'invocationId':7}}"

static struct pdg_statement *st;

static int read_build(struct pdg_error *err)
{
	PDG_AUTO(build) struct pdg_build b = {0};
	int rc = pdg_build_read(st, &b, err);

	if (rc < 0)
		CHECK(b.builder_id == NULL);
	else
		CHECK_STR(b.source_commit, COMMIT_A);
	return rc;
}

static int link_build(struct pdg_error *err)
{
	static char uri[] = "git+" REPO ".git";
	static char commit[] = COMMIT_A;
	const struct pdg_build b = {.source_uri = uri, .source_commit = commit};
	const struct pdg_source s = {.uri = REPO, .git_commit = COMMIT_A, .sha256 = SHA_A};

	return pdg_build_links(&b, &s, err);
}

static int make_build(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_build_artifact artifact = {"app", SHA_A};
	const struct pdg_build_make m = {.builder_id = "b",
					 .source_uri = REPO,
					 .source_ref = "refs/heads/main",
					 .source_commit = COMMIT_A,
					 .artifacts = &artifact,
					 .n_artifacts = 1};

	return pdg_build_make(&m, &out, err);
}

static const char raw[] =
	"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent " COMMIT_A "\n"
	"author A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\n\nm\n";

static int source(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *made = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = REPO, .raw = pdg_bytes_str(raw), .verdict = &v};
	struct pdg_source s = {0};
	int rc;

	pdg_verdict_init(&v);
	v.result = PDG_RESULT_GOOD;
	v.format = PDG_SIG_SSH;
	(void)snprintf(v.fingerprint, sizeof(v.fingerprint), "SHA256:x");
	rc = pdg_source_make(&m, &out, err);
	if (rc == 0)
		rc = pdg_statement_parse(pdg_buf_bytes(&out), &made, err);
	if (rc == 0)
		rc = pdg_source_read(made, &s, err);
	if (rc == 0)
		rc = pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, err);
	return rc;
}

static json_t *claims;
static struct pdg_outputs outputs;

static int read_outputs(struct pdg_error *err)
{
	PDG_AUTO(outputs) struct pdg_outputs o = {0};

	return pdg_outputs_read(pdg_bytes_str("{\"artifacts\":[{\"name\":\"app\",\"digest\":{"
					      "\"sha256\":\"" SHA_A "\"}}]}"),
				&o, err);
}

static int attest_ci(struct pdg_error *err)
{
	PDG_AUTO(ci) struct pdg_ci ci = {0};
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_build_oidc m = {.builder_id = "b",
				   .issuer = "https://git.example.com/_services/token",
				   .claims = claims,
				   .ci = &ci,
				   .outputs = &outputs};
	int rc = pdg_ci_read(m.issuer, claims, &ci, err);

	return rc < 0 ? rc : pdg_build_oidc_make(&m, &out, err);
}

static void a_ci(void)
{
	static const char text[] =
		"{\"repository\":\"team/app\",\"sha\":\"" COMMIT_A "\",\"ref\":\"refs/heads/main\","
		"\"event_name\":\"push\",\"run_id\":\"1\",\"run_attempt\":\"1\","
		"\"workflow_ref\":\"w\"}";
	struct pdg_error err = {0};

	pdg_failalloc_run("outputs", read_outputs);
	CHECK_OK(pdg_json_load(pdg_bytes_str(text), 4096, &claims, &err), &err);
	CHECK_OK(pdg_outputs_read(pdg_bytes_str("{\"artifacts\":[{\"name\":\"app\",\"digest\":{"
						"\"sha256\":\"" SHA_A "\"}}]}"),
				  &outputs, &err),
		 &err);
	pdg_failalloc_run("a CI's build", attest_ci);
	pdg_outputs_done(&outputs);
	pdg_json_free(claims);
}

static void every_allocation(void)
{
	static const char *const builds[] = {
		"{'buildDefinition':{'buildType':'https://actions.github.io/buildtypes/workflow/v1',"
		"'externalParameters':{'workflow':{'repository':'" REPO
		"','ref':'refs/heads/main'}},"
		"'resolvedDependencies':[{'uri':'git+" REPO
		"@refs/heads/main','digest':{'gitCommit':'" COMMIT_A "'}}]}," RUN "}",
		"{'buildDefinition':{'resolvedDependencies':[{'uri':'pkg:x/y'},{'uri':'git+" REPO
		"','digest':{'gitCommit':'" COMMIT_A "','sha256':'" SHA_A "'}}]}," RUN "}",
	};
	size_t i;

	for (i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		st = statement("https://slsa.dev/provenance/v1", builds[i]);
		pdg_failalloc_run("build", read_build);
		pdg_statement_free(st);
	}
	pdg_failalloc_run("link", link_build);
	pdg_failalloc_run("make a build", make_build);
	pdg_failalloc_run("source", source);
}

PDG_TEST_MAIN("nomem", {"every allocation", every_allocation}, {"a CI", a_ci})
