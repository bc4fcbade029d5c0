/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first half of judging a push: its refs. Which are protected, whether each may be moved,
 * deleted or made (rules.md 2.2), and what the new values are (tags are judged here). What stands
 * already is left out by present.c; what the commits are worth is asked in enforce.c.
 */
#include "gate/impl.h"

#include <stdio.h>
#include <string.h>

#include "commit/resign.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

#define TAG_DEPTH 8 /* tags of tags that are judged */

/* Is @ref what a protected name stands for by being symbolic? */
static int behind_protected(struct pdg_gate *g, const char *ref, char **out, struct pdg_error *err)
{
	const char *name;

	if (!g->behind) {
		int rc = pdg_behind_new(g->repo, &g->section->protect, &g->behind, err);

		if (rc < 0)
			return rc;
	}
	name = pdg_behind_find(g->behind, ref);
	*out = pdg_str_dup(name);
	return *out || !name ? 0 : pdg_nomem(err);
}

int pdg_gate_protected(struct pdg_gate *g, const struct pdg_update *u, char **out_ref,
		       struct pdg_error *err)
{
	PDG_AUTO(mem) char *final = NULL;
	int rc;

	*out_ref = NULL;
	if (pdg_policy_protects(g->section, u->ref)) {
		*out_ref = pdg_str_dup(u->ref);
		return *out_ref ? 0 : pdg_nomem(err);
	}
	if (g->remote)
		return 0;
	/* A push to a symbolic ref moves what it points at, and all that points there too (attack
	 * 28). */
	rc = pdg_repo_ref_final(g->repo, u->ref, &final, err);
	if (rc < 0)
		return rc;
	if (!pdg_policy_protects(g->section, final))
		return behind_protected(g, final, out_ref, err);
	*out_ref = PDG_TAKE(final);
	return 0;
}

/* The present value of a ref must be the one that the push means to replace (attack 26). */
static int check_old(const struct pdg_gate *g, const struct pdg_update *u, const char *ref,
		     struct pdg_error *err)
{
	char present[PDG_GIT_HEX];
	int rc;

	if (g->remote)
		return 0;
	rc = pdg_repo_ref(g->repo, ref, present, err);
	if (rc < 0 || strcmp(present, u->old) == 0)
		return rc;
	(void)pdg_reject(err, "PSH-8", "%s has moved: it is at %.12s, not at %.12s", ref,
			 present[0] ? present : "nothing", u->old[0] ? u->old : "nothing");
	pdg_fix(err, "git fetch, then push again");
	return PDG_E_REJECTED;
}

static bool is_tag_ref(const char *ref)
{
	return pdg_str_starts(ref, "refs/tags/");
}

static int forced(const char *ref, struct pdg_error *err)
{
	int rc =
		pdg_reject(err, "PSH-3",
			   is_tag_ref(ref) ? "%s is a protected tag and stands already"
					   : "%s is protected, and its present value would be lost",
			   ref);

	if (is_tag_ref(ref))
		pdg_fix(err, "make a tag of another name");
	else
		pdg_fix(err, "git pull --rebase, then push without --force");
	return rc;
}

static bool is_here(const struct pdg_repo *r, const char *hex)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	const char *type;

	return pdg_repo_read(r, hex, &raw, &type, NULL) == 0;
}

/* Deleted or forced? A clone that does not have the remote's value leaves that to the server. */
static int check_move(struct pdg_gate *g, const struct pdg_update *u, const char *ref,
		      struct pdg_walk *w, struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	bool reachable = false;
	int rc;

	if (g->section->allow_force || (!u->old[0] && u->new[0]) || strcmp(u->old, u->new) == 0)
		return 0;
	if (!u->new[0]) {
		rc = pdg_reject(err, "PSH-2", "%s is protected and cannot be deleted", ref);
		pdg_fix(err, "ask whoever keeps the policy for allowForce");
		return rc;
	}
	if (is_tag_ref(ref))
		return forced(ref, err);
	rc = pdg_walk_reaches(w, u->old, u->new, &reachable, &why);
	if (rc == PDG_E_NOTFOUND || rc == PDG_E_USAGE)
		/* What is pushed is no commit: the next step says so. */
		return 0;
	if (rc == PDG_E_LIMIT) {
		/* The commit beyond a limit is refused by its name, or in the end for this. */
		(void)pdg_context(&why, rc, "%s may lose its present value", ref);
		g->unsure = why;
		return 0;
	}
	if (rc < 0 && err)
		*err = why;
	if (rc < 0 || reachable || (g->remote && !is_here(g->repo, u->old)))
		return rc;
	return forced(ref, err);
}

static int no_commit(const char *ref, const char *type, struct pdg_error *err)
{
	int rc = pdg_reject(err, "PSH-6", "%s would point at a %s, and nobody signs those", ref,
			    type);

	pdg_fix(err, "push a commit, or a signed tag of one");
	return rc;
}

