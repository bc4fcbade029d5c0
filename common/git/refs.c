/* SPDX-License-Identifier: Apache-2.0 */
/* Names for objects: revisions as people write them, refs by their full name, history between two.
 */
#include <string.h>

#include "git/impl.h"
#include "util/str.h"

/* The commit behind a ref that leads to an object. */
static int resolve_ref(const struct pdg_repo *r, const git_reference *ref, char out[PDG_GIT_HEX],
		       struct pdg_error *err)
{
	git_oid commit;
	int rc = pdg_git_peel(r, git_reference_target(ref), &commit, err);

	if (rc == PDG_E_NOTFOUND)
		return pdg_reject(err, "GIT-3", "what \"%s\" names is not in the repository",
				  git_reference_name(ref));
	if (rc < 0)
		return pdg_context(err, rc, "\"%s\"", git_reference_name(ref));
	(void)git_oid_tostr(out, PDG_GIT_HEX, &commit);
	return 0;
}

static int names_nothing(const struct pdg_repo *r, const char *rev, struct pdg_error *err)
{
	int rc = pdg_reject(err, "GIT-4", "\"%s\" names nothing in this repository", rev);

	pdg_fix(err, "%s",
		git_repository_is_shallow(r->git) == 1
			? "name what is here, or fetch the rest, for this clone is shallow: git fetch --unshallow"
			: "name a branch, a tag or a commit; \"git log --oneline\" shows some");
	return rc;
}

/* Does @rev begin with @n characters that are the full name of an object, in either case? */
static bool is_name(const char *rev, size_t n, git_oid *out)
{
	return n == GIT_OID_HEXSZ && git_oid_fromstrn(out, rev, n) == 0;
}

/*
 * A full name is an object's and nothing else, as for git, also where that is not here: whoever may
 * push a tag could else call it so, and have it stand for the object.
 */
int pdg_repo_resolve(const struct pdg_repo *r, const char *rev, char out[PDG_GIT_HEX],
		     struct pdg_error *err)
{
	PDG_AUTO(git_object) git_object *o = NULL;
	PDG_AUTO(git_reference) git_reference *ref = NULL;
	git_oid commit;
	int rc;

	/* It needs no search, in which libgit2 would read the object, however large. */
	if (is_name(rev, strlen(rev), &commit)) {
		rc = pdg_git_peel(r, &commit, &commit, err);
		if (rc == 0)
			(void)git_oid_tostr(out, PDG_GIT_HEX, &commit);
		return rc == PDG_E_NOTFOUND ? names_nothing(r, rev, err) : rc;
	}
	if (is_name(rev, strcspn(rev, "~^@:"), &commit) && !git_odb_exists(r->odb, &commit))
		return names_nothing(r, rev, err);
	/* Nor does a ref; and of one whose object is not here libgit2 1.5 would leak some bytes. */
	if (git_reference_dwim(&ref, r->git, rev) == 0)
		return resolve_ref(r, ref, out, err);
	if (git_revparse_single(&o, r->git, rev) < 0)
		return names_nothing(r, rev, err);
	rc = pdg_git_peel(r, git_object_id(o), &commit, err);
	if (rc == PDG_E_NOTFOUND)
		return pdg_reject(err, "GIT-3", "what \"%s\" names is not in the repository", rev);
	if (rc < 0)
		return pdg_context(err, rc, "\"%s\"", rev);
	(void)git_oid_tostr(out, PDG_GIT_HEX, &commit);
	return 0;
}

int pdg_repo_ref(const struct pdg_repo *r, const char *ref, char out[PDG_GIT_HEX],
		 struct pdg_error *err)
{
	PDG_AUTO(mem) char *final = NULL;
	git_oid oid;
	int rc = pdg_repo_ref_final(r, ref, &final, err);

	if (rc < 0)
		return rc;
	rc = git_reference_name_to_id(&oid, r->git, final);
	if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC) {
		out[0] = '\0';
		return 0;
	}
	if (rc < 0)
		return pdg_git_failed(err, "ref \"%s\"", ref);
	(void)git_oid_tostr(out, PDG_GIT_HEX, &oid);
	return 0;
}

int pdg_repo_head_ref(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	PDG_AUTO(git_reference) git_reference *head = NULL;
	char *name = NULL;
	int rc = pdg_git_symbolic(r, "HEAD", &name, err);

	if (rc == 0 && !name && git_reference_lookup(&head, r->git, "HEAD") < 0)
		rc = pdg_git_failed(err, "HEAD of \"%s\"", r->gitdir);
	if (rc == 0)
		*out = name;
	return rc;
}

/* The object that @ref, found by an iterator, points at; "" where it leads nowhere. */
static int object_of(const struct pdg_repo *r, const git_reference *ref, char out[PDG_GIT_HEX],
		     struct pdg_error *err)
{
	const git_oid *target = git_reference_target(ref);

	if (!target)
		return pdg_repo_ref(r, git_reference_name(ref), out, err);
	(void)git_oid_tostr(out, PDG_GIT_HEX, target);
	return 0;
}

int pdg_repo_each_ref(const struct pdg_repo *r, const char *prefix,
		      int (*each)(void *ctx, const char *name, const char *hex,
				  struct pdg_error *err),
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
		char hex[PDG_GIT_HEX];

		rc = object_of(r, ref, hex, err);
		if (rc == 0 && hex[0])
			rc = each(ctx, git_reference_name(ref), hex, err);
		git_reference_free(ref);
		if (rc < 0)
			return rc;
	}
	if (rc != GIT_ITEROVER)
		return pdg_git_failed(err, "refs of \"%s\"", r->commondir);
	return 0;
}
