/* SPDX-License-Identifier: Apache-2.0 */
/* What the tokens of each kind of CI say of a build; a claim that is missing or not of its form
 * ends it. */
#include <stdio.h>

#include "stage/ci.h"
#include "support/check.h"

#define SHA    "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
#define ACTION "https://token.actions.githubusercontent.com"
#define GITHUB                                                                                     \
	"{\"repository\":\"company/myapp\",\"sha\":\"" SHA "\",\"ref\":\"refs/heads/main\","       \
	"\"event_name\":\"push\",\"run_id\":\"17\",\"run_attempt\":\"2\","                         \
	"\"workflow_ref\":\"company/myapp/.github/workflows/r.yml@refs/heads/main\"}"
#define GITLAB                                                                                     \
	"{\"project_path\":\"company/team/myapp\",\"sha\":\"" SHA "\",\"ref\":\"v1\","             \
	"\"ref_type\":\"tag\",\"pipeline_source\":\"web\",\"job_id\":\"302\"}"

static int read_ci(const char *issuer, const char *claims, struct pdg_ci *out,
		   struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;

	if (!CHECK_OK(pdg_json_load(pdg_bytes_str(claims), 8192, &o, err), err))
		return PDG_E_INTERNAL;
	return pdg_ci_read(issuer, o, out, err);
}

