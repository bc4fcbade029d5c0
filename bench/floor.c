/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a submission cannot cost less than: one ECDSA P-256 verification and one signature over a
 * statement's bytes by OpenSSL itself, and one fdatasync of a page in the store's folder.
 *
 *	bench-floor DIR                        one line: medians in microseconds, of CPU for the key
 *	bench-floor check DIR ROUNDS KIND...   what a push cannot cost less than (floor_check.c)
 */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "figures.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"

#define MESSAGE	  1400 /* PAE of a build statement as bench-load makes them */
#define BATCH	  50
#define BATCHES	  41
#define SYNCS	  101
#define PAGE	  4096
#define SIGNATURE 80 /* of ECDSA P-256 in DER, at most 72 */

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), bench_compare);
	return v[n / 2];
}

/* One signature of @m, or (@sign false) one verification of it, by a copy of @ready. */
static bool once(const EVP_MD_CTX *ready, bool sign, const uint8_t *m, uint8_t *sig, size_t *sig_n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx && EVP_MD_CTX_copy_ex(ctx, ready) == 1;

	if (sign) {
		*sig_n = SIGNATURE;
		done = done && EVP_DigestSign(ctx, sig, sig_n, m, MESSAGE) == 1;
	} else {
		done = done && EVP_DigestVerify(ctx, sig, *sig_n, m, MESSAGE) == 1;
	}
	EVP_MD_CTX_free(ctx);
	return done;
}

/* A batch of the same; microseconds of CPU for each, below 0 when OpenSSL failed. */
static double batch(const EVP_MD_CTX *ready, bool sign, const uint8_t *m, uint8_t *sig,
		    size_t *sig_n)
{
	double from = bench_us(CLOCK_PROCESS_CPUTIME_ID);
	size_t k;

	for (k = 0; k < BATCH; k++) {
		if (!once(ready, sign, m, sig, sig_n))
			return -1;
	}
	return (bench_us(CLOCK_PROCESS_CPUTIME_ID) - from) / BATCH;
}

/* Microseconds of CPU for one signature and for one verification: the median of batches of them. */
static int key_floor(double *out_sign, double *out_verify, struct pdg_error *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_MD_CTX *signer = EVP_MD_CTX_new();
	EVP_MD_CTX *verifier = EVP_MD_CTX_new();
	double sign[BATCHES];
	double verify[BATCHES];
	uint8_t message[MESSAGE];
	uint8_t sig[SIGNATURE];
	size_t sig_n = 0;
	size_t i;
	bool ok = key && signer && verifier &&
		  EVP_DigestSignInit(signer, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestVerifyInit(verifier, NULL, EVP_sha256(), NULL, key) == 1;

	memset(message, 'x', sizeof(message));
	for (i = 0; ok && i < BATCHES; i++) {
		sign[i] = batch(signer, true, message, sig, &sig_n);
		verify[i] = batch(verifier, false, message, sig, &sig_n);
		ok = sign[i] >= 0 && verify[i] >= 0;
	}
	EVP_MD_CTX_free(signer);
	EVP_MD_CTX_free(verifier);
	EVP_PKEY_free(key);
	if (!ok)
		return pdg_fail(err, PDG_E_CRYPTO, "OpenSSL cannot sign or verify");
	*out_sign = median(sign, BATCHES);
	*out_verify = median(verify, BATCHES);
	return 0;
}

/* Microseconds of wall time for a page appended and synced, as each commit of the store has to. */
static int sync_floor(const char *dir, double *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, "bench-floor.tmp");
	PDG_AUTO(fd) int fd = -1;
	char page[PAGE];
	double sync[SYNCS];
	size_t i;

	if (!path)
		return pdg_nomem(err);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return pdg_fail(err, PDG_E_IO, "%s cannot be made", path);
	(void)unlink(path);
	memset(page, 'x', sizeof(page));
	for (i = 0; i < SYNCS; i++) {
		double from = bench_us(CLOCK_MONOTONIC);

		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fdatasync(fd) != 0)
			return pdg_fail(err, PDG_E_IO, "%s cannot be written", path);
		sync[i] = bench_us(CLOCK_MONOTONIC) - from;
	}
	*out = median(sync, SYNCS);
	return 0;
}

static int submission_floor(const char *dir, struct pdg_error *err)
{
	double sign = 0, verify = 0, sync = 0;
	int rc = key_floor(&sign, &verify, err);

	if (rc == 0)
		rc = sync_floor(dir, &sync, err);
	if (rc == 0)
		printf("sign %.1f verify %.1f both %.1f fdatasync %.0f\n", sign, verify,
		       sign + verify, sync);
	return rc;
}

int main(int argc, char **argv)
{
	struct pdg_error err = {.code = 0};
	uint64_t rounds = 0;
	int rc;

	if (argc > 4 && strcmp(argv[1], "check") == 0 &&
	    pdg_bytes_u64(pdg_bytes_str(argv[3]), 1000, &rounds) && rounds > 0) {
		rc = bench_floor_check(argv[2], (size_t)rounds, argv + 4, &err);
	} else if (argc == 2) {
		rc = submission_floor(argv[1], &err);
	} else {
		fprintf(stderr, "usage: bench-floor DIR | check DIR ROUNDS KIND...\n");
		return 2;
	}
	if (rc < 0) {
		pdg_out_error("bench-floor", &err);
		return 1;
	}
	return 0;
}
