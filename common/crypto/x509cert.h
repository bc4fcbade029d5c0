/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One X.509 certificate, read strictly: DER to its last byte, version 3. Who it speaks of, whose
 * word that is, and signatures by its key. Whether it leads anywhere is x509chain.h's to say.
 *
 * Immutable after reading: shared by threads.
 */
#ifndef PDG_CRYPTO_X509CERT_H
#define PDG_CRYPTO_X509CERT_H

#include <stdint.h>

#include "crypto/digest.h"
#include "util/auto.h"

#define PDG_X509_FINGERPRINT 51 /* "SHA256:", 43 characters of unpadded base64 and a NUL */

struct pdg_x509;

/**
 * Read @der, which holds one certificate and nothing else.
 * Returns 0, PDG_E_FORMAT (CMS-1), PDG_E_LIMIT (CMS-5: too many names), PDG_E_REJECTED (CMS-2: an
 * Ed25519 or RSA key that binds nobody, crypto/weak.h), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_x509_parse(struct pdg_bytes der, struct pdg_x509 **out,
		   struct pdg_error *err) PDG_MUST_CHECK;
void pdg_x509_free(struct pdg_x509 *cert);
PDG_AUTO_DEFINE(x509, struct pdg_x509 *, pdg_x509_free)

/** As read. Borrowed. */
struct pdg_bytes pdg_x509_der(const struct pdg_x509 *cert);

/** "SHA256:" and the unpadded base64 of SHA-256 over the certificate's DER. Borrowed. */
const char *pdg_x509_fingerprint(const struct pdg_x509 *cert);

/** Is @sid, the body of an IssuerAndSerialNumber (RFC 5652 10.2.4), this certificate's? */
bool pdg_x509_is(const struct pdg_x509 *cert, struct pdg_bytes sid);

enum pdg_x509_kind {
	PDG_X509_EMAIL,
	PDG_X509_URI,
	PDG_X509_USER, /* OtherName 1.3.6.1.4.1.57264.1.7: Fulcio's user names */
};

/* A name of the owner, from the subjectAltName; the subject itself is not read. */
struct pdg_x509_name {
	enum pdg_x509_kind kind;
	char *text;
};

/**
 * *@out_n of them, those of other kinds left out, and those that are not of their kind's shape: an
 * address has an @ and no colon, a URI a scheme, a user name an exclamation mark and neither; so
 * no two of different kinds are the same text. Borrowed.
 */
const struct pdg_x509_name *pdg_x509_names(const struct pdg_x509 *cert, size_t *out_n);

/**
 * Who told the issuer that it is he: the OIDC issuer of certificates that Fulcio makes (formats.md
 * 7.6: extension 1.3.6.1.4.1.57264.1.8, else .1.1), or NULL. Borrowed.
 */
const char *pdg_x509_oidc_issuer(const struct pdg_x509 *cert);

/* Signatures that CMS knows and we judge (RFC 5652, 5754, 8419). */
enum pdg_x509_algorithm { PDG_X509_RSA, PDG_X509_ECDSA, PDG_X509_ED25519 };

/**
 * Check @sig over @msg by the certificate's key: RSA PKCS#1 v1.5 of 2048 to 8192 bits, ECDSA P-256,
 * P-384 or P-521 in DER, each with SHA-256, 384 or 512; Ed25519, over the message itself.
 * Returns 0, PDG_E_REJECTED (SIG-1: it does not verify; CMS-2: its key is none of @algorithm, or
 * of another size or curve), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_x509_check(const struct pdg_x509 *cert, enum pdg_x509_algorithm algorithm,
		   enum pdg_hash hash, struct pdg_bytes msg, struct pdg_bytes sig,
		   struct pdg_error *err) PDG_MUST_CHECK;

#endif
