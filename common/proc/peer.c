/* SPDX-License-Identifier: Apache-2.0 */
/* Life and end of a program beside this one; how it is started is child.c's. */
#include "proc/peer.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "proc/child.h"
#include "util/time.h"

#define TICK_NS 2000000

int pdg_peer_start(const struct pdg_spawn *s, struct pdg_peer *out, struct pdg_error *err)
{
	struct pdg_child c = {.to = -1, .from = -1};
	int rc = pdg_child_start_socket(s, &c, err);

	if (rc < 0)
		return rc;
	*out = (struct pdg_peer){.pid = c.pid, .fd = c.to};
	return 0;
}

/* Wait for it, or look (WNOHANG); true when it was waited for. */
static bool reap(struct pdg_peer *p, int how, int *out_status)
{
	int status = 0;
	pid_t got;

	do {
		got = waitpid(p->pid, &status, how);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return false;
	p->pid = 0;
	*out_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

bool pdg_peer_ended(struct pdg_peer *p, int *out_status)
{
	return p->pid == 0 || reap(p, WNOHANG, out_status);
}

int pdg_peer_end(struct pdg_peer *p, int patience_ms)
{
	const struct timespec tick = {.tv_nsec = TICK_NS};
	int64_t deadline = pdg_monotonic_ms() + patience_ms;
	int status = -1;

	pdg_child_close(&p->fd);
	while (!pdg_peer_ended(p, &status)) {
		if (pdg_monotonic_ms() >= deadline) {
			(void)kill(p->pid, SIGKILL);
			(void)reap(p, 0, &status);
		} else {
			(void)nanosleep(&tick, NULL);
		}
	}
	return status;
}
