/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made for tests; see pki.h. */
#include "support/pki.h"

#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

void pki_must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "the test's PKI could not %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

EVP_PKEY *pki_key(const char *kind)
{
	EVP_PKEY *key;

	if (strcmp(kind, "RSA") == 0)
		key = EVP_RSA_gen(2048);
	else if (strcmp(kind, "RSA-1024") == 0)
		key = EVP_RSA_gen(1024);
	else if (strcmp(kind, "ED25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		key = EVP_EC_gen(kind);
	pki_must(key != NULL, "make a key");
	return key;
}

static void add_config(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	pki_must(ext && X509_add_ext(x, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

static void add_raw(X509 *x, const char *oid, bool critical, struct pdg_bytes content)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	pki_must(object && octets && ASN1_OCTET_STRING_set(octets, content.p, (int)content.n) == 1,
		 "make an extension");
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, octets);
	pki_must(ext && X509_add_ext(x, ext, -1) == 1, "add an extension");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OBJECT_free(object);
}

static void add_issuers(X509 *x, const struct pki_ask *ask)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);

	if (ask->issuer_v1)
		add_raw(x, "1.3.6.1.4.1.57264.1.1", false, pdg_bytes_str(ask->issuer_v1));
	if (!ask->issuer_v2)
		return;
	put_tlv(&der, V_ASN1_UTF8STRING, pdg_bytes_str(ask->issuer_v2));
	add_raw(x, "1.3.6.1.4.1.57264.1.8", false, pdg_buf_bytes(&der));
}

static void set_serial(X509 *x)
{
	static long serial = 1000;

	pki_must(ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial) == 1, "number it");
}

static void set_name(X509 *x, const struct pki_ask *ask)
{
	X509_NAME *name = X509_get_subject_name(x);

	if (ask->name)
		pki_must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
						    (const unsigned char *)ask->name, -1, -1,
						    0) == 1,
			 "name it");
	pki_must(X509_set_issuer_name(x, ask->issuer ? X509_get_subject_name(ask->issuer->x)
						     : name) == 1,
		 "name its issuer");
}

static EVP_PKEY *take_key(const struct pki_ask *ask)
{
	EVP_PKEY *key;

	if (!ask->same_key)
		return pki_key(ask->key ? ask->key : "P-256");
	key = EVP_PKEY_dup((EVP_PKEY *)(uintptr_t)ask->same_key);
	pki_must(key != NULL, "copy a key");
	return key;
}

struct pki_cert pki_make(const struct pki_ask *ask)
{
	struct pki_cert c = {.x = X509_new(), .key = take_key(ask)};
	const EVP_PKEY *signer = ask->issuer ? ask->issuer->key : c.key;
	X509 *issuer = ask->issuer ? ask->issuer->x : c.x;
	const EVP_MD *md = ask->md ? ask->md : EVP_sha256();

	pki_must(c.x && X509_set_version(c.x, X509_VERSION_3) == 1, "begin a certificate");
	set_serial(c.x);
	set_name(c.x, ask);
	pki_must(X509_set_pubkey(c.x, c.key) == 1 &&
			 ASN1_TIME_set(X509_getm_notBefore(c.x), (time_t)ask->from) &&
			 ASN1_TIME_set(X509_getm_notAfter(c.x), (time_t)ask->until),
		 "fill a certificate");
	add_config(c.x, issuer, NID_basic_constraints, ask->constraints);
	add_config(c.x, issuer, NID_key_usage, ask->usage);
	add_config(c.x, issuer, NID_ext_key_usage, ask->extended);
	add_config(c.x, issuer, NID_name_constraints, ask->name_constraints);
	if (!ask->no_ids)
		add_config(c.x, issuer, NID_subject_key_identifier, "hash");
	if (ask->issuer && !ask->no_ids)
		add_config(c.x, issuer, NID_authority_key_identifier, "keyid:always");
	add_config(c.x, issuer, NID_subject_alt_name, ask->san);
	add_issuers(c.x, ask);
	if (ask->other)
		add_raw(c.x, ask->other, ask->other_critical, pdg_bytes("\x05\x00", 2));
	if (EVP_PKEY_is_a(signer, "ED25519"))
		md = NULL;
	pki_must(X509_sign(c.x, (EVP_PKEY *)(uintptr_t)signer, md) > 0, "sign a certificate");
	return c;
}

