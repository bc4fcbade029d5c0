/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A forge's own merge (rules.md 2.3): made again, in memory, and compared. Nothing is written
 * to the repository, and its configuration has no say in how the merge is made.
 */
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

#include "git/impl.h"

#define FIRST_PLACE  1000 /* before every backend of libgit2's own */
#define RENAME_LIMIT 1000

/* The repository once more, with a first place for objects that is memory: writes end there. */
static int open_trial(struct pdg_repo *r, struct pdg_error *err)
{
	git_repository *trial = NULL;
	git_odb_backend *memory = NULL;
	git_odb *odb = NULL;
	size_t i;
	bool ok;

	if (r->trial)
		return 0;
	ok = git_repository_open_ext(&trial, r->gitdir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0 &&
	     git_repository_odb(&odb, trial) == 0;
	for (i = 0; ok && i < r->n_borrowed; i++)
		ok = git_odb_add_disk_alternate(odb, r->borrowed[i]) == 0;
	ok = ok && git_mempack_new(&memory) == 0;
	if (ok && git_odb_add_backend(odb, memory, FIRST_PLACE) < 0) {
		memory->free(memory);
		ok = false;
	}
	git_odb_free(odb);
	if (!ok) {
		git_repository_free(trial);
		return pdg_git_failed(err, "a trial merge in \"%s\"", r->gitdir);
	}
	r->trial = trial;
	r->memory = memory;
	return 0;
}

static int find_commit(const struct pdg_repo *r, const char *hex, git_commit **out,
		       struct pdg_error *err)
{
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0 && git_commit_lookup(out, r->trial, &oid) < 0)
		rc = pdg_git_failed(err, "commit %s", hex);
	return rc;
}

/* The tree that merging gives. PDG_E_NOTFOUND when there is a conflict. */
static int merge_tree(const struct pdg_repo *r, const git_commit *a, const git_commit *b,
		      git_oid *out, struct pdg_error *err)
{
	PDG_AUTO(git_index) git_index *index = NULL;
	git_merge_options opts;
	int rc = git_merge_options_init(&opts, GIT_MERGE_OPTIONS_VERSION);

	if (rc < 0)
		return pdg_git_failed(err, "the trial merge");
	opts.flags = GIT_MERGE_FIND_RENAMES | GIT_MERGE_FAIL_ON_CONFLICT | GIT_MERGE_SKIP_REUC;
	opts.rename_threshold = 50;
	opts.target_limit = RENAME_LIMIT;
	opts.default_driver = "text";
	rc = git_merge_commits(&index, r->trial, a, b, &opts);
	if (rc == GIT_EMERGECONFLICT || (rc == 0 && git_index_has_conflicts(index)))
		return PDG_E_NOTFOUND;
	if (rc < 0 || git_index_write_tree_to(out, index, r->trial) < 0)
		return pdg_git_failed(err, "the trial merge");
	return 0;
}

int pdg_repo_merge_gives(struct pdg_repo *r, const char *a, const char *b, const char *tree,
			 bool *out, struct pdg_error *err)
{
	PDG_AUTO(git_commit) git_commit *ca = NULL;
	PDG_AUTO(git_commit) git_commit *cb = NULL;
	git_oid wanted;
	git_oid got;
	int rc = pdg_git_oid(tree, &wanted, err);

	if (rc == 0)
		rc = open_trial(r, err);
	if (rc == 0)
		rc = find_commit(r, a, &ca, err);
	if (rc == 0)
		rc = find_commit(r, b, &cb, err);
	if (rc < 0)
		return rc;
	rc = merge_tree(r, ca, cb, &got, err);
	(void)git_mempack_reset(r->memory);
	if (rc < 0 && rc != PDG_E_NOTFOUND)
		return rc;
	*out = rc == 0 && git_oid_cmp(&got, &wanted) == 0;
	return 0;
}
