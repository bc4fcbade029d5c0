/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a key file to a ring: GnuPG is asked once for each content of a file (10 ms and more), by
 * the program pedigree-pgp, and its answer is kept under the content's SHA-256. Nothing about the
 * cache is an error: whatever is wrong with it, the key file itself is asked again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/pgp_ring.h"
#include "proc/spawn.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define DESCRIBE_TIMEOUT_MS 120000

/* Open an entry that nobody else can have written. -1 when there is none. */
static int open_entry(const char *path)
{
	PDG_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int taken;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -1;
	taken = fd;
	fd = -1;
	return taken;
}

/* The ring of a good cache entry, or NULL. */
static struct pdg_pgp_ring *read_entry(const char *path, const char *source)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	PDG_AUTO(fd) int fd = open_entry(path);
	struct pdg_pgp_ring *ring = NULL;

	if (fd < 0 || pdg_fs_read_fd(fd, path, &text, NULL) < 0 ||
	    pdg_pgp_ring_of(&text, source, &ring, NULL) < 0)
		return NULL;
	return ring;
}

static void write_entry(const char *cache_dir, const char *path, struct pdg_bytes description)
{
	if (pdg_fs_private_dir(cache_dir, NULL) < 0)
		return;
	pdg_fs_sweep(cache_dir);
	if (pdg_fs_write(path, description, 0600, NULL) == 0)
		return;
	/* Costs time at the next run, and nothing else. */
}

/* What pedigree-pgp said when it refused: {"error":{"rule","text","fix"}}. */
static int relay_refusal(struct pdg_bytes said, int status, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;
	const json_t *e;
	const char *rule;
	const char *text;
	const char *fix;
	int rc;

	if (pdg_json_load(said, PDG_LIMIT_KEY_DESCRIPTION, &o, NULL) < 0 ||
	    pdg_json_obj(o, "error", &e, NULL) < 0 || pdg_json_str(e, "rule", &rule, NULL) < 0 ||
	    pdg_json_str(e, "text", &text, NULL) < 0 || pdg_json_str(e, "fix", &fix, NULL) < 0)
		return pdg_fail(err, PDG_E_IO, PDG_PGP_PROGRAM " ended with status %d", status);
	if (pdg_str_eq(rule, "PGP-4"))
		rc = pdg_reject(err, "PGP-4", "%s", text);
	else
		rc = pdg_fail(err, PDG_E_IO, PDG_PGP_PROGRAM ": %s", text);
	pdg_fix(err, "%s", fix);
	return rc;
}

int pdg_pgp_program(struct pdg_spawn *s, char **out_path, struct pdg_error *err)
{
	static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	int rc = pdg_program_path(PDG_PGP_PROGRAM, out_path, err);

	if (rc < 0)
		/* PDG_E_NOTFOUND would say that the key file is missing. */
		return rc == PDG_E_NOTFOUND ? pdg_fail(err, PDG_E_IO,
						       "the program " PDG_PGP_PROGRAM " is missing")
					    : rc;
	s->program = *out_path;
	s->envp = env;
	s->quiet = true;
	return 0;
}

/* Ask pedigree-pgp. The bytes go with the question, so that it is these that are described. */
static int describe(struct pdg_bytes key_file, struct pdg_buf *out, struct pdg_error *err)
{
	static const char *const argv[] = {PDG_PGP_PROGRAM, "describe", "-", NULL};
	PDG_AUTO(mem) char *program = NULL;
	struct pdg_spawn s = {
		.argv = argv,
		.input = key_file,
		.out = out,
		.timeout_ms = DESCRIBE_TIMEOUT_MS,
	};
	int status;
	int rc;

	rc = pdg_pgp_program(&s, &program, err);
	if (rc < 0)
		return rc;
	rc = pdg_spawn(&s, &status, err);
	if (rc < 0)
		return rc;
	return status == 0 ? 0 : relay_refusal(pdg_buf_bytes(out), status, err);
}

static int load_fresh(struct pdg_bytes key_file, const char *source, const char *cache_dir,
		      const char *path, struct pdg_pgp_ring **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	int rc = describe(key_file, &said, err);

	if (rc < 0)
		return rc;
	rc = pdg_pgp_ring_of(&said, source, &ring, err);
	if (rc == 0)
		rc = pdg_pgp_ring_check(ring, err);
	if (rc < 0)
		return rc;
	if (path)
		write_entry(cache_dir, path, pdg_buf_bytes(&ring->text));
	*out = PDG_TAKE(ring);
	return 0;
}

int pdg_pgp_ring_load(const char *key_file, const char *cache_dir, struct pdg_pgp_ring **out,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	PDG_AUTO(mem) char *path = NULL;
	char source[PDG_SHA256_HEX];
	int rc;

	rc = pdg_fs_read(key_file, &bytes, err);
	if (rc < 0)
		return rc;
	rc = pdg_sha256_hex(pdg_buf_bytes(&bytes), source, err);
	if (rc < 0)
		return rc;
	/* Where somebody else can put files, nothing is believed and nothing kept. */
	if (cache_dir && pdg_fs_exists(cache_dir) && pdg_fs_private_dir(cache_dir, NULL) < 0)
		cache_dir = NULL;
	if (cache_dir) {
		path = pdg_str_printf("%s/%s.json", cache_dir, source);
		if (!path)
			return pdg_nomem(err);
		ring = read_entry(path, source);
	}
	if (!ring) {
		rc = load_fresh(pdg_buf_bytes(&bytes), source, cache_dir, path, &ring, err);
		if (rc < 0)
			return pdg_context(err, rc, "%s", key_file);
	}
	ring->file = bytes;
	bytes = (struct pdg_buf){0};
	*out = PDG_TAKE(ring);
	return 0;
}
