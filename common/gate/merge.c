/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a forge may sign: the merge button, and nothing else. Its signature says only that the
 * forge made the commit; what came in must have been signed by people, and nothing may have
 * been added on the way. Where nobody else answers for a parent, it is judged here by the same
 * rules; of forge's merges on forge's merges each once, and on a stack of our own: how deep they
 * lie is up to whoever made the history.
 */
#include "gate/merge.h"

#include <string.h>

#include "gate/impl.h"
#include "gate/known.h"
#include "util/limits.h"
#include "util/size.h"

/* A merge that is to be made again. */
struct merge {
	char hex[PDG_GIT_HEX];
	char parents[2][PDG_GIT_HEX];
	char tree[PDG_GIT_HEX];
	size_t n_good; /* parents that are known to be */
};

/* Each rests on the next. */
struct merges {
	struct merge *v;
	size_t n, cap;
};

static void merges_done(struct merges *m)
{
	free(m->v);
}
PDG_AUTO_DEFINE_VALUE(merges, struct merges, merges_done)

static void hex_of(struct pdg_bytes b, char out[PDG_GIT_HEX])
{
	size_t n = b.n < PDG_GIT_HEX ? b.n : PDG_GIT_HEX - 1;

	memcpy(out, b.p, n);
	out[n] = '\0';
}

/* *@out_is: the commit merges exactly two. */
static int read_merge(struct pdg_bytes raw, struct merge *out, bool *out_is, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	int rc = pdg_commit_parse(raw, false, &c, err);

	if (rc < 0)
		return rc;
	*out_is = c->n_parents == 2;
	if (!*out_is)
		return 0;
	hex_of(c->parents[0], out->parents[0]);
	hex_of(c->parents[1], out->parents[1]);
	hex_of(c->tree, out->tree);
	return 0;
}

static int know(struct pdg_gate *g, const char *hex, enum pdg_known_as as, enum pdg_result result,
		struct pdg_error *err)
{
	struct pdg_known *known = NULL;
	int rc = pdg_knowns_at(g->knowns, hex, &known, err);

	if (rc < 0)
		return rc;
	known->as = as;
	known->result = result;
	return 0;
}

/* A good commit by a forge key: what it rests on comes first. */
static int put_off(struct pdg_gate *g, struct merges *todo, const char *hex, struct pdg_bytes raw,
		   struct pdg_error *err)
{
	struct merge m = {.n_good = 0};
	bool is = false;
	int rc = read_merge(raw, &m, &is, err);

	if (rc < 0)
		return rc;
	if (!is)
		return know(g, hex, PDG_KNOWN_BAD, PDG_RESULT_NOT_ALLOWED, err);
	memcpy(m.hex, hex, strlen(hex) + 1);
	if (pdg_array_grow(&todo->v, todo->n, &todo->cap, sizeof(*todo->v),
			   SIZE_MAX / sizeof(*todo->v)) < 0)
		return pdg_nomem(err);
	todo->v[todo->n++] = m;
	return know(g, hex, PDG_KNOWN_ASKED, PDG_RESULT_NOT_ALLOWED, err);
}

/* Find out about a commit, or put it off. */
static int look(struct pdg_gate *g, struct merges *todo, const char *hex, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	bool excused = false;
	int rc = pdg_gate_excused(g, hex, &excused, err);

	if (rc < 0)
		return rc;
	if (excused)
		return know(g, hex, PDG_KNOWN_GOOD, PDG_RESULT_GOOD, err);
	rc = pdg_gate_look(g, hex, &raw, &v, err);
	if (rc == PDG_E_NOTFOUND)
		return know(g, hex, PDG_KNOWN_MISSING, PDG_RESULT_NOT_ALLOWED, err);
	/* More than is read of any commit (COM-6). */
	if (rc == PDG_E_LIMIT)
		return know(g, hex, PDG_KNOWN_BAD, PDG_RESULT_MALFORMED, err);
	if (rc < 0)
		return rc;
	if (v.result == PDG_RESULT_GOOD && v.forge)
		return put_off(g, todo, hex, pdg_buf_bytes(&raw), err);
	return know(g, hex, v.result == PDG_RESULT_GOOD ? PDG_KNOWN_GOOD : PDG_KNOWN_BAD, v.result,
		    err);
}

