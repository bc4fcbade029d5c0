/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system that ends the process, or fails, at the n-th operation of the embedded log; and
 * that can lose, as a power failure may, everything that was not synced by then.
 */
#ifndef PDG_TESTS_UNIT_TLOG_CRASH_IO_H
#define PDG_TESTS_UNIT_TLOG_CRASH_IO_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tlog/embedded_io.h"
#include "util/buf.h"
#include "util/fs.h"
#include "util/str.h"

#define CRASHED 42 /* exit status */

enum crash_kind {
	CRASH_KEEP, /* end behind the operation; all that was written is there */
	CRASH_LOSE, /* end behind the operation; all that was not synced is lost */
	CRASH_TORN, /* end in the middle of a write, else before the operation */
	CRASH_FAIL, /* do not end: the operation fails once */
};

enum lost_kind { LOST_NAME, LOST_DATA, LOST_RENAME };

/* Something that a power failure takes back. */
struct unsynced {
	enum lost_kind kind;
	char *path;
	struct pdg_buf old; /* what a rename replaced */
	bool had_old;
	bool done; /* synced since */
};

#define UNSYNCED_MAX 200

struct crash {
	enum crash_kind kind;
	unsigned at; /* 0: never */
	unsigned n;
	struct unsynced u[UNSYNCED_MAX];
	size_t n_u;
};

static inline struct unsynced *crash_note(struct crash *c, enum lost_kind kind, const char *path)
{
	struct unsynced *u = &c->u[c->n_u++];

	if (c->n_u > UNSYNCED_MAX)
		abort();
	u->kind = kind;
	u->path = pdg_str_dup(path);
	pdg_buf_init(&u->old, 1 << 20);
	return u;
}

static inline void crash_take_back(const struct crash *c)
{
	size_t i;

	for (i = c->n_u; i-- > 0;) {
		const struct unsynced *u = &c->u[i];
		FILE *f;

		if (u->done)
			continue;
		if (u->kind == LOST_NAME) {
			if (remove(u->path) != 0 && pdg_fs_remove_tree(u->path, NULL) < 0)
				abort();
		} else if (u->kind == LOST_DATA) {
			if (truncate(u->path, 0) != 0)
				continue;
		} else if (!u->had_old) {
			(void)remove(u->path);
		} else {
			f = fopen(u->path, "wbe");
			if (!f || fwrite(u->old.p, 1, u->old.n, f) != u->old.n || fclose(f) != 0)
				abort();
		}
	}
}

/* Is this the operation? CRASH_TORN ends here unless the caller has half a write to do. */
static inline bool crash_now(struct crash *c)
{
	c->n++;
	return c->at != 0 && c->n == c->at;
}

static inline void crash_before(const struct crash *c, bool now)
{
	if (now && c->kind == CRASH_TORN)
		_exit(CRASHED);
}

static inline int crash_after(struct crash *c, bool now, int rc)
{
	if (!now)
		return rc;
	if (c->kind == CRASH_LOSE)
		crash_take_back(c);
	_exit(CRASHED);
}

static inline int crash_fail(const struct crash *c, bool now, struct pdg_error *err, int *out)
{
	if (!now || c->kind != CRASH_FAIL)
		return 0;
	*out = pdg_fail(err, PDG_E_IO, "no space left (by the test)");
	return 1;
}

static inline int crash_mkdir(void *ctx, const char *path, struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	(void)crash_note(c, LOST_NAME, path);
	return crash_after(c, now, pdg_embedded_io_files.mkdir(NULL, path, err));
}

static inline int crash_write(void *ctx, const char *path, struct pdg_bytes in, int *out_fd,
			      struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (now && (c->kind == CRASH_TORN || c->kind == CRASH_FAIL)) {
		int half = -1;

		(void)pdg_embedded_io_files.write(NULL, path, pdg_bytes_head(in, in.n / 2), &half,
						  err);
		pdg_auto_fd(&half);
	}
	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	if (!pdg_fs_exists(path))
		(void)crash_note(c, LOST_NAME, path);
	(void)crash_note(c, LOST_DATA, path);
	return crash_after(c, now, pdg_embedded_io_files.write(NULL, path, in, out_fd, err));
}

