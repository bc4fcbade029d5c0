/* SPDX-License-Identifier: Apache-2.0 */
/* Several statements at once: which stands, whatever the order; grades, other stages, what is
 * unreadable. */
#include "unit/chain/scene.h"

/* Put another build, made as @m says, among the evidence. Its reference in @out, if wanted. */
static void add_build(struct scene *s, const struct pdg_make *m, char *out)
{
	PDG_AUTO(made) struct pdg_made made = {.stage = NULL};

	pdg_world_build(&s->w, m, &made);
	pdg_world_add(s->e, &made);
	if (out)
		memcpy(out, made.reference, sizeof(made.reference));
}

static void add_source(struct scene *s, const struct pdg_make *m, char *out)
{
	PDG_AUTO(made) struct pdg_made made = {.stage = NULL};

	pdg_world_source(&s->w, m, &made);
	pdg_world_add(s->e, &made);
	if (out)
		memcpy(out, made.reference, sizeof(made.reference));
}

/* --- several builds and sources --- */

/* attacks.md 47: in scene_judge() every order is tried. */
static void a_bad_statement_does_not_hide_a_good_one(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	add_build(&s,
		  &(struct pdg_make){.producer = s.w.key[WORLD_STRANGER],
				     .invocation = "2",
				     .received = WORLD_NOW},
		  NULL);
	add_source(&s, &(struct pdg_make){.ref = "refs/heads/topic", .received = WORLD_NOW}, NULL);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_SOURCE].reference, s.source.reference);
	CHECK_STR(s.r->stage[PDG_STAGE_BUILD].reference, s.build.reference);
	CHECK(has_note(s.r, "another build statement"));
	CHECK(has_note(s.r, "another source statement"));
	CHECK(has_note(s.r, "[CHN-6]"));
	CHECK(has_note(s.r, "[SRC-5]"));
}

/* Copies of one reference, of which one is damaged, or less. */
static void a_damaged_copy_does_not_hide_the_whole_one(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(made) struct pdg_made other = {.stage = NULL};
	struct pdg_journal_proof *own;

	scene_init(&s, NULL);
	pdg_world_build(&s.w, &(struct pdg_make){.invocation = "2"}, &other);
	/* The same build, with the journal leaf of another: fuller it could not be. */
	own = s.build.journal;
	s.build.journal = other.journal;
	pdg_world_add(s.e, &s.build);
	s.build.journal = own;
	pdg_world_take(s.e, pdg_buf_bytes(&s.build.bundle));
	expect_good(&s);
	CHECK(!has_note(s.r, "another"));
	pdg_world_add(s.e, &s.build);
	pdg_world_add(s.e, &s.source);
	expect_good(&s);
	CHECK(!has_note(s.r, "another"));
}

static void of_two_good_builds_the_later_stands(void)
{
	PDG_AUTO(scene) struct scene s;
	char later[PDG_REFERENCE_LEN];

	scene_init(&s, NULL);
	add_build(&s, &(struct pdg_make){.invocation = "2", .received = WORLD_BUILD_AT + 10},
		  later);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_BUILD].reference, later);
	CHECK(has_note(s.r, s.build.reference));
	/* A pending one does not stand before a logged one. */
	scene_both(&s);
	add_build(&s, &(struct pdg_make){.invocation = "3", .received = WORLD_NOW, .pending = true},
		  NULL);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_BUILD].reference, s.build.reference);
}

/* A chain is one path: a build is chosen with its source, not before it. */
static void the_build_with_a_source_stands(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	add_build(&s, &(struct pdg_make){.commit = "ssh-team.raw", .received = WORLD_NOW}, NULL);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_BUILD].reference, s.build.reference);
	add_source(&s, &(struct pdg_make){.commit = "ssh-team.raw", .ref = "refs/heads/topic"},
		   NULL);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_BUILD].reference, s.build.reference);
}

