/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The anchors that a policy names, read from PEM or a trusted root when the policy is: a file of
 * roots is a policy's word, so whatever is wrong with it is said, and nothing of it skipped.
 */
#include "crypto/x509chain_impl.h"

#include "crypto/der.h"
#include "crypto/key_impl.h"
#include "util/limits.h"
#include "util/size.h"

#define BEGIN "-----BEGIN "

int pdg_x509_anchors_new(struct pdg_x509_anchors **out, struct pdg_error *err)
{
	*out = pdg_calloc(1, sizeof(**out));
	return *out ? 0 : pdg_nomem(err);
}

void pdg_x509_anchors_free(struct pdg_x509_anchors *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->n; i++) {
		X509_STORE_free(a->v[i].store);
		sk_X509_pop_free(a->v[i].anchors, X509_free);
		sk_X509_pop_free(a->v[i].others, X509_free);
	}
	free(a->v);
	free(a);
}

size_t pdg_x509_anchors_count(const struct pdg_x509_anchors *a)
{
	return a->n;
}

/* An empty authority at the end of the list, which frees it whatever becomes of it. */
static int open_authority(struct pdg_x509_anchors *a, struct pdg_authority **out,
			  struct pdg_error *err)
{
	struct pdg_authority *one;
	int rc = pdg_array_grow(&a->v, a->n, &a->cap, sizeof(*a->v), PDG_LIMIT_X509_ROOTS);

	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d files of roots or authorities",
				PDG_LIMIT_X509_ROOTS);
	if (rc < 0)
		return pdg_nomem(err);
	one = &a->v[a->n++];
	*one = (struct pdg_authority){.store = X509_STORE_new(),
				      .anchors = sk_X509_new_null(),
				      .others = sk_X509_new_null()};
	if (!one->store || !one->anchors || !one->others)
		return pdg_ossl_fail(err, "make room for certificates");
	*out = one;
	return 0;
}

/* Put @cert into @one: among its anchors, or its intermediates. */
static int add(struct pdg_authority *one, const struct pdg_x509 *cert, bool anchor,
	       struct pdg_error *err)
{
	STACK_OF(X509) *list = anchor ? one->anchors : one->others;
	const char *why = pdg_x509_unfit(cert->x, anchor, one->code_signing);
	int rc;

	if (why) {
		rc = pdg_fail(err, PDG_E_FORMAT, "it %s: nothing below it could be good", why);
		pdg_fix(err,
			"have its authority make it anew as RFC 5280 demands (docs/FORMATS.md, "
			"X.509 signatures), or take it out");
		return rc;
	}
	if (anchor && X509_STORE_add_cert(one->store, cert->x) != 1)
		return pdg_ossl_fail(err, "keep a root certificate");
	if (sk_X509_num(list) >= PDG_LIMIT_X509_ROOTS)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d certificates",
				PDG_LIMIT_X509_ROOTS);
	if (X509_up_ref(cert->x) != 1)
		return pdg_ossl_fail(err, "keep a certificate");
	if (sk_X509_push(list, cert->x) <= 0) {
		X509_free(cert->x);
		return pdg_nomem(err);
	}
	return 0;
}

/* Take the next PEM block off *@rest; text before it is for people. False: there is none. */
static bool next_block(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	size_t at = pdg_bytes_find(*rest, pdg_bytes_str(BEGIN), 0);
	size_t next;

	if (at == SIZE_MAX)
		return false;
	*rest = pdg_bytes_from(*rest, at);
	next = pdg_bytes_find(*rest, pdg_bytes_str("-----END "), 0);
	next = next == SIZE_MAX ? rest->n : pdg_bytes_find_byte(*rest, '\n', next);
	*out = pdg_bytes_head(*rest, next);
	*rest = pdg_bytes_from(*rest, next);
	return true;
}

static int add_block(struct pdg_authority *one, struct pdg_bytes block, size_t *n_anchors,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(x509) struct pdg_x509 *cert = NULL;
	struct pdg_bytes label;
	bool anchor;
	int rc = pdg_key_pem_read(block, &label, &der, err);

	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq_str(label, "CERTIFICATE"))
		return pdg_fail(err, PDG_E_FORMAT, "it holds a %.*s, not only certificates",
				(int)pdg_bytes_head(label, 64).n, (const char *)label.p);
	rc = pdg_x509_parse(pdg_buf_bytes(&der), &cert, err);
	if (rc < 0)
		return rc;
	anchor = (X509_get_extension_flags(cert->x) & EXFLAG_SS) != 0;
	*n_anchors += anchor;
	return add(one, cert, anchor, err);
}

static int no_pem(struct pdg_bytes whole, struct pdg_error *err)
{
	struct pdg_der v;
	int rc;

	if (!pdg_der_take(&whole, PDG_DER_SEQUENCE, &v))
		return pdg_fail(err, PDG_E_FORMAT, "there is no certificate in it, in PEM");
	rc = pdg_fail(err, PDG_E_FORMAT, "it is DER, and PEM is read here");
	pdg_fix(err, "make PEM of it: openssl x509 -inform DER -in FILE -out FILE.pem");
	return rc;
}

int pdg_x509_anchors_pem(struct pdg_x509_anchors *a, struct pdg_bytes pem, struct pdg_error *err)
{
	struct pdg_bytes whole = pem;
	struct pdg_authority *one;
	struct pdg_bytes block;
	size_t n_anchors = 0;
	size_t n = 0;
	int rc = open_authority(a, &one, err);

	while (rc == 0 && next_block(&pem, &block)) {
		n++;
		rc = pdg_context(err, add_block(one, block, &n_anchors, err), "certificate %zu", n);
	}
	if (rc < 0 || n_anchors)
		return rc;
	if (n)
		return pdg_fail(err, PDG_E_FORMAT,
				"no certificate in it has signed itself: there is no root");
	return no_pem(whole, err);
}

int pdg_x509_anchors_chain(struct pdg_x509_anchors *a, const struct pdg_bytes *certs, size_t n,
			   int64_t from, int64_t until, struct pdg_error *err)
{
	struct pdg_authority *one;
	size_t i;
	int rc = open_authority(a, &one, err);

	if (rc < 0)
		return rc;
	one->from = from;
	one->until = until;
	one->code_signing = true;
	for (i = 0; i < n; i++) {
		PDG_AUTO(x509) struct pdg_x509 *cert = NULL;

		rc = pdg_x509_parse(certs[i], &cert, err);
		if (rc == 0)
			rc = add(one, cert, i + 1 == n, err);
		if (rc < 0)
			return pdg_context(err, rc, "certificate %zu", i + 1);
	}
	return n ? 0 : pdg_fail(err, PDG_E_FORMAT, "an authority without certificates");
}
