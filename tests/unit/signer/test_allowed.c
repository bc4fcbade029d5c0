/* SPDX-License-Identifier: Apache-2.0 */
/* What the service's keys sign for a process that may be somebody else's by now. */
#include "signer/allowed.h"

#include <string.h>

#include "support/check.h"
#include "util/limits.h"

#define PAE  "DSSEv1 28 application/vnd.in-toto+json "
#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static int ask(enum pdg_purpose purpose, const char *text, size_t n, struct pdg_error *err)
{
	return pdg_signer_allowed(purpose, "log.example", pdg_bytes(text, n), err);
}

static void what_they_sign(void)
{
	static const struct {
		enum pdg_purpose purpose;
		const char *text;
	} rows[] = {
		{PDG_PURPOSE_SIGNING, PAE "0 "},
		{PDG_PURPOSE_SIGNING, PAE "2 {}"},
		{PDG_PURPOSE_SIGNING, PAE "10 0123456789"},
		{PDG_PURPOSE_LOG, "log.example\n0\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.example\n12345678901\n" ROOT "\n"},
		{PDG_PURPOSE_JOURNAL, "log.example/journal\n7\n" ROOT "\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("row %zu", i);
		CHECK_OK(ask(rows[i].purpose, rows[i].text, strlen(rows[i].text), &err), &err);
	}
	pdg_test_case(NULL);
}

static void what_they_do_not_sign(void)
{
	static const struct {
		enum pdg_purpose purpose;
		const char *text;
	} rows[] = {
		/* other texts, other types, other lengths */
		{PDG_PURPOSE_SIGNING, ""},
		{PDG_PURPOSE_SIGNING, "ready?"},
		{PDG_PURPOSE_SIGNING, "tree 0000\n"},
		{PDG_PURPOSE_SIGNING, "DSSEv1 10 text/plain 2 {}"},
		{PDG_PURPOSE_SIGNING, "DSSEv1 29 application/vnd.in-toto+jsonx 2 {}"},
		{PDG_PURPOSE_SIGNING, " " PAE "2 {}"},
		{PDG_PURPOSE_SIGNING, PAE "2 {"},
		{PDG_PURPOSE_SIGNING, PAE "2 {} "},
		{PDG_PURPOSE_SIGNING, PAE "02 {}"},
		{PDG_PURPOSE_SIGNING, PAE "+2 {}"},
		{PDG_PURPOSE_SIGNING, PAE " {}"},
		{PDG_PURPOSE_SIGNING, PAE "18446744073709551618 {}"},
		{PDG_PURPOSE_SIGNING, PAE},
		{PDG_PURPOSE_SIGNING, "log.example\n0\n" ROOT "\n"},
		/* another purpose's, another log's, more lines, another root */
		{PDG_PURPOSE_LOG, PAE "2 {}"},
		{PDG_PURPOSE_LOG, "log.example/journal\n7\n" ROOT "\n"},
		{PDG_PURPOSE_JOURNAL, "log.example\n7\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.example.org\n7\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.exampl\n7\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.example\n7\n" ROOT "\nmore\n"},
		{PDG_PURPOSE_LOG, "log.example\n7\n" ROOT},
		{PDG_PURPOSE_LOG, "log.example\n07\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.example\n-7\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.example\n\n" ROOT "\n"},
		{PDG_PURPOSE_LOG, "log.example\n7\nAAAA\n"},
		{PDG_PURPOSE_LOG, "log.example\n7\n\n"},
		{PDG_PURPOSE_LOG, "log.example\n7\n"},
		{PDG_PURPOSE_LOG, "log.example\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};

		pdg_test_case("row %zu", i);
		CHECK_RULE(ask(rows[i].purpose, rows[i].text, strlen(rows[i].text), &err), &err,
			   "KEY-6");
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("allowed", {"what they sign", what_they_sign},
	      {"what they do not sign", what_they_do_not_sign})
