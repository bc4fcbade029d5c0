/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which history stands on protected refs already, and so is not judged again. A repository can have
 * a hundred thousand refs, and to read them costs more than to judge a push: those that are near
 * come first, the others when something is not good without them.
 */
#include "gate/impl.h"

#include <string.h>

#include "util/str.h"

#define FEW 256 /* commits that are judged sooner than every ref is read */

/* A protected ref that leads to no commit hides none. */
int pdg_gate_hide_commit(struct pdg_walk *w, const char *hex, struct pdg_error *err)
{
	int rc = pdg_walk_hide(w, hex, err);

	return rc == PDG_E_USAGE ? 0 : rc;
}

struct hiding {
	const struct pdg_gate *g;
	struct pdg_walk *w;
	size_t skip; /* characters of a tracking ref's name before the branch's */
};

static int hide_ref(void *ctx, const char *name, const char *hex, struct pdg_error *err)
{
	const struct hiding *h = ctx;
	PDG_AUTO(mem) char *theirs = NULL;

	if (h->skip) {
		theirs = pdg_str_printf("refs/heads/%s", name + h->skip);
		if (!theirs)
			return pdg_nomem(err);
		name = theirs;
	}
	if (!pdg_policy_protects(h->g->section, name))
		return 0;
	return pdg_gate_hide_commit(h->w, hex, err);
}

/* Leave out what the protected refs of @pattern reach now. Only refs that may match are looked at.
 */
static int hide_pattern(struct hiding *h, const char *pattern, struct pdg_error *err)
{
	const char *star = strchr(pattern, '*');
	PDG_AUTO(mem) char *prefix = NULL;
	char hex[PDG_GIT_HEX];
	int rc;

	if (!star) {
		rc = pdg_repo_ref(h->g->repo, pattern, hex, err);
		return rc < 0 || !hex[0] ? rc : hide_ref(h, pattern, hex, err);
	}
	prefix = strndup(pattern, (size_t)(star - pattern));
	if (!prefix)
		return pdg_nomem(err);
	return pdg_repo_each_ref(h->g->repo, prefix, hide_ref, h, err);
}

/* Hide what the protected refs reach now: of @near those alone that are found by name. */
static int hide_protected(struct hiding *h, bool near, struct pdg_error *err)
{
	const struct pdg_strings *protect = &h->g->section->protect;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < protect->n; i++) {
		if (!near || !strchr(protect->v[i], '*'))
			rc = hide_pattern(h, protect->v[i], err);
	}
	return rc;
}

/* The branch from which most others begin. */
static int hide_head(struct hiding *h, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = NULL;
	char hex[PDG_GIT_HEX];
	int rc = pdg_repo_head_ref(h->g->repo, &name, err);

	if (rc == 0 && name && pdg_policy_protects(h->g->section, name)) {
		rc = pdg_repo_ref(h->g->repo, name, hex, err);
		if (rc == 0 && hex[0])
			rc = pdg_gate_hide_commit(h->w, hex, err);
	}
	return rc;
}

static int hide_tracked(struct hiding *h, const char *remote, struct pdg_error *err)
{
	PDG_AUTO(mem) char *prefix = pdg_str_printf("refs/remotes/%s/", remote);

	if (!prefix)
		return pdg_nomem(err);
	h->skip = strlen(prefix);
	return remote[0] ? pdg_repo_each_ref(h->g->repo, prefix, hide_ref, h, err) : 0;
}

int pdg_gate_hide_present(const struct pdg_gate *g, struct pdg_walk *w, struct pdg_error *err)
{
	struct hiding h = {.g = g, .w = w};

	return g->remote ? hide_tracked(&h, g->remote, err) : hide_protected(&h, false, err);
}

int pdg_gate_hide_near(const struct pdg_gate *g, struct pdg_walk *w, bool *out_all,
		       struct pdg_error *err)
{
	struct hiding h = {.g = g, .w = w};
	bool few = false;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < g->section->baseline.n; i++)
		rc = pdg_walk_hide(w, g->section->baseline.v[i], err);
	if (rc == 0 && !g->remote)
		rc = hide_protected(&h, true, err);
	if (rc == 0 && !g->remote)
		rc = hide_head(&h, err);
	if (rc == 0 && !g->remote)
		rc = pdg_walk_find(w, FEW, &few, err);
	if (rc == 0 && !few)
		rc = pdg_gate_hide_present(g, w, err);
	if (rc == 0)
		*out_all = !few;
	return rc;
}
