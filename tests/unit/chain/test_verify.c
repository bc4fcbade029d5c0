/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts over one source and one build: whole, with a part gone, forged, or another's. */
#include "unit/chain/scene.h"

#include "util/jsonw.h"

/* --- good --- */

static void a_whole_chain_is_good(void)
{
	PDG_AUTO(scene) struct scene s;
	const struct pdg_chain_report *r;
	size_t i;

	scene_init(&s, NULL);
	expect_good(&s);
	r = s.r;
	CHECK_STR(r->subject, "sha256:" WORLD_ARTIFACT);
	CHECK_STR(r->stage[PDG_STAGE_SOURCE].reference, s.source.reference);
	CHECK_STR(r->stage[PDG_STAGE_BUILD].reference, s.build.reference);
	CHECK_STR(r->stage[PDG_STAGE_SOURCE].linked_by, "commit");
	CHECK_STR(r->stage[PDG_STAGE_BUILD].linked_by, "subject");
	CHECK_INT(r->stage[PDG_STAGE_SOURCE].grade, PDG_GRADE_SERVER);
	CHECK_INT(r->newest, WORLD_BUILD_AT);
	for (i = PDG_STAGE_SBOM; i < PDG_STAGE_DEPLOYMENT; i++)
		CHECK_INT(r->stage[i].state, PDG_STATE_NOT_REQUIRED);
	CHECK_INT(r->stage[PDG_STAGE_DEPLOYMENT].state, PDG_STATE_NOT_DEPLOYED);
	CHECK(has_note(r, "log log.example.com: embedded, unwitnessed"));
	CHECK(!has_note(r, "another"));
	CHECK(!has_note(r, "word"));
}

/* Each step that was made is shown, and each of them held. */
static void the_checks_are_listed(void)
{
	static const char *const source[] = {"journal", "countersignature", "log proof",
					     "git server", "commit"};
	static const char *const build[] = {"journal", "countersignature", "log proof", "builder"};
	PDG_AUTO(scene) struct scene s;
	const struct pdg_stage_report *r;
	size_t i;

	scene_init(&s, NULL);
	scene_judge(&s);
	r = &s.r->stage[PDG_STAGE_SOURCE];
	if (CHECK_UINT(r->n_checks, 5)) {
		for (i = 0; i < 5; i++)
			CHECK(r->checks[i].good && pdg_str_eq(r->checks[i].what, source[i]));
	}
	r = &s.r->stage[PDG_STAGE_BUILD];
	if (CHECK_UINT(r->n_checks, 4)) {
		for (i = 0; i < 4; i++)
			CHECK(r->checks[i].good && pdg_str_eq(r->checks[i].what, build[i]));
	}
}

/* --- gone --- */

static void a_missing_statement_breaks_the_chain(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	scene_clear(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, missing("CHN-1"), missing("CHN-1"));
	pdg_world_add(s.e, &s.source);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, missing("CHN-1"), missing("CHN-1"));
	scene_clear(&s);
	pdg_world_add(s.e, &s.build);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE, missing("CHN-1"), good);
	CHECK(s.r->stage[PDG_STAGE_SOURCE].findings[0].fix != NULL);
	CHECK_HAS(s.r->stage[PDG_STAGE_SOURCE].findings[0].message, "no such source");
}

static void drop_journal(struct pdg_made *m)
{
	pdg_journal_proof_free(m->journal);
	m->journal = NULL;
}

static void a_missing_part_is_the_services_word(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	pdg_buf_reset(&s.source.commit);
	scene_both(&s);
	expect_source(&s, "CHN-7");

	scene_make(&s, NULL, NULL);
	drop_journal(&s.source);
	scene_both(&s);
	expect_source(&s, "CHN-7");

	scene_make(&s, NULL, NULL);
	drop_journal(&s.build);
	scene_both(&s);
	expect_build(&s, "CHN-7");
}

/* The bundle or the envelope alone in the place of the build's record. */
static void a_bare_part_is_less(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	scene_clear(&s);
	pdg_world_add(s.e, &s.source);
	pdg_world_take(s.e, pdg_buf_bytes(&s.build.bundle));
	expect_build(&s, "CHN-7");

	scene_clear(&s);
	pdg_world_add(s.e, &s.source);
	pdg_world_take(s.e, pdg_buf_bytes(&s.build.envelope));
	expect_build(&s, "CHN-3");

	/* Two halves are not put together: each is judged as it stands. */
	pdg_world_take(s.e, pdg_buf_bytes(&s.build.bundle));
	expect_build(&s, "CHN-7");
}

