/* SPDX-License-Identifier: Apache-2.0 */
/* Reports: the JSON's shape (docs/FORMATS.md, Chain), and the lines for people. */
#include "unit/chain/scene.h"

#include "support/capture.h"
#include "util/json.h"

static json_t *report_json(const struct pdg_chain_report *r)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};
	json_t *o = NULL;

	if (!CHECK_OK(pdg_report_json(r, &text, &err), &err) ||
	    !CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), PDG_LIMIT_MIB(1), &o, &err), &err))
		exit(EXIT_FAILURE);
	return o;
}

/* The members of @o are these and no others. */
static void check_members(const json_t *o, const char *const *names)
{
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_json_only(o, names, &err), &err);
	for (i = 0; names[i]; i++)
		CHECK(pdg_json_get(o, names[i]) != NULL);
}

static const char *text_of(const json_t *o, const char *name)
{
	return pdg_json_str_value(pdg_json_get(o, name));
}

static const char *const members[] = {"subject", "verdict",	   "firstBroken", "stages",
				      "notes",	 "newestReceived", NULL};
static const char *const source_members[] = {"stage", "state",	  "reference", "linkedBy",
					     "grade", "findings", NULL};
static const char *const stage_members[] = {"stage",	"state",    "reference",
					    "linkedBy", "findings", NULL};
static const char *const finding_members[] = {"rule", "stage", "digest", "message", "fix", NULL};

static void a_good_report_as_json(void)
{
	static const char *const names[] = {"source",	     "build",	  "sbom",
					    "vulnerability", "vex",	  "policy-evaluation",
					    "approval",	     "deployment"};
	static const char *const states[] = {"good",	     "good",	     "not-required",
					     "not-required", "not-required", "not-required",
					     "not-required", "not-deployed"};
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(json) json_t *o = NULL;
	const json_t *stages;
	size_t i;

	scene_init(&s, NULL);
	scene_judge(&s);
	o = report_json(s.r);
	check_members(o, members);
	CHECK_STR(text_of(o, "subject"), "sha256:" WORLD_ARTIFACT);
	CHECK_STR(text_of(o, "verdict"), "good");
	CHECK_STR(text_of(o, "firstBroken"), NULL);
	CHECK_STR(text_of(o, "newestReceived"), "2024-02-01T00:02:00Z");
	stages = pdg_json_get(o, "stages");
	CHECK_UINT(pdg_json_len(stages), 8);
	for (i = 0; i < 8; i++) {
		const json_t *stage = pdg_json_at(stages, i);

		check_members(stage, i == 0 ? source_members : stage_members);
		CHECK_STR(text_of(stage, "stage"), names[i]);
		CHECK_STR(text_of(stage, "state"), states[i]);
		CHECK_UINT(pdg_json_len(pdg_json_get(stage, "findings")), 0);
	}
	CHECK_STR(text_of(pdg_json_at(stages, 0), "reference"), s.source.reference);
	CHECK_STR(text_of(pdg_json_at(stages, 0), "grade"), "server");
	CHECK_STR(text_of(pdg_json_at(stages, 0), "linkedBy"), "commit");
	CHECK_STR(text_of(pdg_json_at(stages, 1), "reference"), s.build.reference);
	CHECK_STR(text_of(pdg_json_at(stages, 2), "reference"), NULL);
	CHECK_STR(text_of(pdg_json_at(stages, 2), "linkedBy"), NULL);
}

static void a_refusal_as_json(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(json) json_t *o = NULL;
	const json_t *stage;
	const json_t *finding;

	scene_empty(&s, NULL);
	scene_make(&s, NULL, &(struct pdg_make){.producer = s.w.key[WORLD_STRANGER]});
	scene_both(&s);
	scene_judge(&s);
	o = report_json(s.r);
	CHECK_STR(text_of(o, "verdict"), "refused");
	CHECK_STR(text_of(o, "firstBroken"), "build");
	stage = pdg_json_at(pdg_json_get(o, "stages"), 1);
	CHECK_STR(text_of(stage, "state"), "broken");
	if (!CHECK_UINT(pdg_json_len(pdg_json_get(stage, "findings")), 1))
		return;
	finding = pdg_json_at(pdg_json_get(stage, "findings"), 0);
	check_members(finding, finding_members);
	CHECK_STR(text_of(finding, "rule"), "CHN-6");
	CHECK_STR(text_of(finding, "stage"), "build");
	CHECK_STR(text_of(finding, "digest"), s.build.reference);
	CHECK(text_of(finding, "message") != NULL);
}