static void a_level_that_is_demanded_chooses_the_builder(void)
{
	static const struct pdg_make nightly = {.builder = WORLD_NIGHTLY, .received = WORLD_NOW};
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	add_build(&s, &nightly, NULL);
	expect_good(&s);
	CHECK(!pdg_str_eq(s.r->stage[PDG_STAGE_BUILD].reference, s.build.reference));
	pdg_world_policy(&s.w, WORLD_POLICY "\tminimumSlsaLevel = 2\n");
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_BUILD].reference, s.build.reference);
	CHECK(has_note(s.r, "[CHN-12]"));
	scene_make(&s, NULL, &nightly);
	scene_both(&s);
	expect_read_build(&s, "CHN-12");
}

/* Of sources of one commit on several refs the one that the build names. */
static void the_source_of_the_ref_that_is_named(void)
{
	PDG_AUTO(scene) struct scene s;
	char release[PDG_REFERENCE_LEN];

	scene_empty(&s, NULL);
	scene_make(&s, NULL, &(struct pdg_make){.ref = "refs/heads/release/1"});
	scene_both(&s);
	add_source(&s, &(struct pdg_make){.ref = "refs/heads/release/1"}, release);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_SOURCE].reference, release);
}

/* Two commits with one name and two contents (rules.md 3.3). Only on the service's word can it come
 * so far. */
static void two_contents_of_one_commit_conflict(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(made) struct pdg_made other = {.stage = NULL};

	scene_init(&s, WORLD_POLICY "\tonServiceWord = true\n");
	pdg_world_source(&s.w, &(struct pdg_make){.source_sha256 = WORLD_OTHER}, &other);
	pdg_buf_reset(&other.commit);
	pdg_world_add(s.e, &other);
	expect_source(&s, "SRC-6");
	/* A build that names the contents decides it. */
	scene_make(&s, NULL, &(struct pdg_make){.source_sha256 = WORLD_OTHER});
	scene_both(&s);
	pdg_world_add(s.e, &other);
	expect_good(&s);
	CHECK_STR(s.r->stage[PDG_STAGE_SOURCE].reference, other.reference);
}

/* A key that has had its time, listed first, does not stand before one that is good. */
static void another_signer_may_stand_in(void)
{
	PDG_AUTO(scene) struct scene s;
	struct pdg_policy_builder *b;
	struct pdg_key_list *keys;

	scene_empty(
		&s,
		"[trust]\n\ttrustedRoot = keys/root.json\n\tserviceKey = keys/service.pub\n"
		"\tjournalKey = keys/journal.pub\n" WORLD_REPOSITORIES "[builder \"" WORLD_BUILDER
		"\"]\n\trepository = https://git.example.com/*\n"
		"\tkey = keys/builder.pub\n\tkey = keys/nightly.pub\n\tslsaLevel = 3\n" WORLD_REQUIRE);
	b = &s.w.policy->builders[0];
	keys = &b->keys;
	scene_make(&s, NULL, &(struct pdg_make){.second = s.w.key[WORLD_NIGHTLY_KEY]});
	scene_both(&s);
	expect_good(&s);
	if (!CHECK_UINT(keys->n, 2))
		return;
	keys->v[0].when.before = WORLD_COMMITTED;
	expect_good(&s);
	keys->v[1].when.before = WORLD_COMMITTED;
	expect_read_build(&s, "TIM-2");
	keys->v[0].when.before = 0;
	expect_good(&s);
}

/* More of them than are listed one by one. */
static void many_statements_are_counted(void)
{
	PDG_AUTO(scene) struct scene s;
	char number[8];
	size_t i;

	scene_init(&s, NULL);
	for (i = 0; i < 13; i++) {
		(void)snprintf(number, sizeof(number), "%zu", i);
		add_build(&s,
			  &(struct pdg_make){.invocation = number,
					     .producer = s.w.key[WORLD_STRANGER]},
			  NULL);
	}
	expect_good(&s);
	CHECK(has_note(s.r, "and 3 more"));
}

