/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which history stands on protected refs already, and so is not judged again. A repository can have
 * a hundred thousand refs, and to read them costs more than to judge a push: those that are near
 * come first, the others when something is not good without them.
 */
#include "gate/impl.h"

#include <stdlib.h>
#include <string.h>

#include "util/size.h"
#include "util/str.h"

#define FEW	 256 /* commits that are judged sooner than every ref is read */
#define BRANCHES "refs/heads/"

/* A protected ref that leads to no commit hides none. */
int pdg_gate_hide_commit(struct pdg_walk *w, const char *hex, struct pdg_error *err)
{
	int rc = pdg_walk_hide(w, hex, err);

	return rc == PDG_E_USAGE ? 0 : rc;
}

/* A ref as a push left it. */
struct moved {
	char *name;	 /* that was written */
	const char *hex; /* borrowed */
};

struct hiding {
	const struct pdg_gate *g;
	struct pdg_walk *w;
	char *tracking;	     /* "refs/remotes/<remote>/"; NULL: the refs of this repository count */
	struct moved *moved; /* not to be hidden where they still are; sorted */
	size_t n_moved;
};

static void hiding_done(struct hiding *h)
{
	size_t i;

	for (i = 0; i < h->n_moved; i++)
		free(h->moved[i].name);
	free(h->moved);
	free(h->tracking);
}
PDG_AUTO_DEFINE_VALUE(hiding, struct hiding, hiding_done)

static int hiding_init(struct hiding *h, const struct pdg_gate *g, struct pdg_walk *w,
		       struct pdg_error *err)
{
	*h = (struct hiding){.g = g, .w = w};
	if (!g->remote)
		return 0;
	h->tracking = pdg_str_printf("refs/remotes/%s/", g->remote);
	return h->tracking ? 0 : pdg_nomem(err);
}

/*
 * What a protected name, or the first part of one, is called here. *@out NULL: nothing here is it,
 * for of a remote's refs only the branches are tracked.
 */
static int name_here(const struct hiding *h, const char *theirs, bool part, char **out,
		     struct pdg_error *err)
{
	*out = NULL;
	if (!h->tracking)
		*out = pdg_str_dup(theirs);
	else if (!h->g->remote[0])
		return 0;
	else if (pdg_str_starts(theirs, BRANCHES))
		*out = pdg_str_printf("%s%s", h->tracking, theirs + strlen(BRANCHES));
	else if (part && pdg_str_starts(BRANCHES, theirs))
		*out = pdg_str_dup(h->tracking);
	else
		return 0;
	return *out ? 0 : pdg_nomem(err);
}

static int compare_values(const void *a, const void *b)
{
	return strcmp(((const struct moved *)a)->hex, ((const struct moved *)b)->hex);
}

static int compare_moved(const void *a, const void *b)
{
	int by_value = compare_values(a, b);

	return by_value ? by_value
			: strcmp(((const struct moved *)a)->name, ((const struct moved *)b)->name);
}

/* Is @name, or what it is symbolic for, a ref that was moved to where it is, @hex? */
static int is_moved(const struct hiding *h, const char *name, const char *hex, bool *out,
		    struct pdg_error *err)
{
	PDG_AUTO(mem) char *final = NULL;
	struct moved key = {.hex = hex};
	int rc;

	*out = false;
	if (!h->n_moved || !bsearch(&key, h->moved, h->n_moved, sizeof(key), compare_values))
		return 0;
	rc = pdg_repo_ref_final(h->g->repo, name, &final, err);
	if (rc < 0)
		return rc;
	key.name = final;
	*out = bsearch(&key, h->moved, h->n_moved, sizeof(key), compare_moved);
	return 0;
}

static int hide_ref(void *ctx, const char *name, const char *hex, struct pdg_error *err)
{
	const struct hiding *h = ctx;
	PDG_AUTO(mem) char *theirs = NULL;
	bool moved = false;
	int rc;

	if (h->tracking) {
		theirs = pdg_str_printf(BRANCHES "%s", name + strlen(h->tracking));
		if (!theirs)
			return pdg_nomem(err);
		name = theirs;
	}
	if (!pdg_policy_protects(h->g->section, name))
		return 0;
	rc = is_moved(h, name, hex, &moved, err);
	return rc < 0 || moved ? rc : pdg_gate_hide_commit(h->w, hex, err);
}

/* Leave out what the protected refs of @pattern reach now. Only refs that may match are looked at.
 */
