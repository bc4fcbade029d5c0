/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-signer: started by pedigreed before it serves, over a socket that is its standard
 * input. Ends when that is closed, whatever signals come: the daemon has something to finish after
 * SIGTERM, and needs signatures for it.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/confine.h"
#include "signer/keeper.h"
#include "util/opt.h"
#include "util/out.h"

static const struct pdg_opt options[] = {
	{"config", "FILE", "the daemon's configuration, which names signingKey", false},
	{"origin", "NAME", "the log's origin: its checkpoints, and the journal's", false},
	{"journal-key", "KEY", "the journal's key", false},
	{"log-key", "KEY", "the log's key", false},
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

static int run(const struct pdg_args *args, struct pdg_error *err)
{
	const struct pdg_signer_places places = {
		.config = pdg_args_get(args, "config"),
		.origin = pdg_args_get(args, "origin"),
		.journal_key = pdg_args_get(args, "journal-key"),
		.log_key = pdg_args_get(args, "log-key"),
	};
	struct stat st;

	if (!places.config || !places.origin || args->n_args || fstat(STDIN_FILENO, &st) != 0 ||
	    !S_ISSOCK(st.st_mode))
		return pdg_reject(err, "CLI-1", "this program is started by pedigreed alone");
	return pdg_signer_keep(&places, STDIN_FILENO, err);
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
