/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root, intermediate and leaf for tests of certificate paths, and where they lead. What cannot be
 * made ends the program with status 1.
 */
#ifndef PDG_TESTS_CRYPTO_X509_PLACE_H
#define PDG_TESTS_CRYPTO_X509_PLACE_H

#include "crypto/x509chain.h"
#include "support/pki.h"

#define FROM  INT64_C(1700000000)
#define YEAR  INT64_C(31536000)
#define SOON  600 /* ten minutes */
#define CERTS 5

/* Root, intermediate, leaf; any of them made otherwise by a test. */
struct x509_place {
	struct pki_ask root;
	struct pki_ask middle;
	struct pki_ask leaf;
	struct pki_cert certs[3]; /* root, middle, leaf */
};

void x509_place_init(struct x509_place *p);
void x509_place_make(struct x509_place *p);
void x509_place_done(struct x509_place *p);

struct pdg_x509 *x509_place_parse(const struct pki_cert *c);

/* An authority of a trusted root: intermediate and root, with a window. */
struct pdg_x509_anchors *x509_place_trust(const struct x509_place *p, int64_t from, int64_t until);

/* A file of roots: @n of @certs. */
struct pdg_x509_anchors *x509_place_roots(const struct pki_cert *const *certs, size_t n);

/* Where the first of @certs leads, brought along with the others. */
void x509_place_lead(const struct pdg_x509_anchors *a, const struct pki_cert *const *certs,
		     size_t n, bool sorted, int64_t at, struct pdg_x509_found *out);

/* Where the leaf leads that comes alone: its pdg_x509_end. */
int x509_place_lead_alone(const struct pdg_x509_anchors *a, const struct x509_place *p, int64_t at);

#endif
