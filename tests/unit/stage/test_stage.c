/* SPDX-License-Identifier: Apache-2.0 */
/* The table of stages: names, types, and which stage a statement belongs to (T35). */
#include "stage/stage.h"

#include "trust/policy.h"
#include "unit/stage/stage_data.h"
#include "util/str.h"

static void table_is_whole(void)
{
	static const char *const names[] = {
		"source",   "build",	  "sbom", "vulnerability", "vex", "policy-evaluation",
		"approval", "deployment",
	};
	size_t i;

	CHECK_UINT(sizeof(names) / sizeof(names[0]), PDG_STAGE_COUNT);
	for (i = 0; i < PDG_STAGE_COUNT; i++) {
		const struct pdg_stage *s = pdg_stage((enum pdg_stage_id)i);

		pdg_test_case("%s", names[i]);
		CHECK_UINT(s->id, i);
		CHECK_STR(s->name, names[i]);
		CHECK(pdg_str_starts(s->predicate_type, "https://"));
		CHECK(s->also_read != NULL);
		/* Printed as it stands. */
		CHECK(pdg_str_starts(s->mend, "pedigree ") && !strchr(s->mend, '%'));
		CHECK_INT(s->judged, i <= PDG_STAGE_BUILD);
	}
	pdg_test_case(NULL);
}

static void statements_find_their_stage(void)
{
	static const struct {
		const char *type;
		const char *predicate;
		enum pdg_stage_id want;
	} cases[] = {
		{"https://slsa.dev/sourceverify/v1", "{}", PDG_STAGE_SOURCE},
		{"https://slsa.dev/provenance/v1", "{}", PDG_STAGE_BUILD},
		{"https://slsa.dev/provenance/v0.2", "{}", PDG_STAGE_BUILD},
		{"https://spdx.dev/predicate/spdx/v0.2", "{}", PDG_STAGE_SBOM},
		{"https://spdx.dev/Document", "{}", PDG_STAGE_SBOM},
		{"https://cyclonedx.org/bom", "{}", PDG_STAGE_SBOM},
		{"https://grype.dev/predicate/vulnerability-scan/v1", "{}",
		 PDG_STAGE_VULNERABILITY},
		{"https://cosign.sigstore.dev/attestation/vuln/v1", "{}", PDG_STAGE_VULNERABILITY},
		{"https://in-toto.io/attestation/vulns/v0.2", "{}", PDG_STAGE_VULNERABILITY},
		{"https://openvex.dev/predicate/vex/v1", "{}", PDG_STAGE_VEX},
		{"https://openvex.dev/ns", "{}", PDG_STAGE_VEX},
		{"https://openpolicyagent.org/predicate/policy-eval/v1", "{}", PDG_STAGE_POLICY},
		{"https://codenotary.dev/predicate/approval/v1", "{}", PDG_STAGE_APPROVAL},
		{"https://kubernetes.io/predicate/deployment/v1", "{}", PDG_STAGE_DEPLOYMENT},
		{"https://slsa.dev/verification_summary/v1",
		 "{'verifiedLevels':['SLSA_SOURCE_LEVEL_3']}", PDG_STAGE_SOURCE},
		{"https://slsa.dev/verification_summary/v1",
		 "{'verifiedLevels':['SLSA_BUILD_LEVEL_3']}", PDG_STAGE_POLICY},
		{"https://slsa.dev/verification_summary/v1", "{'verifiedLevels':[7]}",
		 PDG_STAGE_POLICY},
		{"https://slsa.dev/verification_summary/v1", "{}", PDG_STAGE_POLICY},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(statement)
		struct pdg_statement *st = statement(cases[i].type, cases[i].predicate);
		const struct pdg_stage *stage = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s %s", cases[i].type, cases[i].predicate);
		if (CHECK_OK(pdg_stage_of(st, &stage, &err), &err))
			CHECK_STR(stage->name, pdg_stage(cases[i].want)->name);
	}
	pdg_test_case(NULL);
}

static void other_types_are_refused(void)
{
	static const char *const types[] = {
		"https://slsa.dev/sourceverify/v2", "https://slsa.dev/sourceverify/v1/",
		"https://slsa.dev/Sourceverify/v1", "http://slsa.dev/sourceverify/v1",
		"https://slsa.dev/provenance/v1.0", "https://slsa.dev/provenance/v1?draft",
		"https://slsa.dev/provenance/",	    "https://example.com/custom",
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		PDG_AUTO(statement) struct pdg_statement *st = statement(types[i], "{}");
		const struct pdg_stage *stage = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", types[i]);
		CHECK_RULE(pdg_stage_of(st, &stage, &err), &err, "STG-1");
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("stage", {"table is whole", table_is_whole},
	      {"statements find their stage", statements_find_their_stage},
	      {"other types are refused", other_types_are_refused})
