/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements: what is read has subjects, digests and types, and shares them with itself.
 *
 * Covers: common/attest/statement.c
 */
#include "attest/statement.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_error err = {0};
	size_t i;
	int rc = pdg_statement_parse(pdg_bytes(data, size), &st, &err);

	if (rc < 0) {
		MUST(st == NULL && err.code == rc);
		MUST(err.rule[0] != '\0' || rc == PDG_E_NOMEM);
		return 0;
	}
	MUST(st->n_subjects > 0 && st->predicate_type[0] != '\0' && pdg_json_is_obj(st->predicate));
	for (i = 0; i < st->n_subjects; i++) {
		const char *sha256 = pdg_subject_digest(&st->subjects[i], "sha256");

		MUST(st->subjects[i].n_digests > 0);
		MUST(!sha256 || pdg_statement_has_sha256(st, sha256));
	}
	return 0;
}
