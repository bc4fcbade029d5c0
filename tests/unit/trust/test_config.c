/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of policy and daemon files, and the check against a table of keys: what git's
 * own readers take, cut or guess must be refused here with the line on which it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "trust/config.h"
#include "util/limits.h"

static const struct pdg_config_key table[] = {
	{"log", false, "origin", PDG_CFG_STRING, false},
	{"log", false, "directory", PDG_CFG_PATH, false},
	{"log", false, "verbose", PDG_CFG_BOOL, false},
	{"log", false, "workers", PDG_CFG_NUMBER, false},
	{"log", false, "since", PDG_CFG_TIME, false},
	{"log", false, "pendingLimit", PDG_CFG_DURATION, false},
	{"log", false, "readers", PDG_CFG_STRING, true},
	{"log", false, "witness", PDG_CFG_LATER, true},
	{"key", true, "file", PDG_CFG_PATH, true},
	{0},
};

static int parse(const char *text, struct pdg_config **out, struct pdg_error *err)
{
	return pdg_config_parse(pdg_bytes_str(text), "test.conf", out, err);
}

/* Parse, which must work, and check. */
static int parse_check(const char *text, struct pdg_config **out, struct pdg_error *err)
{
	struct pdg_error parse_err = {0};
	int rc = parse(text, out, &parse_err);

	if (!CHECK_OK(rc, &parse_err))
		return rc;
	return pdg_config_check(*out, table, err);
}

static void values_are_read(void)
{
	static const struct {
		const char *line;
		const char *value;
	} cases[] = {
		{"k = v", "v"},
		{"\tk=v", "v"},
		{"k  =  a b\t c  ", "a b\t c"}, /* blanks inside stay, outside go */
		{"k = \"a b \"", "a b "},	/* quoted ones stay */
		{"k = a\" # \"b", "a # b"},	/* quotes anywhere */
		{"k = \"a;b\"", "a;b"},
		{"k = v # comment", "v"},
		{"k = v\t; comment \\", "v"}, /* a comment does not go on */
		{"k = # comment", ""},
		{"k =", ""},
		{"k = \"\"", ""},
		{"k = a\\\\b\\\"c\\td\\n", "a\\b\"c\td\n"}, /* the four escapes */
		{"k = a\\\n  b", "a  b"},		    /* goes on, with its blanks */
		{"k = \\\n\t v \\\n", "v"},		    /* blanks at the ends go */
		{"k = \"a\\\nb\"", "ab"},
		{"k = https://h/p?x=y", "https://h/p?x=y"},
		{"k = caf\xc3\xa9", "caf\xc3\xa9"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(config) struct pdg_config *c = NULL;
		struct pdg_error err = {0};
		char text[256];

		pdg_test_case("%s", cases[i].line);
		(void)snprintf(text, sizeof(text), "[s]\n%s\n", cases[i].line);
		if (!CHECK_OK(parse(text, &c, &err), &err))
			continue;
		CHECK_STR(pdg_config_get(c, "s", NULL, "K", 0, NULL), cases[i].value);
		CHECK_UINT(c->n, 1);
	}
}

static void sections_and_lines(void)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};
	unsigned line = 0;
	static const char text[] = "# first\n"
				   "[Alpha] ; comment\n"
				   "\tone = 1\n"
				   "\tlong = a \\\n"
				   "\t\tb\n"
				   "\n"
				   "[beta \"sub \\\"x\\\" \\\\ ]\"]# comment\n"
				   "  One = 2\n"
				   "[beta \"Other\"]\n"
				   "[alpha]\n"
				   "\tONE = 3";

	if (!CHECK_OK(parse(text, &c, &err), &err))
		return;
	CHECK_UINT(c->n_sections, 3);
	CHECK_STR(c->sections[0].section, "alpha");
	CHECK_STR(c->sections[0].subsection, NULL);
	CHECK_STR(c->sections[1].subsection, "sub \"x\" \\ ]");
	CHECK_STR(c->sections[2].subsection, "Other");
	CHECK_UINT(c->sections[2].line, 9);
	CHECK_STR(pdg_config_get(c, "alpha", NULL, "one", 0, &line), "1");
	CHECK_UINT(line, 3);
	CHECK_STR(pdg_config_get(c, "alpha", NULL, "one", 1, &line), "3");
	CHECK_UINT(line, 11);
	CHECK_STR(pdg_config_get(c, "alpha", NULL, "one", 2, &line), NULL);
	CHECK_STR(pdg_config_get(c, "alpha", NULL, "long", 0, &line), "a \t\tb");
	CHECK_UINT(line, 4);
	CHECK_STR(pdg_config_get(c, "beta", "sub \"x\" \\ ]", "one", 0, &line), "2");
	CHECK_UINT(line, 8);
	CHECK_STR(pdg_config_get(c, "beta", "other", "one", 0, NULL), NULL);
	CHECK_STR(pdg_config_get(c, "beta", NULL, "one", 0, NULL), NULL);
}

