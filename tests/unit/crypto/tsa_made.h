/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timestamp authority of the tests' own, made by OpenSSL: certificates and tokens, the odd ones
 * that no server would make too. What cannot be made ends the program.
 */
#ifndef PDG_TESTS_CRYPTO_TSA_MADE_H
#define PDG_TESTS_CRYPTO_TSA_MADE_H

#include <openssl/pkcs7.h>

#include "crypto/timestamp.h"
#include "util/buf.h"

#define TSA_TIME      1767225600 /* 2026-01-01T00:00:00Z */
#define TSA_TIME_TEXT "20260101000000Z"

/* A certificate with its private key. */
struct tsa_cert {
	X509 *x;
	EVP_PKEY *key;
	struct pdg_buf der;
};

struct tsa_cert_make {
	const char *name;
	const struct tsa_cert *issuer; /* NULL: itself */
	const char *eku;	       /* as in openssl.cnf, NULL: none */
	bool ca;
	bool ca_in_name;     /* by its basic constraints, and not by its key usage */
	int64_t from, until; /* 0: a year around TSA_TIME */
	const EVP_MD *md;    /* NULL: SHA-256 */
	int rsa_bits;	     /* 0: ECDSA P-256 */
};

void tsa_cert_init(struct tsa_cert *c, const struct tsa_cert_make *make);
void tsa_cert_done(struct tsa_cert *c);
PDG_AUTO_DEFINE_VALUE(tsa_cert, struct tsa_cert, tsa_cert_done)

struct tsa_token_make {
	const struct tsa_cert *signer;
	struct pdg_bytes data;
	const char *time;		/* NULL: TSA_TIME_TEXT */
	int imprint;			/* NID; 0: SHA-256 */
	const EVP_MD *md;		/* of the signature, NULL: SHA-256 */
	long version;			/* 0: 1 */
	bool critical;			/* an extension that must be understood */
	const struct tsa_cert *named;	/* by the ESSCertID, NULL: the signer */
	bool unnamed;			/* no ESSCertID */
	bool old_name;			/* ESSCertID of version 1: SHA-1 */
	int type;			/* the signed contentType; 0: TSTInfo */
	const struct tsa_cert *second;	/* another signer */
	const struct tsa_cert *with[3]; /* certificates in the token */
	unsigned times;			/* each of them; 0: once */
	long frame;			/* version of the SignedData; 0: 3 */
	bool unsigned_attribute;
};

/* Append a TimeStampToken. */
void tsa_token(const struct tsa_token_make *make, struct pdg_buf *out);

/* Append a TimeStampResp of @status with the token @token (none: left out). */
void tsa_response(unsigned status, struct pdg_bytes token, struct pdg_buf *out);

/* An authority with these certificates, NULL-ended; to be freed. */
struct pdg_tsa *tsa_of(const struct tsa_cert *const *chain, int64_t from, int64_t until);

#endif
