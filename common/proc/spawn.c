/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs: gpgme's helper, ssh-keygen, git, the hooks that stood there before ours.
 * One thread feeds and reads the child through pipes; the child is waited for in every
 * case, and killed by its process id when time or room is up.
 */
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/time.h"

#define CHUNK	      8192
#define TICK_FIRST_MS 1
#define TICK_MOST_MS  20

/* One run. Descriptors are -1 when there is none. */
struct run {
	const struct pdg_spawn *s;
	struct pdg_error *err;
	pid_t pid; /* 0 when it has been waited for */
	int to;	   /* our end of its standard input */
	int from;  /* our end of its standard output */
	int child_in;
	int child_out;
	struct pdg_bytes input; /* not yet written */
	int64_t deadline;	/* monotonic ms, or INT64_MAX */
	int status;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static int io_error(const struct run *r, const char *what)
{
	return pdg_fail(r->err, PDG_E_IO, "cannot %s \"%s\": %s", what, r->s->program,
			strerror(errno));
}

/* A child must never outlive the call: whatever path is left, it is killed and waited for. */
static void run_done(struct run *r)
{
	close_fd(&r->to);
	close_fd(&r->from);
	close_fd(&r->child_in);
	close_fd(&r->child_out);
	if (r->pid > 0) {
		(void)kill(r->pid, SIGKILL);
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}
PDG_AUTO_DEFINE_VALUE(run, struct run, run_done)

/* A pipe whose end @ours does not block. */
static int make_pipe(struct run *r, int *read_end, int *write_end, const int *ours)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) != 0)
		return io_error(r, "make a pipe for");
	*read_end = p[0];
	*write_end = p[1];
	if (fcntl(*ours, F_SETFL, O_NONBLOCK) != 0)
		return io_error(r, "make a pipe for");
	return 0;
}

static int make_pipes(struct run *r)
{
	int rc = 0;

	if (r->s->input.n)
		rc = make_pipe(r, &r->child_in, &r->to, &r->to);
	if (rc == 0 && r->s->out)
		rc = make_pipe(r, &r->from, &r->child_out, &r->from);
	return rc;
}

/*
 * What happens to descriptors between fork and exec. Returns 0 or an error number. Input comes
 * before output: should 0 to 2 be closed here and a pipe have their numbers, then no step
 * overwrites what a later one needs, for a pipe's read end is always the lower number.
 */
