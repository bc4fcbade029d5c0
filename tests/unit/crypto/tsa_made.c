/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/crypto/tsa_made.h"

#include <openssl/ess.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR INT64_C(31536000)

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "tsa_made: %s\n", what);
	abort();
}
#define MUST(x) must((x), #x)

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	MUST(e && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static int serial;

void tsa_cert_init(struct tsa_cert *c, const struct tsa_cert_make *make)
{
	X509_NAME *name = X509_NAME_new();
	uint8_t *der = NULL;
	X509 *issuer;
	int n;

	c->key = make->rsa_bits ? EVP_RSA_gen((unsigned)make->rsa_bits) : EVP_EC_gen("P-256");
	c->x = X509_new();
	MUST(c->key && c->x && name);
	issuer = make->issuer ? make->issuer->x : c->x;
	MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)make->name, -1,
					-1, 0) == 1);
	MUST(X509_set_version(c->x, X509_VERSION_3) == 1 &&
	     ASN1_INTEGER_set(X509_get_serialNumber(c->x), ++serial) == 1 &&
	     X509_set_subject_name(c->x, name) == 1 &&
	     X509_set_issuer_name(c->x, X509_get_subject_name(issuer)) == 1 &&
	     X509_set_pubkey(c->x, c->key) == 1);
	MUST(ASN1_TIME_set(X509_getm_notBefore(c->x), make->from ? make->from : TSA_TIME - YEAR));
	MUST(ASN1_TIME_set(X509_getm_notAfter(c->x), make->until ? make->until : TSA_TIME + YEAR));
	if (make->ca || make->ca_in_name)
		add_extension(c->x, issuer, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(c->x, issuer, NID_key_usage,
		      make->ca ? "critical,keyCertSign" : "critical,digitalSignature");
	if (make->eku)
		add_extension(c->x, issuer, NID_ext_key_usage, make->eku);
	MUST(X509_sign(c->x, make->issuer ? make->issuer->key : c->key,
		       make->md ? make->md : EVP_sha256()) > 0);
	n = i2d_X509(c->x, &der);
	MUST(n > 0);
	pdg_buf_init(&c->der, 65536);
	pdg_buf_put(&c->der, pdg_bytes(der, (size_t)n));
	OPENSSL_free(der);
	X509_NAME_free(name);
}

void tsa_cert_done(struct tsa_cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	pdg_buf_done(&c->der);
}

static TS_MSG_IMPRINT *imprint_of(const struct tsa_token_make *make)
{
	int nid = make->imprint ? make->imprint : NID_sha256;
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algo = X509_ALGOR_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	MUST(imprint && algo);
	MUST(EVP_Digest(make->data.p, make->data.n, digest, &n, EVP_get_digestbynid(nid), NULL) ==
	     1);
	MUST(X509_ALGOR_set0(algo, OBJ_nid2obj(nid), V_ASN1_NULL, NULL) == 1);
	MUST(TS_MSG_IMPRINT_set_algo(imprint, algo) == 1);
	MUST(TS_MSG_IMPRINT_set_msg(imprint, digest, (int)n) == 1);
	X509_ALGOR_free(algo);
	return imprint;
}

