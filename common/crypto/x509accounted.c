/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates that came with a signature and are not on the path that was found (x509chain.c):
 * where authorities certify one another, or renew a certificate, a leaf has several paths, and
 * which one a signer brings along is not for him to know when a policy gains a root. No signature
 * covers them, so what stands there must be somebody's word all the same: that of an authority.
 */
#include "crypto/x509chain_impl.h"

#include <openssl/err.h>

#include "util/limits.h"

#define CHECKS_MAX 64 /* signatures, of one set: honest ones need two for each certificate */

struct look {
	const struct pdg_x509_anchors *a;
	const struct pdg_x509_set *set;
	size_t left; /* of CHECKS_MAX */
	/* [i][j]: the i-th signed the j-th */
	bool signs[PDG_LIMIT_CMS_CERTS][PDG_LIMIT_CMS_CERTS];
	bool vouched[PDG_LIMIT_CMS_CERTS]; /* by an authority of the policy, directly or not */
	bool used[PDG_LIMIT_CMS_CERTS];	   /* for the leaf: it, or what signed such a one */
};

/*
 * *@out: did @above sign @below? X509_check_issued() asks names, key ids and key usage, but not for
 * an authority: a person whose certificate has no key usage could vouch for any bytes.
 */
static int signed_by(struct look *l, X509 *above, const struct pdg_x509 *below, bool *out,
		     struct pdg_error *err)
{
	struct pdg_error inner = {0};
	int rc;

	*out = false;
	if (l->left == 0 || !(X509_get_extension_flags(above) & EXFLAG_CA) ||
	    X509_check_issued(above, below->x) != X509_V_OK)
		return 0;
	l->left--;
	ERR_clear_error();
	rc = pdg_ossl_verdict(X509_verify(below->x, X509_get0_pubkey(above)), below->fingerprint,
			      &inner);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	*out = rc == 0;
	return 0;
}

/* Is @cert in @list byte for byte, or signed by one of it and not by itself? */
static int ask_list(struct look *l, const STACK_OF(X509) * list, const struct pdg_x509 *cert,
		    bool *out, struct pdg_error *err)
{
	bool own = (X509_get_extension_flags(cert->x) & EXFLAG_SS) != 0;
	int rc = 0;
	int i;

	for (i = 0; rc == 0 && !*out && i < sk_X509_num(list); i++) {
		X509 *x = sk_X509_value(list, i);

		if (X509_cmp(x, cert->x) == 0)
			*out = true;
		else if (!own)
			rc = signed_by(l, x, cert, out, err);
	}
	return rc;
}

static int ask_policy(struct look *l, size_t which, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < l->a->n; i++) {
		rc = ask_list(l, l->a->v[i].anchors, l->set->certs[which], &l->vouched[which], err);
		if (rc == 0)
			rc = ask_list(l, l->a->v[i].others, l->set->certs[which],
				      &l->vouched[which], err);
	}
	return rc;
}

static int fill(struct look *l, struct pdg_error *err)
{
	size_t n = l->set->n;
	int rc = 0;
	size_t i;
	size_t j;

	for (i = 0; rc == 0 && i < n; i++)
		rc = ask_policy(l, i, err);
	for (i = 0; i < n; i++) {
		for (j = 0; rc == 0 && j < n; j++) {
			if (i != j)
				rc = signed_by(l, l->set->certs[i]->x, l->set->certs[j],
					       &l->signs[i][j], err);
		}
	}
	l->used[l->set->leaf] = true;
	return rc;
}

/* Carry on what is known of one to those that it signed, or that signed it. */
static bool all_accounted(struct look *l)
{
	size_t n = l->set->n;
	size_t round;
	size_t i;
	size_t j;

	for (round = 1; round < n; round++) {
		for (i = 0; i < n; i++) {
			for (j = 0; j < n; j++) {
				bool own =
					X509_get_extension_flags(l->set->certs[j]->x) & EXFLAG_SS;

				if (!l->signs[i][j])
					continue;
				l->used[i] = l->used[i] || l->used[j];
				l->vouched[j] = l->vouched[j] || (l->vouched[i] && !own);
			}
		}
	}
	for (i = 0; i < n && l->used[i] && l->vouched[i]; i++)
		;
	return i == n;
}

/* An ECDSA value has two forms, and a certificate so a twin: one of the two is enough. */
static bool has_twins(const struct pdg_x509_set *set)
{
	size_t i;
	size_t j;

	for (i = 0; i < set->n; i++) {
		for (j = 0; j < i; j++) {
			if (pdg_bytes_eq(set->certs[i]->serial, set->certs[j]->serial) &&
			    pdg_bytes_eq(set->certs[i]->issuer, set->certs[j]->issuer))
				return true;
		}
	}
	return false;
}

/* In the order of DER, or each before the one that signed it, the leaf first. */
static bool in_order(const struct look *l)
{
	size_t i;

	if (l->set->sorted)
		return true;
	for (i = 0; i + 1 < l->set->n && l->signs[i + 1][i]; i++)
		;
	return l->set->leaf == 0 && i + 1 == l->set->n;
}

int pdg_x509_accounted(const struct pdg_x509_anchors *a, const struct pdg_x509_set *set, bool *out,
		       struct pdg_error *err)
{
	struct look l = {.a = a, .set = set, .left = CHECKS_MAX};
	int rc;

	*out = false;
	if (set->n > PDG_LIMIT_CMS_CERTS || has_twins(set))
		return 0;
	rc = fill(&l, err);
	if (rc == 0)
		*out = all_accounted(&l) && in_order(&l);
	return rc;
}
