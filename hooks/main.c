/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-hook, all hooks in one program, and pedigree-commit, those around a commit. Installed
 * hooks are small scripts that name the hook and what was fixed at installation
 * (cli/repo/install.c); the hook that was there before is run from here with the same input, so
 * that git's lines reach both.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/start.h"
#include "hook.h"
#include "proc/spawn.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/opt.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"

static const struct pdg_opt options[] = {
	{"hook", "NAME", "which hook this is (default: the name it is called by)", false},
	{"policy", "FILE", "server hooks: the policy file", false},
	{"repository", "URI", "server hooks: the policy's section", false},
	{"server-key", "PEM", "post-receive: the git server's private key", false},
	{"service", "URL", "post-receive: where statements go", false},
	{"deadline", "TIME", "post-receive: how long a push may wait for the service", false},
	PDG_WAY_OPTIONS,
	{"chain", "FILE", "the hook that was here before", false},
	{"existing", "WHEN", "when that runs: before (default) or after", false},
	{0},
};

static const struct pdg_hook *find_hook(const char *name)
{
	const struct pdg_hook *hook;

	for (hook = pdg_hooks; hook->name; hook++) {
		if (strcmp(hook->name, name) == 0)
			return hook;
	}
	return NULL;
}

/* git must never write into a pipe that nobody reads: what is too much is read and dropped. */
static int read_input(struct pdg_buf *in, struct pdg_error *err)
{
	int rc = pdg_fs_read_fd(STDIN_FILENO, "standard input", in, err);
	char drain[4096];

	while (rc < 0 && read(STDIN_FILENO, drain, sizeof(drain)) > 0)
		;
	return rc;
}

/* The hook that was here before. Like git, one that cannot be executed is passed over. */
static int run_chained(const struct pdg_hook *hook, const char *chain, const struct pdg_args *args,
		       struct pdg_bytes input, struct pdg_error *err)
{
	PDG_AUTO(mem) const char **argv = pdg_calloc(args->n_args + 2, sizeof(char *));
	struct pdg_spawn s = {.program = chain, .input = input};
	int status = 0;
	int rc;

	if (!argv)
		return pdg_nomem(err);
	if (access(chain, F_OK) != 0) {
		rc = pdg_reject(err, "PSH-10", "the hook that was here before, \"%s\", is gone",
				chain);
		pdg_fix(err, "put it back, or \"pedigree hooks uninstall\" and install again");
		return rc;
	}
	if (access(chain, X_OK) != 0)
		return 0;
	argv[0] = chain;
	if (args->n_args)
		memcpy(argv + 1, args->arg, args->n_args * sizeof(char *));
	s.argv = argv;
	rc = pdg_spawn(&s, &status, err);
	if (rc < 0)
		return rc;
	if (status == 0)
		return 0;
	rc = pdg_reject(err, "PSH-10",
			"the %s hook that was here before, \"%s\", ended with status %d",
			hook->name, chain, status);
	pdg_fix(err, "do what it says above; it is none of Pedigree's, which only runs it");
	return rc;
}

static void hook_done(struct pdg_hook_run *h)
{
	free(h->settings.service);
	free(h->settings.deadline);
	pdg_way_done(&h->settings.way);
	pdg_place_done(&h->place);
	pdg_repo_free(h->repo);
}

static int copy_option(const struct pdg_args *args, const char *name, const char *otherwise,
		       char **out, struct pdg_error *err)
{
	const char *v = pdg_args_get(args, name);

	*out = pdg_str_dup(v ? v : otherwise);
	return *out || !(v || otherwise) ? 0 : pdg_nomem(err);
}

/* What was fixed at installation; nothing of the repository, nothing of the environment. */
static int fixed_settings(const struct pdg_args *args, struct pdg_hook_settings *s,
			  struct pdg_error *err)
{
	int rc;

