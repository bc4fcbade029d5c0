/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: any bytes are a signed note about a tree, or an error with a rule.
 *
 * Covers: common/tlog/note.c
 */
#include "fuzz.h"
#include "tlog/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_error err = {0};
	size_t i;

	if (pdg_checkpoint_parse(pdg_bytes(data, size), &c, &err) < 0) {
		MUST(c == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	MUST(c->text.n == size);
	MUST(c->body.p == c->text.p && c->body.n < size);
	MUST(c->body.p[c->body.n - 1] == '\n' && c->body.p[c->body.n] == '\n');
	MUST(c->origin[0] != '\0' && pdg_bytes_starts(c->body, c->origin));
	MUST(c->n_sigs > 0);
	for (i = 0; i < c->n_sigs; i++)
		MUST(c->sigs[i].name.n > 0 && c->sigs[i].sig.n > 0);
	return 0;
}
