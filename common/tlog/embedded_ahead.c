/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file "ahead": what was appended since the folder's other files were last made durable. Each
 * append is one record written and synced there, and needs no other sync; from time to time all
 * else is (pdg_embedded_settle()), and the file begins again with the checkpoint of that tree. At
 * the next start what it holds is appended once more, to the same tree.
 *
 *	record: magic, entries before it (uint64), how many entries, size of all behind this head
 *	(uint32 each); the checkpoint behind its size (uint32), the entries as in a bundle; SHA-256
 *	of everything before.
 *
 * The first record has no entries and is the base. A record of an earlier round that lies behind
 * the last one of this round does not continue it: its tree is smaller.
 */
#include <inttypes.h>

#include "crypto/digest.h"
#include "tlog/embedded_impl.h"
#include "tlog/entries.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define AHEAD	   "ahead"
#define MAGIC	   "pdgahd1\n"
#define HEAD	   ((size_t)24)
#define SETTLE_AT  PDG_LIMIT_MIB(1) /* of records, then all else is made durable */
#define RECORD_MAX (PDG_ENTRIES_MAX + PDG_LIMIT_CHECKPOINT + 64)
#define AHEAD_MAX  (SETTLE_AT + 2 * RECORD_MAX)
#define FILES_MAX  ((size_t)1 << 20)

/* --- what is to be made durable --- */

void pdg_embedded_ahead_done(struct pdg_embedded *l)
{
	struct pdg_embedded_ahead *a = &l->ahead;
	size_t i;

	for (i = 0; i < a->n_files; i++) {
		pdg_auto_fd(&a->files[i].fd);
		free(a->files[i].path);
	}
	for (i = 0; i < a->n_dirs; i++)
		free(a->dirs[i]);
	free(a->files);
	free(a->dirs);
	pdg_auto_fd(&a->fd);
	pdg_buf_done(&a->record);
	*a = (struct pdg_embedded_ahead){.fd = -1};
}

int pdg_embedded_ahead_file(struct pdg_embedded *l, const char *path, int fd, struct pdg_error *err)
{
	struct pdg_embedded_ahead *a = &l->ahead;
	char *copy;

	if (pdg_array_grow(&a->files, a->n_files, &a->cap_files, sizeof(*a->files), FILES_MAX) < 0)
		return pdg_nomem(err);
	copy = pdg_str_dup(path);
	if (!copy)
		return pdg_nomem(err);
	a->files[a->n_files].path = copy;
	a->files[a->n_files++].fd = fd;
	return 0;
}

int pdg_embedded_ahead_dir(struct pdg_embedded *l, const char *path, struct pdg_error *err)
{
	struct pdg_embedded_ahead *a = &l->ahead;
	size_t i;

	for (i = 0; i < a->n_dirs; i++) {
		if (strcmp(a->dirs[i], path) == 0)
			return 0;
	}
	if (pdg_array_grow(&a->dirs, a->n_dirs, &a->cap_dirs, sizeof(char *), FILES_MAX) < 0)
		return pdg_nomem(err);
	a->dirs[a->n_dirs] = pdg_str_dup(path);
	if (!a->dirs[a->n_dirs])
		return pdg_nomem(err);
	a->n_dirs++;
	return 0;
}

bool pdg_embedded_ahead_has(const struct pdg_embedded *l, const char *path)
{
	const struct pdg_embedded_ahead *a = &l->ahead;
	size_t i;

	for (i = 0; i < a->n_files; i++) {
		if (a->files[i].fd >= 0 && strcmp(a->files[i].path, path) == 0)
			return true;
	}
	return false;
}

int pdg_embedded_ahead_forget(struct pdg_embedded *l, const char *path)
{
	struct pdg_embedded_ahead *a = &l->ahead;
	size_t i;
	int fd;

	for (i = 0; i < a->n_files; i++) {
		if (strcmp(a->files[i].path, path) != 0)
			continue;
		fd = a->files[i].fd;
		free(a->files[i].path);
		a->files[i] = a->files[--a->n_files];
		return fd;
	}
	return -1;
}

void pdg_embedded_ahead_take_back(struct pdg_embedded *l, size_t n)
{
	struct pdg_embedded_ahead *a = &l->ahead;

	while (a->n_files > n) {
		struct pdg_embedded_written *f = &a->files[--a->n_files];

		pdg_auto_fd(&f->fd);
		(void)l->io->remove(l->io->ctx, f->path, NULL);
		free(f->path);
	}
}

