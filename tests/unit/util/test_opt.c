/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: what is taken, what is refused as CLI-1, what the exit status is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/capture.h"
#include "support/check.h"
#include "util/opt.h"

#define WORDS_MAX 80

static const struct pdg_opt options[] = {
	{"policy", "FILE", "the policy file", false},
	{"key", "FILE", "a key", true},
	{"json", NULL, "objects", false},
	{"all", pdg_opt_argument, "all refs", false},
	{0},
};

/* A command line of its own memory: what is parsed is borrowed from it. */
struct line {
	char *argv[WORDS_MAX];
	int argc;
	struct pdg_args args;
};

static int parse(struct line *l, const char *words, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_bytes_str(words);

	*l = (struct line){.argc = 0};
	while (rest.n) {
		size_t blank = pdg_bytes_find_byte(rest, ' ', 0);

		l->argv[l->argc++] = pdg_bytes_dup(pdg_bytes_head(rest, blank));
		rest = pdg_bytes_from(rest, blank == SIZE_MAX ? rest.n : blank + 1);
	}
	return pdg_args_parse(options, l->argc, l->argv, &l->args, err);
}

static void line_done(struct line *l)
{
	while (l->argc > 0)
		free(l->argv[--l->argc]);
	pdg_args_done(&l->args);
}

static void taken(void)
{
	struct pdg_error err = {0};
	const char *const *all;
	struct line l;
	size_t n;

	CHECK_OK(parse(&l, "a --policy=p2 --json --json b --key k1 --key= - --all ^c -- --json",
		       &err),
		 &err);
	CHECK_STR(pdg_args_get(&l.args, "policy"), "p2");
	CHECK_STR(pdg_args_get(&l.args, "json"), "");
	CHECK(pdg_args_has(&l.args, "all"));
	all = pdg_args_all(&l.args, "key", &n);
	if (CHECK_UINT(n, 2)) {
		CHECK_STR(all[0], "k1");
		CHECK_STR(all[1], "");
	}
	if (CHECK_UINT(l.args.n_args, 6)) {
		CHECK_STR(l.args.arg[0], "a");
		CHECK_STR(l.args.arg[1], "b");
		CHECK_STR(l.args.arg[2], "-");
		CHECK_STR(l.args.arg[3], "--all");
		CHECK_STR(l.args.arg[4], "^c");
		CHECK_STR(l.args.arg[5], "--json");
	}
	line_done(&l);

	CHECK_OK(parse(&l, "", &err), &err);
	CHECK(pdg_args_get(&l.args, "policy") == NULL);
	CHECK(!pdg_args_has(&l.args, "json"));
	CHECK(pdg_args_all(&l.args, "key", &n) && n == 0);
	line_done(&l);
}

static void refused(void)
{
	static const struct {
		const char *words, *fix;
	} cases[] = {
		{"--polcy x", "--policy"},
		{"--policy", ""},
		{"--json=1", ""},
		{"-p x", "long"},
		{"--", NULL},
		{"--zzzzzz", "--help"},
		{"--all=x", ""},
		{"--p", ""},
		{"--=x", ""},
		{"--policy a --policy=b", ""},
		{"--policy a --policy a", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_error err = {0};
		struct line l;
		int rc = parse(&l, cases[i].words, &err);

		pdg_test_case("\"%s\"", cases[i].words);
		if (!cases[i].fix)
			CHECK_OK(rc, &err);
		else if (CHECK_RULE(rc, &err, "CLI-1") && cases[i].fix[0])
			CHECK_HAS(err.fix, cases[i].fix);
		line_done(&l);
	}
	pdg_test_case(NULL);
}

static void too_many(void)
{
	char *argv[PDG_OPT_MANY + 1];
	char value[] = "--key=x";
	struct pdg_args args = {0};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i <= PDG_OPT_MANY; i++)
		argv[i] = value;
	CHECK_OK(pdg_args_parse(options, PDG_OPT_MANY, argv, &args, &err), &err);
	pdg_args_done(&args);
	CHECK_RULE(pdg_args_parse(options, PDG_OPT_MANY + 1, argv, &args, &err), &err, "CLI-1");
}

static int run_good(const struct pdg_args *args, struct pdg_error *err)
{
	(void)err;
	(void)printf("good %zu %s\n", args->n_args, pdg_args_has(args, "json") ? "json" : "text");
	return 0;
}

static int run_bad(const struct pdg_args *args, struct pdg_error *err)
{
	if (args->n_args && strcmp(args->arg[0], "judged") == 0)
		return 1;
	(void)pdg_reject(err, "JSN-1", "bad %s", "thing");
	pdg_fix(err, "mend it");
	return PDG_E_FORMAT;
}

static const struct pdg_command commands[] = {
	{"good", "[FILE]", "does well", options, 0, 1, run_good},
	{"two words", "A B", "does well, too", NULL, 2, 2, run_good},
	{"two bad", "", "fails", NULL, 0, SIZE_MAX, run_bad},
	{0},
};

static void whole_lines(void)
{
	static const struct {
		const char *words;
		int status;
		const char *out, *error;
	} cases[] = {
		{"prog good", 0, "good 0 text", ""},
		{"prog good --json x", 0, "good 1 json", ""},
		{"prog two words a b", 0, "good 2 text", ""},
		{"prog two words a", 2, "", "an argument is missing: A B"},
		{"prog good x y", 2, "", "unexpected argument: y"},
		{"prog two", 2, "", "unknown command: two"},
		{"prog goood", 2, "", "did you mean \"pedigree good\""},
		{"prog two wrods", 2, "", "did you mean \"pedigree two words\""},
		{"prog", 2, "", "no command given"},
		{"prog two bad", 3, "", "pedigree: bad thing [JSN-1]; mend it\n"},
		{"prog two bad judged", 1, "", ""},
		{"prog good --help", 0, "--policy FILE", ""},
		{"prog good -h", 0, "(may be repeated)", ""},
		{"prog --help", 0, "two words", ""},
		{"prog good --nope", 2, "", "unknown option --nope"},
		{"prog good\033[2Jx", 2, "", "\\x1b"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 16);
		PDG_AUTO(buf) struct pdg_buf error = PDG_BUF_INIT(1 << 16);
		struct pdg_capture to_out;
		struct pdg_capture to_error;
		struct line l;
		int status;

		pdg_test_case("\"%s\"", cases[i].words);
		(void)parse(&l, cases[i].words, NULL);
		to_out = pdg_capture_begin(stdout);
		to_error = pdg_capture_begin(stderr);
		status = pdg_command_main("pedigree", commands, l.argc, l.argv);
		pdg_capture_end(&to_error, &error);
		pdg_capture_end(&to_out, &out);
		CHECK_INT(status, cases[i].status);
		if (cases[i].out[0])
			CHECK_HAS(pdg_buf_cstr(&out), cases[i].out);
		else
			CHECK_UINT(out.n, 0);
		if (cases[i].error[0])
			CHECK_HAS(pdg_buf_cstr(&error), cases[i].error);
		else
			CHECK_UINT(error.n, 0);
		line_done(&l);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("opt", {"taken", taken}, {"refused", refused}, {"too many", too_many},
	      {"whole lines", whole_lines})
