/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key's part of the floor. bench-floor takes it while nothing else runs; bench-load beside its
 * load, for a processor that its neighbours keep busy needs up to a third more for the same work.
 */
#include "floor_key.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "figures.h"

#define MESSAGE	  1400 /* PAE of a build statement as bench-load makes them */
#define SIGNATURE 80   /* of ECDSA P-256 in DER, at most 72 */

struct bench_key {
	EVP_PKEY *key;
	EVP_MD_CTX *signer, *verifier; /* ready: each use is of a copy */
	uint8_t message[MESSAGE];
	uint8_t sig[SIGNATURE];
	size_t sig_n;
};

int bench_key_new(struct bench_key **out, struct pdg_error *err)
{
	struct bench_key *k = calloc(1, sizeof(*k));

	if (!k)
		return pdg_nomem(err);
	k->key = EVP_EC_gen("P-256");
	k->signer = EVP_MD_CTX_new();
	k->verifier = EVP_MD_CTX_new();
	memset(k->message, 'x', sizeof(k->message));
	if (!k->key || !k->signer || !k->verifier ||
	    EVP_DigestSignInit(k->signer, NULL, EVP_sha256(), NULL, k->key) != 1 ||
	    EVP_DigestVerifyInit(k->verifier, NULL, EVP_sha256(), NULL, k->key) != 1) {
		bench_key_free(k);
		return pdg_fail(err, PDG_E_CRYPTO, "OpenSSL cannot sign or verify");
	}
	*out = k;
	return 0;
}

void bench_key_free(struct bench_key *k)
{
	if (!k)
		return;
	EVP_MD_CTX_free(k->signer);
	EVP_MD_CTX_free(k->verifier);
	EVP_PKEY_free(k->key);
	free(k);
}

static bool once(struct bench_key *k, bool sign)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx && EVP_MD_CTX_copy_ex(ctx, sign ? k->signer : k->verifier) == 1;

	if (sign) {
		k->sig_n = SIGNATURE;
		done = done && EVP_DigestSign(ctx, k->sig, &k->sig_n, k->message, MESSAGE) == 1;
	} else {
		done = done && EVP_DigestVerify(ctx, k->sig, k->sig_n, k->message, MESSAGE) == 1;
	}
	EVP_MD_CTX_free(ctx);
	return done;
}

static bool batch(struct bench_key *k, bool sign, size_t n, double *out)
{
	double from = bench_us(CLOCK_THREAD_CPUTIME_ID);
	size_t i;

	for (i = 0; i < n; i++) {
		if (!once(k, sign))
			return false;
	}
	*out = (bench_us(CLOCK_THREAD_CPUTIME_ID) - from) / (double)n;
	return true;
}

int bench_key_time(struct bench_key *k, size_t n, double *out_sign, double *out_verify)
{
	return batch(k, true, n, out_sign) && batch(k, false, n, out_verify) ? 0 : -1;
}
