/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One commit's judgement, for whoever asks: a push, a range (pool.c), what a forge's merge rests
 * on (merge.c), the hook after a commit, and both ways in which a git server makes a statement. It
 * has two halves: the bytes alone, which any thread can judge (pdg_judge_commit()), and what takes
 * the repository, pdg_gate_finish(). A statement must never say more than the push was allowed by.
 */
#include "gate/impl.h"

#include "gate/known.h"
#include "gate/merge.h"
#include "git/lineage.h"

void pdg_gate_done(struct pdg_gate *g)
{
	pdg_behind_free(g->behind);
	pdg_lineage_free(g->baseline);
	pdg_knowns_free(g->knowns);
	g->behind = NULL;
	g->baseline = NULL;
	g->knowns = NULL;
}

int pdg_gate_look(struct pdg_gate *g, const char *hex, struct pdg_buf *out_raw,
		  struct pdg_verdict *out, struct pdg_error *err)
{
	size_t before = out_raw->n;
	const char *type = NULL;
	int rc = pdg_repo_read(g->repo, hex, out_raw, &type, err);

	if (rc < 0)
		return rc;
	return pdg_judge_commit(g->signers, pdg_bytes_from(pdg_buf_bytes(out_raw), before), false,
				g->at, out, err);
}

int pdg_gate_finish(struct pdg_gate *g, struct pdg_walk *w, bool within_push, struct pdg_bytes raw,
		    struct pdg_verdict *v, struct pdg_error *err)
{
	if (v->result != PDG_RESULT_GOOD || !v->forge)
		return 0;
	return pdg_gate_forge_merge(g, w, within_push, raw, v, err);
}

int pdg_gate_commit(struct pdg_gate *g, const char *hex, bool within_push, struct pdg_buf *out_raw,
		    struct pdg_verdict *out, struct pdg_error *err)
{
	size_t before = out_raw->n;
	int rc = pdg_gate_look(g, hex, out_raw, out, err);

	if (rc == 0)
		rc = pdg_gate_finish(g, NULL, within_push,
				     pdg_bytes_from(pdg_buf_bytes(out_raw), before), out, err);
	return rc < 0 ? pdg_context(err, rc, "commit %s", hex) : 0;
}

static int read_baseline(struct pdg_gate *g, struct pdg_error *err)
{
	PDG_AUTO(lineage) struct pdg_lineage *l = NULL;
	size_t i;
	int rc = pdg_lineage_new(g->repo, &l, err);

	for (i = 0; rc == 0 && i < g->section->baseline.n; i++)
		rc = pdg_lineage_add(l, g->section->baseline.v[i], err);
	if (rc == 0)
		g->baseline = PDG_TAKE(l);
	return rc;
}

int pdg_gate_excused(struct pdg_gate *g, const char *hex, bool *out, struct pdg_error *err)
{
	int rc = g->baseline ? 0 : read_baseline(g, err);

	return rc < 0 ? rc : pdg_lineage_has(g->baseline, hex, out, err);
}

int pdg_gate_attestable(struct pdg_gate *g, const char *hex, bool within_push,
			struct pdg_buf *out_raw, struct pdg_verdict *out, struct pdg_error *err)
{
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
	return pdg_context(err, pdg_verdict_refuse(out, err), "commit %.12s is %s", hex,
			   pdg_result_name(out->result));
}
