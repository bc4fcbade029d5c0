/* SPDX-License-Identifier: Apache-2.0 */
/* Raw tags: any bytes are a tag or an error with a rule; what is signed and the signature are all
 * of it.
 *
 * Covers: common/commit/tag.c common/commit/lines.c
 */
#include "commit/object.h"
#include "fuzz.h"

static void check(const struct pdg_tag *t)
{
	struct pdg_bytes payload = pdg_buf_bytes(&t->payload);
	struct pdg_bytes signature = pdg_buf_bytes(&t->signature);

	MUST(t->name.n > 0 && t->type.n > 0);
	MUST((t->format == PDG_SIG_NONE) == (signature.n == 0));
	MUST((t->format == PDG_SIG_NONE) == (payload.n == 0));
	if (t->format == PDG_SIG_NONE)
		return;
	MUST(pdg_bytes_eq(pdg_bytes_from(t->raw, t->raw.n - signature.n), signature));
	if (t->other_format == PDG_SIG_NONE)
		MUST(pdg_bytes_eq(pdg_bytes_head(t->raw, t->raw.n - signature.n), payload));
	else
		MUST(payload.n + signature.n < t->raw.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int sha256;

	for (sha256 = 0; sha256 < 2; sha256++) {
		PDG_AUTO(tag) struct pdg_tag *t = NULL;
		struct pdg_error err = {0};

		if (pdg_tag_parse(pdg_bytes(data, size), sha256, &t, &err) < 0)
			MUST(t == NULL && (err.code == PDG_E_NOMEM || err.rule[0] != '\0'));
		else
			check(t);
	}
	return 0;
}
