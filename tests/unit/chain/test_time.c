/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted time (rules.md 1): windows of keys and logs, the order of source and build, what is
 * pending. */
#include "unit/chain/scene.h"

#define MARCH INT64_C(1709251200)
#define APRIL INT64_C(1711929600)

/* The usual policy, but for the keys that it trusts. */
#define TRUSTING(trust)                                                                            \
	"[trust]\n\ttrustedRoot = keys/root.json\n" trust WORLD_REPOSITORIES WORLD_BUILDERS        \
		WORLD_REQUIRE

#define SERVICE		   "\tserviceKey = keys/service.pub\n"
#define JOURNAL		   "\tjournalKey = keys/journal.pub\n"
#define SERVICE_IN(window) "[trust \"service\"]\n\tserviceKey = keys/service.pub\n" window
#define JOURNAL_IN(window) "[trust \"journal\"]\n\tjournalKey = keys/journal.pub\n" window

/* Both statements are received at 2024-02-01T00:01:00Z and 00:02:00Z; now is 01:00:00Z. */
static void windows_of_keys_are_kept(void)
{
	static const struct {
		const char *what, *policy;
		const char *source, *build; /* rules; NULL: good */
	} cases[] = {
		{"a wide window",
		 TRUSTING(JOURNAL SERVICE_IN("\tvalidAfter = 2024-01-01T00:00:00Z\n"
					     "\tvalidBefore = 2024-12-31T00:00:00Z\n")),
		 NULL, NULL},
		{"service: over now, not then",
		 TRUSTING(JOURNAL SERVICE_IN("\tvalidBefore = 2024-02-01T00:30:00Z\n")), NULL,
		 NULL},
		{"service: over between the two",
		 TRUSTING(JOURNAL SERVICE_IN("\tvalidBefore = 2024-02-01T00:01:30Z\n")), NULL,
		 "TIM-2"},
		{"service: over before both",
		 TRUSTING(JOURNAL SERVICE_IN("\tvalidBefore = 2024-01-31T00:00:00Z\n")), "CHN-1",
		 "TIM-2"},
		{"service: begins between the two",
		 TRUSTING(JOURNAL SERVICE_IN("\tvalidAfter = 2024-02-01T00:01:30Z\n")), "TIM-1",
		 NULL},
		{"service: begins after both",
		 TRUSTING(JOURNAL SERVICE_IN("\tvalidAfter = 2024-02-01T00:10:00Z\n")), "CHN-1",
		 "TIM-1"},
		/* A journal's time is the service's word: it does not save a compromised key. */
		{"service: compromised later",
		 TRUSTING(JOURNAL SERVICE_IN("\tcompromisedSince = 2024-06-01T00:00:00Z\n")),
		 "CHN-1", "TIM-3"},
		{"journal: over between the two",
		 TRUSTING(SERVICE JOURNAL_IN("\tvalidBefore = 2024-02-01T00:01:30Z\n")), NULL,
		 "TIM-2"},
		{"journal: compromised",
		 TRUSTING(SERVICE JOURNAL_IN("\tcompromisedSince = 2024-06-01T00:00:00Z\n")),
		 "CHN-1", "TIM-3"},
		/* Without a journal there is no time but now. */
		{"no journal, the key is good now", TRUSTING(SERVICE), NULL, NULL},
		{"no journal, the key was good then",
		 TRUSTING(SERVICE_IN("\tvalidBefore = 2024-02-01T00:30:00Z\n")), "CHN-1", "TIM-2"},
	};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_init(&s, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct expected source = good;
		struct expected build = good;
		int first = -1;

		pdg_test_case("%s", cases[i].what);
		if (cases[i].source)
			source = pdg_str_eq(cases[i].source, "CHN-1") ? missing("CHN-1")
								      : broken(cases[i].source);
		if (cases[i].build)
			build = broken(cases[i].build);
		/* A build that is refused before it is read leaves its source out. */
		if (cases[i].build && !cases[i].source)
			source = missing("CHN-1");
		if (cases[i].build || cases[i].source)
			first = cases[i].build ? PDG_STAGE_BUILD : PDG_STAGE_SOURCE;
		pdg_world_policy(&s.w, cases[i].policy);
		expect(&s, first < 0 ? PDG_VERDICT_GOOD : PDG_VERDICT_REFUSED, first, source,
		       build);
	}
	pdg_test_case(NULL);
}

