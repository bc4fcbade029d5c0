/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree: a table of commands, and nothing else. Each command is run by the program of
 * its role, as git does it, so that a program carries only what its role needs; this one
 * needs the C library alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "util/fs.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"

struct command {
	const char *name;    /* one word or two */
	const char *program; /* NULL: known, but not in this version */
	const char *summary;
};

static const struct command commands[] = {
	{"init", "pedigree-repo", "prepare this clone: key, hooks, signing"},
	{"hooks install", "pedigree-repo",
	 "install the hooks of a clone, or with --server of a repository"},
	{"hooks uninstall", "pedigree-repo", "remove them; what was there before comes back"},
	{"hooks status", "pedigree-repo", "which hooks are installed"},
	{"digest", "pedigree-repo", "both digests of a commit"},
	{"check", "pedigree-repo", "are these commits signed by allowed keys?"},
	{"attest source", "pedigree-repo", "attest a commit again (--late), or in a clone"},
	{"attest build", "pedigree-repo", "attest what was built from a commit, and submit it"},
	{"attest sbom", NULL, "attest a bill of materials"},
	{"attest vulnerability", NULL, "attest a vulnerability scan"},
	{"attest vex", NULL, "attest which vulnerabilities matter"},
	{"attest policy", NULL, "attest a policy's decision"},
	{"attest deployment", NULL, "attest a deployment"},
	{"approve", NULL, "approve an artifact, signed by a person"},
	{"submit", "pedigree-net", "send statements that were made elsewhere or earlier"},
	{"verify", "pedigree-judge", "judge the whole chain of one artifact"},
	{"verify-bundle", "pedigree-judge", "judge one Sigstore bundle"},
	{"attach", NULL, "put records into an OCI registry"},
	{"fetch", NULL, "get records from an OCI registry"},
	{"export", NULL, "write all evidence on an artifact into one folder"},
	{"report", NULL, "the controls that the evidence supports"},
	{"log checkpoint", "pedigree-net", "show the log's latest checkpoint"},
	{"log prove", "pedigree-net", "prove that an attestation is in the log"},
	{"log monitor", NULL, "watch a log"},
	{"key generate", "pedigree-judge", "make a key pair"},
	{"key show", "pedigree-judge", "show a key"},
	{"doctor", "pedigree-repo", "check the surroundings"},
};

#define COMMANDS_N (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *f)
{
	size_t i;

	pdg_out(f, PDG_PLAIN, "usage: pedigree [-C DIR] COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	for (i = 0; i < COMMANDS_N; i++) {
		if (commands[i].program)
			pdg_out(f, PDG_PLAIN, "  %-18s %s\n", commands[i].name,
				commands[i].summary);
	}
	pdg_out(f, PDG_PLAIN,
		"\n\"pedigree help COMMAND\" tells more; \"pedigree --version\" says which this is.\n");
}

/* How many words of the command line @c takes, or 0 when it is another command. */
static int match(const struct command *c, int argc, char *const *argv)
{
	size_t first = strcspn(c->name, " ");

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], c->name, first) != 0)
		return 0;
	if (!c->name[first])
		return 1;
	return argc > 1 && strcmp(argv[1], c->name + first + 1) == 0 ? 2 : 0;
}

static const struct command *find(int argc, char *const *argv)
{
	size_t i;

	for (i = 0; i < COMMANDS_N; i++) {
		if (match(&commands[i], argc, argv))
			return &commands[i];
	}
	return NULL;
}

/* "log", "hooks", "attest": the first word of commands of two. */
static bool is_first_word(const char *word)
{
	size_t n = strlen(word);
	size_t i;

	for (i = 0; n && i < COMMANDS_N; i++) {
		if (strncmp(commands[i].name, word, n) == 0 && commands[i].name[n] == ' ')
			return true;
	}
	return false;
}

/* "source, build": the second words of the family @word that are in this version. */
static void list_family(const char *word, struct pdg_buf *out)
{
	size_t n = strlen(word);
	size_t i;

	for (i = 0; i < COMMANDS_N; i++) {
		const char *name = commands[i].name;

		if (!commands[i].program || strncmp(name, word, n) != 0 || name[n] != ' ')
			continue;
		pdg_buf_printf(out, "%s%s", out->n ? ", " : "", name + n + 1);
	}
}