static void the_policy_may_take_the_services_word(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, WORLD_POLICY "\tonServiceWord = true\n");
	scene_clear(&s);
	pdg_world_take(s.e, pdg_buf_bytes(&s.source.bundle));
	pdg_world_take(s.e, pdg_buf_bytes(&s.build.bundle));
	expect_good(&s);
	CHECK(has_note(s.r, "source: the commit and its signature is taken on the service's word"));
	CHECK(has_note(s.r, "source: the producer's signature is taken on the service's word"));
	CHECK(has_note(s.r, "build: the producer's signature is taken on the service's word"));
	CHECK(has_note(s.r, "build: when it was received is taken on the service's word"));
	CHECK(has_note(
		s.r, "that the source was there before the build is taken on the service's word"));
	CHECK_INT(s.r->newest, 0);

	/* A word is no countersignature. */
	scene_clear(&s);
	pdg_world_take(s.e, pdg_buf_bytes(&s.source.bundle));
	pdg_world_take(s.e, pdg_buf_bytes(&s.build.envelope));
	expect_build(&s, "CHN-3");

	/* Whole records need no word. */
	scene_both(&s);
	expect_good(&s);
	CHECK(!has_note(s.r, "word"));
}

/* --- forged --- */

struct forged {
	const char *what;
	struct pdg_make make;
	const char *rule;
	bool read; /* build: it was read before it was refused */
};

static void forged_builds_are_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_empty(&s, NULL);
	{
		const struct pdg_key *stranger = s.w.key[WORLD_STRANGER];
		const struct forged cases[] = {
			{"by a stranger", {.producer = stranger}, "CHN-6", true},
			{"by another builder",
			 {.producer = s.w.key[WORLD_NIGHTLY_KEY]},
			 "CHN-6",
			 true},
			{"by the git server", {.producer = s.w.key[WORLD_SERVER]}, "CHN-6", true},
			{"by the service alone",
			 {.producer = s.w.key[WORLD_SERVICE]},
			 "CHN-6",
			 true},
			{"countersigned by a stranger", {.service = stranger}, "CHN-3", false},
			{"countersigned by the builder",
			 {.service = s.w.key[WORLD_BUILDER_KEY]},
			 "CHN-3",
			 false},
			{"in the journal of a stranger", {.journal = stranger}, "JNL-2", false},
			{"in the service's journal",
			 {.journal = s.w.key[WORLD_SERVICE]},
			 "JNL-2",
			 false},
			{"in another log", {.log = s.w.other_log}, "LOG-8", false},
			{"in no log", {.unlogged = true}, "LOG-10", false},
			{"refused by the journal", {.rule = "BLD-6"}, "CHN-5", false},
			{"by an unknown builder", {.builder = WORLD_BUILDER "/"}, "CHN-6", true},
			{"of an unknown repository",
			 {.uri = "https://git.example.com/none"},
			 "CHN-8",
			 true},
			{"of a repository out of reach",
			 {.uri = "https://elsewhere.example/app"},
			 "CHN-6",
			 true},
			{"dated later than it was received",
			 {.finished = WORLD_BUILD_AT + 301},
			 "TIM-4",
			 true},
		};

		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			pdg_test_case("build %s", cases[i].what);
			scene_make(&s, NULL, &cases[i].make);
			scene_both(&s);
			if (cases[i].make.uri)
				expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE, broken("BLD-5"),
				       broken(cases[i].rule));
			else if (cases[i].read)
				expect_read_build(&s, cases[i].rule);
			else
				expect_build(&s, cases[i].rule);
		}
	}
	pdg_test_case(NULL);
}

