/* SPDX-License-Identifier: Apache-2.0 */
/* Records, bare bundles, bare envelopes: what is read has one payload, and says of itself what that
 * is.
 *
 * Covers: common/chain/record.c
 */
#include "chain/record.h"
#include "fuzz.h"
#include "util/limits.h"
#include "util/str.h"

static void check_parts(const struct pdg_record *r)
{
	MUST(r->statement && pdg_is_reference(r->reference));
	MUST(!r->envelope || pdg_str_eq(r->envelope->reference, r->reference));
	MUST(!r->bundle ||
	     (r->bundle->envelope && pdg_str_eq(r->bundle->envelope->reference, r->reference)));
	MUST(r->commit.n == 0 || (r->stage && r->stage->id == PDG_STAGE_SOURCE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(record) struct pdg_record *r = NULL;
	struct pdg_error err = {0};
	int rc = pdg_record_parse(pdg_bytes(data, size), "fuzz", &r, &err);

	if (rc < 0) {
		MUST(r == NULL && err.code == rc);
		MUST(rc == PDG_E_NOMEM || rc == PDG_E_FORMAT || rc == PDG_E_LIMIT ||
		     rc == PDG_E_REJECTED);
		return 0;
	}
	check_parts(r);
	MUST(r->size == size);
	switch (r->kind) {
	case PDG_RECORD_WHOLE:
		MUST(r->envelope && r->logged == (r->bundle != NULL));
		break;
	case PDG_RECORD_BUNDLE:
		MUST(r->bundle && !r->envelope && !r->journal && r->logged && r->commit.n == 0);
		break;
	case PDG_RECORD_ENVELOPE:
		MUST(r->envelope && !r->bundle && !r->journal && !r->logged && r->commit.n == 0);
		break;
	}
	return 0;
}