	s->policy = pdg_args_get(args, "policy");
	s->repository = pdg_args_get(args, "repository");
	s->server_key = pdg_args_get(args, "server-key");
	if (!s->policy || s->policy[0] != '/') {
		rc = pdg_reject(err, "HOK-4",
				"this hook was installed without the absolute path of a policy");
		pdg_fix(err, "pedigree hooks install --server --policy FILE");
		return rc;
	}
	rc = copy_option(args, "service", NULL, &s->service, err);
	if (rc == 0)
		rc = copy_option(args, "deadline", PDG_HOOK_DEADLINE, &s->deadline, err);
	if (rc == 0)
		rc = pdg_way_of_args(args, &s->way, err);
	return rc;
}

static int run_own(const struct pdg_hook *hook, const struct pdg_args *args, struct pdg_bytes input,
		   const char *chain_after, struct pdg_error *err)
{
	struct pdg_hook_run h = {.hook = hook,
				 .input = input,
				 .chain_after = chain_after,
				 .args = args->arg,
				 .n_args = args->n_args};
	int rc = hook->server ? fixed_settings(args, &h.settings, err) : 0;

	if (rc == 0)
		rc = pdg_hook_open(&h, err);
	if (rc == 0)
		rc = pdg_place_init(h.repo, &h.place, err);
	if (rc == 0)
		rc = hook->run(&h, err);
	hook_done(&h);
	return rc;
}

/*
 * Before a thing is done, the first refusal ends it; after it, every hook runs and says what is
 * wrong, for there is nothing left to stop.
 */
static int run_all(const struct pdg_hook *hook, const struct pdg_args *args, struct pdg_bytes input,
		   struct pdg_error *err)
{
	const char *chain = pdg_args_get(args, "chain");
	const char *when = pdg_args_get(args, "existing");
	bool chain_last = when && strcmp(when, "after") == 0;
	int step;

	for (step = 0; step < 2; step++) {
		bool theirs = (step == 1) == chain_last;
		int rc = 0;

		if (!theirs)
			rc = run_own(hook, args, input, chain_last ? chain : NULL, err);
		else if (chain)
			rc = run_chained(hook, chain, args, input, err);
		if (rc < 0 && hook->refuses)
			return rc;
		if (rc < 0)
			pdg_out_error("pedigree", err);
	}
	return 0;
}

static int run(int argc, char **argv, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf input = PDG_BUF_INIT(PDG_LIMIT_PUSH_INPUT);
	const char *slash = strrchr(argv[0], '/');
	struct pdg_args args = {.table = NULL};
	const struct pdg_hook *hook;
	const char *name;
	int rc = pdg_args_parse(options, argc - 1, argv + 1, &args, err);

	if (rc < 0)
		return rc;
	name = pdg_args_has(&args, "hook") ? pdg_args_get(&args, "hook")
	       : slash			   ? slash + 1
					   : argv[0];
	hook = find_hook(name);
	if (!hook) {
		rc = pdg_reject(err, "CLI-1", "\"%s\" is none of the hooks", name);
		pdg_fix(err, "this program is run by git; \"pedigree hooks install\" installs it");
	} else {
		if (hook->input)
			rc = read_input(&input, err);
		if (rc == 0)
			rc = run_all(hook, &args, pdg_buf_bytes(&input), err);
		else if (!hook->refuses)
			pdg_out_error("pedigree", err);
		if (!hook->refuses)
			rc = 0;
	}
	pdg_args_done(&args);
	return rc;
}

int main(int argc, char **argv)
{
	struct pdg_error err = {.code = 0};
	int rc;

	if (argc < 1)
		return 2;
	/* No file that the environment or the system names decides what OpenSSL does here. */
	pdg_crypto_fixed();
	/* A client that hangs up must not end us between two steps. */
	(void)signal(SIGPIPE, SIG_IGN);
	rc = run(argc, argv, &err);
	if (rc == 0)
		return 0;
	pdg_out_error("pedigree", &err);
	return pdg_exit_status(rc);
}
