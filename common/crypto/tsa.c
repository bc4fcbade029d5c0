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
#include "crypto/weak.h"
#include "crypto/x509cert.h"
#include "util/buf.h"
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

PDG_AUTO_DEFINE(cert, X509 *, X509_free)
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

/* X509_check_ca() overlooks a CA whose key usage does not hold keyCertSign. */
static bool is_ca(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_CA) || X509_check_ca(cert) != 0;
}

static int add_cert(struct pdg_bytes der, STACK_OF(X509) * list, struct pdg_error *err)
{
	const unsigned char *p = der.p;
	PDG_AUTO(cert) X509 *cert = pdg_der_strict(der) ? d2i_X509(NULL, &p, (long)der.n) : NULL;
	int rc;

	/* Of one whose extensions cannot be read no token would ever count. */
	if (!cert || (X509_get_extension_flags(cert) & EXFLAG_INVALID))
		return pdg_ossl_reject(err, "TSA-1", "a certificate is not of its form");
	rc = pdg_weak_check(X509_get0_pubkey(cert), "TSA-1", err);
	if (rc < 0)
		return rc;
	if (sk_X509_push(list, cert) <= 0)
		return pdg_nomem(err);
	(void)PDG_TAKE(cert);
	return 0;
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
	if (!is_ca(sk_X509_value(tsa->chain, 0)))
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
static X509 *find_signer(const struct pdg_tsa *tsa, const struct pdg_ts_token *t)
{
	PDG_AUTO(cert_list) STACK_OF(X509) *found = PKCS7_get0_signers(t->p7, tsa->chain, 0);
	X509 *signer = found && sk_X509_num(found) == 1 ? sk_X509_value(found, 0) : NULL;

	if (signer && (!same_name(t->si->issuer_and_serial->issuer, X509_get_issuer_name(signer)) ||
		       (tsa->only && X509_cmp(signer, tsa->only) != 0)))
		signer = NULL;
	ERR_clear_error();
	return signer;
}

/* OpenSSL asks the key alone what it signs by, never the name that the token gives to that. */
static int check_algorithm(const struct pdg_ts_token *t, X509 *signer, struct pdg_error *err)
{
	static const char *const kinds[] = {[PDG_X509_RSA] = "RSA", [PDG_X509_ECDSA] = "EC"};
	EVP_PKEY *key = X509_get0_pubkey(signer);

	/* OpenSSL's PKCS #7 knows no Ed25519. */
	if (key && t->algorithm != PDG_X509_ED25519 && EVP_PKEY_is_a(key, kinds[t->algorithm]))
		return 0;
	return pdg_ossl_reject(err, "TSA-5",
			       "the token names a signature algorithm that is not its signer's");
}

/* Digest the content as the signer info says, then check it and the signature over the attributes.
 */
static int check_signature(const struct pdg_ts_token *t, X509 *signer, struct pdg_error *err)
{
	PDG_AUTO(bio) BIO *content = PKCS7_dataInit(t->p7, NULL);
	uint8_t piece[512];
	int n;

	if (!content)
		return pdg_ossl_reject(err, "TSA-6", "the token's signature cannot be checked");
	do {
		n = BIO_read(content, piece, sizeof(piece));
	} while (n > 0);
	if (PKCS7_signatureVerify(content, t->p7, t->si, signer) != 1)
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
	int rc;
	int i;

	if (is_ca(sk_X509_value(chain, 0)))
		return pdg_reject(err, "TSA-8", "the signer's certificate is that of an authority");
	for (i = 0; i < sk_X509_num(chain); i++) {
		rc = pdg_weak_check(X509_get0_pubkey(sk_X509_value(chain, i)), "TSA-8", err);
		if (rc < 0)
			return rc;
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
static STACK_OF(X509) * links(const struct pdg_tsa *tsa, const struct pdg_ts_token *t)
{
	STACK_OF(X509) *all = sk_X509_dup(tsa->chain);
	const STACK_OF(X509) *own = t->p7->d.sign->cert;
	int i;

	for (i = 0; all && own && i < sk_X509_num(own); i++) {
		if (sk_X509_push(all, sk_X509_value(own, i)) <= 0) {
			sk_X509_free(all);
			return NULL;
		}
	}
	return all;
}

/* Where @cert stands in @list; past its end when nowhere. */
static int place_of(const STACK_OF(X509) * list, const X509 *cert)
{
	int i;

	for (i = 0; i < sk_X509_num(list) && X509_cmp(sk_X509_value(list, i), cert) != 0; i++)
		;
	return i;
}

/* Do @certs stand in the order of a SET OF in DER, none of them twice? */
static int check_sorted(const STACK_OF(X509) * certs, bool *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf all = PDG_BUF_INIT(PDG_LIMIT_TIMESTAMP);
	int i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		int n = i2d_X509(sk_X509_value(certs, i), NULL);
		unsigned char *p = n > 0 ? pdg_buf_room(&all, (size_t)n) : NULL;

		if (!p || i2d_X509(sk_X509_value(certs, i), &p) != n)
			return pdg_nomem(err);
	}
	*out = pdg_der_sorted(pdg_buf_bytes(&all));
	return 0;
}

/*
 * Each of the token's certificates is one of the first in @path, and above the signer's, which the
 * token names, one of the trusted chain: of another there could be a twin.
 */
static int check_certs(const struct pdg_tsa *tsa, const struct pdg_ts_token *t,
		       const STACK_OF(X509) * path, struct pdg_error *err)
{
	const STACK_OF(X509) *own = t->p7->d.sign->cert;
	int n = own ? sk_X509_num(own) : 0;
	bool ordered = true;
	bool sorted;
	int i;
	int rc = check_sorted(own, &sorted, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < n; i++) {
		const X509 *cert = sk_X509_value(own, i);
		int place = place_of(path, cert);

		ordered = ordered && place == i;
		if (place >= n || place >= sk_X509_num(path) ||
		    (place > 0 && place_of(tsa->chain, cert) == sk_X509_num(tsa->chain)))
			break;
	}
	if (i == n && (ordered || sorted))
		return 0;
	return pdg_reject(err, "CMS-4",
			  "the timestamp has certificates that it does not need, or in another "
			  "order");
}

static int check_path(const struct pdg_tsa *tsa, const struct pdg_ts_token *t, X509 *signer,
		      struct pdg_error *err)
{
	PDG_AUTO(cert_list) STACK_OF(X509) *untrusted = links(tsa, t);
	PDG_AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	STACK_OF(X509) * path;
	int rc;

	if (!untrusted || !ctx || X509_STORE_CTX_init(ctx, NULL, signer, untrusted) != 1)
		return pdg_nomem(err);
	X509_STORE_CTX_set0_trusted_stack(ctx, tsa->anchor);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)t->at);
	X509_VERIFY_PARAM_set_depth(param, PDG_LIMIT_CHAIN_CERTS);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	/* An anchor need not be self-signed (formats.md 7.2). */
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1 ||
	    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_TIMESTAMP_SIGN) != 1)
		return pdg_ossl_fail(err, "set up a path check");
	if (X509_verify_cert(ctx) != 1)
		return refuse_path(ctx, err);
	ERR_clear_error();
	path = X509_STORE_CTX_get0_chain(ctx);
	rc = check_usages(path, err);
	if (rc == 0)
		rc = check_named(t->si, path, err);
	return rc == 0 && t->bare ? check_certs(tsa, t, path, err) : rc;
}

int pdg_tsa_signed(const struct pdg_tsa *tsa, const struct pdg_ts_token *token,
		   struct pdg_error *err)
{
	X509 *signer = find_signer(tsa, token);
	int rc;

	if (!signer)
		return pdg_reject(err, "TSA-7",
				  "the token is of no timestamp authority that is trusted");
	rc = check_algorithm(token, signer, err);
	if (rc == 0)
		rc = check_signature(token, signer, err);
	if (rc == 0)
		rc = check_path(tsa, token, signer, err);
	if (rc < 0)
		return rc;
	if (pdg_validity_at(&tsa->window, token->at, true) != PDG_STANDING_GOOD)
		return pdg_reject(err, "TSA-9",
				  "the timestamp authority is not trusted for the token's time");
	return 0;
}