static void the_states_and_verdicts_by_name(void)
{
	static const char *const names[] = {"good",	   "missing",	 "broken",
					    "pending-log", "not-needed", "not-deployed",
					    "not-required"};
	struct pdg_chain_report r = {
		.subject = NULL, .verdict = PDG_VERDICT_UNDECIDED, .first_broken = PDG_STAGE_BUILD};
	PDG_AUTO(json) json_t *o = NULL;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_STR(pdg_state_name((enum pdg_state)i), names[i]);
	o = report_json(&r);
	CHECK_STR(text_of(o, "verdict"), "undecided");
	CHECK_STR(text_of(o, "firstBroken"), "build");
	CHECK_STR(text_of(o, "newestReceived"), NULL);
}

/* --- lines --- */

static const char *printed(const struct pdg_chain_report *r, bool verbose, struct pdg_buf *out)
{
	struct pdg_capture c = pdg_capture_begin(stdout);

	pdg_report_print(r, verbose);
	pdg_buf_reset(out);
	pdg_capture_end(&c, out);
	return pdg_buf_cstr(out);
}

static void a_good_report_for_people(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	const char *text;

	scene_init(&s, NULL);
	scene_judge(&s);
	text = printed(s.r, false, &out);
	CHECK(pdg_str_starts(text, "sha256:" WORLD_ARTIFACT "\n"));
	CHECK_HAS(text, "\n  source            good         ");
	CHECK_HAS(text, " on refs/heads/main, signed by alice@example.com");
	CHECK_HAS(text, "(source: server)\n");
	CHECK_HAS(text, "\n  build             good         by " WORLD_BUILDER ", from ");
	CHECK_HAS(text, "\n  deployment        not-deployed\n");
	CHECK_HAS(text, "\nchain good\n");
	CHECK(!strstr(text, "countersignature"));
	text = printed(s.r, true, &out);
	CHECK_HAS(text, "\n      ok  countersignature  ");
	CHECK_HAS(text, s.build.reference);
}

static void a_broken_chain_for_people(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	const char *text;

	scene_init(&s, WORLD_POLICY "\tstage = sbom\n");
	scene_judge(&s);
	text = printed(s.r, false, &out);
	CHECK_HAS(
		text,
		"\n  sbom              missing      no sbom statement [CHN-1]; pedigree attest sbom");
	CHECK_HAS(text, "\nchain broken at sbom: no sbom statement\n");

	scene_clear(&s);
	pdg_world_add(s.e, &s.build);
	scene_judge(&s);
	text = printed(s.r, true, &out);
	CHECK_HAS(text, "\nchain broken at source: the build names commit ");
	CHECK_HAS(text, ", no such source\n");
}

/* attacks.md 18: what a statement says cannot move the terminal. */
static void outside_text_is_made_printable(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_chain_report r = {.first_broken = PDG_STAGE_BUILD};
	struct pdg_error why = {0};
	const char *text;

	r.subject = pdg_str_dup("sha256:\x1b[2J");
	(void)pdg_reject(&why, "CHN-1", "\x1b]0;x\a \xe2\x80\xae good\r\n  build  good");
	CHECK_OK(pdg_report_finding(&r, PDG_STAGE_BUILD, NULL, &why, NULL), NULL);
	CHECK_OK(pdg_report_note(&r, "\x1b[31m", NULL), NULL);
	CHECK_OK(pdg_report_check(&r, PDG_STAGE_BUILD, "journal", false, "\x9b", NULL), NULL);
	text = printed(&r, true, &out);
	CHECK(!strchr(text, '\x1b') && !strchr(text, '\a') && !strchr(text, '\r'));
	CHECK(!strstr(text, "\xe2\x80\xae") && !strchr(text, '\x9b'));
	/* Nor put a line of its own into the report. */
	CHECK(!strstr(text, "\n  build  good"));
	CHECK_HAS(text, "\\x0d   build  good");
	free(r.stage[PDG_STAGE_BUILD].findings[0].message);
	free(r.stage[PDG_STAGE_BUILD].findings);
	free(r.stage[PDG_STAGE_BUILD].checks[0].what);
	free(r.stage[PDG_STAGE_BUILD].checks[0].detail);
	free(r.stage[PDG_STAGE_BUILD].checks);
	free(r.notes[0]);
	free(r.notes);
	free(r.subject);
}

PDG_TEST_MAIN("report", {"a good report as JSON", a_good_report_as_json},
	      {"a refusal as JSON", a_refusal_as_json},
	      {"the states and verdicts by name", the_states_and_verdicts_by_name},
	      {"a good report for people", a_good_report_for_people},
	      {"a broken chain for people", a_broken_chain_for_people},
	      {"outside text is made printable", outside_text_is_made_printable})
