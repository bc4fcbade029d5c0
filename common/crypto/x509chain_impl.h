/* SPDX-License-Identifier: Apache-2.0 */
/* What x509anchors.c fills and x509chain.c asks. Private to this folder. */
#ifndef PDG_CRYPTO_X509CHAIN_IMPL_H
#define PDG_CRYPTO_X509CHAIN_IMPL_H

#include "crypto/x509_impl.h"
#include "crypto/x509chain.h"

/* One file of roots, or one authority of a trusted root. */
struct pdg_authority {
	X509_STORE *store;	 /* anchors */
	STACK_OF(X509) * others; /* intermediates; owned */
	int64_t from;		 /* 0: open; both ends included */
	int64_t until;
	bool code_signing; /* an authority of a trusted root: anchors need not sign themselves */
};

struct pdg_x509_anchors {
	struct pdg_authority *v;
	size_t n;
	size_t cap;
};

#endif