static void grammar_is_strict(void)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {
		{"k = v\n", 1},	   /* before any section */
		{"[s]\nkey\n", 2}, /* bare key */
		{"[s]\nkey # = v\n", 2},
		{"[s]\n1key = v\n", 2},
		{"[s]\nk.e = v\n", 2},
		{"[s]\nk_y = v\n", 2},
		{"[s]\n= v\n", 2},
		{"[s.sub]\nk = v\n", 1}, /* [a.b] */
		{"[s sub]\n", 1},
		{"[s \"sub]\n", 1},	/* open quote */
		{"[s \"su\\b\"]\n", 1}, /* git drops the backslash */
		{"[s \"\"]\n", 1},
		{"[s\"sub\"]\n", 1},
		{"[s \"sub\" ]\n", 1},
		{"[s \"a\\\nb\"]\n", 1},
		{"[]\n", 1},
		{"[ s]\n", 1},
		{"[s ]\n", 1},
		{"[s\n]\n", 1},
		{"[s", 1},
		{"[s] k = v\n", 1}, /* a key on the section's line */
		{"[s]]\n", 1},
		{"[s]\nk = \"v\n", 2},	     /* open quote */
		{"[s]\nk = a\\\nb\\q\n", 3}, /* unknown escape, on its own line */
		{"[s]\nk = \\b\n", 2},
		{"[s]\nk = v\\", 2},   /* nothing to go on with */
		{"[s]\nk = a#b\n", 2}, /* git would cut this */
		{"[s]\nk = \"a\"#b\n", 2},
		{"[s]\nk = v;\n", 2},
		{"[s]\n\nk = v\r\n", 3}, /* CVE-2025-48384 */
		{"[s]\nk = a\x01\n", 2},
		{"[s]\nk = \x1b[31m\n", 2},
		{"[s]\nk = \x7f\n", 2},
		{"[s]\n\n\n# \xff\n", 4},	/* not UTF-8, even in a comment */
		{"[s]\nk = \xed\xa0\x80\n", 2}, /* a surrogate */
		{"\xef\xbb\xbf[s]\n", 1},
		{"[s]\n]\n", 2},
		{"[s]\n{\"k\":1}\n", 2},
		{"[s]\n\xc3\xa9 = v\n", 2},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(config) struct pdg_config *c = NULL;
		struct pdg_error err = {0};
		char place[32];

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(parse(cases[i].text, &c, &err), &err, "POL-1");
		CHECK(c == NULL);
		(void)snprintf(place, sizeof(place), "test.conf:%u: ", cases[i].line);
		CHECK_HAS(err.text, place);
	}
}

static void nul_is_refused(void)
{
	static const char text[] = "[s]\nk = v\0w\n";
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};
	int rc = pdg_config_parse(pdg_bytes(text, sizeof(text) - 1), "test.conf", &c, &err);

	CHECK_RULE(rc, &err, "POL-1");
}

