/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy files: any bytes are a policy's sections and keys, or an error with a rule.
 *
 * Covers: common/trust/config.c
 */
#include "fuzz.h"
#include "trust/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(config) struct pdg_config *c = NULL;
	struct pdg_error err = {0};
	size_t i;

	if (pdg_config_parse(pdg_bytes(data, size), "policy", &c, &err) < 0) {
		MUST(c == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	for (i = 0; i < c->n; i++) {
		MUST(c->v[i].at < c->n_sections);
		MUST(c->v[i].key[0] != '\0');
		MUST(c->v[i].line > 0);
	}
	if (pdg_config_check(c, pdg_policy_keys(NULL), &err) < 0)
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
	return 0;
}
