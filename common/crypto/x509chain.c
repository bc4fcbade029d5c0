/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path from a signer's certificate to an anchor. OpenSSL builds and checks it at the time that
 * it is told, strictly; what it leaves open is asked here: may this key sign, is an authority's
 * time over, and does the signature bring anything along that is not on the path.
 */
#include "crypto/x509chain_impl.h"

#include <openssl/err.h>

#define AUTH_LEVEL 2 /* 112 bits: RSA from 2048 on, no SHA-1 (SSL_CTX_set_security_level(3)) */
#define AUTH_BITS  112

/* How OpenSSL's failure is to be read. */
static enum pdg_x509_end end_of(int code)
{
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return PDG_X509_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return PDG_X509_NOT_YET;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return PDG_X509_UNKNOWN;
	default:
		return PDG_X509_UNFIT;
	}
}

/* X509_check_ca() overlooks one whose key usage does not hold keyCertSign. */
static bool is_ca(X509 *x)
{
	return (X509_get_extension_flags(x) & EXFLAG_CA) || X509_check_ca(x) != 0;
}

/* May the leaf sign what people write? *@out_wanted: for which of its usages, of those that do. */
static const char *check_leaf(X509 *leaf, bool code_signing, uint32_t *out_wanted)
{
	uint32_t use = X509_get_key_usage(leaf);
	uint32_t extended = X509_get_extended_key_usage(leaf);

	*out_wanted = code_signing ? XKU_CODE_SIGN : XKU_SMIME | XKU_CODE_SIGN;
	if (is_ca(leaf))
		return "is one of an authority";
	if (!(use &
	      (code_signing ? KU_DIGITAL_SIGNATURE : KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return "is not made for signatures";
	/* What is absent is reported as all bits set. */
	if (extended != UINT32_MAX) {
		*out_wanted &= extended;
		return *out_wanted ? NULL : "is not made for signing code or mail";
	}
	if (code_signing)
		return "is not made for signing code";
	return use == UINT32_MAX ? "does not say what it is made for" : NULL;
}

/* What OpenSSL's strict reading demands of each authority on a path, whoever is below it. */
static const char *check_authority(X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);

	if (!(flags & EXFLAG_CA))
		return "does not say that it is one of an authority (basicConstraints)";
	if (!(flags & EXFLAG_BCONS_CRITICAL))
		return "has basicConstraints that are not critical";
	if (!(flags & EXFLAG_KUSAGE) || !(X509_get_key_usage(x) & KU_KEY_CERT_SIGN))
		return "has no key usage keyCertSign";
	if (!X509_get0_subject_key_id(x))
		return "has no subjectKeyIdentifier";
	if (!(flags & EXFLAG_SS) && !X509_get0_authority_key_id(x))
		return "has no authorityKeyIdentifier";
	if (X509_NAME_entry_count(X509_get_subject_name(x)) == 0)
		return "has no subject";
	if (flags & EXFLAG_CRITICAL)
		return "has a critical extension that is not understood";
	return NULL;
}

const char *pdg_x509_unfit(X509 *x, bool anchor, bool code_signing)
{
	uint32_t wanted;

	/* An anchor may be its owner's alone. What else is no authority's is never asked. */
	if (!anchor && !is_ca(x))
		return NULL;
	if (EVP_PKEY_get_security_bits(X509_get0_pubkey(x)) < AUTH_BITS)
		return "has a key that is too weak";
	return is_ca(x) ? check_authority(x) : check_leaf(x, code_signing, &wanted);
}

/* An intermediate that is made for something else may not hand on this (as Go's and gpgsm's reading
 * of RFC 5280 4.2.1.12 has it); an anchor's own usage binds nobody. *@at: whose fault it is. */
static const char *check_usage(STACK_OF(X509) * path, bool code_signing, int *at)
{
	uint32_t wanted;
	const char *why = check_leaf(sk_X509_value(path, 0), code_signing, &wanted);
	int i;

	for (i = 1; !why && i + 1 < sk_X509_num(path); i++) {
		uint32_t extended = X509_get_extended_key_usage(sk_X509_value(path, i));

		*at = i;
		if (extended != UINT32_MAX && !(extended & (wanted | XKU_ANYEKU)))
			why = "is made for something else than what is signed below it";
	}
	return why;
}

/* Where @cert stands in @path, or its length. */
static size_t place_of(STACK_OF(X509) * path, X509 *cert)
{
	int n = sk_X509_num(path);
	int i;

	for (i = 0; i < n && X509_cmp(sk_X509_value(path, i), cert) != 0; i++)
		;
	return (size_t)i;
}

/* Is what the signature brought the path's beginning, in one of the orders? */
static bool is_beginning(const struct pdg_x509_set *set, STACK_OF(X509) * path)
{
	bool ordered = true;
	size_t i;

	for (i = 0; i < set->n; i++) {
		size_t place = place_of(path, set->certs[i]->x);

		/* None is there twice, so n places below n are all of them. */
		if (place >= set->n || place >= (size_t)sk_X509_num(path))
			return false;
		ordered = ordered && place == i;
	}
	return ordered || set->sorted;
}

static enum pdg_x509_end check_window(const struct pdg_authority *one, int64_t at)
{
	if (one->from && at < one->from)
		return PDG_X509_NOT_YET;
	return one->until && at > one->until ? PDG_X509_EXPIRED : PDG_X509_GOOD;
}

static enum pdg_x509_end judge_path(const struct pdg_authority *one, const struct pdg_x509_set *set,
				    STACK_OF(X509) * path, int64_t at, const char **why,
				    int *culprit)
{
	enum pdg_x509_end end = check_window(one, at);

	*why = "is of an authority that is not trusted at that time";
	if (end != PDG_X509_GOOD)
		return end;
	*why = check_usage(path, one->code_signing, culprit);
	if (*why)
		return PDG_X509_UNFIT;
	*why = "comes with certificates that are not of its path and no authority of the policy "
	       "vouches for, or in a third order";
	if (!is_beginning(set, path))
		return PDG_X509_SPARE;
	*why = "";
	return PDG_X509_GOOD;
}

static int keep_names(STACK_OF(X509) * path, struct pdg_x509_found *out, struct pdg_error *err)
{
	int n = sk_X509_num(path);
	int rc = 0;
	int i;

	for (i = 0; rc == 0 && i < n && out->n_path <= PDG_X509_PATH_MAX; i++)
		rc = pdg_x509_handles_of(sk_X509_value(path, i),
					 i + 1 < n ? sk_X509_value(path, i + 1) : NULL,
					 &out->path[out->n_path++], err);
	return rc;
}

/* Name the certificate at @depth, unless that is the leaf. */
static int keep_fault(STACK_OF(X509) * path, int depth, struct pdg_x509_found *out,
		      struct pdg_error *err)
{
	const X509 *x = depth > 0 ? sk_X509_value(path, depth) : NULL;

	if (!x)
		return 0;
	/* It cuts what is too long, and escapes what is no printable ASCII. */
	if (!X509_NAME_oneline(X509_get_subject_name(x), out->fault_subject,
			       sizeof(out->fault_subject)))
		return pdg_ossl_fail(err, "name a certificate");
	return pdg_x509_name_of(x, out->fault, err);
}

static int make_ctx(const struct pdg_authority *one, X509 *leaf, STACK_OF(X509) * offered,
		    int64_t at, X509_STORE_CTX **out, struct pdg_error *err)
{
	PDG_AUTO(x509_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	unsigned long flags = X509_V_FLAG_X509_STRICT;
	X509_VERIFY_PARAM *param;

	if (!ctx || X509_STORE_CTX_init(ctx, one->store, leaf, offered) != 1)
		return pdg_ossl_fail(err, "prepare a certificate path");
	param = X509_STORE_CTX_get0_param(ctx);
	if (one->code_signing)
		flags |= X509_V_FLAG_PARTIAL_CHAIN;
	if (X509_VERIFY_PARAM_set_flags(param, flags) != 1)
		return pdg_ossl_fail(err, "prepare a certificate path");
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	/* Counts the intermediates. */
	X509_VERIFY_PARAM_set_depth(param, PDG_X509_PATH_MAX - 1);
	*out = PDG_TAKE(ctx);
	return 0;
}

/* What a path may be made of: what was brought first, then what the policy offers. Borrowed. */
static int make_offer(const struct pdg_authority *one, const struct pdg_x509_set *set,
		      STACK_OF(X509) * *out, struct pdg_error *err)
{
	PDG_AUTO(x509_stack) STACK_OF(X509) *offered = sk_X509_new_null();
	bool full = offered != NULL;
	size_t i;
	int k;

	for (i = 0; full && i < set->n; i++)
		full = i == set->leaf || sk_X509_push(offered, set->certs[i]->x) > 0;
	for (k = 0; full && k < sk_X509_num(one->others); k++)
		full = sk_X509_push(offered, sk_X509_value(one->others, k)) > 0;
	if (!full)
		return pdg_nomem(err);
	*out = PDG_TAKE(offered);
	return 0;
}

static int ask(const struct pdg_authority *one, const struct pdg_x509_set *set, int64_t at,
	       struct pdg_x509_found *out, struct pdg_error *err)
{
	PDG_AUTO(x509_stack) STACK_OF(X509) *offered = NULL;
	PDG_AUTO(x509_store_ctx) X509_STORE_CTX *ctx = NULL;
	STACK_OF(X509) * path;
	int culprit = 0;
	bool good;
	int code;
	int rc;

	rc = make_offer(one, set, &offered, err);
	if (rc == 0)
		rc = make_ctx(one, set->certs[set->leaf]->x, offered, at, &ctx, err);
	if (rc < 0)
		return rc;
	good = X509_verify_cert(ctx) == 1;
	code = X509_STORE_CTX_get_error(ctx);
	if (code == X509_V_ERR_OUT_OF_MEM)
		return pdg_nomem(err);
	/* OpenSSL leaves what it tried on the way in its queue, also when all is well. */
	ERR_clear_error();
	path = X509_STORE_CTX_get0_chain(ctx);
	if (!good || code != X509_V_OK) {
		out->end = code == X509_V_OK ? PDG_X509_UNFIT : end_of(code);
		out->why = X509_verify_cert_error_string(code);
		return keep_fault(path, X509_STORE_CTX_get_error_depth(ctx), out, err);
	}
	out->end = judge_path(one, set, path, at, &out->why, &culprit);
	if (out->end == PDG_X509_UNFIT)
		rc = keep_fault(path, culprit, out, err);
	return rc == 0 && set->named ? keep_names(path, out, err) : rc;
}

int pdg_x509_path(const struct pdg_x509_anchors *a, const struct pdg_x509_set *set, int64_t at,
		  struct pdg_x509_found *out, struct pdg_error *err)
{
	struct pdg_x509_found best = {.end = PDG_X509_UNKNOWN,
				      .why = "leads to no root that the policy names"};
	size_t i;

	for (i = 0; i < a->n && best.end != PDG_X509_GOOD; i++) {
		struct pdg_x509_found one = {.end = PDG_X509_UNKNOWN, .why = ""};
		int rc = ask(&a->v[i], set, at, &one, err);

		if (rc < 0)
			return rc;
		if (one.end < best.end)
			best = one;
	}
	if (best.end == PDG_X509_SPARE) {
		bool accounted;
		int rc = pdg_x509_accounted(a, set, &accounted, err);

		if (rc < 0)
			return rc;
		if (accounted) {
			best.end = PDG_X509_GOOD;
			best.why = "";
		}
	}
	*out = best;
	return 0;
}
