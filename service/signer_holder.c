/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with pedigree-signer: having a process begun, keys opened, one request answered.
 * What it answers is checked as if it were hostile, though who holds the keys hardly needs to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "service/signer_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/time.h"

/* Requests that wait for one another cost nothing; a token signs several at once. */
#define CONNECTIONS_LEAST 4

void pdg_signer_holder_release(struct pdg_signer_holder *h)
{
	if (h->life >= 0)
		(void)close(h->life);
	h->life = -1;
}

void pdg_signer_holder_free(struct pdg_signer_holder *h)
{
	if (!h)
		return;
	while (h->n > 0)
		(void)close(h->fds[--h->n]);
	pdg_signer_holder_release(h);
	free(h);
}

static int set_waiting(int fd, struct pdg_error *err)
{
	const struct timeval most = {.tv_sec = PDG_SIGNER_ANSWER_SECONDS};

	if (fcntl(fd, F_SETFL, 0) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most)) != 0)
		return pdg_fail(err, PDG_E_IO, "cannot set up a socket: %s", strerror(errno));
	return 0;
}

static int no_answer(struct pdg_error *err, const char *why)
{
	return pdg_fail(err, PDG_E_IO, "pedigree-signer %s", why);
}

int pdg_signer_answer(int fd, size_t max, struct pdg_buf *in, struct pdg_bytes *out,
		      struct pdg_error *err)
{
	struct pdg_error why = {0};
	struct pdg_agent_head answer = {0};
	struct pdg_bytes said = {0};

	if (pdg_agent_receive(fd, in, max, &answer, &said, &why) < 0)
		return no_answer(err, why.text);
	if (answer.op == PDG_AGENT_ERROR)
		return pdg_agent_error_get(said, err);
	if (answer.op != PDG_AGENT_OK)
		return no_answer(err, "answers what was not asked");
	*out = said;
	return 0;
}

int pdg_signer_ask(int fd, struct pdg_agent_head head, struct pdg_bytes body, struct pdg_buf *out,
		   struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD + PDG_LIMIT_SIGNATURE);
	struct pdg_error why = {0};
	struct pdg_bytes said;
	int rc = pdg_agent_send(fd, head, body, &why);

	rc = rc < 0 ? no_answer(err, why.text)
		    : pdg_signer_answer(fd, PDG_LIMIT_SIGNATURE, &in, &said, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(out, said);
	return pdg_buf_check(out, err);
}

/* The descriptors that came with an answer of the keeper. */
static size_t take_fds(struct msghdr *m, int *out)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t n;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(out, CMSG_DATA(c), n * sizeof(int));
	return n;
}

/* An answer without descriptors is an error in words. PDG_E_LIMIT: the keeper goes on. */
static int refused(const uint8_t *got, size_t n, struct pdg_error *err)
{
	struct pdg_error why = {0};
	size_t length = n >= PDG_AGENT_HEAD ? (size_t)got[6] << 8 | got[7] : 0;

	if (n == 0)
		return pdg_fail(err, PDG_E_IO, "pedigree-signer has ended");
	/* The keeper sends an error whole, and it fits. */
	if (got[0] == PDG_AGENT_ERROR && n == PDG_AGENT_HEAD + length &&
	    pdg_agent_error_get(pdg_bytes(got + PDG_AGENT_HEAD, length), &why) < 0)
		return pdg_fail(err, PDG_E_LIMIT, "pedigree-signer: %s", why.text);
	return pdg_fail(err, PDG_E_IO, "pedigree-signer gave no socket");
}

static int receive_fds(int fd, struct pdg_signer_holder *h, size_t want, struct pdg_error *err)
{
	union {
		char room[CMSG_SPACE((PDG_AGENT_CONNECTIONS + 1) * sizeof(int))];
		struct cmsghdr align;
	} u = {{0}};
	uint8_t text[PDG_LIMIT_KIB(2)];
	struct iovec v = {text, sizeof(text)};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = u.room,
			   .msg_controllen = sizeof(u.room)};
	ssize_t got;
	size_t i;
	int rc = 0;

	do {
		got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return pdg_fail(err, PDG_E_IO, "pedigree-signer does not answer: %s",
				strerror(errno));
	h->n = take_fds(&m, h->fds);
	if (h->n != want + 1 || got != PDG_AGENT_HEAD || text[0] != PDG_AGENT_OK)
		return refused(text, (size_t)got, err);
	h->life = h->fds[--h->n];
	for (i = 0; rc == 0 && i < h->n; i++)
		rc = set_waiting(h->fds[i], err);
	/* Before the seal the first alone is heard. */
	h->idle[h->n_idle++] = h->fds[0];
	return rc;
}

