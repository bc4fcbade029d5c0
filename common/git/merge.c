/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A forge's own merge (rules.md 2.3): made again, in memory, and compared. Nothing is written
 * to the repository, and neither its configuration nor its attributes (merge=union would settle
 * every conflict) have a say in how the merge is made; nor has a commit-graph or graft, for what
 * both sides come from is found in our own graph (merge_base.c), and libgit2 is given trees alone.
 */
#include <git2/sys/mempack.h>
#include <git2/sys/merge.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <string.h>

#include "git/graph.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/size.h"

#define FIRST_PLACE  1000 /* before every backend of libgit2's own */
#define RENAME_LIMIT 1000
#define DEPTH_MOST   4 /* merges of merge bases: histories that crossed again and again */

/* All objects of the repository, behind a first place for them that is memory: writes end there. */
static int open_objects(const struct pdg_repo *r, git_odb **out, git_odb_backend **out_memory,
			struct pdg_error *err)
{
	PDG_AUTO(mem) char *objects = pdg_path_join(r->commondir, "objects");
	PDG_AUTO(git_odb) git_odb *odb = NULL;
	git_odb_backend *memory = NULL;
	size_t i;
	bool ok;

	if (!objects)
		return pdg_nomem(err);
	ok = git_odb_open(&odb, objects) == 0;
	for (i = 0; ok && i < r->n_borrowed; i++)
		ok = git_odb_add_disk_alternate(odb, r->borrowed[i]) == 0;
	ok = ok && git_mempack_new(&memory) == 0;
	if (ok && git_odb_add_backend(odb, memory, FIRST_PLACE) < 0) {
		memory->free(memory);
		ok = false;
	}
	if (!ok)
		return pdg_git_failed(err, "a trial merge in \"%s\"", r->gitdir);
	*out = PDG_TAKE(odb);
	*out_memory = memory;
	return 0;
}

/*
 * A repository of these objects and nothing else: no folder, so no attributes; no configuration; an
 * index that is empty, for libgit2 looks for attributes there too. Those of the user and the
 * system, which it finds by itself, must not choose to take both sides.
 */
static int open_trial(struct pdg_repo *r, struct pdg_error *err)
{
	PDG_AUTO(git_repository) git_repository *trial = NULL;
	PDG_AUTO(git_odb) git_odb *odb = NULL;
	PDG_AUTO(git_config) git_config *config = NULL;
	PDG_AUTO(git_index) git_index *index = NULL;
	git_odb_backend *memory = NULL;
	int rc = r->trial ? 0 : open_objects(r, &odb, &memory, err);

	if (rc < 0 || r->trial)
		return rc;
	if (git_repository_wrap_odb(&trial, odb) < 0 || git_config_new(&config) < 0 ||
	    git_index_new(&index) < 0 || git_repository_set_config(trial, config) < 0 ||
	    git_repository_set_index(trial, index) < 0)
		return pdg_git_failed(err, "a trial merge in \"%s\"", r->gitdir);
	(void)git_merge_driver_unregister("union");
	r->trial = PDG_TAKE(trial);
	r->memory = memory;
	return 0;
}

/* The tree of a commit: "tree <hex>" in its first line. */
static int tree_of(const struct pdg_repo *r, const git_oid *commit, git_oid *out,
		   struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
	git_object_t type = GIT_OBJECT_INVALID;
	struct pdg_bytes raw = {NULL, 0};
	struct pdg_bytes line = {NULL, 0};
	char hex[PDG_GIT_HEX];
	int rc = pdg_git_read(r, commit, &type, &o, err);

	if (rc < 0)
		return rc;
	if (o)
		raw = pdg_bytes(git_odb_object_data(o), git_odb_object_size(o));
	if (type == GIT_OBJECT_COMMIT && pdg_bytes_line(&raw, &line) &&
	    pdg_bytes_starts(line, "tree ")) {
		line = pdg_bytes_from(line, strlen("tree "));
		if (pdg_is_hex(line, GIT_OID_HEXSZ) &&
		    git_oid_fromstrn(out, (const char *)line.p, line.n) == 0)
			return 0;
	}
	(void)git_oid_tostr(hex, sizeof(hex), commit);
	return pdg_reject(err, "GIT-3", "object %s is no commit with a tree", hex);
}

static int find_tree(const struct pdg_repo *r, const git_oid *oid, git_tree **out,
		     struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];

	if (git_tree_lookup(out, r->trial, oid) == 0)
		return 0;
	(void)git_oid_tostr(hex, sizeof(hex), oid);
	return pdg_git_failed(err, "tree %s", hex);
}

/*
 * The tree that merging two gives. @base  NULL: they have nothing in common; @inner  it will be a
 * base itself, in which git leaves the marks of a conflict. PDG_E_NOTFOUND when there is one.
 */
