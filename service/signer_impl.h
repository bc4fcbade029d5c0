/* SPDX-License-Identifier: Apache-2.0 */
/* What signer.c (keys, signatures) and signer_holder.c (the process behind them) share. */
#ifndef PDG_SERVICE_SIGNER_IMPL_H
#define PDG_SERVICE_SIGNER_IMPL_H

#include <pthread.h>

#include "crypto/digest.h"
#include "proc/peer.h"
#include "service/signer.h"

/* For any answer: a token may be slow to sign, and slower to be opened. */
#define PDG_SIGNER_ANSWER_SECONDS 10

/* SHA-256 of the SPKI of each key that is there. */
struct pdg_signer_names {
	bool has[PDG_PURPOSES];
	uint8_t sha256[PDG_PURPOSES][PDG_SHA256_LEN];
};

/* One process that holds keys. */
struct pdg_signer_holder {
	struct pdg_signer_holder *next; /* of all that are lent from */
	size_t refs;			/* guarded by the signer's mutex, as all but names */
	bool dead; /* its sockets are shut; whoever waits for an answer hears so */
	int64_t since;
	int64_t heard; /* the last answer, or since when one is waited for */
	size_t n, n_idle;
	int life; /* closed: the keeper sees to it that the process ends. -1: it was */
	int fds[PDG_AGENT_CONNECTIONS + 1]; /* and that one, while they are taken in */
	int idle[PDG_AGENT_CONNECTIONS];    /* those of fds that nobody uses */
	struct pdg_signer_names names;
};

struct pdg_signer {
	struct pdg_spawn spawn;
	const char *argv[6];
	const char **envp;
	char *program, *config, *origin;
	char *journal_key, *log_key; /* NAME=VALUE of its environment; NULL: there is none */

	pthread_mutex_t mutex; /* guards what follows, and the holders; not held while one is begun
				* or asked: who has set starting has the keeper for himself */
	pthread_cond_t change; /* a connection is idle, a holder ended or began */
	struct pdg_peer keeper;
	struct pdg_signer_holder *all, *current;
	struct pdg_signer_names names; /* which keys a new holder must have */
	bool starting;		       /* one thread begins a holder, without the mutex */
	int64_t starting_since;
	bool stopping;	  /* none is begun any more, nor waited for */
	uint32_t us_each; /* what a signature of a list took lately */
	int64_t next_try, delay;
	uint64_t restarts;
};

/* The context of a key: what it is for, and by which process. */
struct pdg_signer_key {
	struct pdg_signer *s;
	enum pdg_purpose purpose;
	uint8_t sha256[PDG_SHA256_LEN];
	struct pdg_signer_holder *h; /* of a signing key; others go by the newest */
};

/* A connection that somebody has for himself. */
struct pdg_signer_loan {
	struct pdg_signer_holder *h;
	int fd;
	int64_t since; /* pdg_monotonic_ms() */
};

/** One is lent: by @wait whoever finds none idle waits, or begins a process; else PDG_E_NOTFOUND.
 * SVC-3. */
int pdg_signer_lend(struct pdg_signer_key *k, bool wait, struct pdg_signer_loan *out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Give it back; @gone: its process is of no more use. True: there is time to ask another one: it
 * did not keep us waiting for as long as an answer may take. */
bool pdg_signer_give_back(struct pdg_signer *s, const struct pdg_signer_loan *loan, bool gone);

/** pdg_key_elsewhere.sign_many() (signer_many.c). */
int pdg_signer_sign_many(void *key, const struct pdg_bytes *msgs, size_t n,
			 struct pdg_buf *out_sigs, struct pdg_error *err) PDG_MUST_CHECK;

/** Ask for a new process. Nothing is opened. PDG_E_IO (SVC-3). Without the mutex, one at a time. */
int pdg_signer_begin(struct pdg_signer *s, struct pdg_signer_holder **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** Have @h open the key of @purpose, and append its SPKI. */
int pdg_signer_open(struct pdg_signer_holder *h, enum pdg_purpose purpose, struct pdg_buf *out_spki,
		    struct pdg_error *err) PDG_MUST_CHECK;
int pdg_signer_close(struct pdg_signer_holder *h, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A process with all of @s->names, sealed. With @out_spki the signing key may be another one,
 * which is appended. Returns what its parts do, CFG-4.
 */
int pdg_signer_another(struct pdg_signer *s, struct pdg_buf *out_spki,
		       struct pdg_signer_holder **out, struct pdg_error *err) PDG_MUST_CHECK;

/** One request and its answer. PDG_E_IO without a rule: the process is of no more use. */
int pdg_signer_ask(int fd, struct pdg_agent_head head, struct pdg_bytes body, struct pdg_buf *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** The answer alone, of at most @max bytes, in @in, which it is borrowed from. */
int pdg_signer_answer(int fd, size_t max, struct pdg_buf *in, struct pdg_bytes *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Nobody needs the process of @h any more: it ends, or is ended. */
void pdg_signer_holder_release(struct pdg_signer_holder *h);
/** No mutex is needed: nobody else has @h any more. NULL is fine. */
void pdg_signer_holder_free(struct pdg_signer_holder *h);
PDG_AUTO_DEFINE(holder, struct pdg_signer_holder *, pdg_signer_holder_free)

#endif
