/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed --fsck, the other way round: from the journal's leaves, of which none can be taken away
 * unseen, to the rows. A row that was deleted leaves its leaf behind.
 */
#include <inttypes.h>

#include "attest/dsse.h"
#include "service/fsck_impl.h"
#include "service/journal_read.h"
#include "util/limits.h"
#include "util/str.h"

/* A leaf behind the one of the acceptance: it shows a signer who joined. */
static int check_join(struct pdg_fsck_leaves *f, const struct pdg_stored *a,
		      const struct pdg_journal_leaf *leaf, struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	size_t shown = 0;
	int rc = pdg_envelope_parse(pdg_buf_bytes(&a->envelope), &e, err);

	if (rc == 0)
		rc = pdg_envelope_prefix(e, leaf->envelope, &shown, err);
	if (rc < 0)
		return rc;
	if (shown < 2)
		return pdg_reject(err, "FSK-1",
				  "it shows an acceptance of %s that is not the kept one",
				  a->reference);
	if (shown < e->n_sigs)
		return 0;
	f->joined++;
	return pdg_fsck_grade(a, leaf, err);
}

static int check_accepted(struct pdg_fsck_leaves *f, uint64_t index,
			  const struct pdg_journal_leaf *leaf, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	int rc = f->store->ops->get(f->store, leaf->reference, &a, err);

	if (rc == PDG_E_NOTFOUND)
		return pdg_reject(err, "FSK-1", "it accepted %s, which is not kept any more",
				  leaf->reference);
	if (rc < 0 || a->journal_index == index)
		return rc;
	if (a->journal_index > index)
		return pdg_reject(err, "FSK-1", "it accepted %s, which is kept as accepted later",
				  leaf->reference);
	return check_join(f, a, leaf, err);
}

static int check_leaf(struct pdg_fsck_leaves *f, uint64_t index, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = NULL;
	int rc = pdg_journal_kept_leaf(f->store, index, &bytes, err);

	if (rc == 0)
		rc = pdg_journal_leaf_parse(pdg_buf_bytes(&bytes), &leaf, err);
	if (rc < 0 || !pdg_str_eq(leaf->decision, "accepted"))
		return rc;
	return check_accepted(f, index, leaf, err);
}

int pdg_fsck_leaves(struct pdg_fsck_leaves *f, uint64_t size, struct pdg_error *err)
{
	uint64_t i;

	for (i = 0; i < size; i++) {
		struct pdg_error why = {0};
		int rc = check_leaf(f, i, &why);

		if (rc == PDG_E_NOMEM)
			return pdg_nomem(err);
		if (rc < 0)
			f->fault(f->ctx, i, &why);
	}
	return 0;
}
