/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of pedigree-repo share: where we are, what is set, and the program that speaks.
 */
#include <stdlib.h>
#include <string.h>

#include "common/settings.h"
#include "git/files.h"
#include "proc/spawn.h"
#include "repo/repo.h"
#include "util/fs.h"
#include "util/size.h"
#include "util/str.h"

int pdg_here(struct pdg_repo **out_repo, struct pdg_place *out_place, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	int rc = pdg_repo_open(".", PDG_REPO_DISCOVER, &r, err);

	if (rc == 0)
		rc = pdg_place_init(r, out_place, err);
	if (rc < 0)
		return rc;
	*out_repo = PDG_TAKE(r);
	return 0;
}

int pdg_setting(const struct pdg_args *args, const char *option, const char *env,
		const struct pdg_repo *r, const char *config, char **out, struct pdg_error *err)
{
	const char *v = pdg_args_get(args, option);

	if (!v && env) {
		v = getenv(env);
		if (v && !v[0])
			v = NULL;
	}
	if (!v && r)
		return pdg_repo_config(r, config, out, err);
	*out = pdg_str_dup(v);
	return v && !*out ? pdg_nomem(err) : 0;
}

int pdg_here_configured(const struct pdg_repo *r, const char *named, struct pdg_way_configured *out,
			struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *none = r ? NULL : pdg_repo_new();

	if (!r && !none)
		return pdg_nomem(err);
	return pdg_repo_way(r ? r : none, named, out, err);
}

const char *pdg_here_named(const struct pdg_args *args)
{
	const char *env = getenv("PEDIGREE_SERVICE");
	const char *option = pdg_args_get(args, "service");

	return option ? option : env && env[0] ? env : NULL;
}

int pdg_here_way(const struct pdg_args *args, const char *service, struct pdg_script *hooks,
		 const struct pdg_repo *r, struct pdg_way *out, struct pdg_error *err)
{
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	int rc = pdg_way_of_args(args, out, err);

	if (rc < 0)
		return rc;
	if (hooks && hooks->policy) {
		pdg_way_withhold(&hooks->way, hooks->service, service);
		pdg_way_complete(out, &hooks->way);
		return 0;
	}
	rc = pdg_here_configured(r, pdg_here_named(args), &c, err);
	if (rc == 0)
		pdg_way_complete(out, &c.way);
	return rc;
}

int pdg_here_absolute(const char *path, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *here = NULL;
	int rc = pdg_path_real(".", &here, err);

	if (rc < 0)
		return rc;
	*out = pdg_path_join(here, path);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_here_script(const struct pdg_repo *r, struct pdg_script *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = NULL;
	struct pdg_error why = {.code = 0};
	int rc = pdg_repo_hooks_dir(r, &dir, err);

	*out = (struct pdg_script){.program = NULL};
	if (rc < 0)
		return rc;
	rc = pdg_hook_script(dir, "post-receive", out, &why);
	if (rc == PDG_E_NOTFOUND)
		rc = pdg_hook_script(dir, "pre-receive", out, &why);
	if (rc == 0 || rc == PDG_E_NOTFOUND)
		return 0;
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	rc = pdg_reject(err, "HOK-4", "the policy of this server is not known: %s", why.text);
	pdg_fix(err, "pedigree hooks install --server --policy FILE again");
	return rc;
}

int pdg_here_place(const struct pdg_args *args, const struct pdg_repo *r,
		   const struct pdg_script *script, struct pdg_place *p, struct pdg_error *err)
{
	const char *policy = pdg_args_get(args, "policy");
	const char *uri = pdg_args_get(args, "repository");

	if (policy || !script->policy)
		return pdg_place_find(p, r, policy, uri, err);
	return pdg_place_fixed(p, r, script->policy, uri ? uri : script->repository, err);
}

int pdg_here_baseline(const struct pdg_repo *r, const char *hex, struct pdg_error *err)
{
	char found[PDG_GIT_HEX];
	struct pdg_error why = {.code = 0};
	int rc = pdg_repo_resolve(r, hex, found, &why);

	if (rc == 0)
		return 0;
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	rc = pdg_reject(
		err, "GIT-4",
		"the policy's baseline %.12s is no commit of this repository, and excuses nothing here",
		hex);
	pdg_fix(err, "write the full name of a commit; in a shallow clone: git fetch --unshallow");
	return rc;
}

int pdg_here_signers(struct pdg_place *p, struct pdg_error *err)
{
	/* Never from the repository that is looked at: a copy of somebody's brings its own. */
	PDG_AUTO(mem) char *users = pdg_settings_key_cache();

	return pdg_place_load_signers(p, users, err);
}

int pdg_run_net(const char *const *words, int *out_status, struct pdg_error *err)
{
	return pdg_run_net_with(words, pdg_bytes(NULL, 0), out_status, err);
}

int pdg_run_net_with(const char *const *words, struct pdg_bytes input, int *out_status,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(mem) const char **argv = NULL;
	struct pdg_spawn s = {.input = input};
	size_t n = 0;
	int rc = pdg_program_path("pedigree-net", &program, err);

	if (rc < 0)
		return rc;
	while (words[n])
		n++;
	argv = pdg_calloc(n + 2, sizeof(char *));
	if (!argv)
		return pdg_nomem(err);
	argv[0] = "pedigree-net";
	memcpy(argv + 1, words, n * sizeof(char *));
	s.program = program;
	s.argv = argv;
	return pdg_spawn(&s, out_status, err);
}
