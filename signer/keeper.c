/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed is confined once it serves: what it starts then sees no more files than it does, and
 * not those of the keys. So it starts this process before, and asks it for a holder of keys at the
 * start, when the one before has ended, and when the configuration is read again. The keeper itself
 * holds no key and reads one number; where the keys are it was told once, when it was started.
 *
 * A holder is a fork of it: nothing is executed, so nothing has to be found.
 */
#include "signer/keeper.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "signer/holder.h"

/* Answer with the descriptors @fds. */
static int hand_over(int control, const int *fds, size_t n, struct pdg_error *err)
{
	union {
		char room[CMSG_SPACE(PDG_AGENT_CONNECTIONS * sizeof(int))];
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

static int start(const struct pdg_signer_places *places, int control, size_t n,
		 struct pdg_error *err)
{
	static int asks[PDG_AGENT_CONNECTIONS], holds[PDG_AGENT_CONNECTIONS];
	pid_t pid;
	int rc = make_pairs(asks, holds, n, err);

	if (rc < 0)
		return rc;
	pid = fork();
	if (pid == 0) {
		(void)close(control);
		close_all(asks, n);
		pdg_signer_hold(places, holds, n);
	}
	if (pid < 0)
		rc = pdg_fail(err, PDG_E_IO, "cannot start a signer: %s", strerror(errno));
	else
		rc = hand_over(control, asks, n, err);
	close_all(asks, n);
	close_all(holds, n);
	return rc;
}

static int answer_error(int control, const struct pdg_error *why, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(sizeof(*why) + 1);

	pdg_agent_error_put(why, &body);
	return pdg_agent_send(control, (struct pdg_agent_head){.op = PDG_AGENT_ERROR},
			      pdg_buf_bytes(&body), err);
}

/* Holders end by themselves; nobody waits for them. */
static void reap_nobody(void)
{
	struct sigaction sa = {.sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT};

	(void)sigaction(SIGCHLD, &sa, NULL);
}

int pdg_signer_keep(const struct pdg_signer_places *places, int control, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD);
	int rc;

	reap_nobody();
	for (;;) {
		struct pdg_agent_head head;
		struct pdg_error why = {0};
		struct pdg_bytes body;

		rc = pdg_agent_receive(control, &in, 0, &head, &body, err);
		if (rc < 0)
			return rc == PDG_E_NOTFOUND ? 0 : rc;
		if (head.op != PDG_AGENT_START || head.purpose == 0 ||
		    head.purpose > PDG_AGENT_CONNECTIONS)
			return pdg_reject(err, "RLY-3", "the keeper of signers is asked for %u",
					  head.op);
		if (start(places, control, head.purpose, &why) < 0)
			rc = answer_error(control, &why, err);
		if (rc < 0)
			return rc;
	}
}
