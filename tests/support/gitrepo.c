/* SPDX-License-Identifier: Apache-2.0 */
/* The git program for tests. It is looked for in PATH, as a user would run it. */
#include "support/gitrepo.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "util/str.h"

#define ARGS_MAX 32

static void give_up(const char *what) __attribute__((noreturn));

static void give_up(const char *what)
{
	(void)fprintf(stderr, "test support: git: ");
	perror(what);
	exit(EXIT_FAILURE);
}

/* Nothing of the caller's git: neither his configuration nor an environment of a hook around us. */
static void own_environment(const char *dir)
{
	static const char *const unset[] = {"GIT_DIR",
					    "GIT_WORK_TREE",
					    "GIT_INDEX_FILE",
					    "GIT_OBJECT_DIRECTORY",
					    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
					    "GIT_QUARANTINE_PATH",
					    "GIT_NAMESPACE",
					    "GIT_PREFIX"};
	size_t i;

	for (i = 0; i < sizeof(unset) / sizeof(unset[0]); i++)
		(void)unsetenv(unset[i]);
	(void)setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	(void)setenv("GIT_AUTHOR_NAME", "Test", 0);
	(void)setenv("GIT_AUTHOR_EMAIL", "test@example.com", 0);
	(void)setenv("GIT_COMMITTER_NAME", "Test", 0);
	(void)setenv("GIT_COMMITTER_EMAIL", "test@example.com", 0);
	if (chdir(dir) != 0)
		give_up(dir);
}

static char *run(const char *dir, const char *const *argv)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 20);
	char chunk[4096];
	int pipe_fd[2];
	ssize_t n;
	int status;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		give_up("pipe");
	pid = fork();
	if (pid < 0)
		give_up("fork");
	if (pid == 0) {
		union {
			const char *const *in;
			char *const *out;
		} args = {argv};

		own_environment(dir);
		(void)dup2(pipe_fd[1], STDOUT_FILENO);
		(void)execvp("git", args.out);
		give_up("exec");
	}
	(void)close(pipe_fd[1]);
	while ((n = read(pipe_fd[0], chunk, sizeof(chunk))) > 0)
		pdg_buf_put(&out, pdg_bytes(chunk, (size_t)n));
	(void)close(pipe_fd[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		(void)fprintf(stderr, "test support: git %s failed\n", argv[1]);
		exit(EXIT_FAILURE);
	}
	if (out.n && out.p[out.n - 1] == '\n')
		out.n--;
	return pdg_str_dup(pdg_buf_cstr(&out));
}

static char *run_list(const char *dir, va_list ap)
{
	const char *argv[ARGS_MAX] = {"git"};
	size_t n = 1;

	while (n < ARGS_MAX - 1 && (argv[n] = va_arg(ap, const char *)))
		n++;
	return run(dir, argv);
}

void pdg_test_git(const char *dir, ...)
{
	va_list ap;

	va_start(ap, dir);
	free(run_list(dir, ap));
	va_end(ap);
}

char *pdg_test_git_out(const char *dir, ...)
{
	va_list ap;
	char *out;

	va_start(ap, dir);
	out = run_list(dir, ap);
	va_end(ap);
	return out;
}

char *pdg_test_repo(const char *dir, const char *name)
{
	char *path = pdg_test_path(dir, name);

	pdg_test_git(dir, "-c", "init.defaultBranch=main", "init", "-q", path, NULL);
	return path;
}

char *pdg_test_commit(const char *repo, const char *message, long when)
{
	char date[64];

	(void)snprintf(date, sizeof(date), "@%ld +0000", when);
	(void)setenv("GIT_AUTHOR_DATE", date, 1);
	(void)setenv("GIT_COMMITTER_DATE", date, 1);
	pdg_test_git(repo, "commit", "-q", "--allow-empty", "-m", message, NULL);
	(void)unsetenv("GIT_AUTHOR_DATE");
	(void)unsetenv("GIT_COMMITTER_DATE");
	return pdg_test_git_out(repo, "rev-parse", "HEAD", NULL);
}
