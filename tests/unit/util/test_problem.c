/* SPDX-License-Identifier: Apache-2.0 */
/* Problem documents as errors: the service's rule and words, whatever else it answers. */
#include "support/check.h"
#include "util/auto.h"
#include "util/problem.h"
#include "util/str.h"

static void a_problem_is_an_error(void)
{
	struct pdg_error err = {0};

	CHECK_INT(pdg_problem_read(
			  pdg_bytes_str(
				  "{\"type\":\"urn:x\",\"title\":\"t\",\"status\":403,"
				  "\"detail\":\"nobody\",\"rule\":\"IDN-1\",\"fix\":\"enrol\"}"),
			  PDG_E_REJECTED, &err),
		  PDG_E_REJECTED);
	CHECK_INT(err.code, PDG_E_REJECTED);
	CHECK_STR(err.rule, "IDN-1");
	CHECK_STR(err.text, "the service refused: nobody");
	CHECK_STR(err.fix, "enrol");
	/* A later service may name a rule that is not known here; one that is too long is none. */
	(void)pdg_problem_read(pdg_bytes_str("{\"title\":\"t\",\"rule\":\"NEW-77\"}"), PDG_E_IO,
			       &err);
	CHECK_STR(err.rule, "NEW-77");
	CHECK_STR(err.text, "the service refused: t");
	CHECK_STR(err.fix, "");
	(void)pdg_problem_read(pdg_bytes_str("{\"rule\":\"A-RULE-OF-A-LENGTH-THAT-CANNOT-BE\"}"),
			       PDG_E_IO, &err);
	CHECK_STR(err.rule, "");
	CHECK_STR(err.text, "the service refused: no reason");
	CHECK_INT(pdg_problem_read(pdg_bytes_str("{}"), PDG_E_IO, NULL), PDG_E_IO);
}

/* Whoever answers may be anybody: its words are one line, and its rule has the form of one. */
static void words_of_a_hostile_service(void)
{
	static const char *const rules[] = {"\\u001b]0;x", "IDN-1\\n", "idn-1", "IDN-", "IDN-1234",
					    "IDNA-1",	   "ID-1",     "IDN1",	"",	"IDN-1 "};
	struct pdg_error err = {0};
	size_t i;

	(void)pdg_problem_read(pdg_bytes_str("{\"detail\":\"a\\nall is good\",\"fix\":\"b\\nc\"}"),
			       PDG_E_IO, &err);
	CHECK_STR(err.text, "the service refused: a all is good");
	CHECK_STR(err.fix, "b c");
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		PDG_AUTO(mem) char *text = pdg_str_printf("{\"rule\":\"%s\"}", rules[i]);

		pdg_test_case("%s", rules[i]);
		CHECK_INT(pdg_problem_read(pdg_bytes_str(text), PDG_E_IO, &err), PDG_E_IO);
		CHECK_STR(err.rule, "");
	}
	pdg_test_case(NULL);
	(void)pdg_problem_read(pdg_bytes_str("{\"rule\":\"NEW-999\"}"), PDG_E_IO, &err);
	CHECK_STR(err.rule, "NEW-999");
}

static void what_is_none_records_nothing(void)
{
	static const char *const none[] = {"",
					   "<html>",
					   "[]",
					   "{\"detail\":7}",
					   "{\"rule\":[]}",
					   "{\"detail\":\"a\",\"detail\":\"b\"}"};
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("%s", none[i]);
		CHECK_INT(pdg_problem_read(pdg_bytes_str(none[i]), PDG_E_REJECTED, &err),
			  PDG_E_FORMAT);
		CHECK_INT(err.code, 0);
	}
}

PDG_TEST_MAIN("problem", {"a problem is an error", a_problem_is_an_error},
	      {"words of a hostile service", words_of_a_hostile_service},
	      {"what is none records nothing", what_is_none_records_nothing})
