/* SPDX-License-Identifier: Apache-2.0 */
/* Provenances as texts with ' for ", and how those are refused that must be. */
#ifndef PDG_TESTS_STAGE_BUILD_DATA_H
#define PDG_TESTS_STAGE_BUILD_DATA_H

#include "stage/build.h"
#include "unit/stage/stage_data.h"

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

#define SOURCE(s) DEF("https://example.com/t", "{'source':" s "}", "")

struct refused {
	const char *rule;
	const char *predicate;
};

static inline void check_refused(const struct refused *cases, size_t n)
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

#endif
