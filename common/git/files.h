/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be known of a repository from its files alone, without libgit2: the hooks around a
 * commit live on this (hooks/open_files.c). Private to common/git but for what begins
 * with pdg_repo_.
 */
#ifndef PDG_GIT_FILES_H
#define PDG_GIT_FILES_H

#include "git/repo.h"

/**
 * For a client's hook, which git runs in the top folder of the work tree: open the repository there
 * (GIT_DIR counts) as far as pdg_repo_config() and the functions about folders need it. Nothing
 * else of git/repo.h may be called on it.
 * Returns 0, PDG_E_NOTFOUND (no such plain repository here: pdg_repo_open() decides), PDG_E_NOMEM.
 */
int pdg_repo_open_files(struct pdg_repo **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The commit that HEAD names, where that stands in plain files. Returns 0, or PDG_E_NOTFOUND:
 * libgit2 has to be asked.
 */
int pdg_repo_head_file(const struct pdg_repo *r, char out[PDG_GIT_HEX],
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Where @path, a folder or a file that names one ("gitdir: …"), leads to, resolved; NULL when
 * nowhere. Owned by the caller. */
char *pdg_git_follow(const char *path);

/** Is there a file of its own for the object @hex? */
bool pdg_repo_is_loose(const struct pdg_repo *r, const char *hex);

/**
 * Append the raw bytes of the commit @hex, if it lies in a file of its own, as new commits do. They
 * are not hashed here: the caller compares. Returns 0, or PDG_E_NOTFOUND: libgit2 has to be asked.
 */
int pdg_repo_loose_commit(const struct pdg_repo *r, const char *hex, struct pdg_buf *out,
			  struct pdg_error *err) PDG_MUST_CHECK;

/* Where a value stands: whether a repository could have set it. */
enum pdg_gitconfig_scope {
	PDG_GITCONFIG_SYSTEM,
	PDG_GITCONFIG_GLOBAL,
	PDG_GITCONFIG_LOCAL,
	PDG_GITCONFIG_COMMAND, /* git -c, and its environment */
};

struct pdg_gitconfig_value {
	char *name;  /* as pdg_gitconfig_parse() gives it */
	char *value; /* NULL: none */
	enum pdg_gitconfig_scope scope;
	bool included; /* from a file that one of this scope names */
};

/* In the order in which git reads them: the last one counts. */
struct pdg_gitconfig_values {
	struct pdg_gitconfig_value *v;
	size_t n, cap;
};

void pdg_gitconfig_values_done(struct pdg_gitconfig_values *values);
PDG_AUTO_DEFINE_VALUE(gitconfig_values, struct pdg_gitconfig_values, pdg_gitconfig_values_done)

enum pdg_gitconfig_read {
	PDG_GITCONFIG_AS_GIT = 1,    /* with what git's environment adds and replaces */
	PDG_GITCONFIG_WITH_LOCAL = 2 /* with the repository's own files */
};

/** Read git's configuration of @r. @how: enum pdg_gitconfig_read. Returns 0, PDG_E_IO (GIT-3),
 * NOMEM.
 */
int pdg_gitconfig_load(const struct pdg_repo *r, unsigned how, struct pdg_gitconfig_values *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Give what git's environment adds ("git -c", GIT_CONFIG_COUNT) to @take, in git's order. */
int pdg_gitconfig_environment(int (*take)(void *ctx, const char *name, const char *value,
					  struct pdg_error *err),
			      void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/** @path with "~/" or "~user/" replaced; NULL: no such home folder, or no memory. Owned. */
char *pdg_gitconfig_home(const char *path);

/** A boolean as git writes it. Returns 0, PDG_E_FORMAT (it is none). */
int pdg_gitconfig_bool(const char *value, bool *out, struct pdg_error *err) PDG_MUST_CHECK;

/** The last value of @name ("Section.Sub.Key"), or NULL. Borrowed. */
const struct pdg_gitconfig_value *pdg_gitconfig_last(const struct pdg_gitconfig_values *values,
						     const char *name);

/** The same; with @own none that the repository's files say. */
const struct pdg_gitconfig_value *pdg_gitconfig_last_of(const struct pdg_gitconfig_values *values,
							const char *name, bool own);

/** All values that stand in files, whatever git's environment says; as pdg_gitconfig_load(), but
 * read once. Borrowed. */
int pdg_gitconfig_of_files(const struct pdg_repo *r, const struct pdg_gitconfig_values **out,
			   struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_git_values {
	void (*each)(void *ctx, const char *value); /* NULL or "": the ones before do not count */
	void *ctx;
};

/**
 * The values of @name that no repository can set: of the system, the user, and git's command line,
 * in this order (git-config(1), SCOPES). As in git no repository meets a condition of theirs, nor
 * has a say in one (includeIf).
 */
int pdg_git_protected(const char *name, const struct pdg_git_values *values,
		      struct pdg_error *err) PDG_MUST_CHECK;

/* The values as they were first read, kept for as long as the repository is open. */
struct pdg_gitconfig_cache {
	struct pdg_gitconfig_values as_git;
	struct pdg_gitconfig_values from_files;
	bool has_as_git, has_from_files;
};

void pdg_gitconfig_cache_done(struct pdg_gitconfig_cache *cache);

struct pdg_repo {
	struct git_repository *git; /* NULL: opened by files alone */
	struct git_odb *odb;
	char *gitdir;
	char *commondir;
	char *workdir;
	char **borrowed; /* object folders added by the environment: quarantine, alternates */
	size_t n_borrowed, cap_borrowed;
	/* The same repository, whose writes stay in memory, and where; made when needed. */
	struct git_repository *trial;
	struct git_odb_backend *memory; /* owned by trial */
	struct pdg_gitconfig_cache *config;
	void (*close)(struct pdg_repo *r); /* lets go of libgit2's part; NULL: there is none */
};

/** An empty repository that pdg_repo_free() takes. NULL: no memory. */
struct pdg_repo *pdg_repo_new(void);

#endif
