/* SPDX-License-Identifier: Apache-2.0 */
/* What x509anchors.c fills and x509chain.c asks. Private to this folder. */
#ifndef PDG_CRYPTO_X509CHAIN_IMPL_H
#define PDG_CRYPTO_X509CHAIN_IMPL_H

#include "crypto/x509_impl.h"
#include "crypto/x509chain.h"

/* One file of roots, or one authority of a trusted root. */
struct pdg_authority {
	X509_STORE *store;	  /* anchors */
	STACK_OF(X509) * anchors; /* the same, to be looked through; owned */
	STACK_OF(X509) * others;  /* intermediates; owned */
	int64_t from;		  /* 0: open; both ends included */
	int64_t until;
	bool code_signing; /* an authority of a trusted root: anchors need not sign themselves */
};

struct pdg_x509_anchors {
	struct pdg_authority *v;
	size_t n;
	size_t cap;
};

/** Why no path to or over @x of a policy can ever be good, or NULL: one may. Static. */
const char *pdg_x509_unfit(X509 *x, bool anchor, bool code_signing);

/**
 * Is all of @set, of which there is a good path with less, an authority's word, and there for the
 * leaf? Each certificate is the leaf or signed such a one; each is in the policy byte for byte, or
 * signed by one of the policy's or by one of @set for which this holds too; none signed itself but
 * the policy's own, no two have one issuer and number; and they stand in DER's order, or each
 * before the one that signed it. Whether one is valid is not asked: no verdict on the leaf rests on
 * it. Returns 0 with *@out, PDG_E_NOMEM.
 */
int pdg_x509_accounted(const struct pdg_x509_anchors *a, const struct pdg_x509_set *set, bool *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