/* --- grades --- */

static void a_clone_is_enough_where_the_policy_says_so(void)
{
	static const struct pdg_make clone = {.uri = WORLD_OTHER_URI, .ref = ""};
	static const struct pdg_make build = {.uri = WORLD_OTHER_URI};
	PDG_AUTO(scene) struct scene s;
	struct pdg_make m = clone;

	scene_empty(&s, NULL);
	m.producer = s.w.key[WORLD_STRANGER];
	scene_make(&s, &m, &build);
	scene_both(&s);
	expect_good(&s);
	CHECK_INT(s.r->stage[PDG_STAGE_SOURCE].grade, PDG_GRADE_CLONE);
	CHECK(has_note(s.r, "source: clone"));

	/* It must not say what the server alone may. */
	m.ref = WORLD_REF;
	scene_make(&s, &m, &build);
	scene_both(&s);
	expect_source(&s, "CHN-6");
	m.ref = "";
	m.late = true;
	scene_make(&s, &m, &build);
	scene_both(&s);
	expect_source(&s, "CHN-6");
	m.late = false;

	/* A forge's merge only the server can see through; a person's merge is as good as any. */
	m.commit = "ssh-forge-merge.raw";
	scene_make(&s, &m, &(struct pdg_make){.uri = WORLD_OTHER_URI, .commit = m.commit});
	scene_both(&s);
	expect_source(&s, "SRC-10");
}

static void a_section_must_say_what_it_takes(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(
		&s, WORLD_TRUST
		"[repository \"" WORLD_URI "\"]\n\tprotect = refs/heads/main\n"
		"\tsshAllowedSigners = keys/allowed_signers\n\tserverKey = keys/server.pub\n" WORLD_BUILDERS
			WORLD_REQUIRE);
	expect_source(&s, "CHN-8");
	pdg_world_policy(
		&s.w, WORLD_TRUST
		"[repository \"" WORLD_OTHER_URI "\"]\n"
		"\tsshAllowedSigners = keys/allowed_signers\n\tsourceFrom = clone\n" WORLD_BUILDERS
			WORLD_REQUIRE);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE, broken("CHN-8"), broken("CHN-8"));
}

/* --- other stages, other requirements --- */

static const char sbom_statement[] =
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"app.tar\",\"digest\":"
	"{\"sha256\":\"" WORLD_ARTIFACT "\"}}],\"predicateType\":\"https://spdx.dev/Document\","
	"\"predicate\":{}}";

static void stages_that_are_not_judged_count_for_nothing(void)
{
	static const struct pdg_make sbom = {.payload = sbom_statement, .stage = "sbom"};
	PDG_AUTO(scene) struct scene s;
	char reference[PDG_REFERENCE_LEN];

	scene_init(&s, NULL);
	add_build(&s, &sbom, reference);
	expect_good(&s);
	CHECK_INT(s.r->stage[PDG_STAGE_SBOM].state, PDG_STATE_NOT_REQUIRED);
	CHECK(has_note(s.r, reference));

	pdg_world_policy(&s.w, WORLD_POLICY "\tstage = sbom\n");
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SBOM, good, good);
	check_stage(s.r, PDG_STAGE_SBOM, broken("CHN-9"));
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SBOM, good, good);
	check_stage(s.r, PDG_STAGE_SBOM, missing("CHN-1"));

	/* Everything but deployment is required where nothing is said. */
	pdg_world_policy(&s.w, WORLD_TRUST WORLD_REPOSITORIES WORLD_BUILDERS);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SBOM, good, good);
	check_stage(s.r, PDG_STAGE_APPROVAL, missing("CHN-1"));
	CHECK_INT(s.r->stage[PDG_STAGE_DEPLOYMENT].state, PDG_STATE_NOT_DEPLOYED);
	pdg_world_policy(&s.w, WORLD_POLICY "\tstage = deployment\n");
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_DEPLOYMENT, good, good);
	check_stage(s.r, PDG_STAGE_DEPLOYMENT, missing("CHN-1"));
}

