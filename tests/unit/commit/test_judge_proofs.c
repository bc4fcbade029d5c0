/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time that a signature proves: log entries and timestamps inside it, right ones, and each way
 * in which one is not (attacks.md T63, T64, CVE-2024-51746). Their single bits: test_proof_bits.c.
 */
#include "unit/commit/x509_data.h"

static void proofs_give_the_time(void)
{
	static const struct {
		struct x509_commit c;
		int64_t proven;
	} cases[] = {
		{{.entry = MADE + 5}, MADE + 5},
		{{.entry = MADE + 5, .log = {.no_proof = true}}, MADE + 5},
		{{.token = MADE + 7}, MADE + 7},
		{{.entry = MADE + 9, .token = MADE + 7}, MADE + 7}, /* rules.md 1: the token */
	};
	struct x509_world w;
	size_t i;

	x509_world_init(&w);
	x509_world_make(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(verdict) struct pdg_verdict v;

		pdg_test_case("case %zu", i);
		pdg_verdict_init(&v);
		x509_judge(&w, &cases[i].c, RECEIVED, &v);
		CHECK_STR(v.why.rule, "");
		CHECK_INT(v.result, PDG_RESULT_GOOD);
		CHECK_INT(v.proven, cases[i].proven);
		pdg_test_case(NULL);
	}
	x509_world_done(&w);
}

