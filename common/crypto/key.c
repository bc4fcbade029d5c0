/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of envelopes, logs and journals: read, identified, written. A key is taken only when it is
 * of a known type and its SPKI is the one canonical encoding: keys are compared by those bytes, so
 * one key must not have two of them. Private key files are read in key_private.c; signing and
 * verifying are in key_sign.c.
 */
#include "crypto/ed25519.h"
#include "crypto/key_known.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/weak.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

#define RSA_BITS_MIN   2048
#define RSA_BITS_MAX   4096
#define RSA_E_BITS_MAX 64 /* OpenSSL's own bound for large moduli: a longer one is no real key */
#define GROUP_NAME_MAX 64

/*
 * Sigstore's names (protobuf-specs, PublicKeyDetails), and what an SPKI of the curve's name and an
 * uncompressed point is made of. A hybrid point (SEC 1, 2.3.3) has the same length.
 */
static const struct curve {
	const char *group;
	enum pdg_key_type type;
	size_t spki_len;
	size_t point_at;
	const char *details;
} curves[] = {
	{"prime256v1", PDG_KEY_ECDSA_P256, 91, 26, "PKIX_ECDSA_P256_SHA_256"},
	{"secp384r1", PDG_KEY_ECDSA_P384, 120, 23, "PKIX_ECDSA_P384_SHA_384"},
	{"secp521r1", PDG_KEY_ECDSA_P521, 158, 25, "PKIX_ECDSA_P521_SHA_512"},
};

void pdg_key_free(struct pdg_key *key)
{
	if (!key || atomic_fetch_sub(&key->others, 1) != 0)
		return;
	if (key->at.release)
		key->at.release(key->at.ctx);
	EVP_MD_CTX_free(key->verifier);
	EVP_MD_CTX_free(key->signer);
	EVP_PKEY_free(key->pkey);
	OPENSSL_free(key->spki);
	free(key);
}

struct pdg_key *pdg_key_share(struct pdg_key *key)
{
	if (key)
		(void)atomic_fetch_add(&key->others, 1);
	return key;
}

static int identify_ec(struct pdg_key *key, struct pdg_error *err)
{
	char group[GROUP_NAME_MAX];

	if (EVP_PKEY_get_group_name(key->pkey, group, sizeof(group), NULL) != 1)
		return pdg_reject(err, "KEY-1", "the EC key does not name its curve");
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcmp(group, curves[i].group) != 0)
			continue;
		if (key->spki_len != curves[i].spki_len ||
		    key->spki[curves[i].point_at] != POINT_CONVERSION_UNCOMPRESSED)
			return pdg_reject(err, "KEY-1",
					  "the EC key does not name its curve, or its "
					  "point is not in uncompressed form");
		key->type = curves[i].type;
		key->details = curves[i].details;
		return 0;
	}
	return pdg_reject(err, "KEY-1",
			  "the EC key's curve %s is not used; P-256, P-384 and P-521 are", group);
}

static const char *rsa_details(int bits)
{
	switch (bits) {
	case 2048:
		return "PKIX_RSA_PKCS1V15_2048_SHA256";
	case 3072:
		return "PKIX_RSA_PKCS1V15_3072_SHA256";
	case 4096:
		return "PKIX_RSA_PKCS1V15_4096_SHA256";
	default:
		return "PUBLIC_KEY_DETAILS_UNSPECIFIED";
	}
}

static int identify_rsa(struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(bignum) BIGNUM *n = NULL;
	PDG_AUTO(bignum) BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bits(key->pkey);

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return pdg_reject(err, "KEY-1", "the RSA key has %d bits; %d to %d are used", bits,
				  RSA_BITS_MIN, RSA_BITS_MAX);
	if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return pdg_ossl_fail(err, "read the RSA key");
	if (pdg_weak_rsa(n, e) || BN_num_bits(e) > RSA_E_BITS_MAX)
		return pdg_reject(err, "KEY-1", "the RSA key's numbers are none of an RSA key");
	key->type = PDG_KEY_RSA;
	key->details = rsa_details(bits);
	return 0;
}