static int sync_files(struct pdg_embedded *l, struct pdg_error *err)
{
	struct pdg_embedded_ahead *a = &l->ahead;
	int rc = 0;

	while (rc == 0 && a->n_files > 0) {
		struct pdg_embedded_written *f = &a->files[a->n_files - 1];
		int fd = f->fd;

		f->fd = -1;
		if (fd >= 0)
			rc = l->io->finish(l->io->ctx, f->path, fd, err);
		else
			rc = l->io->sync(l->io->ctx, f->path, err);
		if (rc < 0)
			return rc;
		free(f->path);
		a->n_files--;
	}
	return rc;
}

/* A folder of partial tiles goes when its tile is full: nothing is left to be durable there. */
static int sync_dirs(struct pdg_embedded *l, struct pdg_error *err)
{
	struct pdg_embedded_ahead *a = &l->ahead;
	int rc = 0;

	while (rc == 0 && a->n_dirs > 0) {
		char *dir = a->dirs[a->n_dirs - 1];

		if (pdg_fs_is_dir(dir))
			rc = l->io->sync(l->io->ctx, dir, err);
		if (rc < 0)
			return rc;
		free(dir);
		a->n_dirs--;
	}
	return rc;
}

/* --- records --- */

static void put_u32(struct pdg_buf *out, size_t v)
{
	pdg_buf_u32be(out, (uint32_t)v);
}

static int make_record(struct pdg_embedded *l, uint64_t size, const struct pdg_buf *bodies,
		       size_t n, struct pdg_bytes note, struct pdg_error *err)
{
	struct pdg_buf *r = &l->ahead.record;
	uint8_t sum[PDG_SHA256_LEN];
	size_t payload = 4 + note.n;
	size_t k;
	int rc;

	for (k = 0; k < n; k++)
		payload += 2 + bodies[k].n;
	r->max = RECORD_MAX;
	pdg_buf_reset(r);
	pdg_buf_expect(r, HEAD + payload + sizeof(sum));
	pdg_buf_puts(r, MAGIC);
	put_u32(r, (size_t)(size >> 32));
	put_u32(r, (size_t)(size & UINT32_MAX));
	put_u32(r, n);
	put_u32(r, payload);
	put_u32(r, note.n);
	pdg_buf_put(r, note);
	for (k = 0; k < n; k++)
		pdg_entries_put(r, pdg_buf_bytes(&bodies[k]));
	rc = pdg_buf_check(r, err);
	if (rc == 0)
		rc = pdg_sha256(pdg_buf_bytes(r), sum, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(r, pdg_bytes(sum, sizeof(sum)));
	return pdg_buf_check(r, err);
}

/*
 * The folder's own name for it must be durable before anything in it counts. Where fsync() said
 * that it is not, a second one means nothing: the name itself is made anew.
 */
static int open_file(struct pdg_embedded *l, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, AHEAD);
	PDG_AUTO(fd) int fd = -1;
	int rc;

	if (l->ahead.fd >= 0)
		return 0;
	if (!path)
		return pdg_nomem(err);
	rc = l->io->remove(l->io->ctx, path, err);
	if (rc == 0)
		rc = l->io->write(l->io->ctx, path, pdg_bytes(NULL, 0), &fd, err);
	if (rc == 0)
		rc = l->io->sync(l->io->ctx, l->dir, err);
	if (rc < 0)
		return rc;
	l->ahead.fd = fd;
	fd = -1;
	return 0;
}

static int write_base(struct pdg_embedded *l, struct pdg_error *err)
{
	int rc = make_record(l, l->size, NULL, 0, pdg_buf_bytes(&l->note), err);

	if (rc == 0)
		rc = open_file(l, err);
	if (rc == 0)
		rc = l->io->record(l->io->ctx, l->ahead.fd, 0, pdg_buf_bytes(&l->ahead.record),
				   err);
	if (rc < 0)
		return rc;
	l->ahead.at = l->ahead.record.n;
	l->ahead.base = l->size;
	return 0;
}

int pdg_embedded_ahead_add(struct pdg_embedded *l, const struct pdg_buf *bodies, size_t n,
			   struct pdg_bytes note, struct pdg_error *err)
{
	int rc = l->ahead.at ? 0 : write_base(l, err);

