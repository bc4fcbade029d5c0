/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocations of a key file, by which pedigree-pgp sees that GnuPG has thrown none of them
 * away: beside pgp_bind.c, which reads what they mean.
 */
#include "crypto/pgp_bind.h"
#include "crypto/pgp_sigbody.h"
#include "util/limits.h"
#include "util/size.h"

#define REVOCATIONS_MAX (2 * PDG_LIMIT_KEYS)

/* What a revocation signs, which stays as it is when passed on; all of one that is not read. */
static struct pdg_bytes signed_part(struct pdg_bytes body)
{
	struct pdg_pgp_sigbody s;

	return pdg_pgp_sigbody_read(body, &s, NULL) == 0 && s.head.n ? s.head : body;
}

int pdg_pgp_bind_keep(struct pdg_pgp_bounds *b, struct pdg_bytes body, struct pdg_error *err)
{
	int rc = pdg_array_grow(&b->revocations, b->n_revocations, &b->revocations_cap,
				sizeof(body), REVOCATIONS_MAX);

	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "OpenPGP key file: more than %d revocations",
				REVOCATIONS_MAX);
	if (rc < 0)
		return pdg_nomem(err);
	b->revocations[b->n_revocations++] = signed_part(body);
	return 0;
}

bool pdg_pgp_bind_lost_revocation(const struct pdg_pgp_bounds *b, const struct pdg_pgp_bounds *kept)
{
	for (size_t i = 0; i < b->n_revocations; i++) {
		size_t k = 0;

		while (k < kept->n_revocations &&
		       !pdg_bytes_eq(b->revocations[i], kept->revocations[k]))
			k++;
		if (k == kept->n_revocations)
			return true;
	}
	return false;
}
