/* SPDX-License-Identifier: Apache-2.0 */
/* The error object: what is recorded, how it is cut, what the codes mean at the end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "util/error.h"

static void fail_records(void)
{
	struct pdg_error err = {.rule = "OLD-1", .fix = "old"};

	CHECK_CODE(pdg_fail(&err, PDG_E_IO, "cannot read \"%s\": %d", "x", 7), &err, PDG_E_IO);
	CHECK_STR(err.text, "cannot read \"x\": 7");
	CHECK_STR(err.rule, "");
	CHECK_STR(err.fix, "");
	CHECK_CODE(pdg_nomem(&err), &err, PDG_E_NOMEM);
}

static void nothing_needs_an_object(void)
{
	CHECK_INT(pdg_fail(NULL, PDG_E_IO, "%s", "x"), PDG_E_IO);
	CHECK_INT(pdg_reject(NULL, "JSN-2", "%s", "x"), PDG_E_LIMIT);
	CHECK_INT(pdg_context(NULL, PDG_E_IO, "%s", "x"), PDG_E_IO);
	CHECK_INT(pdg_nomem(NULL), PDG_E_NOMEM);
	pdg_fix(NULL, "%s", "x");
}

static void reject_takes_the_code_of_its_rule(void)
{
	struct pdg_error err = {.fix = "old"};
	int rc = pdg_reject(&err, "JSN-1", "no object at byte %d", 0);

	CHECK_RULE(rc, &err, "JSN-1");
	CHECK_INT(rc, PDG_E_FORMAT);
	CHECK_STR(err.fix, "");
	rc = pdg_reject(&err, "JSN-2", "too deep");
	CHECK_RULE(rc, &err, "JSN-2");
	CHECK_INT(rc, PDG_E_LIMIT);
}

/* What a rule id that is in no table does: end the program, where bugs are wanted loud. */
static void unknown_rule_aborts(void)
{
	struct pdg_error err = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "we", stderr))
			_exit(44);
		(void)signal(SIGABRT, SIG_DFL);
		_exit(pdg_reject(&err, "NON-1", "x") == PDG_E_INTERNAL ? 42 : 43);
	}
	if (!CHECK(pid > 0) || !CHECK(waitpid(pid, &status, 0) == pid))
		return;
#ifdef NDEBUG
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
#else
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
}

static void fix(void)
{
	struct pdg_error err = {0};

	(void)pdg_fail(&err, PDG_E_NOTFOUND, "no policy");
	pdg_fix(&err, "run: %s", "pedigree init");
	CHECK_STR(err.fix, "run: pedigree init");
	pdg_fix(&err, "name it with --policy");
	CHECK_STR(err.fix, "name it with --policy");
}

static void context_comes_before(void)
{
	struct pdg_error err = {0};
	int rc = pdg_reject(&err, "JSN-3", "member \"%s\" is missing", "subject");

	rc = pdg_context(&err, rc, "payload");
	rc = pdg_context(&err, rc, "envelope %d", 2);
	CHECK_RULE(rc, &err, "JSN-3");
	CHECK_STR(err.text, "envelope 2: payload: member \"subject\" is missing");

	err = (struct pdg_error){0};
	CHECK_INT(pdg_context(&err, 0, "envelope"), 0);
	CHECK_STR(err.text, "");
}

static void arguments_may_lie_in_the_object(void)
{
	struct pdg_error err = {0};

	(void)pdg_fail(&err, PDG_E_IO, "inner");
	(void)pdg_fail(&err, PDG_E_IO, "outer (%s)", err.text);
	CHECK_STR(err.text, "outer (inner)");
	(void)pdg_context(&err, PDG_E_IO, "%s", err.text);
	CHECK_STR(err.text, "outer (inner): outer (inner)");
}