static void windows_of_logs_are_kept(void)
{
	static const struct {
		const char *what;
		int64_t from, until;
		const char *rule;
	} cases[] = {
		{"open", WORLD_COMMITTED - 1000, 0, NULL},
		{"over now, not when it was received", WORLD_COMMITTED - 1000, WORLD_NOW - 1, NULL},
		{"over to the second", WORLD_COMMITTED - 1000, WORLD_BUILD_AT, NULL},
		{"over before the build was received", WORLD_COMMITTED - 1000, WORLD_BUILD_AT - 1,
		 "TIM-2"},
		{"begun after it was received: a backlog", WORLD_BUILD_AT + 1000, 0, NULL},
		{"not begun yet", WORLD_NOW + 1, 0, "TIM-1"},
	};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_init(&s, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("log %s", cases[i].what);
		pdg_world_root(&s.w, cases[i].from, cases[i].until);
		pdg_world_policy(&s.w, NULL);
		if (cases[i].rule)
			expect_build(&s, cases[i].rule);
		else
			expect_good(&s);
	}
	pdg_test_case(NULL);
}

/* The commit's key is judged at the time at which the source was received, not now. */
static void commits_are_judged_at_their_time(void)
{
	static const struct {
		const char *commit;
		int64_t received;
		const char *rule;
	} cases[] = {
		{"ssh-until-march.raw", WORLD_SOURCE_AT, NULL},
		{"ssh-until-march.raw", APRIL, "SGN-6"},
		{"ssh-from-march.raw", WORLD_SOURCE_AT, "SGN-8"},
		{"ssh-from-march.raw", APRIL, NULL},
	};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_empty(&s, NULL);
	s.w.now = APRIL + 86400;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_make source = {.commit = cases[i].commit, .received = cases[i].received};
		struct pdg_make build = {.commit = cases[i].commit,
					 .received = cases[i].received + 10};

		pdg_test_case("%s received %lld", cases[i].commit, (long long)cases[i].received);
		scene_make(&s, &source, &build);
		scene_both(&s);
		if (cases[i].rule)
			expect_source(&s, cases[i].rule);
		else
			expect_good(&s);
	}
	pdg_test_case(NULL);
}

/* The world's policy with [revocation]; the file says @date of @key. */
static void revoke_in(struct scene *s, const char *key, const char *date)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);

	pdg_buf_printf(&text, "[key \"%s\"]\n%s\n", key, date);
	free(pdg_test_file(s->w.dir, "gone", pdg_buf_bytes(&text)));
	pdg_world_policy(&s->w, "[revocation]\n\tfile = gone\n" WORLD_POLICY);
}

/* SHA256:… of the key that signed ssh-good.raw: said by its verdict. */
static char *committers_key(struct scene *s)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	const struct pdg_signers *signers;
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	PDG_TEST_READ_DATA("commits/ssh-good.raw", &raw);
	if (pdg_judge_signers(s->w.judge, &s->w.policy->repositories[0], &signers, &err) < 0 ||
	    pdg_judge_commit(signers, pdg_buf_bytes(&raw), false, WORLD_NOW, &v, &err) < 0)
		abort();
	return pdg_str_dup(v.fingerprint);
}

/*
 * rules.md 1 on attestations that are already there: who leaves takes nothing with him, a thief
 * everything for which only the service's word stands. Received: 00:01:00Z and 00:02:00Z.
 */
