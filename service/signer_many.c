/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many signatures at once, for all that is kept in one transaction: in lists that take a moment
 * each, so that a key in this machine's memory signs them in one message and a token, which takes
 * milliseconds for one, several at the same time. Over connections that nobody else needs now.
 */
#include <string.h>

#include "service/signer_impl.h"
#include "util/log.h"
#include "util/time.h"

/* What one list is to take. */
#define LIST_US 2000

/* A list on its way: messages @first to @first + @n. */
struct part {
	struct pdg_signer_loan loan;
	size_t first, n;
	int64_t begun;
};

struct call {
	struct pdg_signer_key *k;
	const struct pdg_bytes *msgs;
	struct pdg_buf *sigs;
	size_t n;
	size_t next; /* the first that was not sent */
	struct part parts[PDG_AGENT_CONNECTIONS];
	size_t first, active; /* of parts, which are a ring */
	bool gone;	      /* a process ended: nothing is wrong with what is to be signed */
	bool again;	      /* and there is time to ask another one */
	struct pdg_buf in, out;
};

/* --- how many in a list --- */

static size_t list_length(struct pdg_signer *s)
{
	uint32_t each;

	(void)pthread_mutex_lock(&s->mutex);
	each = s->us_each;
	(void)pthread_mutex_unlock(&s->mutex);
	if (each == 0)
		return 1;
	return LIST_US / each < PDG_AGENT_MANY ? 1 + LIST_US / each : PDG_AGENT_MANY;
}

/* Part of what it took is the machine's doing: what is shorter counts at once, what is longer by
 * and by. */
static void learn(struct pdg_signer *s, int64_t us, size_t n)
{
	uint32_t each =
		us / (int64_t)n < UINT32_MAX / 8 ? (uint32_t)(us / (int64_t)n) + 1 : UINT32_MAX / 8;

	(void)pthread_mutex_lock(&s->mutex);
	if (s->us_each == 0 || each < s->us_each)
		s->us_each = each;
	else
		s->us_each = (s->us_each * 7 + each) / 8;
	(void)pthread_mutex_unlock(&s->mutex);
}

/* --- one list --- */

/* The next messages as a list: as many as are signed in a moment, as have room, and up to the next
 * that has its signature. */
static size_t make_list(struct call *c, size_t most)
{
	size_t n = 0;

	pdg_buf_reset(&c->out);
	while (c->next + n < c->n && n < most && c->sigs[c->next + n].n == 0) {
		struct pdg_bytes msg = c->msgs[c->next + n];

		if (n > 0 && c->out.n + msg.n + 4 > PDG_AGENT_REQUEST_MAX)
			break;
		pdg_agent_list_put(&c->out, msg);
		n++;
	}
	return n;
}

static int send_part(struct call *c, const struct pdg_signer_loan *loan, size_t most,
		     struct pdg_error *err)
{
	const struct pdg_agent_head head = {.op = PDG_AGENT_SIGN_MANY,
					    .purpose = (uint8_t)c->k->purpose};
	struct part *p = &c->parts[(c->first + c->active) % PDG_AGENT_CONNECTIONS];
	int rc;

	*p = (struct part){.loan = *loan, .first = c->next, .begun = pdg_monotonic_us()};
	p->n = make_list(c, most);
	rc = pdg_buf_check(&c->out, err);
	if (rc == 0 && pdg_agent_send(loan->fd, head, pdg_buf_bytes(&c->out), err) < 0)
		rc = PDG_E_IO;
	if (rc < 0)
		return rc;
	c->next += p->n;
	c->active++;
	return 0;
}

static int take_signatures(struct call *c, const struct part *p, struct pdg_bytes list)
{
	struct pdg_bytes sig;
	size_t i;

	for (i = 0; i < p->n; i++) {
		struct pdg_buf *out = &c->sigs[p->first + i];

		if (!pdg_agent_list_next(&list, &sig) || sig.n == 0)
			return PDG_E_IO;
		pdg_buf_put(out, sig);
		if (out->failed)
			return PDG_E_IO;
	}
	return list.n > 0 ? PDG_E_IO : 0;
}

/* The answer to the oldest. */
static int end_part(struct call *c, struct pdg_error *err)
{
	const struct part *p = &c->parts[c->first];
	struct pdg_bytes said;
	int rc = pdg_signer_answer(p->loan.fd, PDG_AGENT_ANSWER_MAX, &c->in, &said, err);

	if (rc == 0 && take_signatures(c, p, said) < 0)
		rc = pdg_fail(err, PDG_E_IO, "pedigree-signer answers what was not asked");
	if (rc == 0)
		learn(c->k->s, pdg_monotonic_us() - p->begun, p->n);
	c->first = (c->first + 1) % PDG_AGENT_CONNECTIONS;
	c->active--;
	return rc;
}

/* --- all of them --- */

static void skip_signed(struct call *c)
{
	while (c->next < c->n && c->sigs[c->next].n > 0)
		c->next++;
}

/* Lists on all connections that are idle; one is waited for. */
static int send_parts(struct call *c, struct pdg_error *err)
{
	size_t most = list_length(c->k->s);
	int rc = 0;

	for (skip_signed(c); rc == 0 && c->next < c->n; skip_signed(c)) {
		struct pdg_signer_loan loan = {.fd = -1};

		if (c->active == PDG_AGENT_CONNECTIONS)
			return 0;
		rc = pdg_signer_lend(c->k, c->active == 0, &loan, err);
		if (rc == PDG_E_NOTFOUND)
			return 0;
		if (rc == 0)
			rc = send_part(c, &loan, most, err);
		if (rc < 0 && loan.fd >= 0) {
			c->gone = rc == PDG_E_IO;
			c->again = pdg_signer_give_back(c->k->s, &loan, c->gone) && c->gone;
		}
	}
	return rc;
}

/* What was begun is heard to its end, whatever became of the rest. */
static int sign_all(struct call *c, struct pdg_error *err)
{
	int rc = send_parts(c, err);

	while (c->active > 0) {
		const struct pdg_signer_loan loan = c->parts[c->first].loan;
		struct pdg_error why = {0};
		int ended = end_part(c, &why);
		bool in_time = pdg_signer_give_back(c->k->s, &loan, ended == PDG_E_IO);

		if (ended < 0 && rc == 0) {
			c->gone = ended == PDG_E_IO;
			c->again = in_time && c->gone;
			rc = ended;
			*err = why;
		}
		if (rc == 0)
			rc = send_parts(c, err);
	}
	return rc;
}

int pdg_signer_sign_many(void *key, const struct pdg_bytes *msgs, size_t n,
			 struct pdg_buf *out_sigs, struct pdg_error *err)
{
	struct call c = {.k = key, .msgs = msgs, .sigs = out_sigs, .n = n};
	struct pdg_error why = {0};
	int rc;

	pdg_buf_init(&c.in, PDG_AGENT_HEAD + PDG_AGENT_ANSWER_MAX);
	pdg_buf_init(&c.out, PDG_AGENT_REQUEST_MAX + 4);
	rc = sign_all(&c, &why);
	if (rc < 0 && c.gone)
		pdg_log_error(PDG_LOG_WARN, "signer-gone", &why);
	if (rc < 0 && c.again) {
		c.gone = false;
		c.next = 0;
		rc = sign_all(&c, &why);
	}
	pdg_buf_done(&c.in);
	pdg_buf_done(&c.out);
	if (rc < 0 && c.gone)
		return pdg_reject(err, "SVC-3", "%s", why.text);
	if (rc < 0 && err)
		*err = why;
	return rc;
}