/* @sig's other value under @issuer's key, in DER. */
static int other_value(const ASN1_BIT_STRING *sig, const EVP_PKEY *issuer, unsigned char **out)
{
	const unsigned char *p = ASN1_STRING_get0_data(sig);
	ECDSA_SIG *old = d2i_ECDSA_SIG(NULL, &p, ASN1_STRING_length(sig));
	ECDSA_SIG *made = ECDSA_SIG_new();
	BIGNUM *order = NULL;
	BIGNUM *s = BN_new();
	int n;

	pki_must(old && made && s &&
			 EVP_PKEY_get_bn_param(issuer, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1 &&
			 BN_sub(s, order, ECDSA_SIG_get0_s(old)) == 1 &&
			 ECDSA_SIG_set0(made, BN_dup(ECDSA_SIG_get0_r(old)), s) == 1,
		 "flip a signature");
	n = i2d_ECDSA_SIG(made, out);
	ECDSA_SIG_free(old);
	ECDSA_SIG_free(made);
	BN_free(order);
	return n;
}

struct pki_cert pki_twin(const struct pki_cert *c, const struct pki_cert *issuer)
{
	struct pki_cert twin = {.x = X509_dup(c->x), .key = EVP_PKEY_dup(c->key)};
	const ASN1_BIT_STRING *sig = NULL;
	unsigned char *der = NULL;
	int n;

	pki_must(twin.x && twin.key, "copy a certificate");
	X509_get0_signature(&sig, NULL, twin.x);
	n = other_value(sig, issuer->key, &der);
	pki_must(n > 0 && ASN1_STRING_set((ASN1_STRING *)(uintptr_t)sig, der, n) == 1,
		 "put in another signature");
	OPENSSL_free(der);
	pki_must(X509_verify(twin.x, issuer->key) == 1, "have the other signature hold too");
	return twin;
}

void pki_done(struct pki_cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	*c = (struct pki_cert){0};
}

void pki_der(const struct pki_cert *c, struct pdg_buf *out)
{
	int n = i2d_X509(c->x, NULL);
	uint8_t *p = n > 0 ? pdg_buf_room(out, (size_t)n) : NULL;

	pki_must(p && i2d_X509(c->x, &p) == n, "write a certificate");
}

void pki_pem(const struct pki_cert *c, struct pdg_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	pki_must(bio && PEM_write_bio_X509(bio, c->x) == 1, "write a certificate");
	n = BIO_get_mem_data(bio, &text);
	pdg_buf_put(out, pdg_bytes(text, (size_t)n));
	BIO_free(bio);
}

void pki_sign(EVP_PKEY *key, const EVP_MD *md, struct pdg_bytes msg, struct pdg_buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[1024];
	size_t n = sizeof(sig);

	pki_must(ctx && EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
			 EVP_DigestSign(ctx, sig, &n, msg.p, msg.n) == 1,
		 "sign");
	EVP_MD_CTX_free(ctx);
	pdg_buf_put(out, pdg_bytes(sig, n));
}

void put_tlv(struct pdg_buf *out, uint8_t tag, struct pdg_bytes body)
{
	pdg_buf_putc(out, tag);
	if (body.n < 0x80) {
		pdg_buf_putc(out, (uint8_t)body.n);
	} else if (body.n < 0x100) {
		pdg_buf_putc(out, 0x81);
		pdg_buf_putc(out, (uint8_t)body.n);
	} else {
		pdg_buf_putc(out, 0x82);
		pdg_buf_u16be(out, (uint16_t)body.n);
	}
	pdg_buf_put(out, body);
}
