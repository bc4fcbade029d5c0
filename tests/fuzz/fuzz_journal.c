/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal leaves and proofs: a leaf that is read is, written again, the same bytes.
 *
 * Covers: common/tlog/journal.c
 */
#include "fuzz.h"
#include "tlog/journal.h"
#include "util/limits.h"

static void proof(const json_t *j)
{
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = NULL;
	struct pdg_error err = {0};

	if (pdg_journal_proof_read(j, &p, &err) < 0) {
		MUST(p == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return;
	}
	MUST(p->proof.n <= PDG_PROOF_MAX && p->leaf.n <= PDG_LIMIT_LOG_ENTRY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *l = NULL;
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	PDG_AUTO(json) json_t *j = NULL;
	struct pdg_error err = {0};

	if (pdg_json_load(pdg_bytes(data, size), PDG_LIMIT_LOG_ANSWER, &j, &err) == 0)
		proof(j);
	if (pdg_journal_leaf_parse(pdg_bytes(data, size), &l, &err) < 0) {
		MUST(l == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	MUST(pdg_journal_leaf_write(l, &again, &err) == 0);
	MUST(pdg_bytes_eq(pdg_buf_bytes(&again), pdg_bytes(data, size)));
	return 0;
}
