/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles: what is read has one signer and one content.
 *
 * Covers: common/attest/bundle.c
 */
#include "attest/bundle.h"
#include "fuzz.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	struct pdg_error err = {0};
	int rc = pdg_bundle_parse(pdg_bytes(data, size), &b, &err);

	if (rc < 0) {
		MUST(b == NULL && err.code == rc);
		MUST(err.rule[0] != '\0' || rc == PDG_E_NOMEM);
		return 0;
	}
	MUST(b->has_certificate == (b->key_hint == NULL));
	MUST((b->envelope != NULL) == (b->message_sig.n == 0));
	MUST(!b->envelope || b->envelope->n_sigs == 1);
	MUST(b->n_entries <= PDG_LIMIT_TLOG_ENTRIES);
	return 0;
}
