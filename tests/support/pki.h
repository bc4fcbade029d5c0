/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates made for a test by OpenSSL, so that no private key is kept among the tests' data and
 * none of them ever expires: authorities, owners of addresses, timestamp authorities. A program
 * that cannot make one ends with status 1.
 */
#ifndef PDG_TESTS_SUPPORT_PKI_H
#define PDG_TESTS_SUPPORT_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "util/auto.h"
#include "util/buf.h"

#define PKI_DER_MAX ((size_t)1 << 16)

struct pki_cert {
	X509 *x;
	EVP_PKEY *key;
};

/* What to make. NULL and 0: not in it. Texts as OpenSSL's x509v3_config(5) has them. */
struct pki_ask {
	const char *name;	       /* commonName; NULL: an empty subject, as Fulcio's */
	const struct pki_cert *issuer; /* NULL: it signs itself */
	const char *key;	  /* "P-256" (also NULL), "P-384", "P-521", "RSA", "ED25519", … */
	const EVP_PKEY *same_key; /* take this one instead */
	int64_t from;
	int64_t until;
	const char *constraints; /* "critical,CA:TRUE" */
	const char *usage;	 /* "critical,digitalSignature" */
	const char *extended;	 /* "codeSigning" */
	const char *san;	 /* "critical,email:alice@example.com" */
	const char *issuer_v1;	 /* Fulcio's extensions .1 and .8 */
	const char *issuer_v2;
	const char *name_constraints;
	const char *other; /* OID of one more extension with the content 0500 */
	bool other_critical;
	bool no_ids;	  /* neither subjectKeyIdentifier nor authorityKeyIdentifier */
	const EVP_MD *md; /* NULL: SHA-256 */
};

EVP_PKEY *pki_key(const char *kind);

struct pki_cert pki_make(const struct pki_ask *ask);

/* The same certificate with its issuer's ECDSA value (r, s) written as (r, n - s). */
struct pki_cert pki_twin(const struct pki_cert *c, const struct pki_cert *issuer);

void pki_done(struct pki_cert *c);

/* Append DER, or PEM. */
void pki_der(const struct pki_cert *c, struct pdg_buf *out);
void pki_pem(const struct pki_cert *c, struct pdg_buf *out);

/* Append a signature over @msg by @key; @md NULL: of the key itself (Ed25519). */
void pki_sign(EVP_PKEY *key, const EVP_MD *md, struct pdg_bytes msg, struct pdg_buf *out);

/* Append one value of DER. */
void put_tlv(struct pdg_buf *out, uint8_t tag, struct pdg_bytes body);

/* End the program when @ok is false. */
void pki_must(bool ok, const char *what);

#endif