static int identify_ed25519(struct pdg_key *key, struct pdg_error *err)
{
	size_t n = sizeof(key->ed25519);

	if (EVP_PKEY_get_raw_public_key(key->pkey, key->ed25519, &n) != 1 ||
	    n != sizeof(key->ed25519))
		return pdg_ossl_fail(err, "read the Ed25519 key");
	if (pdg_ed25519_small(pdg_bytes(key->ed25519, n)))
		return pdg_reject(err, "KEY-1",
				  "the Ed25519 key is a point of small order: anybody could sign");
	key->type = PDG_KEY_ED25519;
	key->details = "PKIX_ED25519";
	return 0;
}

static int identify(struct pdg_key *key, struct pdg_error *err)
{
	const char *name;

	if (EVP_PKEY_is_a(key->pkey, "EC"))
		return identify_ec(key, err);
	if (EVP_PKEY_is_a(key->pkey, "RSA"))
		return identify_rsa(key, err);
	if (EVP_PKEY_is_a(key->pkey, "ED25519"))
		return identify_ed25519(key, err);
	name = EVP_PKEY_get0_type_name(key->pkey);
	return pdg_reject(err, "KEY-1", "keys of type %s are not used; ECDSA, RSA and Ed25519 are",
			  name ? name : "unknown");
}

static int name_by_digest(struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_KEY_HINT_TEXT);
	int rc = pdg_sha256(pdg_key_spki(key), key->sha256, err);

	if (rc < 0)
		return rc;
	pdg_base64(pdg_bytes(key->sha256, sizeof(key->sha256)), &text);
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return rc;
	memcpy(key->hint, pdg_buf_cstr(&text), text.n + 1);
	return 0;
}

/* Is the point the scalar's? It takes no random numbers, whose first one costs half a millisecond.
 */
