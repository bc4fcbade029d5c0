/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timestamp authorities: whether a token was signed by one, at a time when it might (formats.md
 * 8.1, 4 to 7). timestamp.c has read the token. Of the chain that a trusted root gives only the
 * last certificate is believed; the others, and those of the token, are links that must lead to it.
 */
#include "crypto/timestamp_impl.h"

#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/x509v3.h>

#include "crypto/der.h"
#include "crypto/x509cert.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/validity.h"

#define AUTH_LEVEL 2 /* 112 bits: no SHA-1 in a chain, no RSA below 2048 (OpenSSL's levels) */

struct pdg_tsa {
	STACK_OF(X509) * chain;	 /* as the trusted root has it */
	STACK_OF(X509) * anchor; /* the last of them alone */
	X509 *only;		 /* the first, where it is no CA's: nobody else signs; borrowed */
	struct pdg_validity window;
};

static void free_certs(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

PDG_AUTO_DEFINE(cert_list, STACK_OF(X509) *, sk_X509_free)
PDG_AUTO_DEFINE(store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free)
PDG_AUTO_DEFINE(bio, BIO *, BIO_free_all)
PDG_AUTO_DEFINE(eku, EXTENDED_KEY_USAGE *, EXTENDED_KEY_USAGE_free)
PDG_AUTO_DEFINE(ess, ESS_SIGNING_CERT *, ESS_SIGNING_CERT_free)
PDG_AUTO_DEFINE(ess2, ESS_SIGNING_CERT_V2 *, ESS_SIGNING_CERT_V2_free)

void pdg_tsa_free(struct pdg_tsa *tsa)
{
	if (!tsa)
		return;
	free_certs(tsa->chain);
	free_certs(tsa->anchor);
	free(tsa);
}

static int add_cert(struct pdg_bytes der, STACK_OF(X509) * list, struct pdg_error *err)
{
	const unsigned char *p = der.p;
	X509 *cert = pdg_der_strict(der) ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (!cert)
		return pdg_ossl_reject(err, "TSA-1", "a certificate is not of its form");
	if (sk_X509_push(list, cert) > 0)
		return 0;
	X509_free(cert);
	return pdg_nomem(err);
}

int pdg_tsa_new(const struct pdg_bytes *certs, size_t n, int64_t from, int64_t until,
		struct pdg_tsa **out, struct pdg_error *err)
{
	PDG_AUTO(tsa) struct pdg_tsa *tsa = NULL;
	size_t i;
	int rc;

	if (n == 0)
		return pdg_reject(err, "TSA-1", "a timestamp authority without a certificate");
	if (n > PDG_LIMIT_CHAIN_CERTS)
		return pdg_reject(err, "TSA-2", "a chain of %zu certificates, the limit is %d", n,
				  PDG_LIMIT_CHAIN_CERTS);
	tsa = pdg_calloc(1, sizeof(*tsa));
	if (!tsa)
		return pdg_nomem(err);
	tsa->chain = sk_X509_new_null();
	tsa->anchor = sk_X509_new_null();
	if (!tsa->chain || !tsa->anchor)
		return pdg_nomem(err);
	for (i = 0; i < n; i++) {
		rc = add_cert(certs[i], tsa->chain, err);
		if (rc < 0)
			return pdg_context(err, rc, "certificates[%zu]", i);
	}
	rc = add_cert(certs[n - 1], tsa->anchor, err);
	if (rc < 0)
		return rc;
	if (X509_check_ca(sk_X509_value(tsa->chain, 0)) == 0)
		tsa->only = sk_X509_value(tsa->chain, 0);
	ERR_clear_error();
	tsa->window.after = from;
	tsa->window.before = until;
	*out = PDG_TAKE(tsa);
	return 0;
}

/* OpenSSL takes names that differ in case or spaces for one; here their bytes are. */
static bool same_name(const X509_NAME *a, const X509_NAME *b)
{
	const unsigned char *pa;
	const unsigned char *pb;
	size_t na;
	size_t nb;

	return X509_NAME_get0_der(a, &pa, &na) == 1 && X509_NAME_get0_der(b, &pb, &nb) == 1 &&
	       pdg_bytes_eq(pdg_bytes(pa, na), pdg_bytes(pb, nb));
}

/* The certificate that the signer info names, in the authority's chain or in the token. */
static X509 *find_signer(const struct pdg_tsa *tsa, PKCS7 *token, const PKCS7_SIGNER_INFO *si)
{
	PDG_AUTO(cert_list) STACK_OF(X509) *found = PKCS7_get0_signers(token, tsa->chain, 0);
	X509 *signer = found && sk_X509_num(found) == 1 ? sk_X509_value(found, 0) : NULL;

	if (signer && (!same_name(si->issuer_and_serial->issuer, X509_get_issuer_name(signer)) ||
		       (tsa->only && X509_cmp(signer, tsa->only) != 0)))
		signer = NULL;
	ERR_clear_error();
	return signer;
}

/* Digest the content as the signer info says, then check it and the signature over the attributes.
 */
static int check_signature(PKCS7 *token, PKCS7_SIGNER_INFO *si, X509 *signer, struct pdg_error *err)
{
	PDG_AUTO(bio) BIO *content = PKCS7_dataInit(token, NULL);
	uint8_t piece[512];
	int n;

	if (!content)
		return pdg_ossl_reject(err, "TSA-6", "the token's signature cannot be checked");
	do {
		n = BIO_read(content, piece, sizeof(piece));
	} while (n > 0);
	if (PKCS7_signatureVerify(content, token, si, signer) != 1)
		return pdg_ossl_reject(err, "TSA-6", "the signature of the token is wrong");
	ERR_clear_error();
	return 0;
}

static const ASN1_STRING *sequence_attribute(const PKCS7_SIGNER_INFO *si, int nid)
{
	const ASN1_TYPE *value = PKCS7_get_signed_attribute(si, nid);

	return value && value->type == V_ASN1_SEQUENCE ? value->value.sequence : NULL;
}

/*
 * The token says which certificate is its signer's (RFC 2634 5.4, RFC 5035): else a key could be
 * passed off under another certificate.
 */
static int check_named(const PKCS7_SIGNER_INFO *si, const STACK_OF(X509) * chain,
		       struct pdg_error *err)
{
	const ASN1_STRING *one = sequence_attribute(si, NID_id_smime_aa_signingCertificate);
	const ASN1_STRING *two = sequence_attribute(si, NID_id_smime_aa_signingCertificateV2);
	PDG_AUTO(ess) ESS_SIGNING_CERT *v1 = NULL;
	PDG_AUTO(ess2) ESS_SIGNING_CERT_V2 *v2 = NULL;
	const unsigned char *p;

	if (one) {
		p = ASN1_STRING_get0_data(one);
		v1 = d2i_ESS_SIGNING_CERT(NULL, &p, ASN1_STRING_length(one));
	}
	if (two) {
		p = ASN1_STRING_get0_data(two);
		v2 = d2i_ESS_SIGNING_CERT_V2(NULL, &p, ASN1_STRING_length(two));
	}
	if ((one && !v1) || (two && !v2) || OSSL_ESS_check_signing_certs(v1, v2, chain, 1) != 1)
		return pdg_ossl_reject(err, "TSA-6",
				       "the token does not name its signer's certificate");
	ERR_clear_error();
	return 0;
}

/* @cert's extended key usage holds timeStamping; @sole: nothing else, and it is critical. */
static bool stamps(const X509 *cert, bool sole)
{
	PDG_AUTO(eku) EXTENDED_KEY_USAGE *use = NULL;
	int critical = 0;
	int i;

	use = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	if (!use)
		return !sole && critical == -1; /* absent; -2 would be: several */
	if (sole && (critical != 1 || sk_ASN1_OBJECT_num(use) != 1))
		return false;
	for (i = 0; i < sk_ASN1_OBJECT_num(use); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(use, i));

		if (nid == NID_time_stamp || (!sole && nid == NID_anyExtendedKeyUsage))
			return true;
	}
	return false;
}

