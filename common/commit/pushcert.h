/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Push certificates (git-push(1), --signed; formats.md 9.7) under a strict grammar of our own: what
 * a person signs who pushes. Pure bytes: where it comes from, and whether it is of this push, is
 * asked in gate/certificate.h.
 */
#ifndef PDG_COMMIT_PUSHCERT_H
#define PDG_COMMIT_PUSHCERT_H

#include "commit/judge.h"

/* One ref that the certificate moves: names of 40 or 64 digits, zeros where git says zero. */
struct pdg_pushcert_command {
	struct pdg_bytes old;
	struct pdg_bytes new;
	struct pdg_bytes ref;
};

/* Everything is borrowed from the bytes it was read from. */
struct pdg_pushcert {
	struct pdg_bytes pusher; /* as the client's git names the key; says nothing by itself */
	struct pdg_bytes nonce;	 /* empty when absent */
	struct pdg_pushcert_command *commands;
	size_t n_commands; /* at least one */
	enum pdg_sig_format format;
	struct pdg_bytes payload; /* what is signed: all before the signature */
	struct pdg_bytes signature;
};

/**
 * Read a push certificate: "certificate version 0.1", pusher, pushee (optional), nonce (optional),
 * push-option (any number), an empty line, at least one command, one signature to the end; nothing
 * else, no other order, no NUL and no control character.
 *
 * @out  owned by the caller, free with pdg_pushcert_free(); borrows from @raw
 *
 * Returns 0, PDG_E_FORMAT (PSH-15), PDG_E_NOMEM.
 */
int pdg_pushcert_parse(struct pdg_bytes raw, struct pdg_pushcert **out,
		       struct pdg_error *err) PDG_MUST_CHECK;
void pdg_pushcert_free(struct pdg_pushcert *c);
PDG_AUTO_DEFINE(pushcert, struct pdg_pushcert *, pdg_pushcert_free)

/**
 * Who signed the certificate, and may he sign in this repository at @at? As pdg_judge_commit(), but
 * that there is no committer whose address must be the key owner's.
 */
int pdg_judge_pushcert(const struct pdg_signers *s, const struct pdg_pushcert *c, int64_t at,
		       struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
