/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of a certificate and of its key; see x509name.h. x509chain.c asks for those of a path,
 * where the policy revokes anything at all.
 */
#include <openssl/core_names.h>

#include "crypto/der.h"
#include "crypto/key_known.h"
#include "crypto/x509_impl.h"
#include "util/codec.h"
#include "util/limits.h"

static void free_der(uint8_t *der)
{
	OPENSSL_free(der);
}
PDG_AUTO_DEFINE(der, uint8_t *, free_der)

static int name_text(const uint8_t sum[PDG_SHA256_LEN], char out[PDG_X509_FINGERPRINT],
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_X509_FINGERPRINT);
	int rc;

	pdg_buf_puts(&text, "SHA256:");
	pdg_base64_nopad(pdg_bytes(sum, PDG_SHA256_LEN), &text);
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return rc;
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return 0;
}

int pdg_x509_name_of(const X509 *x, char out[PDG_X509_FINGERPRINT], struct pdg_error *err)
{
	uint8_t sum[PDG_SHA256_LEN];
	const EVP_MD *md = pdg_ossl_md(PDG_SHA256);
	unsigned n = 0;

	if (!md || X509_digest(x, md, sum, &n) != 1 || n != sizeof(sum))
		return pdg_ossl_fail(err, "name a certificate");
	return name_text(sum, out, err);
}

/* (r, n - s) for the value (r, s) in @sig, in DER; @order is n. */
static int other_value(const ASN1_BIT_STRING *sig, const BIGNUM *order, uint8_t **out, int *out_n,
		       struct pdg_error *err)
{
	const unsigned char *p = ASN1_STRING_get0_data(sig);
	PDG_AUTO(ecdsa_sig) ECDSA_SIG *old = d2i_ECDSA_SIG(NULL, &p, ASN1_STRING_length(sig));
	PDG_AUTO(ecdsa_sig) ECDSA_SIG *made = ECDSA_SIG_new();
	PDG_AUTO(bignum) BIGNUM *r = old ? BN_dup(ECDSA_SIG_get0_r(old)) : NULL;
	PDG_AUTO(bignum) BIGNUM *s = BN_new();

	if (!made || !r || !s || BN_sub(s, order, ECDSA_SIG_get0_s(old)) != 1 ||
	    ECDSA_SIG_set0(made, r, s) != 1)
		return pdg_ossl_fail(err, "read an issuer's signature");
	r = NULL; /* they are the signature's now */
	s = NULL;
	*out_n = i2d_ECDSA_SIG(made, out);
	return *out_n > 0 ? 0 : pdg_ossl_fail(err, "write an issuer's signature");
}

/* @x with @value as its signature. */
static int rewrite(const X509 *x, struct pdg_bytes value, struct pdg_buf *out,
		   struct pdg_error *err)
{
	PDG_AUTO(der) uint8_t *old = NULL;
	int n = i2d_X509(x, &old);
	struct pdg_der whole;
	struct pdg_der tbs;
	struct pdg_der algorithm;
	struct pdg_bytes rest;
	size_t body;
	uint8_t *p;

	if (n <= 0 || !pdg_der_only(pdg_bytes(old, (size_t)n), PDG_DER_SEQUENCE, &whole))
		return pdg_ossl_fail(err, "write a certificate");
	rest = whole.body;
	if (!pdg_der_next(&rest, &tbs) || !pdg_der_next(&rest, &algorithm))
		return pdg_ossl_fail(err, "write a certificate");
	/* All of it is shorter than a certificate that was read and a few bytes. */
	n = ASN1_object_size(0, (int)value.n + 1, V_ASN1_BIT_STRING);
	body = tbs.whole.n + algorithm.whole.n + (size_t)n;
	p = pdg_buf_room(out, (size_t)ASN1_object_size(1, (int)body, V_ASN1_SEQUENCE));
	if (!p)
		return pdg_buf_check(out, err);
	ASN1_put_object(&p, 1, (int)body, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(p, tbs.whole.p, tbs.whole.n);
	memcpy(p + tbs.whole.n, algorithm.whole.p, algorithm.whole.n);
	p += tbs.whole.n + algorithm.whole.n;
	ASN1_put_object(&p, 0, (int)value.n + 1, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
	*p = 0; /* no unused bits */
	memcpy(p + 1, value.p, value.n);
	return 0;
}

/* Only ECDSA has a second value: those of RSA, DSA and EdDSA are one number each, below the
 * modulus.
 */
static int name_twin(const X509 *x, const X509 *issuer, char out[PDG_X509_FINGERPRINT],
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf whole = PDG_BUF_INIT(2 * PDG_LIMIT_COMMIT_SIGNATURE);
	const EVP_PKEY *key = X509_get0_pubkey(issuer);
	PDG_AUTO(bignum) BIGNUM *order = NULL;
	PDG_AUTO(der) uint8_t *value = NULL;
	const ASN1_BIT_STRING *sig = NULL;
	uint8_t sum[PDG_SHA256_LEN];
	int n = 0;
	int rc;

	out[0] = '\0';
	if (!key)
		return pdg_ossl_fail(err, "read an issuer's key");
	if (!EVP_PKEY_is_a(key, "EC"))
		return 0;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order) != 1)
		return pdg_ossl_fail(err, "read an issuer's key");
	X509_get0_signature(&sig, NULL, x);
	rc = other_value(sig, order, &value, &n, err);
	if (rc == 0)
		rc = rewrite(x, pdg_bytes(value, (size_t)n), &whole, err);
	if (rc == 0)
		rc = pdg_sha256(pdg_buf_bytes(&whole), sum, err);
	return rc == 0 ? name_text(sum, out, err) : rc;
}

/* The SPKI that key.c takes: that of the certificate, but for what OpenSSL takes in other
 * spellings.
 */
static int canonical(const X509 *x, struct pdg_bytes written, uint8_t out[PDG_SHA256_LEN],
		     struct pdg_error *err)
{
	PDG_AUTO(evp_pkey) EVP_PKEY *key = NULL;
	PDG_AUTO(der) uint8_t *spki = NULL;
	int rc = pdg_key_known_public(written, &key, err);
	int n;

	if (rc < 0)
		return rc;
	if (key)
		return pdg_sha256(written, out, err);
	/* A copy, for the certificate is shared by threads. */
	key = EVP_PKEY_dup(X509_get0_pubkey(x));
	if (key && EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					   "uncompressed") != 1)
		return pdg_ossl_fail(err, "name a key");
	n = key ? i2d_PUBKEY(key, &spki) : 0;
	if (n <= 0)
		return pdg_ossl_fail(err, "name a key");
	return pdg_sha256(pdg_bytes(spki, (size_t)n), out, err);
}

static int name_key(const X509 *x, struct pdg_x509_handles *out, struct pdg_error *err)
{
	PDG_AUTO(der) uint8_t *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	int rc;

	if (n <= 0)
		return pdg_ossl_fail(err, "name a key");
	rc = pdg_sha256(pdg_bytes(spki, (size_t)n), out->written, err);
	return rc == 0 ? canonical(x, pdg_bytes(spki, (size_t)n), out->key, err) : rc;
}

int pdg_x509_handles_of(const X509 *x, const X509 *issuer, struct pdg_x509_handles *out,
			struct pdg_error *err)
{
	int rc = pdg_x509_name_of(x, out->itself, err);

	out->twin[0] = '\0';
	if (rc == 0 && issuer)
		rc = name_twin(x, issuer, out->twin, err);
	return rc == 0 ? name_key(x, out, err) : rc;
}
