/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between pedigreed and the program that holds its keys, and what is none. */
#include "agent/wire.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/check.h"
#include "util/limits.h"

static void pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
}

static void messages_come_as_they_went(void)
{
	static const size_t sizes[] = {0, 1, 100, 16376, 16377, 70000, 3000000};
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD + PDG_LIMIT_PAYLOAD);
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct pdg_agent_head head = {.op = PDG_AGENT_SIGN, .purpose = 2};
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
		struct pdg_agent_head got = {0};
		struct pdg_bytes said;
		struct pdg_error err = {0};
		int fds[2];
		pid_t pid;

		pdg_test_case("%zu bytes", sizes[i]);
		if (sizes[i])
			memset(pdg_buf_room(&body, sizes[i]), (int)('a' + i), sizes[i]);
		pair(fds);
		pid = fork();
		if (pid == 0)
			_exit(pdg_agent_send(fds[1], head, pdg_buf_bytes(&body), NULL) == 0 ? 0
											    : 1);
		CHECK_OK(pdg_agent_receive(fds[0], &in, PDG_LIMIT_PAYLOAD, &got, &said, &err),
			 &err);
		CHECK_UINT(got.op, PDG_AGENT_SIGN);
		CHECK_UINT(got.purpose, 2);
		CHECK(pdg_bytes_eq(said, pdg_buf_bytes(&body)));
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
	pdg_test_case(NULL);
}

static void hostile_heads_are_refused(void)
{
	static const struct {
		uint8_t bytes[12];
		size_t n;
		const char *rule;
	} rows[] = {
		{{PDG_AGENT_SIGN, 0, 1, 0, 0, 0, 0, 0}, 8, "RLY-3"}, /* what is 0 */
		{{PDG_AGENT_SIGN, 0, 0, 0, 0, 0, 0, 101}, 8, "RLY-4"},
		{{PDG_AGENT_SIGN, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, 8, "RLY-4"},
		{{PDG_AGENT_SIGN, 0, 0, 0, 0, 0, 0, 1, 'a', 'b'}, 10, "RLY-3"}, /* and more */
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD + 100);
		struct pdg_agent_head got;
		struct pdg_bytes said;
		struct pdg_error err = {0};
		int fds[2];

		pdg_test_case("row %zu", i);
		pair(fds);
		CHECK(write(fds[1], rows[i].bytes, rows[i].n) == (ssize_t)rows[i].n);
		CHECK_RULE(pdg_agent_receive(fds[0], &in, 100, &got, &said, &err), &err,
			   rows[i].rule);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
	pdg_test_case(NULL);
}

static void ends_are_told_apart(void)
{
	const struct timeval soon = {.tv_usec = 20000};
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD + 100);
	struct pdg_agent_head got;
	struct pdg_bytes said;
	struct pdg_error err = {0};
	int fds[2];

	/* nothing came, a part came, nothing comes, nobody listens */
	pair(fds);
	(void)close(fds[1]);
	CHECK_CODE(pdg_agent_receive(fds[0], &in, 100, &got, &said, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_agent_send(fds[0], (struct pdg_agent_head){0}, pdg_bytes_str("x"), &err),
		   &err, PDG_E_NOTFOUND);
	(void)close(fds[0]);
	pair(fds);
	CHECK(write(fds[1], "\5\0\0", 3) == 3);
	(void)close(fds[1]);
	CHECK_CODE(pdg_agent_receive(fds[0], &in, 100, &got, &said, &err), &err, PDG_E_IO);
	(void)close(fds[0]);
	pair(fds);
	CHECK(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) == 0);
	CHECK_RULE(pdg_agent_receive(fds[0], &in, 100, &got, &said, &err), &err, "RLY-2");
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void errors_come_whole_or_not(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	struct pdg_error why = {0}, got = {0};
	size_t n;

	(void)pdg_reject(&why, "KEY-2", "open to others");
	pdg_fix(&why, "chmod");
	pdg_agent_error_put(&why, &body);
	CHECK_RULE(pdg_agent_error_get(pdg_buf_bytes(&body), &got), &got, "KEY-2");
	CHECK_STR(got.text, "open to others");
	CHECK_STR(got.fix, "chmod");
	for (n = 0; n < body.n; n++)
		CHECK_RULE(pdg_agent_error_get(pdg_bytes_head(pdg_buf_bytes(&body), n), &got), &got,
			   "RLY-3");
	pdg_buf_putc(&body, 0);
	CHECK_RULE(pdg_agent_error_get(pdg_buf_bytes(&body), &got), &got, "RLY-3");
	body.p[0] = 0; /* no error at all */
	body.n--;
	CHECK_RULE(pdg_agent_error_get(pdg_buf_bytes(&body), &got), &got, "RLY-3");
	body.p[0] = 200;
	CHECK_RULE(pdg_agent_error_get(pdg_buf_bytes(&body), &got), &got, "RLY-3");
}

static void lists_are_taken_apart(void)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	static const char *const parts[] = {"one", "", "three"};
	struct pdg_bytes rest, part;
	size_t i, cut;

	for (i = 0; i < 3; i++)
		pdg_agent_list_put(&body, pdg_bytes_str(parts[i]));
	rest = pdg_buf_bytes(&body);
	for (i = 0; i < 3; i++)
		CHECK(pdg_agent_list_next(&rest, &part) && pdg_bytes_eq_str(part, parts[i]));
	CHECK(!pdg_agent_list_next(&rest, &part) && rest.n == 0);
	/* What is cut off is no part, and is left. */
	for (cut = 1; cut < 4 + 5; cut++) {
		rest = pdg_bytes_head(pdg_buf_bytes(&body), body.n - cut);
		for (i = 0; pdg_agent_list_next(&rest, &part); i++)
			;
		CHECK_UINT(i, 2);
		CHECK_UINT(rest.n, 4 + 5 - cut);
	}
	rest = pdg_bytes("\377\377\377\377x", 5);
	CHECK(!pdg_agent_list_next(&rest, &part) && rest.n == 5);
}

PDG_TEST_MAIN("wire", {"lists are taken apart", lists_are_taken_apart},
	      {"messages come as they went", messages_come_as_they_went},
	      {"hostile heads are refused", hostile_heads_are_refused},
	      {"ends are told apart", ends_are_told_apart},
	      {"errors come whole or not", errors_come_whole_or_not})
