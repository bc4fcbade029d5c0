/* SPDX-License-Identifier: Apache-2.0 */
/* CMS signatures made for tests; see cms_made.h. */
#include "support/cms_made.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "util/codec.h"
#include "util/time.h"

#define BUF(name) PDG_AUTO(buf) struct pdg_buf name = PDG_BUF_INIT(PKI_DER_MAX)
#define BYTES(b)  pdg_buf_bytes(&(b))

enum { SEQUENCE = 0x30, SET = 0x31, PART0 = 0xa0, PART1 = 0xa1, OCTETS = 4, INTEGER = 2 };

void cms_made_init(struct cms_made *m)
{
	pdg_buf_init(&m->der, PKI_DER_MAX);
	pdg_buf_init(&m->signed_attrs, PKI_DER_MAX);
	pdg_buf_init(&m->value, PKI_DER_MAX);
}

void cms_made_done(struct cms_made *m)
{
	pdg_buf_done(&m->der);
	pdg_buf_done(&m->signed_attrs);
	pdg_buf_done(&m->value);
}

static void put_oid(struct pdg_buf *out, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);

	pki_must(object != NULL, oid);
	put_tlv(out, 6, pdg_bytes(OBJ_get0_data(object), OBJ_length(object)));
	ASN1_OBJECT_free(object);
}

static void put_int(struct pdg_buf *out, uint8_t n)
{
	put_tlv(out, INTEGER, pdg_bytes(&n, 1));
}

static void put_algorithm(struct pdg_buf *out, const char *oid, bool null)
{
	BUF(body);

	put_oid(&body, oid);
	if (null)
		pdg_buf_put(&body, pdg_bytes("\x05\x00", 2));
	put_tlv(out, SEQUENCE, BYTES(body));
}

static const char *digest_name(const struct cms_ask *ask)
{
	return ask->twist == CMS_SHA1 ? "SHA1" : ask->digest ? ask->digest : "SHA256";
}

static const EVP_MD *md_of(const struct cms_ask *ask)
{
	return EVP_get_digestbyname(digest_name(ask));
}

void cms_attribute(const char *oid, struct pdg_bytes value, struct pdg_buf *out)
{
	BUF(body);

	put_oid(&body, oid);
	put_tlv(&body, SET, value);
	put_tlv(out, SEQUENCE, BYTES(body));
}

static void put_content_type(const struct cms_ask *ask, struct pdg_buf *out)
{
	bool other = ask->twist == CMS_OTHER_CONTENT || ask->twist == CMS_OTHER_TYPE_ATTR;
	BUF(value);

	if (ask->twist == CMS_NO_CONTENT_TYPE)
		return;
	put_oid(&value, other ? "1.2.840.113549.1.7.2" : "1.2.840.113549.1.7.1");
	cms_attribute("1.2.840.113549.1.9.3", BYTES(value), out);
}

static void put_time(const struct cms_ask *ask, struct pdg_buf *out)
{
	char text[PDG_TIME_TEXT];
	BUF(utc);
	BUF(value);

	if (ask->time == 0)
		return;
	/* "2026-11-23T03:17:00Z" */
	pdg_time_text(ask->time, text);
	pdg_buf_printf(&utc, "%.2s%.2s%.2s%.2s%.2s%.2s%s", text + 2, text + 5, text + 8, text + 11,
		       text + 14, text + 17, ask->twist == CMS_BAD_TIME ? "+" : "Z");
	put_tlv(&value, 0x17, BYTES(utc));
	cms_attribute("1.2.840.113549.1.9.5", BYTES(value), out);
}

static void put_digest(const struct cms_ask *ask, struct pdg_bytes msg, struct pdg_buf *out)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	BUF(value);

	if (ask->twist == CMS_NO_DIGEST)
		return;
	pki_must(EVP_Digest(msg.p, msg.n, sum, &n, md_of(ask), NULL) == 1, "hash");
	if (ask->twist == CMS_WRONG_DIGEST)
		sum[0] ^= 1;
	put_tlv(&value, OCTETS, pdg_bytes(sum, ask->twist == CMS_SHORT_DIGEST ? n - 1 : n));
	if (ask->twist == CMS_TWO_VALUES)
		put_tlv(&value, 5, pdg_bytes(NULL, 0));
	cms_attribute("1.2.840.113549.1.9.4", BYTES(value), out);
}

/* SigningCertificateV2 (RFC 5035 3), with the digest of SHA-256 by default. */
static void put_ess(const struct cms_ask *ask, struct pdg_buf *out)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	BUF(der);
	BUF(id);
	BUF(one);
	BUF(list);
	BUF(value);

	if (ask->twist != CMS_RIGHT_ESS && ask->twist != CMS_WRONG_ESS)
		return;
	pki_der(ask->signer, &der);
	pki_must(EVP_Digest(der.p, der.n, sum, &n, EVP_sha256(), NULL) == 1, "hash");
	if (ask->twist == CMS_WRONG_ESS)
		sum[0] ^= 1;
	put_tlv(&id, OCTETS, pdg_bytes(sum, n));
	put_tlv(&one, SEQUENCE, BYTES(id));
	put_tlv(&list, SEQUENCE, BYTES(one));
	put_tlv(&value, SEQUENCE, BYTES(list));
	cms_attribute("1.2.840.113549.1.9.16.2.47", BYTES(value), out);
}

