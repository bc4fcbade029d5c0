/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and tokens by OpenSSL alone: none of the code that is tested, and not the library behind it.
 */
#include "support/token_made.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/codec.h"
#include "util/str.h"

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			(void)fprintf(stderr, "token_made: %s\n", #cond);                          \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct made_key {
	enum made_kind kind;
	char *kid;
	EVP_PKEY *key;
};

struct made_key *made_key_new(enum made_kind kind, const char *kid)
{
	struct made_key *k = calloc(1, sizeof(*k));

	MUST(k);
	k->kind = kind;
	k->kid = pdg_str_dup(kid);
	if (kind == MADE_RSA || kind == MADE_RSA_SHORT)
		k->key = EVP_RSA_gen(kind == MADE_RSA ? 2048 : 1024);
	else
		k->key = EVP_EC_gen(kind == MADE_P256 ? "P-256" : "P-384");
	MUST(k->kid && k->key);
	return k;
}

void made_key_free(struct made_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	free(k->kid);
	free(k);
}

static void base64url(struct pdg_bytes in, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 24);
	size_t i;

	pdg_base64_nopad(in, &text);
	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		pdg_buf_putc(out, c == '+' ? '-' : c == '/' ? '_' : c);
	}
}

static void put_number(const struct made_key *k, const char *param, int width, struct pdg_buf *out)
{
	BIGNUM *n = NULL;
	uint8_t raw[1024];

	MUST(EVP_PKEY_get_bn_param(k->key, param, &n) == 1);
	if (width == 0)
		width = BN_num_bytes(n);
	MUST(BN_bn2binpad(n, raw, width) == width);
	base64url(pdg_bytes(raw, (size_t)width), out);
	BN_free(n);
}

void made_jwk(const struct made_key *k, const char *more, struct pdg_buf *out)
{
	bool rsa = k->kind == MADE_RSA || k->kind == MADE_RSA_SHORT;
	int width = k->kind == MADE_P256 ? 32 : 48;

	pdg_buf_printf(out, "{\"kid\":\"%s\",", k->kid);
	if (rsa) {
		pdg_buf_puts(out, "\"kty\":\"RSA\",\"n\":\"");
		put_number(k, "n", 0, out);
		pdg_buf_puts(out, "\",\"e\":\"");
		put_number(k, "e", 0, out);
	} else {
		pdg_buf_printf(out, "\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"",
			       width == 32 ? "P-256" : "P-384");
		put_number(k, "qx", width, out);
		pdg_buf_puts(out, "\",\"y\":\"");
		put_number(k, "qy", width, out);
	}
	pdg_buf_printf(out, "\"%s}", more ? more : "");
}

void made_jwks(struct made_key *const *keys, size_t n, struct pdg_buf *out)
{
	size_t i;

	pdg_buf_puts(out, "{\"keys\":[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			pdg_buf_putc(out, ',');
		made_jwk(keys[i], ",\"use\":\"sig\"", out);
	}
	pdg_buf_puts(out, "]}");
}

/* r and s as 32 bytes each (RFC 7518 3.4) from the DER that OpenSSL writes. */
static size_t flatten(const uint8_t *der, size_t n, uint8_t out[64])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

	MUST(sig);
	MUST(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32);
	MUST(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32);
	ECDSA_SIG_free(sig);
	return 64;
}

static void put_encoded(const char *header, const char *claims, struct pdg_buf *out)
{
	base64url(pdg_bytes_str(header), out);
	pdg_buf_putc(out, '.');
	base64url(pdg_bytes_str(claims), out);
}

void made_parts(const char *header, const char *claims, struct pdg_bytes sig, struct pdg_buf *out)
{
	put_encoded(header, claims, out);
	pdg_buf_putc(out, '.');
	base64url(sig, out);
}

static void header_of(const struct made_key *k, const char *header, struct pdg_buf *out)
{
	if (header)
		pdg_buf_puts(out, header);
	else
		pdg_buf_printf(out, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
			       k->kind == MADE_RSA ? "RS256" : "ES256", k->kid);
}

void made_token(const struct made_key *k, const char *header, const char *claims,
		struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf head = PDG_BUF_INIT(1 << 24);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 24);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[1024];
	uint8_t flat[64];
	size_t n = sizeof(sig);

	header_of(k, header, &head);
	put_encoded(pdg_buf_cstr(&head), claims, &text);
	MUST(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->key) == 1);
	MUST(EVP_DigestSign(ctx, sig, &n, text.p, text.n) == 1);
	EVP_MD_CTX_free(ctx);
	pdg_buf_put(out, pdg_buf_bytes(&text));
	pdg_buf_putc(out, '.');
	if (k->kind == MADE_P256)
		n = flatten(sig, n, flat);
	base64url(pdg_bytes(k->kind == MADE_P256 ? flat : sig, n), out);
}

void made_token_hmac(const struct made_key *k, const char *header, const char *claims,
		     struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 24);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	long len;

	MUST(bio && PEM_write_bio_PUBKEY(bio, k->key) == 1);
	len = BIO_get_mem_data(bio, &pem);
	put_encoded(header, claims, &text);
	MUST(HMAC(EVP_sha256(), pem, (int)len, text.p, text.n, mac, &n));
	BIO_free(bio);
	pdg_buf_put(out, pdg_buf_bytes(&text));
	pdg_buf_putc(out, '.');
	base64url(pdg_bytes(mac, n), out);
}
