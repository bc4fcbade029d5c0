/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys are opened while the file system can still be seen; at SEAL everything goes that signing
 * does not need: files, connections, new descriptors, system calls. A module of a token may need
 * any of these, so a process that speaks to one keeps all but new privileges and its memory to
 * itself.
 *
 * Whoever asks is taken for hostile: what he may have signed is allowed.c's list, and whatever is
 * no request of wire.h ends the process.
 */
#include "signer/holder.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/confine.h"
#include "signer/allowed.h"
#include "signer/filter.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

#define REQUEST_MAX  PDG_AGENT_REQUEST_MAX
#define ANSWER_MAX   PDG_AGENT_ANSWER_MAX
#define SETUP_MAX    PDG_LIMIT_KIB(4) /* an empty log's checkpoint, a trial */
#define STACK	     PDG_LIMIT_KIB(512)
#define STANDARD_FDS 3

/* Of the process: no other reads them back. */
#define ENDED	   0
#define NOT_MEANT  4 /* a request that is none */
#define TOKEN_GONE 5 /* begin anew: the module may have to be loaded again */

struct holder {
	const struct pdg_signer_places *places;
	struct pdg_key *keys[PDG_PURPOSES];
	bool in_token;
	const int *fds;
	size_t n;
};

struct connection {
	struct holder *h;
	int fd;
	pthread_barrier_t *all; /* beginning a thread takes calls that serving does not */
};

__attribute__((noreturn)) static void end(int status, const struct pdg_error *err)
{
	if (err)
		pdg_log_error(PDG_LOG_ERROR, "signer-ends", err);
	_exit(status);
}

/* The end of the conversation is the end of the process. */
static void hear(int fd, struct pdg_buf *in, size_t max, struct pdg_agent_head *out,
		 struct pdg_bytes *out_body)
{
	struct pdg_error err = {0};
	int rc = pdg_agent_receive(fd, in, max, out, out_body, &err);

	if (rc == PDG_E_NOTFOUND)
		end(ENDED, NULL);
	if (rc < 0)
		end(NOT_MEANT, &err);
}

static void answer(int fd, uint8_t op, struct pdg_bytes body)
{
	struct pdg_error err = {0};

	if (pdg_agent_send(fd, (struct pdg_agent_head){.op = op}, body, &err) < 0)
		end(ENDED, NULL);
}

static void answer_error(int fd, const struct pdg_error *why)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(sizeof(*why) + 1);

	pdg_agent_error_put(why, &body);
	answer(fd, PDG_AGENT_ERROR, pdg_buf_bytes(&body));
}

static struct pdg_key *key_of(const struct holder *h, struct pdg_agent_head head)
{
	return head.purpose < PDG_PURPOSES ? h->keys[head.purpose] : NULL;
}

static int sign_one(const struct holder *h, struct pdg_agent_head head, struct pdg_bytes msg,
		    struct pdg_buf *out, struct pdg_error *err)
{
	const struct pdg_key *key = key_of(h, head);
	int rc;

	if (!key)
		return pdg_reject(err, "KEY-6", "there is no key for this purpose");
	rc = pdg_signer_allowed((enum pdg_purpose)head.purpose, h->places->origin, msg, err);
	return rc < 0 ? rc : pdg_key_sign(key, msg, out, err);
}

static int sign_list(const struct holder *h, struct pdg_agent_head head, struct pdg_bytes list,
		     struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	struct pdg_bytes msg;
	int rc = 0;

	while (rc == 0 && pdg_agent_list_next(&list, &msg)) {
		pdg_buf_reset(&sig);
		rc = sign_one(h, head, msg, &sig, err);
		pdg_agent_list_put(out, pdg_buf_bytes(&sig));
	}
	if (rc == 0 && list.n > 0)
		rc = pdg_reject(err, "RLY-3", "what is to be signed is no list");
	return rc < 0 ? rc : pdg_buf_check(out, err);
}

static void sign(const struct holder *h, int fd, struct pdg_agent_head head, struct pdg_bytes body)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(ANSWER_MAX);
	struct pdg_error err = {0};
	int rc = head.op == PDG_AGENT_SIGN ? sign_one(h, head, body, &out, &err)
					   : sign_list(h, head, body, &out, &err);

	if (rc == 0)
		answer(fd, PDG_AGENT_OK, pdg_buf_bytes(&out));
	else
		answer_error(fd, &err);
	if (rc < 0 && pdg_str_eq(err.rule, "SVC-3"))
		end(TOKEN_GONE, &err);
}

