/* SPDX-License-Identifier: Apache-2.0 */
/* Records, bare bundles and bare envelopes: read back as written, and refused when their parts
 * disagree. */
#include "unit/chain/scene.h"

static struct pdg_record *must_parse(struct pdg_bytes text)
{
	struct pdg_record *r = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_record_parse(text, "somewhere", &r, &err), &err);
	return r;
}

static void a_record_is_read_as_it_was_written(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	char digest[PDG_REFERENCE_LEN];
	size_t signatures = 0;

	scene_init(&s, NULL);
	pdg_made_record(&s.source, &text);
	r = must_parse(pdg_buf_bytes(&text));
	if (!r)
		return;
	CHECK_INT(r->kind, PDG_RECORD_WHOLE);
	CHECK_STR(r->reference, s.source.reference);
	CHECK_INT(r->stage->id, PDG_STAGE_SOURCE);
	CHECK(r->logged);
	CHECK_INT(r->received, WORLD_SOURCE_AT);
	CHECK_BYTES(pdg_buf_bytes(&r->envelope->payload), pdg_buf_bytes(&s.source.payload));
	CHECK_BYTES(pdg_buf_bytes(&r->commit), pdg_buf_bytes(&s.source.commit));
	CHECK_OK(pdg_reference(pdg_buf_bytes(&s.source.envelope), digest, NULL), NULL);
	CHECK_OK(pdg_envelope_prefix(r->envelope, digest, &signatures, NULL), NULL);
	CHECK_UINT(signatures, 1);
	CHECK(r->bundle && r->bundle->n_entries == 1);
	CHECK_BYTES(pdg_buf_bytes(&r->journal->leaf), pdg_buf_bytes(&s.source.journal->leaf));
	CHECK_STR(r->where, "somewhere");
	CHECK_UINT(r->size, text.n);
}

/* jq prints it anew: other white space, the same record. */
static void white_space_changes_nothing(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *a = NULL;
	PDG_AUTO(record) struct pdg_record *b = NULL;
	char digest[PDG_REFERENCE_LEN];
	size_t signatures = 0;

	scene_init(&s, NULL);
	pdg_made_record(&s.build, &text);
	a = must_parse(pdg_buf_bytes(&text));
	pdg_test_replace(&text, NULL, "{\"reference\"", "\n {\t\"reference\"");
	pdg_test_replace(&text, NULL, "\"payload\":", "\"payload\" :\r\n\t ");
	pdg_test_replace(&text, NULL, "\"signatures\":[", "\"signatures\": [ ");
	b = must_parse(pdg_buf_bytes(&text));
	if (!a || !b)
		return;
	CHECK_STR(a->reference, b->reference);
	CHECK_OK(pdg_reference(pdg_buf_bytes(&s.build.envelope), digest, NULL), NULL);
	CHECK_OK(pdg_envelope_prefix(b->envelope, digest, &signatures, NULL), NULL);
	CHECK_UINT(signatures, 1);
}

static void bare_parts_are_told_apart(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(record) struct pdg_record *bundle = NULL;
	PDG_AUTO(record) struct pdg_record *envelope = NULL;

	scene_init(&s, NULL);
	bundle = must_parse(pdg_buf_bytes(&s.build.bundle));
	envelope = must_parse(pdg_buf_bytes(&s.build.envelope));
	if (!bundle || !envelope)
		return;
	CHECK_INT(bundle->kind, PDG_RECORD_BUNDLE);
	CHECK(bundle->logged && bundle->bundle && !bundle->envelope && !bundle->journal);
	CHECK_STR(bundle->reference, s.build.reference);
	CHECK_INT(envelope->kind, PDG_RECORD_ENVELOPE);
	CHECK(!envelope->logged && !envelope->bundle && envelope->envelope);
	CHECK_STR(envelope->reference, s.build.reference);
}