static void revocations_look_at_the_receipt(void)
{
	static const struct {
		const char *date;
		const char *rule; /* of the source; NULL: good */
	} commit[] = {
		{"revokedSince = 2024-02-01T00:01:01Z", NULL},
		{"revokedSince = 2024-02-01T00:01:00Z", "SGN-5"},
		{"revokedSince = 2024-01-01T00:00:00Z", "SGN-5"},
		{"compromisedSince = 2024-01-01T00:00:00Z", "SGN-5"},
		{"compromisedSince = 2024-06-01T00:00:00Z", "SGN-5"},
	};
	static const struct {
		enum pdg_world_key key;
		const char *date;
		const char *source, *build;
	} ours[] = {
		{WORLD_SERVER, "revokedSince = 2024-02-01T00:01:01Z", NULL, NULL},
		{WORLD_SERVER, "revokedSince = 2024-02-01T00:01:00Z", "TIM-5", NULL},
		{WORLD_SERVER, "compromisedSince = 2024-06-01T00:00:00Z", "TIM-3", NULL},
		{WORLD_BUILDER_KEY, "revokedSince = 2024-02-01T00:02:01Z", NULL, NULL},
		{WORLD_BUILDER_KEY, "revokedSince = 2024-02-01T00:02:00Z", NULL, "TIM-5"},
		{WORLD_BUILDER_KEY, "compromisedSince = 2024-06-01T00:00:00Z", NULL, "TIM-3"},
		{WORLD_SERVICE, "revokedSince = 2024-02-01T00:02:01Z", NULL, NULL},
		{WORLD_STRANGER, "compromisedSince = 2020-01-01T00:00:00Z", NULL, NULL},
	};
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(mem) char *key = NULL;
	size_t i;

	scene_init(&s, NULL);
	key = committers_key(&s);
	for (i = 0; i < sizeof(commit) / sizeof(commit[0]); i++) {
		pdg_test_case("committer: %s", commit[i].date);
		revoke_in(&s, key, commit[i].date);
		if (commit[i].rule)
			expect_source(&s, commit[i].rule);
		else
			expect_good(&s);
	}
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		char name[PDG_KEY_FINGERPRINT];

		pdg_test_case("key %u: %s", (unsigned)ours[i].key, ours[i].date);
		pdg_key_fingerprint(pdg_key_spki_sha256(s.w.key[ours[i].key]), name);
		revoke_in(&s, name, ours[i].date);
		if (ours[i].source)
			expect_source(&s, ours[i].source);
		else if (ours[i].build)
			expect_read_build(&s, ours[i].build);
		else
			expect_good(&s);
	}
	pdg_test_case(NULL);
}

static void what_comes_from_the_future_is_refused(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_empty(&s, NULL);
	scene_make(&s, NULL, &(struct pdg_make){.received = WORLD_NOW + 300});
	scene_both(&s);
	expect_good(&s);
	scene_make(&s, NULL, &(struct pdg_make){.received = WORLD_NOW + 301});
	scene_both(&s);
	expect_build(&s, "CHN-5");
	/* What the record says of its time is not believed. */
	scene_make(&s, NULL, NULL);
	s.build.received = WORLD_NOW + 100000;
	s.source.received = WORLD_NOW + 200000;
	scene_both(&s);
	expect_good(&s);
	CHECK_INT(s.r->newest, WORLD_BUILD_AT);
}

