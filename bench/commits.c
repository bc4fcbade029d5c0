/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signed history for bench/run check, faster than git makes one: gpg alone takes some 20 ms for
 * each signature. What is written here git takes and verifies as its own; the bench asks it to.
 *
 *	bench-commits DIR N KIND...      KIND: pgp-ed25519, pgp-rsa, ssh; each has its DIR/KIND.pem
 *
 * Writes a pack of N commits, signed by each KIND in turn, to standard output (git index-pack
 * --stdin), and into DIR: tip, KIND.pgp (the OpenPGP public key), allowed_signers, and signed: for
 * bench-floor, what each signature is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit/object.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/sshwire.h"
#include "support/pgp_made.h"
#include "support/sshsig_made.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/time.h"

#define KINDS_MAX  3
#define WHO	   "Bench <bench@example.org>"
#define EMPTY_TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
#define TYPE_BITS  4 /* of the first byte of an entry (gitformat-pack(5)) */
#define OBJ_COMMIT 1U
#define OBJ_TREE   2U
#define STORED_MAX 65535 /* bytes of one stored block (RFC 1951 3.2.4) */

struct kind {
	const char *name;
	struct pdg_key *key;
	struct pdg_made_pgp pgp; /* of the OpenPGP kinds */
};

struct making {
	struct kind kinds[KINDS_MAX];
	size_t n_kinds;
	struct pdg_digest_ctx *sum; /* of the pack */
	FILE *signed_;
	int64_t from; /* the first commit's date */
};

static int put(struct making *m, struct pdg_bytes b, struct pdg_error *err)
{
	if (b.n && fwrite(b.p, 1, b.n, stdout) != b.n)
		return pdg_fail(err, PDG_E_IO, "the pack cannot be written");
	return pdg_digest_update(m->sum, b, err);
}

static uint32_t adler32(struct pdg_bytes b)
{
	uint32_t a = 1, c = 0;
	size_t i;

	for (i = 0; i < b.n; i++) {
		a = (a + b.p[i]) % 65521;
		c = (c + a) % 65521;
	}
	return c << 16 | a;
}

/* One entry of the pack, in zlib's form but not compressed: git repack compresses it. */
static int put_object(struct making *m, unsigned type, struct pdg_bytes raw, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	size_t rest = raw.n >> TYPE_BITS;
	struct pdg_bytes left = raw;
	unsigned first = type << TYPE_BITS | (unsigned)(raw.n & 0x0F);

	pdg_buf_putc(&b, (uint8_t)(first | (rest ? 0x80U : 0)));
	for (; rest; rest >>= 7)
		pdg_buf_putc(&b, (uint8_t)((rest & 0x7F) | (rest >> 7 ? 0x80 : 0)));
	pdg_buf_put(&b, pdg_bytes("\x78\x01", 2));
	do {
		struct pdg_bytes block = pdg_bytes_head(left, STORED_MAX);

		left = pdg_bytes_from(left, block.n);
		pdg_buf_putc(&b, left.n == 0);
		pdg_buf_putc(&b, (uint8_t)(block.n & 0xFF));
		pdg_buf_putc(&b, (uint8_t)(block.n >> 8));
		pdg_buf_putc(&b, (uint8_t)(~block.n & 0xFF));
		pdg_buf_putc(&b, (uint8_t)(~block.n >> 8 & 0xFF));
		pdg_buf_put(&b, block);
	} while (left.n);
	pdg_buf_u32be(&b, adler32(raw));
	if (pdg_buf_check(&b, err) < 0)
		return err->code;
	return put(m, pdg_buf_bytes(&b), err);
}

/* What bench-floor checks again: the bytes that are hashed, those that are verified, and the
 * signature. */
static int note_signed(struct making *m, size_t kind, struct pdg_bytes hashed,
		       struct pdg_bytes direct, struct pdg_bytes sig, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(1));

	pdg_buf_putc(&b, (uint8_t)kind);
	pdg_sshwire_put_string(&b, hashed);
	pdg_sshwire_put_string(&b, direct);
	pdg_sshwire_put_string(&b, sig);
	if (pdg_buf_check(&b, err) < 0)
		return err->code;
	if (fwrite(b.p, 1, b.n, m->signed_) != b.n)
		return pdg_fail(err, PDG_E_IO, "what is signed cannot be written");
	return 0;
}

