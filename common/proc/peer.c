/* SPDX-License-Identifier: Apache-2.0 */
/* Life and end of a program beside this one; how it is started is child.c's. */
#include "proc/peer.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "proc/child.h"
#include "util/time.h"

#define TICK_NS	  2000000
#define KILLED_MS 500

/*
 * Those that could not be ended: a process started before this one was confined may not be
 * signalled any more (landlock(7), LANDLOCK_SCOPE_SIGNAL), and one that hangs in the kernel does
 * not end. Each is taken out to be looked at, so that one thread alone waits for its number.
 */
#define LEFT_MOST 16
static _Atomic(pid_t) left[LEFT_MOST];

static void put_left(pid_t pid)
{
	size_t i;

	for (i = 0; i < LEFT_MOST; i++) {
		pid_t none = 0;

		if (atomic_compare_exchange_strong(&left[i], &none, pid))
			return;
	}
}

static void reap_left(void)
{
	size_t i;

	for (i = 0; i < LEFT_MOST; i++) {
		pid_t pid = atomic_exchange(&left[i], 0);

		if (pid && waitpid(pid, NULL, WNOHANG) == 0)
			put_left(pid);
	}
}

int pdg_peer_start(const struct pdg_spawn *s, struct pdg_peer *out, struct pdg_error *err)
{
	struct pdg_child c = {.to = -1, .from = -1};
	int rc;

	reap_left();
	rc = pdg_child_start_socket(s, &c, err);
	if (rc < 0)
		return rc;
	*out = (struct pdg_peer){.pid = c.pid, .fd = c.to};
	return 0;
}

bool pdg_peer_ended(struct pdg_peer *p, int *out_status)
{
	int status = 0;
	pid_t got;

	if (p->pid == 0)
		return true;
	do {
		got = waitpid(p->pid, &status, WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	p->pid = 0;
	*out_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

static bool ends_within(struct pdg_peer *p, int ms, int *out_status)
{
	const struct timespec tick = {.tv_nsec = TICK_NS};
	int64_t deadline = pdg_monotonic_ms() + ms;

	while (!pdg_peer_ended(p, out_status)) {
		if (pdg_monotonic_ms() >= deadline)
			return false;
		(void)nanosleep(&tick, NULL);
	}
	return true;
}

int pdg_peer_end(struct pdg_peer *p, int patience_ms)
{
	int status = -1;

	reap_left();
	pdg_child_close(&p->fd);
	if (ends_within(p, patience_ms, &status))
		return status;
	/* Where that is not allowed, the end of the conversation may still be heard. */
	(void)kill(p->pid, SIGKILL);
	if (!ends_within(p, KILLED_MS, &status)) {
		put_left(p->pid);
		p->pid = 0;
	}
	return status;
}
