/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of pedigree-repo, one file each, and what they share. */
#ifndef PDG_CLI_REPO_H
#define PDG_CLI_REPO_H

#include "gate/place.h"
#include "git/repo.h"
#include "repo/script.h"
#include "util/opt.h"
#include "util/way.h"

extern const struct pdg_opt pdg_cmd_init_options[];
extern const struct pdg_opt pdg_cmd_hooks_install_options[];
extern const struct pdg_opt pdg_cmd_hooks_options[];
extern const struct pdg_opt pdg_cmd_check_options[];
extern const struct pdg_opt pdg_cmd_attest_source_options[];
extern const struct pdg_opt pdg_cmd_attest_build_options[];
extern const struct pdg_opt pdg_cmd_doctor_options[];
extern const struct pdg_opt pdg_cmd_settings_options[];

int pdg_cmd_init(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_hooks_install(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_hooks_uninstall(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_hooks_status(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_digest(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_check(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_attest_source(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_attest_build(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_doctor(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_settings(const struct pdg_args *args, struct pdg_error *err);

/** The repository that we stand in, and its place. Both owned by the caller. */
int pdg_here(struct pdg_repo **out_repo, struct pdg_place *out_place,
	     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * An option, else an environment variable (NULL: none), else the repository's configuration (@r may
 * be NULL). *@out owned by the caller; NULL when none says it.
 */
int pdg_setting(const struct pdg_args *args, const char *option, const char *env,
		const struct pdg_repo *r, const char *config, char **out,
		struct pdg_error *err) PDG_MUST_CHECK;

/** As pdg_repo_way(). @r NULL, as outside a repository: by what the user and the system configure.
 */
int pdg_here_configured(const struct pdg_repo *r, const char *named, struct pdg_way_configured *out,
			struct pdg_error *err) PDG_MUST_CHECK;

/** The service that --service or the environment names, or NULL. Borrowed. */
const char *pdg_here_named(const struct pdg_args *args);

/**
 * The way to @service (util/way.h; NULL: none yet): what options say, completed by what the hooks
 * of a server were given (@hooks, which loses it) or, without such hooks (NULL, or no policy in
 * them), by git's configuration as pdg_here_configured() reads it.
 */
int pdg_here_way(const struct pdg_args *args, const char *service, struct pdg_script *hooks,
		 const struct pdg_repo *r, struct pdg_way *out,
		 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * @path made absolute from where we stand, with its symbolic links as they are: whoever keeps a
 * file behind a link may go on moving it. Owned by the caller.
 */
int pdg_here_absolute(const char *path, char **out, struct pdg_error *err) PDG_MUST_CHECK;

/** --existing: does a hook that was there run after ours? Returns 0, PDG_E_USAGE (CLI-1). */
int pdg_existing_after(const struct pdg_args *args, bool *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What the installed hooks of a server were given; with a policy of NULL where there are none. Ours
 * that cannot be read, or are not as they were written, are a failure: what the configuration names
 * instead is no policy of a server. PDG_E_USAGE (HOK-4).
 */
int pdg_here_script(const struct pdg_repo *r, struct pdg_script *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Find policy and section: as --policy and --repository say, else as @script does, for on a git
 * server nothing of the configuration counts, else as pdg_place_find() does.
 */
int pdg_here_place(const struct pdg_args *args, const struct pdg_repo *r,
		   const struct pdg_script *script, struct pdg_place *p,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Is the commit @hex, a baseline of the policy, here? Returns 0, PDG_E_USAGE (GIT-4), PDG_E_IO. */
int pdg_here_baseline(const struct pdg_repo *r, const char *hex,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Load the keys of the section that was found; descriptions are kept in the user's own folder. */
int pdg_here_signers(struct pdg_place *p, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Run pedigree-net with @words (NULL-ended, the program's name left out); what it prints is
 * printed. *@out_status is its exit status.
 */
int pdg_run_net(const char *const *words, int *out_status, struct pdg_error *err) PDG_MUST_CHECK;
/** The same with @input on its standard input. */
int pdg_run_net_with(const char *const *words, struct pdg_bytes input, int *out_status,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
