/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes: what is read is written and read again as the same thing.
 *
 * Covers: common/attest/dsse.c
 */
#include "attest/dsse.h"
#include "fuzz.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *again = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_ENVELOPE);
	struct pdg_error err = {0};
	int rc = pdg_envelope_parse(pdg_bytes(data, size), &e, &err);

	if (rc < 0) {
		MUST(e == NULL && err.code == rc);
		MUST(err.rule[0] != '\0' || rc == PDG_E_NOMEM);
		return 0;
	}
	MUST(e->n_sigs > 0 && e->n_sigs <= PDG_LIMIT_SIGNATURES);
	MUST(pdg_is_reference(e->reference));
	MUST(pdg_envelope_write(e, &text, NULL) == 0);
	if (text.n > PDG_LIMIT_ENVELOPE)
		return 0;
	MUST(pdg_envelope_parse(pdg_buf_bytes(&text), &again, NULL) == 0);
	MUST(again->n_sigs == e->n_sigs);
	MUST(pdg_bytes_eq(pdg_buf_bytes(&again->pae), pdg_buf_bytes(&e->pae)));
	return 0;
}