static int hide_pattern(struct hiding *h, const char *pattern, struct pdg_error *err)
{
	const char *star = strchr(pattern, '*');
	PDG_AUTO(mem) char *first = strndup(pattern, strcspn(pattern, "*"));
	PDG_AUTO(mem) char *name = NULL;
	char hex[PDG_GIT_HEX];
	int rc = first ? name_here(h, first, star, &name, err) : pdg_nomem(err);

	if (rc < 0 || !name)
		return rc;
	if (star)
		return pdg_repo_each_ref(h->g->repo, name, hide_ref, h, err);
	rc = pdg_repo_ref(h->g->repo, name, hex, err);
	return rc < 0 || !hex[0] ? rc : hide_ref(h, name, hex, err);
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

/* What HEAD is here, or the remote's is known to be here: where the latter cannot be found out, it
 * only takes longer. */
static int head_name(const struct hiding *h, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *head = NULL;
	int rc;

	if (!h->tracking)
		return pdg_repo_head_ref(h->g->repo, out, err);
	head = pdg_str_printf("%sHEAD", h->tracking);
	if (!head)
		return pdg_nomem(err);
	rc = h->g->remote[0] ? pdg_repo_ref_final(h->g->repo, head, out, NULL) : 0;
	return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
}

/* The branch from which most others begin. */
static int hide_head(struct hiding *h, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = NULL;
	char hex[PDG_GIT_HEX];
	int rc = head_name(h, &name, err);

	if (rc < 0 || !name || (h->tracking && !pdg_str_starts(name, h->tracking)))
		return rc;
	rc = pdg_repo_ref(h->g->repo, name, hex, err);
	return rc < 0 || !hex[0] ? rc : hide_ref(h, name, hex, err);
}

int pdg_gate_hide_present(const struct pdg_gate *g, struct pdg_walk *w, struct pdg_error *err)
{
	PDG_AUTO(hiding) struct hiding h = {.g = NULL};
	int rc = hiding_init(&h, g, w, err);

	return rc < 0 ? rc : hide_protected(&h, false, err);
}

int pdg_gate_hide_near(const struct pdg_gate *g, struct pdg_walk *w, bool *out_all,
		       struct pdg_error *err)
{
	PDG_AUTO(hiding) struct hiding h = {.g = NULL};
	size_t most = g->exact ? 0 : FEW;
	bool few = false;
	size_t i;
	int rc = hiding_init(&h, g, w, err);

	for (i = 0; rc == 0 && i < g->section->baseline.n; i++)
		rc = pdg_walk_hide(w, g->section->baseline.v[i], err);
	if (rc == 0)
		rc = hide_protected(&h, true, err);
	if (rc == 0)
		rc = hide_head(&h, err);
	if (rc == 0)
		rc = pdg_walk_find(w, most, &few, err);
	few = few && (!g->exact || pdg_walk_total(w) == 0);
	if (rc == 0 && !few)
		rc = pdg_gate_hide_present(g, w, err);
	if (rc == 0)
		*out_all = !few;
	return rc;
}

/* Take one update into account: where its ref was before is hidden, and where it is now not. */
static int take_moved(struct hiding *h, struct pdg_gate *g, const struct pdg_update *u,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *ref = NULL;
	char *final = NULL;
	int rc = pdg_gate_protected(g, u, &ref, err);

	if (rc < 0 || !ref)
		return rc;
	if (u->old[0])
		rc = pdg_gate_hide_commit(h->w, u->old, err);
	if (rc < 0 || !u->new[0])
		return rc;
	rc = pdg_walk_push(h->w, u->new, err);
	if (rc == 0)
		rc = pdg_repo_ref_final(g->repo, u->ref, &final, err);
	if (rc == 0)
		h->moved[h->n_moved++] = (struct moved){.name = final, .hex = u->new};
	return rc;
}

int pdg_gate_brought(struct pdg_gate *g, const struct pdg_push *push, struct pdg_walk *w,
		     struct pdg_error *err)
{
	PDG_AUTO(hiding) struct hiding h = {.g = NULL};
	size_t i;
	int rc = hiding_init(&h, g, w, err);

	h.moved = pdg_calloc(push->n, sizeof(*h.moved));
	if (rc == 0 && !h.moved)
		rc = pdg_nomem(err);
	for (i = 0; rc == 0 && i < g->section->baseline.n; i++)
		rc = pdg_walk_hide(w, g->section->baseline.v[i], err);
	for (i = 0; rc == 0 && i < push->n; i++)
		rc = take_moved(&h, g, &push->v[i], err);
	if (rc < 0)
		return rc;
	qsort(h.moved, h.n_moved, sizeof(*h.moved), compare_moved);
	return hide_protected(&h, false, err);
}