static int merge_trees(const struct pdg_repo *r, const git_oid *base, const git_oid *a,
		       const git_oid *b, bool inner, git_oid *out, struct pdg_error *err)
{
	PDG_AUTO(git_tree) git_tree *tree_base = NULL;
	PDG_AUTO(git_tree) git_tree *tree_a = NULL;
	PDG_AUTO(git_tree) git_tree *tree_b = NULL;
	PDG_AUTO(git_index) git_index *index = NULL;
	git_merge_options opts;
	int rc = base ? find_tree(r, base, &tree_base, err) : 0;

	if (rc == 0)
		rc = find_tree(r, a, &tree_a, err);
	if (rc == 0)
		rc = find_tree(r, b, &tree_b, err);
	if (rc < 0)
		return rc;
	if (git_merge_options_init(&opts, GIT_MERGE_OPTIONS_VERSION) < 0)
		return pdg_git_failed(err, "the trial merge");
	opts.flags = GIT_MERGE_FIND_RENAMES | GIT_MERGE_SKIP_REUC |
		     (inner ? GIT_MERGE_VIRTUAL_BASE : GIT_MERGE_FAIL_ON_CONFLICT);
	opts.rename_threshold = 50;
	opts.target_limit = RENAME_LIMIT;
	opts.default_driver = "text";
	rc = git_merge_trees(&index, r->trial, tree_base, tree_a, tree_b, &opts);
	if (rc == GIT_EMERGECONFLICT || (rc == 0 && git_index_has_conflicts(index)))
		return PDG_E_NOTFOUND;
	if (rc < 0 || git_index_write_tree_to(out, index, r->trial) < 0)
		return pdg_git_failed(err, "the trial merge");
	return 0;
}

static int merge_commits(const struct pdg_repo *r, struct pdg_graph *g, struct pdg_node *a,
			 struct pdg_node *b, unsigned depth, git_oid *out, struct pdg_error *err);

/*
 * What two commits come from; *@out_any false when that is nothing. Of two bases, where histories
 * crossed, it is their own merge, as git's recursive strategy makes it. Of more none is made:
 * PDG_E_NOTFOUND, as for a conflict.
 */
static int base_tree(const struct pdg_repo *r, struct pdg_graph *g, struct pdg_node *a,
		     struct pdg_node *b, unsigned depth, git_oid *out, bool *out_any,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_node **bases = NULL;
	size_t n = 0;
	int rc = pdg_graph_common(g, a, b, &bases, &n, err);

	if (rc < 0)
		return rc;
	*out_any = n > 0;
	if (n > 2 || (n == 2 && depth == DEPTH_MOST))
		return PDG_E_NOTFOUND;
	if (n == 2)
		return merge_commits(r, g, bases[0], bases[1], depth + 1, out, err);
	return n == 1 ? tree_of(r, &bases[0]->oid, out, err) : 0;
}

/* Calls itself by way of base_tree(), DEPTH_MOST times at most. */
static int merge_commits(const struct pdg_repo *r, struct pdg_graph *g, struct pdg_node *a,
			 struct pdg_node *b, unsigned depth, git_oid *out, struct pdg_error *err)
{
	git_oid base;
	git_oid tree_a;
	git_oid tree_b;
	bool any = false;
	int rc = base_tree(r, g, a, b, depth, &base, &any, err);

	if (rc == 0)
		rc = tree_of(r, &a->oid, &tree_a, err);
	if (rc == 0)
		rc = tree_of(r, &b->oid, &tree_b, err);
	return rc < 0 ? rc
		      : merge_trees(r, any ? &base : NULL, &tree_a, &tree_b, depth > 0, out, err);
}

static int read_node(struct pdg_graph *g, const char *hex, struct pdg_node **out,
		     struct pdg_error *err)
{
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0)
		rc = pdg_graph_node(g, &oid, out, err);
	return rc < 0 ? rc : pdg_graph_read(g, *out, err);
}

int pdg_repo_merge_gives(struct pdg_repo *r, const char *a, const char *b, const char *tree,
			 bool *out, struct pdg_error *err)
{
	PDG_AUTO(graph) struct pdg_graph g;
	struct pdg_node *node_a = NULL;
	struct pdg_node *node_b = NULL;
	git_oid wanted;
	git_oid got;
	int rc;

	pdg_graph_init(&g, r);
	rc = pdg_git_oid(tree, &wanted, err);
	if (rc == 0)
		rc = open_trial(r, err);
	if (rc == 0)
		rc = read_node(&g, a, &node_a, err);
	if (rc == 0)
		rc = read_node(&g, b, &node_b, err);
	if (rc < 0)
		return rc;
	rc = merge_commits(r, &g, node_a, node_b, 0, &got, err);
	(void)git_mempack_reset(r->memory);
	/* What cannot be made again gives nothing: a conflict, or a commit beyond a limit. */
	if (rc < 0 && rc != PDG_E_NOTFOUND && rc != PDG_E_LIMIT)
		return rc;
	*out = rc == 0 && git_oid_cmp(&got, &wanted) == 0;
	return 0;
}
