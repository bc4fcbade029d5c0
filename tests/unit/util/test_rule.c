/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rules against docs/RULES.md: the same ids, each once, with the same status and
 * problem. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "util/error.h"
#include "util/rule.h"
#include "util/str.h"

/* The text of cell @i (0 first) of the table row @line, without the spaces around it. */
static struct pdg_bytes cell(struct pdg_bytes line, size_t i)
{
	struct pdg_bytes rest = line;
	size_t bar;

	do {
		bar = pdg_bytes_find_byte(rest, '|', 0);
		if (bar == SIZE_MAX)
			return pdg_bytes(NULL, 0);
		rest = pdg_bytes_from(rest, bar + 1);
	} while (i-- > 0);
	rest = pdg_bytes_head(rest, pdg_bytes_find_byte(rest, '|', 0));
	while (rest.n && rest.p[0] == ' ')
		rest = pdg_bytes_from(rest, 1);
	while (rest.n && rest.p[rest.n - 1] == ' ')
		rest = pdg_bytes_head(rest, rest.n - 1);
	return rest;
}

/* A row of rules: it begins with "| " and a capital letter. */
static bool is_row(struct pdg_bytes line)
{
	return line.n > 2 && pdg_bytes_starts(line, "| ") && isupper(line.p[2]);
}

static size_t rows_with_id(struct pdg_bytes doc, const char *id, struct pdg_bytes *out_row)
{
	struct pdg_bytes line;
	size_t n = 0;

	while (pdg_bytes_line(&doc, &line)) {
		if (is_row(line) && pdg_bytes_eq_str(cell(line, 0), id)) {
			*out_row = line;
			n++;
		}
	}
	return n;
}

static void document_and_table_agree(void)
{
	PDG_AUTO(buf) struct pdg_buf doc = PDG_BUF_INIT(1 << 20);
	struct pdg_bytes rest;
	struct pdg_bytes line;
	size_t rows = 0;
	size_t n;
	const struct pdg_rule *rules = pdg_rule_table(&n);
	size_t i;

	pdg_test_read(PDG_TEST_SOURCE "/docs/RULES.md", &doc);
	for (i = 0; i < n; i++) {
		struct pdg_bytes row = {0};
		uint64_t status = 0;

		pdg_test_case("rule %s", rules[i].id);
		if (!CHECK_UINT(rows_with_id(pdg_buf_bytes(&doc), rules[i].id, &row), 1))
			continue;
		CHECK(pdg_bytes_u64(cell(row, 1), 599, &status));
		CHECK_INT(status, rules[i].status);
		CHECK_BYTES_STR(cell(row, 2), rules[i].problem);
		CHECK(cell(row, 3).n > 0);
	}
	rest = pdg_buf_bytes(&doc);
	while (pdg_bytes_line(&rest, &line)) {
		PDG_AUTO(mem) char *id = NULL;

		if (!is_row(line))
			continue;
		rows++;
		id = pdg_bytes_dup(cell(line, 0));
		pdg_test_case("row %s", id);
		CHECK(pdg_rule_find(id) != NULL);
	}
	pdg_test_case(NULL);
	CHECK_UINT(rows, n);
}

static void ids_are_unique(void)
{
	size_t n;
	const struct pdg_rule *rules = pdg_rule_table(&n);
	size_t i;
	size_t j;

	CHECK(n > 0);
	for (i = 0; i < n; i++) {
		for (j = i + 1; j < n; j++) {
			pdg_test_case("%s at %zu and %zu", rules[i].id, i, j);
			CHECK(!pdg_str_eq(rules[i].id, rules[j].id));
		}
	}
	pdg_test_case(NULL);
}

/* A remedy is one line for people, of a rule that is there; the error's own goes before it. */
static void remedies_belong_to_rules(void)
{
	size_t n;
	const struct pdg_rule *rules = pdg_rule_table(&n);
	struct pdg_error err = {0};
	size_t with = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *fix = pdg_rule_fix(rules[i].id);

		pdg_test_case("remedy of %s", rules[i].id);
		CHECK(strlen(fix) < PDG_ERROR_FIX_MAX && !strchr(fix, '\n'));
		CHECK(!pdg_str_ends(fix, "."));
		with += fix[0] != '\0';
	}
	pdg_test_case(NULL);
	CHECK_UINT(with, pdg_rule_fixes());
	CHECK_STR(pdg_rule_fix("JSN-0"), "");
	CHECK_STR(pdg_rule_fix(NULL), "");
	(void)pdg_reject(&err, "STO-4", "no room");
	CHECK_STR(pdg_error_fix(&err), pdg_rule_fix("STO-4"));
	CHECK(pdg_error_fix(&err)[0] != '\0');
	pdg_fix(&err, "make room");
	CHECK_STR(pdg_error_fix(&err), "make room");
	(void)pdg_fail(&err, PDG_E_IO, "of no rule");
	CHECK_STR(pdg_error_fix(&err), "");
}