static size_t connections(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = cores > 0 ? 2 * (size_t)cores : 1;

	if (n < CONNECTIONS_LEAST)
		return CONNECTIONS_LEAST;
	return n < PDG_AGENT_CONNECTIONS ? n : PDG_AGENT_CONNECTIONS;
}

/* The keeper; started anew where it is gone. Then it sees what this process sees. */
static int ask_keeper(struct pdg_signer *s, size_t n, struct pdg_error *err)
{
	const struct pdg_agent_head start = {.op = PDG_AGENT_START, .purpose = (uint8_t)n};
	int rc = PDG_E_NOTFOUND;

	if (s->keeper.fd >= 0)
		rc = pdg_agent_send(s->keeper.fd, start, pdg_bytes(NULL, 0), err);
	if (rc != PDG_E_NOTFOUND)
		return rc;
	(void)pdg_peer_end(&s->keeper, 0);
	rc = pdg_peer_start(&s->spawn, &s->keeper, err);
	if (rc == 0)
		rc = set_waiting(s->keeper.fd, err);
	return rc < 0 ? rc : pdg_agent_send(s->keeper.fd, start, pdg_bytes(NULL, 0), err);
}

int pdg_signer_begin(struct pdg_signer *s, struct pdg_signer_holder **out, struct pdg_error *err)
{
	PDG_AUTO(holder) struct pdg_signer_holder *h = pdg_calloc(1, sizeof(*h));
	size_t n = connections();
	int rc;

	if (!h)
		return pdg_nomem(err);
	h->life = -1;
	rc = ask_keeper(s, n, err);
	if (rc == 0)
		rc = receive_fds(s->keeper.fd, h, n, err);
	if (rc < 0) {
		/* What comes late from it would be taken for the next answer. */
		if (rc != PDG_E_LIMIT)
			(void)pdg_peer_end(&s->keeper, 0);
		return pdg_as_rule(err, rc, "SVC-3");
	}
	h->since = pdg_monotonic_ms();
	h->refs = 1;
	*out = PDG_TAKE(h);
	return 0;
}

int pdg_signer_open(struct pdg_signer_holder *h, enum pdg_purpose purpose, struct pdg_buf *out_spki,
		    struct pdg_error *err)
{
	const struct pdg_agent_head open = {.op = PDG_AGENT_OPEN, .purpose = (uint8_t)purpose};
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_signer_ask(h->fds[0], open, pdg_bytes(NULL, 0), &spki, err);

	if (rc == 0)
		rc = pdg_sha256(pdg_buf_bytes(&spki), h->names.sha256[purpose], err);
	if (rc < 0)
		return rc;
	h->names.has[purpose] = true;
	pdg_buf_put(out_spki, pdg_buf_bytes(&spki));
	return pdg_buf_check(out_spki, err);
}

int pdg_signer_close(struct pdg_signer_holder *h, struct pdg_error *err)
{
	const struct pdg_agent_head seal = {.op = PDG_AGENT_SEAL};
	PDG_AUTO(buf) struct pdg_buf none = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_signer_ask(h->fds[0], seal, pdg_bytes(NULL, 0), &none, err);

	for (; rc == 0 && h->n_idle < h->n; h->n_idle++)
		h->idle[h->n_idle] = h->fds[h->n_idle];
	return rc;
}

int pdg_signer_another(struct pdg_signer *s, struct pdg_buf *out_spki,
		       struct pdg_signer_holder **out, struct pdg_error *err)
{
	PDG_AUTO(holder) struct pdg_signer_holder *h = NULL;
	size_t i;
	int rc = pdg_signer_begin(s, &h, err);

	for (i = 0; rc == 0 && i < PDG_PURPOSES; i++) {
		PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
		bool turns = i == PDG_PURPOSE_SIGNING && out_spki;

		if (!s->names.has[i])
			continue;
		rc = pdg_signer_open(h, (enum pdg_purpose)i, turns ? out_spki : &spki, err);
		if (rc == 0 && !turns &&
		    memcmp(h->names.sha256[i], s->names.sha256[i], PDG_SHA256_LEN) != 0)
			rc = pdg_reject(err, i == PDG_PURPOSE_SIGNING ? "SVC-3" : "CFG-4",
					"the %s key is another one than before",
					pdg_purpose_name((enum pdg_purpose)i));
	}
	if (rc == 0)
		rc = pdg_signer_close(h, err);
	if (rc == 0)
		*out = PDG_TAKE(h);
	return rc;
}
