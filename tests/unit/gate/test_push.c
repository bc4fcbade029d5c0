/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that git gives its hooks: taken exactly, or the push stops. */
#include <string.h>

#include "gate/push.h"
#include "support/check.h"

#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ZERO "0000000000000000000000000000000000000000"
#define LONG A "aaaaaaaaaaaaaaaaaaaaaaaa"

static void taken(void)
{
	PDG_AUTO(push) struct pdg_push p = {NULL, 0};
	PDG_AUTO(push) struct pdg_push q = {NULL, 0};
	PDG_AUTO(push) struct pdg_push r = {NULL, 0};
	PDG_AUTO(push) struct pdg_push none = {NULL, 0};
	struct pdg_error err = {0};

	CHECK_OK(pdg_push_received(pdg_bytes_str(ZERO " " A " refs/heads/main\n" A " " ZERO
						      " refs/heads/x/\xC3\xA4"),
				   &p, &err),
		 &err);
	if (CHECK_UINT(p.n, 2)) {
		CHECK_STR(p.v[0].ref, "refs/heads/main");
		CHECK_STR(p.v[0].old, "");
		CHECK_STR(p.v[0].new, A);
		CHECK_STR(p.v[1].new, "");
	}
	CHECK_OK(pdg_push_sent(pdg_bytes_str("refs/heads/l " A " refs/heads/r " B "\n(delete) " ZERO
					     " refs/heads/d " LONG "\n"),
			       &q, &err),
		 &err);
	if (CHECK_UINT(q.n, 2)) {
		CHECK_STR(q.v[0].ref, "refs/heads/r");
		CHECK_STR(q.v[0].old, B);
		CHECK_STR(q.v[0].new, A);
		CHECK_STR(q.v[1].old, LONG);
	}
	CHECK_OK(pdg_push_rewritten(
			 pdg_bytes_str(A " " B "\n" A " " B " more words here and more\n"), &r,
			 &err),
		 &err);
	if (CHECK_UINT(r.n, 2))
		CHECK(r.v[1].ref == NULL);
	/* git runs pre-push for a push of nothing; who receives is always told of something. */
	CHECK_OK(pdg_push_sent(pdg_bytes(NULL, 0), &none, &err), &err);
	CHECK_UINT(none.n, 0);
	CHECK_RULE(pdg_push_received(pdg_bytes(NULL, 0), &none, &err), &err, "PSH-9");
}

static void refused(void)
{
	static const struct {
		const char *text;
		size_t n;
	} cases[] = {
#define CASE(s) {s, sizeof(s) - 1}
		CASE("\n"),
		CASE(A " " B "\n"),
		CASE(A " " B " refs/heads/a b\n"),
		CASE(A "  " B " refs/heads/a\n"),
		CASE(" " A " " B " refs/heads/a\n"),
		CASE("aaaa " B " refs/heads/a\n"),
		CASE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA " B " refs/heads/a\n"),
		CASE(A " " B "0 refs/heads/a\n"),
		CASE(A " " B " HEAD\n"),
		CASE(A " " B " refs/heads/a/../b\n"),
		CASE(A " " B " refs/heads/a\x1b[2J\n"),
		CASE(A " " B " refs/heads/a\r\n"),
		CASE(A " " B " refs/heads/a\0b\n"),
		CASE(A " " B " refs/heads/ok\n" A "\n"),
#undef CASE
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_push p = {NULL, 0};
		struct pdg_error err = {0};

		pdg_test_case("case %zu", i);
		CHECK_RULE(pdg_push_received(pdg_bytes(cases[i].text, cases[i].n), &p, &err), &err,
			   "PSH-9");
		CHECK(p.v == NULL);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("push", {"taken", taken}, {"refused", refused})
