/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public half of a key in a token, as SPKI. Tokens keep it in three places, and some in none
 * of the first two: with the private key, as an object of its own, in a certificate. Whatever is
 * made here is read again by crypto/key.c, which takes the one canonical encoding only.
 */
#include "crypto/der.h"
#include "signer/token_impl.h"
#include "util/limits.h"

#define POINT_ED25519 32

/* Append a value of @tag: definite length, shortest form. */
static void put_der(struct pdg_buf *out, uint8_t tag, struct pdg_bytes body)
{
	pdg_buf_putc(out, tag);
	if (body.n > 0xff) {
		pdg_buf_putc(out, 0x82);
		pdg_buf_u16be(out, (uint16_t)body.n);
	} else {
		if (body.n > 0x7f)
			pdg_buf_putc(out, 0x81);
		pdg_buf_putc(out, (uint8_t)body.n);
	}
	pdg_buf_put(out, body);
}

/* SEQUENCE { SEQUENCE @algorithm, BIT STRING @key }. */
static int put_spki(struct pdg_bytes algorithm, struct pdg_bytes key, struct pdg_buf *out,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bits = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	PDG_AUTO(buf) struct pdg_buf both = PDG_BUF_INIT(PDG_LIMIT_KIB(8));

	pdg_buf_putc(&bits, 0);
	pdg_buf_put(&bits, key);
	put_der(&both, PDG_DER_SEQUENCE, algorithm);
	put_der(&both, PDG_DER_BIT_STRING, pdg_buf_bytes(&bits));
	if (bits.failed || both.failed)
		return pdg_buf_check(bits.failed ? &bits : &both, err);
	put_der(out, PDG_DER_SEQUENCE, pdg_buf_bytes(&both));
	return pdg_buf_check(out, err);
}

static int ec_spki(struct pdg_bytes params, struct pdg_bytes point, struct pdg_buf *out,
		   struct pdg_error *err)
{
	static const uint8_t ec_key[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
	PDG_AUTO(buf) struct pdg_buf algorithm = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	struct pdg_der octets;

	/* An OCTET STRING by the standard; some tokens leave its head out. */
	if (pdg_der_only(point, PDG_DER_OCTETS, &octets))
		point = octets.body;
	pdg_buf_put(&algorithm, pdg_bytes(ec_key, sizeof(ec_key)));
	pdg_buf_put(&algorithm, params);
	if (algorithm.failed)
		return pdg_buf_check(&algorithm, err);
	return put_spki(pdg_buf_bytes(&algorithm), point, out, err);
}

static int ed25519_spki(struct pdg_bytes point, struct pdg_buf *out, struct pdg_error *err)
{
	static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
	struct pdg_der octets;

	if (point.n != POINT_ED25519 && pdg_der_only(point, PDG_DER_OCTETS, &octets))
		point = octets.body;
	return put_spki(pdg_bytes(ed25519, sizeof(ed25519)), point, out, err);
}

/* A big number as tokens give it: unsigned, zeros in front of it or not. */
static void put_integer(struct pdg_buf *out, struct pdg_bytes number)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	while (number.n > 1 && number.p[0] == 0)
		number = pdg_bytes_from(number, 1);
	if (number.n > 0 && number.p[0] & 0x80)
		pdg_buf_putc(&body, 0);
	pdg_buf_put(&body, number);
	put_der(out, PDG_DER_INTEGER, pdg_buf_bytes(&body));
}

