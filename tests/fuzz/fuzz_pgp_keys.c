/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP key files: any bytes are certificates or an error; what is read lies inside of them.
 *
 * Covers: common/crypto/pgp_bind.c common/crypto/pgp_material.c
 */
#include "crypto/pgp_armor.h"
#include "crypto/pgp_bind.h"
#include "fuzz.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
	struct pdg_error err = {0};
	int rc = pdg_pgp_armor_keys(pdg_bytes(data, size), &packets, &err);

	if (rc == 0)
		rc = pdg_pgp_bind_read(pdg_buf_bytes(&packets), &b, &err);
	if (rc < 0) {
		MUST(b.n == 0 && b.v == NULL);
		MUST(rc == PDG_E_NOMEM || rc == PDG_E_LIMIT || err.rule[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < b.n; i++) {
		MUST(b.v[i].body.p > packets.p);
		MUST(b.v[i].body.p + b.v[i].body.n <= packets.p + packets.n);
		MUST(b.v[i].primary || i > 0);
		MUST(b.v[i].revoked_at >= 0);
	}
	return 0;
}
