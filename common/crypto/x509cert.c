/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate in two readings: our own walk first, which holds its form and finds what a CMS
 * signature names it by; then OpenSSL's, for its key and extensions. What OpenSSL forgives (long
 * lengths, bytes behind) the walk does not.
 */
#include "crypto/x509_impl.h"

#include <openssl/rsa.h>

#include "crypto/der.h"
#include "crypto/weak.h"
#include "util/limits.h"
#include "util/size.h"

#define RULE	     "CMS-1"
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

/* Arcs of Fulcio (formats.md 7.6). */
#define OID_ISSUER_V1 "1.3.6.1.4.1.57264.1.1"
#define OID_USER_NAME "1.3.6.1.4.1.57264.1.7"
#define OID_ISSUER_V2 "1.3.6.1.4.1.57264.1.8"

PDG_AUTO_DEFINE(general_names, GENERAL_NAMES *, GENERAL_NAMES_free)
PDG_AUTO_DEFINE(asn1_object, ASN1_OBJECT *, ASN1_OBJECT_free)

void pdg_x509_free(struct pdg_x509 *cert)
{
	size_t i;

	if (!cert)
		return;
	for (i = 0; i < cert->n_names; i++)
		free(cert->names[i].text);
	free(cert->names);
	free(cert->oidc_issuer);
	pdg_buf_done(&cert->der);
	X509_free(cert->x);
	free(cert);
}

struct pdg_bytes pdg_x509_der(const struct pdg_x509 *cert)
{
	return pdg_buf_bytes(&cert->der);
}

const char *pdg_x509_fingerprint(const struct pdg_x509 *cert)
{
	return cert->fingerprint;
}

const struct pdg_x509_name *pdg_x509_names(const struct pdg_x509 *cert, size_t *out_n)
{
	*out_n = cert->n_names;
	return cert->names;
}

const char *pdg_x509_oidc_issuer(const struct pdg_x509 *cert)
{
	return cert->oidc_issuer;
}

bool pdg_x509_is(const struct pdg_x509 *cert, struct pdg_bytes sid)
{
	return sid.n == cert->issuer.n + cert->serial.n &&
	       pdg_bytes_eq(pdg_bytes_head(sid, cert->issuer.n), cert->issuer) &&
	       pdg_bytes_eq(pdg_bytes_from(sid, cert->issuer.n), cert->serial);
}

