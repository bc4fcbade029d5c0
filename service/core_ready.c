/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness (design 7): each thing that a submission will need is done once, with what is there. A
 * daemon that only says that it is up would go on taking what it cannot finish.
 */
#include <inttypes.h>
#include <string.h>

#include "attest/bundle.h"
#include "service/core_impl.h"
#include "service/countersign.h"
#include "tlog/embedded.h"
#include "util/limits.h"
#include "util/str.h"

static int not_ready(struct pdg_error *err, const char *rule, const struct pdg_error *why)
{
	struct pdg_error was = *why;

	return pdg_reject(err, rule, "%s", was.text);
}

static int check_signing(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	struct pdg_bytes msg = pdg_bytes_str("ready?");
	struct pdg_error why = {0};
	int rc = pdg_key_sign(core->signing_key, msg, &sig, &why);

	if (rc == 0)
		rc = pdg_key_verify(core->signing_key, msg, pdg_buf_bytes(&sig), &why);
	return rc < 0 ? not_ready(err, "RDY-1", &why) : 0;
}

int pdg_core_check_bundle(const struct pdg_core *core, const struct pdg_stored *a,
			  const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	const struct pdg_root_log *log;
	uint8_t digest[32];
	int rc;

	rc = pdg_bundle_parse(pdg_buf_bytes(&a->bundle), &b, err);
	if (rc < 0)
		return rc;
	if (!b->envelope || b->n_entries != 1 ||
	    !pdg_bytes_eq(pdg_buf_bytes(&b->envelope->payload), pdg_buf_bytes(&a->payload)) ||
	    b->envelope->n_sigs != 1 ||
	    !pdg_bytes_eq(pdg_buf_bytes(&b->envelope->sigs[0].sig), pdg_buf_bytes(&a->countersig)))
		return pdg_reject(err, "FSK-1", "the bundle is not about what is kept");
	rc = pdg_signed_digest(pdg_buf_bytes(&a->payload), digest, err);
	if (rc < 0)
		return rc;
	return pdg_entry_verify(b->entries[0], core->root, digest, pdg_buf_bytes(&a->countersig),
				key, &log, err);
}

const struct pdg_key *pdg_core_service_key(const struct pdg_core *core,
					   const struct pdg_in_force *force, const char *hint)
{
	const struct pdg_key_list *keys = &force->policy->service_keys;
	size_t i;

	if (pdg_str_eq(hint, pdg_key_hint(core->signing_key)))
		return core->signing_key;
	for (i = 0; i < keys->n; i++) {
		if (pdg_str_eq(hint, pdg_key_hint(keys->v[i].key)))
			return keys->v[i].key;
	}
	return NULL;
}

/* The newest leaf of the journal, or its empty checkpoint. */
static int check_journal(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = NULL;
	uint64_t size;
	int rc = core->store->ops->journal_state(core->store, &size, &note, err);

	if (rc < 0)
		return rc;
	if (size > 0) {
		rc = pdg_journal_read(core->store, size - 1, &p, err);
		return rc < 0 ? rc : pdg_journal_proof_verify(p, core->journal_key, err);
	}
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, err);
	return rc < 0 ? rc : pdg_checkpoint_verify(c, core->journal_origin, core->journal_key, err);
}

static int check_last_logged(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = pdg_in_force_ref(core->policy);
	PDG_AUTO(buf) struct pdg_buf reference = PDG_BUF_INIT(PDG_REFERENCE_LEN);
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	const struct pdg_key *key;
	int rc = pdg_publisher_last(core->publisher, &reference, err);

	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc == 0)
		rc = core->store->ops->get(core->store, pdg_buf_cstr(&reference), &a, err);
	if (rc < 0 || !a->logged) /* on its way to the store */
		return rc;
	key = pdg_core_service_key(core, force, a->service_key);
	return key ? pdg_core_check_bundle(core, a, key, err)
		   : pdg_fail(err, PDG_E_NOTFOUND, "no key %s", a->service_key);
}

/* What is served and written is what would be found after a restart. */
static int check_files(struct pdg_core *core, struct pdg_error *err)
{
	int rc = core->store->ops->there(core->store, err);

	if (rc == 0 && core->cfg->log == PDG_LOG_EMBEDDED)
		rc = pdg_embedded_there(core->log, err);
	return rc;
}

static int check_overdue(struct pdg_core *core, struct pdg_error *err)
{
	uint64_t all, pending;
	int64_t oldest;
	int rc = core->store->ops->count(core->store, &all, &pending, &oldest, err);

	if (rc < 0 || pending == 0 || oldest >= pdg_now(&core->clock) - core->cfg->pending_limit)
		return rc;
	return pdg_reject(err, "RDY-4",
			  "%" PRIu64
			  " attestations are not logged, the oldest waits for more than %" PRId64
			  " seconds",
			  pending, core->cfg->pending_limit);
}

int pdg_core_ready(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc;

	if (pdg_policy_box_stale(core->policy, &why))
		return not_ready(err, "RDY-3", &why);
	rc = check_signing(core, err);
	if (rc < 0)
		return rc;
	rc = check_files(core, &why);
	if (rc < 0)
		return not_ready(err, "RDY-5", &why);
	rc = check_journal(core, &why);
	if (rc == 0)
		rc = check_last_logged(core, &why);
	if (rc < 0)
		return not_ready(err, "RDY-2", &why);
	return check_overdue(core, err);
}