/* @value, which was pushed, is no tag for @ref: the command makes one of the commit behind it. */
static int bad_tag(const char *ref, const char *value, const char *why, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf fix = PDG_BUF_INIT(PDG_ERROR_FIX_MAX);
	int rc = pdg_reject(err, "PSH-5", "%s %s", ref, why);
	char target[PDG_OID_SHOWN + 1];

	(void)snprintf(target, sizeof(target), "%s", value);
	pdg_resign_tag(ref + strlen("refs/tags/"), target, true, &fix);
	/* A command that was cut would be another one. */
	if (pdg_buf_check(&fix, NULL) == 0 && fix.n < PDG_ERROR_FIX_MAX)
		pdg_fix(err, "%s", pdg_buf_cstr(&fix));
	return rc;
}

/* Judge one tag object; *@out_target is what it points at. */
static int judge_tag(struct pdg_gate *g, const char *hex, struct pdg_bytes raw, const char *ref,
		     char out_target[PDG_GIT_HEX], struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	PDG_AUTO(tag) struct pdg_tag *tag = NULL;
	int rc;

	rc = pdg_judge_tag(g->signers, raw, false, g->at, &v, err);
	if (rc < 0)
		return pdg_context(err, rc, "tag %s", hex);
	pdg_gate_tell(g, "tag", hex, raw, &v);
	rc = pdg_tag_parse(raw, false, &tag, err);
	if (rc < 0)
		return pdg_context(err, rc, "tag %s", hex);
	/* The name is signed; the ref's is not. A tag under another name says another thing (attack
	 * 21). */
	if (is_tag_ref(ref) && !pdg_bytes_eq_str(tag->name, ref + strlen("refs/tags/")))
		return bad_tag(ref, hex, "names a tag object of another name", err);
	if (tag->object.n >= PDG_GIT_HEX)
		return pdg_reject(err, "PSH-6", "tag %s points at what is no object", hex);
	memcpy(out_target, tag->object.p, tag->object.n);
	out_target[tag->object.n] = '\0';
	return 0;
}

/* What a protected ref would point at: tags are judged here, the commit goes into the walk. */
static int take_value(struct pdg_gate *g, const char *ref, const char *value, struct pdg_walk *w,
		      struct pdg_error *err)
{
	char at[PDG_GIT_HEX];
	const char *name = ref;
	int depth;

	memcpy(at, value, strlen(value) + 1);
	for (depth = 0; depth < TAG_DEPTH; depth++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
		const char *type = NULL;
		/* A commit is read by the walk, which names one that is too large. */
		int rc = pdg_repo_type(g->repo, at, &type, err);

		if (rc < 0)
			return pdg_context(err, rc, "%s", ref);
		if (strcmp(type, "commit") == 0) {
			if (depth == 0 && is_tag_ref(ref))
				return bad_tag(
					ref, at,
					"is protected and must be a signed tag object, not a bare name for a commit",
					err);
			return pdg_walk_push(w, at, err);
		}
		if (strcmp(type, "tag") != 0)
			return no_commit(ref, type, err);
		rc = pdg_repo_read(g->repo, at, &raw, &type, err);
		if (rc < 0)
			return pdg_context(err, rc, "%s", ref);
		rc = judge_tag(g, at, pdg_buf_bytes(&raw), name, at, err);
		if (rc < 0)
			return rc;
		/* Only the outermost tag goes by the ref's name. */
		name = "";
	}
	return no_commit(ref, "tag of many tags", err);
}

/*
 * We follow no replace ref, but whoever reads the repository with git does: what stands on a
 * protected branch would look like something else (attacks 16, 28).
 */
static int check_replace(const struct pdg_update *u, struct pdg_error *err)
{
	int rc;

	if (!u->new[0] || !pdg_str_starts(u->ref, "refs/replace/"))
		return 0;
	rc = pdg_reject(err, "PSH-12", "%s would show other objects in place of judged ones",
			u->ref);
	pdg_fix(err, "push what the object should be as a commit of its own");
	return rc;
}

int pdg_gate_take_updates(struct pdg_gate *g, const struct pdg_push *push, struct pdg_walk *w,
			  bool *out_any, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < push->n; i++) {
		const struct pdg_update *u = &push->v[i];
		PDG_AUTO(mem) char *ref = NULL;
		int rc = check_replace(u, err);

		if (rc == 0)
			rc = pdg_gate_protected(g, u, &ref, err);
		if (rc < 0)
			return rc;
		if (!ref)
			continue;
		rc = check_old(g, u, ref, err);
		if (rc == 0)
			rc = check_move(g, u, ref, w, err);
		if (rc == 0 && u->new[0])
			rc = take_value(g, ref, u->new, w, err);
		/* What the ref has is there already (a remote's: if we have it too). */
		if (rc == 0 && u->old[0])
			rc = pdg_gate_hide_commit(w, u->old, err);
		if (rc < 0)
			return rc;
		*out_any = *out_any || u->new[0];
	}
	return 0;
}
