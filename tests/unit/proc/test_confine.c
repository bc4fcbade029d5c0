/* SPDX-License-Identifier: Apache-2.0 */
/* What a process cannot do any more once it is confined: each tried, in a child of its own. */
#include "proc/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "util/str.h"

/* What is asked about in the child: bits of its exit status. */
enum {
	OPENS_OUTSIDE = 1,
	WRITES_INSIDE = 2,
	READS_ALLOWED = 4,
	WRITES_ALLOWED_TO_READ = 8,
	RUNS = 16,
	CONNECTS = 32,
	SIGNALS = 64,
};

struct place {
	char *dir, *in, *readable, *outside;
};

static bool can(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* To a port where nobody listens: refused is another answer than not allowed. */
static bool may_connect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int e;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	e = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
	(void)close(fd);
	return e != EACCES;
}

static bool may_run(void)
{
	static char name[] = "true";
	static char *const argv[] = {name, NULL};
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)execv("/bin/true", argv);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int what_is_left(const struct place *p)
{
	char path[512];
	int bits = 0;

	(void)snprintf(path, sizeof(path), "%s/file", p->outside);
	bits |= can(path, O_RDONLY) || can(path, O_WRONLY) ? OPENS_OUTSIDE : 0;
	(void)snprintf(path, sizeof(path), "%s/new", p->outside);
	bits |= can(path, O_WRONLY | O_CREAT) || mkdir(path, 0700) == 0 ? OPENS_OUTSIDE : 0;
	(void)snprintf(path, sizeof(path), "%s/new", p->in);
	bits |= can(path, O_RDWR | O_CREAT) && unlink(path) == 0 ? WRITES_INSIDE : 0;
	(void)snprintf(path, sizeof(path), "%s/file", p->readable);
	bits |= can(path, O_RDONLY) ? READS_ALLOWED : 0;
	bits |= can(path, O_WRONLY) || unlink(path) == 0 ? WRITES_ALLOWED_TO_READ : 0;
	bits |= may_run() ? RUNS : 0;
	bits |= may_connect() ? CONNECTS : 0;
	bits |= kill(getppid(), 0) == 0 ? SIGNALS : 0;
	return bits;
}

/* -1: this kernel cannot confine by files. */
static int confined(const struct place *p, bool no_tcp, unsigned more, struct pdg_confined *out)
{
	const struct pdg_confine_path paths[] = {
		{p->in, PDG_MAY_WRITE},
		{p->readable, PDG_MAY_READ},
		{more ? "/" : NULL, more},
		{"/nowhere/at/all", PDG_MAY_READ},
	};
	const struct pdg_confine c = {.paths = paths, .n = 4, .no_tcp = no_tcp, .files = 64};
	int ends[2];
	pid_t pid;
	int status = 0;

	if (pipe(ends) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		struct pdg_confined on = {0};
		struct rlimit core, files;

		if (pdg_confine(&c, &on, NULL) < 0 || write(ends[1], &on, sizeof(on)) < 0)
			_exit(128);
		if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0 ||
		    getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 64 ||
		    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0)
			_exit(129);
		_exit(on.landlock ? what_is_left(p) : 130);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(read(ends[0], out, sizeof(*out)) == (ssize_t)sizeof(*out));
	(void)close(ends[0]);
	(void)close(ends[1]);
	if (!CHECK(WEXITSTATUS(status) != 128 && WEXITSTATUS(status) != 129))
		return 0;
	return WEXITSTATUS(status) == 130 ? -1 : WEXITSTATUS(status);
}

static char *folder(const char *dir, const char *name)
{
	char *path = pdg_test_path(dir, name);
	char *file;

	CHECK(mkdir(path, 0700) == 0);
	file = pdg_test_file(path, "file", pdg_bytes_str("x"));
	free(file);
	return path;
}

static void place_make(struct place *p)
{
	p->dir = pdg_test_dir();
	p->in = folder(p->dir, "in");
	p->readable = folder(p->dir, "readable");
	p->outside = folder(p->dir, "outside");
}

static void place_done(struct place *p)
{
	free(p->in);
	free(p->readable);
	free(p->outside);
	pdg_test_dir_remove(p->dir);
}

static void what_is_not_allowed_is_refused(void)
{
	struct pdg_confined on = {0};
	struct place p;
	int left;

	place_make(&p);
	left = confined(&p, true, 0, &on);
	if (left < 0) {
		printf("this kernel has no Landlock: files are not confined here\n");
		CHECK_INT(on.landlock, 0);
	} else {
		CHECK(on.landlock > 0);
		CHECK_INT(left & (OPENS_OUTSIDE | WRITES_ALLOWED_TO_READ | RUNS), 0);
		CHECK_INT(left & (WRITES_INSIDE | READS_ALLOWED), WRITES_INSIDE | READS_ALLOWED);
		CHECK_INT(left & CONNECTS, on.tcp ? 0 : CONNECTS);
		CHECK_INT(left & SIGNALS, on.scoped ? 0 : SIGNALS);
	}
	place_done(&p);
}

static void what_is_allowed_goes_on(void)
{
	struct pdg_confined on = {0};
	struct place p;
	int left;

	place_make(&p);
	left = confined(&p, false, PDG_MAY_READ | PDG_MAY_RUN, &on);
	if (left >= 0) {
		CHECK(!on.tcp);
		CHECK_INT(left & (RUNS | CONNECTS | READS_ALLOWED | WRITES_INSIDE),
			  RUNS | CONNECTS | READS_ALLOWED | WRITES_INSIDE);
		CHECK_INT(left & WRITES_ALLOWED_TO_READ, 0);
	}
	place_done(&p);
}

PDG_TEST_MAIN("confine", {"what is not allowed is refused", what_is_not_allowed_is_refused},
	      {"what is allowed goes on", what_is_allowed_goes_on})
