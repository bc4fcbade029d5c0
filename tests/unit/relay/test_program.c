/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-relay under whoever has the other end of its socket: it ends when that closes, and at
 * the first message that is not of the form; a question that it cannot answer is answered so.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proc/frame.h"
#include "proc/peer.h"
#include "support/check.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

static struct pdg_error check_err;

static struct pdg_peer start(void)
{
	const char *const argv[] = {"pedigree-relay", NULL};
	const struct pdg_spawn s = {.program = PDG_TEST_BIN "/pedigree-relay", .argv = argv};
	struct pdg_peer p = PDG_PEER_NONE;

	CHECK_OK(pdg_peer_start(&s, &p, &check_err), &check_err);
	return p;
}

static void say(const struct pdg_peer *p, const char *text)
{
	PDG_AUTO(buf) struct pdg_buf frame = PDG_BUF_INIT(PDG_LIMIT_MIB(1));

	pdg_frame_put(&frame, pdg_bytes_str(text));
	CHECK(send(p->fd, frame.p, frame.n, MSG_NOSIGNAL) == (ssize_t)frame.n);
}

/* Read what it says until @out holds a whole message or it ends. */
static bool hear(const struct pdg_peer *p, char *out, size_t max)
{
	const struct timespec tick = {.tv_nsec = 5000000};
	int64_t end = pdg_monotonic_ms() + 20000;
	size_t n = 0;
	uint8_t in[4000];

	while (pdg_monotonic_ms() < end) {
		struct pdg_bytes message = {0};
		bool there = false;
		ssize_t got = recv(p->fd, in + n, sizeof(in) - n, 0);

		if (got == 0)
			return false;
		if (got < 0) {
			(void)nanosleep(&tick, NULL);
			continue;
		}
		n += (size_t)got;
		CHECK_OK(pdg_frame_find(pdg_bytes(in, n), sizeof(in), &there, &message, &check_err),
			 &check_err);
		if (!there)
			continue;
		CHECK(message.n < max);
		memcpy(out, message.p, message.n);
		out[message.n] = '\0';
		return true;
	}
	return false;
}

/* Its exit status once it ends by itself; -1 when it does not. */
static int ends(struct pdg_peer *p)
{
	const struct timespec tick = {.tv_nsec = 5000000};
	int64_t end = pdg_monotonic_ms() + 20000;
	int status = -1;

	while (!pdg_peer_ended(p, &status) && pdg_monotonic_ms() < end)
		(void)nanosleep(&tick, NULL);
	(void)pdg_peer_end(p, 0);
	return status;
}

static void test_ends_with_the_socket(void)
{
	struct pdg_peer p = start();

	say(&p, "{\"id\":0,\"kind\":\"setup\",\"body\":{}}");
	(void)close(p.fd);
	p.fd = -1;
	CHECK_INT(ends(&p), 0);
}

static void test_unknown(void)
{
	struct pdg_peer p = start();
	char text[1000] = "";

	say(&p, "{\"id\":0,\"kind\":\"setup\",\"body\":{\"more\":1}}");
	CHECK(hear(&p, text, sizeof(text)));
	CHECK_STR(text, "{\"id\":0,\"body\":{}}");
	say(&p, "{\"id\":9223372036854775807,\"kind\":\"shell\",\"body\":{\"run\":\"x\"}}");
	CHECK(hear(&p, text, sizeof(text)));
	CHECK(pdg_str_starts(text, "{\"id\":9223372036854775807,\"error\":{\"code\":2,"));
	CHECK(strstr(text, "is no kind of call") != NULL);
	CHECK_INT(pdg_peer_end(&p, 10000), 0);
}

static void test_broken(void)
{
	static const char *const messages[] = {
		"<html>",
		"{\"id\":-1,\"kind\":\"setup\",\"body\":{}}",
		"{\"id\":1,\"kind\":\"setup\"}",
		"{\"id\":1,\"kind\":7,\"body\":{}}",
		"{\"id\":1,\"kind\":\"setup\",\"body\":{},\"more\":1}",
		"{\"id\":1,\"kind\":\"setup\",\"body\":[]}",
		"{\"id\":1,\"id\":2,\"kind\":\"setup\",\"body\":{}}",
	};
	static const uint8_t heads[][4] = {{0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {1, 0, 0, 1}};
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct pdg_peer p = start();

		say(&p, messages[i]);
		CHECK(ends(&p) > 0);
	}
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct pdg_peer p = start();

		CHECK(send(p.fd, heads[i], sizeof(heads[i]), MSG_NOSIGNAL) == 4);
		CHECK(ends(&p) > 0);
	}
}

/* Half a message and then nothing more is nothing. */
static void test_half(void)
{
	static const uint8_t half[] = {0, 0, 0, 100, '{'};
	struct pdg_peer p = start();

	CHECK(send(p.fd, half, sizeof(half), MSG_NOSIGNAL) == (ssize_t)sizeof(half));
	CHECK_INT(pdg_peer_end(&p, 20000), 0);
}

PDG_TEST_MAIN("relay.program", {"it ends with the socket", test_ends_with_the_socket},
	      {"questions that nobody answers", test_unknown},
	      {"messages that are not of the form", test_broken}, {"half a message", test_half})
