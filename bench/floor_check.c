/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What judging a push cannot cost less than: OpenSSL's own check of the very signatures that
 * bench-commits made, with the same keys, and the digest where a form signs one (SSHSIG, EdDSA of
 * OpenPGP); from memory, on one thread, after a first round. Keys and contexts are set up once, as
 * OpenSSL lets everybody do it. Nothing of common/crypto is in what is timed.
 */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "figures.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define KINDS_MAX    3
#define ROUNDS_MAX   1000
#define FILE_MAX     PDG_LIMIT_MIB(64)
#define DIGEST_BYTES 64

/* One signature as bench-commits noted it. */
struct noted {
	struct pdg_bytes hashed; /* SHA-512 over these first, unless direct is empty */
	struct pdg_bytes direct; /* what is verified; empty: hashed itself */
	struct pdg_bytes sig;
};

struct kind {
	const char *name;
	EVP_PKEY *key;
	EVP_MD_CTX *ready; /* set up with the key; copied for each signature */
	struct noted *v;
	size_t n, cap;
	double us[ROUNDS_MAX]; /* of CPU, all of its signatures */
};

static EVP_MD *sha512;

static int failed(struct pdg_error *err, const char *what)
{
	return pdg_fail(err, PDG_E_CRYPTO, "OpenSSL cannot %s", what);
}

/* A string of SSH's wire (RFC 4251 5), as bench-commits wrote it. */
static bool take_string(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	uint64_t n;

	if (rest->n < 4)
		return false;
	n = (uint64_t)rest->p[0] << 24 | (uint64_t)rest->p[1] << 16 | (uint64_t)rest->p[2] << 8 |
	    rest->p[3];
	*rest = pdg_bytes_from(*rest, 4);
	if (n > rest->n)
		return false;
	*out = pdg_bytes_head(*rest, (size_t)n);
	*rest = pdg_bytes_from(*rest, (size_t)n);
	return true;
}

/* All that was noted, by kinds. */
static int read_noted(struct pdg_bytes rest, struct kind *kinds, size_t n_kinds,
		      struct pdg_error *err)
{
	while (rest.n) {
		struct kind *k = rest.p[0] < n_kinds ? &kinds[rest.p[0]] : NULL;
		struct noted *s;
		int rc;

		if (!k)
			return pdg_fail(err, PDG_E_FORMAT, "what bench-commits noted is damaged");
		rc = pdg_array_grow(&k->v, k->n, &k->cap, sizeof(*k->v), SIZE_MAX / 256);
		if (rc < 0)
			return pdg_nomem(err);
		s = &k->v[k->n++];
		rest = pdg_bytes_from(rest, 1);
		if (!take_string(&rest, &s->hashed) || !take_string(&rest, &s->direct) ||
		    !take_string(&rest, &s->sig))
			return pdg_fail(err, PDG_E_FORMAT, "what bench-commits noted is damaged");
	}
	return 0;
}

static bool is_valid(const struct kind *k, const struct noted *s)
{
	uint8_t sum[DIGEST_BYTES];
	struct pdg_bytes signed_ = s->direct.n ? s->direct : s->hashed;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool valid = ctx && EVP_MD_CTX_copy_ex(ctx, k->ready) == 1;

	if (valid && s->direct.n)
		valid = EVP_Digest(s->hashed.p, s->hashed.n, sum, NULL, sha512, NULL) == 1;
	valid = valid && EVP_DigestVerify(ctx, s->sig.p, s->sig.n, signed_.p, signed_.n) == 1;
	EVP_MD_CTX_free(ctx);
	return valid;
}

/* Check all signatures of each kind once; the clock is read twice for each kind. */
static int round_of(struct kind *kinds, size_t n_kinds, size_t round, struct pdg_error *err)
{
	size_t i, k;

	for (k = 0; k < n_kinds; k++) {
		double from = bench_us(CLOCK_PROCESS_CPUTIME_ID);

		for (i = 0; i < kinds[k].n; i++) {
			if (!is_valid(&kinds[k], &kinds[k].v[i]))
				return failed(err, "verify what bench-commits signed");
		}
		kinds[k].us[round] = bench_us(CLOCK_PROCESS_CPUTIME_ID) - from;
	}
	return 0;
}

static int load_key(const char *dir, struct kind *k, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_str_printf("%s/%s.pem", dir, k->name);
	FILE *f = path ? fopen(path, "rb") : NULL;
	const EVP_MD *md = NULL;

	if (!f)
		return pdg_fail(err, PDG_E_IO, "%s/%s.pem cannot be read", dir, k->name);
	k->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	(void)fclose(f);
	if (k->key && EVP_PKEY_is_a(k->key, "RSA"))
		md = EVP_sha256();
	k->ready = EVP_MD_CTX_new();
	if (!k->key || !k->ready || EVP_DigestVerifyInit(k->ready, NULL, md, NULL, k->key) != 1)
		return failed(err, "load a key");
	return 0;
}

static void print(struct kind *kinds, size_t n_kinds, size_t rounds)
{
	double total = 0;
	size_t n = 0;
	size_t i;

	for (i = 0; i < n_kinds; i++) {
		qsort(kinds[i].us, rounds, sizeof(double), bench_compare);
		total += kinds[i].us[rounds / 2];
		n += kinds[i].n;
		printf("%s %.1f ", kinds[i].name, kinds[i].us[rounds / 2] / (double)kinds[i].n);
	}
	printf("all %.1f\n", total / (double)n);
}

static int run_rounds(struct kind *kinds, size_t n_kinds, size_t rounds, struct pdg_error *err)
{
	size_t round;
	int rc = round_of(kinds, n_kinds, 0, err);

	for (round = 0; rc == 0 && round < rounds; round++)
		rc = round_of(kinds, n_kinds, round, err);
	if (rc == 0)
		print(kinds, n_kinds, rounds);
	return rc;
}

int bench_floor_check(const char *dir, size_t rounds, char **names, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, "signed");
	PDG_AUTO(buf) struct pdg_buf all = PDG_BUF_INIT(FILE_MAX);
	static struct kind kinds[KINDS_MAX];
	size_t n = 0;
	int rc = path ? pdg_fs_read(path, &all, err) : pdg_nomem(err);

	sha512 = EVP_MD_fetch(NULL, "SHA2-512", NULL);
	if (rc == 0 && !sha512)
		rc = failed(err, "find a digest");
	for (; rc == 0 && n < KINDS_MAX && names[n]; n++) {
		kinds[n].name = names[n];
		rc = load_key(dir, &kinds[n], err);
	}
	if (rc == 0)
		rc = read_noted(pdg_buf_bytes(&all), kinds, n, err);
	if (rc == 0)
		rc = run_rounds(kinds, n, rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX, err);
	while (n-- > 0) {
		EVP_MD_CTX_free(kinds[n].ready);
		EVP_PKEY_free(kinds[n].key);
		free(kinds[n].v);
	}
	EVP_MD_free(sha512);
	return rc;
}