/* Zero checks is a failure (attacks.md 46). */
static void a_policy_that_requires_nothing_verifies_nothing(void)
{
	static const struct expected none = {PDG_STATE_NOT_REQUIRED, NULL};
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	s.w.policy->require.stages = 0;
	expect_good(&s);
	scene_clear(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, none, missing("CHN-2"));
	pdg_world_add(s.e, &s.source);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, none, missing("CHN-2"));
	/* A build alone is something; that no source is asked for is the policy's word. */
	scene_clear(&s);
	pdg_world_add(s.e, &s.build);
	expect(&s, PDG_VERDICT_GOOD, -1, none, good);
	/* What is there and wrong is wrong, required or not. */
	scene_make(&s, NULL, &(struct pdg_make){.producer = s.w.key[WORLD_STRANGER]});
	scene_clear(&s);
	pdg_world_add(s.e, &s.build);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, none, broken("CHN-6"));
}

/* --- what could not be read --- */

static void unreadable(struct scene *s, const char *where)
{
	struct pdg_error why = {0};

	(void)pdg_reject(&why, "REC-1", "torn");
	if (pdg_evidence_unreadable(s->e, where, &why, NULL) < 0)
		abort();
}

static void what_cannot_be_read_leaves_it_undecided(void)
{
	PDG_AUTO(scene) struct scene s;

	/* Nothing is missing: the damaged file is only named. */
	scene_init(&s, NULL);
	unreadable(&s, "torn.json");
	expect_good(&s);
	CHECK(has_note(s.r, "could not be read: torn.json: torn [REC-1]"));

	/* It may be what is missing. */
	scene_clear(&s);
	pdg_world_add(s.e, &s.source);
	unreadable(&s, "torn.json");
	expect(&s, PDG_VERDICT_UNDECIDED, PDG_STAGE_BUILD, missing("CHN-1"), missing("CHN-1"));
	scene_clear(&s);
	pdg_world_add(s.e, &s.build);
	unreadable(&s, "torn.json");
	expect(&s, PDG_VERDICT_UNDECIDED, PDG_STAGE_SOURCE, missing("CHN-1"), good);

	/* What was judged and refused stays so. */
	scene_make(&s, NULL, &(struct pdg_make){.producer = s.w.key[WORLD_STRANGER]});
	scene_both(&s);
	unreadable(&s, "torn.json");
	expect_read_build(&s, "CHN-6");
}

PDG_TEST_MAIN(
	"choice",
	{"a bad statement does not hide a good one", a_bad_statement_does_not_hide_a_good_one},
	{"a damaged copy does not hide the whole one", a_damaged_copy_does_not_hide_the_whole_one},
	{"of two good builds the later stands", of_two_good_builds_the_later_stands},
	{"the build with a source stands", the_build_with_a_source_stands},
	{"a level that is demanded chooses the builder",
	 a_level_that_is_demanded_chooses_the_builder},
	{"the source of the ref that is named", the_source_of_the_ref_that_is_named},
	{"two contents of one commit conflict", two_contents_of_one_commit_conflict},
	{"another signer may stand in", another_signer_may_stand_in},
	{"many statements are counted", many_statements_are_counted},
	{"a clone is enough where the policy says so", a_clone_is_enough_where_the_policy_says_so},
	{"a section must say what it takes", a_section_must_say_what_it_takes},
	{"stages that are not judged count for nothing",
	 stages_that_are_not_judged_count_for_nothing},
	{"a policy that requires nothing verifies nothing",
	 a_policy_that_requires_nothing_verifies_nothing},
	{"what cannot be read leaves it undecided", what_cannot_be_read_leaves_it_undecided})
