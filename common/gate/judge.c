/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One commit's whole judgement, for whoever asks: a push, a range, and both ways in which a git
 * server makes a statement. A statement must never say more than the push was allowed by.
 */
#include "gate/enforce.h"

#include "gate/merge.h"

int pdg_gate_commit(struct pdg_gate *g, const char *hex, bool within_push, struct pdg_buf *out_raw,
		    struct pdg_verdict *out, struct pdg_error *err)
{
	size_t before = out_raw->n;
	struct pdg_bytes raw;
	const char *type = NULL;
	int rc = pdg_repo_read(g->repo, hex, out_raw, &type, err);

	raw = pdg_bytes_from(pdg_buf_bytes(out_raw), before);
	if (rc == 0)
		rc = pdg_judge_commit(g->signers, raw, false, g->at, out, err);
	if (rc == 0 && out->result == PDG_RESULT_GOOD && out->forge)
		rc = pdg_gate_forge_merge(g, raw, within_push, out, err);
	return rc < 0 ? pdg_context(err, rc, "commit %s", hex) : 0;
}

int pdg_gate_excused(const struct pdg_gate *g, const char *hex, bool *out, struct pdg_error *err)
{
	bool found = false;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && !found && i < g->section->baseline.n; i++) {
		rc = pdg_repo_reachable(g->repo, hex, g->section->baseline.v[i], &found, err);
		if (rc == PDG_E_NOTFOUND)
			rc = 0;
	}
	if (rc == 0)
		*out = found;
	return rc;
}

int pdg_gate_attestable(struct pdg_gate *g, const char *hex, bool within_push,
			struct pdg_buf *out_raw, struct pdg_verdict *out, struct pdg_error *err)
{
	struct pdg_error why;
	bool excused = false;
	int rc = pdg_gate_commit(g, hex, within_push, out_raw, out, err);

	if (rc < 0 || out->result == PDG_RESULT_GOOD)
		return rc;
	rc = pdg_gate_excused(g, hex, &excused, err);
	if (rc < 0)
		return rc;
	if (excused) {
		rc = pdg_reject(
			err, "PSH-13",
			"commit %.12s is %s, and at or behind the policy's baseline: it may stand here, but nobody vouches for it",
			hex, pdg_result_name(out->result));
		pdg_fix(err, "attest a signed commit that was made after it");
		return rc;
	}
	why = out->why;
	rc = pdg_context(&why, why.code, "commit %.12s is %s", hex, pdg_result_name(out->result));
	if (err)
		*err = why;
	return rc;
}