static void times_outside_the_certificate_are_refused(void)
{
	static const struct {
		struct x509_commit c;
		int64_t at;
		enum pdg_result want;
		const char *rule;
	} cases[] = {
		{{.entry = MADE + LIFE + 1}, RECEIVED, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{{.entry = MADE - 1}, RECEIVED, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{{.token = MADE + LIFE + 1}, RECEIVED, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{{.token = MADE - 1}, RECEIVED, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		/* one of the two is not enough, whichever it is */
		{{.entry = MADE + 1, .token = MADE + LIFE + 1},
		 RECEIVED,
		 PDG_RESULT_EXPIRED_KEY,
		 "SGN-6"},
		{{.entry = MADE + LIFE + 1, .token = MADE + 1},
		 RECEIVED,
		 PDG_RESULT_EXPIRED_KEY,
		 "SGN-6"},
		/* a late proof does not make an old certificate good, a fresh time neither */
		{{.entry = MADE + LIFE + 1}, MADE + LIFE - 60, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		/* times to come (T63) */
		{{.entry = MADE + 400}, MADE + 60, PDG_RESULT_BAD_SIGNATURE, "LOG-19"},
		{{.token = MADE + 400}, MADE + 60, PDG_RESULT_BAD_SIGNATURE, "TSA-10"},
		/* an entry that shows neither time nor place */
		{{.entry = MADE + 1, .log = {.no_set = true, .no_proof = true}},
		 RECEIVED,
		 PDG_RESULT_BAD_SIGNATURE,
		 "LOG-10"},
	};
	struct x509_world w;
	size_t i;

	x509_world_init(&w);
	x509_world_make(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("case %zu", i);
		x509_check(&w, &cases[i].c, cases[i].at, cases[i].want, cases[i].rule);
		pdg_test_case(NULL);
	}
	x509_world_done(&w);
}

/* The same authority again would be refused again: that is not what to do about it. */
static void the_remedy_is_no_loop(void)
{
	static const struct x509_commit cases[] = {{.entry = MADE + 1}, {.token = MADE + 1}};
	struct x509_world w;
	size_t i;

	x509_world_init(&w);
	w.own_roots = true;
	w.repo.x509_issuers.n = 0;
	x509_world_make(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(verdict) struct pdg_verdict v;

		pdg_verdict_init(&v);
		x509_judge(&w, &cases[i], MADE + 60, &v);
		CHECK_STR(v.why.rule, i == 0 ? "LOG-8" : "TSA-7");
		CHECK(strstr(v.why.fix, "trustedRoot") && !strstr(v.why.fix, "sign it anew"));
	}
	x509_world_done(&w);
}

static void proofs_of_other_things_are_refused(void)
{
	struct x509_world w;
	struct x509_world other;
	const struct {
		struct x509_commit c;
		const char *rule;
	} cases[] = {
		/* CVE-2024-51746: right in itself, but about something else */
		{{.entry = MADE + 1, .log = {.set_body = "{}"}}, "LOG-18"},
		{{.entry = MADE + 1, .log = {.signed_bytes = pdg_bytes_str("others")}}, "LOG-18"},
		{{.entry = MADE + 1, .log = {.value = pdg_bytes_str("others")}}, "LOG-18"},
		{{.entry = MADE + 1, .log = {.algorithm = "sha512"}}, "LOG-18"},
		{{.entry = MADE + 1}, "LOG-8"}, /* of another log */
		{{.token = MADE + 1, .token_over = "others"}, "TSA-4"},
		{{.token = MADE + 1, .tsa = &other.cert[TSA]}, "TSA-7"},
		/* a bad one beside a good one */
		{{.entry = MADE + 1, .token = MADE + 1, .token_over = "others"}, "TSA-4"},
		{{.entry = MADE + 1, .token = MADE + 1, .log = {.set_body = "{}"}}, "LOG-18"},
		/* T64: counted twice */
		{{.token = MADE + 1, .token_twice = true}, "CMS-1"},
		/* bytes that no signature covers */
		{{.entry = MADE + 1, .log = {.no_note = true}}, "CMS-4"},
		{{.entry = MADE + 1, .log = {.no_set = true}}, "CMS-4"},
		{{.entry = MADE + 1, .log = {.note_tail = "\xe2\x80\x94 x AAAAAAAA\n"}}, "CMS-4"},
	};
	size_t i;

	x509_world_init(&w);
	x509_world_make(&w);
	x509_world_init(&other);
	x509_world_make(&other);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct x509_commit c = cases[i].c;

		/* Made only now. */
		if (strcmp(cases[i].rule, "LOG-8") == 0)
			c.log.log = other.log;
		pdg_test_case("case %zu", i);
		x509_check(&w, &c, RECEIVED,
			   cases[i].rule[0] == 'C' ? PDG_RESULT_MALFORMED
						   : PDG_RESULT_BAD_SIGNATURE,
			   cases[i].rule);
		pdg_test_case(NULL);
	}
	x509_world_done(&w);
	x509_world_done(&other);
}

/* The time of an authority that is not trusted any more, by the trusted root. */
static void authorities_have_their_time(void)
{
	const struct x509_commit c = {.entry = MADE + 1};
	struct x509_world w;

	x509_world_init(&w);
	w.ca_until = "2023-11-14T22:13:21Z"; /* MADE + 1: its end is in it */
	x509_world_make(&w);
	x509_check(&w, &c, RECEIVED, PDG_RESULT_GOOD, NULL);
	x509_world_done(&w);
	x509_world_init(&w);
	w.ca_until = "2023-11-14T22:13:20Z";
	x509_world_make(&w);
	x509_check(&w, &c, RECEIVED, PDG_RESULT_EXPIRED_KEY, "SGN-6");
	x509_world_done(&w);
	x509_world_init(&w);
	w.ca_from = "2023-11-14T22:13:22Z";
	x509_world_make(&w);
	x509_check(&w, &c, RECEIVED, PDG_RESULT_NOT_ALLOWED, "SGN-8");
	x509_world_done(&w);
}

PDG_TEST_MAIN("judge_proofs", {"the remedy is no loop", the_remedy_is_no_loop},
	      {"proofs give the time", proofs_give_the_time},
	      {"times outside the certificate are refused",
	       times_outside_the_certificate_are_refused},
	      {"proofs of other things are refused", proofs_of_other_things_are_refused},
	      {"authorities have their time", authorities_have_their_time})