/* TBSCertificate up to its issuer (RFC 5280 4.1). */
static bool walk_tbs(struct pdg_bytes tbs, struct pdg_x509 *cert)
{
	static const uint8_t v3[] = {PDG_DER_INTEGER, 1, 2};
	struct pdg_der v;

	if (!pdg_der_take(&tbs, PDG_DER_PART(0), &v) ||
	    !pdg_bytes_eq(v.body, pdg_bytes(v3, sizeof(v3))))
		return false;
	if (!pdg_der_take(&tbs, PDG_DER_INTEGER, &v) || !pdg_der_integer(v.body))
		return false;
	cert->serial = v.whole;
	if (!pdg_der_take(&tbs, PDG_DER_SEQUENCE, &v) || !pdg_der_take(&tbs, PDG_DER_SEQUENCE, &v))
		return false;
	cert->issuer = v.whole;
	return true;
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } */
static bool walk(struct pdg_bytes der, struct pdg_x509 *cert)
{
	struct pdg_bytes rest;
	struct pdg_der tbs;
	struct pdg_der v;

	if (!pdg_der_strict(der) || !pdg_der_only(der, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	return pdg_der_take(&rest, PDG_DER_SEQUENCE, &tbs) && walk_tbs(tbs.body, cert) &&
	       pdg_der_take(&rest, PDG_DER_SEQUENCE, &v) &&
	       pdg_der_take(&rest, PDG_DER_BIT_STRING, &v) && rest.n == 0 && v.body.n > 1 &&
	       v.body.p[0] == 0;
}

/* A name that somebody may compare and print: text without control characters. */
static int text_of(const unsigned char *p, int n, char **out, struct pdg_error *err)
{
	struct pdg_bytes text = pdg_bytes(p, n > 0 ? (size_t)n : 0);
	size_t i;

	for (i = 0; i < text.n && text.p[i] > 0x1f && text.p[i] != 0x7f; i++)
		;
	if (text.n == 0 || i < text.n || !pdg_bytes_utf8(text))
		return pdg_reject(err, RULE, "a name in the certificate is empty or no text");
	*out = pdg_bytes_dup(text);
	return *out ? 0 : pdg_nomem(err);
}

/* Could @text be taken for a name of another kind? Whoever compares names compares text alone. */
static bool has_shape(enum pdg_x509_kind kind, const char *text)
{
	const char *colon = strchr(text, ':');
	const char *at = strchr(text, '@');

	switch (kind) {
	case PDG_X509_EMAIL:
		return at && at != text && at[1] != '\0' && !colon;
	case PDG_X509_URI:
		return colon && colon != text && (!at || colon < at);
	case PDG_X509_USER:
		break;
	}
	return strchr(text, '!') && !at && !colon;
}

static int add_name(struct pdg_x509 *cert, enum pdg_x509_kind kind, const ASN1_STRING *s,
		    struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;
	int rc = text_of(ASN1_STRING_get0_data(s), ASN1_STRING_length(s), &text, err);

	if (rc < 0 || !has_shape(kind, text))
		return rc;
	cert->names[cert->n_names++] = (struct pdg_x509_name){kind, PDG_TAKE(text)};
	return 0;
}

/* Fulcio's user names: an OtherName of its own type, a UTF8String. */
static int add_user(struct pdg_x509 *cert, const OTHERNAME *other, struct pdg_error *err)
{
	PDG_AUTO(asn1_object) ASN1_OBJECT *user = OBJ_txt2obj(OID_USER_NAME, 1);

	if (!user)
		return pdg_ossl_fail(err, "make an object identifier");
	if (OBJ_cmp(other->type_id, user) != 0)
		return 0;
	if (ASN1_TYPE_get(other->value) != V_ASN1_UTF8STRING)
		return pdg_reject(err, RULE, "a user name in the certificate is no UTF8String");
	return add_name(cert, PDG_X509_USER, other->value->value.utf8string, err);
}

static int read_names(struct pdg_x509 *cert, struct pdg_error *err)
{
	int crit = 0;
	PDG_AUTO(general_names)
	GENERAL_NAMES *names = X509_get_ext_d2i(cert->x, NID_subject_alt_name, &crit, NULL);
	int n = names ? sk_GENERAL_NAME_num(names) : 0;
	int rc = 0;
	int i;

	if (!names)
		/* -1: there is none; else twice, or not of its form. */
		return crit == -1
			       ? 0
			       : pdg_ossl_reject(err, RULE,
						 "the certificate's subjectAltName cannot be read");
	if (n > PDG_LIMIT_X509_NAMES)
		return pdg_reject(err, "CMS-5", "the certificate has %d names", n);
	cert->names = pdg_calloc((size_t)n, sizeof(*cert->names));
	if (!cert->names)
		return pdg_nomem(err);
	for (i = 0; rc == 0 && i < n; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_EMAIL)
			rc = add_name(cert, PDG_X509_EMAIL, name->d.rfc822Name, err);
		else if (name->type == GEN_URI)
			rc = add_name(cert, PDG_X509_URI, name->d.uniformResourceIdentifier, err);
		else if (name->type == GEN_OTHERNAME)
			rc = add_user(cert, name->d.otherName, err);
	}
	return rc;
}

/* The value of the extension @oid, or NULL in *@out. Twice: refused. */
static int find_extension(const struct pdg_x509 *cert, const char *oid,
			  const ASN1_OCTET_STRING **out, struct pdg_error *err)
{
	PDG_AUTO(asn1_object) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at;

	if (!object)
		return pdg_ossl_fail(err, "make an object identifier");
	at = X509_get_ext_by_OBJ(cert->x, object, -1);
	if (at >= 0 && X509_get_ext_by_OBJ(cert->x, object, at) >= 0)
		return pdg_reject(err, RULE, "the certificate has the extension %s twice", oid);
	*out = at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(cert->x, at));
	return 0;
}

