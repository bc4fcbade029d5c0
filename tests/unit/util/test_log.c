/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: each one JSON object that a strict reader takes, whatever the values are. */
#include <stdlib.h>
#include <string.h>

#include "support/capture.h"
#include "support/check.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/time.h"

/* The one line of @text as an object; NULL (and a failed check) when it is not exactly that. */
static json_t *one_line(struct pdg_buf *text)
{
	struct pdg_bytes rest = pdg_buf_bytes(text);
	struct pdg_bytes line = {0};
	struct pdg_error err = {0};
	json_t *j = NULL;

	CHECK(pdg_bytes_ends(rest, "\n"));
	CHECK(pdg_bytes_line(&rest, &line) && rest.n == 0);
	CHECK_OK(pdg_json_load(line, PDG_LIMIT_LOG_LINE, &j, &err), &err);
	return j;
}

static const char *member(const json_t *j, const char *name)
{
	const char *s = NULL;

	if (j && pdg_json_opt_str(j, name, &s, NULL) < 0)
		return "(no string)";
	return s;
}

static void a_line(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(10000);
	PDG_AUTO(json) json_t *j = NULL;
	struct pdg_capture c = pdg_capture_begin(stderr);
	int64_t t = 0;

	pdg_log(PDG_LOG_INFO, "submission", "stage", "build", "rule", (const char *)NULL, "who",
		"x\n\033[0m\"", (const char *)NULL);
	pdg_capture_end(&c, &text);
	j = one_line(&text);
	CHECK_STR(member(j, "level"), "info");
	CHECK_STR(member(j, "event"), "submission");
	CHECK_STR(member(j, "stage"), "build");
	CHECK(pdg_json_get(j, "rule") == NULL);
	CHECK_STR(member(j, "who"), "x\\x0a\\x1b[0m\"");
	CHECK_OK(pdg_time_parse(pdg_bytes_str(member(j, "time")), &t, NULL), NULL);
	CHECK(pdg_bytes_starts(pdg_buf_bytes(&text), "{\"time\":\"") && pdg_json_members(j) == 5);
}

static void levels(void)
{
	static const struct {
		enum pdg_level most;
		unsigned lines;
	} rows[] = {{PDG_LOG_ERROR, 1}, {PDG_LOG_WARN, 2}, {PDG_LOG_INFO, 3}, {PDG_LOG_DEBUG, 4}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(10000);
		struct pdg_capture c = pdg_capture_begin(stderr);
		struct pdg_bytes rest;
		struct pdg_bytes line;
		unsigned n = 0;
		int level;

		pdg_log_level(rows[i].most);
		for (level = PDG_LOG_ERROR; level <= (int)PDG_LOG_DEBUG; level++)
			pdg_log((enum pdg_level)level, "x", (const char *)NULL);
		pdg_log_level(PDG_LOG_INFO);
		pdg_capture_end(&c, &text);
		rest = pdg_buf_bytes(&text);
		while (pdg_bytes_line(&rest, &line))
			n++;
		CHECK_UINT(n, rows[i].lines);
	}
}

static void level_names(void)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	enum pdg_level level = PDG_LOG_DEBUG;
	size_t i;

	for (i = 0; i < 4; i++) {
		CHECK(pdg_log_level_parse(names[i], &level));
		CHECK_UINT(level, i);
	}
	CHECK(!pdg_log_level_parse("INFO", &level) && !pdg_log_level_parse("", &level));
	CHECK_UINT(level, PDG_LOG_DEBUG);
}

