/* SPDX-License-Identifier: Apache-2.0 */
/* What x509cert.c and x509chain.c know of a certificate. Private to this folder. */
#ifndef PDG_CRYPTO_X509_IMPL_H
#define PDG_CRYPTO_X509_IMPL_H

#include <openssl/x509v3.h>

#include "crypto/ossl.h"
#include "crypto/x509name.h"
#include "util/buf.h"

/* Only pops and frees the stack: the certificates in it are somebody else's. */
static inline void pdg_x509_stack_free(STACK_OF(X509) * stack)
{
	sk_X509_free(stack);
}

PDG_AUTO_DEFINE(ossl_x509, X509 *, X509_free)
PDG_AUTO_DEFINE(x509_stack, STACK_OF(X509) *, pdg_x509_stack_free)
PDG_AUTO_DEFINE(x509_store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free)

struct pdg_x509 {
	X509 *x;
	struct pdg_buf der;
	struct pdg_bytes serial; /* the INTEGER with its tag; into der */
	struct pdg_bytes issuer; /* the Name with its tag; into der */
	char fingerprint[PDG_X509_FINGERPRINT];
	struct pdg_x509_name *names;
	size_t n_names;
	char *oidc_issuer;
};

/** Write the fingerprint of @x. */
int pdg_x509_name_of(const X509 *x, char out[PDG_X509_FINGERPRINT],
		     struct pdg_error *err) PDG_MUST_CHECK;

/** All that @x can be revoked by. @issuer: whose key signed it; NULL where it has no twin. */
int pdg_x509_handles_of(const X509 *x, const X509 *issuer, struct pdg_x509_handles *out,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
