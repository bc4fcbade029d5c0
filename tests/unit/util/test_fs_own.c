/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a file is, before it is opened (util/fs_own.c). What an unprivileged user may not do is
 * asked as one: to root no file is closed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "util/fs.h"
#include "util/str.h"

#define SOMEBODY 12345
#define BOTH	 (PDG_OWN_READ | PDG_OWN_WRITE)

static void what_it_is(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	PDG_AUTO(mem) char *link_to = pdg_test_path(dir, "link");
	PDG_AUTO(mem) char *pipe_at = pdg_test_path(dir, "pipe");
	PDG_AUTO(mem) char *second = pdg_test_path(dir, "second");
	PDG_AUTO(mem) char *none = pdg_test_path(dir, "none/file");
	PDG_AUTO(mem) char *below = pdg_test_path(dir, "file/file");
	struct pdg_error err = {0};

	CHECK(chmod(file, 0600) == 0 && symlink(file, link_to) == 0 && mkfifo(pipe_at, 0600) == 0);
	CHECK_OK(pdg_fs_own(file, BOTH | PDG_OWN_ONE_NAME, &err), &err);
	CHECK_OK(pdg_fs_own(dir, PDG_OWN_DIR | BOTH, &err), &err);
	CHECK_OK(pdg_fs_own(none, BOTH, &err), &err);
	CHECK_OK(pdg_fs_own(below, BOTH, &err), &err);
	CHECK_RULE(pdg_fs_own(link_to, BOTH, &err), &err, "FIL-1");
	CHECK_RULE(pdg_fs_own(link_to, PDG_OWN_DIR | BOTH, &err), &err, "FIL-1");
	CHECK_RULE(pdg_fs_own(pipe_at, BOTH, &err), &err, "FIL-1");
	CHECK_RULE(pdg_fs_own(dir, BOTH, &err), &err, "FIL-1");
	CHECK_RULE(pdg_fs_own(file, PDG_OWN_DIR | BOTH, &err), &err, "FIL-1");
	CHECK_INT(link(file, second), 0);
	CHECK_OK(pdg_fs_own(file, BOTH, &err), &err);
	CHECK_RULE(pdg_fs_own(file, BOTH | PDG_OWN_ONE_NAME, &err), &err, "FIL-1");
	CHECK(err.fix[0] != '\0');
	CHECK_INT(unlink(second), 0);
	CHECK_INT(chmod(file, 0620), 0);
	CHECK_RULE(pdg_fs_own(file, BOTH, &err), &err, "FIL-1");
	CHECK_INT(chmod(file, 0602), 0);
	CHECK_RULE(pdg_fs_own(file, BOTH, &err), &err, "FIL-1");
	CHECK_HAS(err.fix, "chmod go-w '");
	CHECK_INT(chmod(file, 0644), 0);
	CHECK_OK(pdg_fs_own(file, BOTH, &err), &err);
	pdg_test_dir_remove(dir);
}

/* Nothing is pasted that was not asked for. */
static bool remedy_is(const char *fix, const char *want)
{
	static const char *const commands[] = {"chown ", "chmod ", "runuser ", "chattr "};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strstr(fix, commands[i]) && !strstr(want, commands[i]))
			return false;
	}
	return strstr(fix, want);
}

