/* SPDX-License-Identifier: Apache-2.0 */
/* Programs run by tests: a folder, two variables, output to files, and if wanted no sockets. */
#include "support/program.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

#define ARGS_MAX 24

void pdg_program_init(struct pdg_program *p, const char *path, const char *dir)
{
	*p = (struct pdg_program){.path = path, .dir = dir};
	pdg_buf_init(&p->out, PDG_LIMIT_MIB(1));
	pdg_buf_init(&p->err, PDG_LIMIT_MIB(1));
}

void pdg_program_done(struct pdg_program *p)
{
	pdg_buf_done(&p->out);
	pdg_buf_done(&p->err);
}

/* seccomp(2): from here on socket(2) ends the process. */
static void forbid_sockets(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(120);
}

static void open_as(int fd, const char *path)
{
	int opened = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (opened < 0 || dup2(opened, fd) < 0)
		_exit(121);
}

static void child(const struct pdg_program *p, char *const *argv, const char *out, const char *err)
{
	char *env[] = {pdg_str_printf("HOME=%s", p->dir), pdg_str_dup(p->env), NULL};

	if (!env[0] || chdir(p->dir) != 0)
		_exit(122);
	open_as(STDOUT_FILENO, p->stdout_path ? p->stdout_path : out);
	open_as(STDERR_FILENO, err);
	if (p->no_sockets)
		forbid_sockets();
	(void)execve(p->path, argv, env);
	_exit(123);
}

int pdg_program_run(struct pdg_program *p, ...)
{
	PDG_AUTO(mem) char *out = pdg_test_path(p->dir, "printed-out");
	PDG_AUTO(mem) char *err = pdg_test_path(p->dir, "printed-err");
	char name[] = "pedigree";
	char *argv[ARGS_MAX + 2] = {name};
	size_t n = 1;
	int status = 0;
	va_list ap;
	pid_t pid;

	va_start(ap, p);
	while (n <= ARGS_MAX && (argv[n] = va_arg(ap, char *)) != NULL)
		n++;
	va_end(ap);
	free(pdg_test_file(p->dir, "printed-out", pdg_bytes_str("")));
	pid = fork();
	if (pid == 0)
		child(p, argv, out, err);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	pdg_buf_reset(&p->out);
	pdg_buf_reset(&p->err);
	pdg_test_read(out, &p->out);
	pdg_test_read(err, &p->err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void pdg_program_error(struct pdg_program *p, const char *rule)
{
	const char *text = pdg_buf_cstr(&p->err);
	const char *end = strchr(text, '\n');

	CHECK(pdg_str_starts(text, "pedigree: "));
	CHECK(end && end[1] == '\0');
	if (rule)
		CHECK_HAS(text, rule);
	CHECK_STR(pdg_buf_cstr(&p->out), "");
}
