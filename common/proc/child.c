/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork and exec, between spawn.c or talk.c and the system. The daemon has many threads, so nothing
 * runs between the two but what posix_spawn() does.
 */
#include "proc/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the child gets of the pipes, and what stays here. */
struct pipes {
	int child_in;
	int child_out;
	bool mute; /* its output to /dev/null, where there is no child_out */
	struct pdg_child ours;
};

void pdg_child_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void pdg_child_done(struct pdg_child *c)
{
	pdg_child_close(&c->to);
	pdg_child_close(&c->from);
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	c->pid = 0;
}

static void pipes_done(struct pipes *p)
{
	pdg_child_close(&p->child_in);
	pdg_child_close(&p->child_out);
	pdg_child_done(&p->ours);
}
PDG_AUTO_DEFINE_VALUE(pipes, struct pipes, pipes_done)

static int io_error(const struct pdg_spawn *s, const char *what, struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_IO, "cannot %s \"%s\": %s", what, s->program, strerror(errno));
}

/* A pipe whose end @ours does not block. */
static int make_pipe(int *read_end, int *write_end, const int *ours)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) != 0)
		return -1;
	*read_end = p[0];
	*write_end = p[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

/*
 * What happens to descriptors between fork and exec. Returns 0 or an error number. Input comes
 * before output: should 0 to 2 be closed here and a pipe have their numbers, then no step
 * overwrites what a later one needs, for a pipe's read end is always the lower number.
 */
static int describe_files(const struct pdg_spawn *s, const struct pipes *p,
			  posix_spawn_file_actions_t *fa)
{
	int e;

	if (p->child_in >= 0)
		e = posix_spawn_file_actions_adddup2(fa, p->child_in, STDIN_FILENO);
	else
		e = posix_spawn_file_actions_addopen(fa, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (e == 0 && p->child_out >= 0)
		e = posix_spawn_file_actions_adddup2(fa, p->child_out, STDOUT_FILENO);
	else if (e == 0 && p->mute)
		e = posix_spawn_file_actions_addopen(fa, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (e == 0 && s->quiet)
		e = posix_spawn_file_actions_addopen(fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (e == 0 && s->dir)
		e = posix_spawn_file_actions_addchdir_np(fa, s->dir);
	return e;
}

/* No blocked signal, and SIGPIPE as usual, whatever this process has set for itself. */
static int describe_signals(posix_spawnattr_t *attr)
{
	sigset_t none;
	sigset_t pipe_only;
	int e;

	(void)sigemptyset(&none);
	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	e = posix_spawnattr_setsigmask(attr, &none);
	if (e == 0)
		e = posix_spawnattr_setsigdefault(attr, &pipe_only);
	if (e == 0)
		e = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return e;
}

/* posix_spawn() wants argv without const, and does not change it. */
static char *const *unconst(const char *const *v)
{
	union {
		const char *const *given;
		char *const *wanted;
	} u = {.given = v};

	return u.wanted;
}

/* Returns 0 or an error number. */
static int start(const struct pdg_spawn *s, struct pipes *p)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int e;

	e = posix_spawn_file_actions_init(&fa);
	if (e != 0)
		return e;
	e = posix_spawnattr_init(&attr);
	if (e == 0) {
		e = describe_files(s, p, &fa);
		if (e == 0)
			e = describe_signals(&attr);
		if (e == 0)
			e = posix_spawn(&p->ours.pid, s->program, &fa, &attr, unconst(s->argv),
					s->envp ? unconst(s->envp) : environ);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&fa);
	if (e != 0)
		p->ours.pid = 0;
	return e;
}

/* Run it over @p; our ends are *@out's then. */
static int run(const struct pdg_spawn *s, struct pipes *p, struct pdg_child *out,
	       struct pdg_error *err)
{
	int e = start(s, p);

	if (e != 0) {
		errno = e;
		return io_error(s, "run", err);
	}
	*out = p->ours;
	p->ours = (struct pdg_child){.to = -1, .from = -1};
	return 0;
}

static int check_path(const struct pdg_spawn *s, struct pdg_error *err)
{
	if (s->program[0] == '/')
		return 0;
	return pdg_fail(err, PDG_E_IO, "cannot run \"%s\": not an absolute path", s->program);
}

int pdg_child_start(const struct pdg_spawn *s, bool feed, bool hear, struct pdg_child *out,
		    struct pdg_error *err)
{
	PDG_AUTO(pipes)
	struct pipes p = {.child_in = -1, .child_out = -1, .ours = {.to = -1, .from = -1}};
	int rc = check_path(s, err);

	if (rc < 0)
		return rc;
	if ((feed && make_pipe(&p.child_in, &p.ours.to, &p.ours.to) != 0) ||
	    (hear && make_pipe(&p.ours.from, &p.child_out, &p.ours.from) != 0))
		return io_error(s, "make a pipe for", err);
	return run(s, &p, out, err);
}

int pdg_child_start_socket(const struct pdg_spawn *s, struct pdg_child *out, struct pdg_error *err)
{
	PDG_AUTO(pipes)
	struct pipes p = {
		.child_in = -1, .child_out = -1, .mute = true, .ours = {.to = -1, .from = -1}};
	int pair[2];
	int rc = check_path(s, err);

	if (rc < 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return io_error(s, "make a socket for", err);
	p.child_in = pair[0];
	p.ours.to = pair[1];
	if (fcntl(pair[1], F_SETFL, O_NONBLOCK) != 0)
		return io_error(s, "make a socket for", err);
	return run(s, &p, out, err);
}

/* A child may end without reading its input. */
ssize_t pdg_child_write(int fd, struct pdg_bytes in)
{
	const struct timespec at_once = {0};
	sigset_t pipe_only;
	sigset_t pending;
	sigset_t old;
	bool was_pending;
	ssize_t n;
	int e;

	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	(void)pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
	n = write(fd, in.p, in.n);
	e = errno;
	if (n < 0 && e == EPIPE && !was_pending) {
		while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
			;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = e;
	return n;
}