static void nothing_is_no_error_here(void)
{
	PDG_AUTO(config) struct pdg_config *none = NULL;
	PDG_AUTO(config) struct pdg_config *comment = NULL;
	struct pdg_error err = {0};

	CHECK_OK(parse("", &none, &err), &err);
	CHECK_OK(parse("\n# nothing\n\t; more", &comment, &err), &err);
	CHECK_UINT(comment ? comment->n_sections : 1, 0);
}

static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(8 * PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};
	size_t i;

	/* one byte more than a file may have */
	pdg_buf_puts(&text, "[s]\n");
	while (text.n <= PDG_LIMIT_POLICY_FILE)
		pdg_buf_putc(&text, '\n');
	CHECK_RULE(pdg_config_parse(pdg_buf_bytes(&text), "t", &c, &err), &err, "POL-10");
	CHECK_OK(pdg_config_parse(pdg_bytes_head(pdg_buf_bytes(&text), PDG_LIMIT_POLICY_FILE), "t",
				  &c, &err),
		 &err);

	pdg_buf_reset(&text);
	for (i = 0; i <= PDG_LIMIT_POLICY_SECTIONS; i++)
		pdg_buf_printf(&text, "[s \"%zu\"]\n", i);
	pdg_config_free(PDG_TAKE(c));
	CHECK_RULE(pdg_config_parse(pdg_buf_bytes(&text), "t", &c, &err), &err, "POL-10");

	pdg_buf_reset(&text);
	pdg_buf_puts(&text, "[s]\n");
	for (i = 0; i <= PDG_LIMIT_POLICY_ENTRIES; i++)
		pdg_buf_puts(&text, "k=v\n");
	CHECK_RULE(pdg_config_parse(pdg_buf_bytes(&text), "t", &c, &err), &err, "POL-10");

	pdg_buf_reset(&text);
	pdg_buf_puts(&text, "[s]\nk = ");
	for (i = 0; i <= PDG_LIMIT_POLICY_VALUE; i++)
		pdg_buf_putc(&text, 'v');
	CHECK_RULE(pdg_config_parse(pdg_buf_bytes(&text), "t", &c, &err), &err, "POL-10");

	pdg_buf_reset(&text);
	pdg_buf_puts(&text, "[log]\n");
	for (i = 0; i <= PDG_LIMIT_POLICY_VALUES; i++)
		pdg_buf_puts(&text, "readers = r\n");
	if (CHECK_OK(pdg_config_parse(pdg_buf_bytes(&text), "t", &c, &err), &err))
		CHECK_RULE(pdg_config_check(c, table, &err), &err, "POL-10");
}