static void serve(const struct holder *h, int fd)
{
	struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD + REQUEST_MAX);

	for (;;) {
		struct pdg_error err = {0};
		struct pdg_agent_head head;
		struct pdg_bytes body;

		hear(fd, &in, REQUEST_MAX, &head, &body);
		if (head.op != PDG_AGENT_SIGN && head.op != PDG_AGENT_SIGN_MANY) {
			(void)pdg_reject(&err, "RLY-3", "a sealed signer is asked for %u", head.op);
			end(NOT_MEANT, &err);
		}
		sign(h, fd, head, body);
	}
}

static void *connection_main(void *ctx)
{
	const struct connection *c = ctx;

	(void)pthread_barrier_wait(c->all);
	serve(c->h, c->fd);
	return NULL;
}

/* --- before the seal --- */

static void open_key(struct holder *h, int fd, struct pdg_agent_head head)
{
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;
	bool in_token = false;
	int rc;

	if (head.purpose >= PDG_PURPOSES)
		rc = pdg_reject(&err, "RLY-3", "there is no purpose %u", head.purpose);
	else
		rc = pdg_signer_open(h->places, (enum pdg_purpose)head.purpose, &key, &in_token,
				     &err);
	if (rc < 0) {
		answer_error(fd, &err);
		return;
	}
	pdg_key_free(h->keys[head.purpose]);
	h->keys[head.purpose] = key;
	h->in_token = h->in_token || in_token;
	answer(fd, PDG_AGENT_OK, pdg_key_spki(key));
}

static int start_threads(struct holder *h, struct pdg_error *err)
{
	static struct connection connections[PDG_AGENT_CONNECTIONS];
	static pthread_barrier_t all;
	pthread_attr_t attr;
	size_t i;
	int e = pthread_attr_init(&attr);

	if (e == 0)
		e = pthread_attr_setstacksize(&attr, STACK);
	if (e == 0)
		e = pthread_barrier_init(&all, NULL, (unsigned)h->n);
	for (i = 1; e == 0 && i < h->n; i++) {
		pthread_t thread;

		connections[i] = (struct connection){.h = h, .fd = h->fds[i], .all = &all};
		e = pthread_create(&thread, &attr, connection_main, &connections[i]);
	}
	if (e != 0)
		return pdg_fail(err, PDG_E_IO, "cannot start a thread: %s", strerror(e));
	(void)pthread_barrier_wait(&all);
	return 0;
}

/* What is on, in one line of the log. */
static void tell(const struct holder *h, const struct pdg_confined *on, bool filtered, bool locked)
{
	PDG_AUTO(mem) char *landlock = pdg_str_printf("%d", on->landlock);

	pdg_log(on->landlock || h->in_token ? PDG_LOG_INFO : PDG_LOG_WARN, "signer-confined",
		"landlock", landlock, "seccomp", filtered ? "true" : "false", "memory-locked",
		locked ? "true" : "false", "token", h->in_token ? "true" : "false", NULL);
}

static int seal(struct holder *h, struct pdg_error *err)
{
	const struct pdg_confine all = {.no_tcp = true, .files = STANDARD_FDS + h->n};
	struct pdg_confined on = {0};
	bool filtered = false;
	bool locked;
	int rc;

	rc = h->in_token ? pdg_confine_begin(err) : pdg_confine(&all, &on, err);
	if (rc == 0)
		rc = start_threads(h, err);
	if (rc < 0)
		return rc;
	/* Where the limit allows it (RLIMIT_MEMLOCK): the keys are in what is there now. */
	locked = mlockall(MCL_CURRENT) == 0;
	if (!h->in_token)
		filtered = pdg_signer_filter();
	tell(h, &on, filtered, locked);
	return 0;
}

void pdg_signer_hold(const struct pdg_signer_places *places, const int *fds, size_t n)
{
	static struct holder h;
	struct pdg_buf in = PDG_BUF_INIT(PDG_AGENT_HEAD + SETUP_MAX);
	struct pdg_agent_head head = {0};
	struct pdg_error err = {0};
	struct pdg_bytes body;

	h = (struct holder){.places = places, .fds = fds, .n = n};
	do {
		hear(fds[0], &in, SETUP_MAX, &head, &body);
		if (head.op == PDG_AGENT_OPEN)
			open_key(&h, fds[0], head);
		else if (head.op == PDG_AGENT_SIGN)
			sign(&h, fds[0], head, body);
		else if (head.op != PDG_AGENT_SEAL)
			end(NOT_MEANT, NULL);
	} while (head.op != PDG_AGENT_SEAL);
	pdg_buf_done(&in);
	if (seal(&h, &err) < 0) {
		answer_error(fds[0], &err);
		end(NOT_MEANT, &err);
	}
	answer(fds[0], PDG_AGENT_OK, pdg_bytes(NULL, 0));
	serve(&h, fds[0]);
	end(ENDED, NULL);
}
