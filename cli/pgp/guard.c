/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between main.c and what asks GnuPG (describe.c, verify.c). A key ring in a private folder and a
 * gpg that runs on are what nobody wants to find later, and the process that would clean up can be
 * killed: so it is none that anybody else knows of.
 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"

static void watch(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGINT);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGHUP);
	(void)sigaddset(out, SIGCHLD);
}

/* A signal when the parent ends. False: it has ended already. */
static bool follow(pid_t parent, int sig)
{
	return prctl(PR_SET_PDEATHSIG, sig) == 0 && getppid() == parent;
}

static int cannot_fork(const struct guarded *g)
{
	struct pdg_error err = {0};

	(void)pdg_fail(&err, PDG_E_IO, "cannot start a process: %s", strerror(errno));
	return g->report(&err);
}

/*
 * Wait for the child, or for a signal to stop, which ends it by sending @stop to @whom (its pid, or
 * its group). Returns the exit status, or 128 + the number of what stopped it.
 */
static int attend(pid_t pid, pid_t whom, int stop)
{
	sigset_t watched;
	int status = 0;

	watch(&watched);
	for (;;) {
		int sig = sigwaitinfo(&watched, NULL);
		pid_t got;

		if (sig < 0 && errno == EINTR)
			continue;
		if (sig > 0 && sig != SIGCHLD) {
			(void)kill(whom, stop);
			(void)waitpid(pid, NULL, 0);
			return 128 + sig;
		}
		got = waitpid(pid, &status, sig < 0 ? 0 : WNOHANG);
		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* The third process. A group of its own, so that it can be ended together with its gpg. */
static int worker(const struct guarded *g, const char *home, pid_t parent)
{
	sigset_t none;

	(void)setpgid(0, 0);
	if (!follow(parent, SIGKILL))
		return 3;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return g->work(g->arg, home);
}

static int run(const struct guarded *g, const char *home)
{
	struct pdg_error err = {0};
	pid_t self = getpid();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return cannot_fork(g);
	if (pid == 0)
		exit(worker(g, home, self));
	(void)setpgid(pid, pid);
	status = attend(pid, -pid, SIGKILL);
	/* What is left of the group, when the worker died and its gpg did not. */
	(void)kill(-pid, SIGKILL);
	if (status <= 128)
		return status;
	(void)pdg_fail(&err, PDG_E_IO, "the part that runs GnuPG was ended by signal %d",
		       status - 128);
	(void)g->report(&err);
	return status;
}

/* The second process. */
static int keeper(const struct guarded *g, pid_t parent)
{
	struct pdg_error err = {0};
	char *home = NULL;
	int status;

	if (!follow(parent, SIGTERM))
		return 3;
	if (home_make(&home, &err) < 0)
		return g->report(&err);
	status = run(g, home);
	if (home_remove(home, &err) < 0) {
		(void)g->report(&err);
		return status ? status : pdg_exit_status(err.code);
	}
	return status;
}

int guard_run(const struct guarded *g)
{
	pid_t self = getpid();
	sigset_t watched;
	pid_t pid;

	/* From here on a signal must not leave the folder behind: attend() takes them. */
	watch(&watched);
	(void)sigprocmask(SIG_BLOCK, &watched, NULL);
	(void)signal(SIGCHLD, SIG_DFL); /* whoever ignores it would never hear of the child's end */
	pid = fork();
	if (pid < 0)
		return cannot_fork(g);
	if (pid == 0)
		exit(keeper(g, self));
	return attend(pid, pid, SIGTERM);
}
