/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks as files: each of ours is a script of three lines that names the hook's program and what
 * is fixed at installation. A hook that was there before is kept beside it as <name>.pre-pedigree
 * and run by ours; removing ours puts it back.
 */
#ifndef PDG_CLI_REPO_INSTALL_H
#define PDG_CLI_REPO_INSTALL_H

#include "git/repo.h"

enum pdg_hook_state {
	PDG_HOOK_ABSENT,
	PDG_HOOK_OURS,
	PDG_HOOK_OURS_BROKEN, /* ours, but not executable, or its program is gone */
	PDG_HOOK_FOREIGN,
};

/* The hooks of a clone, and those of a repository that is pushed to. NULL-ended. */
extern const char *const pdg_client_hooks[];
extern const char *const pdg_server_hooks[];

/* What a server's hooks are given; for a clone's only @after counts. */
struct pdg_install {
	const char *policy;	/* absolute */
	const char *repository; /* or NULL, as the rest */
	const char *server_key; /* absolute */
	const char *service;
	const char *deadline;
	struct pdg_way way;
	bool after; /* hooks that were there run after ours */
};

/**
 * Is @dir a folder in which nobody else can replace a hook? Returns 0, PDG_E_NOTFOUND (none there),
 * PDG_E_USAGE (HOK-3, HOK-4).
 */
int pdg_hooks_check_dir(const char *dir, struct pdg_error *err) PDG_MUST_CHECK;

/** What stands at @dir/@name, and whether a hook from before is kept. HOK-3, HOK-4 as above. */
int pdg_hook_look(const char *dir, const char *name, enum pdg_hook_state *out, bool *out_kept,
		  struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_script;

/** What our hook at @dir/@name says (cli/repo/script.h). NOTFOUND: there is none of ours; HOK-4,
 * IO. */
int pdg_hook_script(const char *dir, const char *name, struct pdg_script *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Install @names into @dir, all or none as far as can be told beforehand. Doing it again gives the
 * same. Returns 0, PDG_E_USAGE (HOK-3, HOK-4), PDG_E_IO.
 */
int pdg_hooks_install(const char *dir, const char *const *names, const struct pdg_install *in,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Is any of @names in @dir one of ours? Returns 0, also without the folder; HOK-3, HOK-4, IO. */
int pdg_hooks_present(const char *dir, const char *const *names, bool *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Remove those of @names that are ours from @dir, put back what was there. *@out_n: how many. A
 * folder that is empty then goes too. Returns 0, PDG_E_USAGE (HOK-3, HOK-4), PDG_E_IO.
 */
int pdg_hooks_remove(const char *dir, const char *const *names, size_t *out_n,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
