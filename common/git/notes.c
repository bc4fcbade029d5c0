/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes as git keeps them: a tree whose entries are named by the commits they speak of, on a
 * ref of its own. libgit2's git_note_create() writes a flat tree and a commit for each
 * note (211 ms a note at 100,000); here one push is one commit, and a note touches one
 * subtree of about a 256th.
 */
#include "git/notes.h"

#include <string.h>

#include "git/impl.h"
#include "util/size.h"

#define FANOUT	      2 /* hex digits that name the subtree */
#define NOTES_MESSAGE "Notes added by pedigree\n"

/* The tree that the notes ref has now; both NULL when there is none. */
static int present(const struct pdg_repo *r, git_commit **out_commit, git_tree **out_tree,
		   struct pdg_error *err)
{
	git_oid oid;
	int rc = git_reference_name_to_id(&oid, r->git, PDG_NOTES_REF);

	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0 || git_commit_lookup(out_commit, r->git, &oid) < 0 ||
	    git_commit_tree(out_tree, *out_commit) < 0)
		return pdg_git_failed(err, "\"%s\"", PDG_NOTES_REF);
	return 0;
}

/* The subtree @name of @tree, or NULL. */
static int subtree(const struct pdg_repo *r, const git_tree *tree, const char *name, git_tree **out,
		   struct pdg_error *err)
{
	const git_tree_entry *e = tree ? git_tree_entry_byname(tree, name) : NULL;

	if (!e || git_tree_entry_type(e) != GIT_OBJECT_TREE)
		return 0;
	if (git_tree_lookup(out, r->git, git_tree_entry_id(e)) < 0)
		return pdg_git_failed(err, "\"%s\" below \"%s\"", name, PDG_NOTES_REF);
	return 0;
}

static int put_note(const struct pdg_repo *r, git_treebuilder *sub,
		    const struct pdg_note_item *item, struct pdg_error *err)
{
	git_oid blob;

	if (git_blob_create_from_buffer(&blob, r->git, item->text.p, item->text.n) < 0 ||
	    git_treebuilder_insert(NULL, sub, item->commit + FANOUT, &blob, GIT_FILEMODE_BLOB) < 0)
		return pdg_git_failed(err, "note of %s", item->commit);
	return 0;
}

/* Write the notes of @items[0..n), which share a subtree, and hang it into @root. */
static int put_group(const struct pdg_repo *r, const git_tree *old, git_treebuilder *root,
		     const struct pdg_note_item *const *items, size_t n, struct pdg_error *err)
{
	PDG_AUTO(git_tree) git_tree *old_sub = NULL;
	PDG_AUTO(git_treebuilder) git_treebuilder *sub = NULL;
	const char name[FANOUT + 1] = {items[0]->commit[0], items[0]->commit[1]};
	git_oid written;
	size_t i;
	int rc = subtree(r, old, name, &old_sub, err);

	if (rc < 0)
		return rc;
	if (git_treebuilder_new(&sub, r->git, old_sub) < 0)
		return pdg_git_failed(err, "notes");
	for (i = 0; i < n; i++) {
		rc = put_note(r, sub, items[i], err);
		if (rc < 0)
			return rc;
		/* A note that git itself kept flat would be shown twice. */
		if (git_treebuilder_get(root, items[i]->commit) &&
		    git_treebuilder_remove(root, items[i]->commit) < 0)
			return pdg_git_failed(err, "old note of %s", items[i]->commit);
	}
	if (git_treebuilder_write(&written, sub) < 0 ||
	    git_treebuilder_insert(NULL, root, name, &written, GIT_FILEMODE_TREE) < 0)
		return pdg_git_failed(err, "notes below \"%s\"", name);
	return 0;
}

/* Who commits the notes: the user where known, else this program. */
static int committer(const struct pdg_repo *r, git_signature **out, struct pdg_error *err)
{
	if (git_signature_default(out, r->git) == 0 ||
	    git_signature_now(out, "Pedigree", "pedigree@localhost") == 0)
		return 0;
	return pdg_git_failed(err, "a committer for notes");
}

/* Commit @tree on the notes ref, if it still is where we found it. */
static int commit_notes(const struct pdg_repo *r, const git_commit *parent, const git_oid *tree_oid,
			struct pdg_error *err)
{
	PDG_AUTO(git_tree) git_tree *tree = NULL;
	PDG_AUTO(git_signature) git_signature *who = NULL;
	const git_commit *parents[1] = {parent};
	git_oid commit;
	int rc = committer(r, &who, err);

	if (rc < 0)
		return rc;
	if (git_tree_lookup(&tree, r->git, tree_oid) < 0 ||
	    git_commit_create(&commit, r->git, PDG_NOTES_REF, who, who, NULL, NOTES_MESSAGE, tree,
			      parent ? 1 : 0, parents) < 0)
		return pdg_git_failed(err, "\"%s\" could not be moved on", PDG_NOTES_REF);
	return 0;
}

static int by_commit(const void *a, const void *b)
{
	const struct pdg_note_item *const *x = a;
	const struct pdg_note_item *const *y = b;

	return strcmp((*x)->commit, (*y)->commit);
}

/* Pointers to @items in the order of their commits, all names checked. */
static int sorted(const struct pdg_note_item *items, size_t n, const struct pdg_note_item ***out,
		  struct pdg_error *err)
{
	PDG_AUTO(mem) const struct pdg_note_item **order = pdg_calloc(n, sizeof(*order));
	git_oid oid;
	size_t i;

	if (!order)
		return pdg_nomem(err);
	for (i = 0; i < n; i++) {
		int rc = pdg_git_oid(items[i].commit, &oid, err);

		if (rc < 0)
			return rc;
		order[i] = &items[i];
	}
	qsort(order, n, sizeof(*order), by_commit);
	*out = PDG_TAKE(order);
	return 0;
}

int pdg_notes_add(struct pdg_repo *r, const struct pdg_note_item *items, size_t n,
		  struct pdg_error *err)
{
	PDG_AUTO(mem) const struct pdg_note_item **order = NULL;
	PDG_AUTO(git_commit) git_commit *parent = NULL;
	PDG_AUTO(git_tree) git_tree *old = NULL;
	PDG_AUTO(git_treebuilder) git_treebuilder *root = NULL;
	git_oid written;
	size_t i;
	size_t end;
	int rc;

	if (n == 0)
		return 0;
	rc = sorted(items, n, &order, err);
	if (rc == 0)
		rc = present(r, &parent, &old, err);
	if (rc < 0)
		return rc;
	if (git_treebuilder_new(&root, r->git, old) < 0)
		return pdg_git_failed(err, "notes");
	for (i = 0; i < n; i = end) {
		for (end = i + 1;
		     end < n && memcmp(order[i]->commit, order[end]->commit, FANOUT) == 0;)
			end++;
		rc = put_group(r, old, root, order + i, end - i, err);
		if (rc < 0)
			return rc;
	}
	if (git_treebuilder_write(&written, root) < 0)
		return pdg_git_failed(err, "notes");
	if (old && git_oid_cmp(&written, git_tree_id(old)) == 0)
		return 0;
	return commit_notes(r, parent, &written, err);
}