static void the_source_comes_first(void)
{
	static const struct pdg_make in_time = {.received = WORLD_BUILD_AT + 300};
	static const struct pdg_make too_late = {.received = WORLD_BUILD_AT + 301};
	static const struct pdg_make late = {.received = WORLD_BUILD_AT + 301, .late = true};
	PDG_AUTO(scene) struct scene s;
	struct pdg_make linked = {.link = NULL};
	char reference[PDG_REFERENCE_LEN];

	scene_empty(&s, NULL);
	scene_make(&s, &in_time, NULL);
	scene_both(&s);
	expect_good(&s);

	scene_make(&s, &too_late, NULL);
	scene_both(&s);
	expect_source(&s, "CHN-11");
	CHECK(s.r->stage[PDG_STAGE_SOURCE].linked_by == NULL);

	/* Late is exempt, and said. */
	scene_make(&s, &late, NULL);
	scene_both(&s);
	expect_good(&s);
	CHECK(has_note(s.r, "source: late"));

	/* That the journal says it of the build proves order: the source was sent again since. */
	scene_make(&s, &too_late, NULL);
	memcpy(reference, s.source.reference, sizeof(reference));
	linked.link = reference;
	scene_make(&s, &too_late, &linked);
	scene_both(&s);
	expect_good(&s);
	/* The record's own links are advice. */
	scene_make(&s, &too_late, NULL);
	pdg_buf_printf(&s.build.links, "[{\"stage\":\"source\",\"reference\":\"%s\"}]", reference);
	scene_both(&s);
	expect_source(&s, "CHN-11");

	/* Nobody saw the order where no journal is trusted: said, not refused. */
	pdg_world_policy(&s.w, TRUSTING(SERVICE));
	expect_good(&s);
	CHECK(has_note(s.r, "receive times are not checked"));
	CHECK_INT(s.r->newest, 0);
}

/* v0.2 has its dates in another place, under other names. ssh-good.raw's commit, by its SHA-1 name.
 */
#define OLD_BUILD(finished)                                                                               \
	"{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"subject\":[{\"name\":\"app.tar\",\"digest\":" \
	"{\"sha256\":\"" WORLD_ARTIFACT                                                                   \
	"\"}}],\"predicateType\":\"https://slsa.dev/provenance/v0.2\","                                   \
	"\"predicate\":{\"builder\":{\"id\":\"" WORLD_BUILDER                                             \
	"\"},\"buildType\":\"https://example.com/t\","                                                    \
	"\"invocation\":{\"configSource\":{\"uri\":\"git+" WORLD_URI                                      \
	"\",\"digest\":{\"sha1\":\"%s\"}}},"                                                              \
	"\"metadata\":{\"buildFinishedOn\":\"" finished "\"}}}"

static void dates_of_old_builds_are_read(void)
{
	static const struct {
		const char *text;
		const char *rule;
	} cases[] = {
		{OLD_BUILD("2024-02-01T00:07:00Z"), NULL},
		{OLD_BUILD("2024-02-01T00:07:01Z"), "TIM-4"},
		{OLD_BUILD("tomorrow"), "TIM-4"},
	};
	PDG_AUTO(scene) struct scene s;
	char name[PDG_OID_HEX];
	size_t i;

	scene_init(&s, NULL);
	CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&s.source.commit), false, name, NULL),
		 NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
		size_t at = pdg_bytes_find(pdg_bytes_str(cases[i].text), pdg_bytes_str("%s"), 0);
		struct pdg_make make = {.stage = "build"};

		pdg_buf_put(&text, pdg_bytes(cases[i].text, at));
		pdg_buf_puts(&text, name);
		pdg_buf_puts(&text, cases[i].text + at + 2);
		make.payload = pdg_buf_cstr(&text);
		scene_make(&s, NULL, &make);
		scene_both(&s);
		if (cases[i].rule)
			expect_read_build(&s, cases[i].rule);
		else
			expect_good(&s);
	}
}

/* --- pending --- */

static const struct expected pending = {PDG_STATE_PENDING_LOG, "CHN-4"};