static inline int crash_extend(void *ctx, const char *path, int fd, uint64_t at,
			       struct pdg_bytes in, struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (now && (c->kind == CRASH_TORN || c->kind == CRASH_FAIL))
		(void)!pdg_embedded_io_files.extend(NULL, path, fd, at,
						    pdg_bytes_head(in, in.n / 2), err);
	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	(void)crash_note(c, LOST_DATA, path);
	return crash_after(c, now, pdg_embedded_io_files.extend(NULL, path, fd, at, in, err));
}

static inline void crash_synced(struct crash *c, const char *path)
{
	size_t i;

	for (i = 0; i < c->n_u; i++) {
		struct unsynced *u = &c->u[i];
		char *dir = pdg_path_dir(u->path);

		if (strcmp(u->kind == LOST_DATA ? u->path : dir, path) == 0)
			u->done = true;
		free(dir);
	}
}

/* All that was written to the file that @fd has open is durable. */
static inline void crash_synced_fd(struct crash *c, int fd)
{
	struct stat a, b;
	size_t i;

	if (fstat(fd, &a) != 0)
		abort();
	for (i = 0; i < c->n_u; i++) {
		if (c->u[i].kind == LOST_DATA && stat(c->u[i].path, &b) == 0 &&
		    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			c->u[i].done = true;
	}
}

static inline int crash_finish(void *ctx, const char *path, int fd, struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (crash_fail(c, now, err, &rc)) {
		pdg_auto_fd(&fd);
		return rc;
	}
	crash_before(c, now);
	/* What is synced is what was written by, not a second descriptor of the file. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
		abort();
	rc = pdg_embedded_io_files.finish(NULL, path, fd, err);
	if (rc == 0)
		crash_synced(c, path);
	return crash_after(c, now, rc);
}

/* Durable when it returns, so nothing of it can be lost but the half of one that is cut off. */
static inline int crash_record(void *ctx, int fd, uint64_t at, struct pdg_bytes in,
			       struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (now && (c->kind == CRASH_TORN || c->kind == CRASH_FAIL))
		(void)!pdg_embedded_io_files.record(NULL, fd, at, pdg_bytes_head(in, in.n / 2),
						    err);
	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	rc = pdg_embedded_io_files.record(NULL, fd, at, in, err);
	crash_synced_fd(c, fd);
	return crash_after(c, now, rc);
}

static inline int crash_sync(void *ctx, const char *path, struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	rc = pdg_embedded_io_files.sync(NULL, path, err);
	if (rc == 0)
		crash_synced(c, path);
	return crash_after(c, now, rc);
}

static inline int crash_rename(void *ctx, const char *from, const char *to, struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	struct unsynced *u;
	size_t i;
	int rc;

	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	/* What is not synced of the file stays so under its new name: the data may be lost there.
	 */
	for (i = 0; i < c->n_u; i++) {
		/* The file that was there before has no name any more. */
		if (strcmp(c->u[i].path, to) == 0 && c->u[i].kind == LOST_DATA)
			c->u[i].done = true;
		if (strcmp(c->u[i].path, from) != 0 || c->u[i].done)
			continue;
		if (c->u[i].kind == LOST_DATA) {
			free(c->u[i].path);
			c->u[i].path = pdg_str_dup(to);
		} else {
			c->u[i].done = true;
		}
	}
	u = crash_note(c, LOST_RENAME, to);
	u->had_old = pdg_fs_read(to, &u->old, NULL) == 0;
	return crash_after(c, now, pdg_embedded_io_files.rename(NULL, from, to, err));
}

static inline int crash_remove(void *ctx, const char *path, struct pdg_error *err)
{
	struct crash *c = ctx;
	bool now = crash_now(c);
	int rc;

	if (crash_fail(c, now, err, &rc))
		return rc;
	crash_before(c, now);
	return crash_after(c, now, pdg_embedded_io_files.remove(NULL, path, err));
}

static inline struct pdg_embedded_io crash_io(struct crash *c)
{
	return (struct pdg_embedded_io){.mkdir = crash_mkdir,
					.write = crash_write,
					.finish = crash_finish,
					.extend = crash_extend,
					.record = crash_record,
					.sync = crash_sync,
					.rename = crash_rename,
					.remove = crash_remove,
					.ctx = c};
}

#endif