static int sign_ssh(struct making *m, size_t kind, struct pdg_bytes payload, struct pdg_buf *armor,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);
	int rc = pdg_made_sshsig(m->kinds[kind].key, payload, &message, &sig, armor, err);

	return rc < 0 ? rc
		      : note_signed(m, kind, payload, pdg_buf_bytes(&message), pdg_buf_bytes(&sig),
				    err);
}

static int sign_pgp(struct making *m, size_t kind, struct pdg_bytes payload, int64_t when,
		    struct pdg_buf *armor, struct pdg_error *err)
{
	const struct kind *k = &m->kinds[kind];
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	PDG_AUTO(buf) struct pdg_buf hashed = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	uint8_t sum[64];
	int rc;

	pdg_buf_put(&hashed, payload);
	rc = pdg_made_pgp_sign(&k->pgp, k->key, 0x00, (uint32_t)when, &hashed, &sig, &packet, err);
	if (rc == 0)
		rc = pdg_digest(PDG_SHA512, pdg_buf_bytes(&hashed), sum, err);
	if (rc == 0)
		rc = note_signed(m, kind, pdg_buf_bytes(&hashed),
				 k->pgp.rsa ? pdg_bytes(NULL, 0) : pdg_bytes(sum, sizeof(sum)),
				 pdg_buf_bytes(&sig), err);
	if (rc < 0)
		return rc;
	return pdg_made_pgp_armor(armor, pdg_buf_bytes(&packet), err);
}

/* A commit whose parent is @name (none: ""), which then becomes its own. */
static int make_commit(struct making *m, size_t number, char name[PDG_OID_HEX],
		       struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf head = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(PDG_LIMIT_KIB(8));
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_KIB(32));
	size_t kind = number % m->n_kinds;
	long long when = (long long)m->from + (long long)number;
	int rc;

	pdg_buf_puts(&head, "tree " EMPTY_TREE "\n");
	if (name[0])
		pdg_buf_printf(&head, "parent %s\n", name);
	pdg_buf_printf(&head, "author " WHO " %lld +0000\ncommitter " WHO " %lld +0000\n", when,
		       when);
	pdg_buf_printf(&message, "Commit number %zu\n\nIt changes nothing, and is signed.\n",
		       number);
	pdg_buf_put(&payload, pdg_buf_bytes(&head));
	pdg_buf_putc(&payload, '\n');
	pdg_buf_put(&payload, pdg_buf_bytes(&message));
	rc = strcmp(m->kinds[kind].name, "ssh") == 0
		     ? sign_ssh(m, kind, pdg_buf_bytes(&payload), &armor, err)
		     : sign_pgp(m, kind, pdg_buf_bytes(&payload), when, &armor, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(&raw, pdg_buf_bytes(&head));
	pdg_made_gpgsig(&raw, pdg_buf_bytes(&armor));
	pdg_buf_putc(&raw, '\n');
	pdg_buf_put(&raw, pdg_buf_bytes(&message));
	rc = pdg_buf_check(&raw, err);
	if (rc == 0)
		rc = pdg_object_name("commit", pdg_buf_bytes(&raw), false, name, err);
	return rc < 0 ? rc : put_object(m, OBJ_COMMIT, pdg_buf_bytes(&raw), err);
}

static int write_file(const char *dir, const char *name, struct pdg_bytes text,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, name);

	return path ? pdg_fs_write(path, text, 0644, err) : pdg_nomem(err);
}

/* The public half of an OpenPGP key, for gpg and the policy. */
static int write_cert(const struct making *m, const struct kind *k, const char *dir,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf cert = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	PDG_AUTO(buf) struct pdg_buf name = PDG_BUF_INIT(64);
	int rc = pdg_made_pgp_cert(&k->pgp, k->key, WHO, (uint32_t)m->from, &cert, err);

	pdg_buf_printf(&name, "%s.pgp", k->name);
	return rc < 0 ? rc : write_file(dir, pdg_buf_cstr(&name), pdg_buf_bytes(&cert), err);
}

