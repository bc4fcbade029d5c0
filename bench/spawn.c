/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole-process times of programs, measured side by side: each round runs every command once, so
 * that what else the machine does falls on all of them alike.
 *
 *	bench-spawn [--runs N] [status=N] PROGRAM ARGUMENTS… [::: [status=N] PROGRAM ARGUMENTS…]…
 *
 * One line a command: minimum, median, 95th percentile and maximum of the wall time, and the median
 * of user and system time, its children's included, all in milliseconds; the largest resident
 * memory in KiB. A command that ends otherwise than it should (0, or status=N) ends the whole with
 * status 1.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "util/bytes.h"
#include "util/size.h"

#define RUNS	     200
#define RUNS_MAX     100000
#define COMMANDS_MAX 16
#define SEPARATOR    ":::"
#define STATUS	     "status="

struct command {
	char **argv; /* NULL-ended, in main()'s */
	uint64_t status;
	double *wall; /* ms, one a run */
	double *cpu;
	long rss; /* KiB, the most of all runs */
};

static double ms(struct timespec a, struct timespec b)
{
	return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

static double cpu_ms(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static int run_once(struct command *c, const posix_spawn_file_actions_t *fa, size_t run)
{
	struct timespec from, to;
	struct rusage usage;
	pid_t pid;
	int status, rc;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	rc = posix_spawn(&pid, c->argv[0], fa, NULL, c->argv, environ);
	if (rc != 0) {
		fprintf(stderr, "bench-spawn: %s: %s\n", c->argv[0], strerror(rc));
		return -1;
	}
	if (wait4(pid, &status, 0, &usage) != pid) {
		perror("bench-spawn: wait4");
		return -1;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	if (!WIFEXITED(status) || (uint64_t)WEXITSTATUS(status) != c->status) {
		fprintf(stderr, "bench-spawn: %s ended with status %d, run %zu\n", c->argv[0],
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), run);
		return -1;
	}
	c->wall[run] = ms(from, to);
	c->cpu[run] = cpu_ms(&usage);
	c->rss = usage.ru_maxrss > c->rss ? usage.ru_maxrss : c->rss;
	return 0;
}

static int run_all(struct command *commands, size_t n, size_t runs)
{
	posix_spawn_file_actions_t fa;
	size_t run, i;
	int rc = 0;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return -1;
	if (posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0) != 0)
		rc = -1;
	for (run = 0; rc == 0 && run < runs; run++) {
		for (i = 0; rc == 0 && i < n; i++)
			rc = run_once(&commands[i], &fa, run);
	}
	(void)posix_spawn_file_actions_destroy(&fa);
	return rc;
}

static void print(const struct command *c, size_t runs)
{
	qsort(c->wall, runs, sizeof(*c->wall), bench_compare);
	qsort(c->cpu, runs, sizeof(*c->cpu), bench_compare);
	printf("min %.2f median %.2f p95 %.2f max %.2f cpu %.2f rss %ld\n", c->wall[0],
	       c->wall[runs / 2], c->wall[runs * 95 / 100], c->wall[runs - 1], c->cpu[runs / 2],
	       c->rss);
}

/* Cut main()'s words into commands. Returns how many, 0 when they are none. */
static size_t take_commands(char **argv, size_t runs, struct command *commands)
{
	size_t n = 0;

	while (*argv) {
		struct command *c = &commands[n];

		if (n == COMMANDS_MAX)
			return 0;
		c->status = 0;
		if (strncmp(*argv, STATUS, strlen(STATUS)) == 0) {
			if (!pdg_bytes_u64(pdg_bytes_str(*argv + strlen(STATUS)), 255, &c->status))
				return 0;
			argv++;
		}
		c->argv = argv;
		while (*argv && strcmp(*argv, SEPARATOR) != 0)
			argv++;
		if (c->argv == argv || c->argv[0][0] != '/')
			return 0;
		if (*argv)
			*argv++ = NULL;
		c->wall = pdg_calloc(runs, sizeof(double));
		c->cpu = pdg_calloc(runs, sizeof(double));
		n++;
		if (!c->wall || !c->cpu)
			return 0;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = {{.argv = NULL}};
	uint64_t runs = RUNS;
	size_t i, n = 0;
	int rc = 2;

	argv += argc > 0;
	if (argc > 2 && strcmp(argv[0], "--runs") == 0) {
		if (!pdg_bytes_u64(pdg_bytes_str(argv[1]), RUNS_MAX, &runs))
			runs = 0;
		argv += 2;
	}
	if (runs > 0)
		n = take_commands(argv, (size_t)runs, commands);
	if (n == 0)
		fprintf(stderr,
			"usage: bench-spawn [--runs N] [status=N] /PROGRAM ARGUMENTS... [" SEPARATOR
			" ...]...\n");
	else
		rc = run_all(commands, n, (size_t)runs) == 0 ? 0 : 1;
	for (i = 0; i < COMMANDS_MAX; i++) {
		if (rc == 0 && i < n)
			print(&commands[i], (size_t)runs);
		free(commands[i].wall);
		free(commands[i].cpu);
	}
	return rc;
}
