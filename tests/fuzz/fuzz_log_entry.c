/* SPDX-License-Identifier: Apache-2.0 */
/* Log entries: any JSON object is one, or an error with a rule; written and read again it is the
 * same.
 *
 * Covers: common/tlog/entry.c
 */
#include "fuzz.h"
#include "tlog/entry.h"
#include "util/limits.h"

static void write_entry(const struct pdg_entry *e, struct pdg_buf *out)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_entry_write(e, &w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(json) json_t *again = NULL;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(entry) struct pdg_entry *f = NULL;
	PDG_AUTO(buf) struct pdg_buf a = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(4));
	struct pdg_error err = {0};

	if (pdg_json_load(pdg_bytes(data, size), PDG_LIMIT_LOG_ANSWER, &j, &err) < 0)
		return 0;
	if (pdg_entry_read(j, &e, &err) < 0) {
		MUST(e == NULL);
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
		return 0;
	}
	MUST(e->proof.n <= PDG_PROOF_MAX && e->integrated_time >= 0);
	write_entry(e, &a);
	if (a.failed == PDG_E_NOMEM)
		return 0;
	MUST(a.failed == 0);
	MUST(pdg_json_load(pdg_buf_bytes(&a), PDG_LIMIT_MIB(4), &again, &err) == 0);
	MUST(pdg_entry_read(again, &f, &err) == 0);
	write_entry(f, &b);
	MUST(pdg_bytes_eq(pdg_buf_bytes(&a), pdg_buf_bytes(&b)));
	return 0;
}
