/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-signer: started by pedigreed before it serves, over a socket that is its standard
 * input. Ends when that is closed, whatever signals come: the daemon has something to finish after
 * SIGTERM, and needs signatures for it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/confine.h"
#include "signer/keeper.h"
#include "util/opt.h"
#include "util/out.h"
#include "util/str.h"

static const struct pdg_opt options[] = {
	{"config", "FILE", "the daemon's configuration, which names signingKey", false},
	{"origin", "NAME", "the log's origin: its checkpoints, and the journal's", false},
	{"version", NULL, "print the version", false},
	{0},
};

/* Nothing that was open in who started this comes in. */
static void close_others(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) != 0) {
		int fd;

		for (fd = STDERR_FILENO + 1; fd < 1024; fd++)
			(void)close(fd);
	}
}

static void ignore_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * A module looks into the home for its configuration, as libraries do. A service's home may be the
 * folder of its store, which the process that asks may write: nothing there speaks in here.
 */
static int leave_home(struct pdg_error *err)
{
	static const char *const places[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
					     "XDG_STATE_HOME", "XDG_RUNTIME_DIR"};
	size_t i;
	int rc = setenv("HOME", "/nonexistent", 1);

	for (i = 0; rc == 0 && i < sizeof(places) / sizeof(places[0]); i++)
		rc = unsetenv(places[i]);
	return rc == 0 ? 0 : pdg_nomem(err);
}

/* The variable's value, for this process alone; NULL: it is not there. */
static int take_variable(const char *name, char **out, struct pdg_error *err)
{
	const char *value = getenv(name);

	*out = pdg_str_dup(value);
	if ((value && !*out) || unsetenv(name) != 0)
		return pdg_nomem(err);
	return 0;
}

static int run(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(mem) char *journal_key = NULL;
	PDG_AUTO(mem) char *log_key = NULL;
	struct pdg_signer_places places = {
		.config = pdg_args_get(args, "config"),
		.origin = pdg_args_get(args, "origin"),
	};
	struct stat st;
	size_t i;
	int rc;

	if (!places.config || !places.origin || args->n_args || fstat(STDIN_FILENO, &st) != 0 ||
	    !S_ISSOCK(st.st_mode))
		return pdg_reject(err, "CLI-1", "this program is started by pedigreed alone");
	rc = take_variable(PDG_AGENT_ENV_JOURNAL_KEY, &journal_key, err);
	if (rc == 0)
		rc = take_variable(PDG_AGENT_ENV_LOG_KEY, &log_key, err);
	if (rc < 0)
		return rc;
	places.journal_key = journal_key;
	places.log_key = log_key;
	rc = pdg_signer_modules(&places, err);
	if (rc == 0)
		rc = pdg_signer_keep(&places, STDIN_FILENO, err);
	for (i = 0; i < PDG_PURPOSES; i++)
		free(places.modules[i]);
	return rc;
}

int main(int argc, char **argv)
{
	struct pdg_args args = {0};
	struct pdg_error err = {0};
	int rc;

	umask(077);
	close_others();
	ignore_signals();
	rc = pdg_confine_begin(&err);
	if (rc == 0)
		rc = leave_home(&err);
	if (rc == 0)
		rc = pdg_args_parse(options, argc - 1, argv + 1, &args, &err);
	if (rc == 0 && pdg_args_has(&args, "version"))
		printf("pedigree-signer %s\n", PEDIGREE_VERSION);
	else if (rc == 0)
		rc = run(&args, &err);
	pdg_args_done(&args);
	if (rc < 0)
		pdg_out_error("pedigree-signer", &err);
	return rc < 0 ? pdg_exit_status(rc) : 0;
}
