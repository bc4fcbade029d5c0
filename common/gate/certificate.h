/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The push certificate of one push (rules.md 7, `pusherFrom = certificate`): is there one, is it
 * of this push and of nobody else's making, who signed it; and where it is kept, for nothing in git
 * keeps it.
 */
#ifndef PDG_GATE_CERTIFICATE_H
#define PDG_GATE_CERTIFICATE_H

#include "commit/pushcert.h"
#include "gate/enforce.h"

struct pdg_certificate {
	struct pdg_buf raw; /* the blob as git stored it */
	struct pdg_pushcert *cert;
	/*
	 * Who pushed: the signer as the policy's key says (user id, principals), or the key's
	 * fingerprint where that is only a pattern.
	 */
	char *pusher;
	char name[65]; /* SHA-256 of the signed bytes, hex: what its file is called */
};

void pdg_certificate_init(struct pdg_certificate *c);
void pdg_certificate_done(struct pdg_certificate *c);
PDG_AUTO_DEFINE_VALUE(certificate, struct pdg_certificate, pdg_certificate_done)

/**
 * Does the policy ask for a certificate of this push: does it name one, and does the push write,
 * make or delete a protected ref?
 */
int pdg_certificate_wanted(struct pdg_gate *g, const struct pdg_push *push, bool *out,
			   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Take the certificate that git names in the environment (git-receive-pack(1)) and judge it: its
 * form, its nonce, its commands against @push, its signature by the keys of @g at g->at.
 *
 * @accepted  post-receive: @push holds those of the commands that git let stand. Else all of them
 * @out       initialised
 *
 * Returns 0, PDG_E_REJECTED (PSH-14, PSH-16, PSH-17, PSH-18), PDG_E_FORMAT (PSH-9, PSH-15),
 * PDG_E_USAGE (PSH-19), PDG_E_NOMEM, PDG_E_IO, PDG_E_CRYPTO.
 */
int pdg_certificate_check(const struct pdg_gate *g, const struct pdg_push *push, bool accepted,
			  struct pdg_certificate *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Before a push is accepted: was this certificate accepted before, and can it be kept? Returns 0,
 * PDG_E_REJECTED (PSH-17: it was; HOK-7: it cannot).
 */
int pdg_certificate_ready(const struct pdg_place *p, const struct pdg_certificate *c,
			  struct pdg_error *err) PDG_MUST_CHECK;

/** Keep it as <state>/certificates/<name>, durable when this returns. The same again changes
 * nothing. */
int pdg_certificate_keep(const struct pdg_place *p, const struct pdg_certificate *c,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** How many are kept. */
int pdg_certificate_count(const struct pdg_place *p, size_t *out,
			  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Will git here ask for certificates at all? Returns 0, PDG_E_USAGE (PSH-19, with what to set).
 */
int pdg_certificate_asked(const struct pdg_repo *r, struct pdg_error *err) PDG_MUST_CHECK;

#endif