static int check_usages(STACK_OF(X509) * chain, struct pdg_error *err)
{
	int i;

	if (X509_check_ca(sk_X509_value(chain, 0)) != 0)
		return pdg_reject(err, "TSA-8", "the signer's certificate is that of an authority");
	for (i = 0; i < sk_X509_num(chain); i++) {
		if (!stamps(sk_X509_value(chain, i), i == 0)) {
			ERR_clear_error();
			return pdg_reject(err, "TSA-8",
					  i == 0 ? "the signer's certificate is not one for "
						   "timestamps alone (critical extended key usage)"
						 : "a certificate of the chain does not allow "
						   "timestamps");
		}
	}
	ERR_clear_error();
	return 0;
}

/* Why OpenSSL found no path: most reasons are that it leads elsewhere. */
static int refuse_path(X509_STORE_CTX *ctx, struct pdg_error *err)
{
	int why = X509_STORE_CTX_get_error(ctx);
	const char *rule = "TSA-7";

	ERR_clear_error();
	switch (why) {
	case X509_V_ERR_OUT_OF_MEM:
		return pdg_nomem(err);
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		rule = "TSA-8";
		break;
	default:
		break;
	}
	return pdg_reject(err, rule, "the chain of the token's signer: %s",
			  X509_verify_cert_error_string(why));
}