static int rsa_spki(struct pdg_bytes modulus, struct pdg_bytes exponent, struct pdg_buf *out,
		    struct pdg_error *err)
{
	static const uint8_t rsa[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				      0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
	PDG_AUTO(buf) struct pdg_buf numbers = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	PDG_AUTO(buf) struct pdg_buf key = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	put_integer(&numbers, modulus);
	put_integer(&numbers, exponent);
	put_der(&key, PDG_DER_SEQUENCE, pdg_buf_bytes(&numbers));
	if (numbers.failed || key.failed)
		return pdg_buf_check(numbers.failed ? &numbers : &key, err);
	return put_spki(pdg_bytes(rsa, sizeof(rsa)), pdg_buf_bytes(&key), out, err);
}

/* Certificate { TBSCertificate { [0] version, serial, algorithm, issuer, validity, subject, SPKI:
 * RFC 5280 4.1. */
static bool certificate_spki(struct pdg_bytes der, struct pdg_buf *out)
{
	struct pdg_der v;
	struct pdg_bytes rest;
	size_t i;

	if (!pdg_der_only(der, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	if (!pdg_der_take(&rest, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	if (pdg_der_is(rest, PDG_DER_PART(0)) && !pdg_der_next(&rest, &v))
		return false;
	for (i = 0; i < 5; i++) {
		if (!pdg_der_next(&rest, &v))
			return false;
	}
	if (!pdg_der_take(&rest, PDG_DER_SEQUENCE, &v))
		return false;
	pdg_buf_put(out, v.whole);
	return true;
}

/* Of a public key object. Nothing is appended where it has no key in it. */
static int object_spki(const struct pdg_token *t, CK_SESSION_HANDLE session,
		       CK_OBJECT_HANDLE object, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf a = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	bool rsa = t->kind == CKK_RSA;
	int rc = pdg_token_value(t, session, object, rsa ? CKA_MODULUS : CKA_EC_PARAMS, &a, err);

	if (rc == 0)
		rc = pdg_token_value(t, session, object, rsa ? CKA_PUBLIC_EXPONENT : CKA_EC_POINT,
				     &b, err);
	if (rc < 0 || a.n == 0 || b.n == 0)
		return rc;
	if (rsa)
		return rsa_spki(pdg_buf_bytes(&a), pdg_buf_bytes(&b), out, err);
	if (t->kind == CKK_EC)
		return ec_spki(pdg_buf_bytes(&a), pdg_buf_bytes(&b), out, err);
	return ed25519_spki(pdg_buf_bytes(&b), out, err);
}

/* From the objects of @class that have the key's CKA_ID, the first that gives one. */
static int from_class(const struct pdg_token *t, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
		      struct pdg_buf *id, struct pdg_buf *out, struct pdg_error *err)
{
	CK_OBJECT_HANDLE found[PDG_LIMIT_TOKEN_KEYS];
	CK_ATTRIBUTE with = {.type = CKA_ID, .pValue = id->p, .ulValueLen = id->n};
	size_t n = 0, i;
	int rc = pdg_token_find(t, session, class, &with, 1, found, PDG_LIMIT_TOKEN_KEYS, &n, err);

	for (i = 0; rc == 0 && i < n && out->n == 0; i++) {
		PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);

		if (class == CKO_PUBLIC_KEY) {
			rc = object_spki(t, session, found[i], out, err);
			continue;
		}
		rc = pdg_token_value(t, session, found[i], CKA_VALUE, &der, err);
		if (rc == 0 && der.n > 0)
			(void)certificate_spki(pdg_buf_bytes(&der), out);
	}
	return rc;
}

int pdg_token_public(const struct pdg_token *t, CK_SESSION_HANDLE session, struct pdg_buf *out,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf id = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	int rc;

	if (t->kind != CKK_RSA && t->kind != CKK_EC && t->kind != CKK_EC_EDWARDS)
		return pdg_token_refuse(t, err,
					"the key is of a type that is not used; ECDSA, RSA and "
					"Ed25519 are");
	rc = pdg_token_value(t, session, t->key, CKA_PUBLIC_KEY_INFO, out, err);
	if (rc == 0 && out->n == 0)
		rc = pdg_token_value(t, session, t->key, CKA_ID, &id, err);
	if (rc == 0 && out->n == 0 && id.n > 0)
		rc = from_class(t, session, CKO_PUBLIC_KEY, &id, out, err);
	if (rc == 0 && out->n == 0 && id.n > 0)
		rc = from_class(t, session, CKO_CERTIFICATE, &id, out, err);
	/* The private object of an RSA key has both numbers too. */
	if (rc == 0 && out->n == 0 && t->kind == CKK_RSA)
		rc = object_spki(t, session, t->key, out, err);
	if (rc < 0 || out->n > 0)
		return rc;
	return pdg_token_refuse(t, err,
				"neither a public key nor a certificate is there with the id of "
				"the private key");
}
