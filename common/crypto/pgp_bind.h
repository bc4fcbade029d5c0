/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the signatures between the keys of a certificate prove (RFC 4880 5.2.1, 11.1): that a
 * signing subkey agreed to belong to its primary key, and when a key was revoked. GnuPG checks
 * the former only when it checks a signature, and tells nobody the latter, so the program
 * pedigree-pgp asks this module about the packets that GnuPG exported.
 */
#ifndef PDG_CRYPTO_PGP_BIND_H
#define PDG_CRYPTO_PGP_BIND_H

#include "crypto/pgp.h"

struct pdg_pgp_bound {
	char fingerprint[PDG_PGP_FINGERPRINT_HEX];
	bool primary;
	struct pdg_bytes body; /* of its public-key packet; points into what was read */
	/*
	 * Subkeys: the newest valid binding by the primary key (0x18) allows signing and carries a
	 * valid signature by the subkey over both (0x19). Primaries: true.
	 */
	bool cross_certified;
	/*
	 * Subkeys: whether that is so cannot be told here, for the newest binding or what it
	 * carries is of a form that GnuPG checks.
	 */
	bool ask;
	/*
	 * When the key or its primary was revoked by the primary (whose signatures that are GnuPG's
	 * to check are taken as right: it has), if every such revocation says
	 * that the key was superseded or retired. Else 0: not revoked so, or perhaps compromised,
	 * and then no earlier time can be trusted (RFC 4880 5.2.3.23).
	 */
	int64_t revoked_at;
};

/* A user id, or a user attribute (a picture), of a certificate. */
struct pdg_pgp_uid_bound {
	size_t primary; /* its key, among the bounds */
	bool attribute;
	struct pdg_bytes text;
	int64_t newest;	 /* when the newest self-signature over it was made */
	int64_t expires; /* and when that one ends; 0: never */
};

struct pdg_pgp_bounds {
	struct pdg_pgp_bound *v;
	size_t n;
	size_t cap;
	struct pdg_pgp_uid_bound *uids;
	size_t n_uids;
	size_t uids_cap;
	/* The signed part of every revocation (0x20, 0x28, 0x30), verified or not. */
	struct pdg_bytes *revocations;
	size_t n_revocations;
	size_t revocations_cap;
};

/**
 * Read certificates, one behind the other, as "gpg --export" writes them: each key in the order
 * of the file, a primary before its subkeys.
 *
 * @packets  borrowed; must outlive *@out
 *
 * Returns 0, PDG_E_FORMAT (PGP-4: not the packets of public certificates, a secret key),
 * PDG_E_LIMIT, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_bind_read(struct pdg_bytes packets, struct pdg_pgp_bounds *out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/**
 * When does the user id @text of the certificate of @primary, one of @b's, end? *@out: Unix
 * seconds, 0: never. False: GnuPG writes it otherwise than the packets do, and some user id of that
 * certificate ends, so perhaps this one.
 */
bool pdg_pgp_bind_uid_expires(const struct pdg_pgp_bounds *b, const struct pdg_pgp_bound *primary,
			      struct pdg_bytes text, int64_t *out);

/** Is there a revocation in @b that is not in @kept: one that GnuPG has thrown away? */
bool pdg_pgp_bind_lost_revocation(const struct pdg_pgp_bounds *b,
				  const struct pdg_pgp_bounds *kept);

/** Remember the revocation in @body. Returns 0, PDG_E_LIMIT, PDG_E_NOMEM. */
int pdg_pgp_bind_keep(struct pdg_pgp_bounds *b, struct pdg_bytes body,
		      struct pdg_error *err) PDG_MUST_CHECK;

void pdg_pgp_bounds_done(struct pdg_pgp_bounds *b);
PDG_AUTO_DEFINE_VALUE(pgp_bounds, struct pdg_pgp_bounds, pdg_pgp_bounds_done)

#endif
