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
		      const char *stage, int64_t after, struct pdg_buf *out, struct pdg_error *err)
{
	return pdg_subjects_write(core->store, algorithm, value, stage, after, out, err);
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

static int not_here(struct pdg_error *err)
{
	int rc = pdg_fail(err, PDG_E_NOTFOUND, "the log is not kept here");

	pdg_fix(err, "ask the log that this service submits to");
	return rc;
}

int pdg_core_log_file(struct pdg_core *core, bool journal, const char *path, struct pdg_buf *out,
		      struct pdg_error *err)
{
	if (journal)
		return pdg_journal_file(core->store, path, out, err);
	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return not_here(err);
	return pdg_embedded_file(core->log, path, out, err);
}

int pdg_core_trusted_root(struct pdg_core *core, struct pdg_buf *out, struct pdg_error *err)
{
	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return not_here(err);
	pdg_buf_put(out, pdg_buf_bytes(&core->root_json));
	return pdg_buf_check(out, err);
}

static void write_bound(struct pdg_jw *w, const char *name, int64_t t)
{
	pdg_jw_key(w, name);
	if (t)
		pdg_jw_time(w, t);
	else
		pdg_jw_null(w);
}

/* Who reads it knows of no revocation: to him such a key has an end. */
static int64_t end_of(const struct pdg_validity *when)
{
	int64_t end = when->before;

	if (when->revoked_since && (!end || when->revoked_since < end))
		end = when->revoked_since;
	if (when->compromised_since && (!end || when->compromised_since < end))
		end = when->compromised_since;
	return end;
}

static int write_key(const struct pdg_key *key, const struct pdg_validity *when, struct pdg_jw *w,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	int rc = pdg_key_public_text(key, &pem, err);

	if (rc < 0)
		return rc;
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "hint", pdg_key_hint(key));
	pdg_jw_kstr(w, "publicKey", pdg_buf_cstr(&pem));
	write_bound(w, "validFrom", when->after);
	write_bound(w, "validUntil", end_of(when));
	pdg_jw_end(w);
	return 0;
}

/* What the policy says of a key of ours narrows when it was in use. */
static struct pdg_validity window_of(const struct pdg_trusted_key *own,
				     const struct pdg_key_list *trusted)
{
	const struct pdg_trusted_key *entry = pdg_key_list_find(trusted, own->key);
	struct pdg_validity when = own->when;

	if (entry)
		pdg_validity_narrow(&when, &entry->when);
	return when;
}

/* The one in use first, those that were in use behind it, then what the policy trusts besides. */
static int write_signing_keys(const struct pdg_in_force *f, struct pdg_jw *w, struct pdg_error *err)
{
	const struct pdg_key_list *trusted = &f->policy->service_keys;
	size_t i;
	int rc = 0;

	for (i = f->own_keys.n; rc == 0 && i-- > 0;) {
		const struct pdg_validity when = window_of(&f->own_keys.v[i], trusted);

		rc = write_key(f->own_keys.v[i].key, &when, w, err);
	}
	for (i = 0; rc == 0 && i < trusted->n; i++) {
		if (!pdg_key_list_has(&f->own_keys, trusted->v[i].key))
			rc = write_key(trusted->v[i].key, &trusted->v[i].when, w, err);
	}
	return rc;
}

int pdg_core_keys(struct pdg_core *core, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *f = pdg_in_force_ref(core->policy);
	const struct pdg_validity journal = {.after = core->journal_since};
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "keys");
	pdg_jw_arr(&w);
	rc = write_signing_keys(f, &w, err);
	pdg_jw_end(&w);
	pdg_jw_key(&w, "journalKeys");
	pdg_jw_arr(&w);
	if (rc == 0)
		rc = write_key(core->journal_key, &journal, &w, err);
	if (rc < 0)
		return rc;
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
