/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, read with a limit and written whole or not at all: the outbox, records, keys and
 * the log rest on this. What a name means is settled by opening it once; from then on only
 * descriptors are used. Folders are in fs_dir.c.
 */
#include "util/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/codec.h"
#include "util/str.h"

#define CHUNK	     8192
#define RANDOM_BYTES (PDG_FS_TEMP_HEX / 2)

void pdg_auto_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int io_error(struct pdg_error *err, const char *what, const char *path)
{
	return pdg_fail(err, PDG_E_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

/* Open for reading; a device or a pipe must not be waited for, it is refused afterwards. */
static int open_to_read(const char *path, int *out_fd, struct pdg_error *err)
{
	int fd;

	do {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return pdg_fail(err, PDG_E_NOTFOUND, "no file \"%s\"", path);
	if (fd < 0)
		return io_error(err, "open", path);
	*out_fd = fd;
	return 0;
}

static int regular_file(int fd, const char *path, struct stat *out, struct pdg_error *err)
{
	if (fstat(fd, out) != 0)
		return io_error(err, "examine", path);
	if (S_ISDIR(out->st_mode))
		return pdg_fail(err, PDG_E_IO, "cannot read \"%s\": is a directory", path);
	if (!S_ISREG(out->st_mode))
		return pdg_fail(err, PDG_E_IO, "cannot read \"%s\": is not a regular file", path);
	return 0;
}

static int too_large(const char *name, const struct pdg_buf *out, struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_LIMIT, "\"%s\" is larger than %zu bytes", name, out->max);
}

int pdg_fs_read(const char *path, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	struct stat st;
	int rc;

	rc = open_to_read(path, &fd, err);
	if (rc < 0)
		return rc;
	rc = regular_file(fd, path, &st, err);
	if (rc < 0)
		return rc;
	/* Not taken for the truth, but what is too large already need not be read first. */
	if (st.st_size > 0 && (uintmax_t)st.st_size > out->max - out->n)
		return too_large(path, out, err);
	return pdg_fs_read_fd(fd, path, out, err);
}

/* Room for a regular file at once: a buffer that grows is copied and cleansed each time. */
static void expect_file(int fd, struct pdg_buf *out)
{
	struct stat st;
	size_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uintmax_t)st.st_size > out->max - out->n)
		return;
	n = (size_t)st.st_size;
	if (pdg_buf_room(out, n))
		out->n -= n;
}

int pdg_fs_read_fd(int fd, const char *name, struct pdg_buf *out, struct pdg_error *err)
{
	uint8_t chunk[CHUNK];
	size_t before = out->n;
	int rc;

	expect_file(fd, out);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = io_error(err, "read", name);
			out->n = before;
			break;
		}
		pdg_buf_put(out, pdg_bytes(chunk, (size_t)n));
		rc = out->failed == PDG_E_LIMIT ? too_large(name, out, err)
						: pdg_buf_check(out, err);
		if (rc < 0 || n == 0)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return rc;
}

