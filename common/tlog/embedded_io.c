/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded log's file operations, each one system call or two. */
#include "tlog/embedded_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/auto.h"

static int io_error(struct pdg_error *err, const char *what, const char *path)
{
	return pdg_fail(err, PDG_E_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

static int make_dir(void *ctx, const char *path, struct pdg_error *err)
{
	(void)ctx;
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return io_error(err, "make the folder", path);
}

static int write_file(void *ctx, const char *path, struct pdg_bytes in, int *out_fd,
		      struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;

	(void)ctx;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return io_error(err, "make", path);
	while (in.n > 0) {
		ssize_t n = write(fd, in.p, in.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_error(err, "write", path);
		in = pdg_bytes_from(in, (size_t)n);
	}
	*out_fd = fd;
	fd = -1;
	return 0;
}

static int finish_file(void *ctx, const char *path, int fd, struct pdg_error *err)
{
	int rc = 0;

	(void)ctx;
	if (fsync(fd) != 0)
		rc = io_error(err, "make durable", path);
	if (close(fd) != 0 && rc == 0)
		rc = io_error(err, "close", path);
	return rc;
}

static int extend(void *ctx, const char *path, int fd, uint64_t at, struct pdg_bytes in,
		  struct pdg_error *err)
{
	(void)ctx;
	while (in.n > 0) {
		ssize_t n = pwrite(fd, in.p, in.n, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_error(err, "write", path);
		in = pdg_bytes_from(in, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

static int record(void *ctx, int fd, uint64_t at, struct pdg_bytes in, struct pdg_error *err)
{
	int rc = extend(ctx, "ahead", fd, at, in, err);

	if (rc < 0)
		return rc;
	return fdatasync(fd) == 0 ? 0 : io_error(err, "make durable", "ahead");
}

/* Some file systems have no fsync for folders; there is nothing better to do there. */
static int sync_path(void *ctx, const char *path, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;

	(void)ctx;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return io_error(err, "open", path);
	if (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP)
		return 0;
	return io_error(err, "make durable", path);
}

static int rename_path(void *ctx, const char *from, const char *to, struct pdg_error *err)
{
	(void)ctx;
	if (rename(from, to) == 0)
		return 0;
	return io_error(err, "replace", to);
}

static int remove_path(void *ctx, const char *path, struct pdg_error *err)
{
	(void)ctx;
	if (remove(path) == 0 || errno == ENOENT)
		return 0;
	return io_error(err, "remove", path);
}

const struct pdg_embedded_io pdg_embedded_io_files = {
	.mkdir = make_dir,
	.write = write_file,
	.finish = finish_file,
	.extend = extend,
	.record = record,
	.sync = sync_path,
	.rename = rename_path,
	.remove = remove_path,
};