/* As the user @uid: is it told by FIL-1, with @command for the remedy (NULL: nothing is wrong)? */
static void told_to(uid_t uid, const char *path, unsigned need, const char *command)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct pdg_error err = {0};
		bool good;
		int rc;

		if (geteuid() != uid && setresuid(uid, uid, uid) != 0)
			_exit(2);
		rc = pdg_fs_own(path, need, &err);
		good = command ? rc == PDG_E_USAGE && strcmp(err.rule, "FIL-1") == 0 &&
					 strstr(err.text, path) && remedy_is(err.fix, command)
			       : rc == 0;
		if (!good)
			(void)fprintf(stderr, "%s: %s [%s]; %s\n", path, err.text, err.rule,
				      err.fix);
		_exit(good ? 0 : 1);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void what_is_closed(void)
{
	uid_t uid = geteuid() == 0 ? SOMEBODY : geteuid();
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *folder = pdg_test_path(dir, "folder");
	PDG_AUTO(mem) char *file = NULL;

	CHECK_INT(mkdir(folder, 0700), 0);
	file = pdg_test_file(folder, "file", pdg_bytes_str("x"));
	CHECK_INT(chmod(dir, 0755), 0);
	CHECK(chown(file, uid, (gid_t)-1) == 0 && chown(folder, uid, (gid_t)-1) == 0);
	CHECK_INT(chmod(file, 0400), 0);
	told_to(uid, file, PDG_OWN_READ, NULL);
	told_to(uid, file, BOTH, "chmod u+rw '");
	CHECK_INT(chmod(file, 0), 0);
	told_to(uid, file, PDG_OWN_READ, "chmod u+rw '");
	CHECK(chmod(file, 0600) == 0 && chmod(folder, 0500) == 0);
	told_to(uid, folder, PDG_OWN_DIR | PDG_OWN_READ, NULL);
	told_to(uid, folder, PDG_OWN_DIR | BOTH, "chmod u+rwx '");
	CHECK_INT(chmod(folder, 0), 0);
	told_to(uid, folder, PDG_OWN_DIR | PDG_OWN_READ, "chmod u+rwx '");
	told_to(uid, file, PDG_OWN_READ, "chmod u+x '");
	CHECK_INT(chmod(folder, 0700), 0);
	pdg_test_dir_remove(dir);
}

/* Only root can give a file away. Who is not root is shown one that is root's already. */
static void whose_it_is(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	struct pdg_error err = {0};

	if (geteuid() != 0) {
		CHECK_OK(pdg_fs_own("/", PDG_OWN_DIR | PDG_OWN_READ, &err), &err);
		CHECK_RULE(pdg_fs_own("/", PDG_OWN_DIR | BOTH, &err), &err, "FIL-1");
		CHECK_HAS(err.fix, "chown -R ");
		pdg_test_dir_remove(dir);
		return;
	}
	CHECK(chmod(dir, 0755) == 0 && chmod(file, 0600) == 0);
	told_to(SOMEBODY, file, PDG_OWN_READ, "chown 12345 '");
	told_to(SOMEBODY, dir, PDG_OWN_DIR | PDG_OWN_READ, NULL);
	told_to(SOMEBODY, dir, PDG_OWN_DIR | BOTH, "chown -R 12345 '");
	CHECK_INT(chmod(file, 0644), 0);
	told_to(SOMEBODY, file, PDG_OWN_READ, NULL);
	told_to(SOMEBODY, file, BOTH, "chown 12345 '");
	CHECK_INT(chown(file, SOMEBODY + 1, (gid_t)-1), 0);
	told_to(SOMEBODY, file, PDG_OWN_READ, "chown 12345 '");
	told_to(0, file, PDG_OWN_READ, "chown 0 '");
	pdg_test_dir_remove(dir);
}