static int describe_files(const struct run *r, posix_spawn_file_actions_t *fa)
{
	int e;

	if (r->child_in >= 0)
		e = posix_spawn_file_actions_adddup2(fa, r->child_in, STDIN_FILENO);
	else
		e = posix_spawn_file_actions_addopen(fa, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (e == 0 && r->child_out >= 0)
		e = posix_spawn_file_actions_adddup2(fa, r->child_out, STDOUT_FILENO);
	if (e == 0 && r->s->quiet)
		e = posix_spawn_file_actions_addopen(fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (e == 0 && r->s->dir)
		e = posix_spawn_file_actions_addchdir_np(fa, r->s->dir);
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

static int start(struct run *r)
{
	const struct pdg_spawn *s = r->s;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int e;

	e = posix_spawn_file_actions_init(&fa);
	if (e == 0) {
		e = posix_spawnattr_init(&attr);
		if (e == 0) {
			e = describe_files(r, &fa);
			if (e == 0)
				e = describe_signals(&attr);
			if (e == 0)
				e = posix_spawn(&r->pid, s->program, &fa, &attr, unconst(s->argv),
						s->envp ? unconst(s->envp) : environ);
			(void)posix_spawnattr_destroy(&attr);
		}
		(void)posix_spawn_file_actions_destroy(&fa);
	}
	close_fd(&r->child_in);
	close_fd(&r->child_out);
	if (e == 0)
		return 0;
	r->pid = 0;
	errno = e;
	return io_error(r, "run");
}

/* write() with SIGPIPE kept from this process: a child may end without reading its input. */
static ssize_t write_quietly(int fd, struct pdg_bytes in)
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

static bool try_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int feed(struct run *r)
{
	ssize_t n = write_quietly(r->to, r->input);

	if (n < 0 && try_again())
		return 0;
	if (n < 0 && errno != EPIPE)
		return io_error(r, "write to");
	if (n > 0)
		r->input = pdg_bytes_from(r->input, (size_t)n);
	if (n < 0 || r->input.n == 0)
		close_fd(&r->to);
	return 0;
}

/* Take what there is to read now, up to one chunk. *@out_more: there may be more at once. */
static int take(struct run *r, bool *out_more)
{
	uint8_t chunk[CHUNK];
	ssize_t n = read(r->from, chunk, sizeof(chunk));

	*out_more = n > 0 || (n < 0 && errno == EINTR);
	if (n < 0)
		return try_again() ? 0 : io_error(r, "read from");
	if (n == 0)
		close_fd(&r->from);
	pdg_buf_put(r->s->out, pdg_bytes(chunk, (size_t)n));
	if (r->s->out->failed == PDG_E_LIMIT)
		return pdg_fail(r->err, PDG_E_LIMIT, "\"%s\" wrote more than %zu bytes",
				r->s->program, r->s->out->max);
	return pdg_buf_check(r->s->out, r->err);
}

/* Has it ended? Waits for that when nothing else is left to do or to watch. */
static int look_after(struct run *r, bool may_wait)
{
	pid_t got;

	do {
		got = waitpid(r->pid, &r->status, may_wait ? 0 : WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return io_error(r, "wait for");
	if (got == r->pid)
		r->pid = 0;
	return 0;
}

/* Sleep until a pipe is ready or the tick is over. */
static int wait_for_pipes(const struct run *r, struct pollfd fds[2], int tick)
{
	int64_t left = r->deadline - pdg_monotonic_ms();
	int ms = left < tick ? (int)left : tick;

	/* poll() passes over negative descriptors. */
	fds[0] = (struct pollfd){.fd = r->to, .events = POLLOUT};
	fds[1] = (struct pollfd){.fd = r->from, .events = POLLIN};
	if (left <= 0)
		return pdg_fail(r->err, PDG_E_IO, "\"%s\" did not end within %d ms", r->s->program,
				r->s->timeout_ms);
	if (poll(fds, 2, ms) < 0 && errno != EINTR)
		return io_error(r, "wait for");
	return 0;
}

/*
 * Until it has ended. Not until its output ends: a process that it left in the background
 * may hold the pipe open for ever.
 */
static int attend(struct run *r)
{
	int tick = TICK_FIRST_MS;
	bool more = false;
	int rc = 0;

	while (rc == 0 && r->pid > 0) {
		struct pollfd fds[2];
		bool idle = r->to < 0 && r->from < 0;

		rc = look_after(r, idle && r->deadline == INT64_MAX);
		if (rc < 0 || r->pid == 0)
			break;
		rc = wait_for_pipes(r, fds, tick);
		if (rc == 0 && fds[0].revents)
			rc = feed(r);
		if (rc == 0 && fds[1].revents)
			rc = take(r, &more);
		tick = fds[0].revents || fds[1].revents ? TICK_FIRST_MS : tick * 2;
		if (tick > TICK_MOST_MS)
			tick = TICK_MOST_MS;
	}
	more = r->from >= 0;
	while (rc == 0 && more)
		rc = take(r, &more);
	return rc;
}

int pdg_spawn(const struct pdg_spawn *s, int *out_status, struct pdg_error *err)
{
	PDG_AUTO(run)
	struct run r = {
		.s = s,
		.err = err,
		.to = -1,
		.from = -1,
		.child_in = -1,
		.child_out = -1,
		.input = s->input,
		.deadline = s->timeout_ms > 0 ? pdg_monotonic_ms() + s->timeout_ms : INT64_MAX,
	};
	int rc;

	if (s->program[0] != '/')
		return pdg_fail(err, PDG_E_IO, "cannot run \"%s\": not an absolute path",
				s->program);
	rc = make_pipes(&r);
	if (rc < 0)
		return rc;
	rc = start(&r);
	if (rc < 0)
		return rc;
	rc = attend(&r);
	if (rc < 0)
		return rc;
	*out_status = WIFSIGNALED(r.status) ? 128 + WTERMSIG(r.status) : WEXITSTATUS(r.status);
	return 0;
}