/* "ABC-12": upper-case letters, a hyphen, a number from 1. */
static bool id_has_form(const char *id)
{
	size_t letters = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	uint64_t number;

	return letters >= 2 && id[letters] == '-' &&
	       pdg_bytes_u64(pdg_bytes_str(id + letters + 1), 999, &number) && number > 0;
}

/*
 * Every problem type with its one status: a promise to whoever reads problem documents. What is
 * "refused" never leaves the command line.
 */
static const struct {
	const char *name;
	int status; /* 0: any */
} problems[] = {
	{"malformed", 400},
	{"too-large", 413},
	{"signature-invalid", 403},
	{"identity-not-allowed", 403},
	{"source-missing", 424},
	{"source-not-verified", 422},
	{"source-ambiguous", 422},
	{"reference-unknown", 424},
	{"reference-mismatch", 422},
	{"subject-mismatch", 422},
	{"replayed-token", 401},
	{"conflict", 409},
	{"token-invalid", 401},
	{"issuer-unavailable", 503},
	{"log-unavailable", 503},
	{"overloaded", 503},
	{"not-found", 404},
	{"method-not-allowed", 405},
	{"unsupported-type", 415},
	{"headers-too-large", 431},
	{"target-too-long", 414},
	{"not-ready", 503},
	{"not-supported", 501},
	{"internal", 500},
	{"refused", 0},
};

static bool problem_has_status(const char *problem, int status)
{
	size_t i;

	for (i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (pdg_str_eq(problem, problems[i].name))
			return problems[i].status == 0 || problems[i].status == status;
	}
	return false;
}

static void entries_are_whole(void)
{
	size_t n;
	const struct pdg_rule *rules = pdg_rule_table(&n);
	size_t i;

	for (i = 0; i < n; i++) {
		const struct pdg_rule *r = &rules[i];

		pdg_test_case("rule %s", r->id);
		CHECK(id_has_form(r->id));
		CHECK(strlen(r->id) < PDG_ERROR_RULE_MAX);
		CHECK(r->code < 0);
		CHECK(r->status >= 400 && r->status < 600);
		CHECK(problem_has_status(r->problem, r->status));
		CHECK(r->meaning[0] != '\0' && !pdg_str_ends(r->meaning, "."));
		CHECK(pdg_rule_find(r->id) == r);
	}
	pdg_test_case(NULL);
	CHECK(pdg_rule_find("JSN-0") == NULL);
	CHECK(pdg_rule_find("") == NULL);
	CHECK(pdg_rule_find(NULL) == NULL);
}

/* Whoever called or configured wrongly is told so by exit status 2, whichever rule says it. */
static void faults_of_configuration_are_wrong_use(void)
{
	static const char *const ids[] = {
		"FIL-1",  "KEY-2", "KEY-3", "KEY-4", "KEY-5", "KEY-6",	"TRT-1",  "CLI-1", "CLI-2",
		"CLI-3",  "CLI-4", "CLI-9", "GIT-1", "GIT-2", "GIT-4",	"GIT-5",  "GIT-7", "PSH-1",
		"PSH-19", "HOK-3", "HOK-4", "HOK-6", "SGN-1", "POL-1",	"POL-2",  "POL-3", "POL-4",
		"POL-5",  "POL-6", "POL-7", "POL-8", "POL-9", "POL-10", "POL-11", "CFG-1", "CFG-2",
		"CFG-3",  "CFG-4", "CFG-6", "STO-5", "STO-6", "BAK-1",
	};
	size_t n_rules;
	const struct pdg_rule *rules = pdg_rule_table(&n_rules);
	size_t wrong_use = 0;
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct pdg_rule *r = pdg_rule_find(ids[i]);

		pdg_test_case("%s", ids[i]);
		if (CHECK(r != NULL))
			CHECK_INT(pdg_exit_status(r->code), 2);
	}
	pdg_test_case("no other");
	for (i = 0; i < n_rules; i++)
		wrong_use += pdg_exit_status(rules[i].code) == 2;
	CHECK_UINT(wrong_use, sizeof(ids) / sizeof(ids[0]));
}

PDG_TEST_MAIN("rule",
	      {"faults of configuration are wrong use", faults_of_configuration_are_wrong_use},
	      {"remedies belong to rules", remedies_belong_to_rules},
	      {"document and table agree", document_and_table_agree},
	      {"ids are unique", ids_are_unique}, {"entries are whole", entries_are_whole})
