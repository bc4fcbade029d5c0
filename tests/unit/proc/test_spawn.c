/* SPDX-License-Identifier: Apache-2.0 */
/* Running programs: input, output, status, limits, deadlines, and no process left behind. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "support/check.h"
#include "util/fs.h"
#include "util/time.h"

/* Run /bin/sh with @script. */
static int shell(struct pdg_spawn s, const char *script, int *out_status, struct pdg_error *err)
{
	const char *const argv[] = {"sh", "-c", script, NULL};

	s.program = "/bin/sh";
	s.argv = argv;
	return pdg_spawn(&s, out_status, err);
}

static bool has_children(void)
{
	return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

static void statuses(void)
{
	struct pdg_error err = {0};
	int status = -1;

	CHECK_OK(shell((struct pdg_spawn){0}, "exit 0", &status, &err), &err);
	CHECK_INT(status, 0);
	CHECK_OK(shell((struct pdg_spawn){0}, "exit 7", &status, &err), &err);
	CHECK_INT(status, 7);
	CHECK_OK(shell((struct pdg_spawn){.timeout_ms = 10000}, "exit 8", &status, &err), &err);
	CHECK_INT(status, 8);
	CHECK_OK(shell((struct pdg_spawn){0}, "kill -TERM $$", &status, &err), &err);
	CHECK_INT(status, 128 + SIGTERM);
	CHECK(!has_children());
}

static void input_and_output(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 20);
	struct pdg_error err = {0};
	int status = -1;
	size_t i;

	/* More than a pipe holds, both ways. */
	for (i = 0; i < 1 << 20; i++)
		pdg_buf_putc(&in, (uint8_t)(i * 31 >> 3));
	CHECK_OK(shell((struct pdg_spawn){.input = pdg_buf_bytes(&in), .out = &out}, "cat", &status,
		       &err),
		 &err);
	CHECK_INT(status, 0);
	CHECK(pdg_bytes_eq(pdg_buf_bytes(&in), pdg_buf_bytes(&out)));

	pdg_buf_reset(&out);
	pdg_buf_puts(&out, "kept ");
	CHECK_OK(shell((struct pdg_spawn){.out = &out, .timeout_ms = 10000},
		       "cat; echo end; exit 3", &status, &err),
		 &err);
	CHECK_INT(status, 3);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), "kept end\n");
}

static void child_that_does_not_read(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(100);
	struct pdg_error err = {0};
	sigset_t pending;
	int status = -1;
	size_t i;

	/* Whoever runs the tests may have it ignored. */
	CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	for (i = 0; i < 1 << 17; i++)
		pdg_buf_printf(&in, "%08zx", i);
	CHECK_OK(shell((struct pdg_spawn){.input = pdg_buf_bytes(&in), .out = &out},
		       "exec <&-; echo bye; exit 4", &status, &err),
		 &err);
	CHECK_INT(status, 4);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), "bye\n");
	CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
}

static void too_much_output(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};
	int status = 4711;
	int64_t before = pdg_monotonic_ms();

	CHECK_CODE(shell((struct pdg_spawn){.out = &out}, "exec cat /dev/zero", &status, &err),
		   &err, PDG_E_LIMIT);
	CHECK_INT(status, 4711);
	CHECK(pdg_monotonic_ms() - before < 10000);
	CHECK(!has_children());
}

static void deadline(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};
	int status = 4711;
	int64_t before = pdg_monotonic_ms();

	CHECK_CODE(shell((struct pdg_spawn){.timeout_ms = 100}, "exec sleep 30", &status, &err),
		   &err, PDG_E_IO);
	CHECK_CODE(shell((struct pdg_spawn){.timeout_ms = 100, .out = &out},
			 "trap '' TERM; echo x; exec sleep 30", &status, &err),
		   &err, PDG_E_IO);
	CHECK_INT(status, 4711);
	CHECK(pdg_monotonic_ms() - before >= 200 && pdg_monotonic_ms() - before < 10000);
	CHECK(!has_children());
}

/* A process left in the background holds the pipe, but is not waited for. */
static void background_is_not_waited_for(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};
	int status = -1;
	int64_t before = pdg_monotonic_ms();
	uint64_t pid = 0;

	CHECK_OK(shell((struct pdg_spawn){.out = &out}, "sleep 30 & echo $!", &status, &err), &err);
	CHECK(pdg_monotonic_ms() - before < 10000);
	if (CHECK(out.n > 1 &&
		  pdg_bytes_u64(pdg_bytes_head(pdg_buf_bytes(&out), out.n - 1), INT32_MAX, &pid) &&
		  pid > 1))
		CHECK(kill((pid_t)pid, SIGKILL) == 0);
}

