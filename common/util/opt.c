/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of all role programs: the words of the command, its options, its
 * arguments. Usage is printed from the same tables that are parsed by, so the two cannot
 * differ. What is wrong with a command line is CLI-1, exit status 2.
 */
#include "util/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"

#define NAMES_MAX    64 /* words offered to "did you mean" */
#define WORD_MAX     64
#define USAGE_COLUMN 30

const char pdg_opt_argument[] = "";

static bool is_flag(const struct pdg_opt *o)
{
	return !o->value || o->value == pdg_opt_argument;
}

static size_t table_length(const struct pdg_opt *table)
{
	size_t n = 0;

	while (table && table[n].name)
		n++;
	return n;
}

/* The table's entry for an option as written ("policy", "policy=FILE"), or SIZE_MAX. */
static size_t find_option(const struct pdg_opt *table, const char *word, size_t n)
{
	size_t i;

	for (i = 0; table && table[i].name; i++) {
		if (strlen(table[i].name) == n && strncmp(table[i].name, word, n) == 0)
			return i;
	}
	return SIZE_MAX;
}

static int unknown_option(const struct pdg_opt *table, const char *word, size_t n,
			  struct pdg_error *err)
{
	const char *names[NAMES_MAX + 1] = {NULL};
	char wanted[WORD_MAX] = "";
	const char *near;
	size_t i;
	int rc = pdg_reject(err, "CLI-1", "unknown option --%.*s",
			    (int)(n < WORD_MAX ? n : WORD_MAX), word);

	for (i = 0; i < NAMES_MAX && table && table[i].name; i++)
		names[i] = table[i].name;
	if (n < sizeof(wanted))
		memcpy(wanted, word, n);
	near = pdg_str_nearest(wanted, names);
	if (near)
		pdg_fix(err, "did you mean --%s", near);
	else
		pdg_fix(err, "--help lists the options");
	return rc;
}

/* Keep one value. Which of two was meant, only who wrote them knows; a flag said twice is one. */
static int keep(struct pdg_args *a, size_t which, const char *value, struct pdg_error *err)
{
	if (!a->table[which].many) {
		if (a->opt[which].n && !is_flag(&a->table[which]))
			return pdg_reject(err, "CLI-1",
					  "option --%s is given twice, and takes one value",
					  a->table[which].name);
		a->opt[which].v[0] = value;
		a->opt[which].n = 1;
		return 0;
	}
	if (a->opt[which].n == PDG_OPT_MANY)
		return pdg_reject(err, "CLI-1", "option --%s is given more than %d times",
				  a->table[which].name, PDG_OPT_MANY);
	a->opt[which].v[a->opt[which].n++] = value;
	return 0;
}

/* One word that begins with "--"; *@i moves on when the value is the next word. */
static int take_option(struct pdg_args *a, int argc, char *const *argv, int *i,
		       struct pdg_error *err)
{
	const char *word = argv[*i] + 2;
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	size_t which = find_option(a->table, word, n);

	if (which == SIZE_MAX)
		return unknown_option(a->table, word, n, err);
	if (is_flag(&a->table[which])) {
		if (equals)
			return pdg_reject(err, "CLI-1", "option --%s takes no value",
					  a->table[which].name);
		if (a->table[which].value)
			a->arg[a->n_args++] = argv[*i];
		return keep(a, which, "", err);
	}
	if (equals)
		return keep(a, which, equals + 1, err);
	if (*i + 1 >= argc)
		return pdg_reject(err, "CLI-1", "option --%s needs a value: --%s %s",
				  a->table[which].name, a->table[which].name,
				  a->table[which].value);
	*i += 1;
	return keep(a, which, argv[*i], err);
}

