/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a program that is dear to start: pedigree-pgp, which checks the signatures that are GnuPG's
 * to check (common/crypto/pgp_gnupg.c). What is said has no meaning here.
 */
#include "proc/talk.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc/child.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define PATIENCE_MS 3000 /* for one that was asked to end, twice */
#define TICK_NS	    2000000

struct pdg_talk {
	struct pdg_child child;
	char *name;
};

int pdg_talk_start(const struct pdg_spawn *s, struct pdg_talk **out, struct pdg_error *err)
{
	PDG_AUTO(talk) struct pdg_talk *t = pdg_calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return pdg_nomem(err);
	t->child = (struct pdg_child){.to = -1, .from = -1};
	t->name = pdg_str_dup(s->program);
	if (!t->name)
		return pdg_nomem(err);
	rc = pdg_child_start(s, true, true, &t->child, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(t);
	return 0;
}

static int io_error(const struct pdg_talk *t, const char *what, struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_IO, "cannot %s \"%s\": %s", what, t->name, strerror(errno));
}

/* Wait until @fd is ready for @events. */
static int wait_ready(const struct pdg_talk *t, int fd, short events, int64_t deadline,
		      struct pdg_error *err)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int64_t left = deadline - pdg_monotonic_ms();
		int n;

		if (left <= 0)
			return pdg_fail(err, PDG_E_IO, "\"%s\" did not answer in time", t->name);
		n = poll(&p, 1, left < INT32_MAX ? (int)left : INT32_MAX);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return io_error(t, "wait for", err);
	}
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

int pdg_talk_say(struct pdg_talk *t, struct pdg_bytes in, int timeout_ms, struct pdg_error *err)
{
	int64_t deadline = pdg_monotonic_ms() + timeout_ms;

	while (in.n > 0) {
		ssize_t n = pdg_child_write(t->child.to, in);
		int rc;

		if (n > 0) {
			in = pdg_bytes_from(in, (size_t)n);
			continue;
		}
		if (n < 0 && !again())
			return io_error(t, "write to", err);
		rc = wait_ready(t, t->child.to, POLLOUT, deadline, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pdg_talk_hear(struct pdg_talk *t, uint8_t *out, size_t n, int timeout_ms, struct pdg_error *err)
{
	int64_t deadline = pdg_monotonic_ms() + timeout_ms;

	while (n > 0) {
		ssize_t got = read(t->child.from, out, n);
		int rc;

		if (got > 0) {
			out += got;
			n -= (size_t)got;
			continue;
		}
		if (got == 0)
			return pdg_fail(err, PDG_E_IO, "\"%s\" ended", t->name);
		if (!again())
			return io_error(t, "read from", err);
		rc = wait_ready(t, t->child.from, POLLIN, deadline, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Has it ended within PATIENCE_MS? */
static bool has_ended(struct pdg_talk *t)
{
	const struct timespec tick = {.tv_nsec = TICK_NS};
	int64_t deadline = pdg_monotonic_ms() + PATIENCE_MS;

	do {
		pid_t got = waitpid(t->child.pid, NULL, WNOHANG);

		if (got == t->child.pid || (got < 0 && errno != EINTR)) {
			t->child.pid = 0;
			return true;
		}
		(void)nanosleep(&tick, NULL);
	} while (pdg_monotonic_ms() < deadline);
	return false;
}

void pdg_talk_end(struct pdg_talk *t)
{
	if (!t)
		return;
	pdg_child_close(&t->child.to);
	pdg_child_close(&t->child.from);
	if (t->child.pid > 0 && !has_ended(t)) {
		(void)kill(t->child.pid, SIGTERM);
		(void)has_ended(t);
	}
	pdg_child_done(&t->child);
	free(t->name);
	free(t);
}