static void forged_sources_are_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_empty(&s, NULL);
	{
		const struct pdg_key *stranger = s.w.key[WORLD_STRANGER];
		const struct forged cases[] = {
			{"by a stranger", {.producer = stranger}, "CHN-6", false},
			{"by the builder",
			 {.producer = s.w.key[WORLD_BUILDER_KEY]},
			 "CHN-6",
			 false},
			{"countersigned by a stranger", {.service = stranger}, "CHN-3", false},
			{"in the journal of a stranger", {.journal = stranger}, "JNL-2", false},
			{"in another log", {.log = s.w.other_log}, "LOG-8", false},
			{"refused by the journal", {.rule = "SRC-5"}, "CHN-5", false},
			{"of an unprotected ref", {.ref = "refs/heads/topic"}, "SRC-5", false},
			{"of no ref", {.ref = ""}, "SRC-5", false},
			{"of a clone", {.ref = "", .producer = stranger}, "CHN-8", false},
			{"with another sha256", {.source_sha256 = WORLD_OTHER}, "SRC-2", false},
			{"without signature", {.commit = "unsigned.raw"}, "SGN-2", false},
			{"of an unknown key", {.commit = "ssh-unknown.raw"}, "SGN-3", false},
			{"signed for another purpose",
			 {.commit = "ssh-namespace.raw"},
			 "SGN-4",
			 false},
			{"of a key for files", {.commit = "ssh-for-files.raw"}, "SGN-3", false},
			{"of a revoked key", {.commit = "ssh-revoked.raw"}, "SGN-5", false},
			{"of another's key", {.commit = "ssh-other-committer.raw"}, "SGN-9", false},
			{"squashed by a forge",
			 {.commit = "ssh-forge-squash.raw"},
			 "SGN-11",
			 false},
			{"signed twice by two", {.commit = "ssh-dual-foreign.raw"}, "COM-7", false},
			{"committed later than received",
			 {.received = WORLD_COMMITTED - 301},
			 "SGN-12",
			 false},
		};

		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct pdg_make build = {.commit = cases[i].make.commit};

			pdg_test_case("source %s", cases[i].what);
			scene_make(&s, &cases[i].make, &build);
			scene_both(&s);
			expect_source(&s, cases[i].rule);
		}
	}
	pdg_test_case(NULL);
}

static void other_good_commits_are_good(void)
{
	static const char *const commits[] = {"ssh-good.raw",	     "ssh-team.raw",
					      "ssh-dual.raw",	     "ssh-until-march.raw",
					      "ssh-forge-merge.raw", "ssh-sha256.raw"};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_empty(&s, NULL);
	for (i = 0; i < sizeof(commits) / sizeof(commits[0]); i++) {
		struct pdg_make make = {.commit = commits[i]};

		pdg_test_case("%s", commits[i]);
		scene_make(&s, &make, &make);
		scene_both(&s);
		expect_good(&s);
	}
	pdg_test_case(NULL);
}

/* --- another's --- */

static void swap_bufs(struct pdg_buf *a, struct pdg_buf *b)
{
	struct pdg_buf t = *a;

	*a = *b;
	*b = t;
}

static void parts_of_another_record_are_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(made) struct pdg_made other = {.stage = NULL};
	struct pdg_journal_proof *p;

	scene_init(&s, NULL);
	pdg_world_build(&s.w, &(struct pdg_make){.invocation = "2"}, &other);
	p = s.build.journal;
	s.build.journal = other.journal;
	other.journal = p;
	scene_both(&s);
	expect_build(&s, "CHN-5");
	pdg_made_done(&other);

	scene_make(&s, NULL, NULL);
	pdg_world_source(&s.w, &(struct pdg_make){.commit = "ssh-team.raw"}, &other);
	swap_bufs(&s.source.commit, &other.commit);
	scene_both(&s);
	expect_source(&s, "SRC-2");
}

/* The log entry of another statement, in the bundle of this one. */
static void the_log_entry_of_another_is_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(made) struct pdg_made other = {.stage = NULL};
	PDG_AUTO(bundle) struct pdg_bundle *own = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *foreign = NULL;
	struct pdg_error err = {0};

	scene_init(&s, NULL);
	pdg_world_build(&s.w, &(struct pdg_make){.invocation = "2"}, &other);
	if (!CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&s.build.bundle), &own, &err), &err) ||
	    !CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&other.bundle), &foreign, &err), &err))
		return;
	pdg_buf_reset(&s.build.bundle);
	CHECK_OK(pdg_bundle_write(
			 &(struct pdg_bundle_parts){
				 .key = s.w.key[WORLD_SERVICE],
				 .entry = foreign->entries[0],
				 .payload = pdg_buf_bytes(&own->envelope->payload),
				 .sig = pdg_buf_bytes(&own->envelope->sigs[0].sig)},
			 &s.build.bundle, &err),
		 &err);
	scene_both(&s);
	expect_build(&s, "LOG-7");

	/* One entry that holds does not make up for one that does not. */
	foreign->entries[0]->log_index ^= 1;
	pdg_buf_reset(&s.build.bundle);
	CHECK_OK(pdg_bundle_write(
			 &(struct pdg_bundle_parts){
				 .key = s.w.key[WORLD_SERVICE],
				 .entry = own->entries[0],
				 .payload = pdg_buf_bytes(&own->envelope->payload),
				 .sig = pdg_buf_bytes(&own->envelope->sigs[0].sig)},
			 &s.build.bundle, &err),
		 &err);
	{
		PDG_AUTO(buf) struct pdg_buf entry = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
		struct pdg_jw w;

		pdg_buf_puts(&entry, "\"tlogEntries\":[");
		pdg_jw_init(&w, &entry);
		pdg_entry_write(foreign->entries[0], &w);
		pdg_buf_puts(&entry, ",");
		pdg_test_replace(&s.build.bundle, NULL, "\"tlogEntries\":[", pdg_buf_cstr(&entry));
	}
	scene_both(&s);
	expect_build(&s, "LOG-1");
}