/* All, in the order of DER: contentType is shortest, then time, digest, certificate. */
static void make_attrs(const struct cms_ask *ask, struct pdg_bytes msg, struct pdg_buf *out)
{
	BUF(body);

	if (ask->twist == CMS_UNSORTED) {
		put_digest(ask, msg, &body);
		put_content_type(ask, &body);
		put_time(ask, &body);
	} else {
		put_content_type(ask, &body);
		put_time(ask, &body);
		put_digest(ask, msg, &body);
	}
	if (ask->twist == CMS_DIGEST_TWICE)
		put_digest(ask, msg, &body);
	put_ess(ask, &body);
	put_tlv(out, SET, BYTES(body));
}

static void put_signature_algorithm(const struct cms_ask *ask, struct pdg_buf *out)
{
	const char *digest = digest_name(ask);
	char name[64];

	if (ask->twist == CMS_PSS) {
		put_algorithm(out, "1.2.840.113549.1.1.10", false);
	} else if (EVP_PKEY_is_a(ask->signer->key, "RSA")) {
		(void)snprintf(name, sizeof(name), "RSA-%s", digest);
		put_algorithm(out, ask->sha_rsa || ask->go_rsa ? name : "rsaEncryption",
			      !ask->go_rsa);
	} else if (EVP_PKEY_is_a(ask->signer->key, "EC")) {
		(void)snprintf(name, sizeof(name), "ecdsa-with-%s", digest);
		put_algorithm(out, name, false);
	} else {
		put_algorithm(out, "1.3.101.112", false);
	}
}

static void put_sid(const struct cms_ask *ask, struct pdg_buf *out)
{
	X509 *x = ask->signer->x;
	unsigned char *der = NULL;
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(x);
	int n;
	BUF(body);

	if (ask->twist == CMS_KEY_ID) {
		put_tlv(out, 0x80,
			pdg_bytes(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)));
		return;
	}
	n = i2d_X509_NAME(X509_get_issuer_name(x), &der);
	pdg_buf_put(&body, pdg_bytes(der, (size_t)n));
	OPENSSL_free(der);
	der = NULL;
	n = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &der);
	if (ask->twist == CMS_OTHER_SERIAL)
		der[n - 1] ^= 1;
	pdg_buf_put(&body, pdg_bytes(der, (size_t)n));
	OPENSSL_free(der);
	put_tlv(out, SEQUENCE, BYTES(body));
}

static void put_signer(const struct cms_ask *ask, const struct cms_made *m, struct pdg_buf *out)
{
	const bool null = ask->gpgsm || ask->with_null;
	BUF(body);

	put_int(&body, ask->twist == CMS_KEY_ID ? 3 : 1);
	put_sid(ask, &body);
	put_algorithm(&body, digest_name(ask), null);
	if (ask->twist != CMS_NO_ATTRS) {
		size_t at = body.n;

		pdg_buf_put(&body, BYTES(m->signed_attrs));
		body.p[at] = PART0;
	}
	put_signature_algorithm(ask, &body);
	put_tlv(&body, OCTETS, BYTES(m->value));
	if (ask->unsigned_attrs.n || ask->twist == CMS_EMPTY_UNSIGNED)
		put_tlv(&body, PART1, ask->unsigned_attrs);
	put_tlv(out, SEQUENCE, BYTES(body));
}

static void put_certs(const struct cms_ask *ask, struct pdg_buf *out)
{
	size_t i;
	BUF(body);

	if (ask->twist == CMS_NO_CERTS)
		return;
	for (i = 0; ask->twist != CMS_EMPTY_CERTS && i < CMS_CERTS_MAX && ask->certs[i]; i++)
		pki_der(ask->certs[i], &body);
	if (ask->twist == CMS_CERT_TWICE)
		pki_der(ask->certs[0], &body);
	if (ask->twist == CMS_BER_CERTS) {
		pdg_buf_put(out, pdg_bytes("\xa0\x80", 2));
		pdg_buf_put(out, BYTES(body));
		pdg_buf_put(out, pdg_bytes("\0\0", 2));
		return;
	}
	put_tlv(out, PART0, BYTES(body));
}

/* A value around @body that is of indefinite length where gpgsm writes one. */
static void put_outer(struct pdg_buf *out, uint8_t tag, bool ber, struct pdg_bytes body)
{
	if (!ber) {
		put_tlv(out, tag, body);
		return;
	}
	pdg_buf_putc(out, tag);
	pdg_buf_putc(out, 0x80);
	pdg_buf_put(out, body);
	pdg_buf_put(out, pdg_bytes("\0\0", 2));
}

