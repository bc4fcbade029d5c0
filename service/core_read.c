/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the core: records, listings, chains, files of the log and the journal, keys. No
 * writes. */
#include <string.h>

#include "service/core_impl.h"
#include "service/record.h"
#include "tlog/embedded.h"
#include "util/codec.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

int pdg_core_record(struct pdg_core *core, const char *reference, struct pdg_buf *out,
		    bool *out_pending, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	int rc = core->store->ops->get(core->store, reference, &a, err);

	if (rc == 0)
		rc = pdg_stored_record(core->store, a, out, err);
	if (rc < 0)
		return rc;
	*out_pending = !a->logged;
	return 0;
}

int pdg_core_subjects(struct pdg_core *core, const char *algorithm, const char *value,
		      int64_t after, struct pdg_buf *out, struct pdg_error *err)
{
	return pdg_subjects_write(core->store, algorithm, value, after, out, err);
}

int pdg_core_chain(struct pdg_core *core, const char *sha256, struct pdg_buf *out,
		   struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = NULL;
	PDG_AUTO(evidence) struct pdg_evidence *evidence = NULL;
	PDG_AUTO(chain_report) struct pdg_chain_report *report = NULL;
	int rc;

	if (!pdg_is_hex(pdg_bytes_str(sha256), 64))
		return pdg_fail(err, PDG_E_USAGE, "'%.80s' is no sha256 digest", sha256);
	rc = pdg_stored_evidence(core->store, sha256, &evidence, err);
	if (rc < 0)
		return rc;
	force = pdg_in_force_ref(core->policy);
	rc = pdg_chain_verify(force->judge, evidence, sha256, NULL, &report, err);
	return rc < 0 ? rc : pdg_report_json(report, out, err);
}

int pdg_core_log_file(struct pdg_core *core, bool journal, const char *path, struct pdg_buf *out,
		      struct pdg_error *err)
{
	if (journal)
		return pdg_journal_file(core->store, path, out, err);
	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return pdg_fail(err, PDG_E_NOTFOUND, "the log is not kept here");
	return pdg_embedded_file(core->log, path, out, err);
}

int pdg_core_trusted_root(struct pdg_core *core, struct pdg_buf *out, struct pdg_error *err)
{
	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return pdg_fail(err, PDG_E_NOTFOUND, "the log is not kept here");
	pdg_buf_put(out, pdg_buf_bytes(&core->root_json));
	return pdg_buf_check(out, err);
}

static int write_key(struct pdg_core *core, const struct pdg_key *key, const char *list,
		     struct pdg_jw *w, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(mem) char *name = pdg_str_printf("key-since:%s", pdg_key_hint(key));
	uint64_t since = 0;
	int rc;

	if (!name)
		return pdg_nomem(err);
	rc = pdg_core_meta_number(core, name, &since, err);
	if (rc == 0)
		rc = pdg_key_public_text(key, &pem, err);
	if (rc < 0)
		return rc;
	pdg_jw_key(w, list);
	pdg_jw_arr(w);
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "hint", pdg_key_hint(key));
	pdg_jw_kstr(w, "publicKey", pdg_buf_cstr(&pem));
	pdg_jw_key(w, "validFrom");
	pdg_jw_time(w, (int64_t)since);
	pdg_jw_key(w, "validUntil");
	pdg_jw_null(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	return 0;
}

int pdg_core_keys(struct pdg_core *core, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	rc = write_key(core, core->signing_key, "keys", &w, err);
	if (rc == 0)
		rc = write_key(core, core->journal_key, "journalKeys", &w, err);
	if (rc < 0)
		return rc;
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
