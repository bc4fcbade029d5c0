/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of a key description, which pedigree-pgp writes; pgp_ring.c reads it. */
#include "crypto/pgp_ring.h"
#include "util/jsonw.h"

int pdg_pgp_description_head(const char *source, size_t n, struct pdg_bytes lines,
			     struct pdg_buf *out, struct pdg_error *err)
{
	char sum[PDG_SHA256_HEX];
	struct pdg_jw w;
	int rc = pdg_sha256_hex(lines, sum, err);

	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_ku64(&w, "version", PDG_PGP_DESCRIPTION_VERSION);
	pdg_jw_kstr(&w, "source", source);
	pdg_jw_ku64(&w, "certs", n);
	pdg_jw_kstr(&w, "sha256", sum);
	pdg_jw_end(&w);
	pdg_buf_putc(out, '\n');
	return pdg_buf_check(out, err);
}
