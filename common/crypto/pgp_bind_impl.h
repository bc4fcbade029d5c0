/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of bindings (pgp_bind.c) and of user ids (pgp_bind_uid.c) share: a certificate's
 * own signatures. Private to this folder.
 */
#ifndef PDG_CRYPTO_PGP_BIND_IMPL_H
#define PDG_CRYPTO_PGP_BIND_IMPL_H

#include "crypto/pgp_bind.h"
#include "crypto/pgp_packet.h"
#include "crypto/pgp_sigbody.h"

/* A key as it is hashed (RFC 4880 5.2.4): 0x99, two bytes of length, the packet's body. */
struct pdg_pgp_hashed_key {
	uint8_t head[3];
	struct pdg_bytes body;
	struct pdg_pgp_material *m; /* NULL: not judged, so nothing by it verifies */
};

/* What a signature over keys or user ids says. */
struct pdg_pgp_said {
	bool has_created;
	bool lifetime; /* it ends at some time */
	bool foreign;  /* a critical subpacket is not understood */
	bool sign;
	unsigned reason;
	uint32_t created;
	uint32_t seconds; /* of its lifetime, from created on; 0: without end */
};

/** False: it does not say when it was made, or cannot be read. */
bool pdg_pgp_said_read(const struct pdg_pgp_sigbody *s, struct pdg_pgp_said *out);

/** What reading or checking a signature gave: 1 it is good, 0 it proves nothing, else a failure. */
int pdg_pgp_bind_verdict(int rc);

/** Does @s name the key of this fingerprint as its issuer, by key id? */
bool pdg_pgp_bind_names(const struct pdg_pgp_sigbody *s, const char *fingerprint);

/** Begin with the user id or attribute in @p. Returns 0, PDG_E_LIMIT, PDG_E_NOMEM. */
int pdg_pgp_bind_uid(struct pdg_pgp_bounds *b, size_t primary, const struct pdg_pgp_packet *p,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Take a signature behind the user id that was begun last: of the primary key's own over it the
 * newest counts. Returns 0, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_bind_uid_sig(struct pdg_pgp_bounds *b, const struct pdg_pgp_hashed_key *primary,
			 const struct pdg_pgp_sigbody *s, struct pdg_error *err) PDG_MUST_CHECK;

#endif
