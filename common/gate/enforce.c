/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step two of a push, after git took its objects into quarantine: refs first (deleted,
 * forced, tags), then one walk over all that the protected refs would gain, then a verdict on
 * each commit. Nothing passes because it could not be judged.
 */
#include "gate/impl.h"

void pdg_gate_tell(struct pdg_gate *g, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v)
{
	g->n_judged++;
	g->n_bad += v->result != PDG_RESULT_GOOD;
	if (g->judged)
		g->judged(g->ctx, type, hex, raw, v);
}

static int judge_commit(struct pdg_gate *g, const char *hex, bool within_push,
			struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(verdict) struct pdg_verdict v = {.format = PDG_SIG_NONE};
	int rc;

	pdg_verdict_init(&v);
	rc = pdg_gate_commit(g, hex, within_push, &raw, &v, err);
	if (rc < 0)
		return rc;
	pdg_gate_tell(g, "commit", hex, pdg_buf_bytes(&raw), &v);
	return 0;
}

int pdg_gate_walk(struct pdg_gate *g, struct pdg_walk *w, bool within_push, struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];
	int rc;

	for (;;) {
		rc = pdg_walk_next(w, hex, err);
		if (rc == PDG_E_NOTFOUND)
			return 0;
		if (rc == 0)
			rc = judge_commit(g, hex, within_push, err);
		if (rc < 0)
			return rc;
	}
}

static int refused(const struct pdg_gate *g, struct pdg_error *err)
{
	int rc = pdg_reject(
		err, "PSH-4",
		"%zu of %zu objects that the protected refs of %s would gain are not acceptable",
		g->n_bad, g->n_judged, g->section->uri);

	pdg_fix(err, "mend each commit named above, then push again");
	return rc;
}

int pdg_gate_push(struct pdg_gate *g, const struct pdg_push *push, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	bool any = false;
	size_t i;
	int rc = pdg_walk_new(g->repo, &w, err);

	if (rc == 0)
		rc = pdg_gate_take_updates(g, push, w, &any, err);
	if (rc < 0 || !any)
		return rc;
	rc = pdg_gate_hide_present(g, w, err);
	for (i = 0; rc == 0 && i < g->section->baseline.n; i++)
		rc = pdg_walk_hide(w, g->section->baseline.v[i], err);
	if (rc == 0)
		rc = pdg_gate_walk(g, w, true, err);
	if (rc == 0 && g->n_bad)
		return refused(g, err);
	if (rc == 0 && pdg_walk_cut(w) && !g->remote) {
		rc = pdg_reject(err, "PSH-7",
				"history that is pushed ends at the boundary of a shallow clone");
		pdg_fix(err, "git fetch --unshallow, then push again");
	}
	return rc;
}
