/* SPDX-License-Identifier: Apache-2.0 */
/* util/strings.c: what is added is a copy, a copied list is another one, an emptied one can be used
 * again. */
#include "util/strings.h"

#include "support/check.h"

static void own_copies(void)
{
	struct pdg_strings a = {0}, b = {0};
	char text[] = "one";

	CHECK(!pdg_strings_has(&a, "one"));
	CHECK_INT(pdg_strings_add(&a, text, NULL), 0);
	text[0] = 'O';
	CHECK_INT(pdg_strings_add(&a, "two", NULL), 0);
	CHECK_INT(pdg_strings_copy(&a, &b, NULL), 0);
	pdg_strings_done(&a);
	CHECK_UINT(a.n, 0);
	CHECK_UINT(b.n, 2);
	CHECK_STR(b.v[0], "one");
	CHECK_STR(b.v[1], "two");
	CHECK(pdg_strings_has(&b, "two"));
	CHECK(!pdg_strings_has(&b, "tw"));
	CHECK_INT(pdg_strings_add(&a, "three", NULL), 0);
	CHECK_STR(a.v[0], "three");
	pdg_strings_done(&a);
	pdg_strings_done(&b);
}

static void of_nothing(void)
{
	struct pdg_strings a = {0}, b = {0};

	CHECK_INT(pdg_strings_copy(&a, &b, NULL), 0);
	CHECK_UINT(b.n, 0);
	pdg_strings_done(&a);
	pdg_strings_done(&b);
}

PDG_TEST_MAIN("strings", {"own copies", own_copies}, {"of nothing", of_nothing})
