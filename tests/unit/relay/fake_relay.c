/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pedigreed could find itself talking to in the place of its relay. How it behaves is the
 * member "mode" of the setup that it is told.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/frame.h"
#include "util/json.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

static void send_bytes(struct pdg_bytes b)
{
	while (b.n > 0) {
		ssize_t n = send(STDIN_FILENO, b.p, b.n, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(0);
		b = pdg_bytes_from(b, (size_t)n);
	}
}

static void send_message(const char *text)
{
	PDG_AUTO(buf) struct pdg_buf frame = PDG_BUF_INIT(PDG_LIMIT_MIB(17));

	pdg_frame_put(&frame, pdg_bytes_str(text));
	send_bytes(pdg_buf_bytes(&frame));
}

/* The next message as text; ends the program with the channel. Owned by the caller. */
static char *receive(void)
{
	uint8_t head[PDG_FRAME_HEAD];
	char *text;
	size_t n;

	if (recv(STDIN_FILENO, head, sizeof(head), MSG_WAITALL) != (ssize_t)sizeof(head))
		_exit(0);
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	text = calloc(1, n + 1);
	if (!text || recv(STDIN_FILENO, text, n, MSG_WAITALL) != (ssize_t)n)
		_exit(0);
	return text;
}

struct call {
	uint64_t id;
	char *body;
};

static struct call next_call(void)
{
	PDG_AUTO(mem) char *text = receive();
	PDG_AUTO(json) json_t *j = NULL;
	struct pdg_bytes body = {0};
	struct call c = {0};

	if (pdg_json_load(pdg_bytes_str(text), PDG_LIMIT_MIB(17), &j, NULL) < 0 ||
	    pdg_json_u64(j, "id", &c.id, NULL) < 0 ||
	    pdg_json_span(pdg_bytes_str(text), "body", &body, NULL) < 0)
		_exit(9);
	c.body = pdg_bytes_dup(body);
	return c;
}

static void echo(const struct call *c)
{
	PDG_AUTO(mem)
	char *text =
		pdg_str_printf("{\"id\":%llu,\"body\":%s}", (unsigned long long)c->id, c->body);

	if (text)
		send_message(text);
}

/* Answers with @form, where %llu is the call's id. */
static void answer(const struct call *c, const char *before, const char *after)
{
	PDG_AUTO(mem)
	char *text = pdg_str_printf("%s%llu%s", before, (unsigned long long)c->id, after);

	if (text)
		send_message(text);
}

static bool is(const char *mode, const char *name)
{
	return pdg_str_eq(mode, name);
}

static void misbehave(const char *mode, struct call *c)
{
	static const uint8_t huge[] = {0x7f, 0xff, 0xff, 0xff, '{'};
	static const uint8_t empty[] = {0, 0, 0, 0};

	if (is(mode, "huge"))
		send_bytes(pdg_bytes(huge, sizeof(huge)));
	else if (is(mode, "empty"))
		send_bytes(pdg_bytes(empty, sizeof(empty)));
	else if (is(mode, "not json"))
		send_message("<html>");
	else if (is(mode, "another's"))
		send_message("{\"id\":4711,\"body\":{}}");
	else if (is(mode, "both"))
		answer(c, "{\"id\":", ",\"body\":{},\"error\":{\"code\":7,\"text\":\"x\"}}");
	else if (is(mode, "neither"))
		answer(c, "{\"id\":", "}");
	else if (is(mode, "member"))
		answer(c, "{\"id\":", ",\"body\":{},\"more\":1}");
	else if (is(mode, "code 0"))
		answer(c, "{\"id\":", ",\"error\":{\"code\":0,\"text\":\"x\"}}");
	else if (is(mode, "code 99"))
		answer(c, "{\"id\":", ",\"error\":{\"code\":99,\"text\":\"x\"}}");
	else if (is(mode, "array"))
		answer(c, "{\"id\":", ",\"body\":[]}");
	else if (is(mode, "signal"))
		(void)raise(SIGKILL);
	else if (is(mode, "exit"))
		_exit(0);
}

static void serve(const char *mode, const char *canned)
{
	struct call first = next_call();

	if (is(mode, "canned")) {
		PDG_AUTO(mem) char *text = pdg_str_printf(",\"body\":%s}", canned);

		answer(&first, "{\"id\":", text ? text : "}");
		free(first.body);
		return;
	}

	if (is(mode, "error")) {
		answer(&first, "{\"id\":",
		       ",\"error\":{\"code\":7,\"rule\":\"NET-1\",\"text\":\"t\",\"fix\":\"f\"}}");
	} else if (is(mode, "strange rule")) {
		answer(&first,
		       "{\"id\":", ",\"error\":{\"code\":7,\"rule\":\"XXX-1\",\"text\":\"t\"}}");
	} else if (is(mode, "reversed")) {
		struct call second = next_call();

		echo(&second);
		echo(&first);
		free(second.body);
	} else if (is(mode, "once")) {
		echo(&first);
		(void)raise(SIGSEGV);
	} else if (is(mode, "echo")) {
		echo(&first);
	} else {
		misbehave(mode, &first);
	}
	free(first.body);
}

int main(void)
{
	struct call setup = next_call();
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(mem) char *canned = NULL;
	struct pdg_bytes span = {0};
	const char *mode = NULL;

	(void)signal(SIGSEGV, SIG_DFL);
	if (pdg_json_load(pdg_bytes_str(setup.body), PDG_LIMIT_MIB(1), &j, NULL) < 0 ||
	    pdg_json_str(j, "mode", &mode, NULL) < 0)
		return 9;
	if (pdg_json_span(pdg_bytes_str(setup.body), "body", &span, NULL) == 0)
		canned = pdg_bytes_dup(span);
	free(setup.body);
	while (is(mode, "deaf"))
		(void)sleep(1);
	for (;;)
		serve(mode, canned);
}