static void put_content(const struct cms_ask *ask, bool ber, struct pdg_buf *out)
{
	BUF(body);
	BUF(data);

	put_oid(&body,
		ask->twist == CMS_OTHER_CONTENT ? "1.2.840.113549.1.7.2" : "1.2.840.113549.1.7.1");
	if (ask->twist == CMS_NOT_DETACHED) {
		put_tlv(&data, OCTETS, pdg_bytes_str("something"));
		put_tlv(&body, PART0, BYTES(data));
	}
	put_outer(out, SEQUENCE, ber, BYTES(body));
}

static void put_signed_data(const struct cms_ask *ask, const struct cms_made *m, bool ber,
			    struct pdg_buf *out)
{
	BUF(body);
	BUF(set);

	put_int(&body, ask->twist == CMS_VERSION ? 4 : ask->twist == CMS_VERSION_3 ? 3 : 1);
	put_algorithm(&set, ask->twist == CMS_OTHER_DIGEST ? "SHA512" : digest_name(ask),
		      ask->gpgsm || ask->with_null);
	put_tlv(&body, SET, BYTES(set));
	put_content(ask, ber, &body);
	put_certs(ask, &body);
	if (ask->twist == CMS_CRLS)
		put_tlv(&body, PART1, pdg_bytes("\x30\x00", 2));
	pdg_buf_reset(&set);
	if (ask->twist != CMS_NO_SIGNER)
		put_signer(ask, m, &set);
	if (ask->twist == CMS_TWO_SIGNERS)
		put_signer(ask, m, &set);
	put_tlv(&body, SET, BYTES(set));
	put_outer(out, SEQUENCE, ber, BYTES(body));
}

void cms_remake(const struct cms_ask *ask, struct cms_made *m)
{
	const bool ber = ask->gpgsm || ask->twist == CMS_BER_CERTS;
	BUF(data);
	BUF(body);

	put_signed_data(ask, m, ber, &data);
	put_oid(&body, "1.2.840.113549.1.7.2");
	put_outer(&body, PART0, ber, BYTES(data));
	pdg_buf_reset(&m->der);
	if (ask->twist == CMS_LONG_LENGTH) {
		pdg_buf_put(&m->der, pdg_bytes("\x30\x83\x00", 3));
		pdg_buf_u16be(&m->der, (uint16_t)body.n);
		pdg_buf_put(&m->der, BYTES(body));
	} else {
		put_outer(&m->der, SEQUENCE, ber, BYTES(body));
	}
	if (ask->twist == CMS_BEHIND)
		pdg_buf_put(&m->der, pdg_bytes("\x05\x00", 2));
	pki_must(m->der.failed == 0, "hold a signature");
}

void cms_make(const struct cms_ask *ask, struct pdg_bytes msg, struct cms_made *out)
{
	const EVP_MD *md = EVP_PKEY_is_a(ask->signer->key, "ED25519") ? NULL : md_of(ask);
	struct pdg_bytes what = msg;
	BUF(as_it_stands);

	pdg_buf_reset(&out->signed_attrs);
	pdg_buf_reset(&out->value);
	make_attrs(ask, msg, &out->signed_attrs);
	if (ask->twist != CMS_NO_ATTRS)
		what = BYTES(out->signed_attrs);
	if (ask->twist == CMS_ATTRS_AS_THEY_STAND) {
		pdg_buf_put(&as_it_stands, what);
		as_it_stands.p[0] = PART0;
		what = BYTES(as_it_stands);
	}
	pki_sign(ask->signer->key, md, what, &out->value);
	cms_remake(ask, out);
}

void cms_armor(struct pdg_bytes der, size_t width, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PKI_DER_MAX);
	struct pdg_bytes rest;

	pdg_base64(der, &text);
	pdg_buf_puts(out, "-----BEGIN SIGNED MESSAGE-----\n");
	for (rest = BYTES(text); rest.n; rest = pdg_bytes_from(rest, width)) {
		pdg_buf_put(out, pdg_bytes_head(rest, width));
		pdg_buf_putc(out, '\n');
	}
	pdg_buf_puts(out, "-----END SIGNED MESSAGE-----\n");
}

void cms_commit(struct pdg_bytes payload, struct pdg_bytes armor, struct pdg_buf *out)
{
	size_t end = pdg_bytes_find(payload, pdg_bytes_str("\n\n"), 0);
	struct pdg_bytes line;
	const char *before = "gpgsig ";

	pki_must(end != SIZE_MAX, "find the end of a commit's headers");
	pdg_buf_put(out, pdg_bytes_head(payload, end + 1));
	while (pdg_bytes_line(&armor, &line)) {
		pdg_buf_puts(out, before);
		pdg_buf_put(out, line);
		pdg_buf_putc(out, '\n');
		before = " ";
	}
	pdg_buf_put(out, pdg_bytes_from(payload, end + 1));
}
