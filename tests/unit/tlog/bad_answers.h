/* SPDX-License-Identifier: Apache-2.0 */
/* What a server may answer in the place of a log, of either generation, and by which rule it is no
 * entry (T66). */
#ifndef PDG_TESTS_UNIT_TLOG_BAD_ANSWERS_H
#define PDG_TESTS_UNIT_TLOG_BAD_ANSWERS_H

#include "support/fakehttp.h"

#define ANSWER(status, body) "HTTP/1.1 " status " X\r\nConnection: close\r\n\r\n" body

struct bad_answer {
	const char *raw;
	enum fake_way way;
	const char *rule;
};

static const struct bad_answer bad_answers[] = {
	{ANSWER("200", "<html><body>Welcome</body></html>"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "<html>"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", ""), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "[]"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("204", ""), FAKE_CLOSE, "LOG-13"},
	{"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", FAKE_CLOSE,
	 "LOG-13"},
	{ANSWER("400", "<html>Bad Request</html>"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("404", ""), FAKE_CLOSE, "LOG-13"},
	{ANSWER("409", ""), FAKE_CLOSE, "LOG-13"},
	{ANSWER("413", "too large"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("429", "slow down"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("501", ""), FAKE_CLOSE, "LOG-13"},
	{ANSWER("502", "<html>Bad Gateway</html>"), FAKE_CLOSE, "LOG-13"},
	{"", FAKE_CLOSE, "NET-3"},
	{"garbage\r\n\r\n", FAKE_CLOSE, "NET-3"},
	{"HTTP/1.1 201 X\r\nContent-Length: 4000\r\n\r\n{\"logIndex\"", FAKE_CLOSE, "NET-3"},
	{"HTTP/1.1 201 X\r\nContent-Length: 4000\r\n\r\n{\"logIndex\"", FAKE_DRIP, "NET-2"},
	{"HTTP/1.1 201 X\r\nContent-Length: 1073741824\r\n\r\n{", FAKE_ENDLESS, "NET-4"},
	/* compression that nobody asked for is not undone: these bytes are no JSON */
	{"HTTP/1.1 201 X\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
	 "\x1f\x8b\x08\x01\x02\x03\x04",
	 FAKE_CLOSE, "LOG-13"},
};

#define BAD_ANSWERS (sizeof(bad_answers) / sizeof(bad_answers[0]))

#endif