static void pending_is_refused_unless_allowed(void)
{
	static const struct pdg_make unlogged = {.pending = true};
	PDG_AUTO(scene) struct scene s;

	scene_empty(&s, NULL);
	scene_make(&s, &unlogged, NULL);
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE, pending, good);
	scene_make(&s, NULL, &unlogged);
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, good, pending);
	scene_make(&s, &unlogged, &unlogged);
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE, pending, pending);

	pdg_world_policy(&s.w, WORLD_POLICY "\tlog = false\n");
	expect(&s, PDG_VERDICT_GOOD, -1, pending, pending);
	/* Nothing else is forgiven. */
	pdg_world_policy(&s.w, WORLD_POLICY "\tlog = false\n\tminimumSlsaLevel = 2\n");
	scene_make(&s, &unlogged, &(struct pdg_make){.pending = true, .builder = WORLD_NIGHTLY});
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_SOURCE + 1, pending, broken("CHN-12"));
	scene_make(&s, &unlogged,
		   &(struct pdg_make){.pending = true, .producer = s.w.key[WORLD_STRANGER]});
	scene_both(&s);
	expect(&s, PDG_VERDICT_REFUSED, PDG_STAGE_BUILD, pending, broken("CHN-6"));
}

static void pending_rests_on_the_journal(void)
{
	static const struct pdg_make unlogged = {.pending = true};
	PDG_AUTO(scene) struct scene s;

	scene_empty(&s, WORLD_POLICY "\tlog = false\n\tonServiceWord = true\n");
	scene_make(&s, NULL, &unlogged);
	pdg_journal_proof_free(s.build.journal);
	s.build.journal = NULL;
	scene_both(&s);
	expect_build(&s, "CHN-5");

	scene_make(&s, NULL, &(struct pdg_make){.pending = true, .rule = "BLD-6"});
	scene_both(&s);
	expect_build(&s, "CHN-5");

	scene_make(&s, NULL,
		   &(struct pdg_make){.pending = true, .journal = s.w.key[WORLD_STRANGER]});
	scene_both(&s);
	expect_build(&s, "JNL-2");

	scene_make(&s, NULL, &unlogged);
	scene_both(&s);
	pdg_world_policy(&s.w,
			 "[trust]\n\ttrustedRoot = keys/root.json\n" SERVICE WORLD_REPOSITORIES
				 WORLD_BUILDERS WORLD_REQUIRE "\tlog = false\n");
	expect_build(&s, "CHN-5");
}

static void a_log_is_asked_for_unless_the_policy_says_no(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, "[trust]\n" SERVICE JOURNAL WORLD_REPOSITORIES WORLD_BUILDERS WORLD_REQUIRE);
	expect_build(&s, "TRT-2");
	pdg_world_policy(&s.w,
			 "[trust]\n" SERVICE JOURNAL WORLD_REPOSITORIES WORLD_BUILDERS WORLD_REQUIRE
			 "\tlog = false\n");
	expect_good(&s);
	CHECK(has_note(s.r, "no log was checked"));
	pdg_world_policy(&s.w, WORLD_POLICY "\tlog = false\n");
	scene_make(&s, NULL, &(struct pdg_make){.unlogged = true});
	scene_both(&s);
	expect_good(&s);
	CHECK(has_note(s.r, "build: in no log that was checked"));
	/* An entry that is there must hold, asked for or not. */
	scene_make(&s, NULL, &(struct pdg_make){.log = s.w.other_log});
	scene_both(&s);
	expect_build(&s, "LOG-8");
}

PDG_TEST_MAIN("time", {"windows of keys are kept", windows_of_keys_are_kept},
	      {"windows of logs are kept", windows_of_logs_are_kept},
	      {"commits are judged at their time", commits_are_judged_at_their_time},
	      {"revocations look at the receipt", revocations_look_at_the_receipt},
	      {"what comes from the future is refused", what_comes_from_the_future_is_refused},
	      {"the source comes first", the_source_comes_first},
	      {"dates of old builds are read", dates_of_old_builds_are_read},
	      {"pending is refused unless allowed", pending_is_refused_unless_allowed},
	      {"pending rests on the journal", pending_rests_on_the_journal},
	      {"a log is asked for unless the policy says no",
	       a_log_is_asked_for_unless_the_policy_says_no})
