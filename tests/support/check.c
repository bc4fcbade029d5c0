/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of check.h: each prints what it got on failure and tells CUnit, which counts.
 * Runs under CUnit's basic interface in the order of the table.
 */
#include "support/check.h"

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/codec.h"
#include "util/rule.h"

#define SHOWN_BYTES 256

static char current_case[256];

static bool tell(bool ok, const char *what, const char *file, int line)
{
	/* CUnit copies the texts; line numbers are never negative. */
	CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, (unsigned)line, what, file, "", CU_FALSE);
	return ok;
}

static void complain(const char *file, int line, const char *fmt, ...) PDG_PRINTF(3, 4);

static void complain(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (current_case[0])
		(void)fprintf(stderr, "\n    case: %s", current_case);
	(void)fprintf(stderr, "\n    %s:%d: ", file, line);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

void pdg_test_case(const char *fmt, ...)
{
	va_list ap;

	current_case[0] = '\0';
	if (!fmt)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(current_case, sizeof(current_case), fmt, ap);
	va_end(ap);
}

bool pdg_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok)
		complain(file, line, "not true: %s", what);
	return tell(ok, what, file, line);
}

static void complain_error(int rc, const struct pdg_error *err, const char *wanted,
			   const char *what, const char *file, int line)
{
	complain(file, line, "%s gave %d, wanted %s [%s] %s", what, rc, wanted,
		 err ? err->rule : "", err ? err->text : "");
}

bool pdg_check_ok(int rc, const struct pdg_error *err, const char *what, const char *file, int line)
{
	if (rc != 0)
		complain_error(rc, err, "0", what, file, line);
	return tell(rc == 0, what, file, line);
}

bool pdg_check_code(int rc, const struct pdg_error *err, int code, const char *what,
		    const char *file, int line)
{
	bool ok = rc == code && (!err || code == 0 || (err->code == code && err->text[0]));
	char wanted[16];

	if (!ok) {
		(void)snprintf(wanted, sizeof(wanted), "%d", code);
		complain_error(rc, err, wanted, what, file, line);
	}
	return tell(ok, what, file, line);
}

bool pdg_check_rule(int rc, const struct pdg_error *err, const char *id, const char *what,
		    const char *file, int line)
{
	const struct pdg_rule *rule = pdg_rule_find(id);
	bool ok = rule && rc < 0 && rc == rule->code && err->code == rc &&
		  strcmp(err->rule, id) == 0 && err->text[0];

	if (!ok)
		complain_error(rc, err, id, what, file, line);
	return tell(ok, what, file, line);
}

bool pdg_check_str(const char *got, const char *want, const char *what, const char *file, int line)
{
	bool ok = got && want ? strcmp(got, want) == 0 : got == want;

	if (!ok)
		complain(file, line, "%s is \"%s\", wanted \"%s\"", what, got ? got : "(NULL)",
			 want ? want : "(NULL)");
	return tell(ok, what, file, line);
}

static void show_bytes(const char *title, struct pdg_bytes b)
{
	char hex[2 * SHOWN_BYTES + 1];

	pdg_hex(pdg_bytes_head(b, SHOWN_BYTES), hex);
	(void)fprintf(stderr, "      %s %zu bytes %s%s\n", title, b.n, hex,
		      b.n > SHOWN_BYTES ? "..." : "");
}

bool pdg_check_bytes(struct pdg_bytes got, struct pdg_bytes want, const char *what,
		     const char *file, int line)
{
	bool ok = pdg_bytes_eq(got, want);

	if (!ok) {
		complain(file, line, "%s differs", what);
		show_bytes("got   ", got);
		show_bytes("wanted", want);
	}
	return tell(ok, what, file, line);
}

bool pdg_check_int(intmax_t got, intmax_t want, const char *what, const char *file, int line)
{
	if (got != want)
		complain(file, line, "%s is %jd, wanted %jd", what, got, want);
	return tell(got == want, what, file, line);
}

bool pdg_check_uint(uintmax_t got, uintmax_t want, const char *what, const char *file, int line)
{
	if (got != want)
		complain(file, line, "%s is %ju, wanted %ju", what, got, want);
	return tell(got == want, what, file, line);
}

bool pdg_check_has(const char *haystack, const char *needle, const char *what, const char *file,
		   int line)
{
	bool ok = haystack && needle && needle[0] && strstr(haystack, needle);

	if (!ok)
		complain(file, line, "%s lacks \"%s\": \"%s\"", what, needle ? needle : "(NULL)",
			 haystack ? haystack : "(NULL)");
	return tell(ok, what, file, line);
}

static bool add_tests(const char *suite, const struct pdg_test *tests, size_t n)
{
	CU_pSuite s = CU_add_suite(suite, NULL, NULL);
	size_t i;

	for (i = 0; s && i < n; i++) {
		if (!CU_add_test(s, tests[i].name, tests[i].run))
			return false;
	}
	return s != NULL;
}

int pdg_test_run(const char *suite, const struct pdg_test *tests, size_t n)
{
	bool ok = false;

	if (CU_initialize_registry() != CUE_SUCCESS || !add_tests(suite, tests, n)) {
		(void)fprintf(stderr, "%s: the tests could not be set up: %s\n", suite,
			      CU_get_error_msg());
	} else {
		CU_basic_set_mode(CU_BRM_VERBOSE);
		ok = CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_failures() == 0 &&
		     CU_get_number_of_tests_run() == n && n > 0 && CU_get_number_of_asserts() > 0;
	}
	CU_cleanup_registry();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
