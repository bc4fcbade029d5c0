/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a connection proved to be calling, once that is judged: by a token that pedigree-relay
 * verified, or a client certificate that clientCa vouches for. Which section of the policy means
 * him is asked when it is known what he wants (decide_caller.c, builds.c).
 */
#ifndef PDG_SERVICE_PROVEN_H
#define PDG_SERVICE_PROVEN_H

#include "service/caller.h"
#include "stage/ci.h"

enum pdg_way { PDG_WAY_NONE, PDG_WAY_TOKEN, PDG_WAY_CERTIFICATE };

struct pdg_proven {
	enum pdg_way way;
	char *who; /* for people and the journal: "oidc ISSUER SUB", "certificate NAME" (the first)
		    */

	/* TOKEN */
	json_t *root;	      /* the relay's answer; what follows is borrowed from it */
	const json_t *claims; /* verified */
	const char *issuer, *audience;
	int64_t issued, expires;
	uint8_t name[32]; /* under which its use is kept */
	uint8_t body[32]; /* SHA-256 of the request's body */
	bool is_ci;	  /* it names the build that it was given to: */
	struct pdg_ci ci;
	struct pdg_error why_not; /* not is_ci: why */

	/* CERTIFICATE */
	struct pdg_strings names;
};

void pdg_proven_done(struct pdg_proven *p);

/** Take over what @caller's certificate says (there is one). */
int pdg_proven_certificate(struct pdg_proven *p, const struct pdg_caller *caller,
			   struct pdg_error *err) PDG_MUST_CHECK;
/**
 * Take over what the relay says of a token (relay/kind_token.c). Returns 0, PDG_E_REJECTED (TOK-11:
 * claims that a CI of its kind does not write), PDG_E_INTERNAL (the answer is not of the form),
 * PDG_E_NOMEM.
 */
int pdg_proven_token(struct pdg_proven *p, struct pdg_bytes answer,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Does @proof mean him? */
bool pdg_proven_is(const struct pdg_proven *p, const struct pdg_policy_proof *proof);
/** As whom @proof, which means him, names him: @p->who, of a certificate with the name that it
 * lists. Owned by the caller; NULL: no memory. */
char *pdg_proven_as(const struct pdg_proven *p, const struct pdg_policy_proof *proof);

#endif
