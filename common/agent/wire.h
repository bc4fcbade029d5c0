/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pedigreed and pedigree-signer say to each other, over Unix sockets that nobody else has. One
 * request, one answer, then the next: eight bytes of head, then a body.
 *
 *	head:	op or status, purpose, 0, 0, length of the body (four bytes, most significant first)
 *
 * Each side takes the other for hostile: a length beyond the limit, a byte too many, an unknown
 * head end the conversation.
 *
 *	to the keeper
 *		START				descriptors, one a connection to a holder, and
 *						one that is closed when it is not needed
 *	to a holder of keys
 *		OPEN(purpose)			SPKI DER of that key
 *		SEAL				from here on it signs, and nothing else
 *		SIGN(purpose, bytes)		the signature
 *		SIGN_MANY(purpose, list)	a list of as many signatures
 */
#ifndef PDG_AGENT_WIRE_H
#define PDG_AGENT_WIRE_H

#include "util/buf.h"
#include "util/limits.h"

/* Where the journal's and the log's key are, by the environment: a URI may have its PIN in it, and
 * a command line is for everybody to read. */
#define PDG_AGENT_ENV_JOURNAL_KEY "PEDIGREE_SIGNER_JOURNAL_KEY"
#define PDG_AGENT_ENV_LOG_KEY	  "PEDIGREE_SIGNER_LOG_KEY"

/* What a key is for. Its name in words: pdg_purpose_name(). */
enum pdg_purpose { PDG_PURPOSE_SIGNING, PDG_PURPOSE_JOURNAL, PDG_PURPOSE_LOG, PDG_PURPOSES };

/** "signing", "journal", "log". Static. */
const char *pdg_purpose_name(enum pdg_purpose purpose);

enum pdg_agent_op {
	PDG_AGENT_OK = 0, /* an answer */
	PDG_AGENT_ERROR,  /* an answer: the body is an error */
	PDG_AGENT_START,
	PDG_AGENT_OPEN,
	PDG_AGENT_SEAL,
	PDG_AGENT_SIGN,
	PDG_AGENT_SIGN_MANY, /* body and answer are lists */
};

#define PDG_AGENT_HEAD	      8
#define PDG_AGENT_CONNECTIONS 16 /* most that a holder serves */
#define PDG_AGENT_MANY	      64 /* most that a list has */
/* The longest bodies: one statement with what is signed around it; a list of signatures. */
#define PDG_AGENT_REQUEST_MAX (PDG_LIMIT_PAYLOAD + PDG_LIMIT_KIB(4))
#define PDG_AGENT_ANSWER_MAX  (PDG_AGENT_MANY * (PDG_LIMIT_SIGNATURE + 4))

struct pdg_agent_head {
	uint8_t op;
	uint8_t purpose;
};

/**
 * Send one message on the blocking socket @fd, without SIGPIPE. Returns 0, PDG_E_NOTFOUND: the
 * other side is gone and has read nothing of it; PDG_E_IO.
 */
int pdg_agent_send(int fd, struct pdg_agent_head head, struct pdg_bytes body,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read one message with a body of at most @max bytes.
 *
 * @in        emptied, then used for it; keeps its memory from one call to the next unless it is
 *            large. Its limit is at least PDG_AGENT_HEAD + @max
 * @out_body  borrowed from @in
 *
 * Returns 0, PDG_E_NOTFOUND: the other side is gone, and sent nothing; PDG_E_FORMAT (RLY-3),
 * PDG_E_LIMIT (RLY-4), PDG_E_IO (also: RLY-2, a timeout of the socket), PDG_E_NOMEM.
 */
int pdg_agent_receive(int fd, struct pdg_buf *in, size_t max, struct pdg_agent_head *out,
		      struct pdg_bytes *out_body, struct pdg_error *err) PDG_MUST_CHECK;

/** A list in a body: each part behind its length in four bytes. @out's limit is below 4 GiB. */
void pdg_agent_list_put(struct pdg_buf *out, struct pdg_bytes part);
/** Take the next part off @rest; false: there is none, or none of this form. */
bool pdg_agent_list_next(struct pdg_bytes *rest, struct pdg_bytes *out);

/** An error as a body, and back: into @err, whose code is returned. RLY-3 for one that is none. */
void pdg_agent_error_put(const struct pdg_error *why, struct pdg_buf *out);
int pdg_agent_error_get(struct pdg_bytes body, struct pdg_error *err) PDG_MUST_CHECK;

#endif
