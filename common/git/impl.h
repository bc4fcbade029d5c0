/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of common/git share. No other folder includes this or any header of libgit2. */
#ifndef PDG_GIT_IMPL_H
#define PDG_GIT_IMPL_H

#include <git2.h>

#include "git/files.h"

/* Kinds of libgit2 for PDG_AUTO. Every release function of libgit2 takes NULL. */
PDG_AUTO_DEFINE(git_odb, git_odb *, git_odb_free)
PDG_AUTO_DEFINE(git_repository, git_repository *, git_repository_free)
PDG_AUTO_DEFINE(git_odb_object, git_odb_object *, git_odb_object_free)
PDG_AUTO_DEFINE(git_object, git_object *, git_object_free)
PDG_AUTO_DEFINE(git_commit, git_commit *, git_commit_free)
PDG_AUTO_DEFINE(git_tree, git_tree *, git_tree_free)
PDG_AUTO_DEFINE(git_treebuilder, git_treebuilder *, git_treebuilder_free)
PDG_AUTO_DEFINE(git_index, git_index *, git_index_free)
PDG_AUTO_DEFINE(git_config, git_config *, git_config_free)
PDG_AUTO_DEFINE(git_config_entry, git_config_entry *, git_config_entry_free)
PDG_AUTO_DEFINE(git_reference, git_reference *, git_reference_free)
PDG_AUTO_DEFINE(git_reference_iterator, git_reference_iterator *, git_reference_iterator_free)
PDG_AUTO_DEFINE(git_signature, git_signature *, git_signature_free)

static inline void pdg_auto_git_buf(git_buf *b)
{
	git_buf_dispose(b);
}

/* The text of libgit2's last failure, without its final period. Valid until its next call. */
const char *pdg_git_reason(void);

/** A failure of libgit2 as GIT-3, or PDG_E_NOMEM: "<what>: <libgit2's reason>". */
int pdg_git_failed(struct pdg_error *err, const char *fmt, ...) PDG_PRINTF(2, 3);

/**
 * What the ref @name (or HEAD) names when it is symbolic, whether there is such a ref or not; owned
 * by the caller. *@out NULL: it is not symbolic, or not there. GIT-3 where a link, or what is in
 * the file, names no ref.
 */
int pdg_git_symbolic(const struct pdg_repo *r, const char *name, char **out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** An object name from its 40 hex digits. GIT-4 for anything else. */
int pdg_git_oid(const char *hex, git_oid *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The type of an object, and of a commit or tag the object itself; *@out stays as it is for others.
 * Returns 0, PDG_E_NOTFOUND (it is not here), PDG_E_LIMIT (COM-6: it is larger than
 * PDG_LIMIT_COMMIT; *@out_type is set), PDG_E_IO (GIT-3).
 */
int pdg_git_read(const struct pdg_repo *r, const git_oid *oid, git_object_t *out_type,
		 git_odb_object **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The commit behind @oid: itself, or what a tag (of tags) points at.
 * Returns 0, PDG_E_NOTFOUND (an object is not here), PDG_E_USAGE (GIT-4: no commit behind it),
 * PDG_E_LIMIT (COM-6: a tag is too large), PDG_E_IO.
 */
int pdg_git_peel(const struct pdg_repo *r, const git_oid *oid, git_oid *out,
		 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What history needs of a raw commit: its parents, which stand between tree and author, and the
 * committer's time (0 when there is none that can be read). A malformed commit has no parents;
 * it is for the judge to refuse it.
 *
 * @out_parents  owned by the caller (free()); NULL when there are none
 * @out_n        at most one more than PDG_LIMIT_COMMIT_PARENTS, which says that there are too many
 */
int pdg_git_links(struct pdg_bytes raw, git_oid **out_parents, size_t *out_n, int64_t *out_time,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** GIT-3 when @r belongs to another user, and safe.directory does not name it (owner.c). */
int pdg_git_check_owner(const struct pdg_repo *r, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * @path as a word of the shell, for a command that is meant to be pasted; owned by the caller. NULL
 * where it is too long for a remedy to have it twice.
 */
char *pdg_git_word(const char *path);

/**
 * GIT-7 when @r, found from @start, is a bare repository that nobody named, that is part of a work
 * tree, or that safe.bareRepository excludes (bare.c); one in a ".git" is none. Also where GIT_DIR
 * names another than @r: git would go there.
 */
int pdg_git_check_bare(const struct pdg_repo *r, const char *start,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
