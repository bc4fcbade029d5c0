/* SPDX-License-Identifier: Apache-2.0 */
/* What a refused push is told by: kept within bounds, whatever its merges are like. */
#include <stdlib.h>
#include <string.h>

#include "gate/mend.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

#define TREE "tree aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
#define TAIL "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n"
#define LINE 48 /* "parent <hex>\n" */

static char ref[] = "refs/heads/main";

static void take(struct pdg_mend *m, const char *hex, struct pdg_bytes raw, enum pdg_result result)
{
	PDG_AUTO(verdict) struct pdg_verdict v;

	pdg_verdict_init(&v);
	v.result = result;
	if (result != PDG_RESULT_GOOD)
		(void)pdg_reject(&v.why, "SGN-2", "not signed");
	pdg_mend_take(m, "commit", hex, raw, &v);
}

/* A name that ends in @i. */
static void name_of(size_t i, char out[PDG_GIT_HEX])
{
	PDG_AUTO(mem) char *text = pdg_str_printf("%040zx", i);

	memcpy(out, text, strlen(text) + 1);
}

/* A good merge @i: its first parent, and so many of the name 1000 + @i. */
static void take_merge(struct pdg_mend *m, size_t i, size_t parents)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(1 << 20);
	char parent[PDG_GIT_HEX];
	char hex[PDG_GIT_HEX];
	size_t k;

	name_of(i, hex);
	name_of(0, parent);
	pdg_buf_printf(&raw, TREE "parent %s\n", parent);
	name_of(1000 + i, parent);
	for (k = 1; k < parents; k++)
		pdg_buf_printf(&raw, "parent %s\n", parent);
	pdg_buf_puts(&raw, TAIL);
	take(m, hex, pdg_buf_bytes(&raw), PDG_RESULT_GOOD);
}

/* The parents of merges are kept up to a sum; what has no room only makes a line say less. */
static void parents_of_merges(void)
{
	struct pdg_update u = {.ref = ref, .new = "ffffffffffffffffffffffffffffffffffffffff"};
	const struct pdg_push push = {&u, 1};
	PDG_AUTO(mend) struct pdg_mend *m = NULL;
	size_t fit = PDG_LIMIT_MEND_PARENTS / (PDG_LIMIT_COMMIT_PARENTS * LINE);
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_mend_new(NULL, &push, &m, &err), &err);
	for (i = 0; i < 2 * fit; i++)
		take_merge(m, i, PDG_LIMIT_COMMIT_PARENTS);
	/* A small one still has room. */
	take_merge(m, 2 * fit, 2);
	for (i = 0; i <= 2 * fit; i++) {
		bool kept = i < fit || i == 2 * fit;
		struct pdg_error line;
		char hex[PDG_GIT_HEX];

		name_of(1000 + i, hex);
		take(m, hex, pdg_bytes_str(TREE TAIL), PDG_RESULT_UNSIGNED);
		pdg_mend_line(m, i, &line);
		pdg_test_case("merge %zu", i);
		CHECK((strstr(line.text, "(parent 2 of the merge") != NULL) == kept);
		CHECK_HAS(line.text, "is unsigned");
	}
	pdg_test_case(NULL);
}

/* Of a commit beyond a limit nothing is known: no command is made of it, nor of what is behind it.
 */
static void unread_commits(void)
{
	struct pdg_update u = {.ref = ref, .new = "ffffffffffffffffffffffffffffffffffffffff"};
	const struct pdg_push push = {&u, 1};
	PDG_AUTO(mend) struct pdg_mend *m = NULL;
	struct pdg_error err = {0};
	struct pdg_error line;
	char hex[PDG_GIT_HEX];

	CHECK_OK(pdg_mend_new(NULL, &push, &m, &err), &err);
	take(m, u.new, pdg_bytes_str(TREE "parent 123456789012aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" TAIL),
	     PDG_RESULT_UNSIGNED);
	name_of(1, hex);
	take(m, hex, pdg_bytes(NULL, 0), PDG_RESULT_MALFORMED);
	CHECK_UINT(pdg_mend_n(m), 2);
	pdg_mend_line(m, 0, &line);
	CHECK_HAS(pdg_error_fix(&line), "123456789012");
	CHECK(!strstr(pdg_error_fix(&line), "--root"));
	pdg_mend_line(m, 1, &line);
	CHECK_HAS(line.text, "is malformed");
	CHECK(!strstr(pdg_error_fix(&line), "git rebase"));
}

PDG_TEST_MAIN("mend", {"parents of merges", parents_of_merges}, {"unread commits", unread_commits})
