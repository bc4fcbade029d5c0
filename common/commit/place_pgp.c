/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between GnuPG's description of a key and the one function that answers "was this key good at T"
 * (util/validity.h), for judge_pgp.c and signers_pgp.c.
 */
#include "commit/place_pgp.h"

#include "util/validity.h"

/* GnuPG's word of a revocation as a bound: a date is known of an ordinary one alone. */
static bool revoked_at(bool revoked, int64_t when, int64_t at)
{
	struct pdg_validity v = {0};

	if (revoked && when)
		v.revoked_since = when;
	else if (revoked)
		v.compromised_since = PDG_COMPROMISED_EVER;
	return pdg_validity_at(&v, at, false) != PDG_STANDING_GOOD;
}

bool pdg_pgp_cert_revoked(const struct pdg_pgp_cert *cert, int64_t at)
{
	return revoked_at(cert->revoked, cert->n_keys ? cert->keys[0].revoked_at : 0, at);
}

bool pdg_pgp_place_revoked(const struct pdg_pgp_place *p, int64_t at)
{
	return revoked_at(p->key->revoked, p->key->revoked_at, at) ||
	       pdg_pgp_cert_revoked(p->cert, at);
}

/* What expires at a second is over in it. */
bool pdg_pgp_passed(int64_t expires, int64_t at)
{
	const struct pdg_validity v = {.before = expires > 1 ? expires - 1 : expires};

	return pdg_validity_at(&v, at, false) != PDG_STANDING_GOOD;
}

bool pdg_pgp_place_expired(const struct pdg_pgp_place *p, int64_t at)
{
	return pdg_pgp_passed(p->key->expires, at) || pdg_pgp_passed(p->cert->expires, at);
}