	if (rc == 0)
		rc = make_record(l, l->size, bodies, n, note, err);
	if (rc == 0)
		rc = l->io->record(l->io->ctx, l->ahead.fd, l->ahead.at,
				   pdg_buf_bytes(&l->ahead.record), err);
	if (rc == 0)
		l->ahead.at += l->ahead.record.n;
	return rc;
}

bool pdg_embedded_ahead_full(const struct pdg_embedded *l)
{
	return l->ahead.at > SETTLE_AT;
}

/*
 * The kernel tells of a write that failed once, and calls what it could not write clean: a second
 * fsync() would succeed and mean nothing. Only "ahead" has the entries then, and the next start
 * writes everything from it.
 */
static int sync_all(struct pdg_embedded *l, struct pdg_error *err)
{
	struct pdg_embedded_ahead *a = &l->ahead;

	if (a->lost == 0) {
		a->lost = sync_files(l, &a->why_lost);
		if (a->lost == 0)
			a->lost = sync_dirs(l, &a->why_lost);
		if (a->lost < 0)
			pdg_embedded_shown(l, a->lost, &a->why_lost);
	}
	if (a->lost == 0)
		return 0;
	if (err)
		*err = a->why_lost;
	pdg_fix(err, "mend the disk and start the service again: what could not be written is "
		     "written anew then");
	return a->lost;
}

int pdg_embedded_settle(struct pdg_embedded *l, struct pdg_error *err)
{
	uint64_t base = l->ahead.base;
	int rc = sync_all(l, err);

	if (rc == 0)
		rc = pdg_embedded_publish(l, pdg_buf_bytes(&l->note), true, err);
	if (rc == 0)
		pdg_embedded_shown(l, 0, &(struct pdg_error){0});
	if (rc == 0)
		rc = write_base(l, err);
	if (rc == 0)
		pdg_embedded_drop_superseded(l, base);
	return rc;
}

void pdg_embedded_ahead_close(struct pdg_embedded *l)
{
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, AHEAD);

	if (l->ahead.at && path && pdg_embedded_settle(l, NULL) == 0)
		(void)l->io->remove(l->io->ctx, path, NULL);
	pdg_embedded_spare_done(l);
	pdg_embedded_ahead_done(l);
}

/* --- what is there at a start --- */

static uint32_t u32(struct pdg_bytes b, size_t at)
{
	return (uint32_t)b.p[at] << 24 | (uint32_t)b.p[at + 1] << 16 | (uint32_t)b.p[at + 2] << 8 |
	       b.p[at + 3];
}

bool pdg_embedded_ahead_next(struct pdg_bytes *rest, struct pdg_embedded_record *out)
{
	struct pdg_bytes b = *rest;
	uint8_t sum[PDG_SHA256_LEN];
	size_t payload, note, whole;

	if (b.n < HEAD + 4 || !pdg_bytes_starts(b, MAGIC))
		return false;
	payload = u32(b, 20);
	note = u32(b, HEAD);
	whole = HEAD + payload;
	if (payload < 4 || payload > b.n - HEAD || b.n - whole < sizeof(sum) || note > payload - 4)
		return false;
	if (pdg_sha256(pdg_bytes_head(b, whole), sum, NULL) < 0 ||
	    memcmp(sum, b.p + whole, sizeof(sum)) != 0)
		return false;
	out->size = (uint64_t)u32(b, 8) << 32 | u32(b, 12);
	out->n = u32(b, 16);
	out->note = pdg_bytes(b.p + HEAD + 4, note);
	out->entries = pdg_bytes(b.p + HEAD + 4 + note, payload - 4 - note);
	*rest = pdg_bytes_from(b, whole + sizeof(sum));
	return true;
}

int pdg_embedded_ahead_read(const struct pdg_embedded *l, struct pdg_buf *out,
			    struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, AHEAD);
	int rc;

	if (!path)
		return pdg_nomem(err);
	out->max = AHEAD_MAX;
	if (!pdg_fs_exists(path))
		return 0;
	rc = l->io->sync(l->io->ctx, path, err);
	return rc < 0 ? rc : pdg_fs_read(path, out, err);
}

bool pdg_embedded_ahead_newest(struct pdg_bytes file, uint64_t *out_size)
{
	struct pdg_embedded_record r;
	uint64_t size;

	if (!pdg_embedded_ahead_next(&file, &r) || r.n != 0)
		return false;
	size = r.size;
	while (pdg_embedded_ahead_next(&file, &r) && r.size == size)
		size += r.n;
	*out_size = size;
	return true;
}
