/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test is written with: checks over CUnit that say what was expected, a
 * table of tests with its main(), and small helpers for files.
 *
 *	static void limit_is_kept(void)
 *	{
 *		struct pdg_error err = { 0 };
 *		int rc = pdg_thing_parse(bytes, &thing, &err);
 *
 *		CHECK_RULE(rc, &err, "THG-2");
 *	}
 *
 *	PDG_TEST_MAIN("thing", { "limit is kept", limit_is_kept }, …)
 *
 * A check gives true when it held: if (!CHECK_OK(rc, &err)) return;
 * The program fails when a check failed, when no test ran, and when nothing was checked.
 */
#ifndef PDG_TESTS_SUPPORT_CHECK_H
#define PDG_TESTS_SUPPORT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

#define CHECK(cond) pdg_check((cond), #cond, __FILE__, __LINE__)

/** @rc is 0; prints the error's rule and text when it is not. @err may be NULL. */
#define CHECK_OK(rc, err) pdg_check_ok((rc), (err), #rc, __FILE__, __LINE__)

/** @rc is @code, and so is @err->code (where @err is not NULL). */
#define CHECK_CODE(rc, err, code) pdg_check_code((rc), (err), (code), #rc, __FILE__, __LINE__)

/** @rc is the failure of rule @id: negative, the code of the rule's entry, recorded in @err. */
#define CHECK_RULE(rc, err, id) pdg_check_rule((rc), (err), (id), #rc, __FILE__, __LINE__)

/** Two strings are equal; NULL equals NULL only. */
#define CHECK_STR(got, want) pdg_check_str((got), (want), #got, __FILE__, __LINE__)

/** struct pdg_bytes against a string, or against bytes. */
#define CHECK_BYTES_STR(got, want)                                                                 \
	pdg_check_bytes((got), pdg_bytes_str(want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(got, want) pdg_check_bytes((got), (want), #got, __FILE__, __LINE__)

/** Two integers are equal, shown as signed or as unsigned numbers. */
#define CHECK_INT(got, want)                                                                       \
	pdg_check_int((intmax_t)(got), (intmax_t)(want), #got, __FILE__, __LINE__)
#define CHECK_UINT(got, want)                                                                      \
	pdg_check_uint((uintmax_t)(got), (uintmax_t)(want), #got, __FILE__, __LINE__)

/** @haystack (a string) holds @needle. For program output, never to tell refusals apart. */
#define CHECK_HAS(haystack, needle)                                                                \
	pdg_check_has((haystack), (needle), #haystack, __FILE__, __LINE__)

struct pdg_test {
	const char *name;
	void (*run)(void);
};

#define PDG_TEST_MAIN(suite, ...)                                                                  \
	int main(void)                                                                             \
	{                                                                                          \
		static const struct pdg_test tests[] = {__VA_ARGS__};                              \
		return pdg_test_run(suite, tests, sizeof(tests) / sizeof(tests[0]));               \
	}

/** Run all of @tests as one CUnit suite. Returns the exit status of the program. */
int pdg_test_run(const char *suite, const struct pdg_test *tests, size_t n);

/** A line above the checks of one case of a table, printed only if one of them fails. NULL: none.
 */
void pdg_test_case(const char *fmt, ...) PDG_PRINTF(1, 2);

/** Append the bytes of the file @path; a file that cannot be read ends the program with status 1.
 */
void pdg_test_read(const char *path, struct pdg_buf *out);

/** The same for a file below tests/data/. */
#define PDG_TEST_READ_DATA(name, out) pdg_test_read(PDG_TEST_DATA "/" name, (out))

/** A new empty folder of this test's own; give it back to pdg_test_dir_remove(). */
char *pdg_test_dir(void);
/** Remove the folder with all that is in it, and free its name. */
void pdg_test_dir_remove(char *dir);

/** @dir/@name, to be freed; and a file of that name written with @text. Both end the program on
 * failure. */
char *pdg_test_path(const char *dir, const char *name);
char *pdg_test_file(const char *dir, const char *name, struct pdg_bytes content);

/** In @text put @to in the place of the first @from, from the first @after on (NULL: from its
 * beginning). Ends the program where there is none. */
void pdg_test_replace(struct pdg_buf *text, const char *after, const char *from, const char *to);

bool pdg_check(bool ok, const char *what, const char *file, int line);
bool pdg_check_ok(int rc, const struct pdg_error *err, const char *what, const char *file,
		  int line);
bool pdg_check_code(int rc, const struct pdg_error *err, int code, const char *what,
		    const char *file, int line);
bool pdg_check_rule(int rc, const struct pdg_error *err, const char *id, const char *what,
		    const char *file, int line);
bool pdg_check_str(const char *got, const char *want, const char *what, const char *file, int line);
bool pdg_check_bytes(struct pdg_bytes got, struct pdg_bytes want, const char *what,
		     const char *file, int line);
bool pdg_check_int(intmax_t got, intmax_t want, const char *what, const char *file, int line);
bool pdg_check_uint(uintmax_t got, uintmax_t want, const char *what, const char *file, int line);
bool pdg_check_has(const char *haystack, const char *needle, const char *what, const char *file,
		   int line);

#endif
