/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of key descriptions. In a build folder no pedigree-pgp stands beside the tests, so a
 * ring can only come from the cache: what is not good enough for that ends as PDG_E_IO. That it is
 * made again instead is tests/e2e/pgp.sh's to show. (Where Pedigree is installed it is made again.)
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "proc/spawn.h"
#include "unit/crypto/pgp_data.h"

struct place {
	char *dir;
	char *entry; /* where the description of keys.asc belongs */
	struct pdg_buf text;
};

static const char keys[] = PDG_TEST_DATA "/pgp/keys.asc";

static void place_init(struct place *p)
{
	PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	char source[PDG_SHA256_HEX];
	char *name;

	p->dir = pdg_test_dir();
	pgp_read("keys.asc", &file);
	if (pdg_sha256_hex(pdg_buf_bytes(&file), source, NULL) != 0)
		abort();
	name = pdg_str_printf("%s.json", source);
	pdg_buf_init(&p->text, PDG_LIMIT_KEY_DESCRIPTION);
	pgp_read("keys.json", &p->text);
	p->entry = pdg_test_file(p->dir, name, pdg_buf_bytes(&p->text));
	free(name);
	if (chmod(p->entry, 0600) != 0)
		abort();
}

static void place_done(struct place *p)
{
	pdg_test_dir_remove(p->dir);
	free(p->entry);
	pdg_buf_done(&p->text);
}

static bool describer_installed(void)
{
	PDG_AUTO(mem) char *program = NULL;

	return pdg_program_path("pedigree-pgp", &program, NULL) == 0;
}

/* The entry must not have been believed. */
static void check_not_used(int rc, const struct pdg_error *err)
{
	if (describer_installed())
		CHECK_OK(rc, err);
	else
		CHECK_CODE(rc, err, PDG_E_IO);
}

static int load(const struct place *p, struct pdg_error *err)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	int rc = pdg_pgp_ring_load(keys, p->dir, &ring, err);

	if (rc == 0)
		CHECK_UINT(pdg_pgp_ring_count(ring), 19);
	else
		CHECK(ring == NULL);
	return rc;
}

static void good_entry(void)
{
	static const mode_t modes[] = {0600, 0400, 0644};
	struct place p;
	struct pdg_error err = {0};

	place_init(&p);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		CHECK(chmod(p.entry, modes[i]) == 0);
		CHECK_OK(load(&p, &err), &err);
	}
	place_done(&p);
}

static void writable_entry(void)
{
	static const mode_t modes[] = {0620, 0602, 0666};
	struct place p;
	struct pdg_error err = {0};

	place_init(&p);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		CHECK(chmod(p.entry, modes[i]) == 0);
		check_not_used(load(&p, &err), &err);
	}
	place_done(&p);
}

/* In a folder that others can write to, or behind a link, even a good entry is not believed. */
static void foreign_folder(void)
{
	static const mode_t modes[] = {0770, 0777, 01777};
	PDG_AUTO(mem) char *link = NULL;
	struct place p;
	struct place q;
	struct pdg_error err = {0};
	char *top = pdg_test_dir();

	place_init(&p);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		CHECK(chmod(p.dir, modes[i]) == 0);
		check_not_used(load(&p, &err), &err);
	}
	CHECK(chmod(p.dir, 0755) == 0);
	CHECK_OK(load(&p, &err), &err);
	link = pdg_test_path(top, "link");
	CHECK(symlink(p.dir, link) == 0);
	q = p;
	q.dir = link;
	check_not_used(load(&q, &err), &err);
	place_done(&p);
	pdg_test_dir_remove(top);
}

static void foreign_entry(void)
{
	struct place p;
	struct pdg_error err = {0};

	place_init(&p);
	if (geteuid() == 0) {
		CHECK(chown(p.entry, 65534, (gid_t)-1) == 0);
		check_not_used(load(&p, &err), &err);
	} else {
		CHECK_OK(load(&p, &err), &err);
		(void)fprintf(stderr, "not root: no file can be given away\n");
	}
	place_done(&p);
}

static void link_entry(void)
{
	struct place p;
	struct pdg_error err = {0};
	char *moved;

	place_init(&p);
	moved = pdg_test_path(p.dir, "moved");
	CHECK(rename(p.entry, moved) == 0);
	CHECK(symlink(moved, p.entry) == 0);
	check_not_used(load(&p, &err), &err);
	CHECK(unlink(p.entry) == 0);
	CHECK(mkfifo(p.entry, 0600) == 0);
	check_not_used(load(&p, &err), &err);
	CHECK(unlink(p.entry) == 0);
	CHECK(mkdir(p.entry, 0700) == 0);
	check_not_used(load(&p, &err), &err);
	free(moved);
	place_done(&p);
}

static void write_entry(struct place *p, struct pdg_bytes content)
{
	FILE *f = fopen(p->entry, "w");

	if (!f || fwrite(content.p, 1, content.n, f) != content.n || fclose(f) != 0)
		abort();
}

static void damaged_entry(void)
{
	struct place p;
	struct pdg_error err = {0};
	uint8_t *source;

	place_init(&p);
	write_entry(&p, pdg_bytes(p.text.p, p.text.n / 2));
	check_not_used(load(&p, &err), &err);
	write_entry(&p, pdg_bytes("", 0));
	check_not_used(load(&p, &err), &err);
	write_entry(&p, pdg_buf_bytes(&p.text));
	CHECK_OK(load(&p, &err), &err);
	/* A good description of another file. */
	source = p.text.p +
		 pdg_bytes_find(pdg_buf_bytes(&p.text), pdg_bytes_str("\"source\":\""), 0) + 10;
	*source = *source == '0' ? '1' : '0';
	write_entry(&p, pdg_buf_bytes(&p.text));
	check_not_used(load(&p, &err), &err);
	place_done(&p);
}

static void key_files(void)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(pdg_pgp_ring_load(PDG_TEST_DATA "/pgp/none", NULL, &ring, &err), &err,
		   PDG_E_NOTFOUND);
	CHECK_CODE(pdg_pgp_ring_load(PDG_TEST_DATA "/pgp", NULL, &ring, &err), &err, PDG_E_IO);
	CHECK(ring == NULL);
	check_not_used(pdg_pgp_ring_load(keys, NULL, &ring, &err), &err);
	pdg_pgp_ring_free(PDG_TAKE(ring));
	check_not_used(pdg_pgp_ring_load(keys, "/dev/null/x", &ring, &err), &err);
}

PDG_TEST_MAIN("crypto.pgp_load", {"a good entry", good_entry},
	      {"an entry that others may write", writable_entry},
	      {"a folder that others may write", foreign_folder},
	      {"an entry of another user", foreign_entry}, {"an entry that is no file", link_entry},
	      {"a damaged entry", damaged_entry}, {"key files", key_files})
