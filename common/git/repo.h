/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Git repositories through libgit2: objects, refs, configuration. libgit2 gives bytes and
 * names, never a verdict: replace refs and grafts are not followed, signatures not asked for.
 */
#ifndef PDG_GIT_REPO_H
#define PDG_GIT_REPO_H

#include <stdbool.h>

#include "util/auto.h"
#include "util/buf.h"
#include "util/way.h"

#define PDG_GIT_HEX 65

struct pdg_repo;

enum pdg_repo_open {
	PDG_REPO_DISCOVER,    /* from a working folder, up to its .git */
	PDG_REPO_ENVIRONMENT, /* inside a hook: GIT_DIR, quarantine and alternates count */
};

/**
 * Open the repository at @path. Variables that libgit2 cannot take (GIT_WORK_TREE,
 * GIT_COMMON_DIR) are handled; a repository of another owner that safe.directory does not name
 * (git-config(1)), a SHA-256 one that this libgit2 cannot read, and no repository at all each have
 * their own text. With PDG_REPO_DISCOVER a bare repository is opened where @path names it (of ".",
 * where -C did, or GIT_DIR), and neither where one has only gone into its folders, nor in a work
 * tree without GIT_DIR, nor against safe.bareRepository; and none but the one that GIT_DIR names.
 * Returns 0, PDG_E_USAGE (GIT-1: there is none; GIT-2: SHA-256 objects; GIT-7), PDG_E_IO (GIT-3).
 */
int pdg_repo_open(const char *path, enum pdg_repo_open how, struct pdg_repo **out,
		  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_repo_free(struct pdg_repo *r);
PDG_AUTO_DEFINE(repo, struct pdg_repo *, pdg_repo_free)

bool pdg_repo_bare(const struct pdg_repo *r);
/** Absolute, resolved: the git dir, the common git dir (worktrees share it), the work tree (NULL:
 * bare). */
const char *pdg_repo_gitdir(const struct pdg_repo *r);
const char *pdg_repo_commondir(const struct pdg_repo *r);
const char *pdg_repo_workdir(const struct pdg_repo *r);
/** Where hooks are: core.hooksPath (relative: to the work tree, or git dir when bare), else
 * commondir/hooks. Owned by the caller. */
int pdg_repo_hooks_dir(const struct pdg_repo *r, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A configuration value (all levels), owned by the caller; *@out NULL when unset. The files are
 * read once, when the first value is asked for, and anew after pdg_repo_config_set(). git's own
 * settings are read as git reads them, with GIT_CONFIG_GLOBAL and "-c"; pedigree.* from files
 * alone.
 */
int pdg_repo_config(const struct pdg_repo *r, const char *name, char **out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/**
 * A switch, as git reads it (git-config(1), "boolean"): a name without a value is true, an empty
 * value false, a number true unless 0. *@out_set: somebody has set it; *@out is false when not.
 * Returns 0, PDG_E_IO (GIT-3: also what is no boolean), PDG_E_NOMEM.
 */
int pdg_repo_config_bool(const struct pdg_repo *r, const char *name, bool *out_set, bool *out,
			 struct pdg_error *err) PDG_MUST_CHECK;
/**
 * pedigree.service, and the way to the service @named or, where that is NULL, to this one, as
 * pedigree.proxy, .ca, .clientCertificate and .clientKey say it; files absolute, or "~/…".
 * A service that is named (by an option, the environment), or configured by the user or the system,
 * goes the way that those configure, and is shown their certificate where it is on the server of
 * their pedigree.service. The repository's own files count for the service that they name
 * themselves, with their own certificate and key alone (half of each is none); but for the server
 * to which the user's is shown, the user's count there too.
 * Returns 0, PDG_E_USAGE (CLI-2), as pdg_repo_config().
 */
int pdg_repo_way(const struct pdg_repo *r, const char *named, struct pdg_way_configured *out,
		 struct pdg_error *err) PDG_MUST_CHECK;
/** Set a value in the repository's own configuration; NULL removes it. */
int pdg_repo_config_set(struct pdg_repo *r, const char *name, const char *value,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Say the type of an object ("commit", "tag", "tree", "blob"; static), and append the raw bytes of
 * a commit or tag; those of a tree or blob are not read. The bytes were hashed: they are those that
 * the name names.
 * Returns 0, PDG_E_USAGE (GIT-4), PDG_E_NOTFOUND, PDG_E_LIMIT (COM-6: larger than
 * PDG_LIMIT_COMMIT), PDG_E_IO (GIT-3).
 */
int pdg_repo_read(const struct pdg_repo *r, const char *hex, struct pdg_buf *out,
		  const char **out_type, struct pdg_error *err) PDG_MUST_CHECK;

/** The type of an object, whatever its size; else as pdg_repo_read(). */
int pdg_repo_type(const struct pdg_repo *r, const char *hex, const char **out_type,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Append a file (blob) of at most as many bytes as @out has room for. Returns 0, PDG_E_USAGE
 * (GIT-4), PDG_E_NOTFOUND (also: the object is no file), PDG_E_LIMIT, PDG_E_IO (GIT-3).
 */
int pdg_repo_blob(const struct pdg_repo *r, const char *hex, struct pdg_buf *out,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The commit (peeled) that a revision names ("HEAD", "v1.0^2", a hex name). GIT-4 when none, GIT-3
 * where it is not here.
 */
int pdg_repo_resolve(const struct pdg_repo *r, const char *rev, char out[PDG_GIT_HEX],
		     struct pdg_error *err) PDG_MUST_CHECK;
/** The object that a full ref name points at (not peeled); "" when there is no such ref. */
int pdg_repo_ref(const struct pdg_repo *r, const char *ref, char out[PDG_GIT_HEX],
		 struct pdg_error *err) PDG_MUST_CHECK;
/**
 * The ref that is written when @ref is: @ref itself, or what it points at when it is symbolic (a
 * push to a symbolic ref moves its target). Owned by the caller.
 */
int pdg_repo_ref_final(const struct pdg_repo *r, const char *ref, char **out,
		       struct pdg_error *err) PDG_MUST_CHECK;
/** The full name of the branch that HEAD is on, owned by the caller; NULL when detached. */
int pdg_repo_head_ref(const struct pdg_repo *r, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Call @each for every ref whose full name begins with @prefix (NULL: for all), with the object
 * it points at (hex, not peeled); a symbolic ref that leads nowhere is passed over. A negative
 * return stops and is returned.
 */
int pdg_repo_each_ref(const struct pdg_repo *r, const char *prefix,
		      int (*each)(void *ctx, const char *name, const char *hex,
				  struct pdg_error *err),
		      void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Call @each for every symbolic ref whose full name begins with @prefix, with the name that is
 * written when it is (pdg_repo_ref_final()), whether there is such a ref yet or not. A negative
 * return stops and is returned.
 */
int pdg_repo_each_symbolic(const struct pdg_repo *r, const char *prefix,
			   int (*each)(void *ctx, const char *name, const char *final,
				       struct pdg_error *err),
			   void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is @ancestor reachable from @tip (or the same)? PDG_E_LIMIT (COM-6): not as far as history could
 * be followed, and a commit that is beyond a limit ended that.
 */
int pdg_repo_reachable(const struct pdg_repo *r, const char *ancestor, const char *tip, bool *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does merging @a and @b without conflict give exactly the tree @tree (rules.md 2.3)? The merge
 * is made in memory: nothing is written to the repository.
 */
int pdg_repo_merge_gives(struct pdg_repo *r, const char *a, const char *b, const char *tree,
			 bool *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
