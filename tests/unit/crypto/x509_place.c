/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests of paths; see x509_place.h. */
#include "unit/crypto/x509_place.h"

#include "support/check.h"

void x509_place_init(struct x509_place *p)
{
	*p = (struct x509_place){
		.root = {.name = "Root",
			 .from = FROM - YEAR,
			 .until = FROM + YEAR,
			 .constraints = "critical,CA:TRUE",
			 .usage = "critical,keyCertSign,cRLSign"},
		.middle = {.name = "Intermediate",
			   .from = FROM - 1000,
			   .until = FROM + 1000,
			   .constraints = "critical,CA:TRUE,pathlen:0",
			   .usage = "critical,keyCertSign",
			   .extended = "codeSigning"},
		.leaf = {.from = FROM,
			 .until = FROM + SOON,
			 .usage = "critical,digitalSignature",
			 .extended = "codeSigning",
			 .san = "critical,email:alice@example.com",
			 .issuer_v1 = "https://issuer.example",
			 .issuer_v2 = "https://issuer.example"},
	};
}

void x509_place_make(struct x509_place *p)
{
	p->certs[0] = pki_make(&p->root);
	p->middle.issuer = &p->certs[0];
	p->certs[1] = pki_make(&p->middle);
	p->leaf.issuer = &p->certs[1];
	p->certs[2] = pki_make(&p->leaf);
}

void x509_place_done(struct x509_place *p)
{
	size_t i;

	for (i = 0; i < 3; i++)
		pki_done(&p->certs[i]);
}

struct pdg_x509 *x509_place_parse(const struct pki_cert *c)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_error err = {0};
	struct pdg_x509 *out = NULL;

	pki_der(c, &der);
	if (!CHECK_OK(pdg_x509_parse(pdg_buf_bytes(&der), &out, &err), &err))
		exit(1);
	return out;
}

struct pdg_x509_anchors *x509_place_trust(const struct x509_place *p, int64_t from, int64_t until)
{
	PDG_AUTO(buf) struct pdg_buf middle = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf root = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_x509_anchors *a = NULL;
	struct pdg_bytes chain[2];
	struct pdg_error err = {0};

	pki_der(&p->certs[1], &middle);
	pki_der(&p->certs[0], &root);
	chain[0] = pdg_buf_bytes(&middle);
	chain[1] = pdg_buf_bytes(&root);
	if (!CHECK_OK(pdg_x509_anchors_new(&a, &err), &err) ||
	    !CHECK_OK(pdg_x509_anchors_chain(a, chain, 2, from, until, &err), &err))
		exit(1);
	return a;
}

struct pdg_x509_anchors *x509_place_roots(const struct pki_cert *const *certs, size_t n)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_x509_anchors *a = NULL;
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < n; i++)
		pki_pem(certs[i], &pem);
	if (!CHECK_OK(pdg_x509_anchors_new(&a, &err), &err) ||
	    !CHECK_OK(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err), &err))
		exit(1);
	return a;
}

void x509_place_lead(const struct pdg_x509_anchors *a, const struct pki_cert *const *certs,
		     size_t n, bool sorted, int64_t at, struct pdg_x509_found *out)
{
	struct pdg_x509 *parsed[CERTS];
	const struct pdg_x509 *set[CERTS];
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		parsed[i] = x509_place_parse(certs[i]);
		set[i] = parsed[i];
	}
	CHECK_OK(pdg_x509_path(
			 a,
			 &(struct pdg_x509_set){
				 .certs = set, .n = n, .leaf = 0, .sorted = sorted, .named = true},
			 at, out, &err),
		 &err);
	for (i = 0; i < n; i++)
		pdg_x509_free(parsed[i]);
}

int x509_place_lead_alone(const struct pdg_x509_anchors *a, const struct x509_place *p, int64_t at)
{
	const struct pki_cert *leaf = &p->certs[2];
	struct pdg_x509_found found = {0};

	x509_place_lead(a, &leaf, 1, true, at, &found);
	return (int)found.end;
}
