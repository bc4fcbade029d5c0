/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH certificates: any bytes are one, whole, or an error with a rule. What one says points into
 * it, and only the CA that it names can have signed it.
 *
 * Covers: common/crypto/sshcert.c common/crypto/sshkey.c common/crypto/sshwire.c
 */
#include "crypto/sshcert.h"
#include "fuzz.h"

static bool is_inside(struct pdg_bytes part, const struct pdg_buf *whole)
{
	return part.n == 0 || (part.p >= whole->p && part.n <= whole->n &&
			       (size_t)(part.p - whole->p) <= whole->n - part.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = NULL;
	struct pdg_bytes in = pdg_bytes(data, size);
	struct pdg_bytes rest;
	struct pdg_bytes name;
	struct pdg_error err = {0};
	size_t n = 0;
	int rc = pdg_sshcert_parse(in, &cert, &err);

	if (rc < 0) {
		MUST(cert == NULL && err.code == rc);
		MUST(rc == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	MUST(pdg_sshcert_is(in));
	MUST(pdg_bytes_eq(pdg_buf_bytes(&cert->blob), in));
	MUST(is_inside(cert->key_id, &cert->blob) && is_inside(cert->principals, &cert->blob));
	MUST(is_inside(cert->unkept, &cert->blob) && is_inside(cert->body, &cert->blob));
	MUST(cert->body.n + 4 + cert->signature.n == size);
	MUST(!pdg_sshcert_is(pdg_sshkey_blob(cert->key)) &&
	     !pdg_sshcert_is(pdg_sshkey_blob(cert->ca)));
	for (rest = cert->principals; pdg_sshcert_principal(&rest, &name); n++)
		MUST(name.n > 0 && pdg_bytes_find_byte(name, 0, 0) == SIZE_MAX);
	MUST(rest.n == 0 && n <= 256);
	MUST(cert->host || cert->unkept.n > 0 || cert->verify_required ||
	     pdg_sshcert_unfit(cert, 0) == NULL);
	rc = pdg_sshcert_verify(cert, &err);
	MUST(rc == 0 || err.code == rc);
	return 0;
}
