/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of statements: four members, subjects, digests (attacks.md 36 to 40). */
#include "attest/statement.h"

#include <string.h>

#include "support/check.h"
#include "util/limits.h"

#define HEX64	       "7c2a1b0f9e8d7c6b5a4938271605f4e3d2c1b0a9988776655443322110ffeedd"
#define OTHER64	       "0c2a1b0f9e8d7c6b5a4938271605f4e3d2c1b0a9988776655443322110ffeedd"
#define HEX40	       "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
#define V1	       "\"_type\":\"https://in-toto.io/Statement/v1\""
#define SUBJECT	       "\"subject\":[{\"name\":\"a\",\"digest\":{\"sha256\":\"" HEX64 "\"}}]"
#define PTYPE	       "\"predicateType\":\"https://example.com/p/v1\""
#define PREDICATE      "\"predicate\":{\"k\":1}"
#define WITH_DIGEST(d) "{" V1 "," PTYPE "," PREDICATE ",\"subject\":[{\"digest\":" d "}]}"

static int parse(const char *text, struct pdg_statement **out, struct pdg_error *err)
{
	return pdg_statement_parse(pdg_bytes_str(text), out, err);
}

static void what_is_read(void)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_error err = {0};
	uint64_t k = 0;
	static const char text[] =
		"{" V1
		",\"subject\":[{\"name\":\"a\",\"uri\":\"https://h/a\",\"digest\":{\"sha256\":\"" HEX64
		"\",\"gitCommit\":\"" HEX40 "\",\"md5\":\"x\"}},{\"digest\":{\"sha1\":\"" HEX40
		"\"},\"annotations\":{}}]," PTYPE "," PREDICATE "}";

	if (!CHECK_OK(parse(text, &st, &err), &err))
		return;
	CHECK_STR(st->type, PDG_STATEMENT_V1);
	CHECK_STR(st->predicate_type, "https://example.com/p/v1");
	CHECK_OK(pdg_json_u64(st->predicate, "k", &k, &err), &err);
	CHECK_UINT(k, 1);
	CHECK_UINT(st->n_subjects, 2);
	CHECK_STR(st->subjects[0].name, "a");
	CHECK_STR(st->subjects[0].uri, "https://h/a");
	CHECK_UINT(st->subjects[0].n_digests, 3);
	CHECK_STR(pdg_subject_digest(&st->subjects[0], "gitCommit"), HEX40);
	CHECK_STR(pdg_subject_digest(&st->subjects[0], "sha1"), NULL);
	CHECK_STR(st->subjects[1].name, NULL);
	CHECK(pdg_statement_has_sha256(st, HEX64));
	CHECK(!pdg_statement_has_sha256(st, OTHER64));
	CHECK(!pdg_statement_has_sha256(st, ""));
}

static void older_type_and_no_predicate(void)
{
	static const char *const cases[] = {
		"{\"_type\":\"https://in-toto.io/Statement/v0.1\"," SUBJECT "," PTYPE "," PREDICATE
		"}",
		"{" V1 "," SUBJECT "," PTYPE "}",
		"{" V1 "," SUBJECT "," PTYPE ",\"predicate\":null}",
		"{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{}}",
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(statement) struct pdg_statement *st = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i]);
		if (CHECK_OK(parse(cases[i], &st, &err), &err)) {
			CHECK(pdg_json_is_obj(st->predicate));
			CHECK_UINT(pdg_json_members(st->predicate), i == 0 ? 1 : 0);
		}
	}
}

