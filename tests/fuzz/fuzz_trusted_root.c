/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted roots: any bytes name logs with a key, a host and an id of their own, and authorities
 * with certificates, or are an error with a rule.
 *
 * Covers: common/trust/root_read.c common/trust/root.c
 */
#include "fuzz.h"
#include "trust/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(root) struct pdg_root *r = NULL;
	struct pdg_error err = {0};
	size_t i;

	if (pdg_root_parse(pdg_bytes(data, size), &r, &err) < 0) {
		MUST(r == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	MUST(r->n_logs > 0);
	for (i = 0; i < r->n_logs; i++) {
		MUST(r->logs[i].key && r->logs[i].host[0] != '\0');
		MUST(pdg_root_log(r, pdg_bytes(r->logs[i].log_id, 32)) == &r->logs[i]);
	}
	for (i = 0; i < r->n_cas; i++)
		MUST(r->cas[i].n_certs > 0 && r->cas[i].certs[0].n > 0);
	for (i = 0; i < r->n_tsas; i++)
		MUST(r->tsas[i]);
	return 0;
}