static void failures(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(10000);
	PDG_AUTO(buf) struct pdg_buf plain = PDG_BUF_INIT(10000);
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(json) json_t *k = NULL;
	struct pdg_error err = {0};
	struct pdg_capture c = pdg_capture_begin(stderr);

	(void)pdg_reject(&err, "JSN-1", "no object");
	pdg_fix(&err, "send one");
	pdg_log_error(PDG_LOG_ERROR, "refused", &err);
	pdg_capture_end(&c, &text);
	j = one_line(&text);
	CHECK_STR(member(j, "level"), "error");
	CHECK_STR(member(j, "rule"), "JSN-1");
	CHECK_STR(member(j, "error"), "no object");
	CHECK_STR(member(j, "fix"), "send one");

	c = pdg_capture_begin(stderr);
	(void)pdg_fail(&err, PDG_E_IO, "disk full");
	pdg_log_error(PDG_LOG_WARN, "store", &err);
	pdg_capture_end(&c, &plain);
	k = one_line(&plain);
	CHECK_STR(member(k, "error"), "disk full");
	CHECK(pdg_json_get(k, "rule") == NULL && pdg_json_get(k, "fix") == NULL);
}

/* A value too long for a line is said to be so; a line too long still tells its event. */
static void long_values(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf lost = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(json) json_t *k = NULL;
	PDG_AUTO(mem) char *value = malloc(PDG_LIMIT_LOG_LINE + 2);
	struct pdg_capture c;
	bool is_lost = false;

	if (!CHECK(value != NULL))
		return;
	memset(value, 'v', PDG_LIMIT_LOG_LINE + 1);
	value[PDG_LIMIT_LOG_LINE + 1] = '\0';
	c = pdg_capture_begin(stderr);
	pdg_log(PDG_LOG_INFO, "x", "key", value, (const char *)NULL);
	pdg_capture_end(&c, &text);
	j = one_line(&text);
	CHECK_STR(member(j, "key"), "(too long)");

	value[PDG_LIMIT_LOG_LINE - 100] = '\0';
	c = pdg_capture_begin(stderr);
	pdg_log(PDG_LOG_INFO, "x", "key", value, "again", value, (const char *)NULL);
	pdg_capture_end(&c, &lost);
	k = one_line(&lost);
	CHECK_STR(member(k, "event"), "x");
	CHECK_OK(pdg_json_bool(k, "lost", &is_lost, NULL), NULL);
	CHECK(is_lost);
}

/* Gathered lines come whole and in order: with the next warning, when they are many, at the end. */
static void gathered(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(100000);
	PDG_AUTO(buf) struct pdg_buf room = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	PDG_AUTO(mem) char *large = calloc(1, 5001);
	struct pdg_capture c = pdg_capture_begin(stderr);
	struct pdg_bytes rest, line;
	unsigned n = 0;
	size_t i;

	memset(large, 'x', 5000);
	pdg_log_gather(&room);
	for (i = 0; i < 100; i++) {
		char number[24];

		(void)snprintf(number, sizeof(number), "%zu", i);
		pdg_log(i == 60 ? PDG_LOG_WARN : PDG_LOG_INFO, number, "value",
			i == 50 ? large : "y", (const char *)NULL);
		if (i == 0)
			CHECK(room.n > 0);
		if (i == 50 || i == 60)
			CHECK_UINT(room.n, 0);
	}
	CHECK(room.n > 0);
	pdg_log_gather(NULL);
	CHECK_UINT(room.n, 0);
	pdg_log(PDG_LOG_INFO, "100", (const char *)NULL);
	pdg_capture_end(&c, &text);
	for (rest = pdg_buf_bytes(&text); pdg_bytes_line(&rest, &line); n++) {
		PDG_AUTO(json) json_t *j = NULL;
		char number[24];

		(void)snprintf(number, sizeof(number), "%u", n);
		CHECK_OK(pdg_json_load(line, PDG_LIMIT_LOG_LINE, &j, NULL), NULL);
		CHECK_STR(member(j, "event"), number);
	}
	CHECK_UINT(n, 101);
}

PDG_TEST_MAIN("log", {"gathered", gathered}, {"a line", a_line}, {"levels", levels},
	      {"level names", level_names}, {"failures", failures}, {"long values", long_values})
