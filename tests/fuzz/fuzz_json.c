/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: what our scan accepts the library loads, and what it refuses is refused by rule.
 *
 * Covers: common/util/json_scan.c
 */
#include "fuzz.h"
#include "util/json.h"
#include "util/json_scan.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(json) json_t *root = NULL;
	struct pdg_bytes in = pdg_bytes(data, size);
	struct pdg_bytes span = {0};
	struct pdg_error err = {0};
	const json_t *value = NULL;
	const char *name = NULL;
	void *iter = NULL;
	int scanned = pdg_json_scan(in, NULL);
	int loaded = pdg_json_load(in, PDG_LIMIT_ENVELOPE, &root, &err);

	/* The library refuses duplicate members too, which the scan does not look for. */
	MUST(scanned == 0 || loaded < 0);
	MUST(loaded == 0 || (root == NULL && err.code == loaded));
	MUST(loaded == 0 || err.rule[0] != '\0' || loaded == PDG_E_NOMEM);
	if (loaded < 0)
		return 0;
	while ((iter = pdg_json_next(root, iter, &name, &value)) != NULL) {
		MUST(pdg_json_span(in, name, &span, NULL) == 0);
		MUST(span.p >= in.p && span.p + span.n <= in.p + in.n && span.n > 0);
	}
	return 0;
}
