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

int pdg_gate_walk(struct pdg_gate *g, struct pdg_walk *w, bool within_push, struct pdg_error *err)
{
	return pdg_gate_judge_all(g, w, within_push, true, err);
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

static int shallow(const char *why, struct pdg_error *err)
{
	int rc = pdg_reject(err, "PSH-7",
			    "history that is pushed ends at the boundary of a shallow clone%s%s",
			    why[0] ? ": " : "", why);

	pdg_fix(err, "git fetch --unshallow, then push again");
	return rc;
}

/* What the protected refs would gain: found, judged, counted. */
static int judge_history(struct pdg_gate *g, struct pdg_walk *w, struct pdg_error *err)
{
	bool all = false;
	int rc = pdg_gate_hide_near(g, w, &all, err);

	if (rc == 0)
		rc = pdg_gate_judge_all(g, w, true, all, err);
	if (rc == 0 && !g->n_bad && !all && pdg_walk_cut(w)) {
		rc = pdg_gate_hide_present(g, w, err);
		if (rc == 0)
			rc = pdg_walk_find(w, SIZE_MAX, &all, err);
	}
	return rc;
}

int pdg_gate_push(struct pdg_gate *g, const struct pdg_push *push, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct pdg_error why = {.code = 0};
	bool any = false;
	int rc = pdg_walk_new(g->repo, &w, err);

	if (rc == 0)
		rc = pdg_gate_take_updates(g, push, w, &any, err);
	if (rc < 0 || !any)
		return rc;
	rc = judge_history(g, w, &why);
	/*
	 * While a push is judged git has not written down its boundary yet, and has seen to it that
	 * all else is there (receive.shallowUpdate): a parent that is not here lies behind it.
	 */
	if (rc < 0 && !g->remote && pdg_walk_missing(w))
		return shallow(why.text, err);
	if (rc < 0 && err)
		*err = why;
	if (rc == 0 && g->n_bad)
		return refused(g, err);
	if (rc == 0 && g->unsure.code < 0) {
		if (err)
			*err = g->unsure;
		return g->unsure.code;
	}
	if (rc == 0 && pdg_walk_cut(w) && !g->remote)
		return shallow("", err);
	return rc;
}