static TS_TST_INFO *info_of(const struct tsa_token_make *make)
{
	TS_MSG_IMPRINT *imprint = imprint_of(make);
	TS_TST_INFO *info = TS_TST_INFO_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_GENERALIZEDTIME *time = ASN1_GENERALIZEDTIME_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.3.6.1.4.1.57264.2", 1);

	MUST(info && number && time && policy && ASN1_INTEGER_set(number, 7) == 1);
	/* As text: a time that is not of its form is wanted too. */
	MUST(ASN1_STRING_set(time, make->time ? make->time : TSA_TIME_TEXT, -1) == 1);
	MUST(TS_TST_INFO_set_version(info, make->version ? make->version : 1) == 1 &&
	     TS_TST_INFO_set_policy_id(info, policy) == 1 &&
	     TS_TST_INFO_set_msg_imprint(info, imprint) == 1 &&
	     TS_TST_INFO_set_serial(info, number) == 1 && TS_TST_INFO_set_time(info, time) == 1);
	if (make->critical) {
		X509_EXTENSION *e =
			X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, "critical,hello");

		MUST(e && TS_TST_INFO_add_ext(info, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	TS_MSG_IMPRINT_free(imprint);
	ASN1_INTEGER_free(number);
	ASN1_GENERALIZEDTIME_free(time);
	ASN1_OBJECT_free(policy);
	return info;
}

static void add_name(const struct tsa_token_make *make, PKCS7_SIGNER_INFO *si)
{
	const X509 *cert = (make->named ? make->named : make->signer)->x;
	ASN1_STRING *seq = ASN1_STRING_new();
	uint8_t *der = NULL;
	int n;

	if (make->old_name) {
		ESS_SIGNING_CERT *v1 = OSSL_ESS_signing_cert_new_init(cert, NULL, 1);

		n = i2d_ESS_SIGNING_CERT(v1, &der);
		ESS_SIGNING_CERT_free(v1);
	} else {
		ESS_SIGNING_CERT_V2 *v2 =
			OSSL_ESS_signing_cert_v2_new_init(EVP_sha256(), cert, NULL, 1);

		n = i2d_ESS_SIGNING_CERT_V2(v2, &der);
		ESS_SIGNING_CERT_V2_free(v2);
	}
	MUST(n > 0 && seq && ASN1_STRING_set(seq, der, n) == 1);
	MUST(PKCS7_add_signed_attribute(si,
					make->old_name ? NID_id_smime_aa_signingCertificate
						       : NID_id_smime_aa_signingCertificateV2,
					V_ASN1_SEQUENCE, seq) == 1);
	OPENSSL_free(der);
}

static void add_content(PKCS7 *p7)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	PKCS7 *content = PKCS7_new();

	MUST(octets && content);
	content->d.other = ASN1_TYPE_new();
	MUST(content->d.other);
	content->type = OBJ_nid2obj(NID_id_smime_ct_TSTInfo);
	ASN1_TYPE_set(content->d.other, V_ASN1_OCTET_STRING, octets);
	MUST(PKCS7_set_content(p7, content) == 1);
}

static void sign_content(PKCS7 *p7, const struct tsa_token_make *make)
{
	TS_TST_INFO *info = info_of(make);
	BIO *bio = PKCS7_dataInit(p7, NULL);

	MUST(bio && i2d_TS_TST_INFO_bio(bio, info) == 1 && PKCS7_dataFinal(p7, bio) == 1);
	BIO_free_all(bio);
	TS_TST_INFO_free(info);
}

static void add_signer(PKCS7 *p7, const struct tsa_cert *signer, const struct tsa_token_make *make)
{
	PKCS7_SIGNER_INFO *si =
		PKCS7_add_signature(p7, signer->x, signer->key, make->md ? make->md : EVP_sha256());
	int type = make->type ? make->type : NID_id_smime_ct_TSTInfo;

	MUST(si && PKCS7_add_signed_attribute(si, NID_pkcs9_contentType, V_ASN1_OBJECT,
					      OBJ_nid2obj(type)) == 1);
	if (!make->unnamed)
		add_name(make, si);
	if (make->unsigned_attribute)
		MUST(PKCS7_add_attribute(si, NID_pkcs9_unstructuredName, V_ASN1_IA5STRING,
					 ASN1_IA5STRING_new()) == 1);
}

void tsa_token(const struct tsa_token_make *make, struct pdg_buf *out)
{
	PKCS7 *p7 = PKCS7_new();
	uint8_t *der = NULL;
	unsigned k;
	size_t i;
	int n;

	MUST(p7 && PKCS7_set_type(p7, NID_pkcs7_signed) == 1);
	MUST(ASN1_INTEGER_set(p7->d.sign->version, make->frame ? make->frame : 3) == 1);
	for (i = 0; i < 3 && make->with[i]; i++)
		for (k = 0; k < (make->times ? make->times : 1); k++)
			MUST(PKCS7_add_certificate(p7, make->with[i]->x) == 1);
	add_signer(p7, make->signer, make);
	if (make->second)
		add_signer(p7, make->second, make);
	add_content(p7);
	sign_content(p7, make);
	n = i2d_PKCS7(p7, &der);
	MUST(n > 0);
	pdg_buf_put(out, pdg_bytes(der, (size_t)n));
	OPENSSL_free(der);
	PKCS7_free(p7);
}

void tsa_response(unsigned status, struct pdg_bytes token, struct pdg_buf *out)
{
	const uint8_t head[] = {0x30,
				0x82,
				(uint8_t)((token.n + 5) >> 8),
				(uint8_t)(token.n + 5),
				0x30,
				0x03,
				0x02,
				0x01,
				(uint8_t)status};
	const uint8_t none[] = {0x30, 0x05, 0x30, 0x03, 0x02, 0x01, (uint8_t)status};

	pdg_buf_put(out, token.n ? pdg_bytes(head, sizeof(head)) : pdg_bytes(none, sizeof(none)));
	pdg_buf_put(out, token);
}

struct pdg_tsa *tsa_of(const struct tsa_cert *const *chain, int64_t from, int64_t until)
{
	struct pdg_bytes der[8];
	struct pdg_tsa *tsa = NULL;
	size_t n;

	for (n = 0; chain[n]; n++)
		der[n] = pdg_buf_bytes(&chain[n]->der);
	MUST(pdg_tsa_new(der, n, from, until, &tsa, NULL) == 0);
	return tsa;
}