/* What another user's service works with is not to be taken from it by the command that is told. */
static void whose_service(void)
{
	const struct passwd *other = getpwuid(1); /* of every Linux: "daemon", "bin" */
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *folder = pdg_test_path(dir, "folder");
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *run = NULL;

	if (geteuid() != 0 || !CHECK(other != NULL)) {
		CHECK(geteuid() != 0);
		pdg_test_dir_remove(dir);
		return;
	}
	run = pdg_str_printf("runuser -u %s -- ", other->pw_name);
	CHECK(mkdir(folder, 0755) == 0 && chmod(dir, 0755) == 0);
	file = pdg_test_file(folder, "file", pdg_bytes_str("x"));
	CHECK(chmod(file, 0644) == 0 && chown(file, 1, (gid_t)-1) == 0);
	/* root, by mistake, or after a restore: into root's own folder it was put by root. */
	told_to(0, file, PDG_OWN_READ, "chown 0 '");
	CHECK_INT(chown(folder, 1, (gid_t)-1), 0);
	told_to(0, folder, PDG_OWN_DIR | PDG_OWN_READ, run);
	told_to(0, file, PDG_OWN_READ, run);
	told_to(SOMEBODY, folder, PDG_OWN_DIR | PDG_OWN_READ, other->pw_name);
	told_to(SOMEBODY, file, PDG_OWN_READ, other->pw_name);
	/* In a folder of one's own. */
	CHECK_INT(chown(folder, SOMEBODY, (gid_t)-1), 0);
	told_to(SOMEBODY, file, PDG_OWN_READ, "chown 12345 '");
	/* A closed folder on the way. */
	CHECK(chown(folder, 1, (gid_t)-1) == 0 && chmod(folder, 0700) == 0);
	told_to(SOMEBODY, file, PDG_OWN_READ, other->pw_name);
	pdg_test_dir_remove(dir);
}

/* A file system mounted for reading, and a file that nobody may write: no mode helps. */
static void no_mode_helps(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *mounted = pdg_test_path(dir, "mounted");
	PDG_AUTO(mem) char *file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	int flags = FS_IMMUTABLE_FL, none = 0, status = -1;
	PDG_AUTO(fd) int fd = open(file, O_RDONLY | O_CLOEXEC);
	pid_t pid;

	CHECK(mkdir(mounted, 0700) == 0 && chmod(file, 0600) == 0);
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0) {
		told_to(geteuid(), file, PDG_OWN_READ, NULL);
		told_to(geteuid(), file, BOTH, "lsattr");
		CHECK_INT(ioctl(fd, FS_IOC_SETFLAGS, &none), 0);
	}
	pid = fork();
	if (pid == 0) {
		struct pdg_error err = {0};

		/* Who may not do this is asked nothing. */
		if (unshare(CLONE_NEWNS) != 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		    mount("none", mounted, "tmpfs", MS_RDONLY, "mode=700") != 0)
			_exit(0);
		_exit(pdg_fs_own(mounted, PDG_OWN_DIR | PDG_OWN_READ, &err) == 0 &&
				      pdg_fs_own(mounted, PDG_OWN_DIR | BOTH, &err) ==
					      PDG_E_USAGE &&
				      remedy_is(err.fix, "ReadWritePaths=")
			      ? 0
			      : 1);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	pdg_test_dir_remove(dir);
}

/* A name that would be commands of its own, and one that a remedy has no room for. */
static void commands_are_whole(void)
{
	static const char odd[] = "a'; touch pwned; '$(b)\"`c`";
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *file = pdg_test_file(dir, odd, pdg_bytes_str("x"));
	char name[250];
	PDG_AUTO(mem) char *folder = NULL;
	PDG_AUTO(mem) char *deep = NULL;
	struct pdg_error err = {0};

	CHECK_INT(chmod(file, 0622), 0);
	CHECK_RULE(pdg_fs_own(file, BOTH, &err), &err, "FIL-1");
	CHECK_HAS(err.fix, "a'\\''; touch pwned; '\\''$(b)\"`c`'");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	folder = pdg_test_path(dir, name);
	deep = pdg_test_path(folder, name);
	CHECK(mkdir(folder, 0700) == 0 && mkdir(deep, 0700) == 0 && chmod(deep, 0777) == 0);
	CHECK_RULE(pdg_fs_own(deep, PDG_OWN_DIR, &err), &err, "FIL-1");
	CHECK(strstr(err.fix, "chmod go-w") && !strstr(err.fix, "nnn"));
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("fs_own", {"what it is", what_it_is}, {"what is closed", what_is_closed},
	      {"whose it is", whose_it_is}, {"whose service", whose_service},
	      {"no mode helps", no_mode_helps}, {"commands are whole", commands_are_whole})
