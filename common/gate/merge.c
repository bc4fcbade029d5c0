/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a forge may sign: the merge button, and nothing else. Its signature says only that the
 * forge made the commit; what came in must have been signed by people, and nothing may have
 * been added on the way.
 */
#include "gate/merge.h"

#include <string.h>

#include "util/limits.h"

static void hex_of(struct pdg_bytes b, char out[PDG_GIT_HEX])
{
	size_t n = b.n < PDG_GIT_HEX ? b.n : PDG_GIT_HEX - 1;

	memcpy(out, b.p, n);
	out[n] = '\0';
}

static void spoil(struct pdg_verdict *v, const char *what)
{
	v->result = PDG_RESULT_NOT_ALLOWED;
	(void)pdg_reject(&v->why, "GIT-6", "signed by a forge, but %s", what);
	pdg_fix(&v->why, "merge it here and sign the merge: git merge -S --no-ff");
}

/* A parent that the walk does not show: signed by an allowed key, or excused? */
static int parent_is_good(const struct pdg_gate *g, const char *hex, bool *out,
			  struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(verdict) struct pdg_verdict v = {.format = PDG_SIG_NONE};
	const char *type = NULL;
	int rc = pdg_gate_excused(g, hex, out, err);

	pdg_verdict_init(&v);
	if (rc < 0 || *out)
		return rc;
	rc = pdg_repo_read(g->repo, hex, &raw, &type, err);
	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc == 0)
		rc = pdg_judge_commit(g->signers, pdg_buf_bytes(&raw), false, g->at, &v, err);
	if (rc == 0)
		*out = v.result == PDG_RESULT_GOOD;
	return rc;
}

int pdg_gate_forge_merge(struct pdg_gate *g, struct pdg_bytes raw, bool within_push,
			 struct pdg_verdict *v, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	char parents[2][PDG_GIT_HEX];
	char tree[PDG_GIT_HEX];
	bool good = true;
	size_t i;
	int rc = pdg_commit_parse(raw, false, &c, err);

	if (rc < 0)
		return rc;
	if (c->n_parents != 2) {
		spoil(v, "it is no merge of exactly two commits");
		return 0;
	}
	for (i = 0; i < 2; i++) {
		hex_of(c->parents[i], parents[i]);
		rc = within_push || !good ? 0 : parent_is_good(g, parents[i], &good, err);
		if (rc < 0)
			return rc;
	}
	if (!good) {
		spoil(v, "a commit that it merges is not signed by an allowed key");
		return 0;
	}
	hex_of(c->tree, tree);
	rc = pdg_repo_merge_gives(g->repo, parents[0], parents[1], tree, &good, err);
	if (rc < 0)
		return rc;
	if (!good)
		spoil(v, "its tree is not what merging its two parents without conflict gives");
	return 0;
}