/* One step with the merge that all others wait for. */
static int step(struct pdg_gate *g, struct merges *todo, struct pdg_error *err)
{
	struct merge *m = &todo->v[todo->n - 1];
	struct pdg_known *parent = NULL;
	bool good = false;
	int rc;

	if (m->n_good == 2) {
		rc = pdg_repo_merge_gives(g->repo, m->parents[0], m->parents[1], m->tree, &good,
					  err);
	} else {
		rc = pdg_knowns_at(g->knowns, m->parents[m->n_good], &parent, err);
		if (rc < 0)
			return rc;
		if (parent->as == PDG_KNOWN_NOT) {
			char hex[PDG_GIT_HEX];

			/* @todo may move. */
			memcpy(hex, m->parents[m->n_good], sizeof(hex));
			return look(g, todo, hex, err);
		}
		good = parent->as == PDG_KNOWN_GOOD;
		m->n_good += good;
		if (good)
			return 0;
	}
	if (rc == 0)
		rc = know(g, m->hex, good ? PDG_KNOWN_GOOD : PDG_KNOWN_BAD,
			  good ? PDG_RESULT_GOOD : PDG_RESULT_NOT_ALLOWED, err);
	todo->n--;
	return rc;
}

/* What is @hex by these rules, with all that it rests on? *@out is borrowed from g->knowns. */
static int find_out(struct pdg_gate *g, const char *hex, struct pdg_known **out,
		    struct pdg_error *err)
{
	PDG_AUTO(merges) struct merges todo = {NULL, 0, 0};
	int rc = g->knowns ? 0 : pdg_knowns_new(&g->knowns, err);

	if (rc == 0)
		rc = pdg_knowns_at(g->knowns, hex, out, err);
	if (rc == 0 && (*out)->as == PDG_KNOWN_NOT)
		rc = look(g, &todo, hex, err);
	while (rc == 0 && todo.n)
		rc = step(g, &todo, err);
	return rc < 0 ? pdg_context(err, rc, "parent %s", hex)
		      : pdg_knowns_at(g->knowns, hex, out, err);
}

static void spoil(struct pdg_verdict *v, const char *what)
{
	v->result = PDG_RESULT_NOT_ALLOWED;
	(void)pdg_reject(&v->why, "GIT-6", "signed by a forge, but %s", what);
	pdg_fix(&v->why, "merge it here and sign the merge: git merge -S --no-ff");
}

static void spoil_by(struct pdg_verdict *v, const struct pdg_known *parent)
{
	v->result = PDG_RESULT_NOT_ALLOWED;
	if (parent->as == PDG_KNOWN_MISSING) {
		(void)pdg_reject(
			&v->why, "GIT-6",
			"signed by a forge, but %.12s, which it merges, is not in this repository",
			parent->hex);
		pdg_fix(&v->why, "fetch the history behind it: git fetch --unshallow");
		return;
	}
	(void)pdg_reject(&v->why, "GIT-6", "signed by a forge, but %.12s, which it merges, is %s",
			 parent->hex, pdg_result_name(parent->result));
	pdg_fix(&v->why, "merge it here and sign the merge: git merge -S --no-ff");
}

/* Does anybody else answer for the parent, or is it good? If not, *@v says so. */
static int check_parent(struct pdg_gate *g, struct pdg_walk *w, const char *hex,
			struct pdg_verdict *v, struct pdg_error *err)
{
	struct pdg_known *known = NULL;
	bool answered = false;
	int rc = w ? pdg_walk_answers(w, hex, &answered, err) : 0;

	if (rc < 0 || answered)
		return rc;
	rc = find_out(g, hex, &known, err);
	if (rc == 0 && known->as != PDG_KNOWN_GOOD)
		spoil_by(v, known);
	return rc;
}

int pdg_gate_forge_merge(struct pdg_gate *g, struct pdg_walk *w, bool within_push,
			 struct pdg_bytes raw, struct pdg_verdict *v, struct pdg_error *err)
{
	struct merge m = {.n_good = 0};
	bool good = false;
	size_t i;
	int rc = read_merge(raw, &m, &good, err);

	if (rc == 0 && !good)
		spoil(v, "it is no merge of exactly two commits");
	for (i = 0; rc == 0 && !within_push && i < 2 && v->result == PDG_RESULT_GOOD; i++)
		rc = check_parent(g, w, m.parents[i], v, err);
	if (rc < 0 || v->result != PDG_RESULT_GOOD)
		return rc;
	rc = pdg_repo_merge_gives(g->repo, m.parents[0], m.parents[1], m.tree, &good, err);
	if (rc == 0 && !good)
		spoil(v, "its tree is not what merging its two parents without conflict gives");
	return rc;
}
