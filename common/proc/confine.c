/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prctl(2), setrlimit(2) and Landlock (landlock(7)) by its system calls: the C library has no
 * functions for them, and the kernel's header of the machine that builds may be older than the
 * kernel of the one that runs. Numbers are those of include/uapi/linux/landlock.h.
 */
#include "proc/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/auto.h"

#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_MAKE_SOCK   (UINT64_C(1) << 9)
#define FS_REFER       (UINT64_C(1) << 13) /* from version 2 on */
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* 3 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* 5 */
#define FS_OF_1	       ((UINT64_C(1) << 13) - 1)
#define NET_TCP	       UINT64_C(3) /* bind and connect; 4 */
#define SCOPES	       UINT64_C(3) /* abstract sockets and signals; 6 */

#define NET_FROM   4
#define SCOPE_FROM 6

#define CREATE_VERSION 1u
#define PATH_BENEATH   1

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

struct ruleset {
	uint64_t fs;
	uint64_t net;	 /* from 4 on */
	uint64_t scoped; /* from 6 on */
};

struct beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

static int io_error(const char *what, const char *path, struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_IO, "cannot %s%s%s%s: %s", what, path ? " \"" : "",
			path ? path : "", path ? "\"" : "", strerror(errno));
}

/* 0: this kernel has none, or it is not turned on. */
static int version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return v > 0 ? (int)v : 0;
}

static uint64_t known_access(int v)
{
	uint64_t fs = FS_OF_1;

	if (v >= 2)
		fs |= FS_REFER;
	if (v >= 3)
		fs |= FS_TRUNCATE;
	if (v >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

/* The rights of @may that a path has which is a folder, or which is none. */
static uint64_t rights(unsigned may, bool folder)
{
	uint64_t a = 0;

	if (may & PDG_MAY_READ)
		a |= FS_READ_FILE | FS_READ_DIR;
	if (may & PDG_MAY_RUN)
		a |= FS_EXECUTE | FS_READ_FILE;
	if (may & PDG_MAY_USE)
		a |= FS_READ_FILE | FS_WRITE_FILE | FS_IOCTL_DEV;
	if (may & PDG_MAY_WRITE)
		a |= FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_DIR |
		     FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK | FS_REFER;
	if (!folder)
		a &= FS_EXECUTE | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
	return a;
}

static int allow(int ruleset, uint64_t handled, const struct pdg_confine_path *p,
		 struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = p->path ? open(p->path, O_PATH | O_CLOEXEC) : -1;
	struct beneath rule = {.fd = fd};
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) != 0)
		return io_error("look at", p->path, err);
	rule.access = rights(p->may, S_ISDIR(st.st_mode)) & handled;
	if (rule.access && syscall(SYS_landlock_add_rule, ruleset, PATH_BENEATH, &rule, 0) != 0)
		return io_error("keep the right to", p->path, err);
	return 0;
}

static int restrict_files(const struct pdg_confine *c, struct pdg_confined *out,
			  struct pdg_error *err)
{
	int v = version();
	struct ruleset set = {.fs = known_access(v)};
	size_t size = sizeof(set.fs);
	PDG_AUTO(fd) int fd = -1;
	size_t i;
	int rc = 0;

	if (v == 0)
		return 0;
	if (v >= NET_FROM) {
		set.net = c->no_tcp ? NET_TCP : 0;
		size += sizeof(set.net);
	}
	if (v >= SCOPE_FROM) {
		set.scoped = SCOPES;
		size += sizeof(set.scoped);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return io_error("make a Landlock ruleset", NULL, err);
	for (i = 0; rc == 0 && i < c->n; i++)
		rc = allow(fd, set.fs, &c->paths[i], err);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		rc = io_error("confine the process by Landlock", NULL, err);
	if (rc < 0)
		return rc;
	out->landlock = v;
	out->tcp = set.net != 0;
	out->scoped = set.scoped != 0;
	return 0;
}

static int limit(int what, const char *name, rlim_t most, struct pdg_error *err)
{
	struct rlimit r;

	if (getrlimit((__rlimit_resource_t)what, &r) != 0)
		return io_error("read", name, err);
	if (r.rlim_max > most)
		r.rlim_max = most;
	if (r.rlim_cur > most)
		r.rlim_cur = most;
	return setrlimit((__rlimit_resource_t)what, &r) == 0 ? 0 : io_error("set", name, err);
}

int pdg_confine_begin(struct pdg_error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return io_error("give up new privileges", NULL, err);
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return io_error("hide the memory", NULL, err);
	return limit(RLIMIT_CORE, "RLIMIT_CORE", 0, err);
}

int pdg_confine(const struct pdg_confine *c, struct pdg_confined *out, struct pdg_error *err)
{
	struct pdg_confined on = {0};
	int rc = pdg_confine_begin(err);

	if (rc == 0)
		rc = restrict_files(c, &on, err);
	if (rc == 0 && c->files)
		rc = limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", c->files, err);
	if (rc == 0 && c->no_children)
		rc = limit(RLIMIT_NPROC, "RLIMIT_NPROC", 0, err);
	if (rc == 0)
		*out = on;
	return rc;
}