static void github(void)
{
	static const struct {
		const char *issuer, *repository;
	} cases[] = {
		{ACTION, "https://github.com/company/myapp"},
		{ACTION "/enterprise", "https://github.com/company/myapp"},
		{"https://token.actions.company.ghe.com", "https://company.ghe.com/company/myapp"},
		{"https://git.example:8443/_services/token",
		 "https://git.example:8443/company/myapp"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(ci) struct pdg_ci ci = {0};
		char run[256];

		pdg_test_case("%s", cases[i].issuer);
		if (!CHECK_OK(read_ci(cases[i].issuer, GITHUB, &ci, &err), &err))
			continue;
		(void)snprintf(run, sizeof(run), "%s/actions/runs/17/attempts/2",
			       cases[i].repository);
		CHECK_STR(ci.repository, cases[i].repository);
		CHECK_STR(ci.run, run);
		CHECK_STR(ci.commit, SHA);
		CHECK_STR(ci.ref, "refs/heads/main");
		CHECK_STR(ci.event, "push");
		CHECK_STR(ci.workflow, "company/myapp/.github/workflows/r.yml@refs/heads/main");
	}
	pdg_test_case(NULL);
}

static void gitlab(void)
{
	PDG_AUTO(ci) struct pdg_ci tag = {0};
	PDG_AUTO(ci) struct pdg_ci path = {0};
	struct pdg_error err = {0};

	if (CHECK_OK(read_ci("https://gitlab.example/", GITLAB, &tag, &err), &err)) {
		CHECK_STR(tag.repository, "https://gitlab.example/company/team/myapp");
		CHECK_STR(tag.run, "https://gitlab.example/company/team/myapp/-/jobs/302");
		CHECK_STR(tag.ref, "refs/tags/v1");
		CHECK_STR(tag.event, "web");
		CHECK_STR(tag.workflow, NULL);
	}
	CHECK_OK(read_ci("https://gitlab.example",
			 "{\"project_path\":\"a/b\",\"sha\":\"" SHA "\",\"ref\":\"x\","
			 "\"ref_type\":\"branch\",\"ref_path\":\"refs/merge-requests/1/head\","
			 "\"pipeline_source\":\"merge_request_event\",\"job_id\":\"1\"}",
			 &path, &err),
		 &err);
	CHECK_STR(path.ref, "refs/merge-requests/1/head");
}

static void usual_events(void)
{
	static const struct {
		const char *issuer, *claims, *event;
		bool usual;
	} cases[] = {
		{ACTION, GITHUB, "push", true},
		{ACTION, GITHUB, "workflow_dispatch", true},
		{ACTION, GITHUB, "web", false},
		{ACTION, GITHUB, "pull_request", false},
		{ACTION, GITHUB, "pull_request_target", false},
		{ACTION, GITHUB, "workflow_run", false},
		{ACTION, GITHUB, "issue_comment", false},
		{ACTION, GITHUB, "schedule", false},
		{ACTION, GITHUB, "push_", false},
		{ACTION, GITHUB, "", false},
		{"https://gitlab.example", GITLAB, "push", true},
		{"https://gitlab.example", GITLAB, "web", true},
		{"https://gitlab.example", GITLAB, "workflow_dispatch", false},
		{"https://gitlab.example", GITLAB, "parent_pipeline", false},
		{"https://gitlab.example", GITLAB, "merge_request_event", false},
		{"https://gitlab.example", GITLAB, "external_pull_request_event", false},
		{"https://k8s.example", "{}", "push", false},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(json) json_t *o = NULL;

		pdg_test_case("%s %s", cases[i].issuer, cases[i].event);
		CHECK_OK(pdg_json_load(pdg_bytes_str(cases[i].claims), 8192, &o, &err), &err);
		CHECK(pdg_ci_event_usual(cases[i].issuer, o, cases[i].event) == cases[i].usual);
	}
	pdg_test_case(NULL);
}

static void claims_are_refused(void)
{
	static const struct {
		const char *rule, *issuer, *claims;
	} cases[] = {
		/* no CI's */
		{"IDN-9", "https://k8s.example",
		 "{\"sub\":\"system:serviceaccount:a:b\",\"kubernetes.io\":{\"namespace\":\"a\"}}"},
		{"IDN-9", "https://issuer.example", GITHUB},
		{"IDN-9", "https://token.actions.evil.example", GITHUB},
		{"IDN-9", "https://token.actions.a.evil.ghe.com", GITHUB},
		{"IDN-9", "https://token.actions.githubusercontent.com.evil.example", GITHUB},
		{"IDN-9", "https://token.actions..ghe.com", GITHUB},
		{"IDN-9", ACTION, "{\"repository_owner\":\"company\"}"},
		/* of GitHub, and not whole */
		{"TOK-11", ACTION, "{\"repository\":\"a/b\"}"},
		{"TOK-11", ACTION, "{\"repository\":7}"},
#define BAD(repository, sha, ref, event, run)                                                      \
	"{\"repository\":\"" repository "\",\"sha\":\"" sha "\",\"ref\":\"" ref                    \
	"\",\"event_name\":\"" event "\",\"run_id\":\"" run "\",\"run_attempt\":\"1\"}"
		{"TOK-11", ACTION, BAD("company", SHA, "refs/heads/m", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b/c", SHA, "refs/heads/m", "push", "1")},
		{"TOK-11", ACTION, BAD("a/..", SHA, "refs/heads/m", "push", "1")},
		{"TOK-11", ACTION, BAD("/b", SHA, "refs/heads/m", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b?x", SHA, "refs/heads/m", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b", "7fd1a60", "refs/heads/m", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b", SHA, "main", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b", SHA, "refs/heads/a b", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b", SHA, "refs/heads/a..b", "push", "1")},
		{"TOK-11", ACTION, BAD("a/b", SHA, "refs/heads/m", "", "1")},
		{"TOK-11", ACTION, BAD("a/b", SHA, "refs/heads/m", "push it", "1")},
		{"TOK-11", ACTION, BAD("a/b", SHA, "refs/heads/m", "push", "1/../2")},
		/* of GitLab */
		{"TOK-11", "https://g.example", "{\"project_path\":\"a/b\"}"},
		{"TOK-11", "https://g.example",
		 "{\"project_path\":\"a/b\",\"sha\":\"" SHA "\",\"ref\":\"x\","
		 "\"ref_type\":\"other\",\"pipeline_source\":\"web\",\"job_id\":\"1\"}"},
		{"TOK-11", "https://g.example",
		 "{\"project_path\":\"a/b\",\"sha\":\"" SHA "\",\"ref\":\"x\","
		 "\"ref_type\":\"tag\",\"ref_path\":\"x\",\"pipeline_source\":\"web\","
		 "\"job_id\":\"1\"}"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(ci) struct pdg_ci ci = {0};

		pdg_test_case("%s %s", cases[i].issuer, cases[i].claims);
		CHECK_RULE(read_ci(cases[i].issuer, cases[i].claims, &ci, &err), &err,
			   cases[i].rule);
		CHECK(ci.repository == NULL);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("ci", {"GitHub", github}, {"GitLab", gitlab}, {"usual events", usual_events},
	      {"claims are refused", claims_are_refused})
