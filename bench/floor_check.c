/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What judging a push cannot cost less than: OpenSSL's own check of the very signatures that
 * bench-commits made, with the same keys, and the digest where a form signs one (SSHSIG, EdDSA of
 * OpenPGP); from memory, on one thread, after a first round.
 */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/sshwire.h"
#include "figures.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define KINDS_MAX  3
#define ROUNDS_MAX 1000
#define FILE_MAX   PDG_LIMIT_MIB(64)

struct kind {
	const char *name;
	struct pdg_key *key;
	size_t n;
	double us[ROUNDS_MAX]; /* of CPU, all of its signatures */
};

/* One signature as bench-commits noted it. */
struct noted {
	size_t kind;
	struct pdg_bytes hashed; /* SHA-512 over these first, unless direct is empty */
	struct pdg_bytes direct; /* what is verified; empty: hashed itself */
	struct pdg_bytes sig;
};

static bool take_noted(struct pdg_bytes *rest, size_t n_kinds, struct noted *out)
{
	if (rest->n == 0 || rest->p[0] >= n_kinds)
		return false;
	out->kind = rest->p[0];
	*rest = pdg_bytes_from(*rest, 1);
	return pdg_sshwire_string(rest, &out->hashed) && pdg_sshwire_string(rest, &out->direct) &&
	       pdg_sshwire_string(rest, &out->sig);
}

static int check(const struct kind *k, const struct noted *s, struct pdg_error *err)
{
	uint8_t sum[PDG_DIGEST_MAX];
	int rc = s->direct.n ? pdg_digest(PDG_SHA512, s->hashed, sum, err) : 0;

	if (rc < 0)
		return rc;
	return pdg_key_verify(k->key, s->direct.n ? s->direct : s->hashed, s->sig, err);
}

/* Check all once; each signature's time goes to its kind. */
static int round_of(struct pdg_bytes all, struct kind *kinds, size_t n_kinds, size_t round,
		    struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n_kinds; i++) {
		kinds[i].us[round] = 0;
		kinds[i].n = 0;
	}
	while (rc == 0 && all.n) {
		struct noted s;
		double from;

		if (!take_noted(&all, n_kinds, &s))
			return pdg_fail(err, PDG_E_FORMAT, "what bench-commits noted is damaged");
		from = bench_us(CLOCK_PROCESS_CPUTIME_ID);
		rc = check(&kinds[s.kind], &s, err);
		kinds[s.kind].us[round] += bench_us(CLOCK_PROCESS_CPUTIME_ID) - from;
		kinds[s.kind].n++;
	}
	return rc;
}

static int load_key(const char *dir, struct kind *k, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_str_printf("%s/%s.pem", dir, k->name);

	return path ? pdg_key_private_file(path, &k->key, err) : pdg_nomem(err);
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

int bench_floor_check(const char *dir, size_t rounds, char **names, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, "signed");
	PDG_AUTO(buf) struct pdg_buf all = PDG_BUF_INIT(FILE_MAX);
	static struct kind kinds[KINDS_MAX];
	size_t n = 0;
	size_t round;
	int rc = path ? pdg_fs_read(path, &all, err) : pdg_nomem(err);

	for (; rc == 0 && n < KINDS_MAX && names[n]; n++) {
		kinds[n].name = names[n];
		rc = load_key(dir, &kinds[n], err);
	}
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	if (rc == 0)
		rc = round_of(pdg_buf_bytes(&all), kinds, n, 0, err);
	for (round = 0; rc == 0 && round < rounds; round++)
		rc = round_of(pdg_buf_bytes(&all), kinds, n, round, err);
	if (rc == 0)
		print(kinds, n, rounds);
	while (n-- > 0)
		pdg_key_free(kinds[n].key);
	return rc;
}
