/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: a command is an entry of a const table, its options another; usage text is
 * printed from both. Long options only ("--policy FILE", "--policy=FILE"), flags, then
 * arguments; "--" ends options; an unknown option names the nearest known one.
 */
#ifndef PDG_UTIL_OPT_H
#define PDG_UTIL_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

#define PDG_OPT_MANY 64 /* most values of a repeatable option */

/* As an option's value: a flag that stays among the arguments, in its place (rev-list's --all). */
extern const char pdg_opt_argument[];

struct pdg_opt {
	const char *name;  /* "policy" for --policy */
	const char *value; /* "FILE" as usage shows it, NULL for a flag, or pdg_opt_argument */
	const char *help;
	bool many; /* may be repeated; another one's second value is CLI-1 */
};

/* One parsed command line; all borrowed from argv. */
struct pdg_args {
	const struct pdg_opt *table; /* ended by a NULL name */
	struct {
		const char *v[PDG_OPT_MANY];
		size_t n;
	} * opt; /* one for each table entry */
	const char **arg;
	size_t n_args;
};

/** Parse @argv (without the command's name). 0 or PDG_E_USAGE (CLI-1). Release with
 * pdg_args_done(). */
int pdg_args_parse(const struct pdg_opt *table, int argc, char *const *argv, struct pdg_args *out,
		   struct pdg_error *err) PDG_MUST_CHECK;
void pdg_args_done(struct pdg_args *a);

/** The value of an option (the last of a repeatable one), or NULL; flags give "". @name must be in
 * the table. */
const char *pdg_args_get(const struct pdg_args *a, const char *name);
bool pdg_args_has(const struct pdg_args *a, const char *name);
/** All values of a repeatable option; *@out_n of them. */
const char *const *pdg_args_all(const struct pdg_args *a, const char *name, size_t *out_n);

struct pdg_command {
	const char *name;      /* "attest build" has a blank: two words */
	const char *arguments; /* usage after the options, e.g. "REVRANGE…" */
	const char *summary;   /* one line */
	const struct pdg_opt *options;
	size_t min_args, max_args; /* SIZE_MAX: any */
	int (*run)(const struct pdg_args *args, struct pdg_error *err);
};

/**
 * Run a program that has the commands @table (ended by a NULL name): finds the command in argv,
 * answers --help, prints the error, returns the exit status (0, 1, 2, 3). A command may return
 * a positive number to exit with it after having printed its own judgement.
 */
int pdg_command_main(const char *program, const struct pdg_command *table, int argc, char **argv);

#endif