static int check_pair(const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(evp_pkey_ctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

	if (!ctx)
		return pdg_ossl_fail(err, "check a private key");
	if (EVP_PKEY_pairwise_check(ctx) == 1)
		return 0;
	return pdg_ossl_reject(err, "KEY-1", "the public part is not that of the private key");
}

/* A private key file can carry a public part that is not its own: try the pair. */
static int try_pair(const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	struct pdg_bytes msg = pdg_bytes_str("pedigree: do both halves of this key fit?");
	int rc = pdg_key_sign(key, msg, &sig, err);

	if (rc < 0)
		return rc;
	rc = pdg_key_verify(key, msg, pdg_buf_bytes(&sig), err);
	if (rc == PDG_E_REJECTED)
		return pdg_reject(err, "KEY-1", "the public part is not that of the private key");
	return rc;
}

/* OpenSSL's encoder costs half a millisecond: only where the one spelling is not yet at hand. */
static int take_spki(struct pdg_key *key, struct pdg_bytes spki, struct pdg_error *err)
{
	int n;

	if (spki.n) {
		key->spki = OPENSSL_memdup(spki.p, spki.n);
		key->spki_len = spki.n;
		return key->spki ? 0 : pdg_nomem(err);
	}
	n = i2d_PUBKEY(key->pkey, &key->spki);
	if (n <= 0)
		return pdg_ossl_fail(err, "encode a public key");
	key->spki_len = (size_t)n;
	return 0;
}

int pdg_key_adopt(EVP_PKEY *pkey, struct pdg_bytes spki, bool is_private, struct pdg_key **out,
		  struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = pdg_calloc(1, sizeof(*key));
	int rc;

	if (!key) {
		EVP_PKEY_free(pkey);
		return pdg_nomem(err);
	}
	key->pkey = pkey;
	rc = take_spki(key, spki, err);
	if (rc < 0)
		return rc;
	rc = identify(key, err);
	ERR_clear_error();
	if (rc < 0)
		return rc;
	rc = name_by_digest(key, err);
	if (rc < 0)
		return rc;
	rc = pdg_key_prepare(key, is_private, err);
	if (rc < 0)
		return rc;
	if (is_private) {
		/* OpenSSL's own check of an RSA key looks for primes, which takes far longer. */
		rc = EVP_PKEY_is_a(key->pkey, "EC") ? check_pair(key, err) : try_pair(key, err);
		if (rc < 0)
			return rc;
	}
	*out = PDG_TAKE(key);
	return 0;
}

int pdg_key_public_der(struct pdg_bytes spki, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	const unsigned char *p = spki.p;
	EVP_PKEY *pkey;
	int rc;

	if (spki.n == 0 || spki.n > PDG_LIMIT_KEY_PEM)
		return pdg_reject(err, "KEY-1", "is not a public key: it has %zu bytes", spki.n);
	rc = pdg_key_known_public(spki, &pkey, err);
	if (rc < 0)
		return rc;
	if (pkey)
		return pdg_key_adopt(pkey, spki, false, out, err);
	pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
	if (!pkey)
		return pdg_ossl_reject(err, "KEY-1",
				       "is not a public key of a known form (SPKI DER)");
	rc = pdg_key_adopt(pkey, pdg_bytes(NULL, 0), false, &key, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(pdg_key_spki(key), spki))
		return pdg_reject(err, "KEY-1",
				  "the public key is not in canonical DER, or bytes follow");
	*out = PDG_TAKE(key);
	return 0;
}

int pdg_key_elsewhere(struct pdg_bytes spki, const struct pdg_key_elsewhere *at,
		      struct pdg_key **out, struct pdg_error *err)
{
	struct pdg_key *key;
	int rc = pdg_key_public_der(spki, &key, err);

	if (rc < 0)
		return rc;
	key->at = *at;
	*out = key;
	return 0;
}

int pdg_key_public_pem(struct pdg_bytes pem, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	struct pdg_bytes label;
	int rc;

	if (pem.n > PDG_LIMIT_KEY_PEM)
		return pdg_reject(err, "KEY-1", "is larger than a key (%zu bytes)", pem.n);
	if (pdg_bytes_find(pem, pdg_bytes_str("PRIVATE KEY-----"), 0) != SIZE_MAX) {
		rc = pdg_reject(err, "KEY-1", "holds a private key where a public key belongs");
		pdg_fix(err,
			"put the public key there (pedigree key show, or openssl pkey -pubout); if "
			"others could read the file, replace the private key");
		return rc;
	}
	rc = pdg_key_pem_read(pem, &label, &der, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq_str(label, "PUBLIC KEY"))
		return pdg_reject(err, "KEY-1", "the PEM block is a \"%.*s\", not a \"PUBLIC KEY\"",
				  (int)pdg_bytes_head(label, 64).n, (const char *)label.p);
	return pdg_key_public_der(pdg_buf_bytes(&der), out, err);
}

int pdg_key_public_file(const char *path, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	int rc = pdg_fs_read(path, &text, err);

	if (rc == 0)
		rc = pdg_context(err, pdg_key_public_pem(pdg_buf_bytes(&text), out, err), "%s",
				 path);
	return pdg_as_rule(err, rc, "KEY-3");
}

int pdg_key_public_text(const struct pdg_key *key, struct pdg_buf *out, struct pdg_error *err)
{
	pdg_pem_write("PUBLIC KEY", pdg_key_spki(key), out);
	return pdg_buf_check(out, err);
}

enum pdg_key_type pdg_key_type(const struct pdg_key *key)
{
	return key->type;
}

bool pdg_key_is_private(const struct pdg_key *key)
{
	return key->signer || key->at.sign;
}

struct pdg_bytes pdg_key_spki(const struct pdg_key *key)
{
	return pdg_bytes(key->spki, key->spki_len);
}

struct pdg_bytes pdg_key_ed25519_raw(const struct pdg_key *key)
{
	if (key->type != PDG_KEY_ED25519)
		return pdg_bytes(NULL, 0);
	return pdg_bytes(key->ed25519, sizeof(key->ed25519));
}

const char *pdg_key_hint(const struct pdg_key *key)
{
	return key->hint;
}

const uint8_t *pdg_key_spki_sha256(const struct pdg_key *key)
{
	return key->sha256;
}

const char *pdg_key_details(const struct pdg_key *key)
{
	return key->details;
}

bool pdg_key_same(const struct pdg_key *a, const struct pdg_key *b)
{
	return pdg_bytes_eq(pdg_key_spki(a), pdg_key_spki(b));
}
