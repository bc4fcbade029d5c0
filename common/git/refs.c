/* SPDX-License-Identifier: Apache-2.0 */
/* Names for objects: revisions as people write them, refs by their full name, history between two.
 */
#include <string.h>

#include "git/impl.h"
#include "util/str.h"

int pdg_repo_resolve(const struct pdg_repo *r, const char *rev, char out[PDG_GIT_HEX],
		     struct pdg_error *err)
{
	PDG_AUTO(git_object) git_object *o = NULL;
	git_oid commit;
	int rc = PDG_E_NOTFOUND;

	/* A full name needs no search, in which libgit2 would read the object, however large. */
	if (pdg_git_oid(rev, &commit, NULL) == 0)
		rc = pdg_git_peel(r, &commit, &commit, err);
	if (rc == 0)
		(void)git_oid_tostr(out, PDG_GIT_HEX, &commit);
	if (rc != PDG_E_NOTFOUND)
		return rc;
	if (git_revparse_single(&o, r->git, rev) < 0) {
		rc = pdg_reject(err, "GIT-4", "\"%s\" names nothing in this repository", rev);
		pdg_fix(err, "name a branch, a tag or a commit; \"git log --oneline\" shows some");
		return rc;
	}
	rc = pdg_git_peel(r, git_object_id(o), &commit, err);
	if (rc < 0)
		return pdg_context(err, rc, "\"%s\"", rev);
	(void)git_oid_tostr(out, PDG_GIT_HEX, &commit);
	return 0;
}

int pdg_repo_ref(const struct pdg_repo *r, const char *ref, char out[PDG_GIT_HEX],
		 struct pdg_error *err)
{
	git_oid oid;
	int rc = git_reference_name_to_id(&oid, r->git, ref);

	if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC) {
		out[0] = '\0';
		return 0;
	}
	if (rc < 0)
		return pdg_git_failed(err, "ref \"%s\"", ref);
	(void)git_oid_tostr(out, PDG_GIT_HEX, &oid);
	return 0;
}

#define SYMREF_DEPTH 5 /* as git follows (refs.c) */

int pdg_repo_ref_final(const struct pdg_repo *r, const char *ref, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = strdup(ref);
	int depth;

	for (depth = 0; name && depth < SYMREF_DEPTH; depth++) {
		PDG_AUTO(git_reference) git_reference *found = NULL;
		int rc = git_reference_lookup(&found, r->git, name);

		if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC ||
		    (rc == 0 && git_reference_type(found) == GIT_REFERENCE_DIRECT)) {
			*out = PDG_TAKE(name);
			return 0;
		}
		if (rc < 0)
			return pdg_git_failed(err, "ref \"%s\"", name);
		free(name);
		name = strdup(git_reference_symbolic_target(found));
	}
	if (!name)
		return pdg_nomem(err);
	return pdg_reject(err, "GIT-3", "ref \"%s\" is symbolic over more than %d steps", ref,
			  SYMREF_DEPTH);
}

int pdg_repo_head_ref(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	PDG_AUTO(git_reference) git_reference *head = NULL;
	char *name = NULL;

	if (git_reference_lookup(&head, r->git, "HEAD") < 0)
		return pdg_git_failed(err, "HEAD of \"%s\"", r->gitdir);
	if (git_reference_type(head) == GIT_REFERENCE_SYMBOLIC) {
		name = strdup(git_reference_symbolic_target(head));
		if (!name)
			return pdg_nomem(err);
	}
	*out = name;
	return 0;
}

/* Every ref under @prefix, as libgit2 gives it. */
static int each_found(const struct pdg_repo *r, const char *prefix,
		      int (*take)(void *ctx, const git_reference *ref, struct pdg_error *err),
		      void *ctx, struct pdg_error *err)
{
	PDG_AUTO(git_reference_iterator) git_reference_iterator *it = NULL;
	PDG_AUTO(mem) char *glob = pdg_str_printf("%s*", prefix ? prefix : "");
	git_reference *ref;
	int rc;

	if (!glob)
		return pdg_nomem(err);
	if (git_reference_iterator_glob_new(&it, r->git, glob) < 0)
		return pdg_git_failed(err, "refs of \"%s\"", r->commondir);
	while ((rc = git_reference_next(&ref, it)) == 0) {
		rc = take(ctx, ref, err);
		git_reference_free(ref);
		if (rc < 0)
			return rc;
	}
	if (rc != GIT_ITEROVER)
		return pdg_git_failed(err, "refs of \"%s\"", r->commondir);
	return 0;
}

/* Who wants refs, and what they are told of each. */
struct giving {
	const struct pdg_repo *r;
	int (*each)(void *ctx, const char *name, const char *what, struct pdg_error *err);
	void *ctx;
};

static int give_object(void *ctx, const git_reference *ref, struct pdg_error *err)
{
	const struct giving *g = ctx;
	const git_oid *target = git_reference_target(ref);
	const char *name = git_reference_name(ref);
	char hex[PDG_GIT_HEX];
	git_oid oid;

	if (!target) {
		int rc = git_reference_name_to_id(&oid, g->r->git, name);

		if (rc == GIT_ENOTFOUND)
			return 0;
		if (rc < 0)
			return pdg_git_failed(err, "ref \"%s\"", name);
		target = &oid;
	}
	(void)git_oid_tostr(hex, sizeof(hex), target);
	return g->each(g->ctx, name, hex, err);
}

static int give_final(void *ctx, const git_reference *ref, struct pdg_error *err)
{
	const struct giving *g = ctx;
	const char *name = git_reference_name(ref);
	PDG_AUTO(mem) char *final = NULL;
	int rc;

	if (git_reference_type(ref) != GIT_REFERENCE_SYMBOLIC)
		return 0;
	rc = pdg_repo_ref_final(g->r, name, &final, err);
	return rc < 0 ? rc : g->each(g->ctx, name, final, err);
}

int pdg_repo_each_ref(const struct pdg_repo *r, const char *prefix,
		      int (*each)(void *ctx, const char *name, const char *hex,
				  struct pdg_error *err),
		      void *ctx, struct pdg_error *err)
{
	struct giving g = {.r = r, .each = each, .ctx = ctx};

	return each_found(r, prefix, give_object, &g, err);
}

int pdg_repo_each_symbolic(const struct pdg_repo *r, const char *prefix,
			   int (*each)(void *ctx, const char *name, const char *final,
				       struct pdg_error *err),
			   void *ctx, struct pdg_error *err)
{
	struct giving g = {.r = r, .each = each, .ctx = ctx};

	return each_found(r, prefix, give_final, &g, err);
}