/* The authority's chain and what the token brings: links, none of them believed. */
static STACK_OF(X509) * links(const struct pdg_tsa *tsa, const PKCS7 *token)
{
	STACK_OF(X509) *all = sk_X509_dup(tsa->chain);
	const STACK_OF(X509) *own = token->d.sign->cert;
	int i;

	for (i = 0; all && own && i < sk_X509_num(own); i++) {
		if (sk_X509_push(all, sk_X509_value(own, i)) <= 0) {
			sk_X509_free(all);
			return NULL;
		}
	}
	return all;
}

static int check_path(const struct pdg_tsa *tsa, PKCS7 *token, PKCS7_SIGNER_INFO *si, X509 *signer,
		      int64_t at, struct pdg_error *err)
{
	PDG_AUTO(cert_list) STACK_OF(X509) *untrusted = links(tsa, token);
	PDG_AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int rc;

	if (!untrusted || !ctx || X509_STORE_CTX_init(ctx, NULL, signer, untrusted) != 1)
		return pdg_nomem(err);
	X509_STORE_CTX_set0_trusted_stack(ctx, tsa->anchor);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_VERIFY_PARAM_set_depth(param, PDG_LIMIT_CHAIN_CERTS);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	/* An anchor need not be self-signed (formats.md 7.2). */
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1 ||
	    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_TIMESTAMP_SIGN) != 1)
		return pdg_ossl_fail(err, "set up a path check");
	if (X509_verify_cert(ctx) != 1)
		return refuse_path(ctx, err);
	ERR_clear_error();
	rc = check_usages(X509_STORE_CTX_get0_chain(ctx), err);
	return rc < 0 ? rc : check_named(si, X509_STORE_CTX_get0_chain(ctx), err);
}

int pdg_tsa_signed(const struct pdg_tsa *tsa, PKCS7 *token, PKCS7_SIGNER_INFO *si, int64_t at,
		   struct pdg_error *err)
{
	X509 *signer = find_signer(tsa, token, si);
	int rc;

	if (!signer)
		return pdg_reject(err, "TSA-7",
				  "the token is of no timestamp authority that is trusted");
	rc = check_signature(token, si, signer, err);
	if (rc == 0)
		rc = check_path(tsa, token, si, signer, at, err);
	if (rc < 0)
		return rc;
	if (pdg_validity_at(&tsa->window, at, true) != PDG_STANDING_GOOD)
		return pdg_reject(err, "TSA-9",
				  "the timestamp authority is not trusted for the token's time");
	return 0;
}

/* @cert as a CMS signature names it. */
static int read_again(X509 *cert, struct pdg_x509 **out, struct pdg_error *err)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);
	int rc;

	if (n <= 0)
		return pdg_ossl_fail(err, "write a certificate");
	rc = pdg_x509_parse(pdg_bytes(der, (size_t)n), out, err);
	OPENSSL_free(der);
	return rc;
}

int pdg_tsa_has(const struct pdg_tsa *tsa, struct pdg_bytes der, struct pdg_bytes sid,
		bool *out_known, bool *out_signer, struct pdg_error *err)
{
	int i;

	for (i = 0; i < sk_X509_num(tsa->chain); i++) {
		PDG_AUTO(x509) struct pdg_x509 *one = NULL;
		int rc = read_again(sk_X509_value(tsa->chain, i), &one, err);

		if (rc < 0)
			return rc;
		*out_known = *out_known || pdg_bytes_eq(pdg_x509_der(one), der);
		*out_signer = *out_signer || pdg_x509_is(one, sid);
	}
	return 0;
}