static void what_is_refused(void)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		/* T37 */
		{"STM-1", ""},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE "," PREDICATE "}{}"},
		{"STM-1", "\xef\xbb\xbf{" V1 "," SUBJECT "," PTYPE "," PREDICATE "}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{\"s\":\"\\ud800\"}}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{\"s\":\"\\u0000\"}}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{\"n\":1e400}}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{\"n\":-0}}"},
		{"STM-1",
		 "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{\"n\":9223372036854775808}}"},
		/* T36, at every depth */
		{"STM-1", "{" V1 "," SUBJECT "," SUBJECT "," PTYPE "," PREDICATE "}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":{\"a\":{\"b\":1,\"b\":2}}}"},
		{"STM-1", WITH_DIGEST("{\"sha256\":\"" HEX64 "\",\"sha256\":\"" OTHER64 "\"}")},
		/* four members and no other */
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE "," PREDICATE ",\"x\":1}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE "," PREDICATE ",\"Subject\":[]}"},
		{"STM-1", "{" SUBJECT "," PTYPE "," PREDICATE "}"},
		{"STM-1", "{" V1 "," SUBJECT "," PREDICATE "}"},
		{"STM-1", "{" V1 "," SUBJECT ",\"predicateType\":\"\"," PREDICATE "}"},
		{"STM-1", "{" V1 "," SUBJECT "," PTYPE ",\"predicate\":[]}"},
		{"STM-1", "{" V1 ",\"subject\":{}," PTYPE "," PREDICATE "}"},
		{"STM-1", "{" V1 ",\"subject\":[1]," PTYPE "," PREDICATE "}"},
		{"STM-1", "{" V1 ",\"subject\":[{\"name\":1,\"digest\":{\"sha256\":\"" HEX64
			  "\"}}]," PTYPE "}"},
		/* another type, by version, slash, case */
		{"STM-4", "{\"_type\":\"https://in-toto.io/Statement/v2\"," SUBJECT "," PTYPE "}"},
		{"STM-4", "{\"_type\":\"https://in-toto.io/Statement/v1/\"," SUBJECT "," PTYPE "}"},
		{"STM-4", "{\"_type\":\"https://in-toto.io/statement/v1\"," SUBJECT "," PTYPE "}"},
		{"STM-4", "{\"_type\":\"\"," SUBJECT "," PTYPE "}"},
		/* T39: no subject, no digest */
		{"STM-3", "{" V1 "," PTYPE "," PREDICATE "}"},
		{"STM-3", "{" V1 ",\"subject\":[]," PTYPE "," PREDICATE "}"},
		{"STM-3", "{" V1 ",\"subject\":null," PTYPE "," PREDICATE "}"},
		{"STM-3", "{" V1 ",\"subject\":[{}]," PTYPE "," PREDICATE "}"},
		{"STM-3", "{" V1 ",\"subject\":[{\"name\":\"a\"}]," PTYPE "," PREDICATE "}"},
		{"STM-3", WITH_DIGEST("{}")},
		{"STM-3", WITH_DIGEST("null")},
		/* T39: digests that are none */
		{"STM-1", WITH_DIGEST("[]")},
		{"STM-1", WITH_DIGEST("{\"sha256\":\"\"}")},
		{"STM-1", WITH_DIGEST("{\"sha256\":\"7c2a\"}")},
		{"STM-1", WITH_DIGEST("{\"sha256\":\"" HEX64 "00\"}")},
		{"STM-1",
		 WITH_DIGEST(
			 "{\"sha256\":\"7C2A1B0F9E8D7C6B5A4938271605F4E3D2C1B0A9988776655443322110FFEEDD\"}")},
		{"STM-1",
		 WITH_DIGEST(
			 "{\"sha256\":\"zc2a1b0f9e8d7c6b5a4938271605f4e3d2c1b0a9988776655443322110ffeedd\"}")},
		{"STM-1", WITH_DIGEST("{\"sha256\":" HEX40 "}")},
		{"STM-1", WITH_DIGEST("{\"gitCommit\":\"7fd1a60\"}")},
		{"STM-1", WITH_DIGEST("{\"sha1\":\"x\"}")},
		{"STM-1", WITH_DIGEST("{\"md5\":\"\"}")},
		{"STM-1", WITH_DIGEST("{\"\":\"x\"}")},
		{"STM-1", WITH_DIGEST("{\"sha512\":[]}")},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(statement) struct pdg_statement *st = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(parse(cases[i].text, &st, &err), &err, cases[i].rule);
		CHECK(st == NULL);
	}
}

/* A statement with @subjects subjects, the first with @digests digests. */
static void build(struct pdg_buf *out, size_t subjects, size_t digests)
{
	size_t i;

	pdg_buf_reset(out);
	pdg_buf_puts(out, "{" V1 "," PTYPE ",\"subject\":[{\"digest\":{");
	for (i = 0; i < digests; i++)
		pdg_buf_printf(out, "%s\"a%zu\":\"x\"", i ? "," : "", i);
	pdg_buf_puts(out, "}}");
	for (i = 1; i < subjects; i++)
		pdg_buf_puts(out, ",{\"digest\":{\"a\":\"x\"}}");
	pdg_buf_puts(out, "]}");
}

/* T38 */
static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_error err = {0};

	build(&text, PDG_LIMIT_SUBJECTS, PDG_LIMIT_DIGESTS);
	CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err);
	pdg_statement_free(PDG_TAKE(st));
	build(&text, PDG_LIMIT_SUBJECTS + 1, 1);
	CHECK_RULE(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err, "STM-2");
	build(&text, 1, PDG_LIMIT_DIGESTS + 1);
	CHECK_RULE(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err, "STM-2");
	build(&text, 100000, 1);
	CHECK_RULE(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err, "STM-2");
	build(&text, 1, 100000);
	CHECK_RULE(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err, "STM-2");
	pdg_buf_reset(&text);
	while (text.n <= PDG_LIMIT_PAYLOAD)
		pdg_buf_puts(&text, "                                ");
	CHECK_RULE(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err, "STM-2");
	CHECK(st == NULL);
}

/* T40, T49: only an equal sha256 makes a statement speak of a thing. */
static void what_it_speaks_of(void)
{
	static const struct {
		const char *digests;
		bool has;
	} cases[] = {
		{"{\"sha256\":\"" HEX64 "\"}", true},
		{"{\"sha256\":\"" OTHER64 "\"}", false},
		{"{\"sha1\":\"" HEX40 "\",\"sha256\":\"" OTHER64 "\"}", false},
		{"{\"sha512\":\"" HEX64 "\"}", false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(statement) struct pdg_statement *st = NULL;
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].digests);
		pdg_buf_printf(&text,
			       "{" V1 "," PTYPE ",\"subject\":[{\"digest\":{\"sha256\":\"%064d\"}},"
			       "{\"digest\":%s}]}",
			       0, cases[i].digests);
		if (CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err))
			CHECK(pdg_statement_has_sha256(st, HEX64) == cases[i].has);
	}
	pdg_test_case(NULL);
}

static void what_is_written(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1024);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_error err = {0};
	struct pdg_jw w;

	pdg_jw_init(&w, &out);
	pdg_statement_begin(&w);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "name", "a");
	pdg_jw_key(&w, "digest");
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "sha256", HEX64);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_statement_predicate(&w, "https://example.com/p/v1");
	pdg_jw_obj(&w);
	pdg_jw_ku64(&w, "k", 1);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	CHECK_OK(pdg_buf_check(&out, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), "{" V1 "," SUBJECT "," PTYPE "," PREDICATE "}");
	CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err);
}

PDG_TEST_MAIN("statement", {"what is read", what_is_read},
	      {"older type and no predicate", older_type_and_no_predicate},
	      {"what is refused", what_is_refused}, {"limits are kept", limits_are_kept},
	      {"what it speaks of", what_it_speaks_of}, {"what is written", what_is_written})