/* "pedigree log --help", "pedigree help log": the commands of one family. */
static void print_family(const char *word)
{
	size_t n = strlen(word);
	size_t i;

	pdg_out(stdout, PDG_PLAIN, "usage: pedigree %s COMMAND [OPTIONS] [ARGUMENTS]\n\n", word);
	for (i = 0; i < COMMANDS_N; i++) {
		if (commands[i].program && strncmp(commands[i].name, word, n) == 0 &&
		    commands[i].name[n] == ' ')
			pdg_out(stdout, PDG_PLAIN, "  %-18s %s\n", commands[i].name,
				commands[i].summary);
	}
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The first word of a family, and no second one that it knows. */
static int unknown_in_family(int argc, char *const *argv, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf words = PDG_BUF_INIT(PDG_ERROR_FIX_MAX);
	int rc;

	if (argc > 1 && is_help(argv[1])) {
		print_family(argv[0]);
		return 0;
	}
	list_family(argv[0], &words);
	if (argc < 2 || argv[1][0] == '-')
		rc = pdg_reject(err, "CLI-1", "\"%s\" is the first of two words", argv[0]);
	else
		rc = pdg_reject(err, "CLI-1", "unknown command: %s %s", argv[0], argv[1]);
	pdg_fix(err, "after \"pedigree %s\" comes one of: %s", argv[0], pdg_buf_cstr(&words));
	return rc;
}

static int unknown(int argc, char *const *argv, struct pdg_error *err)
{
	const char *names[COMMANDS_N + 1] = {NULL};
	const char *near;
	size_t n = 0;
	size_t i;
	int rc;

	if (is_first_word(argv[0]))
		return unknown_in_family(argc, argv, err);
	for (i = 0; i < COMMANDS_N; i++) {
		if (commands[i].program)
			names[n++] = commands[i].name;
	}
	rc = pdg_reject(err, "CLI-1", "unknown command: %s", argv[0]);
	near = pdg_str_nearest(argv[0], names);
	if (near)
		pdg_fix(err, "did you mean \"pedigree %s\"", near);
	else
		pdg_fix(err, "\"pedigree help\" lists the commands");
	return rc;
}

/* Become the role's program. Returns only on failure. */
static int become(const struct command *c, char **argv, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	int rc;

	if (!c->program)
		return pdg_reject(err, "CLI-9", "\"pedigree %s\" is not in this version", c->name);
	rc = pdg_program_path(c->program, &path, err);
	if (rc < 0)
		return rc;
	(void)fflush(NULL);
	(void)execv(path, argv);
	return pdg_fail(err, PDG_E_IO, "cannot run \"%s\": %s", path, strerror(errno));
}

static int run(int argc, char **argv, struct pdg_error *err)
{
	const struct command *c = find(argc - 1, argv + 1);

	return c ? become(c, argv, err) : unknown(argc - 1, argv + 1, err);
}

/* pedigree help [COMMAND]: the role's program prints its own usage. */
static int help(int argc, char **argv, struct pdg_error *err)
{
	char ask[] = "--help";
	PDG_AUTO(mem) char **words = NULL;
	const struct command *c;
	int used;

	if (argc == 0) {
		print_usage(stdout);
		return 0;
	}
	c = find(argc, argv);
	if (!c && argc == 1 && is_first_word(argv[0])) {
		print_family(argv[0]);
		return 0;
	}
	if (!c)
		return unknown(argc, argv, err);
	words = pdg_calloc((size_t)argc + 3, sizeof(char *));
	if (!words)
		return pdg_nomem(err);
	used = match(c, argc, argv);
	if (argc > used)
		return pdg_reject(err, "CLI-1", "unexpected argument after %s: %s", c->name,
				  argv[used]);
	words[0] = argv[-1];
	memcpy(words + 1, argv, (size_t)used * sizeof(char *));
	words[1 + used] = ask;
	return become(c, words, err);
}

/* Whose repository is bare has to name it (git/bare.c); what we run is told whether he did. */
static int say_named(bool named, struct pdg_error *err)
{
	PDG_AUTO(mem) char *here = NULL;
	int rc = named ? pdg_path_real(".", &here, err) : 0;

	if (rc == 0 && (named ? setenv(PDG_NAMED_DIR, here, 1) : unsetenv(PDG_NAMED_DIR)))
		rc = pdg_nomem(err);
	return rc;
}

/* -C DIR, as often as given. *@out_used: words taken from @argv. */
static int change_dir(int argc, char *const *argv, int *out_used, struct pdg_error *err)
{
	int i = 0;

	while (i < argc && strcmp(argv[i], "-C") == 0) {
		if (i + 1 >= argc)
			return pdg_reject(err, "CLI-1", "option -C needs a folder: -C DIR");
		if (argv[i + 1][0] && chdir(argv[i + 1]) != 0) {
			int rc = pdg_reject(err, "CLI-1", "cannot go to \"%s\": %s", argv[i + 1],
					    strerror(errno));

			pdg_fix(err, "give -C the path of a folder");
			return rc;
		}
		i += 2;
	}
	*out_used = i;
	return say_named(i > 0, err);
}

/* Nothing may stand behind --version and --help: whoever writes more means something else. */
static int nothing_more(int argc, char *const *argv, struct pdg_error *err)
{
	if (argc <= 2)
		return 0;
	return pdg_reject(err, "CLI-1", "unexpected argument after %s: %s", argv[1], argv[2]);
}

static int dispatch(int argc, char **argv, struct pdg_error *err)
{
	int used = 0;
	int rc = change_dir(argc - 1, argv + 1, &used, err);

	if (rc < 0)
		return rc;
	/* argv[0] of the role's program stands before the command's first word. */
	argv[used] = argv[0];
	argv += used;
	argc -= used;
	if (argc < 2) {
		print_usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0 || is_help(argv[1])) {
		rc = nothing_more(argc, argv, err);
		if (rc < 0)
			return rc;
	}
	if (strcmp(argv[1], "--version") == 0) {
		pdg_out(stdout, PDG_PLAIN, "pedigree %s\n", PEDIGREE_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2, err);
	if (is_help(argv[1]))
		return help(0, NULL, err);
	return run(argc, argv, err);
}

int main(int argc, char **argv)
{
	struct pdg_error err = {.code = 0};
	int rc = argc > 0 ? dispatch(argc, argv, &err) : 2;

	if (rc >= 0) {
		int lost = pdg_out_finish(stdout, &err);

		if (lost == 0)
			return rc;
		rc = lost;
	}
	pdg_out_error("pedigree", &err);
	return pdg_exit_status(rc);
}
