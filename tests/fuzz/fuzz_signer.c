/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the holder of the service's keys hears: any bytes are a message or end the conversation, and
 * what it would sign is one statement's PAE or one checkpoint, whatever else it looks like.
 *
 * Covers: common/agent/wire.c signer/allowed.c
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "signer/allowed.h"
#include "util/limits.h"

#define BODY_MAX 4096

static void check_allowed(struct pdg_bytes msg)
{
	unsigned purposes = 0;
	int i;

	for (i = 0; i < PDG_PURPOSES; i++) {
		struct pdg_error err = {0};

		if (pdg_signer_allowed((enum pdg_purpose)i, "log.example", msg, &err) == 0)
			purposes |= 1u << i;
		else
			MUST(strcmp(err.rule, "KEY-6") == 0);
	}
	/* None has two meanings. */
	MUST((purposes & (purposes - 1)) == 0);
	if (purposes & 1u << PDG_PURPOSE_SIGNING)
		MUST(pdg_bytes_starts(msg, "DSSEv1 28 application/vnd.in-toto+json "));
	else if (purposes)
		MUST(pdg_bytes_starts(msg, "log.example") && msg.p[msg.n - 1] == '\n');
}

static void check_message(struct pdg_bytes in)
{
	PDG_AUTO(buf) struct pdg_buf room = PDG_BUF_INIT(PDG_AGENT_HEAD + BODY_MAX);
	struct pdg_agent_head head;
	struct pdg_error err = {0};
	struct pdg_bytes body;
	int fds[2];

	/* What fits into the socket at once. */
	if (in.n > 2 * BODY_MAX || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return;
	MUST(write(fds[1], in.p, in.n) == (ssize_t)in.n);
	(void)close(fds[1]);
	if (pdg_agent_receive(fds[0], &room, BODY_MAX, &head, &body, &err) == 0)
		MUST(in.n == PDG_AGENT_HEAD + body.n && head.op == in.p[0]);
	(void)close(fds[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdg_bytes in = pdg_bytes(data, size);
	struct pdg_error err = {0};

	check_message(in);
	check_allowed(in);
	if (size > PDG_AGENT_HEAD)
		check_allowed(pdg_bytes_from(in, PDG_AGENT_HEAD));
	MUST(pdg_agent_error_get(in, &err) < 0);
	MUST(err.code < 0);
	return 0;
}
