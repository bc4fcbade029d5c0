/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the kinds of entries that are judged this one is. The kind chooses how the body is made
 * anew; everything that the body is made of comes from who asks.
 */
#include "tlog/rekor_v1.h"
#include "util/str.h"

static bool is_kind(const struct pdg_entry *e, const char *kind, const char *version)
{
	return pdg_str_eq(e->kind, kind) && pdg_str_eq(e->version, version);
}

int pdg_entry_judge(const struct pdg_entry *e, const struct pdg_root *root,
		    const struct pdg_entry_claim *claim, struct pdg_entry_shown *out,
		    struct pdg_error *err)
{
	struct pdg_rekor1_shown shown = {.log = NULL};
	const struct pdg_root_log *log = NULL;
	int rc;

	if (is_kind(e, PDG_REKOR1_DSSE, PDG_REKOR1_VERSION) && claim->payload.n > 0) {
		rc = pdg_rekor1_dsse_verify(e, claim, root, &shown, err);
		log = shown.log;
	} else {
		rc = pdg_entry_verify(e, root, claim->digest, claim->sig, claim->key, &log, err);
	}
	if (rc < 0)
		return rc;
	*out = (struct pdg_entry_shown){.log = log, .time = shown.time};
	return 0;
}

int pdg_entry_whole(const struct pdg_entry *e, const struct pdg_entry_shown *shown, bool timed,
		    struct pdg_error *err)
{
	if (!e->has_proof || e->checkpoint.n == 0)
		return pdg_reject(err, "LOG-10",
				  "the log's answer has no inclusion proof with a checkpoint");
	if (timed && shown->time == 0)
		return pdg_reject(err, "LOG-18", "the log's answer has no signed entry timestamp");
	return 0;
}