static void long_texts_are_cut(void)
{
	struct pdg_error err = {0};
	char text[2000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)pdg_fail(&err, PDG_E_IO, "%s", text);
	CHECK_UINT(strlen(err.text), PDG_ERROR_TEXT_MAX - 1);
	(void)pdg_context(&err, PDG_E_IO, "%s", text);
	CHECK_UINT(strlen(err.text), PDG_ERROR_TEXT_MAX - 1);
	pdg_fix(&err, "%s", text);
	CHECK_UINT(strlen(err.fix), PDG_ERROR_FIX_MAX - 1);
	(void)pdg_fail(&err, PDG_E_IO, "inner");
	(void)pdg_context(&err, PDG_E_IO, "%.*s", PDG_ERROR_TEXT_MAX - 4, text);
	CHECK(pdg_bytes_ends(pdg_bytes_str(err.text), "a: i"));
}

/* A cut never leaves half a character: that would print as broken bytes. */
static void cut_respects_utf8(void)
{
	struct pdg_error err = {0};
	char text[1000] = "";
	size_t lead;

	for (lead = 0; lead < 4; lead++) {
		size_t i;

		memset(text, 'a', lead);
		for (i = lead; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xF0\x9F\x94\x91", 5);
		(void)pdg_fail(&err, PDG_E_IO, "%s", text);
		pdg_test_case("%zu letters before", lead);
		CHECK(pdg_bytes_utf8(pdg_bytes_str(err.text)));
		CHECK(strlen(err.text) > PDG_ERROR_TEXT_MAX - 5);
	}
	pdg_test_case(NULL);
}

static void a_named_file_is_its_namers_fault(void)
{
	static const int file[] = {PDG_E_FORMAT, PDG_E_LIMIT, PDG_E_NOTFOUND, PDG_E_REJECTED,
				   PDG_E_IO};
	static const int other[] = {PDG_OK, PDG_E_NOMEM, PDG_E_USAGE, PDG_E_CRYPTO, PDG_E_INTERNAL};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		(void)pdg_fail(&err, file[i], "text");
		CHECK_RULE(pdg_as_rule(&err, file[i], "KEY-3"), &err, "KEY-3");
		CHECK_INT(err.code, PDG_E_USAGE);
		CHECK_STR(err.text, "text");
		CHECK_INT(pdg_as_rule(NULL, file[i], "KEY-3"), PDG_E_USAGE);
	}
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		(void)pdg_fail(&err, other[i], "text");
		CHECK_INT(pdg_as_rule(&err, other[i], "KEY-3"), other[i]);
		CHECK_STR(err.rule, "");
	}
}

static void exit_statuses(void)
{
	static const struct {
		int code, status;
	} rows[] = {
		{PDG_OK, 0},
		{PDG_E_REJECTED, 1},
		{PDG_E_USAGE, 2},
		{PDG_E_NOMEM, 3},
		{PDG_E_FORMAT, 3},
		{PDG_E_LIMIT, 3},
		{PDG_E_NOTFOUND, 3},
		{PDG_E_IO, 3},
		{PDG_E_CRYPTO, 3},
		{PDG_E_INTERNAL, 3},
		{-99, 3},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("code %d", rows[i].code);
		CHECK_INT(pdg_exit_status(rows[i].code), rows[i].status);
	}
	pdg_test_case(NULL);
}

/* What is quoted must not begin a line that looks like ours (attack 18). */
static void an_error_is_one_line(void)
{
	struct pdg_error err = {0};

	(void)pdg_fail(&err, PDG_E_IO, "%s", "a\nb\n");
	pdg_fix(&err, "%s", "\nc");
	(void)pdg_context(&err, PDG_E_IO, "%s", "d\ne");
	CHECK_STR(err.text, "d e: a b ");
	CHECK_STR(err.fix, " c");
	(void)pdg_reject(&err, "JSN-1", "%s", "f\ng");
	CHECK_STR(err.text, "f g");
}

PDG_TEST_MAIN("error", {"fail records", fail_records}, {"one line", an_error_is_one_line},
	      {"nothing needs an object", nothing_needs_an_object},
	      {"reject takes the code of its rule", reject_takes_the_code_of_its_rule},
	      {"unknown rule aborts", unknown_rule_aborts}, {"fix", fix},
	      {"context comes before", context_comes_before},
	      {"arguments may lie in the object", arguments_may_lie_in_the_object},
	      {"long texts are cut", long_texts_are_cut}, {"cut respects UTF-8", cut_respects_utf8},
	      {"a named file is its namer's fault", a_named_file_is_its_namers_fault},
	      {"exit statuses", exit_statuses})
