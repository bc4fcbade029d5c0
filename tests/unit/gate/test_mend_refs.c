/* SPDX-License-Identifier: Apache-2.0 */
/* The ref that a judged object was pushed to: the right one of many, found without looking at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/mend.h"
#include "support/check.h"
#include "util/str.h"

#define MANY 4000 /* tags in one push */

/* The linker gives us the calls of all that is linked statically (CMakeLists.txt). */
int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);

static size_t n_compared;

int __wrap_strcmp(const char *a, const char *b)
{
	n_compared++;
	return __real_strcmp(a, b);
}

/* Not in the order of the push. */
static void name(size_t i, char out[PDG_GIT_HEX])
{
	(void)snprintf(out, PDG_GIT_HEX, "%040zx", i * 7919 % 10007 + 1);
}

static void take(struct pdg_mend *m, const char *hex, bool good)
{
	PDG_AUTO(verdict) struct pdg_verdict v;

	pdg_verdict_init(&v);
	if (good)
		v.result = PDG_RESULT_GOOD;
	else
		(void)pdg_reject(&v.why, "SGN-2", "not signed");
	pdg_mend_take(m, "tag", hex, pdg_bytes(NULL, 0), &v);
}

static void many_tags(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	PDG_AUTO(mend) struct pdg_mend *m = NULL;
	struct pdg_error err = {0};
	struct pdg_error line;
	char hex[PDG_GIT_HEX];
	size_t i;

	for (i = 0; i < MANY; i++) {
		name(i, hex);
		pdg_buf_printf(&in, "%040d %s refs/tags/v%zu\n", 0, hex, i);
	}
	/* A second name for one of them. */
	name(5, hex);
	pdg_buf_printf(&in, "%040d %s refs/tags/again\n", 0, hex);
	CHECK_OK(pdg_push_received(pdg_buf_bytes(&in), &push, &err), &err);
	n_compared = 0;
	CHECK_OK(pdg_mend_new(NULL, &push, &m, &err), &err);
	for (i = 0; i < MANY; i++) {
		name(i, hex);
		take(m, hex, i != 5 && i != MANY - 1);
		/* Within the tag that was pushed: of its ref. */
		if (i == 6)
			take(m, "ffffffffffffffffffffffffffffffffffffffff", false);
	}
	/* One by one it were eight millions. */
	CHECK(n_compared < 40 * MANY);
	CHECK_UINT(pdg_mend_n(m), 3);
	pdg_mend_line(m, 0, &line);
	CHECK_HAS(pdg_error_fix(&line), " v5 'v5^{}'");
	pdg_mend_line(m, 1, &line);
	CHECK_HAS(pdg_error_fix(&line), " v6 'v6^{}'");
	pdg_mend_line(m, 2, &line);
	CHECK_HAS(pdg_error_fix(&line), " v3999 'v3999^{}'");
}

PDG_TEST_MAIN("mend_refs", {"many tags", many_tags})