/* The same statement with a blank more is another statement: none of its signatures is on it. */
static void a_re_encoded_statement_is_another(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(made) struct pdg_made blank = {.stage = NULL};
	struct pdg_make make = {.stage = "build"};

	scene_init(&s, NULL);
	pdg_buf_put(&text, pdg_buf_bytes(&s.build.payload));
	pdg_test_replace(&text, NULL, "{\"_type\"", "{ \"_type\"");
	make.payload = pdg_buf_cstr(&text);
	pdg_world_build(&s.w, &make, &blank);
	CHECK(!pdg_str_eq(blank.reference, s.build.reference));

	/* Everything of the first but the payload. */
	swap_bufs(&blank.bundle, &s.build.bundle);
	scene_clear(&s);
	pdg_world_add(s.e, &s.source);
	{
		PDG_AUTO(buf) struct pdg_buf record = PDG_BUF_INIT(PDG_LIMIT_RECORD);
		PDG_AUTO(record) struct pdg_record *r = NULL;
		struct pdg_error err = {0};

		pdg_made_record(&blank, &record);
		CHECK_RULE(pdg_record_parse(pdg_buf_bytes(&record), NULL, &r, &err), &err, "REC-1");
	}
	swap_bufs(&blank.bundle, &s.build.bundle);
	swap_bufs(&blank.envelope, &s.build.envelope);
	{
		struct pdg_journal_proof *p = blank.journal;

		blank.journal = s.build.journal;
		s.build.journal = p;
	}
	swap_bufs(&blank.envelope, &s.build.envelope);
	pdg_world_add(s.e, &blank);
	expect_build(&s, "CHN-5");
}

static void statements_of_other_things_do_not_link(void)
{
	static const struct {
		const char *what;
		struct pdg_make source, build;
		enum pdg_state state;
		const char *rule;
	} cases[] = {
		{"another commit", {0}, {.commit = "ssh-team.raw"}, PDG_STATE_MISSING, "CHN-1"},
		{"another repository", {0}, {.uri = WORLD_OTHER_URI}, PDG_STATE_BROKEN, "BLD-5"},
		{"another ref", {0}, {.ref = "refs/heads/release/1"}, PDG_STATE_BROKEN, "BLD-5"},
		{"another ref by its short name",
		 {0},
		 {.ref = "release/1"},
		 PDG_STATE_BROKEN,
		 "BLD-5"},
		{"another sha256", {0}, {.source_sha256 = WORLD_OTHER}, PDG_STATE_BROKEN, "BLD-5"},
		{"the ref", {0}, {.ref = "main"}, PDG_STATE_GOOD, NULL},
		{"a release",
		 {.ref = "refs/heads/release/1"},
		 {.ref = "refs/heads/release/1"},
		 PDG_STATE_GOOD,
		 NULL},
	};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_empty(&s, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool stands = cases[i].rule == NULL;

		pdg_test_case("the build names %s", cases[i].what);
		scene_make(&s, &cases[i].source, &cases[i].build);
		scene_both(&s);
		expect(&s, stands ? PDG_VERDICT_GOOD : PDG_VERDICT_REFUSED,
		       stands ? -1 : PDG_STAGE_SOURCE,
		       (struct expected){cases[i].state, cases[i].rule}, good);
	}
	pdg_test_case("another artifact");
	scene_make(&s, NULL, &(struct pdg_make){.artifact = WORLD_OTHER});
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, missing("CHN-1"), missing("CHN-1"));
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("verify", {"a whole chain is good", a_whole_chain_is_good},
	      {"the checks are listed", the_checks_are_listed},
	      {"a missing statement breaks the chain", a_missing_statement_breaks_the_chain},
	      {"a missing part is the service's word", a_missing_part_is_the_services_word},
	      {"a bare part is less", a_bare_part_is_less},
	      {"the policy may take the service's word", the_policy_may_take_the_services_word},
	      {"forged builds are refused", forged_builds_are_refused},
	      {"forged sources are refused", forged_sources_are_refused},
	      {"other good commits are good", other_good_commits_are_good},
	      {"parts of another record are refused", parts_of_another_record_are_refused},
	      {"the log entry of another is refused", the_log_entry_of_another_is_refused},
	      {"a re-encoded statement is another", a_re_encoded_statement_is_another},
	      {"statements of other things do not link", statements_of_other_things_do_not_link})