static void table_decides(void)
{
	static const struct {
		const char *text;
		const char *rule;
		const char *says;
	} cases[] = {
		{"[logs]\norigin = x\n", "POL-2", "did you mean 'log'?"},
		{"[service]\nlisten = x\n", "POL-2", "unknown section [service]"},
		{"[include]\npath = x\n", "POL-2", "unknown section [include]"},
		{"[log \"x\"]\n", "POL-2", "takes no name"},
		{"[key]\n", "POL-2", "needs a name"},
		{"[log]\norigni = x\n", "POL-2",
		 "test.conf:2: unknown key 'origni' in [log]; did you mean 'origin'?"},
		{"[log]\nfile = x\n", "POL-2", "unknown key 'file'"},
		{"[log]\norigin = x\norigin = x\n", "POL-3",
		 "test.conf:3: 'origin' is given twice"},
		{"[log]\norigin = x\n[log]\nORIGIN = y\n", "POL-3", "test.conf:4:"},
		{"[log]\norigin =\n", "POL-3", "empty"},
		{"[log]\norigin = \"a\\nb\"\n", "POL-3", "control character"},
		{"[log]\nverbose = yes\n", "POL-3", "true or false"},
		{"[log]\nverbose = True\n", "POL-3", "true or false"},
		{"[log]\nworkers = -1\n", "POL-3", "number"},
		{"[log]\nworkers = 9007199254740993\n", "POL-3", "number"},
		{"[log]\nworkers = 0x10\n", "POL-3", "number"},
		{"[log]\nsince = 2026-11-23\n", "POL-3", "a time"},
		{"[log]\nsince = 1969-01-01T00:00:00Z\n", "POL-3", "a time"},
		{"[log]\npendingLimit = 24\n", "POL-3", "time span"},
		{"[log]\npendingLimit = 0h\n", "POL-3", "time span"},
		{"[log]\npendingLimit = 1h30m\n", "POL-3", "time span"},
		{"[log]\nwitness = x\n", "POL-7", "'witness' in [log]"},
		{"[log]\nwitness =\n", "POL-7", "'witness'"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(config) struct pdg_config *c = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(parse_check(cases[i].text, &c, &err), &err, cases[i].rule);
		CHECK_HAS(err.text, cases[i].says);
	}
}

static void hint_for_the_daemons_sections(void)
{
	static const struct pdg_config_key other[] = {
		{"policy", false, "version", PDG_CFG_NUMBER, false},
		{0},
	};
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(parse("[service]\nlisten = 127.0.0.1:1\n", &c, &err), &err))
		return;
	CHECK_RULE(pdg_config_check(c, other, &err), &err, "POL-2");
	CHECK_HAS(err.fix, "pedigreed --config");
}

static void good_values_pass(void)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};
	static const char text[] =
		"[log]\norigin = x\nverbose = false\nworkers = 9007199254740992\n"
		"since = 2026-11-23T03:17:00+01:00\nPENDINGLIMIT = 24h\n"
		"readers = a\nreaders = a\n[key \"A\"]\nfile = x\n[key \"B\"]\nfile = x\n";

	CHECK_OK(parse_check(text, &c, &err), &err);
}

static void paths_come_out_absolute(void)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	const struct pdg_bytes text =
		pdg_bytes_str("[log]\ndirectory = sub/dir\n"
			      "[key \"x\"]\nfile = /abs/file\nfile = ../up\n");
	char *file = pdg_test_file(dir, "conf", text);
	char *want = pdg_test_path(dir, "sub/dir");
	char *up = pdg_test_path(dir, "../up");

	if (CHECK_OK(pdg_config_parse(text, file, &c, &err), &err) &&
	    CHECK_OK(pdg_config_check(c, table, &err), &err)) {
		CHECK_STR(pdg_config_get(c, "log", NULL, "directory", 0, NULL), want);
		CHECK_STR(pdg_config_get(c, "key", "x", "file", 0, NULL), "/abs/file");
		CHECK_STR(pdg_config_get(c, "key", "x", "file", 1, NULL), up);
	}
	free(up);
	free(want);
	free(file);
	pdg_test_dir_remove(dir);
}

static void files_that_are_none(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	char *missing = pdg_test_path(dir, "missing");

	CHECK_RULE(pdg_config_read(missing, &text, &err), &err, "POL-9");
	CHECK_RULE(pdg_config_read(dir, &text, &err), &err, "POL-9");
	free(missing);
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("config", {"values are read", values_are_read},
	      {"sections and lines", sections_and_lines}, {"grammar is strict", grammar_is_strict},
	      {"NUL is refused", nul_is_refused},
	      {"nothing is no error here", nothing_is_no_error_here},
	      {"limits are kept", limits_are_kept}, {"the table decides", table_decides},
	      {"hint for the daemon's sections", hint_for_the_daemons_sections},
	      {"good values pass", good_values_pass},
	      {"paths come out absolute", paths_come_out_absolute},
	      {"files that are none", files_that_are_none})
