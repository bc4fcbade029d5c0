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

#include "figures.h"
#include "floor_key.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"

#define BATCH	50
#define BATCHES 41
#define SYNCS	101
#define PAGE	4096

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), bench_compare);
	return v[n / 2];
}

/* Microseconds of CPU for one signature and for one verification: the median of batches of them. */
static int key_floor(double *out_sign, double *out_verify, struct pdg_error *err)
{
	struct bench_key *key = NULL;
	double sign[BATCHES];
	double verify[BATCHES];
	size_t i;
	int rc = bench_key_new(&key, err);

	for (i = 0; rc == 0 && i < BATCHES; i++) {
		if (bench_key_time(key, BATCH, &sign[i], &verify[i]) != 0)
			rc = pdg_fail(err, PDG_E_CRYPTO, "OpenSSL cannot sign or verify");
	}
	bench_key_free(key);
	if (rc < 0)
		return rc;
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