static void what_cannot_be_started(void)
{
	const char *const argv[] = {"x", NULL};
	PDG_AUTO(mem) char *script = NULL;
	struct pdg_error err = {0};
	int status = 4711;
	char *dir = pdg_test_dir();

	script = pdg_test_file(dir, "script", pdg_bytes_str("#!/bin/sh\n"));
	CHECK_CODE(pdg_spawn(&(struct pdg_spawn){.program = "sh", .argv = argv}, &status, &err),
		   &err, PDG_E_IO);
	CHECK_CODE(pdg_spawn(&(struct pdg_spawn){.program = "/nonexistent", .argv = argv}, &status,
			     &err),
		   &err, PDG_E_IO);
	CHECK_CODE(pdg_spawn(&(struct pdg_spawn){.program = script, .argv = argv}, &status, &err),
		   &err, PDG_E_IO);
	CHECK_CODE(pdg_spawn(&(struct pdg_spawn){.program = dir, .argv = argv}, &status, &err),
		   &err, PDG_E_IO);
	CHECK_CODE(shell((struct pdg_spawn){.dir = script}, "exit 0", &status, &err), &err,
		   PDG_E_IO);
	CHECK_INT(status, 4711);
	CHECK(!has_children());
	pdg_test_dir_remove(dir);
}

static void environment_and_folder(void)
{
	const char *const envp[] = {"PDG_GIVEN=yes", "PATH=/usr/bin:/bin", NULL};
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(10000);
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(10000);
	PDG_AUTO(mem) char *real = NULL;
	struct pdg_error err = {0};
	int status = -1;
	char *dir = pdg_test_dir();

	CHECK_OK(pdg_path_real(dir, &real, &err), &err);
	CHECK_INT(setenv("PDG_OWN", "own", 1), 0);
	CHECK_OK(shell((struct pdg_spawn){.out = &out, .envp = envp, .dir = dir},
		       "pwd -P; echo \"$PDG_GIVEN,$PDG_OWN\"", &status, &err),
		 &err);
	pdg_buf_printf(&want, "%s\nyes,\n", real);
	CHECK_BYTES(pdg_buf_bytes(&out), pdg_buf_bytes(&want));
	pdg_buf_reset(&out);
	CHECK_OK(shell((struct pdg_spawn){.out = &out}, "echo \"$PDG_GIVEN,$PDG_OWN\"", &status,
		       &err),
		 &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), ",own\n");
	CHECK_INT(unsetenv("PDG_OWN"), 0);
	pdg_test_dir_remove(dir);
}

/* SIGPIPE ignored and blocked here is neither there; a shell cannot reset what it inherits ignored.
 */
static void signals_are_as_usual(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(10000);
	struct pdg_error err = {0};
	sigset_t some;
	sigset_t old;
	int status = -1;

	(void)sigemptyset(&some);
	(void)sigaddset(&some, SIGTERM);
	(void)sigaddset(&some, SIGPIPE);
	CHECK(sigprocmask(SIG_BLOCK, &some, &old) == 0);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	CHECK_OK(shell((struct pdg_spawn){.out = &out}, "kill -PIPE $$; echo alive", &status, &err),
		 &err);
	CHECK_INT(status, 128 + SIGPIPE);
	CHECK_OK(shell((struct pdg_spawn){.out = &out}, "kill -TERM $$; echo alive", &status, &err),
		 &err);
	CHECK_INT(status, 128 + SIGTERM);
	CHECK_UINT(out.n, 0);
	CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
}

/* No descriptor of Pedigree's but the three leaks into a program. */
static void descriptors_stay_here(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(10000);
	struct pdg_error err = {0};
	int status = -1;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int i;

	CHECK(fd >= 0);
	/* What this test itself was started with (by ctest) is not the question. */
	for (i = 3; i < 10; i++)
		(void)fcntl(i, F_SETFD, FD_CLOEXEC);
	CHECK_OK(
		shell((struct pdg_spawn){.out = &out, .input = pdg_bytes_str("x")},
		      "cat >/dev/null; for f in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && echo $f; done; true",
		      &status, &err),
		&err);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), "");
	(void)close(fd);
}

/* With standard input and output closed here, the pipes get their numbers. */
static void closed_standard_descriptors(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct pdg_buf out = PDG_BUF_INIT(100);
		int got = -1;
		int rc;

		(void)close(0);
		(void)close(1);
		rc = shell((struct pdg_spawn){.out = &out, .input = pdg_bytes_str("through")},
			   "cat", &got, NULL);
		rc = rc == 0 && got == 0 && pdg_bytes_eq_str(pdg_buf_bytes(&out), "through") ? 42
											     : 43;
		pdg_buf_done(&out);
		_exit(rc);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

static void quiet(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
	struct pdg_error err = {0};
	int status = -1;

	CHECK_OK(shell((struct pdg_spawn){.out = &out, .quiet = true},
		       "readlink /proc/$$/fd/2; readlink /proc/$$/fd/0; echo no >&2", &status,
		       &err),
		 &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), "/dev/null\n/dev/null\n");
}

PDG_TEST_MAIN("spawn", {"statuses", statuses}, {"input and output", input_and_output},
	      {"child that does not read", child_that_does_not_read},
	      {"too much output", too_much_output}, {"deadline", deadline},
	      {"background is not waited for", background_is_not_waited_for},
	      {"what cannot be started", what_cannot_be_started},
	      {"environment and folder", environment_and_folder},
	      {"signals are as usual", signals_are_as_usual},
	      {"descriptors stay here", descriptors_stay_here},
	      {"closed standard descriptors", closed_standard_descriptors}, {"quiet", quiet})
