/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs: gpgme's helper, ssh-keygen, git, the hooks that stood there before ours.
 * One thread feeds and reads the child through pipes; the child is waited for in every
 * case, and killed by its process id when time or room is up.
 */
#include "proc/spawn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/child.h"
#include "util/time.h"

#define CHUNK	      8192
#define TICK_FIRST_MS 1
#define TICK_MOST_MS  20

/* One run. */
struct run {
	const struct pdg_spawn *s;
	struct pdg_error *err;
	struct pdg_child child;
	struct pdg_bytes input; /* not yet written */
	int64_t deadline;	/* monotonic ms, or INT64_MAX */
	int status;
};

static int io_error(const struct run *r, const char *what)
{
	return pdg_fail(r->err, PDG_E_IO, "cannot %s \"%s\": %s", what, r->s->program,
			strerror(errno));
}

static void run_done(struct run *r)
{
	pdg_child_done(&r->child);
}
PDG_AUTO_DEFINE_VALUE(run, struct run, run_done)

static bool try_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int feed(struct run *r)
{
	ssize_t n = pdg_child_write(r->child.to, r->input);

	if (n < 0 && try_again())
		return 0;
	if (n < 0 && errno != EPIPE)
		return io_error(r, "write to");
	if (n > 0)
		r->input = pdg_bytes_from(r->input, (size_t)n);
	if (n < 0 || r->input.n == 0)
		pdg_child_close(&r->child.to);
	return 0;
}

/* Take what there is to read now, up to one chunk. *@out_more: there may be more at once. */
static int take(struct run *r, bool *out_more)
{
	uint8_t chunk[CHUNK];
	ssize_t n = read(r->child.from, chunk, sizeof(chunk));

	*out_more = n > 0 || (n < 0 && errno == EINTR);
	if (n < 0)
		return try_again() ? 0 : io_error(r, "read from");
	if (n == 0)
		pdg_child_close(&r->child.from);
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
		got = waitpid(r->child.pid, &r->status, may_wait ? 0 : WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return io_error(r, "wait for");
	if (got == r->child.pid)
		r->child.pid = 0;
	return 0;
}

/* Sleep until a pipe is ready or the tick is over. */
static int wait_for_pipes(const struct run *r, struct pollfd fds[2], int tick)
{
	int64_t left = r->deadline - pdg_monotonic_ms();
	int ms = left < tick ? (int)left : tick;

	/* poll() passes over negative descriptors. */
	fds[0] = (struct pollfd){.fd = r->child.to, .events = POLLOUT};
	fds[1] = (struct pollfd){.fd = r->child.from, .events = POLLIN};
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

	while (rc == 0 && r->child.pid > 0) {
		struct pollfd fds[2];
		bool idle = r->child.to < 0 && r->child.from < 0;

		rc = look_after(r, idle && r->deadline == INT64_MAX);
		if (rc < 0 || r->child.pid == 0)
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
	more = r->child.from >= 0;
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
		.child = {.to = -1, .from = -1},
		.input = s->input,
		.deadline = s->timeout_ms > 0 ? pdg_monotonic_ms() + s->timeout_ms : INT64_MAX,
	};
	int rc;

	rc = pdg_child_start(s, s->input.n > 0, s->out != NULL, &r.child, err);
	if (rc == 0)
		rc = attend(&r);
	if (rc < 0)
		return rc;
	*out_status = WIFSIGNALED(r.status) ? 128 + WTERMSIG(r.status) : WEXITSTATUS(r.status);
	return 0;
}