static int read_issuer(struct pdg_x509 *cert, struct pdg_error *err)
{
	PDG_AUTO(mem) char *old = NULL;
	const ASN1_OCTET_STRING *v1 = NULL;
	const ASN1_OCTET_STRING *v2 = NULL;
	struct pdg_der text;
	int rc = find_extension(cert, OID_ISSUER_V1, &v1, err);

	if (rc == 0)
		rc = find_extension(cert, OID_ISSUER_V2, &v2, err);
	if (rc == 0 && v1)
		rc = text_of(ASN1_STRING_get0_data(v1), ASN1_STRING_length(v1), &old, err);
	if (rc < 0)
		return rc;
	if (!v2) {
		cert->oidc_issuer = PDG_TAKE(old);
		return 0;
	}
	if (!pdg_der_only(pdg_bytes(ASN1_STRING_get0_data(v2), (size_t)ASN1_STRING_length(v2)),
			  PDG_DER_UTF8, &text))
		return pdg_reject(err, RULE, "the certificate's OIDC issuer is no UTF8String");
	rc = text_of(text.body.p, (int)text.body.n, &cert->oidc_issuer, err);
	if (rc == 0 && old && strcmp(old, cert->oidc_issuer) != 0)
		return pdg_reject(err, RULE, "the certificate names two OIDC issuers");
	return rc;
}

static int read_all(struct pdg_x509 *cert, struct pdg_error *err)
{
	const unsigned char *p = cert->der.p;
	int rc;

	if (!walk(pdg_x509_der(cert), cert))
		return pdg_reject(err, RULE, "a certificate is no strict DER of version 3");
	cert->x = d2i_X509(NULL, &p, (long)cert->der.n);
	/* Whether its extensions can be read is found out, and kept, by the first who asks. */
	if (!cert->x || (X509_get_extension_flags(cert->x) & EXFLAG_INVALID))
		return pdg_ossl_reject(err, RULE, "a certificate cannot be read");
	rc = pdg_weak_check(X509_get0_pubkey(cert->x), "CMS-2", err);
	if (rc == 0)
		rc = pdg_x509_name_of(cert->x, cert->fingerprint, err);
	if (rc == 0)
		rc = read_names(cert, err);
	if (rc == 0)
		rc = read_issuer(cert, err);
	return rc;
}

int pdg_x509_parse(struct pdg_bytes der, struct pdg_x509 **out, struct pdg_error *err)
{
	PDG_AUTO(x509) struct pdg_x509 *cert = pdg_calloc(1, sizeof(*cert));
	int rc;

	if (!cert)
		return pdg_nomem(err);
	pdg_buf_init(&cert->der, PDG_LIMIT_COMMIT_SIGNATURE);
	pdg_buf_put(&cert->der, der);
	if (cert->der.failed == PDG_E_LIMIT)
		return pdg_reject(err, "CMS-5", "a certificate has %zu bytes", der.n);
	rc = pdg_buf_check(&cert->der, err);
	if (rc == 0)
		rc = read_all(cert, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(cert);
	return 0;
}

/* Is @key one that makes signatures of @algorithm, and of a size that is judged? */
static bool suits(EVP_PKEY *key, enum pdg_x509_algorithm algorithm)
{
	static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
	char curve[32] = "";
	size_t i;

	switch (algorithm) {
	case PDG_X509_RSA:
		return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
		       EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	case PDG_X509_ED25519:
		return EVP_PKEY_is_a(key, "ED25519");
	case PDG_X509_ECDSA:
		break;
	}
	if (!EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1)
		return false;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcmp(curve, curves[i]) == 0)
			return true;
	}
	return false;
}

int pdg_x509_check(const struct pdg_x509 *cert, enum pdg_x509_algorithm algorithm,
		   enum pdg_hash hash, struct pdg_bytes msg, struct pdg_bytes sig,
		   struct pdg_error *err)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = NULL;
	const EVP_MD *md = algorithm == PDG_X509_ED25519 ? NULL : pdg_ossl_md(hash);
	EVP_PKEY *key = X509_get0_pubkey(cert->x);

	if (!key || !suits(key, algorithm))
		return pdg_ossl_reject(err, "CMS-2",
				       "the certificate's key is none that makes such a signature");
	if (algorithm != PDG_X509_ED25519 && !md)
		return pdg_ossl_fail(err, "find a digest");
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return pdg_nomem(err);
	if (EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) != 1)
		return pdg_ossl_fail(err, "check with a certificate's key");
	return pdg_ossl_check(ctx, sig, msg, cert->fingerprint, err);
}