static void a_statement_of_no_stage_is_kept(void)
{
	static const char other[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{"
		"\"name\":\"a\",\"digest\":{\"sha256\":\"" WORLD_ARTIFACT "\"}}],"
		"\"predicateType\":\"https://example.com/other\",\"predicate\":{}}";
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(made) struct pdg_made made = {.stage = NULL};
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

	scene_empty(&s, NULL);
	pdg_world_build(&s.w, &(struct pdg_make){.payload = other, .stage = "other"}, &made);
	pdg_made_record(&made, &text);
	r = must_parse(pdg_buf_bytes(&text));
	CHECK(r && r->stage == NULL);
}

/* --- refused --- */

static void check_refused(struct pdg_bytes text, const char *rule)
{
	struct pdg_record *r = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_record_parse(text, NULL, &r, &err), &err, rule);
	CHECK(r == NULL);
}

static void records_that_are_none_are_refused(void)
{
	/* In the text of a source's record, what is replaced by what. */
	static const struct {
		const char *from, *to, *rule;
	} cases[] = {
		{"{\"reference\":\"sha256:", "{\"reference\":\"sha512:", "REC-1"},
		{"{\"reference\":", "{\"refrence\":", "REC-1"},
		{"{\"reference\":", "{\"more\":1,\"reference\":", "REC-1"},
		{"{\"reference\":", "{\"reference\":\"\",\"reference\":", "JSN-1"},
		{"\"stage\":\"source\"", "\"stage\":\"build\"", "REC-1"},
		{"\"stage\":\"source\"", "\"stage\":null", "REC-1"},
		{"\"state\":\"logged\"", "\"state\":\"Logged\"", "REC-1"},
		{"\"state\":\"logged\"", "\"state\":\"pending-log\"", "REC-1"},
		{"\"received\":\"2024-02-01T00:01:00Z\"", "\"received\":\"yesterday\"", "REC-1"},
		{"\"received\":\"2024-02-01T00:01:00Z\"", "\"received\":1706745660", "REC-1"},
		{"\"envelope\":{", "\"envelope\":{\"payload\":{}},\"links\":{", "JSN-1"},
		{"\"payloadType\":\"application/vnd.in-toto+json\"",
		 "\"payloadType\":\"text/plain\"", "ENV-4"},
		{"\"signatures\":[", "\"signatures\":[],\"x\":[", "ENV-3"},
		{"\"envelope\":{", "\"envelope\":{\"x\":{},", "REC-1"},
		{"\"signatures\":[{", "\"signatures\":[{\"x\":{},", "REC-1"},
		{"\"tlogEntries\":[{", "\"tlogEntries\":[{\"x\":1,", "BND-1"},
		{"\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"",
		 "\"mediaType\":\"a\"", "BND-3"},
		{"\"commit\":\"", "\"commit\":\"*", "REC-1"},
		{"\"journal\":{\"leaf\":\"", "\"journal\":{\"leaf\":\"*", "JNL-1"},
		{"\"journal\":{\"leaf\":", "\"journal\":{\"leave\":", "JNL-1"},
		{"\"links\":[]", "\"links\":{}", "REC-1"},
		{"\"links\":[]}", "\"links\":[]}x", "JSN-1"},
		{"\"links\":[]}", "\"links\":[]", "JSN-1"},
	};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_init(&s, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

		pdg_test_case("%s", cases[i].to);
		pdg_made_record(&s.source, &text);
		pdg_test_replace(&text, NULL, cases[i].from, cases[i].to);
		check_refused(pdg_buf_bytes(&text), cases[i].rule);
	}
	pdg_test_case(NULL);
	check_refused(pdg_bytes_str(""), "JSN-1");
	check_refused(pdg_bytes_str("{}"), "REC-1");
	check_refused(pdg_bytes_str("[]"), "JSN-1");
}

static void parts_of_different_statements_are_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_made mixed;

	scene_init(&s, NULL);
	/* The bundle of the build beside the envelope of the source. */
	mixed = s.source;
	mixed.bundle = s.build.bundle;
	pdg_made_record(&mixed, &text);
	check_refused(pdg_buf_bytes(&text), "REC-1");
	/* The reference of another. */
	pdg_buf_reset(&text);
	mixed = s.source;
	memcpy(mixed.reference, s.build.reference, sizeof(mixed.reference));
	pdg_made_record(&mixed, &text);
	check_refused(pdg_buf_bytes(&text), "REC-1");
	/* A commit with what is no source. */
	pdg_buf_reset(&text);
	mixed = s.build;
	mixed.commit = s.source.commit;
	pdg_made_record(&mixed, &text);
	check_refused(pdg_buf_bytes(&text), "REC-1");
	/* Logged, and no bundle. */
	pdg_buf_reset(&text);
	pdg_made_record(&s.build, &text);
	pdg_test_replace(&text, NULL, "\"bundle\":{", "\"bundle\":null,\"links\":{");
	check_refused(pdg_buf_bytes(&text), "JSN-1");
}

static void a_payload_that_is_no_statement_is_refused(void)
{
	static const struct {
		const char *payload, *rule;
	} cases[] = {
		{"{}", "STM-1"},
		{"", "STM-1"},
		{"{\"_type\":\"https://in-toto.io/Statement/v2\",\"subject\":[]}", "STM-4"},
	};
	PDG_AUTO(scene) struct scene s;
	size_t i;

	scene_empty(&s, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(made) struct pdg_made made = {.stage = NULL};
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

		pdg_world_build(&s.w,
				&(struct pdg_make){.payload = cases[i].payload, .stage = "build"},
				&made);
		pdg_made_record(&made, &text);
		check_refused(pdg_buf_bytes(&text), cases[i].rule);
	}
}

static void a_bundle_over_a_message_is_no_evidence(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_BUNDLE);
	size_t at;

	scene_init(&s, NULL);
	at = pdg_bytes_find(pdg_buf_bytes(&s.build.bundle), pdg_bytes_str("\"dsseEnvelope\""), 0);
	pdg_buf_put(&text, pdg_bytes_head(pdg_buf_bytes(&s.build.bundle), at));
	pdg_buf_puts(&text, "\"messageSignature\":{\"signature\":\"AAAA\"}}");
	check_refused(pdg_buf_bytes(&text), "REC-1");
}

/* Cut anywhere, a record is none: nothing of it is taken. */
static void a_cut_record_is_refused(void)
{
	PDG_AUTO(scene) struct scene s;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	size_t n;

	scene_init(&s, NULL);
	pdg_made_record(&s.source, &text);
	for (n = 0; n < text.n; n += 7)
		check_refused(pdg_bytes_head(pdg_buf_bytes(&text), n), "JSN-1");
}

PDG_TEST_MAIN("record", {"a record is read as it was written", a_record_is_read_as_it_was_written},
	      {"white space changes nothing", white_space_changes_nothing},
	      {"bare parts are told apart", bare_parts_are_told_apart},
	      {"a statement of no stage is kept", a_statement_of_no_stage_is_kept},
	      {"records that are none are refused", records_that_are_none_are_refused},
	      {"parts of different statements are refused",
	       parts_of_different_statements_are_refused},
	      {"a payload that is no statement is refused",
	       a_payload_that_is_no_statement_is_refused},
	      {"a bundle over a message is no evidence", a_bundle_over_a_message_is_no_evidence},
	      {"a cut record is refused", a_cut_record_is_refused})