static int write_signer(struct kind *k, const char *dir, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(1024);

	pdg_made_ssh_blob(&blob, k->key);
	pdg_buf_puts(&line, "bench@example.org namespaces=\"git\" ssh-ed25519 ");
	pdg_base64(pdg_buf_bytes(&blob), &line);
	pdg_buf_putc(&line, '\n');
	return write_file(dir, "allowed_signers", pdg_buf_bytes(&line), err);
}

static int load_kind(struct making *m, const char *dir, const char *name, struct pdg_error *err)
{
	struct kind *k = &m->kinds[m->n_kinds];
	PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(64);
	PDG_AUTO(mem) char *path = NULL;
	int rc;

	m->n_kinds++;
	k->name = name;
	pdg_buf_printf(&file, "%s.pem", name);
	path = pdg_path_join(dir, pdg_buf_cstr(&file));
	rc = path ? pdg_key_private_file(path, &k->key, err) : pdg_nomem(err);
	if (rc < 0)
		return rc;
	if (strcmp(name, "ssh") == 0)
		return write_signer(k, dir, err);
	rc = pdg_made_pgp_key(k->key, (uint32_t)m->from, &k->pgp, err);
	return rc < 0 ? rc : write_cert(m, k, dir, err);
}

static int make_all(struct making *m, const char *dir, size_t n, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf head = PDG_BUF_INIT(16);
	char name[PDG_OID_HEX] = "";
	uint8_t sum[PDG_DIGEST_MAX];
	size_t i;
	int rc = pdg_digest_new(PDG_SHA1, &m->sum, err);

	pdg_buf_puts(&head, "PACK");
	pdg_buf_u32be(&head, 2);
	pdg_buf_u32be(&head, (uint32_t)n + 1);
	if (rc == 0)
		rc = put(m, pdg_buf_bytes(&head), err);
	if (rc == 0)
		rc = put_object(m, OBJ_TREE, pdg_bytes(NULL, 0), err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = make_commit(m, i, name, err);
	if (rc == 0)
		rc = pdg_digest_final(m->sum, sum, err);
	if (rc == 0 && (fwrite(sum, 1, 20, stdout) != 20 || fflush(stdout) != 0))
		rc = pdg_fail(err, PDG_E_IO, "the pack cannot be written");
	return rc < 0 ? rc : write_file(dir, "tip", pdg_bytes_str(name), err);
}

static int run(const char *dir, size_t n, char **names, struct making *m, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, "signed");
	int rc = 0;

	m->from = pdg_now(&pdg_clock_system) - (int64_t)n - 3600;
	m->signed_ = path ? fopen(path, "wb") : NULL;
	if (!m->signed_)
		return pdg_fail(err, PDG_E_IO, "%s: cannot be written into", dir);
	for (; rc == 0 && *names && m->n_kinds < KINDS_MAX; names++)
		rc = load_kind(m, dir, *names, err);
	if (rc == 0)
		rc = make_all(m, dir, n, err);
	if (fclose(m->signed_) != 0 && rc == 0)
		rc = pdg_fail(err, PDG_E_IO, "%s: what is signed cannot be written", dir);
	return rc;
}

int main(int argc, char **argv)
{
	struct making m = {.n_kinds = 0};
	struct pdg_error err = {.code = 0};
	uint64_t n = 0;
	size_t i;
	int rc;

	if (argc < 4 || !pdg_bytes_u64(pdg_bytes_str(argv[2]), 10000000, &n) || n == 0) {
		fprintf(stderr, "usage: bench-commits DIR N KIND...\n");
		return 2;
	}
	rc = run(argv[1], (size_t)n, argv + 3, &m, &err);
	for (i = 0; i < m.n_kinds; i++) {
		pdg_key_free(m.kinds[i].key);
		pdg_made_pgp_done(&m.kinds[i].pgp);
	}
	pdg_digest_free(m.sum);
	if (rc < 0)
		pdg_out_error("bench-commits", &err);
	return rc < 0 ? 1 : 0;
}