static int take_all(struct pdg_args *a, int argc, char *const *argv, struct pdg_error *err)
{
	bool only_arguments = false;
	int i;

	for (i = 0; i < argc; i++) {
		int rc;

		if (only_arguments || argv[i][0] != '-' || !argv[i][1]) {
			a->arg[a->n_args++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			only_arguments = true;
			continue;
		}
		if (argv[i][1] != '-') {
			rc = pdg_reject(err, "CLI-1", "unknown option %s", argv[i]);
			pdg_fix(err, "options are long ones; --help lists them");
			return rc;
		}
		rc = take_option(a, argc, argv, &i, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pdg_args_parse(const struct pdg_opt *table, int argc, char *const *argv, struct pdg_args *out,
		   struct pdg_error *err)
{
	struct pdg_args a = {.table = table};
	int rc;

	a.opt = pdg_calloc(table_length(table) + 1, sizeof(*a.opt));
	a.arg = pdg_calloc((size_t)argc + 1, sizeof(*a.arg));
	if (!a.opt || !a.arg) {
		pdg_args_done(&a);
		return pdg_nomem(err);
	}
	rc = take_all(&a, argc, argv, err);
	if (rc < 0) {
		pdg_args_done(&a);
		return rc;
	}
	*out = a;
	return 0;
}

void pdg_args_done(struct pdg_args *a)
{
	if (!a)
		return;
	free(a->opt);
	free(a->arg);
	*a = (struct pdg_args){.table = NULL};
}

const char *pdg_args_get(const struct pdg_args *a, const char *name)
{
	size_t n;
	const char *const *all = pdg_args_all(a, name, &n);

	return n ? all[n - 1] : NULL;
}

bool pdg_args_has(const struct pdg_args *a, const char *name)
{
	return pdg_args_get(a, name) != NULL;
}

const char *const *pdg_args_all(const struct pdg_args *a, const char *name, size_t *out_n)
{
	size_t which = find_option(a->table, name, strlen(name));

	*out_n = 0;
	if (which == SIZE_MAX)
		return NULL;
	*out_n = a->opt[which].n;
	return a->opt[which].v;
}

/* "attest build" and the first words ["attest", "build", …] of a command line: how many match, or
 * 0. */
static int words_match(const char *name, int argc, char *const *argv)
{
	int used = 0;

	while (*name) {
		size_t n = strcspn(name, " ");

		if (used >= argc || strlen(argv[used]) != n || strncmp(argv[used], name, n) != 0)
			return 0;
		used++;
		name += n;
		name += *name == ' ';
	}
	return used;
}

static const struct pdg_command *find_command(const struct pdg_command *table, int argc,
					      char *const *argv, int *out_used)
{
	for (; table->name; table++) {
		*out_used = words_match(table->name, argc, argv);
		if (*out_used)
			return table;
	}
	return NULL;
}

static void print_usage(FILE *f, const char *program, const struct pdg_command *c)
{
	size_t i;

	pdg_out(f, PDG_PLAIN, "usage: %s %s%s%s%s\n\n%s\n", program, c->name,
		table_length(c->options) ? " [OPTIONS]" : "",
		c->arguments && c->arguments[0] ? " " : "", c->arguments ? c->arguments : "",
		c->summary);
	for (i = 0; c->options && c->options[i].name; i++) {
		const struct pdg_opt *o = &c->options[i];
		const char *value = is_flag(o) ? NULL : o->value;
		size_t used = strlen(o->name) + (value ? strlen(value) + 1 : 0) + 4;

		pdg_out(f, PDG_PLAIN, "%s  --%s%s%s%*s%s%s\n", i ? "" : "\n", o->name,
			value ? " " : "", value ? value : "",
			used < USAGE_COLUMN ? (int)(USAGE_COLUMN - used) : 1, "", o->help,
			o->many ? " (may be repeated)" : "");
	}
}

static void print_commands(FILE *f, const char *program, const struct pdg_command *table)
{
	pdg_out(f, PDG_PLAIN, "usage: %s COMMAND [OPTIONS] [ARGUMENTS]\n\n", program);
	for (; table->name; table++)
		pdg_out(f, PDG_PLAIN, "  %-18s %s\n", table->name, table->summary);
}

static int no_command(const char *program, const struct pdg_command *table, int argc,
		      char *const *argv, struct pdg_error *err)
{
	const char *names[NAMES_MAX + 1] = {NULL};
	PDG_AUTO(mem) char *wanted = NULL;
	const char *near;
	size_t i;
	int rc;

	for (i = 0; i < NAMES_MAX && table[i].name; i++)
		names[i] = table[i].name;
	wanted = pdg_str_printf("%s%s%s", argc > 0 ? argv[0] : "", argc > 1 ? " " : "",
				argc > 1 ? argv[1] : "");
	if (!wanted)
		return pdg_nomem(err);
	rc = argc > 0 ? pdg_reject(err, "CLI-1", "unknown command: %s", wanted)
		      : pdg_reject(err, "CLI-1", "no command given");
	near = pdg_str_nearest(wanted, names);
	if (!near && argc > 0)
		near = pdg_str_nearest(argv[0], names);
	if (near)
		pdg_fix(err, "did you mean \"%s %s\"", program, near);
	else
		pdg_fix(err, "\"%s --help\" lists the commands", program);
	return rc;
}

static bool wants_help(int argc, char *const *argv)
{
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int check_count(const char *program, const struct pdg_command *c,
		       const struct pdg_args *args, struct pdg_error *err)
{
	int rc;

	if (args->n_args >= c->min_args && args->n_args <= c->max_args)
		return 0;
	if (args->n_args > c->max_args)
		rc = pdg_reject(err, "CLI-1", "%s: unexpected argument: %s", c->name,
				args->arg[c->max_args]);
	else
		rc = pdg_reject(err, "CLI-1", "%s: an argument is missing: %s", c->name,
				c->arguments ? c->arguments : "");
	pdg_fix(err, "see \"%s %s --help\"", program, c->name);
	return rc;
}

static int run_command(const char *program, const struct pdg_command *c, int argc,
		       char *const *argv, struct pdg_error *err)
{
	struct pdg_args args = {.table = NULL};
	int rc = pdg_args_parse(c->options, argc, argv, &args, err);

	if (rc < 0)
		return pdg_context(err, rc, "%s", c->name);
	rc = check_count(program, c, &args, err);
	if (rc == 0)
		rc = c->run(&args, err);
	pdg_args_done(&args);
	return rc;
}

int pdg_command_main(const char *program, const struct pdg_command *table, int argc, char **argv)
{
	struct pdg_error err = {.code = 0};
	const struct pdg_command *c;
	int used = 0;
	int rc = 0;

	argc = argc > 0 ? argc - 1 : 0;
	argv += argc > 0;
	c = find_command(table, argc, argv, &used);
	if (c && wants_help(argc - used, argv + used))
		print_usage(stdout, program, c);
	else if (c)
		rc = run_command(program, c, argc - used, argv + used, &err);
	else if (wants_help(argc, argv))
		print_commands(stdout, program, table);
	else
		rc = no_command(program, table, argc, argv, &err);

	if (rc >= 0) {
		/* What was printed must have arrived: a full disk is no success. */
		int lost = pdg_out_finish(stdout, &err);

		if (lost == 0)
			return rc;
		rc = lost;
	}
	pdg_out_error(program, &err);
	return pdg_exit_status(rc);
}