static int write_all(int fd, struct pdg_bytes in)
{
	while (in.n > 0) {
		ssize_t n = write(fd, in.p, in.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		in = pdg_bytes_from(in, (size_t)n);
	}
	return 0;
}

/* The last component of @path, as it stands there; "" when it ends with a slash. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A file being written: its folder, held open, and its two names there. */
struct pending {
	const char *path; /* for messages; borrowed */
	const char *base;
	int dir;
	char temp[sizeof(PDG_FS_TEMP) + PDG_FS_TEMP_HEX];
};

static void pending_done(struct pending *p)
{
	if (p->temp[0])
		(void)unlinkat(p->dir, p->temp, 0);
	if (p->dir >= 0)
		(void)close(p->dir);
}
PDG_AUTO_DEFINE_VALUE(pending, struct pending, pending_done)

/* Some file systems have no fsync for folders; there is nothing better to do there. */
static int sync_dir(int dir)
{
	return fsync(dir) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -1;
}

static int open_dir_of(struct pending *p, struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = pdg_path_dir(p->path);

	if (!dir)
		return pdg_nomem(err);
	p->base = base_name(p->path);
	if (p->base[0] == '\0' || strcmp(p->base, ".") == 0 || strcmp(p->base, "..") == 0)
		return pdg_fail(err, PDG_E_IO, "cannot write \"%s\": is not the name of a file",
				p->path);
	p->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->dir < 0 ? io_error(err, "open the folder of", p->path) : 0;
}

static int random_bytes(uint8_t *out, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(out, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		out += got;
		n -= (size_t)got;
	}
	return 0;
}

/* Put @in into a new file with a random name beside the one that is meant, down to the disk. */
static int write_temp(struct pending *p, struct pdg_bytes in, mode_t mode, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	uint8_t random[RANDOM_BYTES];
	char name[sizeof(p->temp)] = PDG_FS_TEMP;

	if (random_bytes(random, sizeof(random)) != 0)
		return io_error(err, "find a name beside", p->path);
	pdg_hex(pdg_bytes(random, sizeof(random)), name + strlen(name));
	fd = openat(p->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return io_error(err, "make a file beside", p->path);
	memcpy(p->temp, name, sizeof(name));
	if (write_all(fd, in) != 0 || fsync(fd) != 0)
		return io_error(err, "write", p->path);
	return 0;
}

int pdg_fs_write(const char *path, struct pdg_bytes in, mode_t mode, struct pdg_error *err)
{
	PDG_AUTO(pending) struct pending p = {.path = path, .dir = -1};
	int rc;

	rc = open_dir_of(&p, err);
	if (rc < 0)
		return rc;
	rc = write_temp(&p, in, mode, err);
	if (rc < 0)
		return rc;
	if (renameat(p.dir, p.temp, p.dir, p.base) != 0)
		return io_error(err, "write", path);
	p.temp[0] = '\0';
	return sync_dir(p.dir) == 0 ? 0 : io_error(err, "make durable", path);
}

int pdg_fs_create(const char *path, struct pdg_bytes in, mode_t mode, struct pdg_error *err)
{
	PDG_AUTO(pending) struct pending p = {.path = path, .dir = -1};
	int rc;

	rc = open_dir_of(&p, err);
	if (rc < 0)
		return rc;
	rc = write_temp(&p, in, mode, err);
	if (rc < 0)
		return rc;
	/* link() refuses an existing name, which rename() would replace. */
	if (linkat(p.dir, p.temp, p.dir, p.base, 0) != 0) {
		if (errno != EEXIST)
			return io_error(err, "make", path);
		return pdg_fail(err, PDG_E_USAGE, "\"%s\" exists already", path);
	}
	return sync_dir(p.dir) == 0 ? 0 : io_error(err, "make durable", path);
}

static int write_through(const char *path, struct pdg_bytes in, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;

	do {
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return io_error(err, "open", path);
	return write_all(fd, in) == 0 ? 0 : io_error(err, "write", path);
}

int pdg_fs_put(const char *path, struct pdg_bytes in, mode_t mode, struct pdg_error *err)
{
	PDG_AUTO(mem) char *real = NULL;
	struct stat st;
	int rc;

	/* Asked for first: /dev/stdout may lead to a pipe, which has no path. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_through(path, in, err);
	if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
		return pdg_fs_write(path, in, mode, err);
	rc = pdg_path_real(path, &real, err);
	if (rc == PDG_E_NOTFOUND)
		return pdg_fail(err, PDG_E_IO, "cannot write \"%s\": is a link to nothing", path);
	return rc < 0 ? rc : pdg_fs_write(real, in, mode, err);
}

int pdg_fs_sync_dir(const char *path, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return io_error(err, "open the folder", path);
	return sync_dir(fd) == 0 ? 0 : io_error(err, "make durable", path);
}

int pdg_fs_room(const char *path, size_t n, struct pdg_error *err)
{
	PDG_AUTO(fd)
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	int rc;

	if (fd < 0)
		return io_error(err, "write", path);
	errno = posix_fallocate(fd, 0, (off_t)n);
	rc = errno ? io_error(err, "find room for", path) : 0;
	if (unlink(path) != 0 && errno != ENOENT && rc == 0)
		rc = io_error(err, "remove", path);
	return rc;
}

int pdg_fs_remove(const char *path, struct pdg_error *err)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return io_error(err, "remove", path);
}

bool pdg_fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool pdg_fs_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int pdg_fs_lock(const char *path, int *out_fd, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = -1;
	int rc;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return io_error(err, "open the lock", path);
	do {
		rc = flock(fd, LOCK_EX | LOCK_NB);
	} while (rc != 0 && errno == EINTR);
	if (rc != 0 && errno == EWOULDBLOCK)
		return pdg_fail(err, PDG_E_IO, "\"%s\" is locked by another process", path);
	if (rc != 0)
		return io_error(err, "lock", path);
	*out_fd = fd;
	fd = -1;
	return 0;
}

char *pdg_path_join(const char *a, const char *b)
{
	if (b[0] == '/')
		return pdg_str_dup(b);
	return pdg_str_printf("%s%s%s", a, a[0] == '\0' || pdg_str_ends(a, "/") ? "" : "/", b);
}

char *pdg_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return pdg_str_dup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	if (slash == path)
		return pdg_str_dup("/");
	return pdg_bytes_dup(pdg_bytes(path, (size_t)(slash - path)));
}

bool pdg_path_fixed(const char *path)
{
	bool fixed = true;
	size_t depth = 0;
	size_t n;

	for (; *path; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.'))
			continue;
		if (n == 2 && strncmp(path, "..", 2) == 0) {
			depth -= depth > 0;
			continue;
		}
		if (depth++ == 0)
			fixed = !(n == 4 && strncmp(path, "proc", 4) == 0) &&
				!(n == 3 && strncmp(path, "dev", 3) == 0);
	}
	return depth == 0 || fixed;
}

int pdg_path_real(const char *path, char **out, struct pdg_error *err)
{
	char *real = realpath(path, NULL);

	if (!real && errno == ENOMEM)
		return pdg_nomem(err);
	if (!real && (errno == ENOENT || errno == ENOTDIR))
		return pdg_fail(err, PDG_E_NOTFOUND, "no file \"%s\"", path);
	if (!real)
		return io_error(err, "find", path);
	*out = real;
	return 0;
}
