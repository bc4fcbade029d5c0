/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-pgp describe KEYFILE: what GnuPG knows about the certificates in a key file, as JSON on
 * standard output (docs/FORMATS.md, "Key descriptions"). The only program that runs GnuPG; the
 * library asks it once for each content of a key file (common/crypto/pgp_load.c).
 *
 * The work is done by a child, so that the private GNUPGHOME is removed also when that is
 * interrupted or dies.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "describe.h"
#include "home.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/out.h"

#define WHO "pedigree-pgp"

static const char usage[] =
	"usage: " WHO " describe KEYFILE\n"
	"\n"
	"Print as JSON what GnuPG knows about the public keys in KEYFILE (binary or armoured;\n"
	"\"-\" is standard input). GnuPG runs in a private folder that is removed again.\n";

/* For people on standard error, for the library on standard output. Returns the exit status. */
static int report(const struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_jw w;

	pdg_out_error(WHO, err);
	pdg_jw_init(&w, &out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "error");
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "rule", err->rule);
	pdg_jw_kstr(&w, "text", err->text);
	pdg_jw_kstr(&w, "fix", err->fix);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	if (pdg_buf_check(&out, NULL) == 0)
		(void)printf("%s\n", pdg_buf_cstr(&out));
	return pdg_exit_status(err->code);
}

/* The child's whole life. Returns its exit status. */
static int work(const struct keyfile *f, const char *home)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	struct pdg_error err = {0};

	if (describe(f, home, &out, &err) < 0)
		return report(&err);
	pdg_buf_putc(&out, '\n');
	if (pdg_buf_check(&out, &err) < 0)
		return report(&err);
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0) {
		(void)pdg_fail(&err, PDG_E_IO, "the description cannot be written: %s",
			       strerror(errno));
		pdg_out_error(WHO, &err);
		return pdg_exit_status(err.code);
	}
	return 0;
}

static void stop_signals(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGINT);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGHUP);
}

/* A group of its own, so that it can be ended together with the gpg that it runs. */
static int child(const struct keyfile *f, const char *home, pid_t parent)
{
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return 3;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return work(f, home);
}

/* Wait for the child, or for a signal to stop. Returns the exit status. */
static int attend(pid_t pid, const sigset_t *watched)
{
	for (;;) {
		struct pdg_error err = {0};
		int status;
		int sig = sigwaitinfo(watched, NULL);
		pid_t got;

		if (sig < 0 && errno == EINTR)
			continue;
		if (sig > 0 && sig != SIGCHLD) {
			(void)kill(-pid, SIGKILL);
			(void)waitpid(pid, NULL, 0);
			return 128 + sig;
		}
		got = waitpid(pid, &status, sig < 0 ? 0 : WNOHANG);
		if (got != pid)
			continue;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		(void)pdg_fail(&err, PDG_E_IO, "the part that runs GnuPG was ended by signal %d",
			       WTERMSIG(status));
		(void)kill(-pid, SIGKILL);
		return report(&err);
	}
}

static int run(const struct keyfile *f, const char *home)
{
	struct pdg_error err = {0};
	pid_t parent = getpid();
	sigset_t watched;
	pid_t pid;

	stop_signals(&watched);
	(void)sigaddset(&watched, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &watched, NULL);
	(void)signal(SIGCHLD, SIG_DFL); /* whoever ignores it would never hear of the child's end */
	pid = fork();
	if (pid < 0) {
		(void)pdg_fail(&err, PDG_E_IO, "cannot start a process: %s", strerror(errno));
		return report(&err);
	}
	if (pid == 0)
		exit(child(f, home, parent));
	(void)setpgid(pid, pid);
	return attend(pid, &watched);
}

static int command_describe(const char *path)
{
	PDG_AUTO(keyfile) struct keyfile f = {0};
	struct pdg_error err = {0};
	char *home = NULL;
	sigset_t stop;
	int status;

	if (keyfile_read(path, &f, &err) < 0)
		return report(&err);
	/* From here on a signal must not leave the folder behind: run() takes them. */
	stop_signals(&stop);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	if (home_make(&home, &err) < 0)
		return report(&err);
	status = run(&f, home);
	if (home_remove(home, &err) < 0) {
		pdg_out_error(WHO, &err);
		return status ? status : pdg_exit_status(err.code);
	}
	return status;
}

int main(int argc, char **argv)
{
	(void)umask(077);
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		(void)fputs(usage, stdout);
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "describe") != 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	return command_describe(argv[2]);
}
