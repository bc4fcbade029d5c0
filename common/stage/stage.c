/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of the eight stages. Which one a statement belongs to is decided here and nowhere else:
 * by its predicate type, byte for byte, and by its shape for the one type that two stages share.
 */
#include "stage/stage.h"

#include "util/str.h"
#include "util/time.h"

#define VSA	     "https://slsa.dev/verification_summary/v1"
#define SOURCE_LEVEL "SLSA_SOURCE_LEVEL_"

static const char *const source_also[] = {VSA, NULL};
static const char *const build_also[] = {
	"https://slsa.dev/provenance/v0.2",
	"https://slsa.dev/provenance/v0.1", /* Cloud Build (ecosystem.md 7) */
	NULL,
};
static const char *const sbom_also[] = {
	"https://spdx.dev/Document",
	"https://cyclonedx.org/bom",
	NULL,
};
static const char *const vulnerability_also[] = {
	"https://cosign.sigstore.dev/attestation/vuln/v1",
	"https://in-toto.io/attestation/vulns/v0.1",
	"https://in-toto.io/attestation/vulns/v0.2",
	NULL,
};
static const char *const vex_also[] = {
	"https://openvex.dev/ns",
	"https://openvex.dev/ns/v0.2.0",
	NULL,
};
static const char *const policy_also[] = {VSA, NULL};
static const char *const no_other[] = {NULL};

static const struct pdg_stage stages[] = {
	[PDG_STAGE_SOURCE] =
		{
			.id = PDG_STAGE_SOURCE,
			.name = "source",
			.predicate_type = "https://slsa.dev/sourceverify/v1",
			.also_read = source_also,
			.judged = true,
			.mend = "pedigree attest source COMMIT",
		},
	[PDG_STAGE_BUILD] =
		{
			.id = PDG_STAGE_BUILD,
			.name = "build",
			.predicate_type = "https://slsa.dev/provenance/v1",
			.also_read = build_also,
			.judged = true,
			.mend = "pedigree attest build --commit COMMIT --builder ID --key PEM --artifact FILE",
		},
	[PDG_STAGE_SBOM] =
		{
			.id = PDG_STAGE_SBOM,
			.name = "sbom",
			.predicate_type = "https://spdx.dev/predicate/spdx/v0.2",
			.also_read = sbom_also,
			.mend = "pedigree attest sbom SUBJECT",
		},
	[PDG_STAGE_VULNERABILITY] =
		{
			.id = PDG_STAGE_VULNERABILITY,
			.name = "vulnerability",
			.predicate_type = "https://grype.dev/predicate/vulnerability-scan/v1",
			.also_read = vulnerability_also,
			.mend = "pedigree attest vulnerability SUBJECT",
		},
	[PDG_STAGE_VEX] =
		{
			.id = PDG_STAGE_VEX,
			.name = "vex",
			.predicate_type = "https://openvex.dev/predicate/vex/v1",
			.also_read = vex_also,
			.mend = "pedigree attest vex SUBJECT",
		},
	[PDG_STAGE_POLICY] =
		{
			.id = PDG_STAGE_POLICY,
			.name = "policy-evaluation",
			.predicate_type = "https://openpolicyagent.org/predicate/policy-eval/v1",
			.also_read = policy_also,
			.mend = "pedigree attest policy SUBJECT",
		},
	[PDG_STAGE_APPROVAL] =
		{
			.id = PDG_STAGE_APPROVAL,
			.name = "approval",
			.predicate_type = "https://codenotary.dev/predicate/approval/v1",
			.also_read = no_other,
			.mend = "pedigree approve SUBJECT --scope SCOPE --reason REASON",
		},
	[PDG_STAGE_DEPLOYMENT] =
		{
			.id = PDG_STAGE_DEPLOYMENT,
			.name = "deployment",
			.predicate_type = "https://kubernetes.io/predicate/deployment/v1",
			.also_read = no_other,
			.mend = "pedigree attest deployment SUBJECT",
		},
};

const struct pdg_stage *pdg_stage(enum pdg_stage_id id)
{
	return &stages[id];
}

/* Does this verification summary speak of a source (formats.md 3.4)? */
static bool is_source_summary(const struct pdg_statement *st)
{
	const json_t *levels = pdg_json_get(st->predicate, "verifiedLevels");
	size_t i;

	for (i = 0; i < pdg_json_len(levels); i++) {
		const char *level = pdg_json_str_value(pdg_json_at(levels, i));

		if (level && pdg_str_starts(level, SOURCE_LEVEL))
			return true;
	}
	return false;
}

static bool reads(const struct pdg_stage *stage, const char *type)
{
	size_t i;

	if (pdg_str_eq(stage->predicate_type, type))
		return true;
	for (i = 0; stage->also_read[i]; i++) {
		if (pdg_str_eq(stage->also_read[i], type))
			return true;
	}
	return false;
}

int pdg_stage_of(const struct pdg_statement *st, const struct pdg_stage **out,
		 struct pdg_error *err)
{
	size_t i;

	if (pdg_str_eq(st->predicate_type, VSA)) {
		*out = &stages[is_source_summary(st) ? PDG_STAGE_SOURCE : PDG_STAGE_POLICY];
		return 0;
	}
	for (i = 0; i < PDG_STAGE_COUNT; i++) {
		if (reads(&stages[i], st->predicate_type)) {
			*out = &stages[i];
			return 0;
		}
	}
	return pdg_reject(err, "STG-1", "predicateType \"%s\" is none of a stage",
			  st->predicate_type);
}

int pdg_stage_date(const char *what, const char *text, int64_t received, struct pdg_error *err)
{
	int64_t t;

	if (!text)
		return 0;
	if (pdg_time_parse(pdg_bytes_str(text), &t, NULL) < 0)
		return pdg_reject(err, "TIM-4", "%s is '%.64s', no RFC 3339 date", what, text);
	if (t > received && t - received > PDG_TIME_TOLERANCE)
		return pdg_reject(err, "TIM-4", "%s is %s, later than it was received", what, text);
	return 0;
}
