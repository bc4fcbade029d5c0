/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed is confined once it serves: what it starts then sees no more files than it does, and
 * not those of the keys. So it starts this process before, and asks it for a holder of keys at the
 * start, when the one before has ended, and when the configuration is read again. The keeper itself
 * holds no key and reads one number; where the keys are it was told once, when it was started.
 *
 * A holder is a fork of it: nothing is executed, so nothing has to be found. One that nobody needs
 * any more and that does not end is killed here: who asked may not signal this process or its
 * children, once he is confined.
 */
#include "signer/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "signer/holder.h"
#include "util/time.h"

/* The one that signs, the one before it while something is signed by that, and those that hang. */
#define HOLDERS	 8
#define GRACE_MS 500
#define AGAIN_MS 100 /* one that was killed ends as soon as the kernel lets it */

/* Answer with the descriptors @fds. */
static int hand_over(int control, const int *fds, size_t n, struct pdg_error *err)
{
	union {
		char room[CMSG_SPACE((PDG_AGENT_CONNECTIONS + 1) * sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	uint8_t head[PDG_AGENT_HEAD] = {PDG_AGENT_OK};
	struct iovec v = {head, sizeof(head)};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = u.room,
			   .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t sent;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	do {
		sent = sendmsg(control, &m, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)sizeof(head)
		       ? 0
		       : pdg_fail(err, PDG_E_IO, "cannot hand over a signer: %s", strerror(errno));
}

static void close_all(const int *fds, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)close(fds[i]);
}

/* @n socketpairs: ends for whoever asks, and for the holder. */
static int make_pairs(int *asks, int *holds, size_t n, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
			close_all(asks, i);
			close_all(holds, i);
			return pdg_fail(err, PDG_E_IO, "cannot make a socket: %s", strerror(errno));
		}
		asks[i] = pair[0];
		holds[i] = pair[1];
	}
	return 0;
}

/* --- holders --- */

/* One that was begun and has not been waited for. */
struct held {
	pid_t pid;
	int life;     /* closed on the other side: nobody needs it any more. -1: it was */
	int64_t late; /* pdg_monotonic_ms() from which one that nobody needs is killed */
};

static struct held held[HOLDERS];
static size_t n_held;

/* Those that ended. Before anything is done by a number: nobody else can have got it yet. */
static void reap(void)
{
	size_t i = 0;

	while (i < n_held) {
		if (waitpid(held[i].pid, NULL, WNOHANG) == 0) {
			i++;
			continue;
		}
		close_all(&held[i].life, held[i].life >= 0);
		held[i] = held[--n_held];
	}
}

/* It hears the end of the conversation itself; one that is in a token's module, or stopped, does
 * not. */
static void release(struct held *h, int64_t now)
{
	(void)close(h->life);
	h->life = -1;
	h->late = now + GRACE_MS;
}

static void kill_late(int64_t now)
{
	size_t i;

	for (i = 0; i < n_held; i++) {
		if (held[i].life < 0 && held[i].late <= now)
			(void)kill(held[i].pid, SIGKILL);
	}
}

/* In the child: nothing of the keeper's. */
__attribute__((noreturn)) static void hold(const struct pdg_signer_places *places, int control,
					   const int *fds, size_t n)
{
	sigset_t none;
	size_t i;

	(void)close(control);
	for (i = 0; i < n_held; i++)
		close_all(&held[i].life, held[i].life >= 0);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	pdg_signer_hold(places, fds, n);
}

static int start(const struct pdg_signer_places *places, int control, size_t n,
		 struct pdg_error *err)
{
	static int asks[PDG_AGENT_CONNECTIONS + 1], holds[PDG_AGENT_CONNECTIONS + 1];
	pid_t pid;
	int rc;

	if (n_held == HOLDERS)
		return pdg_fail(err, PDG_E_IO, "%d holders of keys do not end", HOLDERS);
	rc = make_pairs(asks, holds, n + 1, err);
	if (rc < 0)
		return rc;
	pid = fork();
	if (pid == 0) {
		close_all(asks, n + 1);
		(void)close(holds[n]);
		hold(places, control, holds, n);
	}
	if (pid < 0)
		rc = pdg_fail(err, PDG_E_IO, "cannot start a signer: %s", strerror(errno));
	else
		held[n_held++] = (struct held){.pid = pid, .life = holds[n]};
	if (rc == 0)
		rc = hand_over(control, asks, n + 1, err);
	close_all(asks, n + 1);
	close_all(holds, pid < 0 ? n + 1 : n);
	return rc;
}

static int answer_error(int control, const struct pdg_error *why, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(sizeof(*why) + 1);

	pdg_agent_error_put(why, &body);
	return pdg_agent_send(control, (struct pdg_agent_head){.op = PDG_AGENT_ERROR},
			      pdg_buf_bytes(&body), err);
}

/* One request. PDG_E_NOTFOUND: there will be no more. */
static int serve(const struct pdg_signer_places *places, int control, struct pdg_buf *in,
		 struct pdg_error *err)
{
	struct pdg_agent_head head;
	struct pdg_error why = {0};
	struct pdg_bytes body;
	int rc = pdg_agent_receive(control, in, 0, &head, &body, err);

	if (rc < 0)
		return rc;
	if (head.op != PDG_AGENT_START || head.purpose == 0 || head.purpose > PDG_AGENT_CONNECTIONS)
		return pdg_reject(err, "RLY-3", "the keeper of signers is asked for %u", head.op);
	if (start(places, control, head.purpose, &why) < 0)
		return answer_error(control, &why, err);
	return 0;
}

/* Wait for a request, the end of a holder (by SIGCHLD, which is taken here alone), or of the need
 * for one. True: there is something on @control. */
static bool attend(int control)
{
	struct pollfd p[1 + HOLDERS] = {{.fd = control, .events = POLLIN}};
	int64_t now = pdg_monotonic_ms();
	int64_t next = INT64_MAX;
	struct timespec wait = {0};
	sigset_t none;
	size_t i;
	int n;

	for (i = 0; i < n_held; i++) {
		p[1 + i] = (struct pollfd){.fd = held[i].life, .events = POLLIN};
		if (held[i].life < 0 && held[i].late < next)
			next = held[i].late;
	}
	if (next != INT64_MAX) {
		next = next > now ? next - now : AGAIN_MS;
		wait = (struct timespec){.tv_sec = (time_t)(next / 1000),
					 .tv_nsec = (long)(next % 1000) * 1000000};
	}
	(void)sigemptyset(&none);
	/* A negative descriptor is passed over. */
	n = ppoll(p, 1 + n_held, next == INT64_MAX ? NULL : &wait, &none);
	now = pdg_monotonic_ms();
	for (i = 0; n > 0 && i < n_held; i++) {
		if (p[1 + i].revents)
			release(&held[i], now);
	}
	reap();
	kill_late(now);
	return n > 0 && p[0].revents;
}

static void note_end(int sig)
{
	(void)sig;
}

/* SIGCHLD interrupts the wait, and nothing else. */
static void hear_of_ends(void)
{
	struct sigaction sa = {.sa_handler = note_end, .sa_flags = SA_NOCLDSTOP};
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	(void)sigaction(SIGCHLD, &sa, NULL);
}

int pdg_signer_keep(const struct pdg_signer_places *places, int control, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD);
	int rc = 0;

	hear_of_ends();
	while (rc == 0) {
		if (attend(control))
			rc = serve(places, control, &in, err);
	}
	/* Who asked may have given up this process, and have a holder that signs. */
	(void)close(control);
	while (n_held > 0)
		(void)attend(-1);
	return rc == PDG_E_NOTFOUND ? 0 : rc;
}
